package capture

import (
	"slices"
	"sort"

	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
)

// A dump is made between two commands, and its AUX fields say how many bytes of
// the stream lie before it, and which database was selected then. One number falls
// between two commands of a stream by chance, three do not.

// matchesWanted are as many places of which an offset is known, by ACKs and dumps,
// as have to fall between commands. A dump at the very end of a capture is worth two.
const matchesWanted = 3

// A layout is a stream as it lies if it begins at an offset, with what is known of
// the history of an id.
type layout struct {
	*boundaries
	start int64
	acks  []ack
	dumps []repl.State
	// matches are the places that fall between its commands; dumped: a dump's does.
	matches int
	dumped  bool
}

// placeDumps finds the one offset before the first byte of a stream with which dumps
// and ACKs all fall between its commands, and the id of the dumps that tell it.
func (b *boundaries) placeDumps(acks []ack, dumps []repl.State) (start int64, id string, ok bool) {
	byID := map[string][]repl.State{}
	for _, d := range dumps {
		if d.Placed() {
			byID[d.ID] = append(byID[d.ID], d)
		}
	}
	if len(b.ends) == 0 || len(b.ends) >= maxBoundaries {
		return 0, "", false
	}
	for of, dumps := range byID {
		s, found := b.onlyLayout(acks, dumps)
		if !found {
			continue
		}
		if ok {
			return 0, "", false
		}
		start, id, ok = s, of, true
	}
	return start, id, ok
}

// onlyLayout is the start of the one layout for which enough speaks, where none is as
// good: one with which the replica was closer to its master, whatever speaks for it,
// since a capture may end before dumps are made; or one that two places fit.
func (b *boundaries) onlyLayout(acks []ack, dumps []repl.State) (start int64, ok bool) {
	starts, acked := b.starts(acks, dumps)
	var possible []layout
	best := -1
	for _, s := range starts {
		l := layout{boundaries: b, start: s, acks: acks, dumps: dumps}
		if !l.weigh() || slices.ContainsFunc(possible, func(other layout) bool { return other.start == s }) {
			continue
		}
		possible = append(possible, l)
		if best < 0 || l.matches > possible[best].matches {
			best = len(possible) - 1
		}
	}
	if best < 0 || possible[best].matches < matchesWanted || !possible[best].dumped {
		return 0, false
	}
	start = possible[best].start
	for i, l := range possible {
		if i != best && (l.matches >= matchesWanted || acked && (l.start < start || l.matches > 1)) {
			return 0, false
		}
	}
	return start, true
}

// starts are the offsets at which the stream may begin: by the last ACK, which means
// one of the boundaries that had been received; without any, by a dump at its end.
// None are told where there are too many.
func (b *boundaries) starts(acks []ack, dumps []repl.State) (starts []int64, acked bool) {
	const most = 2000
	var last *ack
	for i := range acks {
		if b.receivedBy(acks[i]) >= 0 {
			last = &acks[i]
		}
	}
	if last == nil {
		for _, d := range dumps {
			starts = append(starts, d.Offset-b.ends[len(b.ends)-1])
		}
		return starts, false
	}
	least, _ := b.earliest(acks)
	from := b.receivedBy(*last)
	for k := from; k >= 0; k-- {
		if k <= from-most {
			return nil, true
		}
		if s := last.offset - b.ends[k]; s >= max(least, b.lowest()) {
			starts = append(starts, s)
		}
	}
	return starts, true
}

// weigh counts the places that fall between commands; false where one falls within a
// command, or where another database was selected.
func (l *layout) weigh() bool {
	if l.start < l.lowest() || !l.explains(l.start, l.acks) {
		return false
	}
	met := map[int64]bool{}
	for _, d := range l.dumps {
		k, inside := l.at(d.Offset)
		switch {
		case !inside:
			continue
		case k < 0, d.StreamDB != repl.Unknown && l.dbs[k] != record.Unknown && l.dbs[k] != d.StreamDB:
			return false
		}
		if k == len(l.ends)-1 && !met[d.Offset] {
			l.matches++
		}
		met[d.Offset], l.dumped = true, true
	}
	for _, a := range l.acks {
		if k, _ := l.at(a.offset); k >= 0 {
			met[a.offset] = true
		}
	}
	l.matches += len(met)
	return true
}

// at is the boundary at an offset, -1 where there is none. An offset outside of the
// stream, or in a hole, is not inside.
func (l *layout) at(offset int64) (k int, inside bool) {
	at := offset - l.start
	if at <= l.ends[0] || at > l.ends[len(l.ends)-1] || l.inHole(at) {
		return -1, false
	}
	k = sort.Search(len(l.ends), func(i int) bool { return l.ends[i] >= at })
	if l.ends[k] != at {
		return -1, true
	}
	return k, true
}
