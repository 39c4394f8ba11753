package session

import (
	"strings"

	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
)

// A Connection is a link with its place in the life of a replica.
type Connection struct {
	// Stream is the index of its input, Replica the number of the replica
	// that it leads to, from 1.
	Stream, Replica int
	Capture         bool
	// Link is as it was surveyed, with what other artefacts tell of it.
	Link record.Link
	// Payload is the head of the RDB that it brought; nil without one.
	Payload *Dump
	// Start is the offset before the first byte of the stream, Asked the one
	// that the replica had when it asked; record.Unknown where not known.
	Start, Asked int64
	// Entry is how the connection found the replica; Base is the dump that its
	// process had started from, From the connection whose payload it was.
	Entry Entry
	Base  *Dump
	From  *Connection
	// Lived: the replica's log shows that it is the process of the connection
	// before.
	Lived bool
	// After is the time as a master from which the process came back with it, and Until
	// the one that began behind what it ran of it; nil for none that is known.
	After, Until *repl.Term
	// RanTo is how far the replica ran the stream; record.Unknown where
	// nothing limits it.
	RanTo int64
	// Arrival is what became of the payload.
	Arrival Arrival
	Join    Join
	// Last: no connection of the replica comes after it.
	Last bool

	surveyed
}

// surveyed is what only the survey needs.
type surveyed struct {
	marks
	channel *Connection // that brought the payload of the same sync
	// guess is where a recording that does not tell it may begin.
	guess     int64
	torn      bool // the recording begins within a command
	duplicate bool
}

// A Join is how a connection joins the one before.
type Join struct {
	// Missing counts the bytes that the replica had received before and no
	// artefact holds, Repeated those that had been sent on the link before.
	Missing, Repeated int64
	Differs           bool // repeated bytes were other bytes before
	OnlyPings         bool // repeated bytes were nothing but PINGs before
	WentBack          bool // a full resync at an offset that its history had passed
}

// Entry is how a connection found the replica.
type Entry uint8

// How connections find replicas.
const (
	Unknown     Entry = iota // the recording begins in the middle of its life
	SameProcess              // the one of the connection before
	FromBase                 // started from Connection.Base
	FromPayload              // started from the payload of Connection.From
	FromOlder                // started from a dump at the offset asked for, which is no artefact
	Empty                    // started without a replication state
)

// IsRestart reports whether a new process had started from a dump.
func (e Entry) IsRestart() bool { return e == FromBase || e == FromPayload || e == FromOlder }

// Arrival is what became of a payload.
type Arrival uint8

// What becomes of payloads.
const (
	Arrived Arrival = iota // as far as anything tells
	Cut                    // it did not reach the replica
	Fatal                  // it did not reach the replica, or the process died of it
)

func newConnection(stream int, l *record.Link) *Connection {
	return &Connection{
		Stream: stream, Link: *l, Start: record.Unknown, Asked: record.Unknown, RanTo: record.Unknown,
		surveyed: surveyed{guess: record.Unknown},
	}
}

// Full and Partial report how the link began.
func (c *Connection) Full() bool    { return c.Link.Resync == record.Full }
func (c *Connection) Partial() bool { return c.Link.Resync == record.Partial }

// Began is how the replica's sync with the connection began, whichever
// connection brought the payload.
func (c *Connection) Began() record.Resync {
	if c.Link.Channel == record.ChannelMain {
		return record.Full
	}
	return c.Link.Resync
}

// Continues reports whether the stream goes on from before: after a partial
// resync, or as a recording without the handshake that begins with a whole
// command.
func (c *Connection) Continues() bool {
	return c.Partial() || c.Link.Resync == record.NoSync && !c.Link.AOF && !c.isMainChannel() && !c.torn
}

// LacksPayload reports whether the payload came over another connection, which
// is not here.
func (c *Connection) LacksPayload() bool { return c.isMainChannel() && c.channel == nil }

// Survived reports whether the replica acknowledged something after the
// payload, or its master took it to have: after an end mark the stream waits
// for that.
func (c *Connection) Survived() bool {
	p := c.Link.Payload
	return c.Link.Acks != nil || p != nil && p.Framing == record.FramingEOFMark && c.Link.Commands > 0
}

// RequestedID is the history that the replica asked for; "" where not seen.
func (c *Connection) RequestedID() string {
	if c.Link.Requested == nil {
		return ""
	}
	return c.Link.Requested.ID
}

// AnyID asks for a full resync.
const AnyID = "?"

// historyID is that of what the replica had when it asked.
func (c *Connection) historyID() string {
	if id := c.RequestedID(); id != "" || !c.Continues() {
		return id
	}
	return c.Link.ReplicationID
}

// end is the offset after the last whole command.
func (c *Connection) end() int64 {
	switch {
	case c.Link.EndOffset != record.Unknown && c.Link.StartOffset == c.Start:
		return c.Link.EndOffset
	case c.Start != record.Unknown:
		return c.Start + c.bytes()
	}
	return record.Unknown
}

// acked is the last offset that the replica acknowledged; the start if none.
func (c *Connection) acked() int64 {
	if a := c.Link.Acks; a != nil {
		return max(a.Last, c.Start)
	}
	return c.Start
}

// marksAfter finds the marks after an offset; false if it is no boundary, or
// is not remembered.
func (c *Connection) marksAfter(offset int64) ([]mark, bool) {
	list := c.marks.after(offset - c.Start)
	return list, list != nil
}

// whole is all marks of a short connection; nil for one of which only the ends
// are remembered.
func (c *Connection) whole() []mark {
	if int64(len(c.head)) == c.Link.Commands {
		return c.head
	}
	return nil
}

func (c *Connection) isMainChannel() bool {
	return !c.Capture && c.Link.Channel == record.ChannelMain
}

// isEmpty: the master refused, or the connection ended before anything came.
func (c *Connection) isEmpty() bool {
	return c.Link.Resync == record.NoSync && c.Link.Commands == 0 && !c.Link.AOF && c.Link.End != ""
}

func (c *Connection) hasPayload() bool {
	return c.Link.Channel == record.ChannelMain || c.Link.Payload != nil
}

// host is an endpoint without its port.
func host(endpoint string) string {
	if i := strings.LastIndexByte(endpoint, ':'); i >= 0 {
		return endpoint[:i]
	}
	return endpoint
}

// Differ reports whether two ids are known and not the same.
func Differ(a, b string) bool { return a != "" && b != "" && a != b }

func known(offset int64) bool { return offset != record.Unknown }

// String is the entry in a word of the documents; that a full resync followed
// is told by the link.
func (e Entry) String() string {
	switch {
	case e.IsRestart():
		return "restart"
	case e == SameProcess:
		return "reconnect"
	case e == Empty:
		return "fresh"
	}
	return "unknown"
}
