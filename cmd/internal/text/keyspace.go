package text

import (
	"fmt"
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse/record"
)

// keyspace writes the tables about keys.
func (w *inspectText) keyspace(r *inspect.RDB) {
	if r.Keys == 0 {
		return
	}
	w.databases(r)
	w.types(r)
	if r.Memory == nil || len(r.Memory.Versions) == 0 {
		w.biggest(r)
	}
	w.memory(r)
	w.patterns(r.Patterns)
	w.blank()
	w.histogram("record size", r.Sizes, func(n int64) string { return render.Size(n) })
	w.histogram("time to live", r.TTL, span)
	w.histogram("idle for", r.Idle, span)
	w.histogram("access count", r.Freq, func(n int64) string { return fmt.Sprint(n) })
	if r.Expires > 0 {
		w.label("expiry", fmt.Sprintf("from %s to %s", render.Millis(r.FirstExpiry),
			render.Millis(r.LastExpiry)))
	}
}

func (w *inspectText) databases(r *inspect.RDB) {
	databases := slices.DeleteFunc(slices.Clone(r.Databases),
		func(d *inspect.Database) bool { return r.Filtered && d.Keys == 0 })
	slices.SortStableFunc(databases, func(a, b *inspect.Database) int { return a.DB - b.DB })
	var rows [][]string
	for _, d := range databases {
		expired := "unknown"
		if r.Judged {
			expired = render.Count(d.Expired)
		}
		row := []string{dbText(d.DB), render.Count(d.Keys), render.Count(d.Expires), expired}
		rows = append(rows, w.withMemory(r, row, d.Memory))
	}
	title := "Databases"
	if r.Judged {
		title += w.Style.Dim("  (expired as of " + render.Millis(r.JudgedAt) + ")")
	}
	w.section(title, w.memoryColumn(r, render.Right("db"), render.Right("keys"),
		render.Right("with expiry"), render.Right("expired")), rows)
}

// elements is blank where the number is not known.
func elements(n int64) string {
	if n == record.Unknown {
		return ""
	}
	return render.Count(n)
}

func dbText(db int) string {
	if db < 0 {
		return "unknown"
	}
	return fmt.Sprint(db)
}

func (w *inspectText) types(r *inspect.RDB) {
	var rows [][]string
	for _, t := range r.Types {
		for i, e := range t.Encodings {
			name := ""
			if i == 0 {
				name = t.Object.String()
			}
			encoding := "other"
			if e.Name != "" {
				encoding = w.Bytes.WordText(e.Name)
			}
			row := []string{name, encoding, render.Count(e.Keys), elements(e.Elements), render.Size(e.Bytes)}
			rows = append(rows, w.withMemory(r, row, e.Memory))
		}
	}
	w.section("Types", w.memoryColumn(r, render.Left("type"), render.Left("encoding"),
		render.Right("keys"), render.Right("elements"), render.Right("bytes")), rows)
}

func (w *inspectText) biggest(r *inspect.RDB) {
	var rows [][]string
	for _, k := range r.Biggest {
		rows = append(rows, []string{render.Size(k.Bytes), k.Object.String(), elements(k.Elements),
			dbText(k.DB), w.Bytes.Text(k.Name)})
	}
	w.section("Largest keys", []render.Column{render.Right("bytes"), render.Left("type"),
		render.Right("elements"), render.Right("db"), render.Left("key")}, rows)
}

// histogram writes the classes that hold anything, behind bars.
func (w *inspectText) histogram(label string, h *inspect.Histogram, bound func(int64) string) {
	if h == nil || h.Total == 0 {
		return
	}
	var parts []string
	var values []float64
	for i, n := range h.Counts {
		values = append(values, float64(n))
		if n == 0 {
			continue
		}
		class := ""
		switch {
		case label == "time to live" && i == 0:
			class = "expired"
		case i < len(h.Bounds):
			class = "below " + bound(h.Bounds[i])
		default:
			class = "from " + bound(h.Bounds[len(h.Bounds)-1])
		}
		parts = append(parts, class+": "+render.Count(n))
	}
	w.label(label, render.Spark(values)+" "+strings.Join(parts, ", "))
}

// span shows a length of time given in seconds.
func span(seconds int64) string {
	switch {
	case seconds >= 365*86400:
		return fmt.Sprintf("%dy", seconds/(365*86400))
	case seconds >= 86400:
		return fmt.Sprintf("%dd", seconds/86400)
	case seconds >= 3600:
		return fmt.Sprintf("%dh", seconds/3600)
	case seconds >= 60:
		return fmt.Sprintf("%dm", seconds/60)
	}
	return fmt.Sprintf("%ds", seconds)
}
