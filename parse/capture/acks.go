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
	sent []sent
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
	if c.EndOffset != record.Unknown && len(i.sent) < maxUnacknowledged && !i.ended {
		i.sent = append(i.sent, sent{c.EndOffset, c.Time})
	}
	return i.Handler.Command(c)
}

func (i *ackInterleaver) LinkEnd(l *record.Link) error {
	if err := i.until(l, time.Time{}, l.EndOffset); err != nil {
		return err
	}
	return i.Handler.LinkEnd(l)
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

// count adds an ACK to the link's summary.
func (i *ackInterleaver) count(l *record.Link, a ack, offset int64) {
	if l.Acks == nil {
		l.Acks = &record.Acks{First: a.offset, LagBytesMax: record.Unknown}
	}
	l.Acks.Last = a.offset
	l.Acks.Count++
	if offset != record.Unknown {
		l.Acks.LagBytesMax = max(l.Acks.LagBytesMax, offset-a.offset)
	}
	n := 0
	for n < len(i.sent) && i.sent[n].offset <= a.offset {
		n++
	}
	if i.sent = i.sent[n:]; len(i.sent) > 0 && i.sent[0].time.Before(a.time) {
		l.Acks.LagMax = max(l.Acks.LagMax, a.time.Sub(i.sent[0].time))
	}
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

func (h *payloadHandler) LinkEnd(*record.Link) error { return nil }

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
