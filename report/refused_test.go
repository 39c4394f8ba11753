package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/serverlog"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/replay"
	"github.com/redsleuth/redsleuth/server"
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

// Of more names than are told apart none is lost: those beyond are counted by reason.
func TestRefusalsMany(t *testing.T) {
	r := &run{}
	for i := range mostRefusals + 3 {
		r.refusal(repl.RefusedCommand{Name: fmt.Sprintf("no%d", i), Why: repl.UnknownName}, server.Version{}, 2, time.Time{})
	}
	r.refusal(repl.RefusedCommand{Name: "no1", Why: repl.UnknownName}, server.Version{}, 1, time.Time{}) // which has its own
	last, all := r.Refusals[len(r.Refusals)-1], int64(0)
	for _, x := range r.Refusals {
		all += x.Count
	}
	if len(r.Refusals) != mostRefusals+1 || last.Name != "" || last.Count != 6 || all != 2*(mostRefusals+3)+1 {
		t.Errorf("%d of them, %d in all, the last %+v", len(r.Refusals), all, last)
	}
}

// A line of the log tells of the finding at its place, and of no other of that name.
func TestRefusedPlacesTell(t *testing.T) {
	at := finding.At(int64(100))
	places := refusedPlaces{{command: repl.RefusedCommand{Name: "set", Why: repl.NoMemory}}: at,
		{command: repl.RefusedCommand{Name: "get", Why: repl.NoMemory}}:       nil,
		{command: repl.RefusedCommand{Name: "hsetex", Why: repl.UnknownName}}: at}
	for name, test := range map[string]struct {
		f    finding.Finding
		want bool
	}{
		"its own":           {finding.Finding{Code: finding.CommandRefused, Command: []byte("SET"), Offset: finding.At(int64(100))}, true},
		"of another reason": {finding.Finding{Code: finding.CommandRefused, Command: []byte("SET"), Offset: finding.At(int64(50))}, false},
		"at one of several": {finding.Finding{Code: finding.CommandRefused, Command: []byte("SET"), Offset: finding.At(int64(50)), Places: []finding.Place{{Offset: at}}}, true},
		"of one reason":     {finding.Finding{Code: finding.CommandRefused, Command: []byte("HSETEX"), Offset: finding.At(int64(50))}, true},
		"of another name":   {finding.Finding{Code: finding.CommandRefused, Command: []byte("DEL"), Offset: at}, false},
		"of no place":       {finding.Finding{Code: finding.CommandRefused, Command: []byte("SET")}, true},
		"of a line without": {finding.Finding{Code: finding.CommandRefused, Command: []byte("GET"), Offset: at}, false},
		"of something else": {finding.Finding{Code: finding.ReplicaError, Command: []byte("SET"), Offset: at}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := places.tell(&test.f); got != test.want {
				t.Error(got)
			}
		})
	}
}
