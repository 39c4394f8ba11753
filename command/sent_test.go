package command

import (
	"bytes"
	"testing"
)

func TestMaySend(t *testing.T) {
	for _, c := range []struct {
		asked, sent string
		want        Sent
	}{
		{"SET k v", "set k v", AsItWas},
		{"SET k v", "SET k w", NotSent},
		{"SET k v", "SET l v", NotSent},
		{"SET k v EX 10", "SET k v PXAT 1700000000000", Rewritten},
		{"SET k v EX 10", "SET k w PXAT 1700000000000", NotSent},
		{"SETEX k 10 v", "SET k v PXAT 1700000000000", Rewritten},
		{"INCRBYFLOAT k 1.5", "SET k 3 KEEPTTL", Rewritten},
		{"GETSET k v", "SET k v", Rewritten},
		{"EXPIRE k 10", "PEXPIREAT k 1700000000000", Rewritten},
		{"EXPIRE k -1", "DEL k", Rewritten},
		{"EXPIRE k 10", "PEXPIREAT l 1700000000000", NotSent},
		{"SPOP s", "SREM s a", Rewritten},
		{"SADD s a", "SREM s a", NotSent},
		{"SADD s a", "SADD s b", NotSent},
		{"BLPOP l m 0", "LPOP m", Rewritten},
		{"BLPOP l m 0", "RPOP m", NotSent},
		{"BLMOVE l m LEFT RIGHT 0", "LMOVE l m LEFT RIGHT", Rewritten},
		{"XADD s * f v", "XADD s 1-1 f v", Rewritten},
		{"XADD s MAXLEN ~ 5 * f v", "XADD s MAXLEN = 5 1-1 f v", Rewritten},
		{"XADD s * f v", "XADD s 1-1 f w", NotSent},
		{"XREADGROUP GROUP g c STREAMS s >", "XCLAIM s g c 0 1-1 TIME 1 RETRYCOUNT 1 FORCE JUSTID LASTID 1-1", Rewritten},
		{"HINCRBYFLOAT h f 1", "HSET h f 1", Rewritten},
		{"EVAL script 0", "SET any v", Rewritten},
		{"EVALSHA sha 1 k", "evalsha sha 1 k", AsItWas},
		{"EVAL script 0", "SELECT 1", NotSent},
		{"GET k", "SET k v", NotSent},
		{"NOSUCH k", "SET k v", NotSent},
		{"NOSUCH k", "nosuch k", AsItWas},
		{"DEL a b", "UNLINK b", Rewritten},
	} {
		if got := MaySend(bytes.Fields([]byte(c.asked)), bytes.Fields([]byte(c.sent))); got != c.want {
			t.Errorf("%s, sent as %s: %d, want %d", c.asked, c.sent, got, c.want)
		}
	}
}

// Every name is one of the table's.
func TestSentAsIsOfTheTable(t *testing.T) {
	for name := range emptyAs {
		if c := table[name]; c == nil || c.Kind != Write {
			t.Errorf("%s is no write", name)
		}
	}
	for name, others := range sentAs {
		for _, n := range append(others, name) {
			if table[n] == nil {
				t.Errorf("%s is no command", n)
			}
		}
	}
}

func TestPopulates(t *testing.T) {
	for _, c := range []struct {
		args, prefix string
		count        int64
		ok           bool
	}{
		{"DEBUG POPULATE 3 job", "job", 3, true}, {"debug populate 10", "key", 10, true}, {"DEBUG POPULATE x", "", 0, false},
		{"DEBUG SLEEP 3", "", 0, false}, {"DEBUG POPULATE", "", 0, false},
	} {
		prefix, count, ok := Populates(bytes.Fields([]byte(c.args)))
		if string(prefix) != c.prefix || count != c.count || ok != c.ok {
			t.Errorf("%s: %q, %d, %t", c.args, prefix, count, ok)
		}
	}
}
