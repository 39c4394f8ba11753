package capture

import (
	"bytes"
	"context"
	"regexp"
	"time"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/link"
	"github.com/redsleuth/redsleuth/parse/record"
)

// pair is a link: its connection, and the one that brought its payload, where
// a sync took two.
type pair struct{ main, payload *connection }

var (
	mainChannel    = regexp.MustCompile(`(?m)^\+RDBCHANNELSYNC (\d+)\r?$`)
	payloadChannel = regexp.MustCompile(`(?m)^\$ENDOFF:\d+ [0-9a-f]{40} -?\d+ (\d+)\r?$`)
)

// join puts the two connections of a sync over two channels together: in
// Redis the payload's names the client id that the main one was given, in
// Valkey it is the other way round.
func join(conns []*connection) []pair {
	given := map[string]*connection{} // client id that a master gave, to the connection
	asked := map[*connection]string{} // client id that a replica named
	payload := map[*connection]bool{} // brings a payload for another one
	belongs := map[*connection]*connection{}
	for _, c := range conns {
		head := c.head(c.master)
		if m := mainChannel.FindSubmatch(head); m != nil {
			given["main "+string(m[1])] = c
		}
		if m := payloadChannel.FindSubmatch(head); m != nil {
			given["rdb "+string(m[1])] = c
		}
		if heard, err := listen(c.spools[1-c.master], parse.Limits{}); err == nil && heard.clientID != "" {
			asked[c] = heard.clientID
		}
	}
	for c, id := range asked {
		if main := given["main "+id]; main != nil && main != c {
			belongs[main], payload[c] = c, true
		}
		if rdb := given["rdb "+id]; rdb != nil && rdb != c {
			belongs[c], payload[rdb] = rdb, true
		}
	}
	var pairs []pair
	for _, c := range conns {
		if !payload[c] {
			pairs = append(pairs, pair{c, belongs[c]})
		}
	}
	return pairs
}

// head is the beginning of what came in direction d.
func (c *connection) head(d int) []byte {
	const enough = 4096
	r, err := c.spools[d].open()
	if err != nil {
		return nil
	}
	cursor := parse.NewCursorSize(r, 0, enough)
	defer cursor.Close()
	b, _ := cursor.Fill(enough) // the end may come before
	return bytes.Clone(b[:min(len(b), enough)])
}

// linkWalker reads links one after another.
type linkWalker struct {
	ctx    context.Context
	limits parse.Limits
	h      record.Handler
	number int
}

func (w *linkWalker) walk(p pair) error {
	heard, err := listen(p.main.spools[1-p.main.master], w.limits)
	if err != nil {
		return err
	}
	l := w.next(p.main)
	l.Requested, l.Replica = heard.request, heard.replica
	if err := w.anchor(p.main, heard, l); err != nil {
		return err
	}
	acks, err := newListener(p.main.spools[1-p.main.master], w.limits)
	if err != nil {
		return err
	}
	defer acks.close()
	t := &teller{Handler: w.h, acks: acks}
	if err := t.listen(); err != nil {
		return err
	}
	if p.payload != nil {
		first := &heldOpen{teller: t}
		l.Requested = &record.Request{ID: "?", Offset: -1}
		if p.payload.began.Before(l.Began) {
			l.Began = p.payload.began
		}
		if err := w.stream(p.payload, link.Options{Limits: w.limits, Link: l, DB: record.Unknown}, first); err != nil {
			return err
		}
		if first.started {
			l.End = ""
			return w.stream(p.main, link.Options{Limits: w.limits, Link: l, DB: record.Unknown}, &goesOn{teller: t, was: *l})
		}
	}
	return w.stream(p.main, link.Options{Limits: w.limits, Link: l, DB: record.Unknown, Next: func() *record.Link {
		another := w.next(p.main)
		another.Requested, another.Replica = heard.request, heard.replica
		return another
	}}, t)
}

// next is a link of which the connection is known.
func (w *linkWalker) next(c *connection) *record.Link {
	w.number++
	l := link.NewLink(w.number)
	l.From, l.To = c.ends[0], c.ends[1]
	if c.master == 1 {
		l.From, l.To = l.To, l.From
	}
	l.Began, l.Ended = c.began, c.ended
	return l
}

