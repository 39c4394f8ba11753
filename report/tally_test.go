package report

import (
	"fmt"
	"slices"
	"testing"

	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
)

// A client is told once of a key, and once in all, whether or not every file knows its
// name; who wrote on the other side is said to be open where it is.
func TestTallyClients(t *testing.T) {
	both := []finding.Evidence{{Code: finding.EvidenceBothWrote}}
	m := func(addr, name string) diff.Writer { return diff.Writer{Side: "master", Addr: addr, Name: name} }
	tally := &Tally{}
	for _, d := range []*diff.Difference{
		{Cause: finding.CauseLag, WrittenBy: []diff.Writer{m("a:1", ""), m("a:1", "app")}},
		{Cause: finding.CauseLag, WrittenBy: []diff.Writer{m("a:1", "")}},
		{Cause: finding.CauseDifferentHistory, WrittenBy: []diff.Writer{m("b:1", "x"), m("b:1", "y")}, Evidence: both},
		{Cause: finding.CauseDifferentHistory, Evidence: both,
			WrittenBy: []diff.Writer{m("b:1", ""), {Side: "replica", Addr: "a:1"}}},
		{Cause: finding.CauseLocalWrite}, {Cause: finding.CauseUnexplained}, {Cause: finding.CauseExpired},
	} {
		tally.Count(d)
	}
	var got []string
	for _, c := range tally.Clients() {
		got = append(got, fmt.Sprint(c.Side, " ", c.Addr, " ", c.Name, " ", c.Keys))
	}
	want := []string{"master a:1 app 2", "master b:1  1", "master b:1 x 1", "master b:1 y 1", "replica a:1  1"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
	counts := []int64{tally.Named, tally.Shared, tally.BothSides, tally.OneSided, tally.Unnamed, tally.Unwritten}
	if want := []int64{4, 2, 1, 1, 1, 1}; !slices.Equal(counts, want) {
		t.Errorf("%d, not %d", counts, want)
	}
}
