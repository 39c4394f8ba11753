package session

import (
	"slices"

	"github.com/redsleuth/redsleuth/parse/record"
)

// resolveSessions works out every connection's place in the replica's life, and
// hands back the bases that no connection of this one starts from.
func (r *Replica) resolveSessions(bases []*Dump) []*Dump {
	r.free = bases
	for i, c := range r.Connections {
		c.Last = i == len(r.Connections)-1
		r.anchor(c, r.Connections[:i])
		r.resume(c, r.Connections[:i])
		if before := r.Connections[:i].newest(); before != nil && c.Full() && known(c.Start) &&
			before.Link.ReplicationID == c.Link.ReplicationID {
			c.Join.WentBack = c.Start < before.end()
		}
	}
	return r.free
}

// newest is the last of them; nil if there is none.
func (all Connections) newest() *Connection {
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}

// take makes b the dump that c's process started from.
func (r *Replica) take(c *Connection, b *Dump) {
	c.Base = b
	r.free = slices.DeleteFunc(r.free, func(other *Dump) bool { return other == b })
	r.used = append(r.used, b)
}

// anchor finds where a connection starts and what its replica asked for.
func (r *Replica) anchor(c *Connection, earlier Connections) {
	c.Start = c.Link.StartOffset
	switch {
	case c.channel != nil:
		c.Asked = c.Start
		return
	case c.isMainChannel(): // its payload is not here
		return
	}
	switch req := c.Link.Requested; {
	case req != nil && req.ID != AnyID && req.Offset > 0:
		if c.Asked = req.Offset - 1; c.Partial() && !known(c.Start) {
			c.Start, c.Link.Anchor = c.Asked, record.AnchorPSYNC
		}
	case req == nil && c.Partial() && known(c.Start):
		c.Asked = c.Start
	case req == nil && !c.Full():
		r.anchorRaw(c, earlier)
		c.Asked = c.Start
	}
}

// anchorRaw does it for a recording that holds only the master's side: by a
// base that fits, by a dump or payload whose bytes come again, or by the bytes
// that it shares with the connection before.
func (r *Replica) anchorRaw(c *Connection, earlier Connections) {
	before := earlier.newest()
	if n, sure := c.sentAgain(before); sure && n > 0 && !c.Last {
		c.Start, c.Link.Anchor = before.end()-n, record.AnchorOverlap
		return
	}
	for _, b := range r.free {
		if known(b.Offset) && !r.askedLater(c, b) && !Differ(b.ID, c.Link.ReplicationID) && fits(c, earlier, b.Offset) {
			c.Start, c.Link.Anchor = b.Offset, record.AnchorBase
			r.take(c, b)
			return
		}
	}
	if before == nil || !known(before.end()) || !c.Continues() {
		return
	}
	for _, offset := range r.wentBackTo(earlier) {
		if n, ok := shared(c, earlier, offset); ok && n > 1 {
			c.Start, c.Link.Anchor = offset, record.AnchorOverlap
			return
		}
	}
	if n, sure := c.repeats(&before.marks); sure {
		c.Start = before.end() - n
		if n > 0 {
			c.Link.Anchor = record.AnchorOverlap
		}
	}
}

// askedLater reports whether a connection that came after one asked for what follows a
// dump: its process started from it, and not that of the one whose request is not here.
func (r *Replica) askedLater(c *Connection, b *Dump) bool {
	i := slices.Index(r.Connections, c)
	return slices.ContainsFunc(r.Connections[i+1:], func(later *Connection) bool {
		q := later.Link.Requested
		return q != nil && q.Offset-1 == b.Offset && !Differ(q.ID, b.ID)
	})
}

// sentAgain counts the bytes at the front of a stream that were the last of the
// connection before; sure where they can't be alike by chance.
func (c *Connection) sentAgain(before *Connection) (n int64, sure bool) {
	if before == nil || !known(before.end()) || !c.Continues() || Differ(before.Link.ReplicationID, c.Link.ReplicationID) {
		return 0, false
	}
	return c.repeats(&before.marks)
}

// wentBackTo lists the offsets before the last connection's start that a new
// process may have started from: those of dumps and payloads.
func (r *Replica) wentBackTo(earlier Connections) (offsets []int64) {
	start := earlier.newest().Start
	for _, b := range slices.Backward(r.used) {
		if b.Offset <= start {
			offsets = append(offsets, b.Offset)
		}
	}
	for _, e := range slices.Backward(earlier) {
		if e.Full() && known(e.Start) && e.Start <= start {
			offsets = append(offsets, e.Start)
		}
	}
	return offsets
}

// fits reports whether a connection can start at an offset, after those before
// it: what they had sent beyond must come again.
func fits(c *Connection, earlier Connections, offset int64) bool {
	before := earlier.newest()
	if before == nil || !known(before.end()) {
		return true
	}
	n, ok := shared(c, earlier, offset)
	switch {
	case !ok:
		return false
	case n > 0, offset == before.end():
		return true
	}
	// Nothing tells; it is the only one left. After the end bytes are missing,
	// unless the dump was saved while this very connection went on from there.
	return c.Last && (offset < before.end() || !c.endsCommandAt(offset-before.end()))
}

// endsCommandAt reports whether a command of the stream ends there, or may for
// all that is remembered.
func (c *Connection) endsCommandAt(bytes int64) bool {
	if bytes > c.bytes() {
		return false
	}
	return c.whole() == nil || slices.ContainsFunc(c.head, func(m mark) bool { return m.end == bytes })
}

