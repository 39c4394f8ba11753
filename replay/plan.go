package replay

import (
	"slices"

	"github.com/redsleuth/redsleuth/parse/record"
)

// A replica is the other end of connections that belong together.
type replica struct {
	number int
	connections
	// free are the bases that no process is known to have started from, used
	// those that one did.
	free, used []*dump
}

type connections []*connection

// foreign reports whether a dump is of a history that no connection follows.
func (all connections) foreign(b *dump) bool {
	told := false
	for _, c := range all {
		for _, id := range []string{c.link.ReplicationID, c.requestedID()} {
			if id != "" && id != anyID {
				told = true
				if id == b.id {
					return false
				}
			}
		}
	}
	return told && b.id != ""
}

// anyID asks for a full resync.
const anyID = "?"

// plan says whose connections these are, in which order they came, what stood
// at the replica's end of each, and how far it ran the stream.
func plan(all []*connection, bases []*dump, logged []LoggedResync) []*replica {
	joinChannels(all)
	markDuplicates(all)
	replicas := assign(all)
	free := slices.Clone(bases)
	for _, r := range replicas {
		r.guessStarts(free)
		r.sort()
		r.askedByLog(logged)
		free = r.settle(free)
		logged = r.heed(logged)
	}
	return replicas
}

// settle works out every connection's place in the replica's life, and hands
// back the bases that no connection of this one starts from.
func (r *replica) settle(bases []*dump) []*dump {
	r.free = bases
	for i, c := range r.connections {
		c.last = i == len(r.connections)-1
		r.anchor(c, r.connections[:i])
		r.enter(c, r.connections[:i])
		if before := r.connections[:i].newest(); before != nil && c.full() && known(c.start) && before.link.ReplicationID == c.link.ReplicationID {
			c.wentBack = c.start < before.end()
		}
	}
	return r.free
}

// newest is the last of them; nil if there is none.
func (all connections) newest() *connection {
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}

// take makes b the dump that c's process started from.
func (r *replica) take(c *connection, b *dump) {
	c.base, b.taken = b, true
	r.free = slices.DeleteFunc(r.free, func(other *dump) bool { return other == b })
	r.used = append(r.used, b)
}

// anchor finds where a connection starts and what its replica asked for.
func (r *replica) anchor(c *connection, earlier connections) {
	c.start = c.link.StartOffset
	switch {
	case c.channel != nil:
		c.asked = c.start
		return
	case c.isMainChannel(): // its payload is not here
		return
	}
	switch req := c.link.Requested; {
	case req != nil && req.ID != anyID && req.Offset > 0:
		if c.asked = req.Offset - 1; c.partial() && !known(c.start) {
			c.start, c.link.Anchor = c.asked, record.AnchorPSYNC
		}
	case req == nil && c.partial() && known(c.start):
		c.asked = c.start
	case req == nil && !c.full():
		r.anchorRaw(c, earlier)
		c.asked = c.start
	}
}

// anchorRaw does it for a recording that holds only the master's side: by a
// base that fits, by a dump or payload whose bytes come again, or by the bytes
// that it shares with the connection before.
func (r *replica) anchorRaw(c *connection, earlier connections) {
	before := earlier.newest()
	if n, sure := c.sentAgain(before); sure && n > 0 && !c.last {
		c.start, c.link.Anchor = before.end()-n, record.AnchorOverlap
		return
	}
	for _, b := range r.free {
		if known(b.offset) && !differ(b.id, c.link.ReplicationID) && fits(c, earlier, b.offset) {
			c.start, c.link.Anchor = b.offset, record.AnchorBase
			r.take(c, b)
			return
		}
	}
	if before == nil || !known(before.end()) || !c.goesOn() {
		return
	}
	for _, offset := range r.wentBackTo(earlier) {
		if n, ok := shared(c, earlier, offset); ok && n > 1 {
			c.start, c.link.Anchor = offset, record.AnchorOverlap
			return
		}
	}
	if n, sure := c.repeats(before); sure {
		c.start = before.end() - n
		if n > 0 {
			c.link.Anchor = record.AnchorOverlap
		}
	}
}

// sentAgain counts the bytes at the front of a stream that were the last of the
// connection before; sure where they can't be alike by chance.
func (c *connection) sentAgain(before *connection) (n int64, sure bool) {
	if before == nil || !known(before.end()) || !c.goesOn() || differ(before.link.ReplicationID, c.link.ReplicationID) {
		return 0, false
	}
	return c.repeats(before)
}

// wentBackTo lists the offsets before the last connection's start that a new
// process may have started from: those of dumps and payloads.
func (r *replica) wentBackTo(earlier connections) (offsets []int64) {
	start := earlier.newest().start
	for _, b := range slices.Backward(r.used) {
		if b.offset <= start {
			offsets = append(offsets, b.offset)
		}
	}
	for _, e := range slices.Backward(earlier) {
		if e.full() && known(e.start) && e.start <= start {
			offsets = append(offsets, e.start)
		}
	}
	return offsets
}

// fits reports whether a connection can start at an offset, after those before
// it: what they had sent beyond must come again.
func fits(c *connection, earlier connections, offset int64) bool {
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
	// Nothing tells; it is the only one left. Beyond the end bytes are missing,
	// unless the dump was saved while this very connection went on from there.
	return c.last && (offset < before.end() || !c.endsCommandAt(offset-before.end()))
}

// endsCommandAt reports whether a command of the stream ends there, or may for
// all that is remembered.
func (c *connection) endsCommandAt(bytes int64) bool {
	if bytes > c.bytes() {
		return false
	}
	return c.whole() == nil || slices.ContainsFunc(c.head, func(m mark) bool { return m.end == bytes })
}

