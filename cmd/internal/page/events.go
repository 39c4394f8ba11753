package page

import (
	"fmt"
	"time"

	"github.com/redsleuth/redsleuth/cmd/internal/chart"
	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/report"
)

func (b *builder) events() {
	all := together(b.r.Timeline)
	few := fewEvents(all)
	for i, e := range few {
		shown := Event{
			Number: i + 1, Offset: offsetText(e.Offset), Text: e.Text, Path: b.path(e.Path), Bad: e.Bad,
		}
		if !e.Time.IsZero() {
			shown.Time = timeText(&e)
		}
		if e.Detail != nil {
			shown.Detail = cutText(b.f.Text(e.Detail), longestLine)
		}
		b.When.Events = append(b.When.Events, shown)
	}
	b.When.Unshown = len(all) - len(few)
	b.When.Chart = b.line(few, chart.Wide) + b.line(few, chart.Narrow)
}

// timeText is the time of an event, as exact as it is known.
func timeText(e *report.Event) string {
	return momentText(report.Moment{From: e.Time, To: e.By})
}

// momentText is when something was, between its bounds where only these are known.
func momentText(m report.Moment) string {
	from, to := m.From, m.To
	switch {
	case to.IsZero() || to.Sub(from) < time.Millisecond:
		return render.Time(from)
	case from.Nanosecond() == 0 && to.Sub(from) == time.Second-time.Millisecond:
		return secondText(from)
	}
	const clock = "15:04:05.000Z"
	return "between " + render.Time(from) + " and " + to.UTC().Format(clock)
}

// secondText is a time that is known to the second, as those of dumps are.
func secondText(t time.Time) string { return render.Second(t) }

// inARow is how many events that are alike are told one by one.
const inARow = 3

// together makes one of events that are alike and follow one another.
func together(all []report.Event) (out []report.Event) {
	for i := 0; i < len(all); {
		n := 1
		for i+n < len(all) && all[i+n].Kind == all[i].Kind && all[i+n].Path == all[i].Path &&
			all[i+n].Text == all[i].Text && all[i+n].Time.IsZero() == all[i].Time.IsZero() {
			n++
		}
		if n <= inARow {
			out = append(out, all[i:i+n]...)
		} else {
			out = append(out, joinedEvents(all[i:i+n]))
		}
		i += n
	}
	return out
}

// joinedEvents are several that are alike as one, up to where the last of them is.
func joinedEvents(all []report.Event) report.Event {
	e, end := all[0], time.Time{}
	var offset *int64
	for i := range all {
		x := &all[i]
		if x.Offset != nil && (offset == nil || *x.Offset > *offset) {
			offset = x.Offset
		}
		for _, at := range []time.Time{x.Time, x.Until, x.By} {
			if at.After(end) {
				end = at
			}
		}
	}
	e.Text += fmt.Sprintf(" (and %s more such rows", render.Count(len(all)-1))
	if end.After(e.Time) {
		e.Text += ", the last at " + render.Time(end)
	}
	if offset != nil && (e.Offset == nil || *offset > *e.Offset) {
		e.Text += ", up to offset " + render.Offset(*offset)
	}
	e.Text += ")"
	e.Until = end
	return e
}

// fewEvents are those that a page has room for: what is bad, and of the rest the
// first.
func fewEvents(all []report.Event) []report.Event {
	if len(all) <= mostEvents {
		return all
	}
	room := mostEvents
	for _, e := range all {
		if e.Bad {
			room--
		}
	}
	var kept []report.Event
	for _, e := range all {
		if len(kept) < mostEvents && (e.Bad || room > 0) {
			kept = append(kept, e)
			if !e.Bad {
				room--
			}
		}
	}
	return kept
}

// lanes are the rows of the line: what kinds of events are on each. What is on
// none is a finding.
func lanes() []struct {
	name  string
	kinds []string
} {
	return []struct {
		name  string
		kinds []string
	}{
		{"syncs", []string{"full-sync", "partial-sync", "link", "link-end", "collect"}},
		{"holes", []string{"gap"}},
		{"servers", []string{"started", "stopped", "crashed", "promoted", "demoted", "master-lost",
			"replica-lost", "critical", "partial-refused", "output-buffer-limit", "protocol-error"}},
		{"dumps", []string{"dump"}},
		{"scripts", []string{"scripts", "script-flush"}},
		{"bursts", []string{"burst"}},
		{"findings", nil},
	}
}

// line draws, as wide as it is told, the events with a time, over what was written and how far behind the
// replica was; "" where fewer than two tell one.
func (b *builder) line(events []report.Event, width int) string {
	t := chart.Times{Width: width, Size: render.Size, Count: render.Count[int64]}
	used := map[int]int{} // lanes without events are left out
	for i, lane := range lanes() {
		for _, e := range events {
			if !e.Time.IsZero() && laneOf(e.Kind) == i {
				used[i] = len(t.Lanes)
				t.Lanes = append(t.Lanes, lane.name)
				break
			}
		}
	}
	for i, e := range events {
		if !e.Time.IsZero() {
			t.Marks = append(t.Marks, chart.Mark{
				From: e.Time, At: e.Order(), Until: e.Until, Lane: used[laneOf(e.Kind)], Number: i + 1, Text: e.Text, Bad: e.Bad,
			})
		}
	}
	for _, a := range b.r.Artefacts {
		if a.Role != report.Link || len(a.Samples.List) == 0 {
			continue
		}
		for _, s := range a.Samples.List {
			t.Offsets = append(t.Offsets, chart.Value{At: s.Time, Value: s.Offset})
		}
		if t.Rate = rate(a); most(lag(a)) >= fewBytes {
			t.Lag = lag(a)
		}
		break // one is drawn: several would hide one another
	}
	return t.SVG()
}

// fewBytes behind is no lag, but what is on its way.
const fewBytes = 128

func most(values []chart.Value) (n int64) {
	for _, v := range values {
		n = max(n, v.Value)
	}
	return n
}

// lag is how far behind the replicas of an artefact's links were.
func lag(a *report.Artefact) (out []chart.Value) {
	for _, l := range a.Inspect.Links {
		if l.Acks == nil {
			continue
		}
		for _, x := range l.Acks.Lag {
			out = append(out, chart.Value{At: x.Time, Value: x.Bytes})
		}
	}
	return out
}

// rate is how much was written over the links of an artefact.
func rate(a *report.Artefact) (out []chart.Value) {
	for _, l := range a.Inspect.Links {
		if l.Rate == nil {
			continue
		}
		for i, n := range l.Rate.Bytes[:l.Rate.Steps] {
			out = append(out, chart.Value{At: l.Rate.From.Add(l.Rate.Step * time.Duration(i)), Value: n})
		}
	}
	return out
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
