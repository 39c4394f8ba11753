package text

import (
	"io"
	"strings"

	"github.com/redsleuth/redsleuth/finding"
)

// Explain writes one entry of the catalogue in whole.
func Explain(out io.Writer, e finding.Entry, o Options) error {
	w := newWriter(out, o)
	w.line("%s\n%s", w.Style.Bold(e.Code), w.Style.Wrap(e.Title, ""))
	for _, part := range []struct{ name, text string }{
		{"Affects", e.Affects}, {"Fixed in", e.FixedIn}, {"What happens", e.Mechanism}, {"How to make sure", e.Confirm},
		{"What to do", e.Act}, {"References", strings.Join(e.References, "; ")},
	} {
		if part.text != "" {
			w.heading(part.name)
			w.line("  %s", w.Style.Wrap(part.text, "  "))
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
