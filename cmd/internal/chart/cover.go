package chart

import (
	"fmt"
	"strings"
)

// Cover is what artefacts hold of a range of offsets, a row each.
type Cover struct {
	Title string
	Rows  []CoverRow
	// Holes and Overlaps are drawn below the rows.
	Holes, Overlaps []CoverSpan
	Count           func(int64) string
	// Width is that of the drawing, Wide or Narrow.
	Width int
}

// A CoverRow is what one of them holds.
type CoverRow struct {
	Label string
	CoverSpan
	// State: it is a place and no range. Outside: it is what a server said that
	// it holds, and not in our hands.
	State, Outside bool
}

// A CoverSpan is a range of offsets.
type CoverSpan struct{ From, To int64 }

const coverRow = 22

// edges are where the bars begin and end: labels are in front of them.
func (c *Cover) edges() (left, right float64) {
	if c.Width < Wide {
		return 130, float64(c.Width - 60)
	}
	return 250, float64(c.Width - 90)
}

// SVG draws the rows, in order, under an axis of offsets.
func (c *Cover) SVG() string {
	if len(c.Rows) == 0 {
		return ""
	}
	from, to := c.Rows[0].From, c.Rows[0].To
	for _, r := range c.Rows {
		from, to = min(from, r.From), max(to, r.To)
	}
	left, right := c.edges()
	at := func(offset int64) float64 {
		if from == to {
			return left
		}
		return left + float64(offset-from)/float64(to-from)*(right-left)
	}
	rows := len(c.Rows)
	for _, extra := range [][]CoverSpan{c.Holes, c.Overlaps} {
		if len(extra) > 0 {
			rows++
		}
	}
	d := &drawing{width: c.Width}
	d.open(coverRow*rows+44, fmt.Sprintf("%s: %d artefacts from offset %s to %s, %d holes and %d overlaps",
		c.Title, len(c.Rows), c.Count(from), c.Count(to), len(c.Holes), len(c.Overlaps)))
	for i, r := range c.Rows {
		y := float64(coverRow*i) + coverRow/2 + 4
		d.text("", 0, y+4, fit(r.Label, left-10))
		c.row(d, at, y, &r)
	}
	y := float64(coverRow * len(c.Rows))
	for _, extra := range []struct {
		label, class string
		spans        []CoverSpan
	}{{"holes: nobody recorded", "bad", c.Holes}, {"overlaps: recorded twice", "twice", c.Overlaps}} {
		if len(extra.spans) == 0 {
			continue
		}
		label := extra.label
		if c.Width < Wide {
			label, _, _ = strings.Cut(label, ":")
		}
		d.text("", 0, y+coverRow/2+8, label)
		for _, s := range extra.spans {
			d.rect(extra.class, at(s.From), y+8, at(s.To)-at(s.From), 8,
				c.Count(s.From)+" to "+c.Count(s.To))
		}
		y += coverRow
	}
	d.line("lane", left, y+10, right, y+10)
	d.text("", 0, y+26, "offset")
	d.text("", left, y+26, c.Count(from))
	d.text("end", right, y+26, c.Count(to))
	return d.close()
}

func (c *Cover) row(d *drawing, at func(int64) float64, y float64, r *CoverRow) {
	if r.State {
		d.diamond("mark", at(r.From), y, 6, c.Count(r.From))
		d.text("small", at(r.From)+10, y+4, c.Count(r.From))
		return
	}
	class := "held"
	if r.Outside {
		class = "outside"
	}
	d.rect(class, at(r.From), y-5, at(r.To)-at(r.From), 10, c.Count(r.From)+" to "+c.Count(r.To))
}
