package cause

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/parse/record"
)

// A master sends what it runs in the order in which it ran it, and answers its
// clients in that order, but what it sends may come seconds later: behind a full
// resync, or on a link that was down. So what was sent of a key is held against
// what clients asked of it in order (alignment.go); scripts, and what is left, are
// told by time.

// apart is how much earlier than the command of a client what the master sent
// for it may have been seen, where captures lack the order of packets.
const apart = 50 * time.Millisecond

// A writeIndex finds the writes of one side that may have changed a key.
type writeIndex struct {
	// byKey has them by the keys that they name, open those that may change keys
	// which they don't name.
	byKey map[string][]*clientWrite
	open  []*clientWrite
}

func newWriteIndex() writeIndex { return writeIndex{byKey: map[string][]*clientWrite{}} }

func (x *writeIndex) add(w *clientWrite) {
	if w.wide() || w.scope == command.Scripted {
		x.open = append(x.open, w)
	}
	for _, k := range w.keys {
		if k.writes {
			x.byKey[k.name] = append(x.byKey[k.name], w)
		}
	}
}

// on yields those that name the key, and then those that change every key.
func (x *writeIndex) on(db int, key string) iter.Seq[*clientWrite] {
	return func(yield func(*clientWrite) bool) {
		for _, w := range x.byKey[key] {
			if w.touches(db, key) && !yield(w) {
				return
			}
		}
		for _, w := range x.open {
			if w.wide() && w.touches(db, key) && !yield(w) {
				return
			}
		}
	}
}

// A joining ties what a master sent to the commands of its clients, by contents,
// database and time.
type joining struct {
	master, replica writeIndex
	// other are those of servers of which nothing tells whether they are one of the two.
	other writeIndex
	// of has the writes of which an event came, by the event's offset: several
	// where nothing decides.
	of map[int64][]*clientWrite
	// came are those of which an event came.
	came map[*clientWrite]bool
	// ran are the scripts of which an event on a key that they name came, with the
	// transactions of these.
	ran map[*clientWrite]map[unit]bool
}

// join ties events to the writes of the master's clients, which come in the order
// in which the server answered them.
func join(writes []*clientWrite, events []*event) *joining {
	j := &joining{
		master: newWriteIndex(), replica: newWriteIndex(), other: newWriteIndex(),
		of: map[int64][]*clientWrite{}, came: map[*clientWrite]bool{}, ran: map[*clientWrite]map[unit]bool{},
	}
	for _, w := range writes {
		switch w.side {
		case masterSide:
			j.master.add(w)
		case replicaSide:
			j.replica.add(w)
		default:
			j.other.add(w)
		}
	}
	if len(j.master.byKey) == 0 && len(j.master.open) == 0 {
		return j
	}
	events = inOrder(events)
	paired := j.pair(events)
	j.placeScripts(events)
	for _, e := range events {
		by := paired[e]
		if len(by) == 0 {
			by = j.find(e)
		}
		for _, w := range by {
			j.came[w] = true
		}
		if len(by) > 0 && e.offset != record.Unknown {
			j.of[e.offset] = by
		}
	}
	return j
}

// placeScripts finds the transactions of scripts by the keys that they name.
func (j *joining) placeScripts(events []*event) {
	for _, e := range events {
		for _, k := range e.keys {
			for _, w := range j.master.byKey[k.name] {
				if w.scope != command.Scripted || !k.writes {
					continue
				}
				if f, ok := j.fits(w, e, true); ok && f.during {
					if j.ran[w] == nil {
						j.ran[w] = map[unit]bool{}
					}
					j.ran[w][e.unit()] = true
				}
			}
		}
	}
}

// ranElsewhere reports whether a script that does not name a key of an event came in
// another transaction: what a script does is sent as one.
func (j *joining) ranElsewhere(w *clientWrite, e *event) bool {
	return j.ran[w] != nil && (e.transaction <= 0 || !j.ran[w][e.unit()])
}

// inOrder has each event once, in the order in which the master sent them.
func inOrder(events []*event) []*event {
	seen := map[int64]bool{}
	once := slices.DeleteFunc(slices.Clone(events), func(e *event) bool {
		again := e.offset != record.Unknown && seen[e.offset]
		seen[e.offset] = true
		return again
	})
	slices.SortStableFunc(once, func(a, b *event) int {
		if a.offset == record.Unknown || b.offset == record.Unknown {
			return 0
		}
		return cmp.Compare(a.offset, b.offset)
	})
	return once
}

// A fit is how well a write explains an event; more is better.
type fit struct {
	named, same, during, fresh bool
	at                         time.Time
}

// find are the writes of which an event came.
func (j *joining) find(e *event) (best []*clientWrite) {
	var fits fit
	seen := map[*clientWrite]bool{}
	consider := func(w *clientWrite, named bool) {
		f, ok := j.fits(w, e, named)
		if !ok || seen[w] {
			return
		}
		seen[w] = true
		switch {
		case len(best) == 0 || f.better(fits):
			best, fits = []*clientWrite{w}, f
		case !fits.better(f) && w.client != best[0].client:
			best = append(best, w)
		}
	}
	for _, k := range e.keys {
		if k.writes {
			for _, w := range j.master.byKey[k.name] {
				consider(w, true)
			}
		}
	}
	for _, w := range j.master.open {
		consider(w, false)
	}
	return best
}

// fits says how a write may explain an event, if it may.
func (j *joining) fits(w *clientWrite, e *event, named bool) (fit, bool) {
	if w.elsewhere(e) || !named && j.ranElsewhere(w, e) {
		return fit{}, false
	}
	sent := command.MaySend(w.args, e.args)
	if sent == command.NotSent {
		return fit{}, false
	}
	f := fit{named: named, same: sent == command.AsItWas, at: w.time}
	f.fresh = !j.came[w] || w.scope == command.Scripted
	if e.time.IsZero() || w.time.IsZero() {
		return f, true
	}
	f.during = !e.time.Before(w.time.Add(-apart)) && !e.time.After(w.until.Add(apart))
	// A link that was down gets it later, but none gets it before.
	return f, f.during || sent == command.AsItWas && e.time.After(w.time)
}

// better compares two fits for the same event: what was not accounted for yet,
// at the right time, to the letter, and then the later one that is no later.
func (f fit) better(g fit) bool {
	for _, c := range [][2]bool{{f.fresh, g.fresh}, {f.during, g.during}, {f.same, g.same}, {f.named, g.named}} {
		if c[0] != c[1] {
			return c[0]
		}
	}
	if !f.during { // what was sent late was sent in order
		return f.at.Before(g.at)
	}
	return false
}
