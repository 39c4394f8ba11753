package report

import (
	"testing"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/record"
)

// What one recording lacks is lacking unless another holds the same connection whole.
func TestElsewhere(t *testing.T) {
	capture := func(path, to string, began int, gaps int) *Artefact {
		l := &inspect.Link{Link: record.Link{Number: 1, From: "10.0.0.1:6379", To: to}}
		l.Began, l.Ended = after(began), after(900)
		l.Gaps = make([]inspect.Gap, gaps)
		return &Artefact{Path: path, Role: Link, Input: &input.Input{Path: path},
			Inspect: &inspect.Report{Links: []*inspect.Link{l}}}
	}
	lossy := capture("lossy", "10.0.0.2:50000", 100, 2)
	for name, test := range map[string]struct {
		other *Artefact
		want  bool
	}{
		"a whole one":           {capture("whole", "10.0.0.2:50000", 100, 0), true},
		"another connection":    {capture("whole", "10.0.0.2:50001", 100, 0), false},
		"one with holes itself": {capture("a", "10.0.0.2:50000", 100, 1), false},
		"one that began later":  {capture("late", "10.0.0.2:50000", 300, 0), false},
	} {
		t.Run(name, func(t *testing.T) {
			r := &run{}
			r.Artefacts = []*Artefact{lossy, test.other}
			f := &finding.Finding{Code: finding.CaptureGap, Path: "lossy", Link: 1}
			if got := r.Elsewhere(f); got != test.want {
				t.Errorf("%v", got)
			}
			f.Code = finding.ScriptMissing
			if r.Elsewhere(f) {
				t.Error("a loss is a loss, whoever recorded it")
			}
		})
	}
}
