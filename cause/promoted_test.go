package cause

import (
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/replay"
)

// Which side was promoted is told by its log, or by INFO of a server that a link shows to
// have been a replica; INFO alone may be that of a master that restarted.
func TestPromoted(t *testing.T) {
	master, replica := strings.Repeat("a", 40), strings.Repeat("b", 40)
	info := func(port int) repl.Facts {
		return repl.Facts{Servers: []repl.Server{{
			Role: repl.Master, ID: master, SecondaryID: replica, SecondaryOffset: 101, Port: port,
		}}}
	}
	logged := repl.Facts{Terms: []repl.Term{{ID: replica, From: master, Shared: 100}}}
	followed := &replay.Report{Links: []*replay.Link{{Link: record.Link{
		ReplicationID: replica, From: "10.0.0.1:6379", Replica: record.Replica{ListeningPort: 6380},
	}}}}
	for _, c := range []struct {
		name     string
		facts    repl.Facts
		followed *replay.Report
		want     string
	}{
		{"its log", logged, nil, "replica"},
		{"INFO alone", info(6380), nil, ""},
		{"INFO of the replica of a link", info(6380), followed, "master"},
		{"INFO of the master of a link", info(6379), followed, ""},
		{"INFO of another one", info(6381), followed, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := Explainer{Options: Options{Replay: replay.Options{Facts: c.facts}}, followed: c.followed}
			var r diff.Replication
			if x.promoted(&r, master, replica); r.Promoted != c.want {
				t.Errorf("%q, want %q", r.Promoted, c.want)
			}
		})
	}
}
