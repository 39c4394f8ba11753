package text

import (
	"io"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/document"
	"github.com/redsleuth/redsleuth/divergence"
)

// Explain writes entries of the catalogue, or divergences, in whole.
func Explain(out io.Writer, all []document.Entry, o Options) error {
	w := newWriter(out, o)
	for i := range all {
		if i > 0 {
			w.blank()
		}
		w.entry(&all[i])
	}
	return w.err
}

func (w *writer) entry(e *document.Entry) {
	w.line("%s\n%s", w.Style.Bold(e.Code), w.Style.Wrap(e.Title, ""))
	type part struct{ name, text string }
	parts := []part{{"Severity", e.Severity}}
	if d := e.Divergence; d != nil {
		parts = []part{
			{"Commands", strings.Join(d.Commands, ", ")}, {"When", d.When}, {"What differs", d.Differs},
			{"Seen", string(d.Seen)}, {"Shown by dumps", string(d.InDumps)}, {"Cause in diff", string(d.Cause)},
		}
	}
	for _, part := range append(parts,
		part{"Affects", e.Affects}, part{"Fixed in", fixedIn(e)}, part{"What happens", e.Mechanism},
		part{"How to make sure", e.Confirm}, part{"What to do", e.Act},
		part{"References", strings.Join(e.References, "\n")},
	) {
		if part.text == "" {
			continue
		}
		w.heading(part.name)
		for paragraph := range strings.SplitSeq(part.text, "\n") {
			if !strings.HasPrefix(paragraph, " ") { // else a command, which is kept whole
				paragraph = w.Style.Wrap(paragraph, "  ")
			}
			w.line("  %s", paragraph)
		}
	}
}

// Codes lists entries of the catalogue by what they are, each with its severity and
// the versions that it concerns, and divergences by how they come about.
func Codes(out io.Writer, d *document.Explain, o Options) error {
	w := newWriter(out, o)
	groups := []struct {
		title string
		is    func(e *document.Entry) bool
	}{
		{"Findings that are errors", severe("error")},
		{"Findings that are warnings", severe("warning")},
		{"Findings to know of", severe("info")},
		{"Causes of differences (diff)", severe("cause")},
		{"Evidence for causes (diff)", severe("evidence")},
	}
	for _, way := range divergence.Ways() {
		groups = append(groups, struct {
			title string
			is    func(e *document.Entry) bool
		}{"What servers do to replicas: " + string(way), func(e *document.Entry) bool {
			return e.Divergence != nil && e.Way == way
		}})
	}
	w.line("redsleuth explain CODE tells what happens, how to make sure and what to do.")
	for _, g := range groups {
		w.heading(g.title)
		for i := range d.Codes {
			if e := &d.Codes[i]; g.is(e) {
				w.code(e)
			}
		}
	}
	return w.err
}

// severe says whether an entry's severity begins with a word.
func severe(word string) func(e *document.Entry) bool {
	return func(e *document.Entry) bool { return strings.HasPrefix(e.Severity, word) }
}

// codeColumns is the column at which titles begin, behind all but the longest codes.
const codeColumns = 26

// code writes one entry: its title, its severity where that depends, and the
// versions.
func (w *writer) code(e *document.Entry) {
	indent := strings.Repeat(" ", codeColumns)
	gap := "\n" + indent
	if n := codeColumns - len(e.Code); n > 1 {
		gap = indent[:n]
	}
	w.line("%s%s%s", w.Style.Bold(e.Code), gap, w.Style.Wrap(e.Title, indent))
	var about []string
	if _, depends, ok := strings.Cut(e.Severity, " "); ok && depends != "" {
		about = append(about, e.Severity)
	}
	if e.Affects != "" {
		about = append(about, versionsOnly(e.Affects))
	}
	if len(about) > 0 {
		w.line("%s%s", indent, w.Style.Dim(w.Style.Wrap(strings.Join(about, "; "), indent)))
	}
}

// versionsOnly leaves out what the versions of each kind do, of an entry that has several.
func versionsOnly(affects string) string {
	parts := strings.Split(affects, "; ")
	for i, p := range parts {
		parts[i], _, _ = strings.Cut(p, ": ")
	}
	return strings.Join(parts, "; ")
}

// fixedIn is where an entry is fixed, unless what it affects says which fix is whose.
func fixedIn(e *document.Entry) string {
	if strings.Contains(e.Affects, "(fixed in") {
		return ""
	}
	return e.FixedIn
}
