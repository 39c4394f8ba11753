package replay

import (
	"slices"

	"github.com/redsleuth/redsleuth/parse/record"
)

// markDuplicates finds connections that two artefacts hold. The one that
// tells more is kept. Bytes that are sent again make connections look alike
// that are not the same: whole ones are matched first, each with one, and cut
// ones only between a capture and a recording of the bytes.
func markDuplicates(all []*connection) {
	if !slices.ContainsFunc(all, func(c *connection) bool { return c.stream != all[0].stream }) {
		return
	}
	matched := map[*connection]bool{}
	for _, alike := range []func(a, b *connection) bool{sameWhole, sameSoFar} {
		for i, a := range all {
			for _, b := range all[i+1:] {
				if a.stream == b.stream || matched[a] || matched[b] || !sameStart(a, b) || !alike(a, b) {
					continue
				}
				worse := b
				if tellsMore(b, a) {
					worse = a
				}
				for _, c := range []*connection{a, b, a.channel, b.channel} {
					matched[c] = true
				}
				worse.duplicate = true
				if worse.channel != nil && a.channel != b.channel {
					worse.channel.duplicate = true
				}
			}
		}
	}
}

func sameStart(a, b *connection) bool {
	switch {
	case a.began() != b.began(),
		differ(a.link.ReplicationID, b.link.ReplicationID),
		known(a.link.StartOffset) && known(b.link.StartOffset) && a.link.StartOffset != b.link.StartOffset,
		a.hasPayload() != b.hasPayload():
		return false
	}
	n := min(len(a.head), len(b.head))
	empty := a.partial() && len(a.head) == 0 && len(b.head) == 0
	return (n > 0 || a.full() || empty) && sameMarks(a.head[:n], b.head[:n])
}

func sameWhole(a, b *connection) bool {
	x, y := a.lastMarks(), b.lastMarks()
	n := min(len(x), len(y))
	return a.link.Commands == b.link.Commands && a.bytes() == b.bytes() && sameMarks(x[len(x)-n:], y[len(y)-n:])
}

// sameSoFar: one of the two recordings stopped earlier.
func sameSoFar(a, b *connection) bool {
	return a.capture != b.capture && a.link.Commands != b.link.Commands
}

// differ: both are told and not the same.
func differ(a, b string) bool { return a != "" && b != "" && a != b }

func known(offset int64) bool { return offset != record.Unknown }

func tellsMore(a, b *connection) bool {
	if a.link.Commands != b.link.Commands {
		return a.link.Commands > b.link.Commands
	}
	return a.link.Requested != nil && b.link.Requested == nil
}

// assign gathers connections by replica: in a capture by the host and the
// port that it listens on, elsewhere the one replica that there is.
func assign(all []*connection) []*replica {
	type place struct {
		host string
		port int
	}
	var replicas []*replica
	byPlace := map[place]*replica{}
	add := func(p place) *replica {
		if byPlace[p] == nil {
			byPlace[p] = &replica{number: len(replicas) + 1}
			replicas = append(replicas, byPlace[p])
		}
		return byPlace[p]
	}
	var raw []*connection
	for _, c := range all {
		if !c.capture {
			raw = append(raw, c)
			continue
		}
		if c.link.Replica.ListeningPort != 0 {
			add(place{host(c.link.To), c.link.Replica.ListeningPort})
		}
	}
	for _, c := range all {
		if !c.capture {
			continue
		}
		p := place{host(c.link.To), c.link.Replica.ListeningPort}
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
		r.connections = slices.DeleteFunc(r.connections, func(c *connection) bool { return c.duplicate || c.empty() })
	}
	return replicas
}

// empty: the master refused, or the connection ended before anything came.
func (c *connection) empty() bool {
	return c.link.Resync == record.NoSync && c.link.Commands == 0 && !c.link.AOF && c.link.End != ""
}

func (c *connection) join(r *replica) {
	c.replica = r
	r.connections = append(r.connections, c)
}

// sort puts connections into the order in which they were made: by the clock
// where it was recorded, else as they were given, unless offsets say
// otherwise: a full resync tells where its master was, and what carries later
// bytes came later.
func (r *replica) sort() {
	timed := !slices.ContainsFunc(r.connections, func(c *connection) bool { return c.link.Began.IsZero() })
	if timed {
		slices.SortStableFunc(r.connections, func(a, b *connection) int { return a.link.Began.Compare(b.link.Began) })
		return
	}
	streams := map[*connection]*connection{} // of syncs over two, by the one with the payload
	for _, c := range r.connections {
		if slices.Contains(r.connections, c.channel) {
			streams[c.channel] = c
		}
	}
	r.connections = slices.DeleteFunc(r.connections, func(c *connection) bool { return c.channel != nil && streams[c.channel] == c })
	defer func() {
		for i := 0; i < len(r.connections); i++ {
			if c := streams[r.connections[i]]; c != nil {
				r.connections = slices.Insert(r.connections, i+1, c)
			}
		}
	}()
	for i := range r.connections {
		for j := i; j > 0 && mustPrecede(r.connections[j], r.connections[j-1]); j-- {
			r.connections[j], r.connections[j-1] = r.connections[j-1], r.connections[j]
		}
	}
}

func mustPrecede(a, b *connection) bool {
	end := b.link.EndOffset
	if !known(end) && known(b.guess) {
		end = b.guess + b.bytes()
	}
	return a.full() && a.link.ReplicationID == b.link.ReplicationID && known(a.link.StartOffset) &&
		known(end) && end > a.link.StartOffset &&
		(!b.full() || b.link.StartOffset > a.link.StartOffset)
}

// guessStarts says where the one recording begins that does not tell it, if one
// dump alone can be what its process started from.
func (r *replica) guessStarts(bases []*dump) {
	var raw *connection
	for _, c := range r.connections {
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
		if !known(b.offset) || differ(b.id, raw.link.ReplicationID) {
			continue
		}
		if known(raw.guess) {
			raw.guess = record.Unknown
			return
		}
		raw.guess = b.offset
	}
}
