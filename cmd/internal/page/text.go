package page

import (
	"io"
	"strings"
	texttemplate "text/template"
	"unicode"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
)

// Text writes the page for a terminal: what Markdown has, in lines that are no wider.
// It ends with the headline, which has scrolled off by then.
func (p *Page) Text(w io.Writer, style render.Style) error {
	t, err := texttemplate.New("page").Funcs(texttemplate.FuncMap{
		"bold":  func(s string) string { return style.Heading(safe(s)) },
		"wrap":  func(s, indent string) string { return wrap(style, s, indent) },
		"safe":  safe,
		"words": joined,
		"add":   func(a, b int) int { return a + b },
		"first": func(n int, rows []Row) []Row { return rows[:min(n, len(rows))] },
	}).Parse(file("page.txt"))
	if err != nil {
		return err
	}
	if err := t.Execute(w, p); err != nil {
		return err
	}
	_, err = io.WriteString(w, style.Heading(safe(p.Headline))+"\n")
	return err
}

// wrap breaks text at the width of a terminal; without one it stays in a line.
func wrap(style render.Style, text, indent string) string {
	if style.Width() == 0 {
		return safe(text)
	}
	return style.Wrap(safe(text), indent)
}

// joined are words with blanks between; what is empty is left out.
func joined(all ...string) string {
	var some []string
	for _, s := range all {
		if s != "" {
			some = append(some, s)
		}
	}
	return strings.Join(some, " ")
}

// safe is text in which nothing moves the cursor.
func safe(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case !unicode.IsPrint(r):
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
