package replay

import (
	"strings"

	"github.com/redsleuth/redsleuth/parse/input"

	"github.com/zeebo/xxh3"

	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// How many commands at either end of a connection are remembered, to find the
// bytes that two connections share.
const (
	marksOfLink    = 1 << 12
	marksOfCapture = 1 << 6
	// manyLinks is how many links may have that many; others have those of a
	// capture's.
	manyLinks = 64
)

// A mark is a command, by its contents.
type mark struct {
	sum   uint64
	end   int64 // bytes of the stream up to and with it
	quiet bool  // PING or REPLCONF, of which one is like the other
}

// A connection is a link, first as surveyed, then with its place in the life
// of a replica.
type connection struct {
	stream  int // index of its input
	capture bool
	link    record.Link
	payload *dump // head of the payload; nil without one
	head    []mark
	tail    []mark // a ring once it is full
	tailAt  int

	report  *Link
	replica *replica
	// start is the offset before the first byte of the stream, asked the
	// offset that the replica had when it asked; record.Unknown where
	// nothing tells.
	start, asked int64
	// guess is where a recording that does not tell it may begin.
	guess int64
	// process is what stood at the replica's end, from base where it had
	// been started from a dump.
	process process
	base    *dump
	from    *connection // whose payload it started from
	channel *connection // that brought the payload of the same sync
	lived   bool        // the replica's log shows that it is the same process
	// ranTo is how far the replica ran the stream, and arrived whether the
	// payload reached it.
	ranTo   int64
	arrived bool
	torn    bool // the recording begins within a command
	// fatal: the payload did not arrive, or the process died of it.
	fatal bool
	// missing counts the bytes that the replica had received before and no
	// artefact holds.
	missing   int64
	repeated  int64 // bytes that had been sent on the link before
	differs   bool  // and were other bytes then
	trimmed   bool  // or were nothing but PINGs then
	wentBack  bool  // a full resync at an offset that its history had passed
	duplicate bool
	last      bool // of its replica
}

// process is what stands at the replica's end of a connection.
type process uint8

const (
	processUnknown process = iota // the recording begins in the middle of its life
	processSame                   // the one of the connection before
	processBase                   // started from base
	processPayload                // started from the payload of connection from
	processOlder                  // started from a dump at the offset asked for, which is no artefact
	processEmpty                  // started without a replication state
)

// survey is the Handler of the first pass: what connections there are, from
// where to where they reach, and no more of their contents than it takes to
// recognise them.
type survey struct {
	stream  int
	before  int // links of other inputs
	capture bool
	keep    int
	current *connection
	all     []*connection
}

func newSurvey(stream int, in *input.Input, before int) *survey {
	s := &survey{stream: stream, before: before, capture: in.Kind == input.KindPCAP, keep: marksOfLink}
	if s.capture {
		s.keep = marksOfCapture
	}
	return s
}

func (s *survey) LinkStart(l *record.Link) error {
	s.current = &connection{
		stream: s.stream, capture: s.capture, link: *l,
		start: record.Unknown, asked: record.Unknown, guess: record.Unknown, ranTo: record.Unknown, arrived: true,
	}
	if s.all = append(s.all, s.current); s.before+len(s.all) > manyLinks {
		s.keep = marksOfCapture
	}
	return nil
}

// RDB reads the head of a payload.
func (s *survey) RDB(l *record.Link, d *rdb.Decoder) error {
	if l == nil || s.current == nil {
		return nil
	}
	s.current.payload = newDump()
	for r, err := range d.Records() {
		switch {
		case err != nil:
			return s.current.payload.broken(err)
		case r.Kind == rdb.KindAux:
			s.current.payload.aux(r)
		case r.Kind != rdb.KindHeader:
			return nil
		}
	}
	return nil
}

func (s *survey) Command(c *record.Command) error {
	l := s.current
	var sum uint64
	for _, a := range c.Args {
		sum = sum*31 + xxh3.Hash(a)
	}
	before := int64(0)
	if n := len(l.tail); n > 0 {
		before = l.tail[(l.tailAt+n-1)%n].end
	}
	m := mark{sum, before + c.Bytes, isQuiet(c.Args[0])}
	if len(l.head) < s.keep {
		l.head = append(l.head, m)
	}
	if len(l.tail) < s.keep {
		l.tail = append(l.tail, m)
		return nil
	}
	l.tail[l.tailAt] = m
	l.tailAt = (l.tailAt + 1) % s.keep
	return nil
}

func (s *survey) Note(n *record.Note) error {
	if n.Kind == record.NoteGap && n.Link != nil && n.Link.Commands == 0 && s.current != nil {
		s.current.torn = true
	}
	return nil
}

func (s *survey) LinkEnd(l *record.Link) error {
	s.current.link = *l
	return nil
}

// lastMarks is the tail in order.
func (c *connection) lastMarks() []mark {
	return append(append([]mark(nil), c.tail[c.tailAt:]...), c.tail[:c.tailAt]...)
}

// bytes is the length of the stream's whole commands.
func (c *connection) bytes() int64 {
	if n := len(c.tail); n > 0 {
		return c.tail[(c.tailAt+n-1)%n].end
	}
	return 0
}

// end is the offset behind the last whole command.
func (c *connection) end() int64 {
	switch {
	case c.link.EndOffset != record.Unknown && c.link.StartOffset == c.start:
		return c.link.EndOffset
	case c.start != record.Unknown:
		return c.start + c.bytes()
	}
	return record.Unknown
}

func (c *connection) full() bool    { return c.link.Resync == record.Full }
func (c *connection) partial() bool { return c.link.Resync == record.Partial }

// goesOn: the stream goes on from before: after a partial resync, or as a
// recording without the handshake that begins with a whole command.
func (c *connection) goesOn() bool {
	return c.partial() || c.link.Resync == record.NoSync && !c.link.AOF && !c.isMainChannel() && !c.torn
}

// host is an endpoint without its port.
func host(endpoint string) string {
	if i := strings.LastIndexByte(endpoint, ':'); i >= 0 {
		return endpoint[:i]
	}
	return endpoint
}

// repeats finds how many bytes at the front of c are the last ones of the
// connection before: sent again because they had not arrived. It is sure only
// where the shared commands can't be like that by chance.
func (c *connection) repeats(before *connection) (n int64, sure bool) {
	tail := before.lastMarks()
	for k := min(len(tail), len(c.head)); k > 0; k-- {
		if !sameMarks(tail[len(tail)-k:], c.head[:k]) {
			continue
		}
		switch various := variety(c.head[:k]); {
		case n == 0:
			n, sure = c.head[k-1].end, various > 1
		case various > 1:
			return 0, false // it could be either
		}
	}
	return n, sure || n == 0
}

// variety counts commands that are not like the one before. One command, or
// PINGs, may well come twice.
func variety(marks []mark) int {
	n := 0
	for i, m := range marks {
		if !m.quiet && (i == 0 || m.sum != marks[i-1].sum) {
			n++
		}
	}
	return n
}

func sameMarks(a, b []mark) bool {
	for i := range a {
		if a[i].sum != b[i].sum {
			return false
		}
	}
	return true
}

// whole is all marks of a short connection; nil for one of which only the ends
// are remembered.
func (c *connection) whole() []mark {
	if int64(len(c.head)) == c.link.Commands {
		return c.head
	}
	return nil
}

// after finds the marks behind an offset; false if it is no boundary, or is
// not remembered.
func (c *connection) after(offset int64) ([]mark, bool) {
	marks := c.marksBehind(offset - c.start)
	return marks, marks != nil
}

// marksBehind finds the marks behind so many bytes; nil if no command ends
// there that is remembered.
func (c *connection) marksBehind(bytes int64) []mark {
	for _, marks := range [][]mark{c.lastMarks(), c.head} {
		for i := range marks {
			if marks[i].end == bytes {
				return marks[i+1:]
			}
		}
	}
	if bytes == 0 {
		return append([]mark{}, c.head...)
	}
	return nil
}
