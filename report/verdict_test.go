package report

import (
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/diff"
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
		"a log tells, and not on which link": {
			replay.Report{Links: links(record.Full), Result: replay.Result{Verdict: replay.LosesWrites,
				Findings: []finding.Finding{{Code: finding.CommandRefused, Severity: finding.Error}}}}, nil, nil, 0,
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

// The first command behind a difference counts, and not where a state came from.
func TestSince(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	evidence := func(offset int64, command string) finding.Evidence {
		e := finding.Evidence{Offset: &offset, Time: at.Add(time.Duration(offset) * time.Second)}
		if command != "" {
			e.Command = []byte(command)
		}
		return e
	}
	r := &run{}
	for _, d := range []*diff.Difference{
		{Cause: finding.CauseExpired, Evidence: []finding.Evidence{evidence(10, "SET")}},
		{Cause: finding.CauseLag, Evidence: []finding.Evidence{evidence(0, ""), evidence(70, "SET")}},
		{Cause: finding.CauseLag, Evidence: []finding.Evidence{evidence(50, "DEL")}},
	} {
		r.Tally.Count(d)
	}
	r.since(&diff.Report{})
	if o := r.Verdict.SinceOffset; o == nil || *o != 50 || !r.Verdict.Since.Equal(at.Add(50*time.Second)) {
		t.Errorf("%v, %v", o, r.Verdict.Since)
	}
	r = &run{}
	r.Tally.Count(&diff.Difference{Cause: finding.CauseLocalWrite,
		WrittenBy: []diff.Writer{{Time: at.Add(time.Minute)}, {Time: at}}})
	r.since(&diff.Report{})
	if r.Verdict.SinceOffset != nil || !r.Verdict.Since.Equal(at) {
		t.Errorf("of a write that was seen: %v, %v", r.Verdict.SinceOffset, r.Verdict.Since)
	}
	r.Tally.Count(&diff.Difference{Cause: finding.CauseLag, Evidence: []finding.Evidence{evidence(90, "SET")}})
	r.Tally.Count(&diff.Difference{Cause: finding.CauseUnexplained})
	if r.since(&diff.Report{}); !r.Verdict.Since.Equal(at) || !r.Verdict.Outside || r.Tally.Undated != 1 {
		t.Errorf("of a write before the stream's: %v, beside it %v; undated: %d", r.Verdict.Since, r.Verdict.Outside,
			r.Tally.Undated)
	}
}
