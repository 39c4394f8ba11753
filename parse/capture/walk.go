package capture

import (
	"context"
	"regexp"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/link"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/parse/tcp"
	"github.com/redsleuth/redsleuth/repl"
)

// A linkConnection is a connection that is a link, by direction.
type linkConnection struct {
	*tcp.Connection
	master int           // direction in which the master sends
	hello  *replicaHello // what the replica said
}

func (c *linkConnection) fromMaster() *tcp.Stream  { return c.Stream(c.master) }
func (c *linkConnection) fromReplica() *tcp.Stream { return c.Stream(1 - c.master) }

// pair is a link: its connection, and the one that brought its payload, where
// a sync took two.
type pair struct{ main, payload *linkConnection }

var (
	mainChannel    = regexp.MustCompile(`(?m)^\+RDBCHANNELSYNC (\d+)\r?$`)
	payloadChannel = regexp.MustCompile(`(?m)^\$ENDOFF:\d+ [0-9a-f]{40} -?\d+ (\d+)\r?$`)
)

// join puts the two connections of a sync over two channels together: in
// Redis the payload's names the client id that the main one was given, in
// Valkey it is the other way round.
func join(conns []*linkConnection) ([]pair, error) {
	const enough = 4096                   // bytes, for the lines of a handshake
	given := map[string]*linkConnection{} // client id that a master gave, to the connection
	asked := map[*linkConnection]string{} // client id that a replica named
	payload := map[*linkConnection]bool{} // brings a payload for another one
	belongs := map[*linkConnection]*linkConnection{}
	for _, c := range conns {
		head, err := c.fromMaster().Prefix(enough)
		if err != nil {
			return nil, err
		}
		if m := mainChannel.FindSubmatch(head); m != nil {
			given["main "+string(m[1])] = c
		}
		if m := payloadChannel.FindSubmatch(head); m != nil {
			given["rdb "+string(m[1])] = c
		}
		if c.hello.clientID != "" {
			asked[c] = c.hello.clientID
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
	return pairs, nil
}

// linkWalker reads links one after another.
type linkWalker struct {
	ctx    context.Context
	limits parse.Limits
	dumps  []repl.State
	pairs  []pair // all that there are
	h      record.Handler
	number int
}

func (w *linkWalker) walk(p pair) error {
	l := w.begin(p.main)
	ahead, err := w.anchor(p.main, l)
	if err != nil {
		return err
	}
	acks, err := newListener(p.main.fromReplica(), w.limits)
	if err != nil {
		return err
	}
	defer acks.close()
	i := &ackInterleaver{Handler: w.h, acks: acks}
	if err := i.advance(); err != nil {
		return err
	}
	o := link.Options{Limits: w.limits, Link: l, DB: record.Unknown}
	if p.payload != nil {
		first := &payloadHandler{ackInterleaver: i}
		l.Requested = &record.Request{ID: "?", Offset: -1}
		if p.payload.Began.Before(l.Began) {
			l.Began = p.payload.Began
		}
		if err := w.stream(p.payload, o, first); err != nil {
			return err
		}
		if first.started {
			l.End, o.Ahead = "", ahead
			return w.stream(p.main, o, &mainChannelHandler{ackInterleaver: i, link: *l})
		}
	}
	o.Ahead = ahead
	o.Next = func() *record.Link { return w.begin(p.main) }
	return w.stream(p.main, o, i)
}

// begin numbers another link.
func (w *linkWalker) begin(c *linkConnection) *record.Link {
	w.number++
	return w.link(c)
}

// link is a link of which the connection is known.
func (w *linkWalker) link(c *linkConnection) *record.Link {
	l := link.NewLink(w.number)
	l.From, l.To = c.Ends[0], c.Ends[1]
	if c.master == 1 {
		l.From, l.To = l.To, l.From
	}
	l.Began, l.Ended = c.Began, c.Ended
	l.Requested, l.Replica = c.hello.request, c.hello.replica
	return l
}

// stream reads the master's direction of a connection.
func (w *linkWalker) stream(c *linkConnection, o link.Options, h record.Handler) error {
	r, err := c.fromMaster().Open()
	if err != nil {
		return err
	}
	defer r.Close()
	o.At, o.Gaps = r.When, linkGaps(c.fromMaster())
	return link.Walk(r.Cursor, o, &placer{Handler: h, gaps: o.Gaps})
}

// linkGaps are the holes in a stream, as package link wants them.
func linkGaps(s *tcp.Stream) []link.Gap {
	var gaps []link.Gap
	for _, g := range s.Gaps() {
		gaps = append(gaps, link.Gap(g))
	}
	return gaps
}

// placer turns places in a stream, which has no holes, into places in the
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
