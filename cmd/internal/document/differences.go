package document

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/internal/extsort"
)

// Differences are all those of a document, as they come, in no order; written out they
// are in the order of a Diff. What memory has no room for is in a temporary file. Close
// them.
type Differences struct {
	shape   Shape
	format  *render.BytesFormatter
	sharded bool
	sorted  *extsort.Sorter
	count   int
	key     []byte
	text    bytes.Buffer
	rows    *DiffCSV // into text
	err     error    // the first one
}

// A Shape is how differences are written.
type Shape uint8

// The shapes: in a Report, in a Diff, as lines of NDJSON or of CSV.
const (
	InReport Shape = iota
	InDiff
	InLines
	InCSV
)

// differencesMemory is what is held of them before they are sorted and written down.
const differencesMemory = 8 << 20

// margin is that of what is in the list, of JSON.
func (s Shape) margin() string { return [...]string{"      ", "    ", "", ""}[s] }

// empty is an empty list in its place in the document, of JSON.
func (s Shape) empty() string { return "\n" + s.margin()[2:] + `"differences": []` }

// NewDifferences has none. sharded: a side is several dumps.
func NewDifferences(s Shape, f *render.BytesFormatter, sharded bool) *Differences {
	d := &Differences{shape: s, format: f, sharded: sharded, sorted: extsort.New(differencesMemory)}
	d.rows = &DiffCSV{csv.NewWriter(&d.text), f, sharded}
	return d
}

// Add adds one; errors come out when they are written.
func (d *Differences) Add(x *diff.Difference) {
	if d.err != nil {
		return
	}
	d.text.Reset()
	if d.err = d.encode(x); d.err != nil {
		return
	}
	d.key = append(binary.BigEndian.AppendUint32(d.key[:0], uint32(x.DB)), x.Key...)
	d.err = d.sorted.Add(d.key, d.text.Bytes())
	d.count++
}

// encode makes the text of one.
func (d *Differences) encode(x *diff.Difference) error {
	if d.shape == InCSV {
		d.rows.Add(x)
		return d.rows.Close()
	}
	one := newDifference(x, d.format)
	if d.sharded {
		one.Slot = new(command.Slot(x.Key))
	}
	if d.shape == InLines {
		one.Record = "difference"
		return WriteLine(&d.text, one)
	}
	err := writeAt(&d.text, one, d.shape.margin(), "  ")
	d.text.Truncate(max(0, d.text.Len()-1)) // the line end
	return err
}

// Close frees the disk space. Nil Differences hold none.
func (d *Differences) Close() error {
	if d == nil {
		return nil
	}
	return d.sorted.Close()
}

// shown is how many there are; of nil, how many the report holds.
func (d *Differences) shown(held int) int {
	if d == nil {
		return held
	}
	return d.count
}

// WriteReport is Write of a Report which has all differences, also those that the report
// itself does not hold; nil are those that it holds. They are written once.
func WriteReport(w io.Writer, r *Report, all *Differences) error {
	if all == nil || r.Diff == nil {
		return Write(w, r)
	}
	whole, list := *r, *r.Diff
	list.Differences, list.Summary.Shown = []Difference{}, all.count
	whole.Diff = &list
	return all.writeWithin(w, whole)
}

// WriteDiff is Write of a Diff, likewise.
func WriteDiff(w io.Writer, d *Diff, all *Differences) error {
	if all == nil {
		return Write(w, d)
	}
	whole := *d
	whole.Differences, whole.Summary.Shown = []Difference{}, all.count
	return all.writeWithin(w, whole)
}

// writeWithin writes a document that has an empty list in their place.
func (d *Differences) writeWithin(w io.Writer, document any) error {
	var b bytes.Buffer
	if err := Write(&b, document); err != nil {
		return err
	}
	// A string has no line break in it, and no other list of this name is as deep.
	empty := d.shape.empty()
	before, after, found := bytes.Cut(b.Bytes(), []byte(empty))
	if !found {
		return errors.New("the document has no place for its differences")
	}
	_, err := w.Write(before)
	if err == nil {
		_, err = io.WriteString(w, strings.TrimSuffix(empty, "]"))
	}
	first, between, end := "\n"+d.shape.margin(), ",\n"+d.shape.margin(), "\n"+d.shape.margin()[2:]+"]"
	if d.count == 0 {
		end = "]"
	}
	if err == nil {
		err = d.write(w, first, between)
	}
	if err == nil {
		_, err = io.WriteString(w, end)
	}
	if err == nil {
		_, err = w.Write(after)
	}
	return err
}

// write writes them in order, with what comes in front of the first, and of the others.
func (d *Differences) write(w io.Writer, first, between string) error {
	if d.err != nil {
		return fmt.Errorf("listing the differences: %w", d.err)
	}
	front := first
	return d.sorted.Each(func(text []byte) error {
		_, err := io.WriteString(w, front)
		front = between
		if err == nil {
			_, err = w.Write(text)
		}
		return err
	})
}
