// Package link reads the bytes of a replication connection, master to
// replica, as tcpdump, a proxy or nc would have written them down.
//
//	handshake  newlines, +PONG, +OK, -errors, then one of
//	           +FULLRESYNC id offset     a payload follows
//	           +CONTINUE [id]            the stream follows, from the byte asked for
//	           +RDBCHANNELSYNC client    the stream follows; the payload takes another connection
//	           +DUALCHANNELSYNC          likewise; a second request is answered by +CONTINUE
//	           $ENDOFF:offset id db client   the other connection of Valkey; a payload follows
//	payload    newlines, then $length CRLF and an RDB of that length with
//	           no CRLF after it, or $EOF:mark CRLF, an RDB, and the mark (40 bytes)
//	stream     commands, every byte of which counts in the offset
//
// Source: redis and valkey src/replication.c (syncWithMaster,
// readSyncBulkPayload, masterTryPartialResynchronization).
//
// A payload whose fields tell id and offset (repl-id, repl-offset) anchors a link
// that nothing else does, as an answer to SYNC. What a partial resync continues
// with has to be a command; what is before the first one is told.
//
// A recording that begins within a payload or a command is entered at the
// first place where commands parse, and one with holes likewise after each.
//
// Limitation: a payload or a stream that Valkey 9.2 compressed ("VCS") is
// named, and not read.
//
// Stable: Walk, Options, and the values of record that it yields.
package link

import (
	"errors"
	"io"
	"time"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/parse/resp"
)

// Options of Walk.
type Options struct {
	Limits parse.Limits
	// Link is filled by the caller with what it knows (number, endpoints,
	// the replica's request, an offset from outside) and by Walk with the
	// rest.
	Link *record.Link
	// DB is the database selected at the first byte of a stream that continues
	// from before, or record.Unknown.
	DB int
	// At tells the time and the packet (from 1) of a byte of the input;
	// nil outside captures.
	At func(offset int64) (time.Time, int64)
	// Gaps are the holes in the recording, in order.
	Gaps []Gap
	// Ahead is how many of the first bytes that would count as the stream's are of a
	// lost handshake and payload: the stream begins within the hole that holds them.
	Ahead int64
	// Next makes the link that a second handshake within the bytes begins;
	// nil for one with the next number and nothing else known.
	Next func() *record.Link
	// Payload is the length of the RDB with which the bytes begin, where the line
	// that tells it is not there; 0 for a link that begins as links do.
	Payload int64
	// Again opens the input once more at a place of it; nil where that can't
	// be done. It is asked for where a payload can't be decoded.
	Again parse.Opener
}

// A Gap is a hole in a recording: bytes that were sent and are not there.
type Gap struct {
	// Byte is where in the input they would have been.
	Byte int64
	// Missing is how many there were.
	Missing  int64
	From, To time.Time
	Packet   int64
}

// NewLink is a link of which nothing is known but its number.
func NewLink(number int) *record.Link {
	return &record.Link{Number: number, Resync: record.NoSync, Anchor: record.AnchorNone,
		StartOffset: record.Unknown, EndOffset: record.Unknown}
}

// walker is one Walk.
type walker struct {
	Options
	c       *parse.Cursor
	r       *resp.Reader
	h       record.Handler
	link    *record.Link
	started bool
	// held are notes on what comes before the link is told of.
	held    []*record.Note
	mark    []byte // of a payload with an end mark that is to come; nil for none
	db      int
	tx      transaction
	command record.Command
	// payloadEnd is where a payload of known length ends, in bytes of the
	// input; -1 outside one.
	payloadEnd int64
	// adrift: the end of the payload was lost, and with it the offsets.
	adrift bool
	again  *parse.Cursor // the one that is read, if it is not the caller's
}

// transaction is the MULTI that is open.
type transaction struct {
	number       int
	open         bool
	byte, offset int64 // of the MULTI
}

// errHandshake: the stream turned out to hold another handshake.
var errHandshake = errors.New("another handshake begins")

