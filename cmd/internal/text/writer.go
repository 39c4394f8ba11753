// Package text is what people read: a view of each report, whose first line
// answers the first question that one asks of it. Machines read package
// document's shapes of the same reports.
//
// Lines fit the width of the terminal (80 columns elsewhere), as far as paths
// and digests allow. Byte strings of artefacts are never written but through a
// render.BytesFormatter, so that no control byte reaches a terminal.
package text

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
)

// Options are how every view looks.
type Options struct {
	Style render.Style
	Bytes *render.BytesFormatter
	// Limit is how many rows or examples --limit allows, 0 for all; nil where it was
	// not given: then a terminal is shown the first, and anything else all.
	Limit *int
}

// most is how many of a list are shown, where a terminal has room for so many.
func (o *Options) most(onTerminal int) int {
	switch {
	case o.Limit != nil && *o.Limit > 0:
		return *o.Limit
	case o.Limit != nil || o.Style.Room() == 0:
		return math.MaxInt
	}
	return onTerminal
}

// A writer writes text until the first error, which it keeps.
type writer struct {
	Options
	out   io.Writer
	err   error
	lines int // that were written
}

func newWriter(w io.Writer, o Options) *writer { return &writer{Options: o, out: w} }

func (w *writer) printf(format string, args ...any) {
	if w.err == nil {
		text := fmt.Sprintf(format, args...)
		w.lines += strings.Count(text, "\n")
		_, w.err = io.WriteString(w.out, text)
	}
}

// screen is how many lines are in sight at once.
const screen = 24

// closing says the verdict once more, where the first line with it has scrolled
// off, and reports whether it had.
func (w *writer) closing(verdict string) bool {
	if w.lines <= screen {
		return false
	}
	w.line("\n%s", verdict)
	return true
}

// blank writes an empty line.
func (w *writer) blank() { w.printf("\n") }

// line writes a line as it is.
func (w *writer) line(format string, args ...any) { w.printf(format+"\n", args...) }

// wrapped writes a sentence, indented where it goes on.
func (w *writer) wrapped(format string, args ...any) {
	w.line("%s", w.Style.Wrap(fmt.Sprintf(format, args...), "  "))
}

// headed is a sentence whose beginning is painted, wrapped.
func (w *writer) headed(paint func(string) string, head, rest string) string {
	return paint(head) + w.Style.Wrap(head+rest, "  ")[len(head):]
}

// heading begins a section.
func (w *writer) heading(title string) { w.line("\n%s", w.Style.Heading(title)) }

// labelWidth is the column at which the text after a label begins.
const labelWidth = 14

// label writes a label and text, which is wrapped under itself; nothing for no
// text.
func (w *writer) label(label, text string) {
	if text == "" {
		return
	}
	indent := strings.Repeat(" ", labelWidth)
	w.line("%s%s", w.Style.Dim(fmt.Sprintf("%-*s", labelWidth, label)), w.Style.Wrap(text, indent))
}

// section writes a heading and a table; nothing for no rows.
func (w *writer) section(title string, columns []render.Column, rows [][]string) {
	if len(rows) > 0 {
		w.heading(title)
		w.table(columns, rows)
	}
}

func (w *writer) table(columns []render.Column, rows [][]string) {
	if w.err == nil {
		w.err = render.Table(w.out, w.Style, columns, rows)
	}
	w.lines += len(rows) + 1
}

// more says how many of what are left out, and the flag that shows them.
func (w *writer) more(left int64, one, many string) {
	if left > 0 {
		w.wrapped("… and %s; --limit 0 shows all", render.Plural(left, "more "+one, "more "+many))
	}
}

// path shows a path as it is, or escaped if anything in it could do harm.
func path(p string) string {
	if quoted := string(render.AppendQuoted(nil, []byte(p))); quoted != `"`+p+`"` {
		return quoted
	}
	return p
}

// address shows that of a server or a client, which is part of the evidence.
func (w *writer) address(a string) string { return path(w.Bytes.Place(a)) }

// quotedPath shows a path within a sentence.
func quotedPath(p string) string { return string(render.AppendQuoted(nil, []byte(p))) }

// versionText shows a server's version, "valkey 8.0.1" without quotes.
func (w *writer) versionText(v string) string {
	if number, ok := strings.CutPrefix(v, "valkey "); ok {
		return "valkey " + w.Bytes.WordText(number)
	}
	return w.Bytes.WordText(v)
}

// serverText is versionText with the family of either: "redis 7.2.4".
func (w *writer) serverText(v string) string {
	if strings.HasPrefix(v, "valkey ") {
		return w.versionText(v)
	}
	return "redis " + w.versionText(v)
}
