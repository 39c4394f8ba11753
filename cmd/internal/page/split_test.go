package page

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/replay"
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
			"the one that was promoted, 10.0.0.2:6380\n" + masterGoes, "the master of before, 10.0.0.1:6379\n" + replicaGoes},
		{"what is the master now was", &report.Parting{Promoted: report.Master},
			"the one that was promoted, 10.0.0.1:6379\n" + replicaGoes, "the master of before, 10.0.0.2:6380\n" + masterGoes},
		{"nothing tells which", &report.Parting{Promoted: report.Unknown},
			"what is the replica in this report, 10.0.0.2:6380\n" + masterGoes, "what is the master in this report, 10.0.0.1:6379\n" + replicaGoes},
		{"nothing tells that they part", nil,
			"what is the replica in this report, 10.0.0.2:6380\n" + masterGoes, "what is the master in this report, 10.0.0.1:6379\n" + replicaGoes},
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
				"Decide which", "GOES -p PORT CONFIG SET min-replicas-to-write 1000", "collect", "GOES-PORT/dump.rdb", "-h STAYS",
				"never both", "# a) to keep " + c.promoted, "# b) to keep " + c.before,
				"CONFIG SET min-replicas-to-write WAS",
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

// Before 5.0 the setting has its older name.
func TestDecideVersions(t *testing.T) {
	for text, want := range map[string]string{
		"4.0.14": "min-slaves-to-write 1000", "6.0.16": "min-replicas-to-write 1000", "valkey 8.1.1": "min-replicas-to-write 1000",
	} {
		t.Run(text, func(t *testing.T) {
			r := reportWith(1, []byte("k"))
			r.Diff.Master = &diff.Side{}
			r.Diff.Master.Version = version(t, text)
			r.Verdict.ReplicaVersion = text
			b := &builder{Page: &Page{}, f: formatter(), r: r}
			b.decide()
			if got := fmt.Sprint(b.Next); !strings.Contains(got, "CONFIG SET "+want) {
				t.Error(got)
			}
		})
	}
}

// Where the two are equal and their link is down, that is what is to be done; writes that
// were thrown away are a step in any plan.
func TestNextWithoutLink(t *testing.T) {
	yes, down := true, false
	r := reportWith(0, nil)
	r.Verdict.Consistent, r.Ending.LinkUp = &yes, &down
	if text := fmt.Sprint(made(r, formatter(), "", "").Next); !strings.Contains(text, "master_link_status:up") || strings.Contains(text, "Nothing:") {
		t.Error(text)
	}
	r = reportWith(1, []byte("k"))
	r.Replay = &replay.Report{Result: replay.Result{Findings: []finding.Finding{
		{Code: finding.WritesDiscarded, Severity: finding.Warning, Keys: [][]byte{[]byte("gone:1")}},
	}}}
	if text := fmt.Sprint(made(r, formatter(), "", "").Next); !strings.Contains(text, `See what clients wrote to the replica while it was a master ("gone:1")`) {
		t.Error(text)
	}
}

// Two masters are two whatever tells it, and also where they hold the same: no step makes
// either a replica before it is decided which.
func TestTwoMasters(t *testing.T) {
	yes, no, at := true, false, time.Unix(1_700_000_000, 0)
	for name, test := range map[string]struct {
		ending     report.Ending
		consistent *bool
		two        bool
	}{
		"by their histories":              {report.Ending{Parted: true}, &no, true},
		"by INFO of both":                 {report.Ending{BothMasters: true, Writable: true}, &no, true},
		"by a log":                        {report.Ending{Promoted: at}, &no, true},
		"by a log, and the same data":     {report.Ending{Promoted: at, Writable: true}, &yes, true},
		"one of which ended":              {report.Ending{Promoted: at, MasterEnded: at}, &no, false},
		"a replica that clients write to": {report.Ending{Writable: true}, &no, false},
	} {
		t.Run(name, func(t *testing.T) {
			keys := 1
			if *test.consistent {
				keys = 0
			}
			r := reportWith(keys, []byte("k"))
			r.Verdict.Sided, r.Verdict.Consistent, r.Ending = true, test.consistent, test.ending
			p := made(r, formatter(), "", "")
			text := fmt.Sprint(p.Next)
			decide, replica := strings.Index(text, "Decide which"), strings.Index(text, "REPLICAOF")
			if test.two != (decide >= 0) || test.two && (replica < decide || strings.Contains(text, "replica-read-only")) {
				t.Errorf("%s", text)
			}
			for _, e := range p.Explained {
				if test.two && strings.Contains(e.Act, "REPLICAOF NO ONE") {
					t.Errorf("%s: %s", e.Code, e.Act)
				}
			}
			if test.two && p.Level == "good" {
				t.Error(p.Headline)
			}
		})
	}
}
