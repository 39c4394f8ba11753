package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/inspect"
)

// keyspace writes the tables about keys.
func (p *sheet) keyspace(r *inspect.RDB) {
	if r.Keys == 0 {
		return
	}
	p.databases(r)
	p.types(r)
	p.biggest(r)
	p.prefixes(r.Prefixes)
	p.printf("\n")
	p.histogram("record size", r.Sizes, func(n int64) string { return Size(n) })
	p.histogram("time to live", r.TTL, span)
	p.histogram("idle for", r.Idle, span)
	p.histogram("access count", r.Freq, func(n int64) string { return fmt.Sprint(n) })
	if r.Expires > 0 {
		p.line("expiry", fmt.Sprintf("from %s to %s", Millis(r.FirstExpiry), Millis(r.LastExpiry)))
	}
}

func (p *sheet) databases(r *inspect.RDB) {
	databases := slices.Clone(r.Databases)
	slices.SortStableFunc(databases, func(a, b *inspect.Database) int { return a.DB - b.DB })
	var rows [][]string
	for _, d := range databases {
		expired := "unknown"
		if r.Judged {
			expired = Count(d.Expired)
		}
		rows = append(rows, []string{dbText(d.DB), Count(d.Keys), Count(d.Expires), expired})
	}
	title := "Databases"
	if r.Judged {
		title += p.st.Dim("  (expired is judged at " + Millis(r.JudgedAt) + ")")
	}
	p.table(title, []Column{Right("db"), Right("keys"), Right("with expiry"), Right("expired")}, rows)
}

func dbText(db int) string {
	if db < 0 {
		return "unknown"
	}
	return fmt.Sprint(db)
}

func (p *sheet) types(r *inspect.RDB) {
	var rows [][]string
	for _, t := range r.Types {
		for i, e := range t.Encodings {
			name := ""
			if i == 0 {
				name = t.Object.String()
			}
			encoding := "other"
			if e.Name != "" {
				encoding = p.sh.OwnText(e.Name)
			}
			rows = append(rows, []string{name, encoding, Count(e.Keys), Count(e.Elements), Size(e.Bytes)})
		}
	}
	p.table("Types", []Column{Left("type"), Left("encoding"), Right("keys"), Right("elements"), Right("bytes")}, rows)
}

func (p *sheet) biggest(r *inspect.RDB) {
	var rows [][]string
	for _, k := range r.Biggest {
		rows = append(rows, []string{Size(k.Bytes), k.Object.String(), Count(k.Elements), dbText(k.DB), p.sh.Text(k.Name)})
	}
	p.table("Largest keys", []Column{Right("bytes"), Left("type"), Right("elements"), Right("db"), Cutting("key")}, rows)
}

func (p *sheet) prefixes(x *inspect.Prefixes) {
	if x == nil {
		return
	}
	var rows [][]string
	for _, prefix := range x.List {
		rows = append(rows, []string{Size(prefix.Bytes), Count(prefix.Keys), p.sh.Text(prefix.Name)})
	}
	p.table("Prefixes", []Column{Right("bytes"), Right("keys"), Cutting("prefix")}, rows)
	if x.Missed > 0 {
		p.line("", fmt.Sprintf("too many prefixes to hold: a count may be up to %s keys too low", Count(x.Missed)))
	}
}

// histogram writes the classes that hold anything, behind bars.
func (p *sheet) histogram(label string, h *inspect.Histogram, bound func(int64) string) {
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
		parts = append(parts, class+": "+Count(n))
	}
	p.line(label, Spark(values)+" "+strings.Join(parts, ", "))
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
