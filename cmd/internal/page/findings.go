package page

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/rdb/annotate"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/report"
)

// A Code is the findings of one code.
type Code struct {
	Severity, Code, Title, Versions string
	Findings                        []Finding
	Unshown                         string // how many more there are
	Count                           string // how many there are in all
}

// A Finding is one, with the bytes at its place.
type Finding struct {
	Message, Place, Command, Keys string
	Bytes                         []HexRow
}

// A HexRow is a field of the bytes at a place.
type HexRow struct{ Byte, Hex, Label, Text string }

// fewOfACode is how many findings of one code are shown; a few more than that are not
// worth a line which says so.
const (
	fewOfACode  = 8
	moreOfACode = 4
)

// codes groups the findings of all engines, the worst first.
func (b *builder) codes() {
	type group struct {
		code     finding.Code
		severity finding.Severity
	}
	times, at := map[group]int{}, map[group]int{}
	for _, f := range b.everyFinding() {
		g := group{f.Code, f.Severity}
		i, known := at[g]
		if !known {
			i = len(b.Codes)
			at[g] = i
			b.Codes = append(b.Codes, newCode(&f))
		}
		if times[g]++; times[g] <= fewOfACode+moreOfACode {
			b.Codes[i].Findings = append(b.Codes[i].Findings, b.finding(&f))
		}
	}
	for g, i := range at {
		b.Codes[i].Count = render.Count(times[g])
		if times[g] > fewOfACode+moreOfACode {
			b.Codes[i].Findings = b.Codes[i].Findings[:fewOfACode]
			b.Codes[i].Unshown = render.Count(times[g] - fewOfACode)
		}
	}
}

func newCode(f *finding.Finding) Code {
	c := Code{Severity: string(f.Severity), Code: string(f.Code), Versions: f.Affects}
	if f.FixedIn != "" {
		c.Versions += "; fixed in " + f.FixedIn
	}
	if e, ok := finding.Explain(string(f.Code)); ok {
		c.Title = e.Title
	}
	return c
}

func (b *builder) finding(f *finding.Finding) Finding {
	var keys []string
	for _, k := range f.Keys[:min(len(f.Keys), mostPlaces)] {
		keys = append(keys, b.cut(k))
	}
	shown := Finding{Message: f.Message + b.harmless(f), Place: b.place(f), Keys: strings.Join(keys, ", ")}
	if len(f.Command) > 0 {
		shown.Command = b.f.CommandText(cutText(string(f.Command), longestCell))
	}
	if e := b.r.Excerpt(f); e != nil {
		shown.Bytes = b.hexRows(e)
	}
	return shown
}

// harmless adds that what a command named is alike on both sides in the end.
func (b *builder) harmless(f *finding.Finding) string {
	d := b.r.Diff
	if f.Code != finding.DivergentCommand || len(f.Keys) == 0 || f.DB == nil || d == nil ||
		int64(len(d.Differences)) < d.Summary.Different {
		return ""
	}
	for _, k := range f.Keys {
		for _, x := range d.Differences {
			if x.DB == *f.DB && bytes.Equal(x.Key, k) {
				return ""
			}
		}
	}
	return "; what it names is alike on both sides in the end"
}

// hexRows shows an excerpt; under redaction what the bytes are, and none of
// them.
func (b *builder) hexRows(e *report.Excerpt) (rows []HexRow) {
	hidden := b.redacts() || b.f.Mode() == render.SizeOnly
	for i := range e.Fields {
		field := &e.Fields[i]
		row := HexRow{Label: strings.Repeat("  ", field.Depth) + field.Label, Byte: byteText(field)}
		if !hidden {
			row.Hex = hex.EncodeToString(field.Bytes)
			if field.Text != nil {
				row.Text = b.cut(field.Text)
			}
		}
		if hidden || field.Size > int64(len(field.Bytes)) {
			row.Label += fmt.Sprintf(", %s", render.Plural(field.Size, "byte", "bytes"))
		}
		rows = append(rows, row)
	}
	return rows
}

// byteText is the place of a field; that of one within a compressed string has a
// plus in front.
func byteText(f *annotate.Field) string {
	switch {
	case f.Byte == record.Unknown:
		return ""
	case f.Inner:
		return "+" + render.Count(f.Byte)
	}
	return render.Count(f.Byte)
}

// everyFinding is those of all engines, the worst first.
func (b *builder) everyFinding() []finding.Finding {
	var all []finding.Finding
	if b.r.Replay != nil {
		all = append(all, b.r.Replay.Findings...)
	}
	for _, a := range b.r.Artefacts {
		if a.Inspect != nil {
			all = append(all, a.Inspect.Findings...)
		}
	}
	if b.r.Diff != nil {
		all = append(all, b.r.Diff.Findings...)
	}
	refused := map[string]bool{} // whose line in the log is told with it
	for i := range all {
		refused[string(all[i].Command)] = refused[string(all[i].Command)] || all[i].Code == finding.CommandRefused
	}
	all = slices.DeleteFunc(all, func(f finding.Finding) bool {
		return f.Code == finding.ReplicaError && refused[string(f.Command)] || b.r.Elsewhere(&f)
	})
	order := []finding.Severity{finding.Error, finding.Warning, finding.Info}
	slices.SortStableFunc(all, func(x, y finding.Finding) int {
		return cmp.Or(slices.Index(order, x.Severity)-slices.Index(order, y.Severity),
			strings.Compare(string(x.Code), string(y.Code)))
	})
	return all
}

func (b *builder) place(f *finding.Finding) string {
	var place []string
	if f.Path != "" {
		place = append(place, b.path(f.Path))
	}
	if f.Link > 0 {
		place = append(place, fmt.Sprintf("link %d", f.Link))
	}
	if f.Offset != nil {
		place = append(place, "offset "+render.Offset(*f.Offset))
	}
	if f.Byte != nil {
		place = append(place, "byte "+render.Count(*f.Byte))
	}
	return strings.Join(place, ", ")
}
