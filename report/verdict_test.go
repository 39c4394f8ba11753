package report

import (
	"testing"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay"
)

// What replay found is a loss that goes on, one that is over, one that healed,
// or leaves that open.
func TestLosses(t *testing.T) {
	yes, no := true, false
	lost := []finding.Finding{{Code: finding.ScriptMissing, Severity: finding.Error, Link: 1}}
	links := func(resyncs ...record.Resync) []*replay.Link {
		var all []*replay.Link
		for i, r := range resyncs {
			l := &replay.Link{Index: i + 1, Replica: 1}
			l.Number, l.Resync = i+1, r
			if r == record.Full {
				l.Payload = &record.Payload{}
			}
			all = append(all, l)
		}
		return all
	}
	for name, test := range map[string]struct {
		report     replay.Report
		consistent *bool
		losing     *bool
		healed     int
	}{
		"on the last link": {
			replay.Report{Links: links(record.Partial), Result: replay.Result{Findings: lost, Verdict: replay.LosesWrites}}, nil, &yes, 0,
		},
		"a partial sync follows": {
			replay.Report{Links: links(record.Partial, record.Partial), Result: replay.Result{Findings: lost, Verdict: replay.LosesWrites}}, nil, &no, 0,
		},
		"a full sync follows": {
			replay.Report{Links: links(record.Partial, record.Full), Result: replay.Result{Findings: lost, Verdict: replay.LosesWrites}}, nil, &no, 1,
		},
		"both sides are equal": {
			replay.Report{Links: links(record.Partial), Result: replay.Result{Findings: lost, Verdict: replay.LosesWrites}}, &yes, &no, 1,
		},
		"nothing found": {
			replay.Report{Links: links(record.Full), Result: replay.Result{Verdict: replay.Safe}}, nil, &no, 0,
		},
		"the version is not known": {
			replay.Report{Links: links(record.Full), Result: replay.Result{Verdict: replay.Unknown}}, nil, nil, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := &run{}
			r.Replay, r.Verdict.Consistent = &test.report, test.consistent
			r.losses()
			got := r.Verdict.LosingWrites
			if (got == nil) != (test.losing == nil) || got != nil && *got != *test.losing {
				t.Errorf("losing: %v", got)
			}
			if len(r.Verdict.Healed) != test.healed {
				t.Errorf("healed: %d", len(r.Verdict.Healed))
			}
		})
	}
}