// shared counts the commands at the front of a connection that were sent
// before, if it starts at an offset; false if others were.
func shared(c *Connection, earlier Connections, offset int64) (n int, ok bool) {
	for _, e := range slices.Backward(earlier) {
		if !known(e.Start) || !known(e.end()) || offset < e.Start || offset >= e.end() ||
			Differ(e.Link.ReplicationID, c.Link.ReplicationID) {
			continue
		}
		again, ok := e.marksAfter(offset)
		if !ok {
			return 0, e.whole() == nil // no boundary, unless it can't be told
		}
		n := min(len(again), len(c.head))
		return n, same(again[:n], c.head[:n])
	}
	return 0, true
}

// resume works out what process asked, and how far the connection before had
// got by then.
func (r *Replica) resume(c *Connection, earlier Connections) {
	if c.channel != nil {
		c.Entry, c.Lived = SameProcess, true
		return
	}
	if c.Base == nil && known(c.Asked) {
		if b := dumpAt(r.free, c.Asked, c.historyID()); b != nil {
			r.take(c, b)
		}
	}
	before := earlier.newest()
	if c.Base == nil && before != nil && known(c.Asked) && c.goesBack(before) {
		c.Base = dumpAt(r.used, c.Asked, c.historyID())
	}
	if c.Base == nil && c.Link.AOF && len(r.free) > 0 && !known(r.free[0].Offset) {
		r.take(c, r.free[0]) // the base of a multi-part AOF, without its manifest
	}
	if c.Base != nil {
		c.Entry = FromBase
		if before != nil {
			before.stopped(c.Asked)
		}
		return
	}
	if before == nil {
		if c.RequestedID() == AnyID || c.Full() || c.Link.AOF {
			c.Entry = Empty
		}
		return
	}
	c.Entry = SameProcess
	switch {
	case c.RequestedID() == AnyID:
		r.askedForAll(c, before)
	case !known(c.Asked):
	case before.Full() && c.Asked < before.Start && before.Link.Acks == nil &&
		(c.Asked == before.Asked || payloadAt(earlier, c.Asked, c.RequestedID()) == nil):
		before.Arrival, before.RanTo = Cut, before.Start
	case c.goesBack(before):
		c.Entry = FromOlder
		if c.From = payloadAt(earlier, c.Asked, c.RequestedID()); c.From != nil {
			c.Entry = FromPayload
		}
		before.stopped(c.Asked)
	default:
		c.ranSame(before)
	}
}

// askedForAll: the replica had no state to go on from. A process that had
// received something is gone; one that was waiting for a payload still waits.
func (r *Replica) askedForAll(c, before *Connection) {
	if before.Full() && before.Link.Acks == nil {
		before.Arrival, before.RanTo = Fatal, before.Start
		return
	}
	c.Entry = Empty
	before.stopped(record.Unknown)
}

// dumpAt finds the first dump with a replication state at an offset.
func dumpAt(dumps []*Dump, offset int64, id string) *Dump {
	for _, b := range dumps {
		if b.Offset == offset && !Differ(b.ID, id) {
			return b
		}
	}
	return nil
}

// goesBack: the replica had more than it asks for.
func (c *Connection) goesBack(before *Connection) bool {
	return known(before.Start) && (c.Asked < before.Start || c.Asked < before.acked()-pingAllowance)
}

// pingAllowance covers the PINGs that replicas with a MeaningfulOffset don't count.
const pingAllowance = 14 * 6

// payloadAt finds the last payload that was received at an offset.
func payloadAt(earlier Connections, offset int64, id string) *Connection {
	for _, e := range slices.Backward(earlier) {
		if e.Full() && e.Arrival == Arrived && e.Start == offset && !Differ(e.Link.ReplicationID, id) {
			return e
		}
	}
	return nil
}

// stopped says that the process at the replica's end died during this
// connection, and a new one started from a dump at an offset. What it ran is
// what it acknowledged; a dump within the connection was saved at its end.
func (c *Connection) stopped(at int64) {
	end := c.end()
	switch {
	case !known(c.Start) || !known(end):
	case known(at) && at > end: // it had received more than is here
	case known(at) && at >= c.Start && at <= end:
		c.RanTo = max(at, min(c.acked(), end))
	case c.Link.Acks != nil:
		c.RanTo = min(c.acked(), end)
	case c.Capture:
		c.RanTo = c.Start
	}
}

// ranSame says that the same process came back.
func (c *Connection) ranSame(before *Connection) {
	end := before.end()
	if !known(c.Asked) || !known(before.Start) || !known(end) {
		return
	}
	switch {
	case c.Asked > end:
		c.Join.Missing = c.Asked - end
	case c.Asked < end:
		before.RanTo = c.Asked
		c.Join.Repeated = min(end-c.Asked, c.bytes())
		if again, ok := before.marksAfter(c.Asked); ok && c.Partial() && c.Link.ReplicationID == before.Link.ReplicationID {
			n := min(len(again), len(c.head))
			c.Join.Differs = !same(again[:n], c.head[:n])
			c.Join.OnlyPings = len(again) > 0 && again[len(again)-1].end == end-before.Start && !slices.ContainsFunc(again, func(m mark) bool { return !m.quiet })
		}
	}
}
