// Package page writes the postmortem for people: one HTML file without any
// outside reference, or Markdown. Both are made from one model, whose texts are
// put together here and escaped by the templates; bytes of artefacts come
// through a render.BytesFormatter, as everywhere.
package page

import (
	"fmt"
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/document"
	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/report"
)

// MostRows is how many keys a page holds; a CSV beside it has all where there
// are more.
const MostRows = 20_000

// Bounds of what else a page shows; what is beyond is counted.
const (
	mostEvents    = 300
	mostFindings  = 60
	mostPlaces    = 8
	mostScripts   = 100
	mostArtefacts = 2000
	longestCell   = 120
)

// A Page is what the templates show.
type Page struct {
	Title     string
	Headline  string
	Level     string // good, bad or open
	Sentences []string
	Causes    []Cause
	Next      []Step
	Events    []Event
	Unshown   int // events that are left out
	Line      string
	Artefacts []Artefact
	Findings  []Finding
	Rows      []Row
	RowsOf    int64 // how many differ in all
	CSV       string
	Scripts   []Script
	Lacking   []string
	Explained []document.Entry
	Version   string
}

// A Cause counts keys.
type Cause struct {
	Name  string
	Keys  int64
	Title string
}

// A Step is what to do next.
type Step struct {
	What, Command string
}

// An Event is a line of the timeline.
type Event struct {
	Time, Offset, Text, Path string
	Bad                      bool
}

// An Artefact is a row of the evidence.
type Artefact struct {
	Path, Kind, Role, From, Size, SHA256, Holds, Why string
}

// A Finding is a finding with its places.
type Finding struct {
	Severity, Code, Message, Place, Command, Keys, Versions, More string
}

// A Row is a difference.
type Row struct {
	DB       int    `json:"db"`
	Key      string `json:"key"`
	Kind     string `json:"kind"`
	Cause    string `json:"cause"`
	Sure     string `json:"sure"`
	Offset   string `json:"offset"`
	Who      string `json:"who"`
	Evidence string `json:"evidence"`
}

// A Script is one that the replica met.
type Script struct {
	SHA1, Writes, Danger string
	Calls                int64
}

// A Head is a column of the table of keys.
type Head struct{ Title, Column string }

// Heads are the columns, in order.
func (*Page) Heads() []Head {
	return []Head{
		{"Database", "db"}, {"Key", "key"}, {"Kind", "kind"}, {"Cause", "cause"}, {"Sure", "sure"},
		{"Offset", "offset"}, {"Written by", "who"}, {"Evidence", "evidence"},
	}
}

// New makes the model of a report.
func New(r *report.Report, f *render.BytesFormatter, csv, version string) *Page {
	p := &Page{Title: "Incident report", CSV: csv, Version: version, Lacking: r.Lacking}
	b := builder{p, r, f, map[string]string{}}
	for _, a := range r.Artefacts {
		if a.Input != nil {
			b.names[a.Input.Path] = a.Path
		}
	}
	b.verdict()
	b.causes()
	b.next()
	b.events()
	b.artefacts()
	b.findings()
	b.rows()
	b.scripts()
	b.explained()
	p.Line = b.line()
	return p
}

// A builder fills a page.
type builder struct {
	*Page
	r *report.Report
	f *render.BytesFormatter
	// names are those of artefacts, by what engines call them.
	names map[string]string
}

// cut shortens what is shown of a byte string.
func (b *builder) cut(s []byte) string {
	if len(s) > 4*longestCell { // before it is escaped: a key may have megabytes
		size := render.Size(int64(len(s)))
		return cutText(b.f.Text(s[:4*longestCell]), longestCell) + " (" + size + ")"
	}
	return cutText(b.f.Text(s), longestCell)
}

func cutText(s string, most int) string {
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return string(runes[:most]) + "…"
}

// path is a file's name, as --show wants it.
func (b *builder) path(name string) string {
	if own, ok := b.names[name]; ok {
		name = own
	}
	if b.f.Mode() == render.Redacted {
		return b.f.Text([]byte(name))
	}
	return printable(name)
}

// printable takes out what could turn a line around or hide it.
func printable(s string) string {
	return strings.Trim(string(render.AppendQuoted(nil, []byte(s))), `"`)
}

func offsetText(o *int64) string {
	if o == nil {
		return ""
	}
	return render.Count(*o)
}

func (b *builder) causes() {
	for c, n := range b.r.Verdict.Causes {
		title := ""
		if e, ok := finding.Explain(string(c)); ok {
			title = e.Title
		}
		b.Causes = append(b.Causes, Cause{string(c), n, title})
	}
	slices.SortFunc(b.Causes, func(x, y Cause) int {
		if x.Keys != y.Keys {
			return int(y.Keys - x.Keys)
		}
		return strings.Compare(x.Name, y.Name)
	})
}

func (b *builder) artefacts() {
	for _, a := range b.r.Artefacts[:min(len(b.r.Artefacts), mostArtefacts)] {
		shown := Artefact{
			Path: b.path(a.Path), Kind: string(a.Kind), Role: string(a.Role), From: a.RoleFrom,
			Size: render.Size(a.Bytes), SHA256: a.SHA256, Holds: holds(a),
		}
		if a.Why != "" {
			shown.Why = "could not be read"
		}
		b.Artefacts = append(b.Artefacts, shown)
	}
}

// holds is what an artefact covers.
func holds(a *report.Artefact) string {
	if a.Inspect == nil {
		if a.Log != nil {
			return render.Plural(int64(a.Log.Lines), "line", "lines")
		}
		return ""
	}
	var parts []string
	if d := a.Inspect.RDB; d != nil {
		parts = append(parts, render.Plural(d.Keys, "key", "keys"))
		if a.State != nil && a.State.Placed() {
			parts = append(parts, "offset "+render.Count(a.State.Offset))
		}
		if !d.CreatedAt.IsZero() {
			parts = append(parts, "saved "+render.Time(d.CreatedAt))
		}
	}
	if n := len(a.Inspect.Links); n > 0 && a.Inspect.RDB == nil {
		parts = append(parts, render.Plural(int64(n), "link", "links"))
		commands := int64(0)
		for _, l := range a.Inspect.Links {
			commands += l.Commands
		}
		parts = append(parts, render.Plural(commands, "command", "commands"))
	}
	return strings.Join(parts, ", ")
}

func (b *builder) scripts() {
	if b.r.Replay == nil {
		return
	}
	for _, s := range b.r.Replay.Scripts[:min(len(b.r.Replay.Scripts), mostScripts)] {
		shown := Script{
			SHA1: fmt.Sprintf("%x", s.SHA1), Calls: s.Calls, Danger: strings.Join(s.Danger, ", "),
		}
		var writes []string
		for _, w := range s.Writes {
			writes = append(writes, b.f.CommandText(w))
		}
		shown.Writes = strings.Join(writes, ", ")
		b.Scripts = append(b.Scripts, shown)
	}
}

// explained are the entries of the catalogue for what is on the page.
func (b *builder) explained() {
	var codes []string
	add := func(code string) {
		if !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	for _, c := range b.Causes {
		add(c.Name)
	}
	for _, f := range b.Findings {
		if f.Severity != string(finding.Info) {
			add(f.Code)
		}
	}
	for _, code := range codes {
		if e, ok := finding.Explain(code); ok {
			b.Explained = append(b.Explained, document.NewEntry(&e))
		}
	}
}
