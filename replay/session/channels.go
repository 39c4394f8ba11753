package session

import (
	"cmp"
	"math"
	"slices"

	"github.com/redsleuth/redsleuth/parse/record"
)

// joinChannels ties the two connections of each sync over two (Redis
// rdb-channel, Valkey dual-channel): where the payload's offset is, the stream
// of the other one starts. In a capture they are joined already; where only a
// master's bytes were recorded, the two are inputs of their own.
func joinChannels(all []*Connection) {
	taken := map[*Connection]bool{}
	payloadsFirst := false
	if i := slices.IndexFunc(all, func(c *Connection) bool { return c.isMainChannel() || c.mayBePayloadChannel() }); i >= 0 {
		payloadsFirst = !all[i].isMainChannel()
	}
	joinByCapture(all, taken)
	var mains, payloads []*Connection
	for _, c := range all {
		switch {
		case taken[c]:
		case c.isMainChannel() && !known(c.Link.StartOffset):
			mains = append(mains, c)
		case c.mayBePayloadChannel():
			payloads = append(payloads, c)
		}
	}
	if joinByRoom(mains, payloads) {
		return
	}
	for i, c := range all {
		if !c.isMainChannel() || known(c.Link.StartOffset) {
			continue
		}
		sides := [][]*Connection{all[i+1:], all[:i]}
		if payloadsFirst {
			slices.Reverse(sides)
		}
		if len(mains) > len(payloads) { // some are missing: only neighbours can be sure of each other
			sides = [][]*Connection{all[i+1 : min(i+2, len(all))]}
			if payloadsFirst {
				sides = [][]*Connection{all[max(0, i-1):i]}
			}
		}
		p := c.payloadChannel(slices.Concat(sides...), taken)
		if p == nil {
			continue
		}
		taken[p] = true
		c.joinPayload(p)
	}
}

func (c *Connection) joinPayload(p *Connection) {
	c.channel = p
	c.Link.ReplicationID, c.Link.Anchor = p.Link.ReplicationID, record.AnchorFullResync
	c.Link.StartOffset = p.Link.StartOffset
	c.Link.EndOffset = c.Link.StartOffset + c.bytes()
}

// joinByCapture ties streams to payloads where a capture holds the same sync, and so
// tells which two belong together.
func joinByCapture(all []*Connection, taken map[*Connection]bool) {
	for _, c := range all {
		if !c.isMainChannel() || known(c.Link.StartOffset) {
			continue
		}
		var same *Connection
		for _, alike := range []func(a, b *Connection) bool{sameWhole, sameSoFar} {
			for _, other := range all {
				if same == nil && other.Capture && known(other.Link.StartOffset) && len(c.head) > 0 &&
					begunAlike(c, other) && alike(c, other) {
					same = other
				}
			}
		}
		if same == nil {
			continue
		}
		at := func(p *Connection) bool {
			return p.mayBePayloadChannel() && !taken[p] && p.Link.StartOffset == same.Link.StartOffset
		}
		if i := slices.IndexFunc(all, at); i >= 0 {
			taken[all[i]] = true
			c.joinPayload(all[i])
			continue
		}
		c.Link.ReplicationID, c.Link.Anchor = same.Link.ReplicationID, same.Link.Anchor
		c.Link.StartOffset, c.Link.EndOffset = same.Link.StartOffset, same.Link.StartOffset+c.bytes()
	}
}

// joinByRoom ties streams to payloads where their lengths leave one way alone: a
// stream ends before the next sync of its history begins, since no master goes back.
// It reports whether they do.
func joinByRoom(streams, payloads []*Connection) bool {
	if len(streams) != len(payloads) || len(streams) < 2 {
		return false
	}
	for _, p := range payloads {
		if p.Link.ReplicationID != payloads[0].Link.ReplicationID || p.Link.ClientID != "" {
			return false
		}
	}
	payloads = slices.SortedFunc(slices.Values(payloads), func(a, b *Connection) int {
		return cmp.Compare(a.Link.StartOffset, b.Link.StartOffset)
	})
	room := map[*Connection]int64{}
	for i, p := range payloads {
		room[p] = math.MaxInt64
		if i+1 < len(payloads) {
			room[p] = payloads[i+1].Link.StartOffset - p.Link.StartOffset
		}
	}
	slices.SortFunc(payloads, func(a, b *Connection) int { return cmp.Compare(room[b], room[a]) })
	streams = slices.SortedFunc(slices.Values(streams), func(a, b *Connection) int {
		return cmp.Compare(b.bytes(), a.bytes())
	})
	for i, c := range streams { // the payloads with room for it are those of longer ones, and one more
		fits := func(p *Connection) bool { return room[p] >= c.bytes() }
		if Differ(c.Link.ReplicationID, payloads[i].Link.ReplicationID) ||
			!fits(payloads[i]) || i+1 < len(payloads) && fits(payloads[i+1]) {
			return false
		}
	}
	for i, c := range streams {
		c.joinPayload(payloads[i])
	}
	return true
}

// mayBePayloadChannel: a payload that no stream follows.
func (c *Connection) mayBePayloadChannel() bool {
	return !c.Capture && c.Full() && known(c.Link.StartOffset) && c.Link.Commands == 0
}

// payloadChannel is the first connection that may be the other one of c's: of
// the same history and client as far as these are known.
func (c *Connection) payloadChannel(among []*Connection, taken map[*Connection]bool) *Connection {
	for _, p := range among {
		if p.mayBePayloadChannel() && !taken[p] && !Differ(p.Link.ReplicationID, c.Link.ReplicationID) && !Differ(p.Link.ClientID, c.Link.ClientID) {
			return p
		}
	}
	return nil
}
