package chart

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// shapes are the attributes of the elements of a name, of an SVG that has to be
// XML.
func shapes(t *testing.T, svg, name string) (all []map[string]string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatalf("%v in %s", err, svg)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == name {
			m := map[string]string{}
			for _, a := range e.Attr {
				m[a.Name.Local] = a.Value
			}
			all = append(all, m)
		}
	}
}

func number(t *testing.T, s string) float64 {
	t.Helper()
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// The areas of a treemap are in proportion, and fill the chart.
func TestTreemap(t *testing.T) {
	sizes := []int64{5, 600, 0, 100, 100, 195}
	var areas []Area
	for i, s := range sizes {
		areas = append(areas, Area{Label: fmt.Sprint(i), Size: s})
	}
	svg := Treemap("keys", areas, Wide)
	boxes := shapes(t, svg, "rect")
	if len(boxes) != 5 {
		t.Fatalf("%d boxes", len(boxes))
	}
	whole, want := 0.0, []float64{600, 195, 100, 100, 5}
	for i, b := range boxes {
		area := (number(t, b["width"]) + 2) * (number(t, b["height"]) + 2)
		whole += area
		if part := want[i] / 1000 * Wide * treemapHeight; math.Abs(area-part) > part/20 {
			t.Errorf("box %d has %.0f, not %.0f", i, area, part)
		}
	}
	if Treemap("keys", nil, Wide) != "" || math.Abs(whole-Wide*treemapHeight) > 1000 {
		t.Errorf("they fill %.0f of %d", whole, Wide*treemapHeight)
	}
}

// Events are where their time is; what is bad has another shape.
func TestTimes(t *testing.T) {
	start := time.Unix(1_700_000_000, 0)
	show := func(n int64) string { return strconv.FormatInt(n, 10) }
	c := Times{Width: Wide, Lanes: []string{"syncs", "<found>"}, Size: show, Count: show, Marks: []Mark{
		{At: start, Number: 1, Text: "first"}, {At: start.Add(10 * time.Second), Number: 2, Lane: 1, Bad: true, Text: `</svg>"`},
		{At: start.Add(20 * time.Second), Number: 3},
	}, Offsets: []Value{{start, 7}, {start.Add(15 * time.Second), 9}}}
	svg := c.SVG()
	bad := shapes(t, svg, "rect")
	if len(bad) != 1 || bad[0]["class"] != "bad" || len(shapes(t, svg, "circle")) != 2 {
		t.Fatalf("%v", bad)
	}
	if x, middle := number(t, bad[0]["x"])+5, float64(left+(Wide-left-right)/2); math.Abs(x-middle) > 1 {
		t.Errorf("what is in the middle is at %.0f, not %.0f", x, middle)
	}
	if !strings.Contains(svg, ">7</text>") || !strings.Contains(svg, ">9</text>") {
		t.Error("the axis lacks offsets")
	}
	if (&Times{Lanes: []string{"a"}, Marks: c.Marks[:1]}).SVG() != "" {
		t.Error("one time is drawn as a line")
	}
}

// What an artefact holds is as wide as its part of the range.
func TestCover(t *testing.T) {
	c := Cover{Width: Wide, Title: "history", Count: func(n int64) string { return strconv.FormatInt(n, 10) }, Rows: []CoverRow{
		{Label: "<a>", CoverSpan: CoverSpan{0, 100}}, {Label: "b", CoverSpan: CoverSpan{150, 200}},
		{Label: "c", CoverSpan: CoverSpan{200, 200}, State: true},
	}, Holes: []CoverSpan{{100, 150}}}
	boxes := shapes(t, c.SVG(), "rect")
	if len(boxes) != 3 || len(shapes(t, c.SVG(), "path")) != 1 {
		t.Fatalf("%v", boxes)
	}
	if half, quarter := number(t, boxes[0]["width"]), number(t, boxes[2]["width"]); math.Abs(half-2*quarter) > 1 {
		t.Errorf("a half is %.0f, a quarter %.0f", half, quarter)
	}
}

// Every number of events that lie on one another is there, side by side, near its mark
// and within the drawing; only where there is no room for all do some go, and what is
// bad goes last.
func TestSpread(t *testing.T) {
	at := func(marks ...float64) (all []label) {
		for i, x := range marks {
			all = append(all, label{number: strconv.Itoa(i + 10), mark: x})
		}
		return all
	}
	many := at(make([]float64, 60)...)
	many[7].bad = true
	for _, c := range []struct {
		name string
		all  []label
		want int
	}{
		{"apart", at(150, 200, 300), 3},
		{"on one another", at(500, 500, 500, 501, 502), 5},
		{"two clusters that meet", at(480, 480, 480, 500, 500, 500), 6},
		{"at the beginning", at(100, 100, 100), 3},
		{"at the end", at(980, 980, 980, 980), 4},
		{"more than there is room for", many, 30},
		{"none", nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := spread(c.all, 100, 980)
			if len(got) != c.want {
				t.Fatalf("%d labels", len(got))
			}
			moved := 0.0
			for i := range got {
				l := &got[i]
				if l.x-l.room()/2 < 99.9 || l.x+l.room()/2 > 980.1 {
					t.Errorf("%s is at %.1f", l.number, l.x)
				}
				if i > 0 && l.x-got[i-1].x < (l.room()+got[i-1].room())/2-.1 {
					t.Errorf("%s stands on %s", l.number, got[i-1].number)
				}
				moved = max(moved, math.Abs(l.x-l.mark))
			}
			if c.name == "apart" && moved > 0 {
				t.Errorf("moved by %.1f", moved)
			}
			if c.name == "more than there is room for" && !slices.ContainsFunc(got, func(l label) bool { return l.bad }) {
				t.Error("what is bad has no number")
			}
		})
	}
}
