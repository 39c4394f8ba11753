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
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
)

// Options are how every view looks.
type Options struct {
	Style render.Style
	Bytes *render.BytesFormatter
}

// A writer writes text until the first error, which it keeps.
type writer struct {
	Options
	out io.Writer
	err error
}

func newWriter(w io.Writer, o Options) *writer { return &writer{Options: o, out: w} }

func (w *writer) printf(format string, args ...any) {
	if w.err == nil {
		_, w.err = fmt.Fprintf(w.out, format, args...)
	}
}

// blank writes an empty line.
func (w *writer) blank() { w.printf("\n") }

// line writes a line as it is.
func (w *writer) line(format string, args ...any) { w.printf(format+"\n", args...) }

// wrapped writes a sentence, indented where it goes on.
func (w *writer) wrapped(format string, args ...any) {
	w.line("%s", w.Style.Wrap(fmt.Sprintf(format, args...), "  "))
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
}

// more says how many of what a table left out.
func (w *writer) more(have, shown int, what string) {
	if have > shown {
		w.wrapped("… and %s more %s; --output json has them all", render.Count(have-shown), what)
	}
}

// path shows a path as it is, or escaped if anything in it could do harm.
func path(p string) string {
	if quoted := string(render.AppendQuoted(nil, []byte(p))); quoted != `"`+p+`"` {
		return quoted
	}
	return p
}

// quotedPath shows a path within a sentence.
func quotedPath(p string) string { return string(render.AppendQuoted(nil, []byte(p))) }