// Walk reads the cursor to its end: one link, or several where one handshake
// follows another. What is wrong in the bytes comes as notes; an error is the
// handler's, or the operating system's.
func Walk(c *parse.Cursor, o Options, h record.Handler) error {
	w := &walker{Options: o, c: c, r: resp.NewReader(c, o.Limits), h: h, link: o.Link, db: o.DB,
		payloadEnd: -1}
	if w.link == nil {
		w.link = NewLink(1)
	}
	defer func() { w.closeAgain() }()
	w.limit()
	w.overLeading()
	err := errHandshake
	for errors.Is(err, errHandshake) {
		if err = w.begin(); err == nil {
			err = w.stream()
		}
	}
	if err == io.EOF {
		err = nil
	}
	if err == nil {
		err = w.end(record.Clean)
	}
	if errors.Is(err, record.Stop) {
		return nil
	}
	return err
}

// begin reads up to the first byte of the stream: a handshake, or at the front of
// the bytes the payload whose length is not there.
func (w *walker) begin() error {
	if size := w.Payload; size > 0 {
		w.Payload = 0
		_, err := w.payload(size)
		return err
	}
	return w.handshake()
}

// start tells the handler of the link, once all that comes before its bytes
// has been read.
func (w *walker) start() error {
	if w.started {
		return nil
	}
	w.started = true
	if w.link.Resync != record.Partial && w.link.Resync != record.NoSync {
		w.db = record.Unknown
	}
	w.tx = transaction{}
	w.link.EndOffset = w.link.StartOffset
	if err := w.h.LinkStart(w.link); err != nil {
		return err
	}
	w.link.Bytes, w.Ahead = w.link.Bytes-w.Ahead, 0
	for _, n := range w.held {
		if err := w.h.Note(n); err != nil {
			return err
		}
	}
	w.held = nil
	return nil
}

// end closes the link, unless it never began.
func (w *walker) end(how record.End) error {
	if !w.started && w.link.Refused == "" && w.link.Channel == "" && w.link.Resync == record.NoSync {
		if w.c.Offset() == 0 {
			return nil
		}
		n := w.note(record.NoteTruncated, w.c.Offset(), 0)
		n.Link, n.Err = nil, parse.At(n.Byte, parse.Truncated(
			"the recording ends within the handshake: no link begins in it"))
		return w.h.Note(n)
	}
	if err := w.start(); err != nil {
		return err
	}
	if w.link.End == "" {
		w.link.End = how
	}
	if w.tx.open {
		n := w.note(record.NoteTransactionOpen, w.tx.byte, w.c.Offset()-w.tx.byte)
		n.Offset, n.EndOffset = w.tx.offset, w.offset()
		if err := w.h.Note(n); err != nil {
			return err
		}
	}
	return w.h.LinkEnd(w.link)
}

// another ends the link and begins the next.
func (w *walker) another() error {
	if err := w.end(record.Clean); err != nil {
		return err
	}
	if w.Next != nil {
		w.link = w.Next()
	} else {
		w.link = NewLink(w.link.Number + 1)
	}
	w.started, w.adrift, w.mark, w.db, w.tx = false, false, nil, record.Unknown, transaction{}
	return nil
}

// offset is the replication offset before the next byte of the stream.
func (w *walker) offset() int64 {
	if w.adrift || w.link.StartOffset == record.Unknown {
		return record.Unknown
	}
	return w.link.StartOffset + max(0, w.link.Bytes)
}

func (w *walker) note(kind record.NoteKind, at, bytes int64) *record.Note {
	n := &record.Note{Kind: kind, Link: w.link, Byte: at, Bytes: bytes, Offset: record.Unknown,
		EndOffset: record.Unknown}
	n.Time, n.Packet = w.at(at)
	return n
}

func (w *walker) at(offset int64) (time.Time, int64) {
	if w.At == nil {
		return time.Time{}, 0
	}
	return w.At(offset)
}