// shared counts the commands at the front of a connection that were sent
// before, if it starts at an offset; false if others were.
func shared(c *connection, earlier connections, offset int64) (n int, ok bool) {
	for _, e := range slices.Backward(earlier) {
		if !known(e.start) || !known(e.end()) || offset < e.start || offset >= e.end() ||
			differ(e.link.ReplicationID, c.link.ReplicationID) {
			continue
		}
		again, ok := e.after(offset)
		if !ok {
			return 0, e.whole() == nil // no boundary, unless it can't be told
		}
		n := min(len(again), len(c.head))
		return n, sameMarks(again[:n], c.head[:n])
	}
	return 0, true
}

// enter works out what process asked, and how far the connection before had
// got by then.
func (r *replica) enter(c *connection, earlier connections) {
	if c.channel != nil {
		c.process, c.lived = processSame, true
		return
	}
	if c.base == nil && known(c.asked) {
		if b := dumpAt(r.free, c.asked, c.historyID()); b != nil {
			r.take(c, b)
		}
	}
	before := earlier.newest()
	if c.base == nil && before != nil && known(c.asked) && c.goesBack(before) {
		c.base = dumpAt(r.used, c.asked, c.historyID())
	}
	if c.base == nil && c.link.AOF && len(r.free) > 0 && !known(r.free[0].offset) {
		r.take(c, r.free[0]) // the base of a multi-part AOF, without its manifest
	}
	if c.base != nil {
		c.process = processBase
		if before != nil {
			before.stopped(c.asked)
		}
		return
	}
	if before == nil {
		if c.requestedID() == anyID || c.full() || c.link.AOF {
			c.process = processEmpty
		}
		return
	}
	c.process = processSame
	switch {
	case c.requestedID() == anyID:
		r.askedForAll(c, before)
	case !known(c.asked):
	case before.full() && c.asked < before.start && before.link.Acks == nil &&
		(c.asked == before.asked || payloadAt(earlier, c.asked, c.requestedID()) == nil):
		before.arrived, before.ranTo = false, before.start
	case c.goesBack(before):
		c.process = processOlder
		if c.from = payloadAt(earlier, c.asked, c.requestedID()); c.from != nil {
			c.process = processPayload
		}
		before.stopped(c.asked)
	default:
		c.ranSame(before)
	}
}

// askedForAll: the replica had no state to go on from. A process that had
// received something is gone; one that was waiting for a payload still waits.
func (r *replica) askedForAll(c, before *connection) {
	if before.full() && before.link.Acks == nil {
		before.arrived, before.ranTo, before.fatal = false, before.start, true
		return
	}
	c.process = processEmpty
	before.stopped(record.Unknown)
}

// dumpAt finds the first dump with a replication state at an offset.
func dumpAt(dumps []*dump, offset int64, id string) *dump {
	for _, b := range dumps {
		if b.offset == offset && !differ(b.id, id) {
			return b
		}
	}
	return nil
}

func (c *connection) requestedID() string {
	if c.link.Requested == nil {
		return ""
	}
	return c.link.Requested.ID
}

// historyID is that of what the replica had when it asked.
func (c *connection) historyID() string {
	if id := c.requestedID(); id != "" || !c.goesOn() {
		return id
	}
	return c.link.ReplicationID
}

// goesBack: the replica had more than it asks for.
func (c *connection) goesBack(before *connection) bool {
	return known(before.start) && (c.asked < before.start || c.asked < before.acked()-pingAllowance)
}

// pingAllowance covers the PINGs that 6.0.0 to 6.0.3 don't count.
const pingAllowance = 14 * 6

// acked is the last offset that the replica acknowledged; the start if none.
func (c *connection) acked() int64 {
	if a := c.link.Acks; a != nil {
		return max(a.Last, c.start)
	}
	return c.start
}

// payloadAt finds the last payload that was received at an offset.
func payloadAt(earlier connections, offset int64, id string) *connection {
	for _, e := range slices.Backward(earlier) {
		if e.full() && e.arrived && e.start == offset && !differ(e.link.ReplicationID, id) {
			return e
		}
	}
	return nil
}

// stopped says that the process at the replica's end died during this
// connection, and a new one started from a dump at an offset. What it ran is
// what it acknowledged; a dump within the connection was saved at its end.
func (c *connection) stopped(at int64) {
	end := c.end()
	switch {
	case !known(c.start) || !known(end):
	case known(at) && at >= c.start && at <= end:
		c.ranTo = max(at, min(c.acked(), end))
	case c.link.Acks != nil:
		c.ranTo = min(c.acked(), end)
	case c.capture:
		c.ranTo = c.start
	}
}

// ranSame says that the same process came back.
func (c *connection) ranSame(before *connection) {
	end := before.end()
	if !known(c.asked) || !known(before.start) || !known(end) {
		return
	}
	switch {
	case c.asked > end:
		c.missing = c.asked - end
	case c.asked < end:
		before.ranTo = c.asked
		c.repeated = min(end-c.asked, c.bytes())
		if again, ok := before.after(c.asked); ok && c.partial() && c.link.ReplicationID == before.link.ReplicationID {
			n := min(len(again), len(c.head))
			c.differs = !sameMarks(again[:n], c.head[:n])
			c.trimmed = len(again) > 0 && again[len(again)-1].end == end-before.start && !slices.ContainsFunc(again, func(m mark) bool { return !m.quiet })
		}
	}
}