// stream reads the master's direction of a connection.
func (w *linkWalker) stream(c *connection, o link.Options, h record.Handler) error {
	s := c.spools[c.master]
	r, err := s.open()
	if err != nil {
		return err
	}
	cursor := s.cursor(r)
	defer cursor.Close()
	o.At = r.when
	if s != nil {
		o.Gaps = s.gaps
		h = &placer{Handler: h, gaps: s.gaps}
	}
	return link.Walk(cursor, o, h)
}

// placer turns places in a spool, which has no holes, into places in the
// direction as it was sent. Notes and commands come in order.
type placer struct {
	record.Handler
	gaps    []link.Gap // those that lie ahead
	missing int64      // in those before
}

func (p *placer) Command(c *record.Command) error {
	p.pass(c.Byte + 1)
	c.Byte += p.missing
	return p.Handler.Command(c)
}

func (p *placer) Note(n *record.Note) error {
	if n.Kind != record.NoteGap {
		p.pass(n.Byte + 1)
	}
	p.pass(n.Byte)
	n.Byte += p.missing
	return p.Handler.Note(n)
}

// pass counts the gaps before a byte.
func (p *placer) pass(byte int64) {
	for len(p.gaps) > 0 && p.gaps[0].Byte < byte {
		p.missing += p.gaps[0].Missing
		p.gaps = p.gaps[1:]
	}
}

// teller tells of the replica's ACKs between the commands, by time.
type teller struct {
	record.Handler
	acks  *listener
	next  ack // the one that is to be told, until ended
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

// listen waits for the next ACK.
func (t *teller) listen() (err error) {
	if t.next, err = t.acks.nextACK(); isEnd(err) {
		t.ended = true
		return nil
	}
	return err
}

func (t *teller) Command(c *record.Command) error {
	if err := t.until(c.Link, c.Time, c.Offset); err != nil {
		return err
	}
	if c.EndOffset != record.Unknown && len(t.sent) < maxUnacknowledged && !t.ended {
		t.sent = append(t.sent, sent{c.EndOffset, c.Time})
	}
	return t.Handler.Command(c)
}

func (t *teller) LinkEnd(l *record.Link) error {
	if err := t.until(l, time.Time{}, l.EndOffset); err != nil {
		return err
	}
	return t.Handler.LinkEnd(l)
}

// until tells of the ACKs before a time, or of all that are left. offset is
// what the master had sent by then.
func (t *teller) until(l *record.Link, before time.Time, offset int64) error {
	for !t.ended && (before.IsZero() || t.next.time.Before(before)) {
		a := t.next
		t.count(l, a, offset)
		n := &record.Note{Kind: record.NoteAck, Link: l, Byte: record.Unknown, Bytes: record.Unknown,
			Offset: a.offset, EndOffset: record.Unknown, Time: a.time, Packet: a.packet}
		if err := t.Handler.Note(n); err != nil {
			return err
		}
		if err := t.listen(); err != nil {
			return err
		}
	}
	return nil
}

// count adds an ACK to the link's summary.
func (t *teller) count(l *record.Link, a ack, offset int64) {
	if l.Acks == nil {
		l.Acks = &record.Acks{First: a.offset, LagBytesMax: record.Unknown}
	}
	l.Acks.Last = a.offset
	l.Acks.Count++
	if offset != record.Unknown {
		l.Acks.LagBytesMax = max(l.Acks.LagBytesMax, offset-a.offset)
	}
	i := 0
	for i < len(t.sent) && t.sent[i].offset <= a.offset {
		i++
	}
	if t.sent = t.sent[i:]; len(t.sent) > 0 && t.sent[0].time.Before(a.time) {
		l.Acks.LagMax = max(l.Acks.LagMax, a.time.Sub(t.sent[0].time))
	}
}

// heldOpen is the handler for the connection that brings the payload: the
// link does not end with it.
type heldOpen struct {
	*teller
	started bool
}

func (h *heldOpen) LinkStart(l *record.Link) error {
	h.started = true
	l.Channel = ""
	return h.teller.Handler.LinkStart(l)
}

func (h *heldOpen) LinkEnd(*record.Link) error { return nil }

// goesOn is the handler for the main connection, whose own handshake says
// nothing about the link that the payload's began.
type goesOn struct {
	*teller
	was record.Link
}

func (g *goesOn) LinkStart(l *record.Link) error {
	*l = g.was
	l.End, l.Channel, l.EndOffset = "", "", l.StartOffset
	return nil
}
