package session

import (
	"slices"

	"github.com/redsleuth/redsleuth/parse/record"
)

// markDuplicates finds connections that several artefacts hold. The one that
// tells most is kept. Bytes that are sent again make connections look alike
// that are not the same: whole ones are matched first, each with one of every
// other input, and cut ones only between a capture and a recording of the bytes.
// Captures that hold a connection of the same two ports hold the same one,
// whatever either has lost of it.
func markDuplicates(all []*Connection) {
	if !slices.ContainsFunc(all, func(c *Connection) bool { return c.Stream != all[0].Stream }) {
		return
	}
	copies := copies{payloads: map[*Connection]bool{}, of: map[*Connection]*[]*Connection{}}
	for _, c := range all {
		if c.channel != nil {
			copies.payloads[c.channel] = true
		}
	}
	for _, alike := range []func(a, b *Connection) bool{
		func(a, b *Connection) bool { return begunAlike(a, b) && sameWhole(a, b) },
		func(a, b *Connection) bool { return begunAlike(a, b) && sameSoFar(a, b) },
		func(a, b *Connection) bool { return sameEnds(a, b) && sole(all, a) && sole(all, b) },
	} {
		for i, a := range all {
			for _, b := range all[i+1:] {
				if copies.open(a, b) && alike(a, b) {
					copies.join(a, b)
				}
			}
		}
	}
	copies.mark(all)
}

// copies are the connections of several inputs that are one.
type copies struct {
	payloads map[*Connection]bool // of syncs over two, which go with their streams
	of       map[*Connection]*[]*Connection
}

// open reports whether two may be the same: neither has a copy in the other's input.
func (k *copies) open(a, b *Connection) bool {
	return a.Stream != b.Stream && !k.payloads[a] && !k.payloads[b] && !k.in(a, b.Stream) && !k.in(b, a.Stream)
}

// in reports whether a connection has a copy in an input.
func (k *copies) in(c *Connection, stream int) bool {
	of := k.of[c]
	return of != nil && slices.ContainsFunc(*of, func(x *Connection) bool { return x.Stream == stream })
}

// join puts the copies of both together, if that leaves one for each input.
func (k *copies) join(a, b *Connection) {
	for _, c := range []*Connection{a, b} {
		if k.of[c] == nil {
			k.of[c] = &[]*Connection{c}
		}
	}
	to, from := k.of[a], k.of[b]
	for _, c := range *from {
		if k.in(a, c.Stream) {
			return
		}
	}
	*to = append(*to, *from...)
	for _, c := range *from {
		k.of[c] = to
	}
}

// mark leaves out all but the one that tells most, the first of those that tell as much.
func (k *copies) mark(all []*Connection) {
	done := map[*[]*Connection]bool{}
	for _, first := range all {
		of := k.of[first]
		if of == nil || done[of] {
			continue
		}
		done[of] = true
		best := first
		for _, c := range *of {
			if tellsMore(c, best) {
				best = c
			}
		}
		for _, c := range *of {
			c.duplicate = c != best
			if c != best && c.channel != nil && c.channel != best.channel {
				c.channel.duplicate = true
			}
		}
	}
}

func begunAlike(a, b *Connection) bool {
	switch {
	case a.Began() != b.Began(),
		Differ(a.Link.ReplicationID, b.Link.ReplicationID),
		known(a.Link.StartOffset) && known(b.Link.StartOffset) && a.Link.StartOffset != b.Link.StartOffset,
		a.hasPayload() != b.hasPayload():
		return false
	}
	n := min(len(a.head), len(b.head))
	empty := a.Partial() && len(a.head) == 0 && len(b.head) == 0
	return (n > 0 || a.Full() || empty) && same(a.head[:n], b.head[:n])
}

func sameWhole(a, b *Connection) bool {
	x, y := a.marks.last(), b.marks.last()
	n := min(len(x), len(y))
	return a.Link.Commands == b.Link.Commands && a.bytes() == b.bytes() && same(x[len(x)-n:], y[len(y)-n:])
}

// sameEnds: two captures hold a connection between the same ports of the same hosts, of
// the same history and, where both tell it, from the same offset on: one that began late
// from one that the other holds. Ports are given out again: their times overlap.
func sameEnds(a, b *Connection) bool {
	if !a.Capture || !b.Capture || a.Link.From == "" || a.Link.From != b.Link.From ||
		a.Link.To == "" || a.Link.To != b.Link.To || Differ(a.Link.ReplicationID, b.Link.ReplicationID) || !overlap(&a.Link, &b.Link) {
		return false
	}
	from, to := a.Link.StartOffset, b.Link.StartOffset
	switch {
	case !known(from) || !known(to) || from == to:
		return true
	case a.Began() == record.NoSync:
		return from > to && from <= b.Link.EndOffset
	case b.Began() == record.NoSync:
		return to > from && to <= a.Link.EndOffset
	}
	return false
}

// overlap reports whether two recordings have a time in common, or neither tells any.
func overlap(a, b *record.Link) bool {
	if a.Began.IsZero() || b.Began.IsZero() {
		return a.Began.IsZero() && b.Began.IsZero()
	}
	return !a.Began.After(b.Ended) && !b.Began.After(a.Ended)
}

