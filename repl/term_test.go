package repl

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What the log of a server that was promoted tells of its time as a master.
func TestTerms(t *testing.T) {
	const (
		promoted = "S 23 Nov 2026 17:11:08.650 # Setting secondary replication ID to " + idA +
			", valid up to offset: 101. New replication ID is " + idB
		demoted = "S 23 Nov 2026 17:11:09.100 * REPLICAOF 127.0.0.1:7000 enabled (user request from 'id=3 addr=127.0.0.1:5 cmd=replicaof')"
		asks    = "S 23 Nov 2026 17:11:09.101 * MASTER <-> REPLICA sync started"
		tried   = "S 23 Nov 2026 17:11:09.102 * Trying a partial resynchronization (request " + idB + ":151)."
		other   = "S 23 Nov 2026 17:11:09.102 * Trying a partial resynchronization (request " + idA + ":151)."
		none    = "S 23 Nov 2026 17:11:09.102 * Partial resynchronization not possible (no cached master)"
		starts  = "C 23 Nov 2026 17:11:09.000 # Redis version=7.0.15, bits=64, just started"
		listens = "S 23 Nov 2026 17:11:08.001 * Running mode=standalone, port=6380."
	)
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339Nano, "2026-11-23T17:11:"+s+"Z")
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	term := func(ended string, reached int64, rejoined bool) Term {
		x := Term{ID: idB, From: idA, Shared: 100, Began: at("08.650"), Reached: reached, Rejoined: rejoined}
		if ended != "" {
			x.Ended = at(ended)
		}
		return x
	}
	at6380 := term("", Unknown, false)
	at6380.Port = 6380
	second := term("", Unknown, false)
	second.Process = 1
	for _, c := range []struct {
		name  string
		lines []string
		want  []Term
	}{
		{"it stays a master", []string{promoted}, []Term{term("", Unknown, false)}},
		{"it comes back", []string{promoted, demoted, asks, tried}, []Term{term("09.100", 150, true)}},
		{"with nothing to ask for", []string{promoted, demoted, asks, none}, []Term{term("09.100", Unknown, true)}},
		{"and asks for another history", []string{promoted, demoted, asks, other}, []Term{term("09.100", Unknown, true)}},
		{"as another process", []string{promoted, starts, asks, tried}, []Term{term("", Unknown, false)}},
		{"once more, of which the first knows nothing", []string{promoted, demoted, asks, none, asks, tried},
			[]Term{term("09.100", Unknown, true)}},
		{"it tells its port", []string{listens, promoted}, []Term{at6380}},
		{"that of the process before", []string{listens, starts, promoted}, []Term{second}},
		{"it was never promoted", []string{asks, tried}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var f Facts
			if err := f.ReadLog(strings.NewReader("7:" + strings.Join(c.lines, "\n7:") + "\n")); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, f.Terms); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}

// INFO of a master tells of a promotion, or of a restart, where no log does; that of a replica, whose master
// may have been the one, does not.
func TestPromotions(t *testing.T) {
	of := func(role string) Server {
		return Server{Role: role, ID: idB, SecondaryID: idA, SecondaryOffset: 101, SecondaryKnown: true, Port: 6380}
	}
	logged := Term{ID: idB, From: idA, Shared: 100, Began: time.Unix(1, 0), Reached: Unknown}
	for _, c := range []struct {
		name  string
		facts Facts
		want  []Term
	}{
		{"of a master", Facts{Servers: []Server{of(Master)}},
			[]Term{{ID: idB, From: idA, Shared: 100, Reached: Unknown, Port: 6380, Restarted: true}}},
		{"its log tells more", Facts{Servers: []Server{of(Master)}, Terms: []Term{logged}}, []Term{logged}},
		{"of a replica", Facts{Servers: []Server{of(Replica)}}, nil},
		{"of one that never was a replica", Facts{Servers: []Server{{Role: Master, ID: idB, SecondaryOffset: Unknown}}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, c.facts.Promotions()); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}

// A term is of the replica that listens where its server does. One that INFO alone tells of
// is only where the ports show that it was a replica: a master that restarted from its RDB
// writes the same.
func TestTermOf(t *testing.T) {
	for _, c := range []struct {
		name      string
		term      Term
		listening int
		master    string
		want      bool
	}{
		{"a log without a port", Term{}, 6380, "10.0.0.1:6379", true},
		{"a replica without one", Term{Port: 6380}, 0, "", true},
		{"the same port", Term{Port: 6380}, 6380, "10.0.0.1:6379", true},
		{"all have the same", Term{Port: 6379}, 6379, "10.0.0.1:6379", true},
		{"another replica", Term{Port: 6381}, 6380, "10.0.0.1:6379", false},
		{"INFO of that replica", Term{Port: 6380, Restarted: true}, 6380, "10.0.0.1:6379", true},
		{"INFO of another", Term{Port: 6381, Restarted: true}, 6380, "10.0.0.1:6379", false},
		{"INFO of the master itself", Term{Port: 6379, Restarted: true}, 6380, "10.0.0.1:6379", false},
		{"INFO of either, all have the same", Term{Port: 6379, Restarted: true}, 6379, "10.0.0.1:6379", false},
		{"INFO, and no master known", Term{Port: 6380, Restarted: true}, 6380, "", false},
		{"INFO without a port", Term{Restarted: true}, 6380, "10.0.0.1:6379", false},
		{"INFO, and a recorded link", Term{Port: 6380, Restarted: true}, 0, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.term.Of(c.listening, c.master); got != c.want {
				t.Error(got)
			}
		})
	}
}
