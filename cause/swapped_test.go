package cause

import (
	"testing"

	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/repl"
)

// Captures are of the other side's links where that is whose history they hold, the two
// histories part, and no link is of the master's; then what clients wrote beside the
// stream is no own write of the side that they are named by.
func TestSwapped(t *testing.T) {
	link := func(id string) *linkEnd { return &linkEnd{id: id, named: true} }
	unnamed := &linkEnd{id: "s"}
	for name, test := range map[string]struct {
		verdict diff.Verdict
		links   []*linkEnd
		want    bool
	}{
		"of the replica's history":       {diff.DifferentHistory, []*linkEnd{link("s")}, true},
		"of the master's":                {diff.DifferentHistory, []*linkEnd{link("m")}, false},
		"of both":                        {diff.DifferentHistory, []*linkEnd{link("s"), link("m")}, false},
		"one history":                    {diff.SameOffset, []*linkEnd{link("s")}, false},
		"a raw link, which names no end": {diff.DifferentHistory, []*linkEnd{unnamed}, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := &diff.Report{
				Master:  &diff.Side{State: &repl.State{ID: "m"}},
				Replica: &diff.Side{State: &repl.State{ID: "s"}},
			}
			r.Replication.Verdict = test.verdict
			x := &Explainer{report: r, survey: survey{links: test.links}}
			if got := x.swapped(); got != test.want {
				t.Errorf("%v", got)
			}
		})
	}
}
