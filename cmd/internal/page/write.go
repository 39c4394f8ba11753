package page

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"io"
	"strings"
	texttemplate "text/template"
)

//go:embed page.html page.css page.js page.md page.txt
var files embed.FS

// shown is a page with what only HTML needs.
type shown struct {
	*Page
	CSS    template.CSS
	JS     template.JS
	Policy string
	Data   template.JS
}

func file(name string) string {
	b, err := files.ReadFile(name)
	if err != nil {
		panic(err) // it is embedded
	}
	return string(b)
}

// HTML writes the page as one file that needs nothing else: its policy allows
// its own style and script, by their hashes, and nothing from anywhere.
func (p *Page) HTML(w io.Writer) error {
	rows := p.Keys.Rows
	if rows == nil {
		rows = []Row{}
	}
	data, err := json.Marshal(rows) // escapes <, > and & for a script
	if err != nil {
		return err
	}
	css, js := file("page.css"), file("page.js")
	t, err := template.New("page").Funcs(template.FuncMap{
		// What package chart drew is escaped there.
		"svg":  func(drawn string) template.HTML { return template.HTML(drawn) },
		"join": func(list []string) string { return strings.Join(list, ", ") },
	}).Parse(file("page.html"))
	if err != nil {
		return err
	}
	return t.Execute(w, shown{
		Page: p, CSS: template.CSS(css), JS: template.JS(js),
		Data: template.JS(data),
		Policy: "default-src 'none'; style-src " + hash(css) + "; script-src " + hash(js) +
			"; base-uri 'none'; form-action 'none'",
	})
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// Markdown writes the page for an issue tracker.
func (p *Page) Markdown(w io.Writer) error {
	t, err := texttemplate.New("page").Funcs(texttemplate.FuncMap{
		"cell": cell, "add": func(a, b int) int { return a + b }, "first": func(n int, rows []Row) []Row { return rows[:min(n, len(rows))] },
	}).Parse(file("page.md"))
	if err != nil {
		return err
	}
	return t.Execute(w, p)
}

// cell is text within Markdown: nothing in it is markup, and it stays on its
// line.
func cell(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n' || r == '\r':
			b.WriteByte(' ')
			continue
		case strings.ContainsRune("\\`*_{}[]<>()#+!|~&", r):
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
