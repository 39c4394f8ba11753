package report

import (
	"cmp"
	"slices"

	"github.com/redsleuth/redsleuth/parse/record"
)

// A History is one replication id, and what the artefacts hold of it.
type History struct {
	ID    string // "" where nothing tells
	Spans []Span
	// Holes are offsets between the first and the last span that no recording
	// of a link holds; Overlaps those that several do, in different artefacts or
	// links.
	Holes, Overlaps []Range
}

// A Span is what an artefact covers of a history: From is the offset before its
// first byte, To the one after its last. Of a state both are the same.
type Span struct {
	Path     string
	Role     Role
	What     string // "dump", "link", "backlog" or "position"
	Link     int    // within the artefact, from 1; 0 for none
	From, To int64
}

// A Range is a range of offsets.
type Range struct{ From, To int64 }

// chain puts down what each artefact covers of which history.
func (r *run) chain() {
	spans := map[string][]Span{}
	add := func(id string, s Span) {
		if s.From != record.Unknown && s.To != record.Unknown && s.From <= s.To {
			spans[id] = append(spans[id], s)
		}
	}
	for _, a := range r.Artefacts {
		if a.State != nil && a.State.Placed() {
			add(a.State.ID, Span{a.Path, a.Role, "dump", 0, a.State.Offset, a.State.Offset})
		}
		r.infoSpans(a, add)
		if a.Role != Link || a.Inspect == nil {
			continue
		}
		for i, l := range r.linksOf(a) {
			if !l.AOF && (l.Resync != record.NoSync || l.ReplicationID != "") {
				add(l.ReplicationID, Span{a.Path, Link, "link", i + 1, l.StartOffset, l.EndOffset})
			}
		}
	}
	for id, list := range spans {
		slices.SortStableFunc(list, func(a, b Span) int {
			return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
		})
		h := History{ID: id, Spans: list}
		h.join()
		r.Chain = append(r.Chain, h)
	}
	slices.SortFunc(r.Chain, func(a, b History) int {
		return cmp.Or(cmp.Compare(a.Spans[0].From, b.Spans[0].From), cmp.Compare(a.ID, b.ID))
	})
}

// linksOf are the links of an artefact, as far as the replay could place them.
func (r *run) linksOf(a *Artefact) []*record.Link {
	var links []*record.Link
	for _, l := range a.Inspect.Links {
		links = append(links, &l.Link)
	}
	if r.Replay != nil {
		for _, l := range r.Replay.Links {
			if l.Path == a.Input.Path && l.Number <= len(links) {
				links[l.Number-1] = &l.Link
			}
		}
	}
	return links
}

// infoSpans are what a server says of itself: where it is, what its backlog
// holds.
func (r *run) infoSpans(a *Artefact, add func(string, Span)) {
	i := a.Info
	if i == nil || i.ReplicationID == "" {
		return
	}
	if i.MasterOffset != nil {
		add(i.ReplicationID, Span{a.Path, a.Role, "position", 0, *i.MasterOffset, *i.MasterOffset})
	}
	if b := i.Backlog; b.FirstByte != nil && b.Length != nil && *b.Length > 0 && *b.FirstByte > 0 {
		add(i.ReplicationID, Span{a.Path, a.Role, "backlog", 0, *b.FirstByte - 1, *b.FirstByte - 1 + *b.Length})
	}
}

// join finds holes and overlaps between the recordings, whose order is that of
// where they begin.
func (h *History) join() {
	reached := int64(record.Unknown)
	first, last := h.Spans[0].From, h.Spans[0].To
	for _, s := range h.Spans {
		if s.What == "position" || s.What == "backlog" { // not in our hands
			continue
		}
		last = max(last, s.To)
		if s.What != "link" {
			continue
		}
		switch {
		case reached == record.Unknown:
			if s.From > first {
				h.Holes = append(h.Holes, Range{first, s.From})
			}
		case s.From > reached:
			h.Holes = append(h.Holes, Range{reached, s.From})
		case min(s.To, reached) > s.From:
			h.Overlaps = append(h.Overlaps, Range{s.From, min(s.To, reached)})
		}
		reached = max(reached, s.To)
	}
	if reached != record.Unknown && last > reached {
		h.Holes = append(h.Holes, Range{reached, last})
	}
}
