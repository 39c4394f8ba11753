package document

import (
	"cmp"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/internal/columns"
	"github.com/redsleuth/redsleuth/parse/record"
)

// originColumns is how many columns those of an origin are.
const originColumns = 5

// An origin is where a difference comes from, as far as a row has room for it: the
// first that each is told of.
type origin struct {
	offset     int64 // record.Unknown if not known
	divergence string
	by, on     string // who wrote, and on which side; several with blanks between
	at         time.Time
}

func originOf(x *diff.Difference, f *render.BytesFormatter) *origin {
	o := &origin{offset: record.Unknown}
	for i := range x.Evidence {
		e := &x.Evidence[i]
		if e.Offset != nil && o.offset == record.Unknown {
			o.offset = *e.Offset
		}
		o.divergence = cmp.Or(o.divergence, e.Divergence)
	}
	var by, on []string
	for i := range x.WrittenBy {
		w := &x.WrittenBy[i]
		if o.at.IsZero() {
			o.at = w.Time
		}
		on = append(on, w.Side)
		switch {
		case w.Name != "":
			by = append(by, f.CSV([]byte(w.Name)))
		case w.Addr != "":
			by = append(by, f.Place(w.Addr))
		default:
			by = append(by, "unknown")
		}
	}
	o.by, o.on = strings.Join(by, " "), strings.Join(on, " ")
	return o
}

// cells are those of CSV.
func (o *origin) cells() []string {
	return []string{numberOrNone(o.offset), o.divergence, o.by, o.on, timeText(o.at)}
}

// columns sets those of a Parquet file, from the first on.
func (o *origin) columns(b *columns.Batch, first int) {
	setInt(b, first, o.offset)
	for i, text := range []string{o.divergence, o.by, o.on} {
		setText(b, first+1+i, text)
	}
	if !o.at.IsZero() {
		b.Int(first+4, o.at.UnixMilli())
	}
}