// sole: no other connection of its capture has the same endpoints, as one of the same
// replica has whose port was given out again.
func sole(all []*Connection, c *Connection) bool {
	return !slices.ContainsFunc(all, func(other *Connection) bool {
		return other != c && other.Stream == c.Stream && other.Link.From == c.Link.From && other.Link.To == c.Link.To
	})
}

// sameSoFar: one of the two recordings stopped earlier.
func sameSoFar(a, b *Connection) bool {
	return a.Capture != b.Capture && a.Link.Commands != b.Link.Commands
}

func tellsMore(a, b *Connection) bool {
	if a.Link.Commands != b.Link.Commands {
		return a.Link.Commands > b.Link.Commands
	}
	return a.Link.Requested != nil && b.Link.Requested == nil
}

// assign gathers connections by replica: in a capture by the host and the
// port that it listens on, elsewhere the one replica that there is.
func assign(all []*Connection) []*Replica {
	type place struct {
		host string
		port int
	}
	var replicas []*Replica
	byPlace := map[place]*Replica{}
	add := func(p place) *Replica {
		if byPlace[p] == nil {
			byPlace[p] = &Replica{Number: len(replicas) + 1}
			replicas = append(replicas, byPlace[p])
		}
		return byPlace[p]
	}
	var raw []*Connection
	for _, c := range all {
		if !c.Capture {
			raw = append(raw, c)
			continue
		}
		if c.Link.Replica.ListeningPort != 0 {
			add(place{host(c.Link.To), c.Link.Replica.ListeningPort})
		}
	}
	for _, c := range all {
		if !c.Capture {
			continue
		}
		p := place{host(c.Link.To), c.Link.Replica.ListeningPort}
		if p.port == 0 {
			for q := range byPlace {
				if q.host == p.host && len(byPlace) == 1 { // who else
					p = q
				}
			}
		}
		c.join(add(p))
	}
	for _, c := range raw {
		if len(replicas) == 1 {
			c.join(replicas[0])
			continue
		}
		c.join(add(place{}))
	}
	for _, r := range replicas {
		r.Connections = slices.DeleteFunc(r.Connections, func(c *Connection) bool { return c.duplicate || c.isEmpty() })
	}
	return replicas
}

func (c *Connection) join(r *Replica) {
	c.Replica = r.Number
	r.Connections = append(r.Connections, c)
}

// sort puts connections into the order in which they were made: by the clock
// where it was recorded, else as they were given, unless offsets say
// otherwise: a full resync tells where its master was, and what carries later
// bytes, or more than there were before it, came later.
func (r *Replica) sort() {
	timed := !slices.ContainsFunc(r.Connections, func(c *Connection) bool { return c.Link.Began.IsZero() })
	if timed {
		slices.SortStableFunc(r.Connections, func(a, b *Connection) int { return a.Link.Began.Compare(b.Link.Began) })
		return
	}
	streams := map[*Connection]*Connection{} // of syncs over two, by the one with the payload
	for _, c := range r.Connections {
		if slices.Contains(r.Connections, c.channel) {
			streams[c.channel] = c
		}
	}
	r.Connections = slices.DeleteFunc(r.Connections, func(c *Connection) bool { return c.channel != nil && streams[c.channel] == c })
	defer func() {
		for i := 0; i < len(r.Connections); i++ {
			if c := streams[r.Connections[i]]; c != nil {
				r.Connections = slices.Insert(r.Connections, i+1, c)
			}
		}
	}()
	for moved := true; moved; {
		moved = false
		for i, c := range r.Connections {
			if j := r.Connections.firstBehind(c, i); j < i {
				copy(r.Connections[j+1:i+1], r.Connections[j:i])
				r.Connections[j], moved = c, true
			}
		}
	}
}

// firstBehind is the index of the first connection before c, which is at index i,
// that came after it all the same; i if none did.
func (all Connections) firstBehind(c *Connection, i int) int {
	begun := int64(0) // where the last full resync so far began
	for j, before := range all[:i] {
		if mustPrecede(c, before, begun) {
			return j
		}
		if before.Full() && !Differ(before.Link.ReplicationID, c.Link.ReplicationID) {
			begun = max(begun, before.Link.StartOffset)
		}
	}
	return i
}

// mustPrecede reports whether a is a full resync that came before b: b carries later
// bytes, or, begun after an offset, more than there were until a.
func mustPrecede(a, b *Connection, begun int64) bool {
	if !a.Full() || !known(a.Link.StartOffset) || b.Link.AOF {
		return false
	}
	if b.Full() {
		return a.Link.ReplicationID == b.Link.ReplicationID && b.Link.StartOffset > a.Link.StartOffset
	}
	end := b.Link.EndOffset
	if !known(end) {
		end = max(begun, b.guess) + b.bytes()
	}
	return !Differ(a.Link.ReplicationID, b.Link.ReplicationID) && end > a.Link.StartOffset
}

// guessStarts says where the one recording begins that does not tell it, if one
// dump alone can be what its process started from.
func (r *Replica) guessStarts(bases []*Dump) {
	var raw *Connection
	for _, c := range r.Connections {
		if c.lacksRequest() {
			if raw != nil {
				return
			}
			raw = c
		}
	}
	if raw == nil {
		return
	}
	for _, b := range bases {
		if !known(b.Offset) || Differ(b.ID, raw.Link.ReplicationID) {
			continue
		}
		if known(raw.guess) {
			raw.guess = record.Unknown
			return
		}
		raw.guess = b.Offset
	}
}
