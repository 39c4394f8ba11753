package cause

import (
	"iter"
	"math"
	"slices"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay"
)

// A timeline is a state and the commands that came after it, in order.
type timeline struct {
	begin  *begin // nil: nothing tells the state
	events []*event
	// earlier came before a state that the replica saved itself, and has its part in it.
	earlier []*event
	// complete: no byte is missing between the state and the offset asked for.
	complete bool
	// holes are what is missing of it, where offsets are known; before a blank
	// beginning, all that went before.
	holes []span
}

// placed reports whether the offset of the state is known.
func (t *timeline) placed() bool { return t.begin != nil && t.begin.offset != record.Unknown }

// cover notes what is missing between the state and an offset.
func (t *timeline) cover(s spans, upTo int64) {
	if t.begin == nil {
		return
	}
	from := t.begin.offset
	t.complete = !t.begin.blank && s.hold(from, upTo)
	if first, known := s.first(); !known || from == record.Unknown || first > upTo {
		return
	}
	if t.begin.blank {
		from = math.MinInt64 / 2
	}
	t.holes = s.holes(from, upTo)
}

// master is the way of the master to an offset: from the last payload that it
// sent up to there (or, failing that, from the first dump of the replica),
// with every command once, whether it arrived or not.
func (h *history) master(upTo int64) timeline {
	var t timeline
	for i := range h.begins {
		b := &h.begins[i]
		if b.path == "" || b.offset == record.Unknown || b.offset > upTo || h.passesOver(b) {
			continue
		}
		if b.foreign && t.begin != nil && t.begin.outcome == replay.Loaded && !t.begin.foreign {
			continue // what this replica was sent will do
		}
		if b.outcome == replay.Loaded || t.begin == nil {
			t.begin = b
		}
	}
	from := int64(record.Unknown)
	if t.begin == nil {
		t.begin = h.blankBefore(upTo)
	}
	if t.begin != nil {
		from = t.begin.offset
	}
	t.cover(h.spans, upTo)
	seen := map[int64]bool{}
	replaced := 0
	if t.begin != nil && t.begin.outcome == replay.Loaded {
		replaced = t.begin.at // what came earlier is in the payload, wherever it was in the stream
	}
	for i, e := range h.events {
		if e.offset == record.Unknown && i < replaced {
			continue
		}
		if e.offset != record.Unknown {
			if e.offset < from || e.end > upTo || seen[e.offset] {
				continue
			}
			seen[e.offset] = true
		}
		t.events = append(t.events, e)
	}
	slices.SortStableFunc(t.events, func(a, b *event) int {
		if a.offset == record.Unknown || b.offset == record.Unknown {
			return 0
		}
		return int(min(max(a.offset-b.offset, -1), 1))
	})
	return t
}

// replica is the way of the replica to an offset: what a payload replaced, and
// what a restart from an older dump undid, is left out.
func (h *history) replica(upTo int64) timeline {
	var t timeline
	next := 0
	for i := 0; i <= len(h.begins); i++ {
		end := len(h.events)
		if i < len(h.begins) {
			end = h.begins[i].at
		}
		for ; next < end; next++ {
			if e := h.events[next]; e.outcome != replay.Undelivered && e.end <= upTo {
				t.events = append(t.events, e)
			}
		}
		if i < len(h.begins) && !h.begins[i].foreign {
			t.start(&h.begins[i], upTo, h.passesOver(&h.begins[i]))
		}
	}
	if t.begin == nil {
		t.begin = h.blankBefore(upTo)
	}
	t.cover(h.spans, upTo)
	return t
}

// blankBefore is a beginning of which nothing is known, where the streams begin
// before an offset; nil where they don't, or are not to be taken so.
func (h *history) blankBefore(upTo int64) *begin {
	first, known := h.spans.first()
	if !known || first >= upTo || h.blank == nil {
		return nil
	}
	h.blank.offset = first
	return h.blank
}

// passesOver reports whether a dump of the replica's own is no beginning: what differed
// by then differs in it, and the stream before it may tell since when.
func (h *history) passesOver(b *begin) bool {
	first, known := h.spans.first()
	return h.parted && b.outcome == replay.Started && known && first < b.offset
}

// start continues from a new beginning, if it is one.
func (t *timeline) start(b *begin, upTo int64, passed bool) {
	if b.offset != record.Unknown && b.offset > upTo {
		return // after the dump
	}
	if b.outcome == replay.Loaded {
		t.begin, t.events = b, nil
		return
	}
	if b.offset == record.Unknown {
		return
	}
	t.events = slices.DeleteFunc(t.events, func(e *event) bool {
		return e.offset != record.Unknown && e.offset >= b.offset
	})
	if t.begin == nil && b.path != "" && !passed {
		t.begin, t.earlier, t.events = b, t.events, nil
	}
}

// until splits a timeline at an offset.
func (t *timeline) until(offset int64) (before, after []*event) {
	for i, e := range t.events {
		if e.offset != record.Unknown && e.offset >= offset {
			return t.events[:i], t.events[i:]
		}
	}
	return t.events, nil
}

// An index finds the events that can have changed a key.
type index struct {
	byName map[string][]*event
	wide   []*event
}

func newIndex(events []*event) *index {
	x := &index{byName: map[string][]*event{}}
	for _, e := range events {
		if e.wide() {
			x.wide = append(x.wide, e)
			continue
		}
		for _, k := range e.keys {
			if on := x.byName[k.name]; k.writes && (len(on) == 0 || on[len(on)-1] != e) {
				x.byName[k.name] = append(on, e)
			}
		}
	}
	return x
}

// on yields them in order, those that change every key last.
func (x *index) on(db int, key string) iter.Seq[*event] {
	return func(yield func(*event) bool) {
		for _, list := range [][]*event{x.byName[key], x.wide} {
			for _, e := range list {
				if e.touches(db, key) && !yield(e) {
					return
				}
			}
		}
	}
}

// lately yields the events that name the key, in order, from the last on that set
// or removed it outright: what came before has no part in what it holds.
func (x *index) lately(db int, key string) iter.Seq[*event] {
	from := int64(-1)
	for e := range x.on(db, key) {
		if !e.dropped() && !e.misplaced() && e.replaces(key) {
			from = max(from, e.seq)
		}
	}
	return func(yield func(*event) bool) {
		for _, e := range x.byName[key] {
			if e.seq >= from && e.touches(db, key) && !yield(e) {
				return
			}
		}
	}
}

// replaces reports whether what the key held before an event has no part in what
// it holds after it.
func (e *event) replaces(key string) bool {
	if e.wide() {
		return command.ClassOf(e.args[0]) == command.Flush
	}
	var buf [8]command.Key
	keys, _ := command.Find(buf[:0], e.args)
	return slices.ContainsFunc(keys, func(k command.Key) bool {
		return k.Access.Outright() && string(e.args[k.Index]) == key
	})
}
