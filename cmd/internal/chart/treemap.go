package chart

import (
	"cmp"
	"fmt"
	"slices"
)

// An Area is a box of a treemap.
type Area struct {
	Label, About string
	Size         int64
}

// treemapHeight is as high as it is.
const treemapHeight = 320

// Treemap draws areas in proportion to their sizes, the largest first at the top
// left; "" without any. about says what it is of, width is Wide or Narrow.
func Treemap(about string, areas []Area, width int) string {
	areas = slices.DeleteFunc(slices.Clone(areas), func(a Area) bool { return a.Size <= 0 })
	slices.SortStableFunc(areas, func(a, b Area) int { return cmp.Compare(b.Size, a.Size) })
	total := 0.0
	for _, a := range areas {
		total += float64(a.Size)
	}
	if total == 0 {
		return ""
	}
	d := &drawing{width: width}
	d.open(treemapHeight, fmt.Sprintf("Treemap of %s, %d areas; the table below has them", about, len(areas)))
	left := box{0, 0, float64(width), treemapHeight}
	for len(areas) > 0 {
		n := left.rowOf(areas, total)
		row := 0.0
		for _, a := range areas[:n] {
			row += float64(a.Size)
		}
		strip, rest := left.cut(row / total)
		total -= row
		for _, a := range areas[:n] {
			var one box
			one, strip = strip.split(float64(a.Size)/row, left.width >= left.height)
			row -= float64(a.Size)
			one.draw(d, &a)
		}
		areas, left = areas[n:], rest
	}
	return d.close()
}

// A box is a part of the chart.
type box struct{ x, y, width, height float64 }

// rowOf is how many areas make the next row, so that the boxes are as square as
// can be (Bruls, Huizing, van Wijk: Squarified Treemaps, 2000).
func (b box) rowOf(areas []Area, total float64) int {
	side, whole := min(b.width, b.height), b.width*b.height
	sum, most, best := 0.0, float64(areas[0].Size), 0.0
	for n := range areas {
		least := float64(areas[n].Size)
		sum += least
		row := sum / total * whole
		worst := max(side*side*most/total*whole/(row*row), row*row/(side*side*least/total*whole))
		if n > 0 && worst > best {
			return n
		}
		best = worst
	}
	return len(areas)
}

// cut takes a strip off along the shorter side.
func (b box) cut(part float64) (strip, rest box) {
	if b.width >= b.height {
		w := b.width * part
		return box{b.x, b.y, w, b.height}, box{b.x + w, b.y, b.width - w, b.height}
	}
	h := b.height * part
	return box{b.x, b.y, b.width, h}, box{b.x, b.y + h, b.width, b.height - h}
}

// split takes one box off a strip, of one that stands from the top.
func (b box) split(part float64, stands bool) (one, rest box) {
	part = min(part, 1)
	if stands {
		h := b.height * part
		return box{b.x, b.y, b.width, h}, box{b.x, b.y + h, b.width, b.height - h}
	}
	w := b.width * part
	return box{b.x, b.y, w, b.height}, box{b.x + w, b.y, b.width - w, b.height}
}

func (b box) draw(d *drawing, a *Area) {
	d.rect("area", b.x+1, b.y+1, b.width-2, max(b.height-2, 1), a.Label+": "+a.About)
	if b.height < 18 {
		return
	}
	d.text("", b.x+6, b.y+15, fit(a.Label, b.width-10))
	if b.height > 34 {
		d.text("small", b.x+6, b.y+30, fit(a.About, b.width-10))
	}
}
