package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/serverlog"
	"github.com/redsleuth/redsleuth/replay"
)

// What the replica refused is told by command and reason, with how often and when; what
// its version alone shows stands beside that where the log has none of the name, and an
// EXEC that failed for it is no command that was refused.
func TestRefusals(t *testing.T) {
	const oom, exec = "-OOM command not allowed", "-EXECABORT Transaction discarded"
	hsetex := finding.Finding{Code: finding.CommandRefused, Severity: finding.Error, Command: []byte("HSETEX"), Count: 3}
	for _, c := range []struct {
		name   string
		logged [][2]string // command and reason, a second each
		found  []finding.Finding
		want   string
	}{
		{"nothing", nil, nil, "aborted 0"},
		{"by command and reason", [][2]string{{"set", oom}, {"<unknown>", "unknown command 'LTRIM', with"}, {"set", oom}, {"exec", exec}}, nil,
			"set 2 1-3 memory; ltrim 1 2-2 renamed; aborted 1"},
		{"one command for two reasons", [][2]string{{"append", oom}, {"<unknown>", "unknown command 'APPEND', with"}}, nil,
			"append 1 1-1 memory; append 1 2-2 renamed; aborted 0"},
		{"data", [][2]string{{"lpush", "-WRONGTYPE Operation"}}, nil, "aborted 0"},
		{"by the version, without a log", nil, []finding.Finding{hsetex}, "hsetex 3 newer; aborted 0"},
		{"by both", [][2]string{{"<unknown>", "unknown command 'HSETEX', with"}}, []finding.Finding{hsetex}, "hsetex 1 1-1 newer; aborted 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			log := logOf(Replica)
			for i, l := range c.logged {
				log.Log.Events = append(log.Log.Events, serverlog.Event{Kind: serverlog.Critical, Command: l[0], Reason: l[1],
					Line: serverlog.Line{Time: time.Unix(int64(i+1), 0), HasYear: true}, Offset: -1})
			}
			r := &run{}
			r.Artefacts = []*Artefact{log}
			r.Replay = &replay.Report{ReplicaVersion: "valkey 8.1.1", Result: replay.Result{Findings: c.found}}
			r.refusals()
			var got []string
			for _, x := range r.Refusals {
				s := fmt.Sprintf("%s %d", x.Name, x.Count)
				if !x.First.IsZero() {
					s += fmt.Sprintf(" %d-%d", x.First.Unix(), x.Last.Unix())
				}
				for word, is := range map[string]bool{" memory": x.NoMemory, " renamed": x.Renamed, " newer": x.Newer} {
					if is {
						s += word
					}
				}
				got = append(got, s)
			}
			got = append(got, fmt.Sprintf("aborted %d", r.Aborted))
			if g := strings.Join(got, "; "); g != c.want {
				t.Errorf("%s, want %s", g, c.want)
			}
		})
	}
}
