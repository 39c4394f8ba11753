package replay

import (
	"slices"

	"github.com/redsleuth/redsleuth/parse/record"
)

// joinChannels ties the two connections of each sync over two (Redis
// rdb-channel, Valkey dual-channel): where the payload's offset is, the stream
// of the other one starts. In a capture they are joined already; where only a
// master's bytes were recorded, the two are inputs of their own.
func joinChannels(all []*connection) {
	taken := map[*connection]bool{}
	payloadsFirst := false
	if i := slices.IndexFunc(all, func(c *connection) bool { return c.isMainChannel() || c.mayBePayloadChannel() }); i >= 0 {
		payloadsFirst = !all[i].isMainChannel()
	}
	mains, payloads := 0, 0
	for _, c := range all {
		switch {
		case c.isMainChannel() && !known(c.link.StartOffset):
			mains++
		case c.mayBePayloadChannel():
			payloads++
		}
	}
	for i, c := range all {
		if !c.isMainChannel() || known(c.link.StartOffset) {
			continue
		}
		sides := [][]*connection{all[i+1:], all[:i]}
		if payloadsFirst {
			slices.Reverse(sides)
		}
		if mains > payloads { // some are missing: only neighbours can be sure of each other
			sides = [][]*connection{all[i+1 : min(i+2, len(all))]}
			if payloadsFirst {
				sides = [][]*connection{all[max(0, i-1):i]}
			}
		}
		p := c.payloadChannel(slices.Concat(sides...), taken)
		if p == nil {
			continue
		}
		taken[p] = true
		c.channel = p
		c.link.ReplicationID, c.link.Anchor = p.link.ReplicationID, record.AnchorFullResync
		c.link.StartOffset = p.link.StartOffset
		c.link.EndOffset = c.link.StartOffset + c.bytes()
	}
}

func (c *connection) isMainChannel() bool {
	return !c.capture && c.link.Channel == record.ChannelMain
}

// mayBePayloadChannel: a payload that no stream follows.
func (c *connection) mayBePayloadChannel() bool {
	return !c.capture && c.full() && known(c.link.StartOffset) && c.link.Commands == 0
}

// payloadChannel is the first connection that may be the other one of c's: of
// the same history and client as far as these are told.
func (c *connection) payloadChannel(among []*connection, taken map[*connection]bool) *connection {
	for _, p := range among {
		if p.mayBePayloadChannel() && !taken[p] && !differ(p.link.ReplicationID, c.link.ReplicationID) && !differ(p.link.ClientID, c.link.ClientID) {
			return p
		}
	}
	return nil
}

// began is how the replica's sync with a connection began, whichever
// connection brought the payload.
func (c *connection) began() record.Resync {
	if c.link.Channel == record.ChannelMain {
		return record.Full
	}
	return c.link.Resync
}

func (c *connection) hasPayload() bool {
	return c.link.Channel == record.ChannelMain || c.link.Payload != nil
}
