// Package capture finds the replication links in a packet capture and reads
// them.
//
//	capture ──tcp──▶ connections ──Sorter──▶ links ──link──▶ record.Handler
//
// A first pass takes the capture apart into TCP connections (package tcp) and
// tells by content which of them are replication; of those, both directions are
// kept in private temporary files, and the rest is counted. A second pass reads
// the links one after another, in the order in which they began (package link); it
// can be had again (Open), without the packets.
//
// What makes a connection a link, where its beginning was captured: the
// client's first commands are a replica's handshake (PING, AUTH, HELLO, then
// REPLCONF, PSYNC or SYNC). Where it was not: one side sends nothing but
// REPLCONF ACK and newlines, or one sends what only a master does, to somebody
// who asks for nothing: GETACK, or commands that travel and nothing else, from
// the port that was connected to, as it seems or as other connections to it tell.
// So either direction alone is enough. The two
// connections of a sync over two channels are one link. A PROXY header before
// the handshake is stepped over; connections that are TLS are counted.
//
// The time of a command is that of the packet that brought its last byte. Bytes
// are counted in the direction as it was sent, lost ones included: what a hole,
// a snap length (tcpdump -s) or a lost tail took is a gap with its range. A
// replica's ACKs come as notes, between the commands, by time.
//
// The connections of ordinary clients are read meanwhile (package client), where
// somebody wants them. Which side is the client is told by what either says
// first, and where both may have said it, by their ports.
//
// A link whose handshake was not captured gets its offsets from the replica's
// ACKs: each is held against what its system had received by then, which TCP's
// sequence numbers tell, and at one moment of rest, half a second long, or when it
// answers a GETACK at once, the replica had run all of that. Without one, exactly
// one offset has to explain them all, and the dumps that were made along the link
// (Options.Dumps), each of which lies between two commands; or what the replica asked
// for on its next connection, and what it was sent again there.
//
// Limitations: those of package tcp. All that is left out is counted, and told
// in notes. Links are not tied to offsets by bytes that they share with others but the
// next of the same replica: what repeats (PING, a workload that writes the same again)
// would tie them to wrong ones. Payloads compressed as Valkey 9.2 may are named, and not
// read.
//
// Stable: Open, Capture, Walk and Options.
package capture

import (
	"context"
	"errors"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/parse/tcp"
	"github.com/redsleuth/redsleuth/repl"
)

// flawKind is the kind of note on a flaw of the input, and what it says.
func flawKind(f tcp.Flaw) (record.NoteKind, error) {
	switch f.Kind {
	case tcp.Joined:
		return record.NoteJoined, parse.At(f.Byte, parse.Unsupported("another capture begins here, which is read too"))
	case tcp.Zeros:
		return record.NoteZeros, parse.At(f.Byte, parse.Damaged("zeros where packets were"))
	case tcp.Beheaded:
		return record.NoteUnread, parse.At(f.Byte, parse.Damaged("the head of the capture is gone: "+
			"what its packets and their times are was told from the packets"))
	}
	return record.NoteUnread, parse.At(f.Byte, parse.Damaged("bytes that are no packets; reading continues after them"))
}

// Options of Open and Walk.
type Options struct {
	Limits parse.Limits
	// Dumps are where in which history dumps were made, which may lie on a link
	// that does not tell its offsets.
	Dumps []repl.State
	// Clients, where set, is given the commands of ordinary clients (package
	// client), as the capture is gone over: before any link.
	Clients func(*record.ClientCommand) error
}

// A Capture is one whose packets were gone over: its links, kept.
type Capture struct {
	packets *tcp.Capture
	pairs   []pair
	notes   []*record.Note
	options Options
}

