package page

import (
	"fmt"
	"html"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/report"
)

// Sizes of the line of time, in its own units.
const (
	lineWidth  = 1000
	lineMargin = 60
	laneHeight = 26
	firstLane  = 24
)

// A mark is an event on the line.
type mark struct {
	x    float64
	lane int
	text string
	bad  bool
}

// lanes are the rows of the line: what kinds of events are on each.
func lanes() []struct {
	name  string
	kinds []string
} {
	return []struct {
		name  string
		kinds []string
	}{
		{"syncs", []string{"full-sync", "partial-sync", "link", "gap"}},
		{"dumps", []string{"dump"}},
		{"logs", []string{"started", "stopped", "crashed", "promoted", "demoted", "master-lost",
			"replica-lost", "critical", "partial-refused", "output-buffer-limit", "protocol-error"}},
		{"findings", nil},
	}
}

// line is an SVG of the events with a time, with the rate of writes below; ""
// where fewer than two tell one. Nothing in it but numbers and fixed words.
func (b *builder) line() string {
	from, to := b.span()
	if from.IsZero() || !from.Before(to) {
		return ""
	}
	at := func(t time.Time) float64 {
		part := float64(t.Sub(from)) / float64(to.Sub(from))
		return lineMargin + part*(lineWidth-2*lineMargin)
	}
	var marks []mark
	for _, e := range b.r.Timeline {
		if !e.Time.IsZero() && len(marks) < mostEvents {
			marks = append(marks, mark{at(e.Time), laneOf(e.Kind), e.Text, e.Bad})
		}
	}
	height := firstLane + laneHeight*(len(lanes())+1) + 40
	var s strings.Builder
	fmt.Fprintf(&s, `<svg viewBox="0 0 %d %d" role="img" aria-label="%s">`, lineWidth, height,
		html.EscapeString(fmt.Sprintf("Line of time, %d events from %s to %s", len(marks),
			render.Time(from), render.Time(to))))
	for i, lane := range lanes() {
		y := firstLane + laneHeight*i
		fmt.Fprintf(&s, `<line class="lane" x1="%d" y1="%d" x2="%d" y2="%d"/>`,
			lineMargin, y, lineWidth-lineMargin, y)
		fmt.Fprintf(&s, `<text x="0" y="%d">%s</text>`, y+4, lane.name)
	}
	for _, m := range marks {
		s.WriteString(m.svg())
	}
	b.rate(&s, at, firstLane+laneHeight*len(lanes()))
	y := height - 14
	fmt.Fprintf(&s, `<text x="%d" y="%d">%s</text><text class="end" x="%d" y="%d">%s</text></svg>`,
		lineMargin, y, render.Time(from), lineWidth-lineMargin, y, render.Time(to))
	return s.String()
}

// svg is a mark: a square for what is bad, a circle else, so that no colour is
// needed to tell them apart.
func (m *mark) svg() string {
	y := firstLane + laneHeight*m.lane
	title := "<title>" + html.EscapeString(m.text) + "</title>"
	if m.bad {
		return fmt.Sprintf(`<rect class="bad" x="%.1f" y="%d" width="10" height="10">%s</rect>`,
			m.x-5, y-5, title)
	}
	return fmt.Sprintf(`<circle class="mark" cx="%.1f" cy="%d" r="5">%s</circle>`, m.x, y, title)
}

func laneOf(kind string) int {
	all := lanes()
	for i, lane := range all {
		for _, k := range lane.kinds {
			if k == kind {
				return i
			}
		}
	}
	return len(all) - 1
}

// span is from the first time to the last.
func (b *builder) span() (from, to time.Time) {
	for _, e := range b.r.Timeline {
		if e.Time.IsZero() {
			continue
		}
		if from.IsZero() || e.Time.Before(from) {
			from = e.Time
		}
		if e.Time.After(to) {
			to = e.Time
		}
	}
	return from, to
}

// rate draws how much was written over time, as the first link with times has
// it.
func (b *builder) rate(s *strings.Builder, at func(time.Time) float64, bottom int) {
	rate := b.firstRate()
	if rate == nil {
		return
	}
	const high = 40
	most := int64(1)
	for _, n := range rate.Bytes[:rate.Steps] {
		most = max(most, n)
	}
	for i, n := range rate.Bytes[:rate.Steps] {
		x := at(rate.From.Add(time.Duration(i) * rate.Step))
		if n == 0 || x < lineMargin || x > lineWidth-lineMargin {
			continue
		}
		h := max(1, float64(n)/float64(most)*high)
		fmt.Fprintf(s, `<rect class="rate" x="%.1f" y="%.1f" width="3" height="%.1f"/>`,
			x, float64(bottom)+high-h, h)
	}
}

func (b *builder) firstRate() *inspect.Rate {
	for _, a := range b.r.Artefacts {
		if a.Inspect == nil || a.Role != report.Link {
			continue
		}
		for _, l := range a.Inspect.Links {
			if l.Rate != nil && l.Rate.Steps > 0 {
				return l.Rate
			}
		}
	}
	return nil
}
