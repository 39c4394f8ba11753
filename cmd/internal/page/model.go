// Package page writes the postmortem for people: one HTML file without any
// outside reference, or Markdown. Both are made from one model, whose texts are
// put together here and escaped by the templates; bytes of artefacts come
// through a render.BytesFormatter, as everywhere. Package chart draws.
//
// The model is bounded, whatever the artefacts hold: what is left out is counted.
package page

import (
	"cmp"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/report"
)

// MostRows is how many keys a page holds, and mostRowBytes what they may take; a
// CSV beside it has all where there are more.
const (
	MostRows     = 20_000
	mostRowBytes = 8 << 20
)

// Bounds of what else a page shows; what is beyond is counted.
const (
	mostEvents    = 300
	mostPlaces    = 8
	mostScripts   = 100
	mostArtefacts = 2000
	mostSpans     = 40 // of a history
	mostGroups    = 40
	mostPrefixes  = 24
	longestCell   = 120
	longestLine   = 400 // of a log
	longestPath   = 200
)

// A Page is what the templates show.
type Page struct {
	Title, Headline, Level string // Level is good, bad or open
	Span                   string // of the time that the files tell of; "" where none does
	Answers                []Answer
	Causes                 []Cause
	Next                   []Step
	When                   Timeline
	Acts                   []Act
	ActsUnshown            int
	Evidence               Evidence
	Codes                  []Code
	Keys                   Keys
	Replica                Replica
	Memory                 []Memory
	Prefixes               []Prefixes
	Lacking                []string
	Words                  []Answer // what the page's own words mean
	Explained              []Explained
	Version                string
}

// An Answer is what the report says to a question that everybody asks. A line of Text is
// a thing of its own.
type Answer struct{ Question, Text string }

// Lines are those of the text.
func (a Answer) Lines() []string { return strings.Split(a.Text, "\n") }

// A Cause counts keys that differ for it, in the way that Way names; "" for none.
type Cause struct {
	Name, Way    string
	Keys, Proved int64
	Title        string
}

// A Step is what to do next, with the commands that do it.
type Step struct {
	What     string
	Commands []string
}

// A Timeline is what happened, in order.
type Timeline struct {
	Events  []Event
	Unshown int // events that are left out
	Chart   string
}

// An Event is a line of the timeline.
type Event struct {
	Number                           int
	Time, Offset, Text, Path, Detail string
	Bad                              bool
}

// Where is when and in which file an event was.
func (e *Event) Where() string {
	where := cmp.Or(e.Time, "time unknown")
	if e.Offset != "" {
		where += ", offset " + e.Offset
	}
	if e.Path != "" {
		where += ", " + e.Path
	}
	return where
}

// Evidence is the files, and what they cover.
type Evidence struct {
	Artefacts []Artefact
	Unshown   int
	Covers    []Cover
}

// A Sum is the SHA-256 of a file of a set.
type Sum struct{ Path, SHA256 string }

// An Artefact is a row of the evidence.
type Artefact struct {
	Path, Kind, Role, From, Size, SHA256, Holds, Why string
	Sums                                             []Sum // of the files of a set
}

// A Cover is what the artefacts hold of a history.
type Cover struct {
	ID, Chart       string
	Holes, Overlaps []string
	Unshown         int
}

// New makes the model of a report. csv is the name of the file beside the page that
// has all keys, should the page have no room for them.
func New(r *report.Report, f *render.BytesFormatter, csv, version string) *Page {
	p := &Page{Title: "Incident report", Version: version, Lacking: r.Lacking}
	b := builder{p, r, f, map[string]string{}}
	for _, a := range r.Artefacts {
		if a.Input != nil {
			b.names[a.Input.Path] = a.Path
		}
	}
	b.causes()
	b.verdict()
	b.next()
	b.events()
	b.artefacts()
	b.codes()
	b.keys(csv)
	b.replica()
	b.memory()
	b.prefixes()
	b.span()
	b.Words = words()
	b.explained()
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

// redacts reports whether nothing of the artefacts may be told.
func (b *builder) redacts() bool { return b.f.Mode() == render.Redacted }

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
	if b.redacts() && name != "" {
		return b.f.Text([]byte(name))
	}
	return cutText(printable(name), longestPath)
}

// printable takes out what could turn a line around or hide it.
func printable(s string) string {
	return strings.Trim(string(render.AppendQuoted(nil, []byte(s))), `"`)
}

func offsetText(o *int64) string {
	if o == nil {
		return ""
	}
	return render.Offset(*o)
}

func (b *builder) causes() {
	if b.r.Diff == nil {
		return
	}
	for _, c := range b.reasons() {
		b.Causes = append(b.Causes, Cause{string(c.Cause), c.Way, c.Keys, c.Proved, title(c.Reason)})
	}
}
