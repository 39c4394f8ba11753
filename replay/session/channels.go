package session

import (
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
	mains, payloads := 0, 0
	for _, c := range all {
		switch {
		case c.isMainChannel() && !known(c.Link.StartOffset):
			mains++
		case c.mayBePayloadChannel():
			payloads++
		}
	}
	for i, c := range all {
		if !c.isMainChannel() || known(c.Link.StartOffset) {
			continue
		}
		sides := [][]*Connection{all[i+1:], all[:i]}
		if payloadsFirst {
			slices.Reverse(sides)
		}
		if mains > payloads { // some are missing: only neighbours can be sure of each other
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
		c.channel = p
		c.Link.ReplicationID, c.Link.Anchor = p.Link.ReplicationID, record.AnchorFullResync
		c.Link.StartOffset = p.Link.StartOffset
		c.Link.EndOffset = c.Link.StartOffset + c.bytes()
	}
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
