package document

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/internal/appendjson"
	"github.com/redsleuth/redsleuth/internal/extsort"
)

// Differences are all those of a Report, as they come, in no order; written out they are
// in the order of a Diff. What memory has no room for is in a temporary file. Close them.
type Differences struct {
	format *render.BytesFormatter
	sorted *extsort.Sorter
	count  int
	key    []byte
	text   bytes.Buffer
	err    error // the first one
}

// differencesMemory is what is held of them before they are sorted and written down.
const differencesMemory = 8 << 20

// Places of a difference within the document, and of its list.
const (
	differencesIndent = "      "
	noDifferences     = "\n    \"differences\": []"
)

// NewDifferences has none.
func NewDifferences(f *render.BytesFormatter) *Differences {
	return &Differences{format: f, sorted: extsort.New(differencesMemory)}
}

// Add adds one; errors come out of WriteReport.
func (d *Differences) Add(x *diff.Difference) {
	if d.err != nil {
		return
	}
	d.text.Reset()
	enc := json.NewEncoder(&d.text)
	enc.SetEscapeHTML(false)
	enc.SetIndent(differencesIndent, "  ")
	if d.err = enc.Encode(newDifference(x, d.format)); d.err != nil {
		return
	}
	d.key = append(binary.BigEndian.AppendUint32(d.key[:0], uint32(x.DB)), x.Key...)
	d.err = d.sorted.Add(d.key, appendjson.EscapeUnprintable(bytes.TrimSuffix(d.text.Bytes(), []byte("\n"))))
	d.count++
}

// Close frees the disk space. Nil Differences hold none.
func (d *Differences) Close() error {
	if d == nil {
		return nil
	}
	return d.sorted.Close()
}

// WriteReport is Write of a Report which has all differences, also those that the report
// itself does not hold; nil are those that it holds. It is called once.
func WriteReport(w io.Writer, r *Report, all *Differences) error {
	if all == nil || r.Diff == nil {
		return Write(w, r)
	}
	if all.err != nil {
		return fmt.Errorf("listing the differences: %w", all.err)
	}
	whole, list := *r, *r.Diff
	list.Differences, list.Summary.Shown = []Difference{}, all.count
	whole.Diff = &list
	var b bytes.Buffer
	if err := Write(&b, &whole); err != nil {
		return err
	}
	// A line break of the document is one outside its strings, and so is all that
	// follows; only this list is at this depth.
	before, after, found := bytes.Cut(b.Bytes(), []byte(noDifferences))
	if !found {
		return errors.New("the document has no place for its differences")
	}
	_, err := w.Write(before)
	if err == nil {
		_, err = io.WriteString(w, strings.TrimSuffix(noDifferences, "]"))
	}
	if err == nil {
		err = all.write(w)
	}
	if err == nil {
		_, err = w.Write(after)
	}
	return err
}

// write writes them as the elements of a list, with what ends it.
func (d *Differences) write(w io.Writer) error {
	between := "\n"
	err := d.sorted.Each(func(text []byte) error {
		_, err := io.WriteString(w, between+differencesIndent)
		between = ",\n"
		if err == nil {
			_, err = w.Write(text)
		}
		return err
	})
	end := "]"
	if d.count > 0 {
		end = "\n" + differencesIndent[2:] + "]"
	}
	if err == nil {
		_, err = io.WriteString(w, end)
	}
	return err
}
