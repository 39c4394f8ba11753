package cause

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"strconv"
	"time"

	"github.com/redsleuth/redsleuth/cause/engine"
	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/value"
)

// What a hole in the stream held nobody knows, nor what was there before its first
// byte. So where there is one, commands are applied twice: as if each key that it
// may have touched were gone behind it, and as if each held a string that nobody
// writes, with an expiry. What both runs lead to is what the stream leads to,
// whatever was in the hole: of a key that is set outright behind it, and of one
// whose name is too long for it.

// A filler is what keys are taken to hold behind a hole.
type filler uint8

const (
	asGone filler = iota
	asStrange
)

// strange is the string that nobody writes, and strangeLife its expiry.
const (
	strange     = "redsleuth: whatever a hole of the stream has left here"
	strangeLife = 10 * 365 * 24 * time.Hour
)

// step puts the filler into a key.
func (f filler) step(p place) engine.Step {
	args := [][]byte{[]byte("DEL"), []byte(p.key)}
	if f == asStrange {
		life := strconv.FormatInt(strangeLife.Milliseconds(), 10)
		args = [][]byte{[]byte("PSETEX"), []byte(p.key), []byte(life), []byte(strange)}
	}
	return engine.Step{DB: p.db, Args: args}
}

// value is the filler for a model.
func (f filler) value() *value.Value {
	if f == asGone {
		return nil
	}
	return &value.Value{
		Object: rdb.ObjectString, Count: 1, HasExpire: true, ExpireAt: math.MaxInt64 / 2,
		Elements: []rdb.Element{{Kind: rdb.ElementBytes, Member: []byte(strange), ExpireAt: rdb.NoExpiry}},
	}
}

// holes are what the streams lack of the offsets from one to another, in order.
func (s spans) holes(from, to int64) (all []span) {
	sorted := slices.Clone(s)
	slices.SortFunc(sorted, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	for _, s := range sorted {
		if s.from > from {
			if s.from >= to {
				break
			}
			all = append(all, span{from, s.from})
		}
		from = max(from, s.to)
	}
	if from < to {
		all = append(all, span{from, to})
	}
	return all
}

// first is the first offset that the streams hold; false where they tell none.
func (s spans) first() (offset int64, known bool) {
	for i, s := range s {
		if i == 0 || s.from < offset {
			offset = s.from
		}
	}
	return offset, len(s) > 0
}

// mayName reports whether a command that changes the key fits into a hole: DEL is
// the shortest.
func (s span) mayName(key string) bool {
	shortest := len("*2\r\n$3\r\nDEL\r\n$\r\n\r\n") + len(strconv.Itoa(len(key))) + len(key)
	return s.to-s.from >= int64(shortest)
}

// anyMayName reports whether one of these holes may hold a command on the key.
func anyMayName(holes []span, key string) bool {
	return slices.ContainsFunc(holes, func(h span) bool { return h.mayName(key) })
}

// A crossing is how far a simulation has come among the holes of its way.
type crossing struct {
	holes  []span
	filler filler
	passed int           // how many lie behind
	met    map[place]int // how many of them a key has been through
	// flushed counts those that lay behind when a database was emptied, cleared
	// when all were.
	flushed map[int]int
	cleared int
}

func newCrossing(holes []span, f filler) crossing {
	return crossing{holes: holes, filler: f, met: map[place]int{}, flushed: map[int]int{}}
}

// before counts the holes before an offset; those behind, where it is not known.
func (c *crossing) before(offset int64) int {
	if offset == record.Unknown {
		return c.passed
	}
	return sort.Search(len(c.holes), func(i int) bool { return c.holes[i].from >= offset })
}

// open reports whether a key has holes behind it that may have changed it, of the
// first n.
func (c *crossing) open(p place, n int) bool {
	met := max(c.met[p], c.flushed[p.db], c.cleared)
	return met < n && anyMayName(c.holes[met:n], p.key)
}

// cross yields what fills the keys that an event names, where holes lie between it
// and what came before.
func (c *crossing) cross(e *event, db int) (steps []engine.Step) {
	c.passed = max(c.passed, c.before(e.offset))
	if c.passed == 0 || db == record.Unknown {
		return nil
	}
	for _, k := range e.keys {
		p := place{db, k.name}
		if c.open(p, c.passed) {
			steps = append(steps, c.filler.step(p))
		}
		c.met[p] = c.passed
	}
	return steps
}

// emptied notes that a database, or all, are empty; false for what else changes keys
// that it does not name.
func (c *crossing) emptied(e *event, db int) bool {
	if command.ClassOf(e.args[0]) != command.Flush {
		return false
	}
	if e.scope == command.Keyspace {
		c.cleared = c.passed
	} else {
		c.flushed[db] = c.passed
	}
	return true
}
