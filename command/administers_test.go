package command

import (
	"bytes"
	"testing"
)

func TestAdministers(t *testing.T) {
	for _, c := range []struct {
		args string
		want bool
	}{
		{"SLAVEOF NO ONE", true},
		{"replicaof 10.0.0.1 6379", true},
		{"CONFIG SET maxmemory 1", true},
		{"CONFIG GET maxmemory", false},
		{"CONFIG", false},
		{"acl SetUser bob on", true},
		{"ACL WHOAMI", false},
		{"CLIENT PAUSE 1000 WRITE", true},
		{"CLIENT SETNAME app", false},
		{"SCRIPT FLUSH", true},
		{"SCRIPT LOAD return", false}, // what applications do all day
		{"SCRIPT EXISTS a", false},
		{"DEBUG SLEEP 1", true},
		{"DEBUG change-repl-id", true},
		{"DEBUG object k", false},
		{"DEBUG", false},
		{"FLUSHDB ASYNC", true},
		{"SWAPDB 0 1", true},
		{"CLUSTER FAILOVER TAKEOVER", true},
		{"CLUSTER NODES", false},
		{"SET SHUTDOWN 1", false},
		{"DEL k", false},
		{"REPLCONF ACK 1", false},
		{"FROBNICATE", false},
	} {
		t.Run(c.args, func(t *testing.T) {
			args := bytes.Fields([]byte(c.args))
			if got := Administers(args); got != c.want {
				t.Errorf("%v, not %v", got, c.want)
			}
			if c.want && !MayAdminister(args[0]) {
				t.Errorf("%s may, and is not said to", args[0])
			}
		})
	}
	for _, name := range []string{"SET", "GET", "PING", "FROBNICATE"} {
		if MayAdminister([]byte(name)) {
			t.Errorf("%s is said to", name)
		}
	}
}

// TestAdministersKnown: each name that is asked for is one of the table's, so that a
// name that was mistyped does not go unseen.
func TestAdministersKnown(t *testing.T) {
	for _, name := range administrative {
		if table[name] == nil {
			t.Errorf("the table does not know %q", name)
		}
	}
}
