package cause

import "github.com/redsleuth/redsleuth/command"

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
	for name, list := range on {
		writes := j.master.byKey[name]
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

// align finds an origin for as many of the events of a key as can be, in order,
// that together are worth most.
func align(events []*event, writes []*clientWrite) map[*event]*clientWrite {
	// best is what is worth most from an event and a write on, without the
	// write before and, in second, with one more event of it; of the next event
	// alone. steps has for each of both how that is reached.
	width := len(writes) + 1
	best, second := make([]int, 2*width), make([]int, 2*width)
	steps, after := make([]uint8, (len(events)+1)*width), make([]uint8, (len(events)+1)*width)
	for i := len(events) - 1; i >= 0; i-- {
		now, next := (i%2)*width, ((i+1)%2)*width
		for k := len(writes); k >= 0; k-- {
			at, step := best[next+k], uint8(skipEvent)
			if k < len(writes) {
				if v := best[now+k+1]; v >= at {
					at, step = v, skipWrite
				}
				if v := worthOf(writes[k], events[i]); v > 0 {
					if v += second[next+k+1]; v > at {
						at, step = v, takeBoth
					}
				}
			}
			best[now+k], steps[i*width+k] = at, step
			second[now+k], after[i*width+k] = at, step
			if k == 0 {
				continue
			}
			if of := writes[k-1]; !sameName(of, events[i]) && worthOf(of, events[i]) > 0 {
				if v := worthSecond + second[next+k]; v > at {
					second[now+k], after[i*width+k] = v, takeSecond
				}
			}
		}
	}
	return origins(events, writes, steps, after)
}

// origins follows the steps.
func origins(events []*event, writes []*clientWrite, steps, after []uint8) map[*event]*clientWrite {
	of := map[*event]*clientWrite{}
	width := len(writes) + 1
	way := steps
	for i, k := 0, 0; i < len(events); {
		switch way[i*width+k] {
		case skipWrite:
			way = steps
			k++
		case skipEvent:
			way = steps
			i++
		case takeBoth:
			of[events[i]] = writes[k]
			way = after
			i, k = i+1, k+1
		case takeSecond:
			of[events[i]] = writes[k-1]
			way = after
			i++
		}
	}
	return of
}

func sameName(w *clientWrite, e *event) bool { return w.commandName() == e.commandName() }
