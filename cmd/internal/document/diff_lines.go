package document

import (
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/diff"
)

// WriteLines writes the document as NDJSON: first all but the lists, then a
// line for each of their entries. Of all differences nil are those of the document.
func (d *Diff) WriteLines(w io.Writer, all *Differences) error {
	head := d.DiffHead
	head.Record, head.Summary.Shown = "diff", all.shown(head.Summary.Shown)
	if err := WriteLine(w, head); err != nil {
		return err
	}
	if all != nil {
		if err := all.write(w, "", ""); err != nil {
			return err
		}
	} else {
		for _, x := range d.Differences {
			x.Record = "difference"
			if err := WriteLine(w, x); err != nil {
				return err
			}
		}
	}
	var lines []any
	for _, x := range d.Libraries {
		x.Record = "library"
		lines = append(lines, x)
	}
	for _, x := range d.Scripts {
		x.Record = "script"
		lines = append(lines, x)
	}
	for _, x := range d.Findings {
		lines = append(lines, struct {
			Record string `json:"record"`
			Finding
		}{"finding", x})
	}
	for _, line := range lines {
		if err := WriteLine(w, line); err != nil {
			return err
		}
	}
	return nil
}

// diffColumns are the columns of the CSV of diff; a side's are empty where it
// does not hold the key.
var diffColumns = []string{
	"db", "key", "kind", "cause", "confidence", "changes", "evidence",
	"master_type", "master_encoding", "master_elements", "master_bytes", "master_byte",
	"master_expire_at",
	"replica_type", "replica_encoding", "replica_elements", "replica_bytes", "replica_byte",
	"replica_expire_at",
	"offset", "divergence", "written_by", "written_on", "written_at",
}

// shardColumns come after them where a side is several dumps.
var shardColumns = []string{"slot", "master_file", "replica_file"}

// WriteDiffCSV writes a line a difference; of all, nil are those of the report.
func WriteDiffCSV(w io.Writer, r *diff.Report, f *render.BytesFormatter, all *Differences) error {
	c := NewDiffCSV(w, f, r.Sharded())
	if all != nil {
		if err := c.Close(); err != nil {
			return err
		}
		return all.write(w, "", "")
	}
	for _, x := range r.Differences {
		c.Add(x)
	}
	return c.Close()
}

// A DiffCSV writes lines as the differences come, and keeps its first error.
type DiffCSV struct {
	out     *csv.Writer
	format  *render.BytesFormatter
	sharded bool
}

// NewDiffCSV begins with the heads. sharded: a side is several dumps.
func NewDiffCSV(w io.Writer, f *render.BytesFormatter, sharded bool) *DiffCSV {
	c := &DiffCSV{csv.NewWriter(w), f, sharded}
	heads := diffColumns
	if sharded {
		heads = slices.Concat(diffColumns, shardColumns)
	}
	_ = c.out.Write(heads) // Close tells it
	return c
}

// Add writes a line.
func (c *DiffCSV) Add(x *diff.Difference) {
	if c.out.Error() != nil {
		return
	}
	var codes []string
	for i := range x.Evidence {
		codes = append(codes, string(x.Evidence[i].Code))
	}
	row := []string{
		strconv.Itoa(x.DB), c.format.CSV(x.Key), string(x.Kind), string(x.Cause), string(x.Confidence),
		numberOrNone(x.ChangesTotal), strings.Join(codes, " "),
	}
	row = slices.Concat(row, heldCells(x.Master), heldCells(x.Replica), originOf(x, c.format).cells())
	if c.sharded {
		row = append(row, strconv.Itoa(command.Slot(x.Key)), fileOf(x.Master), fileOf(x.Replica))
	}
	_ = c.out.Write(row) // Close tells it
}

// Close writes what is left.
func (c *DiffCSV) Close() error {
	c.out.Flush()
	return c.out.Error()
}

// fileOf is the dump that holds a key, where a side is several; else "".
func fileOf(h *diff.Held) string {
	if h == nil {
		return ""
	}
	return h.Path
}

// numberOrNone is "" for a number that nothing tells.
func numberOrNone(n int64) string {
	if known(n) == nil {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func heldCells(h *diff.Held) []string {
	j := newHeld(h)
	if j == nil {
		return make([]string, 6)
	}
	return []string{j.Type, j.Encoding, numberOrNone(h.Elements), numberOrNone(h.Bytes),
		numberOrNone(h.Byte), j.ExpireAt}
}
