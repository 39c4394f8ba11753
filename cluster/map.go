package cluster

import (
	"cmp"
	"slices"

	"github.com/redsleuth/redsleuth/command"
)

// A Map takes in the keys of several dumps, one dump after the other.
type Map struct {
	shards  []Shard
	open    []count // by slot, of the dump at hand
	held    [command.Slots][]holder
	holders int // in held
	divided bool
}

// A count is of the keys of a slot in one dump.
type count struct {
	keys  int64
	first int64 // the place of the first of them
	// passed and bytes are of those that a filter let pass.
	passed, bytes int64
}

// A holder is a dump with keys of a slot.
type holder struct {
	shard int
	keys  int64
	first int64
}

// mostHolders bounds what is kept. A cluster has one holder a slot, and a few more
// in the middle of a migration.
const mostHolders = 4 * command.Slots

// New begins with no dumps.
func New() *Map { return &Map{open: make([]count, command.Slots), divided: true} }

// A Shard is what one dump holds of the slots.
type Shard struct {
	// Keys and Bytes are what was counted (Count), and Slots is how many slots they
	// are in.
	Keys, Bytes int64
	Slots       int
	// Ranges are the slots that belong to the dump, as far as keys tell: from the
	// first to the last of each run. Nil where the dumps don't divide the slots.
	Ranges []Range
	// Heaviest is the slot with most bytes; of a slot, a shard can't give part away.
	Heaviest Weight
	// Strays counts the keys that belong to another dump, and StrayPlaces has the
	// first of each slot, as many as are named. StraySlots is how many slots.
	Strays      int64
	StraySlots  int
	StrayPlaces []int64
}

// A Range is of slots, both ends included.
type Range struct{ First, Last int }

// A Weight is what the keys of a slot take.
type Weight struct {
	Slot        int
	Keys, Bytes int64
}

// See takes in a key at a place of the dump at hand, and returns its slot.
func (m *Map) See(key []byte, place int64) int {
	slot := command.Slot(key)
	c := &m.open[slot]
	if c.keys == 0 {
		c.first = place
	}
	c.keys++
	return slot
}

// Count adds a key that is counted, after See, with the bytes of its record.
func (m *Map) Count(slot int, bytes int64) {
	c := &m.open[slot]
	c.passed++
	c.bytes += bytes
}

// EndDump ends the dump at hand; the next one begins.
func (m *Map) EndDump() {
	n := len(m.shards)
	s := Shard{Heaviest: Weight{Slot: -1}}
	for slot := range m.open {
		c := &m.open[slot]
		if c.keys == 0 {
			continue
		}
		if c.passed > 0 {
			s.Keys += c.passed
			s.Bytes += c.bytes
			s.Slots++
			if c.bytes > s.Heaviest.Bytes {
				s.Heaviest = Weight{slot, c.passed, c.bytes}
			}
		}
		if m.divided = m.divided && m.holders < mostHolders; m.divided {
			m.held[slot] = append(m.held[slot], holder{n, c.keys, c.first})
			m.holders++
		}
	}
	clear(m.open)
	m.shards = append(m.shards, s)
}

// A Layout is how the slots are divided among the dumps.
type Layout struct {
	// Shards are the dumps, in the order in which they were taken in.
	Shards []Shard
	// Divided: each slot belongs to one dump, but for a few. Otherwise Owner means
	// nothing.
	Divided bool
	// Shared counts the slots with keys in several dumps, of Used with any.
	Shared, Used int
	owner        [command.Slots]int16
	several      [command.Slots]bool // the slot has keys in several dumps
	all          bool                // too many were shared to be told apart
}

// InSeveral reports whether a slot may have keys in several dumps.
func (l *Layout) InSeveral(slot int) bool { return l.all || l.several[slot] }

// none is the owner of a slot without keys, and of one that might belong to several.
const none = -1

// Owner is the dump that a slot belongs to; false where nothing tells.
func (l *Layout) Owner(slot int) (shard int, known bool) {
	if !l.Divided || l.owner[slot] == none {
		return 0, false
	}
	return int(l.owner[slot]), true
}

// Layout works out which dump each slot belongs to, after the last EndDump.
func (m *Map) Layout() *Layout {
	l := &Layout{Shards: slices.Clone(m.shards), all: !m.divided}
	var used []int // slots with keys
	for slot := range m.held {
		if n := len(m.held[slot]); n > 0 {
			used = append(used, slot)
			if n > 1 {
				l.Shared++
				l.several[slot] = true
			}
		}
		l.owner[slot] = none
	}
	l.Used = len(used)
	if l.Divided = m.divided && len(m.shards) > 1 && l.Shared*4 <= l.Used; !l.Divided {
		return l
	}
	m.own(l, used)
	if cuts := len(l.runs(used)) - 2*len(m.shards); l.Shared > 0 && cuts*mostCuts > l.Used {
		l.Divided = false
		return l
	}
	l.enclosed(m, used)
	l.ranges(used)
	m.strays(l, used)
	return l
}

// mostCuts: where slots are shared, no more than one used slot in so many begins
// another range than the first two of each dump.
const mostCuts = 4

// own decides slot by slot.
func (m *Map) own(l *Layout, used []int) {
	for _, slot := range used {
		if len(m.held[slot]) == 1 {
			l.owner[slot] = int16(m.held[slot][0].shard)
		}
	}
	sides := neighbours(l, used)
	for i, slot := range used {
		if held := m.held[slot]; len(held) > 1 {
			l.owner[slot] = ownerOf(held, sides[i])
		}
	}
}

// ownerOf decides about a slot of several holders by the owners of the slots around
// it, or else by who has most keys.
func ownerOf(held []holder, around [2]int16) int16 {
	holds := func(shard int16) bool {
		return slices.ContainsFunc(held, func(h holder) bool { return h.shard == int(shard) })
	}
	if around[0] == around[1] && around[0] != none && holds(around[0]) {
		return around[0]
	}
	most := slices.MaxFunc(held, func(a, b holder) int { return cmp.Compare(a.keys, b.keys) })
	for _, h := range held {
		if h.shard != most.shard && h.keys == most.keys {
			return none
		}
	}
	return int16(most.shard)
}

// neighbours are the owners of the nearest used slots before and after each, of
// those that are known.
func neighbours(l *Layout, used []int) [][2]int16 {
	all := make([][2]int16, len(used))
	last := int16(none)
	for i, slot := range used {
		all[i][0] = last
		if l.owner[slot] != none {
			last = l.owner[slot]
		}
	}
	last = none
	for i := len(used) - 1; i >= 0; i-- {
		all[i][1] = last
		if l.owner[used[i]] != none {
			last = l.owner[used[i]]
		}
	}
	return all
}
