package page

import (
	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/report"
)

func (b *builder) events() {
	for _, e := range b.fewEvents() {
		shown := Event{
			Offset: offsetText(e.Offset), Text: e.Text, Path: b.path(e.Path), Bad: e.Bad,
		}
		if !e.Time.IsZero() {
			shown.Time = render.Time(e.Time)
		}
		b.Events = append(b.Events, shown)
	}
}

// fewEvents are those that a page has room for: what is bad, and of the rest the
// first.
func (b *builder) fewEvents() []report.Event {
	all := b.r.Timeline
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
	b.Unshown = len(all) - len(kept)
	return kept
}
