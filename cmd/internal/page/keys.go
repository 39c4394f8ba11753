package page

import (
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/diff"
)

func (b *builder) rows() {
	if b.r.Diff == nil {
		return
	}
	b.RowsOf = b.r.Diff.Summary.Different
	for _, d := range b.r.Diff.Differences[:min(len(b.r.Diff.Differences), MostRows)] {
		b.Rows = append(b.Rows, b.row(d))
	}
}

func (b *builder) row(d *diff.Difference) Row {
	row := Row{
		DB: d.DB, Key: b.cut(d.Key), Kind: string(d.Kind), Cause: string(d.Cause),
		Sure: string(d.Confidence),
	}
	for _, e := range d.Evidence {
		if row.Evidence == "" {
			row.Evidence = e.Message
		}
		if e.Offset != nil && row.Offset == "" {
			row.Offset = render.Count(*e.Offset)
		}
	}
	for _, w := range d.WrittenBy {
		row.Who = b.who(&w)
	}
	return row
}

// who is a client, as an operator knows it.
func (b *builder) who(w *diff.Writer) string {
	who := b.path(w.Addr)
	if w.Name != "" {
		who += " " + b.cut([]byte(w.Name))
	}
	if w.User != "" {
		who += " user " + b.cut([]byte(w.User))
	}
	return strings.TrimSpace(who + " on the " + w.Side)
}