// Open goes over the packets of a capture. Close what it returns. Errors are those
// of reading and of Options.Clients, and damage where no packet can be read at all.
func Open(ctx context.Context, c *parse.Cursor, o Options) (k *Capture, err error) {
	s := &sorter{
		candidates: map[*tcp.Connection]*candidate{}, clients: newClients(o.Limits, o.Clients),
		servers: map[string]bool{},
	}
	packets, err := tcp.Read(ctx, c, s)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, packets.Close())
		}
	}()
	var links []*linkConnection
	for _, c := range packets.Connections {
		l := &linkConnection{Connection: c, master: s.candidates[c].master}
		if l.hello, err = readHello(l.fromReplica(), o.Limits); err != nil {
			return nil, err
		}
		links = append(links, l)
	}
	pairs, err := join(links)
	if err != nil {
		return nil, err
	}
	o.Clients = nil
	return &Capture{packets, pairs, leftOut(packets, s), o}, nil
}

// Walk reads the links, one after another in the order in which they began; as often
// as is wanted, one at a time. Errors are those of reading and of the handler; what is
// wrong or missing comes as notes.
func (k *Capture) Walk(ctx context.Context, h record.Handler) error {
	w := &linkWalker{ctx: ctx, limits: k.options.Limits, dumps: k.options.Dumps, pairs: k.pairs, h: h}
	for _, pair := range k.pairs {
		if err := w.walk(pair); err != nil {
			return err
		}
	}
	for _, n := range k.notes {
		again := *n
		if err := h.Note(&again); err != nil {
			return err
		}
	}
	return nil
}

// SetDumps takes the place of Options.Dumps in the walks that follow.
func (k *Capture) SetDumps(dumps []repl.State) { k.options.Dumps = dumps }

// Held is how many bytes of memory and how many open files the links take up.
func (k *Capture) Held() (memory, files int) { return k.packets.Held() }

// Close forgets the links.
func (k *Capture) Close() error { return k.packets.Close() }

// Walk reads the replication links of a capture, as Capture.Walk does, once.
func Walk(ctx context.Context, c *parse.Cursor, o Options, h record.Handler) (err error) {
	k, err := Open(ctx, c, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.Close()) }()
	return k.Walk(ctx, h)
}

// leftOut is what of a capture is in no link.
func leftOut(packets *tcp.Capture, s *sorter) (notes []*record.Note) {
	note := func(kind record.NoteKind, count int64, err error) *record.Note {
		n := &record.Note{Kind: kind, Count: count, Err: err, Byte: record.Unknown, Bytes: record.Unknown,
			Offset: record.Unknown, EndOffset: record.Unknown}
		notes = append(notes, n)
		return n
	}
	if packets.Dropped > 0 {
		n := note(record.NoteIgnored, int64(packets.Dropped), nil)
		n.Byte, n.Bytes = 0, 0
	}
	for _, f := range packets.Flaws {
		kind, err := flawKind(f)
		n := note(kind, 0, err)
		n.Byte, n.Bytes, n.Packet = f.Byte, f.Bytes, f.Packet+1
	}
	if n := packets.Snapped; n > 0 {
		note(record.NoteUnread, n, parse.At(0, parse.Truncated(
			"%d packets of links are cut, of which %d bytes are there at most: the capture's snapshot "+
				"length (tcpdump -s)", n, packets.SnapLength)))
	}
	if n := s.encrypted; n > 0 {
		note(record.NoteEncrypted, n, parse.At(0, parse.Unsupported(
			"%d connections are encrypted (TLS): whether they are links, and what came over them, "+
				"can't be read", n)))
	}
	for _, u := range packets.Unread {
		note(record.NoteUnread, u.Count, parse.At(0, u.Err))
	}
	if s.oneWay > 0 {
		note(record.NoteUnread, s.oneWay, parse.At(0, parse.Unsupported(
			"of %d connections only one direction was recorded, which does not tell whether they "+
				"are links", s.oneWay)))
	}
	if cut := packets.Cut; cut != nil {
		n := note(record.NoteTruncated, 0, cut)
		n.Byte, n.Packet = cut.ByteOffset, packets.Packets
	}
	return notes
}
