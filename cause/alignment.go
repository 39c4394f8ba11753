package cause

import (
	"maps"
	"slices"

	"github.com/redsleuth/redsleuth/command"
)

// What a write is worth as the origin of an event: that there is one, that it ran
// when the event was seen, that they are the same to the letter. A second event
// of one write, of another name, is worth less than a first.
const (
	worthOrigin = 1000
	worthTime   = 1500
	worthSame   = 200
	worthSecond = 600
)

// alignedMost bounds the pairs of events and writes of one key that are looked at.
const alignedMost = 1 << 22

// pair finds the writes of which events came, by the keys that both name.
func (j *joining) pair(events []*event) map[*event][]*clientWrite {
	on := map[string][]*event{}
	for _, e := range events {
		for _, k := range e.keys {
			if list := on[k.name]; k.writes && (len(list) == 0 || list[len(list)-1] != e) {
				on[k.name] = append(list, e)
			}
		}
	}
	paired := map[*event][]*clientWrite{}
	worth := map[*event]int{}
	for _, name := range slices.Sorted(maps.Keys(on)) { // in one order: equals are kept as they come
		list, writes := on[name], j.master.byKey[name]
		if len(writes) == 0 || len(list)*len(writes) > alignedMost {
			continue
		}
		for e, w := range align(list, writes) {
			v := worthOf(w, e)
			switch old := paired[e]; {
			case len(old) == 0 || v > worth[e]:
				paired[e], worth[e] = []*clientWrite{w}, v
			case v == worth[e] && w.client != old[0].client:
				paired[e] = append(old, w)
			}
		}
	}
	return paired
}

// worthOf is what a write is worth as the origin of an event; 0 if it is none.
func worthOf(w *clientWrite, e *event) int {
	if w.scope == command.Scripted || w.elsewhere(e) {
		return 0
	}
	sent := command.MaySend(w.args, e.args)
	if sent == command.NotSent {
		return 0
	}
	worth := worthOrigin
	if sent == command.AsItWas {
		worth += worthSame
	}
	switch {
	case e.time.IsZero() || w.time.IsZero():
	case e.time.Before(w.time.Add(-apart)):
		return 0 // a link that was down gets it later, but none gets it before
	case !e.time.After(w.until.Add(apart)):
		worth += worthTime
	}
	return worth
}

// elsewhere reports whether a write is known to be of another database than an
// event.
func (w *clientWrite) elsewhere(e *event) bool {
	return w.db >= 0 && e.db >= 0 && w.db != e.db &&
		w.scope != command.Keyspace && w.scope != command.TwoDatabases
}

// Steps of an alignment, from an event and a write on.
const (
	skipWrite  = iota // it came to nothing, or was not sent
	skipEvent         // its origin is none of the writes
	takeBoth          // the write is its origin
	takeSecond        // and of the event before
)

// An alignment has what is worth most from an event and a write on: steps has how
// that is reached where the write before is used up, second where it may be the
// origin of one more event.
type alignment struct {
	events        []*event
	writes        []*clientWrite
	width         int
	steps, second []uint8 // by event, then by write
}

// align finds an origin for as many of the events of a key as can be, in order,
// that together are worth most.
func align(events []*event, writes []*clientWrite) map[*event]*clientWrite {
	x := &alignment{events: events, writes: writes, width: len(writes) + 1}
	x.steps = make([]uint8, len(events)*x.width)
	x.second = make([]uint8, len(events)*x.width)
	// What the steps of the event after, and of this one, are worth.
	after := [2][]int{make([]int, x.width), make([]int, x.width)}
	now := [2][]int{make([]int, x.width), make([]int, x.width)}
	for i := len(events) - 1; i >= 0; i-- {
		for k := len(writes); k >= 0; k-- {
			x.choose(i, k, now, after)
		}
		now, after = after, now
	}
	return x.origins()
}

// choose decides what to do with the event i and the write k.
func (x *alignment) choose(i, k int, now, after [2][]int) {
	at, step := after[0][k], uint8(skipEvent)
	if k < len(x.writes) {
		if v := now[0][k+1]; v >= at {
			at, step = v, skipWrite
		}
		if v := worthOf(x.writes[k], x.events[i]); v > 0 && v+after[1][k+1] > at {
			at, step = v+after[1][k+1], takeBoth
		}
	}
	now[0][k], x.steps[i*x.width+k] = at, step
	if k > 0 {
		of, e := x.writes[k-1], x.events[i]
		v := worthSecond + after[1][k]
		if v > at && of.commandName() != e.commandName() && worthOf(of, e) > 0 {
			at, step = v, takeSecond
		}
	}
	now[1][k], x.second[i*x.width+k] = at, step
}

// origins follows the steps.
func (x *alignment) origins() map[*event]*clientWrite {
	of := map[*event]*clientWrite{}
	way := x.steps
	for i, k := 0, 0; i < len(x.events); {
		switch way[i*x.width+k] {
		case skipWrite:
			way = x.steps
			k++
		case skipEvent:
			way = x.steps
			i++
		case takeBoth:
			of[x.events[i]] = x.writes[k]
			way = x.second
			i, k = i+1, k+1
		case takeSecond:
			of[x.events[i]] = x.writes[k-1]
			way = x.second
			i++
		}
	}
	return of
}
