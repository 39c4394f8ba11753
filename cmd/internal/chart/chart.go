// Package chart draws what a report shows as SVG: a line of time, what artefacts
// cover of a range of offsets, and a treemap. There are neither scripts nor
// outside references nor styles in it; classes are those of the page that it is
// put into. What matters is told by shape and place, not by colour alone.
//
// Texts may come from artefacts: they are escaped here, and nowhere else.
package chart

import (
	"fmt"
	"html"
	"strings"
)

// Wide and Narrow are the widths of charts, in their own units: the page scales them,
// and shows the narrow ones on small screens.
const (
	Wide   = 1000
	Narrow = 400
)

// A drawing is an SVG that is being written.
type drawing struct {
	strings.Builder
	width int
}

// open begins an SVG. about says to those who don't see it what is drawn.
func (d *drawing) open(height int, about string) {
	class := "wide-chart"
	if d.width < Wide {
		class = "narrow-chart"
	}
	fmt.Fprintf(d, `<svg class="%s" viewBox="0 0 %d %d" role="img" aria-label="%s">`,
		class, d.width, height, html.EscapeString(about))
}

func (d *drawing) close() string {
	d.WriteString("</svg>")
	return d.String()
}

// text writes at x and y; class may be "", "end" or "mid", for where it is
// anchored.
func (d *drawing) text(class string, x, y float64, text string) {
	fmt.Fprintf(d, `<text class="%s" x="%.1f" y="%.1f">%s</text>`, class, x, y, html.EscapeString(text))
}

// rect draws a box; title is shown by a browser where the pointer rests.
func (d *drawing) rect(class string, x, y, width, height float64, title string) {
	fmt.Fprintf(d, `<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f">%s</rect>`,
		class, x, y, max(width, 1), height, titled(title))
}

func (d *drawing) line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(d, `<line class="%s" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`, class, x1, y1, x2, y2)
}

func (d *drawing) circle(class string, x, y, r float64, title string) {
	fmt.Fprintf(d, `<circle class="%s" cx="%.1f" cy="%.1f" r="%.1f">%s</circle>`,
		class, x, y, r, titled(title))
}

// diamond is a state, where a circle is an event.
func (d *drawing) diamond(class string, x, y, r float64, title string) {
	fmt.Fprintf(d, `<path class="%s" d="M%.1f %.1fl%.1f %.1fl%.1f %.1fl%.1f %.1fz">%s</path>`,
		class, x-r, y, r, -r, r, r, -r, r, titled(title))
}

func titled(title string) string {
	if title == "" {
		return ""
	}
	return "<title>" + html.EscapeString(title) + "</title>"
}

// fit cuts a text to what a width has room for.
func fit(text string, width float64) string {
	const letter = 6.6
	runes, room := []rune(text), int(width/letter)
	switch {
	case len(runes) <= room:
		return text
	case room < 3:
		return ""
	}
	return string(runes[:room-1]) + "…"
}
