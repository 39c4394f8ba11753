package page

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/report"
)

// Where both sides took writes no step takes for granted which of the two stays, nobody is
// told to wait before clients are kept away, and who goes is never the one that is to stay:
// also where it is the master of this report that was promoted, or nothing tells which was.
func TestStepsOfASplit(t *testing.T) {
	const masterGoes, replicaGoes = "redis-cli -h 10.0.0.1 -p 6379 REPLICAOF 10.0.0.2 6380", "redis-cli -h 10.0.0.2 -p 6380 REPLICAOF 10.0.0.1 6379"
	for _, c := range []struct {
		name     string
		parting  *report.Parting
		promoted string // to keep it
		before   string
	}{
		{"the replica was promoted", &report.Parting{Promoted: report.Replica},
			"the one that was promoted, 10.0.0.2:6380: " + masterGoes, "the master of before, 10.0.0.1:6379: " + replicaGoes},
		{"what is the master now was", &report.Parting{Promoted: report.Master},
			"the one that was promoted, 10.0.0.1:6379: " + replicaGoes, "the master of before, 10.0.0.2:6380: " + masterGoes},
		{"nothing tells which", &report.Parting{Promoted: report.Unknown},
			"what is the replica in this report, 10.0.0.2:6380: " + masterGoes, "what is the master in this report, 10.0.0.1:6379: " + replicaGoes},
		{"nothing tells that they part", nil,
			"what is the replica in this report, 10.0.0.2:6380: " + masterGoes, "what is the master in this report, 10.0.0.1:6379: " + replicaGoes},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &builder{Page: &Page{}, f: formatter(), r: &report.Report{
				Hosts: []report.Host{
					{Addr: "10.0.0.1:6379", Role: report.Master},
					{Addr: "10.0.0.2:6380", Role: report.Replica},
				},
			}}
			b.r.Verdict.Sided, b.r.Ending.Parted, b.r.Verdict.Parting = true, true, c.parting
			b.next()
			var text strings.Builder
			for _, s := range b.Next {
				fmt.Fprintln(&text, s.What, strings.Join(s.Commands, "\n"))
			}
			last := -1
			for _, want := range []string{
				"Decide which", "CLIENT PAUSE", "collect", "GOES-PORT/dump.rdb", "-h STAYS",
				"To keep " + c.promoted, "Instead of that, to keep " + c.before,
			} {
				at := strings.Index(text.String(), want)
				if at <= last {
					t.Errorf("%q is not there, or too early:\n%s", want, &text)
				}
				last = at
			}
			if strings.Contains(text.String(), "NO ONE") {
				t.Errorf("%s", &text)
			}
		})
	}
}
