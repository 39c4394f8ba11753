package chart

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"time"
)

// Times is a line of time: lanes of events above, what was written and how far
// the replica was behind below, and an axis of times and offsets.
type Times struct {
	Lanes []string
	Marks []Mark
	// Rate is what was written, Lag how far behind the replica was, in bytes, by
	// time; either may be empty.
	Rate, Lag []Value
	// Offsets are places with their times, ascending, which the axis tells.
	Offsets []Value
	// Size shows a number of bytes, Count an offset.
	Size, Count func(int64) string
	// Width is that of the drawing, Wide or Narrow.
	Width int
}

// A Mark is an event on a lane.
type Mark struct {
	// At is where it stands, Until when it was over; zero of what took no time. From is
	// the first moment at which it can have been, where that is before At.
	From, At, Until time.Time
	Lane            int
	Number          int // by which the text beside the chart calls it
	Text            string
	Bad             bool
}

// A Value is a number at a time.
type Value struct {
	At    time.Time
	Value int64
}

// Sizes of the line of time.
const (
	left, right = 92, 16
	laneHeight  = 40
	bandHeight  = 44
	bandGap     = 22
)

// ticks is how many times the axis tells.
func (t *Times) ticks() int {
	if t.Width < Wide {
		return 3
	}
	return 5
}

// end is where the line ends.
func (t *Times) end() float64 { return float64(t.Width - right) }

// SVG is "" where there are not two times to draw between.
func (t *Times) SVG() string {
	from, to := t.span()
	if !from.Before(to) {
		return ""
	}
	at := func(x time.Time) float64 {
		part := float64(x.Sub(from)) / float64(to.Sub(from))
		return left + min(max(part, 0), 1)*(t.end()-left)
	}
	height := laneHeight*len(t.Lanes) + 56
	for _, band := range [][]Value{t.Rate, t.Lag} {
		if len(band) > 0 {
			height += bandHeight + bandGap
		}
	}
	d := &drawing{width: t.Width}
	d.open(height, fmt.Sprintf("Line of time, %d events from %s to %s; the table below has them all",
		len(t.Marks), from.UTC().Format(time.RFC3339), to.UTC().Format(time.RFC3339)))
	for i, lane := range t.Lanes {
		y := middle(i)
		d.line("lane", left, y, t.end(), y)
		d.text("", 0, y+4, lane)
	}
	t.marks(d, at)
	y := float64(laneHeight*len(t.Lanes)) + 8
	if len(t.Rate) > 0 {
		t.band(d, at, y, t.Rate, "written", "rate")
		y += bandHeight + bandGap
	}
	if len(t.Lag) > 0 {
		t.band(d, at, y, t.Lag, "behind", "lag")
		y += bandHeight + bandGap
	}
	t.axis(d, from, to, y)
	return d.close()
}

func (t *Times) span() (from, to time.Time) {
	see := func(at time.Time) {
		if at.IsZero() {
			return
		}
		if from.IsZero() || at.Before(from) {
			from = at
		}
		if at.After(to) {
			to = at
		}
	}
	for _, m := range t.Marks {
		see(m.From)
		see(m.At)
		see(m.Until)
	}
	return from, to
}

// middle is the height of a lane's line: the numbers of its events are above it.
func middle(lane int) float64 { return float64(laneHeight*lane) + laneHeight - 9 }

// marks draws events with their numbers.
func (t *Times) marks(d *drawing, at func(time.Time) float64) {
	lanes := make([][]label, len(t.Lanes))
	for i := range t.Marks {
		m := &t.Marks[i]
		m.draw(d, at)
		lanes[m.Lane] = append(lanes[m.Lane], label{number: strconv.Itoa(m.Number), mark: at(m.At), bad: m.Bad})
	}
	for lane, all := range lanes {
		y := middle(lane)
		for _, l := range spread(all, left, t.end()) {
			if math.Abs(l.x-l.mark) > 2 {
				d.line("leader", l.x, y-15, l.mark, y-5)
			}
			d.text("mid small", l.x, y-17, l.number)
		}
	}
}

// draw is a square for what is bad, a circle else, a bar for what lasted, or for when it
// may have been.
func (m *Mark) draw(d *drawing, at func(time.Time) float64) {
	x, y := at(m.At), middle(m.Lane)
	title := strconv.Itoa(m.Number) + ": " + m.Text
	from, until := m.From, m.Until
	if from.IsZero() || from.After(m.At) {
		from = m.At
	}
	if until.IsZero() {
		until = m.At
	}
	if from.Before(until) {
		d.rect("lasting", at(from), y-3, at(until)-at(from), 6, title)
	}
	if m.Bad {
		d.rect("bad", x-5, y-5, 10, 10, title)
	} else {
		d.circle("mark", x, y, 5, title)
	}
}

// band draws bars of values, the most being as high as the band.
func (t *Times) band(
	d *drawing, at func(time.Time) float64, y float64, values []Value, name, class string,
) {
	most := int64(1)
	for _, v := range values {
		most = max(most, v.Value)
	}
	d.text("", 0, y+bandHeight/2, name)
	d.text("small", 0, y+bandHeight/2+14, "at most "+t.Size(most))
	d.line("lane", left, y+bandHeight, t.end(), y+bandHeight)
	for i, v := range values {
		if v.Value <= 0 {
			continue
		}
		x, width := at(v.At), 3.0
		if i+1 < len(values) {
			width = min(max(at(values[i+1].At)-x, 1), 12)
		}
		high := max(1, float64(v.Value)/float64(most)*bandHeight)
		d.rect(class, x, y+bandHeight-high, width, high, "")
	}
}

// axis tells times, and below them how far the stream was.
func (t *Times) axis(d *drawing, from, to time.Time, y float64) {
	layout := "15:04:05"
	ticks := t.ticks()
	if span := to.Sub(from); span < 10*time.Second {
		layout = "15:04:05.000"
	} else if span > 48*time.Hour {
		layout = "01-02 15:04"
	}
	d.text("", 0, y+16, "UTC")
	if len(t.Offsets) > 0 {
		d.text("", 0, y+34, "offset")
	}
	for i := range ticks {
		part := float64(i) / float64(ticks-1)
		when := from.Add(time.Duration(part * float64(to.Sub(from))))
		x := left + part*(t.end()-left)
		class := "mid"
		if i == 0 {
			class = ""
		} else if i == ticks-1 {
			class = "end"
		}
		d.line("lane", x, y, x, y+4)
		d.text(class, x, y+16, when.UTC().Format(layout))
		if offset, known := t.offsetAt(when); known {
			d.text(class+" small", x, y+34, t.Count(offset))
		}
	}
}

// offsetAt is how far the stream was at a time: what the last place before says.
func (t *Times) offsetAt(when time.Time) (int64, bool) {
	i := sort.Search(len(t.Offsets), func(i int) bool { return t.Offsets[i].At.After(when) })
	if i == 0 {
		return 0, false
	}
	return t.Offsets[i-1].Value, true
}
