package session

import (
	"slices"

	"github.com/redsleuth/redsleuth/parse/record"
)

// markDuplicates finds connections that two artefacts hold. The one that
// tells more is kept. Bytes that are sent again make connections look alike
// that are not the same: whole ones are matched first, each with one, and cut ones
// only between a capture and a recording of the bytes. Captures that hold a connection
// of the same two ports hold the same one, whatever either has lost of it.
func markDuplicates(all []*Connection) {
	if !slices.ContainsFunc(all, func(c *Connection) bool { return c.Stream != all[0].Stream }) {
		return
	}
	payloads := map[*Connection]bool{} // of syncs over two, which go with their streams
	for _, c := range all {
		if c.channel != nil {
			payloads[c.channel] = true
		}
	}
	matched := map[*Connection]bool{}
	for _, alike := range []func(a, b *Connection) bool{
		func(a, b *Connection) bool { return begunAlike(a, b) && sameWhole(a, b) },
		func(a, b *Connection) bool { return begunAlike(a, b) && sameSoFar(a, b) },
	} {
		eachPair(all, func(a, b *Connection) {
			if matched[a] || matched[b] || payloads[a] || payloads[b] || !alike(a, b) {
				return
			}
			leaveOut(a, b)
			for _, c := range []*Connection{a, b, a.channel, b.channel} {
				matched[c] = true
			}
		})
	}
	eachPair(all, func(a, b *Connection) {
		if payloads[a] || payloads[b] || !sameEnds(a, b) || !sole(all, a) || !sole(all, b) {
			return
		}
		switch {
		case !a.duplicate && !b.duplicate:
			leaveOut(a, b)
		case a.duplicate && !tellsMore(b, a): // nor than what a is left out for
			b.duplicate = true
		case b.duplicate && !tellsMore(a, b):
			a.duplicate = true
		}
	})
}

// eachPair goes over those of different inputs.
func eachPair(all []*Connection, do func(a, b *Connection)) {
	for i, a := range all {
		for _, b := range all[i+1:] {
			if a.Stream != b.Stream {
				do(a, b)
			}
		}
	}
}

// leaveOut keeps the one of two recordings of a connection that tells more.
func leaveOut(a, b *Connection) {
	worse := b
	if tellsMore(b, a) {
		worse = a
	}
	worse.duplicate = true
	if worse.channel != nil && a.channel != b.channel {
		worse.channel.duplicate = true
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
// the same history and, where both tell it, from the same offset on.
func sameEnds(a, b *Connection) bool {
	return a.Capture && b.Capture && a.Link.From != "" && a.Link.To != "" &&
		a.Link.From == b.Link.From && a.Link.To == b.Link.To &&
		!Differ(a.Link.ReplicationID, b.Link.ReplicationID) &&
		!(known(a.Link.StartOffset) && known(b.Link.StartOffset) && a.Link.StartOffset != b.Link.StartOffset)
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
