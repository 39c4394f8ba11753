package document

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/diff"
)

// Growth is the document of diff --growth: Master is the earlier state, Replica the
// later one.
type Growth struct {
	Schema   string      `json:"schema"`
	Record   string      `json:"record,omitempty"` // in NDJSON: "growth"
	Master   Side        `json:"master"`
	Replica  Side        `json:"replica"`
	Growth   GrowthTable `json:"growth"`
	Findings []Finding   `json:"findings"`
}

// GrowthTable has the patterns that changed, most first. Memory is that of a server
// of ServerVersion, null where none is known, and absent then.
type GrowthTable struct {
	ServerVersion *string `json:"server_version"`
	Grown
	List      []GrownPattern `json:"list"`
	Unchanged *Grown         `json:"unchanged,omitempty"`
}

// A GrownPattern is how the keys of a pattern, a glob, grew.
type GrownPattern struct {
	Record  string          `json:"record,omitempty"` // in NDJSON: "pattern"
	Pattern json.RawMessage `json:"pattern"`
	Grown
}

// Grown is in keys, bytes of their records, and memory.
type Grown struct {
	Keys   GrownNumber  `json:"keys"`
	Bytes  GrownNumber  `json:"bytes"`
	Memory *GrownNumber `json:"memory,omitempty"`
}

// GrownNumber is a number in the earlier and in the later dump, and what it grew by,
// which is negative where it shrank.
type GrownNumber struct {
	Before int64 `json:"before"`
	After  int64 `json:"after"`
	Growth int64 `json:"growth"`
}

func grownNumber(before, after int64) GrownNumber { return GrownNumber{before, after, after - before} }

// NewGrowth makes the document of a growth; limit bounds the list, 0 for all.
func NewGrowth(g *diff.Growth, limit int, f *render.BytesFormatter) *Growth {
	measured := !g.MemoryOf.IsZero()
	grown := func(x *diff.Grown) Grown { return newGrown(x, measured) }
	d := &Growth{Schema: "redsleuth/diff/1", Master: newSide(g.Before, f), Replica: newSide(g.After, f),
		Growth: GrowthTable{Grown: grown(&g.Total), List: []GrownPattern{}}, Findings: Findings(g.Findings, f)}
	if measured {
		name := g.MemoryOf.String()
		d.Growth.ServerVersion = &name
	}
	for i := range g.List[:shown(g, limit)] {
		d.Growth.List = append(d.Growth.List, GrownPattern{Pattern: f.Bytes(g.List[i].Pattern),
			Grown: grown(&g.List[i])})
	}
	if g.Rest.Before.Keys > 0 {
		rest := grown(&g.Rest)
		d.Growth.Unchanged = &rest
	}
	return d
}

// shown is how many patterns are shown under a limit.
func shown(g *diff.Growth, limit int) int {
	if limit == 0 {
		return len(g.List)
	}
	return min(len(g.List), limit)
}

func newGrown(x *diff.Grown, measured bool) Grown {
	d := Grown{Keys: grownNumber(x.Before.Keys, x.After.Keys),
		Bytes: grownNumber(x.Before.Bytes, x.After.Bytes)}
	if measured {
		memory := grownNumber(x.Before.Memory, x.After.Memory)
		d.Memory = &memory
	}
	return d
}

// WriteLines writes the document as NDJSON: all but the list, then a line for each
// pattern.
func (d *Growth) WriteLines(w io.Writer) error {
	head := *d
	head.Record, head.Growth.List = "growth", []GrownPattern{}
	if err := WriteLine(w, head); err != nil {
		return err
	}
	for _, x := range d.Growth.List {
		x.Record = "pattern"
		if err := WriteLine(w, x); err != nil {
			return err
		}
	}
	return nil
}

// WriteGrowthCSV writes a row a pattern; memory is empty where it is not known.
func WriteGrowthCSV(w io.Writer, g *diff.Growth, limit int, f *render.BytesFormatter) error {
	rows := [][]string{{"pattern", "keys_before", "keys_after", "keys_growth", "bytes_before",
		"bytes_after", "bytes_growth", "memory_before", "memory_after", "memory_growth"}}
	cells := func(before, after int64) []string {
		return []string{strconv.FormatInt(before, 10), strconv.FormatInt(after, 10),
			strconv.FormatInt(after-before, 10)}
	}
	for i := range g.List[:shown(g, limit)] {
		x := &g.List[i]
		row := append([]string{f.CSV(x.Pattern)}, cells(x.Before.Keys, x.After.Keys)...)
		row = append(row, cells(x.Before.Bytes, x.After.Bytes)...)
		if g.MemoryOf.IsZero() {
			row = append(row, "", "", "")
		} else {
			row = append(row, cells(x.Before.Memory, x.After.Memory)...)
		}
		rows = append(rows, row)
	}
	return csv.NewWriter(w).WriteAll(rows)
}
