package text

import (
	"fmt"
	"io"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/diff"
)

// growthShown is how many patterns of a growth a terminal is shown.
const growthShown = 20

// Growth writes what grew from one dump to another, and what shrank.
func Growth(out io.Writer, g *diff.Growth, o Options) error {
	w := newWriter(out, o)
	w.growth(g)
	return w.err
}

func (w *writer) growth(g *diff.Growth) {
	measured := !g.MemoryOf.IsZero()
	verdict := "Nothing grew or shrank"
	if len(g.List) > 0 {
		keys, _ := change(g.Total.Before.Keys, g.Total.After.Keys, render.Count)
		bytes, _ := change(g.Total.Before.Bytes, g.Total.After.Bytes, render.Size)
		verdict = "From the one to the other: " + keys + " keys, " + bytes
		if measured {
			memory, _ := change(g.Total.Before.Memory, g.Total.After.Memory, render.Size)
			verdict += ", " + memory + " of memory (of " + g.MemoryOf.String() + ")"
		}
	}
	w.wrapped("%s", verdict)
	if len(g.Findings) > 0 {
		w.blank()
		w.findings(g.Findings)
	}
	w.blank()
	w.label("before", w.growthSide(g.Before))
	w.label("after", w.growthSide(g.After))
	w.growthTable(g, measured)
	w.shards("Shards before", g.Before.Shards)
	w.shards("Shards after", g.After.Shards)
}

func (w *writer) growthSide(s *diff.Side) string {
	name := quotedPath(s.Path)
	if s.Shards != nil {
		name = render.Plural(int64(len(s.Shards)), "dump", "dumps")
	}
	text := name + ", " + render.Plural(s.Keys, "key", "keys")
	if s.Written != "" {
		text += ", version " + w.Bytes.WordText(s.Written)
	}
	if !s.Created.IsZero() {
		text += ", saved " + render.Second(s.Created)
	}
	return text
}

func (w *writer) growthTable(g *diff.Growth, measured bool) {
	limit := w.most(growthShown)
	row := func(x *diff.Grown, name string) []string { return growthRow(x, measured, name) }
	var rows [][]string
	var rest diff.Grown
	for i := range g.List {
		if i < limit {
			rows = append(rows, row(&g.List[i], w.Bytes.Text(g.List[i].Pattern)))
		} else {
			rest.Plus(&g.List[i])
		}
	}
	if more := len(g.List) - limit; more > 0 {
		rows = append(rows, row(&rest, w.Style.Dim("("+render.Plural(int64(more), "other pattern",
			"other patterns")+")")))
	}
	if g.Rest.Before.Keys > 0 && len(rows) > 0 {
		rows = append(rows, row(&g.Rest, w.Style.Dim("(unchanged)")))
	}
	what := "bytes"
	if measured {
		what = "memory"
	}
	w.section("What grew and what shrank"+w.Style.Dim("  (* is a part that varies)"),
		[]render.Column{render.Right(what), render.Right(""), render.Right("keys"), render.Right("before"),
			render.Right("after"), render.Left("pattern")}, rows)
}

// growthRow is the row of a pattern, by memory where it was measured.
func growthRow(x *diff.Grown, measured bool, name string) []string {
	keys, _ := change(x.Before.Keys, x.After.Keys, render.Count)
	bytes, of := change(x.Before.Bytes, x.After.Bytes, render.Size)
	if measured {
		bytes, of = change(x.Before.Memory, x.After.Memory, render.Size)
	}
	return []string{bytes, of, keys, render.Count(x.Before.Keys), render.Count(x.After.Keys), name}
}

// change is by how much a number grew, with its sign, and in percent of what it was.
func change(before, after int64, show func(int64) string) (text, percent string) {
	grown := after - before
	switch {
	case grown > 0:
		text = "+" + show(grown)
	case grown < 0:
		text = "-" + show(-grown)
	default:
		text = "0"
	}
	switch {
	case before == 0 && after > 0:
		percent = "new"
	case after == 0 && before > 0:
		percent = "gone"
	case before > 0 && grown != 0:
		percent = signed(100 * float64(grown) / float64(before))
	}
	return text, percent
}

func signed(percent float64) string { return fmt.Sprintf("%+.1f%%", percent) }
