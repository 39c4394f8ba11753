package tcp

import (
	"context"
	"errors"
	"io"
	"sort"
	"time"

	"github.com/redsleuth/redsleuth/parse"
)

// Verdict says whether a connection is kept.
type Verdict uint8

// The verdicts.
const (
	// Undecided: more has to come. The bytes are kept until it does.
	Undecided Verdict = iota
	// Keep the connection, to its end.
	Keep
	// Drop it, and all that was kept of it.
	Drop
	// Follow it: what was kept and what comes is handed to a Listener, and
	// nothing is kept. Only a Follower may answer it.
	Follow
)

// A Sorter decides which connections are kept. Neither method is called again
// for a connection once it was decided on.
type Sorter interface {
	// More is called when bytes came in direction d of a connection.
	More(c *Connection, d int) Verdict
	// End is called at the end of a connection that is undecided still, which
	// then is dropped unless the answer is Keep.
	End(c *Connection) Verdict
}

// A Follower is a Sorter that wants some connections as they are read.
type Follower interface {
	Sorter
	// Follow gives the Listener of a connection that is to be followed.
	Follow(c *Connection) Listener
}

// A Listener is told what is sent on a connection.
type Listener interface {
	// Sent is called with data that was sent in direction d, borrowed, after
	// missing bytes that were lost. An error ends the reading of the capture.
	Sent(d int, data []byte, missing int64, at time.Time, packet int64) error
	// Ended is called at the end. Closed tells of each direction whether it was
	// closed, with nothing lost before.
	Ended(closed [2]bool) error
}

// A Capture is what was kept of one.
type Capture struct {
	// Connections are in the order of their first packets' times.
	Connections []*Connection
	// Dropped counts the other connections on which bytes were sent, but for
	// those that were followed.
	Dropped int
	// Packets counts those of the capture, of any protocol.
	Packets int64
	// Cut says where and why reading ended before the capture's end; nil where
	// it did not. The place counts in bytes of the input.
	Cut *parse.Error
	// Flaws are the places at which the input is not as one capture is written.
	Flaws []Flaw
	// Snapped counts the segments of connections that were kept of which tcpdump
	// -s cut bytes off, and SnapLength is the longest that it left.
	Snapped    int64
	SnapLength int
	// Unread are the packets that could not be used.
	Unread []Unread

	table *table
}

// Unread is a number of packets that could not be used, for the same reason.
type Unread struct {
	Count int64
	Err   error // wraps parse.ErrUnsupported, parse.ErrDamaged or parse.ErrLimit
}

// Read reads a capture, pcap or pcapng, to its end. Close what it returns. An
// error is that of reading or of the context, or damage where no packet can be
// read.
func Read(ctx context.Context, c *parse.Cursor, s Sorter) (*Capture, error) {
	t := newTable(s)
	cut, err := t.readPackets(ctx, c)
	if err != nil {
		return nil, errors.Join(err, t.close())
	}
	out := &Capture{
		Connections: t.kept(),
		Dropped:     t.dropped,
		Packets:     t.packets,
		Cut:         cut,
		Flaws:       t.flaws,
		Unread:      t.unread.list(),
		table:       t,
	}
	for _, c := range out.Connections {
		out.Snapped += c.snapped
		out.SnapLength = max(out.SnapLength, c.snapLength)
	}
	t.rest()
	return out, nil
}

// Held is how many bytes of memory and how many open files the connections take up
// that were kept.
func (c *Capture) Held() (memory, files int) { return c.table.room.memory, c.table.room.files }

// Close forgets the bytes that were kept.
func (c *Capture) Close() error { return c.table.close() }

// readPackets feeds every TCP segment to its connection. A capture that ends
// within a packet, or is damaged, is read up to there, and cut says so.
func (t *table) readPackets(ctx context.Context, c *parse.Cursor) (cut *parse.Error, err error) {
	f, err := openFiles(c)
	if err != nil {
		return nil, parse.At(c.Offset(), parse.Damaged("the capture's header can't be read"))
	}
	for ctx.Err() == nil {
		data, ci, kind, err := f.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			cut = why(err, c.Offset(), t.packets)
			break
		}
		t.packets++
		if err := t.packet(data, ci, kind); err != nil {
			return nil, err
		}
	}
	t.flaws = f.flaws
	t.flush(func() { t.assembler.FlushAll() })
	if t.packets > 0 && t.unread.links == t.packets {
		return nil, parse.At(0, unknownLinkType("the packets are", t.unread.kind))
	}
	return cut, errors.Join(ctx.Err(), t.err)
}

// why says where and why reading ends before the input does.
func why(err error, at, packets int64) *parse.Error {
	if e, ok := parse.AsDamage(err); ok {
		return e
	}
	e := &parse.Error{ByteOffset: at, DB: -1}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		e.Err = parse.Truncated("the capture ends within packet %d", packets+1)
	} else {
		e.Err = parse.Damaged("packet %d of the capture can't be read, and nothing after it", packets+1)
	}
	return e
}

// kept returns the connections that are kept, in the order in which they began.
func (t *table) kept() (all []*Connection) {
	for _, a := range t.assemblies {
		if a.verdict == Keep {
			a.addTails()
			a.first = [2]uint32{a.sides[0].base, a.sides[1].base}
			all = append(all, a.Connection)
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].Began.Before(all[j].Began) })
	return all
}

// HeadSize is how many bytes of a direction a Sorter may see, at most.
const HeadSize = 16 << 10

// A Connection is what two endpoints sent one another. Direction 0 is that of
// the first packet that was captured, 1 the other.
type Connection struct {
	// Ends are the endpoints, as host:port: the one that sends in direction 0,
	// and the one that sends in direction 1.
	Ends [2]string
	// Began and Ended are the times of the first and of the last packet.
	Began, Ended time.Time
	// Started: its SYN, or the answer to that, was captured.
	Started bool

	opener     int   // the direction of who made it, of one that started
	snapped    int64 // segments that were cut
	snapLength int   // the longest packet that was

	first   [2]uint32 // sequence numbers of the first bytes
	seen    [2]bool   // a packet of this direction was captured
	torn    [2]bool
	heads   [2][]byte
	streams [2]*Stream
}

// Head returns the first bytes sent in direction d, at most HeadSize, borrowed.
// It is empty once the connection was decided on.
func (c *Connection) Head(d int) []byte { return c.heads[d] }

// Torn reports whether bytes were lost within direction d, so that Head begins
// after the last hole.
func (c *Connection) Torn(d int) bool { return c.torn[d] }

// Opener is the direction in which who made the connection sends, of one that Started.
func (c *Connection) Opener() int { return c.opener }

// Captured reports whether any packet of direction d was captured.
func (c *Connection) Captured(d int) bool { return c.seen[d] }

// Stream returns what was sent in direction d, which may be nothing.
func (c *Connection) Stream(d int) *Stream { return c.streams[d] }

// First returns the sequence number of the first byte of direction d, of one that
// is kept.
func (c *Connection) First(d int) uint32 { return c.first[d] }

// drop forgets the bytes that were kept.
func (c *Connection) drop() error {
	var errs []error
	for d, s := range c.streams {
		if s != nil {
			errs = append(errs, s.close())
			c.streams[d] = nil
		}
	}
	c.heads = [2][]byte{}
	return errors.Join(errs...)
}
