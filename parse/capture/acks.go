package capture

import (
	"time"

	"github.com/redsleuth/redsleuth/parse/record"
)

// ackInterleaver hands the replica's ACKs to a handler as notes, between the
// commands, by time.
type ackInterleaver struct {
	record.Handler
	acks  *listener
	next  ack // the next note, until ended
	ended bool
	// sent are ends of commands that were not acknowledged yet.
	sent   []sent
	behind bool // the last of the link's Behind is not over
}

type sent struct {
	offset int64
	time   time.Time
}

// maxUnacknowledged bounds what is kept to tell a lag in time.
const maxUnacknowledged = 1 << 16

// advance reads the next ACK.
func (i *ackInterleaver) advance() (err error) {
	if i.next, err = i.acks.nextACK(); isEnd(err) {
		i.ended = true
		return nil
	}
	return err
}

func (i *ackInterleaver) Command(c *record.Command) error {
	if err := i.until(c.Link, c.Time, c.Offset); err != nil {
		return err
	}
	if c.EndOffset != record.Unknown && (!i.ended || len(i.sent) == 0) {
		i.sent = append(i.sent, sent{c.EndOffset, c.Time})
	}
	if len(i.sent) == maxUnacknowledged {
		for n := range i.sent[:len(i.sent)/2] {
			i.sent[n] = i.sent[2*n]
		}
		i.sent = i.sent[:len(i.sent)/2]
	}
	return i.Handler.Command(c)
}

func (i *ackInterleaver) LinkEnd(l *record.Link) error {
	if err := i.until(l, time.Time{}, l.EndOffset); err != nil {
		return err
	}
	if a := l.Acks; a != nil && l.EndOffset > a.Last {
		if since := i.waited(l.Ended); since >= record.BehindFrom {
			a.AddLag(record.Lag{Time: l.Ended, Bytes: l.EndOffset - a.Last, Behind: since})
			i.fellBehind(a, record.Behind{Bytes: l.EndOffset - a.Last, Longest: since})
		}
	}
	return i.Handler.LinkEnd(l)
}

// waited is how long the oldest command has been on its way that was not
// acknowledged by then.
func (i *ackInterleaver) waited(by time.Time) time.Duration {
	if len(i.sent) == 0 || !i.sent[0].time.Before(by) {
		return 0
	}
	return by.Sub(i.sent[0].time)
}

// fellBehind adds to the stretch in which the replica is behind, or begins one with
// the oldest command that it has not acknowledged. One without an end lasts.
func (i *ackInterleaver) fellBehind(a *record.Acks, b record.Behind) {
	if !i.behind {
		i.behind, b.From = true, i.sent[0].time
		a.AddBehind(b)
		return
	}
	last := &a.Behind[len(a.Behind)-1]
	last.To = b.To
	last.Bytes, last.Longest = max(last.Bytes, b.Bytes), max(last.Longest, b.Longest)
}

// until hands on the ACKs before a time, or all that are left. offset is what
// the master had sent by then.
func (i *ackInterleaver) until(l *record.Link, before time.Time, offset int64) error {
	for !i.ended && (before.IsZero() || i.next.time.Before(before)) {
		a := i.next
		i.count(l, a, offset)
		n := &record.Note{Kind: record.NoteAck, Link: l, Byte: record.Unknown, Bytes: record.Unknown,
			Offset: a.offset, EndOffset: record.Unknown, Time: a.time, Packet: a.packet}
		if err := i.Handler.Note(n); err != nil {
			return err
		}
		if err := i.advance(); err != nil {
			return err
		}
	}
	return nil
}

// count adds an ACK to the link's summary. offset is what the master had sent by
// then.
func (i *ackInterleaver) count(l *record.Link, a ack, offset int64) {
	first := l.Acks == nil
	if first {
		l.Acks = &record.Acks{First: a.offset, LagBytesMax: record.Unknown}
	}
	acks := l.Acks
	pending, since := offset-acks.Last, i.waited(a.time)
	acks.Last = a.offset
	acks.Count++
	if offset == record.Unknown {
		return
	}
	if !first && since >= record.BehindFrom {
		i.fellBehind(acks, record.Behind{Bytes: pending, Longest: since, To: a.time})
	}
	n := 0
	for n < len(i.sent) && i.sent[n].offset <= a.offset {
		n++
	}
	i.sent = i.sent[n:]
	still := i.waited(a.time)
	i.behind = i.behind && still >= record.BehindFrom
	acks.AddLag(record.Lag{Time: a.time, Bytes: offset - a.offset, Behind: still})
}

// payloadHandler is the handler for the connection that brings the payload: the
// link does not end with it.
type payloadHandler struct {
	*ackInterleaver
	started bool
}

func (h *payloadHandler) LinkStart(l *record.Link) error {
	h.started = true
	l.Channel = ""
	return h.ackInterleaver.Handler.LinkStart(l)
}

// Command leaves out what looks like one within a payload whose head is lost: no
// stream comes over this connection.
func (h *payloadHandler) Command(*record.Command) error { return nil }

// Note takes the offsets off a hole for the same reason: where the head of the
// payload is lost in it, it counts as none of the stream's bytes.
func (h *payloadHandler) Note(n *record.Note) error {
	n.Offset, n.EndOffset = record.Unknown, record.Unknown
	return h.ackInterleaver.Note(n)
}

func (h *payloadHandler) LinkEnd(l *record.Link) error {
	l.Commands, l.Bytes = 0, 0
	return nil
}

// mainChannelHandler is the handler for the main connection, whose own
// handshake says nothing about the link that the payload's began.
type mainChannelHandler struct {
	*ackInterleaver
	link record.Link // as the payload's connection left it
}

func (h *mainChannelHandler) LinkStart(l *record.Link) error {
	*l = h.link
	l.End, l.Channel, l.EndOffset = "", "", l.StartOffset
	return nil
}
