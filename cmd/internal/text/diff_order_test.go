package text

import (
	"bytes"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

// Of two lists it is said where their order is all that differs, and of edits whose
// place counts in one of them, in which.
func TestReordered(t *testing.T) {
	at := func(n uint64) *uint64 { return &n }
	datum := func(s string) *diff.Datum { return &diff.Datum{Bytes: []byte(s)} }
	add := func(n uint64, s string) diff.Change {
		return diff.Change{Op: diff.Add, At: at(n), Master: datum(s)}
	}
	remove := func(n uint64, s string) diff.Change {
		return diff.Change{Op: diff.Remove, At: at(n), Replica: datum(s)}
	}
	for _, c := range []struct {
		name    string
		object  rdb.Object
		changes []diff.Change
		more    int64
		order   bool
		line    string
	}{
		{"another order", rdb.ObjectList, []diff.Change{add(0, "a"), remove(2, "a")}, 0, true, `- at 2 of the replica's: "a"`},
		{"two that changed places", rdb.ObjectList, []diff.Change{
			{Op: diff.Alter, At: at(1), Master: datum("a"), Replica: datum("b")}, add(0, "b"), remove(3, "a"),
		}, 0, true, `~ at 1 of the master's: master "a", replica "b"`},
		{"another element", rdb.ObjectList, []diff.Change{add(0, "a"), remove(2, "b")}, 0, false, `+ at 0 of the master's: "a"`},
		{"one more", rdb.ObjectList, []diff.Change{add(0, "a")}, 0, false, `+ at 0: "a"`},
		{"more that is not shown", rdb.ObjectList, []diff.Change{add(0, "a"), remove(2, "a")}, 1, false, ""},
		{"an array", rdb.ObjectArray, []diff.Change{add(0, "a"), remove(2, "a")}, 0, false, `- at 2: "a"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			held := &diff.Held{Object: c.object, Elements: 3}
			d := &diff.Difference{
				Key: []byte("k"), Kind: diff.ValueDiffers, Cause: finding.CauseUnexplained, Master: held, Replica: held,
				Changes: c.changes, ChangesTotal: int64(len(c.changes)) + c.more,
			}
			report := &diff.Report{Differences: []*diff.Difference{d}, Master: &diff.Side{}, Replica: &diff.Side{}}
			report.Summary.Different = 1
			var out bytes.Buffer
			if err := Diff(&out, accountOf(report), nil, Options{Style: render.NewStyle(false, 0),
				Bytes: render.NewBytesFormatter(render.Quoted, nil)}); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(out.String(), "the same 3 elements, in another order") != c.order ||
				!strings.Contains(out.String(), c.line) {
				t.Errorf("%s", out.String())
			}
		})
	}
}
