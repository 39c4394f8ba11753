package text

import (
	"io"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/document"
	"github.com/redsleuth/redsleuth/divergence"
	"github.com/redsleuth/redsleuth/finding"
)

// Explain writes one entry of the catalogue, or a divergence, in whole.
func Explain(out io.Writer, e document.Entry, o Options) error {
	w := newWriter(out, o)
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
		part{"Affects", e.Affects}, part{"Fixed in", e.FixedIn}, part{"What happens", e.Mechanism},
		part{"How to make sure", e.Confirm}, part{"What to do", e.Act},
		part{"References", strings.Join(e.References, "; ")},
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
	return w.err
}

// Codes lists entries of the catalogue, a title each, and divergences by how they
// come about.
func Codes(out io.Writer, entries []finding.Entry, rows []*divergence.Row, o Options) error {
	w := newWriter(out, o)
	widest := 0
	for _, e := range entries {
		widest = max(widest, len(e.Code))
	}
	indent := strings.Repeat(" ", widest+2)
	for _, e := range entries {
		w.line("%s%s%s", w.Style.Bold(e.Code), indent[len(e.Code):], w.Style.Wrap(e.Title, indent))
	}
	for _, way := range divergence.Ways() {
		w.heading("What servers do to replicas: " + string(way))
		for _, r := range rows {
			if r.Way == way {
				w.line("%s\n  %s", w.Style.Bold(r.Name), w.Style.Wrap(r.Title, "  "))
			}
		}
	}
	w.blank()
	w.line("%s", w.Style.Dim("redsleuth explain CODE says more about one."))
	return w.err
}
