package text

import (
	"io"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/document"
	"github.com/redsleuth/redsleuth/finding"
)

// Explain writes one entry of the catalogue in whole.
func Explain(out io.Writer, entry finding.Entry, o Options) error {
	w := newWriter(out, o)
	e := document.NewEntry(&entry)
	w.line("%s\n%s", w.Style.Bold(e.Code), w.Style.Wrap(e.Title, ""))
	for _, part := range []struct{ name, text string }{
		{"Severity", e.Severity}, {"Affects", e.Affects}, {"Fixed in", e.FixedIn},
		{"What happens", e.Mechanism}, {"How to make sure", e.Confirm},
		{"What to do", e.Act}, {"References", strings.Join(e.References, "; ")},
	} {
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
	return w.err
}

// Codes lists entries of the catalogue, a title each.
func Codes(out io.Writer, entries []finding.Entry, o Options) error {
	w := newWriter(out, o)
	widest := 0
	for _, e := range entries {
		widest = max(widest, len(e.Code))
	}
	indent := strings.Repeat(" ", widest+2)
	for _, e := range entries {
		w.line("%s%s%s", w.Style.Bold(e.Code), indent[len(e.Code):], w.Style.Wrap(e.Title, indent))
	}
	w.blank()
	w.line("%s", w.Style.Dim("redsleuth explain CODE says more about one."))
	return w.err
}
