package capture

import (
	"errors"
	"io"
	"sort"
	"strconv"
	"time"

	"github.com/redsleuth/redsleuth/parse/link"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

const (
	// maxBoundaries bounds how much of a stream is looked at to find its
	// offsets.
	maxBoundaries = 1 << 20
	// anchorAcks are as many acknowledgements as are held against it.
	anchorAcks = 4096
	// idle is how long a replica that acknowledges anything has had for all that
	// was sent before: it reads what has come before it sends the ACK that is due
	// (ae.c: files before timers).
	idle = 500 * time.Millisecond
	// atOnce is how soon a replica answers a GETACK that it has read.
	atOnce = 100 * time.Millisecond
	// pause is how long nothing came where a stream is not busy.
	pause = 200 * time.Millisecond
	// glance is how soon a replica has read what comes while it is idle.
	glance = 50 * time.Millisecond
)

// boundaries are the places between commands, outside transactions, counted
// in bytes of the stream.
type boundaries struct {
	ends   []int64
	places []int64 // in bytes of the direction, lost ones included
	times  []time.Time
	dbs    []int // selected there; record.Unknown before anything tells
	holes  []hole
	asked  []int // indexes of the places after a GETACK
}

// hole is a part of a stream that can't be read.
type hole struct{ from, to int64 }

func (b *boundaries) inHole(at int64) bool {
	i := sort.Search(len(b.holes), func(i int) bool { return b.holes[i].to >= at })
	return i < len(b.holes) && b.holes[i].from <= at
}

func isEnd(err error) bool { return errors.Is(err, io.EOF) }

// RDB and the rest make boundaries a record.Handler that takes them.
func (b *boundaries) RDB(*record.Link, *rdb.Decoder) error { return nil }

// LinkStart has no need of the stream where its offset is known.
func (b *boundaries) LinkStart(l *record.Link) error {
	if l.Anchor != record.AnchorNone {
		return record.Stop
	}
	return nil
}

// Command takes the place after a command.
func (b *boundaries) Command(c *record.Command) error {
	if len(b.ends) == 0 && c.Link.Commands == 1 && c.Link.Bytes == c.Bytes { // it begins whole
		b.add(0, c.Byte, time.Time{}, record.Unknown)
	}
	if c.Transaction == 0 || is(c.Args[0], "EXEC") {
		if len(c.Args) > 1 && is(c.Args[0], "REPLCONF") && is(c.Args[1], "GETACK") {
			b.asked = append(b.asked, len(b.ends))
		}
		b.add(c.Link.Bytes, c.Byte+c.Bytes, c.Time, selected(c))
	}
	if len(b.ends) >= maxBoundaries {
		return record.Stop
	}
	return nil
}

// Note takes the bytes in which boundaries may lie that nobody can see, and the
// place after them.
func (b *boundaries) Note(n *record.Note) error {
	if n.Kind != record.NoteGap && n.Kind != record.NoteDamage || n.Link.Bytes == 0 {
		return nil
	}
	b.holes = append(b.holes, hole{n.Link.Bytes - n.Bytes, n.Link.Bytes})
	at := n.EndTime
	if at.IsZero() {
		at = n.Time
	}
	b.add(n.Link.Bytes, n.Byte+n.Bytes, at, record.Unknown)
	return nil
}

func (b *boundaries) add(end, place int64, at time.Time, db int) {
	b.ends, b.places, b.times = append(b.ends, end), append(b.places, place), append(b.times, at)
	b.dbs = append(b.dbs, db)
}

// selected is the database that is selected after a command.
func selected(c *record.Command) int {
	if len(c.Args) == 2 && is(c.Args[0], "SELECT") {
		if db, err := strconv.Atoi(string(c.Args[1])); err == nil {
			return db
		}
	}
	return c.DB
}

// LinkEnd ends the walk.
func (b *boundaries) LinkEnd(*record.Link) error { return nil }

// findOffset finds the offset before the first byte of a stream out of what
// the replica acknowledged. It can't have run more than its system had received,
// so that each ACK gives an offset at which the stream begins at the earliest; and
// at rest, when it had run all of that, exactly there. Every ACK has to fall on a
// boundary.
func (b *boundaries) findOffset(acks []ack) (int64, bool) {
	least, known := b.earliest(acks)
	if !known {
		return 0, false
	}
	if least >= b.lowest() && b.rested(least, acks) && b.explains(least, acks) {
		return least, true
	}
	return b.onlyCandidate(max(least, b.lowest()), acks)
}

// lowest is the lowest offset at which the stream may begin: less than 0 where a hole
// is in front of it, in which its handshake and its payload may be lost too.
func (b *boundaries) lowest() int64 {
	if len(b.holes) > 0 && b.holes[0].from <= 0 {
		return -b.holes[0].to
	}
	return 0
}

// earliest is the least offset before the first byte that no ACK contradicts.
func (b *boundaries) earliest(acks []ack) (least int64, known bool) {
	for _, a := range acks {
		if k := b.receivedBy(a); k >= 0 && (!known || a.offset-b.ends[k] > least) {
			least, known = a.offset-b.ends[k], true
		}
	}
	return least, known
}

// rested reports whether the replica had run all that it had received, the stream
// beginning at start, at some ACK: it said so again while nothing more had come,
// or answered a GETACK, or nothing had come for long, or at two ACKs after pauses,
// which are short where it was idle.
func (b *boundaries) rested(start int64, acks []ack) bool {
	pauses := 0
	for i, a := range acks {
		k := b.receivedBy(a)
		if b.answers(start, k, a) {
			return true
		}
		if k < 0 || a.offset-b.ends[k] != start {
			continue
		}
		if i > 0 && acks[i-1].offset == a.offset && acks[i-1].received == a.received {
			return true
		}
		since, until := b.quiet(k, a)
		if since >= idle || k == 0 && until >= pause {
			return true
		}
		if since >= pause || since >= glance && b.alone(k) {
			pauses++
		}
	}
	return pauses > 1
}

// answers reports whether an ACK, the stream beginning at start, is what a replica
// that has run everything says to a GETACK: its offset before that, at once. k is
// the last place that it had received.
func (b *boundaries) answers(start int64, k int, a ack) bool {
	i := sort.SearchInts(b.asked, k+1) - 1
	if i < 0 {
		return false
	}
	g := b.asked[i]
	return g > 0 && a.offset-start == b.ends[g-1] && a.time.Sub(b.times[g]) <= atOnce
}

// quiet is how long before an ACK nothing had come, and how long after it
// nothing came; before the first bytes of a capture nobody knows the former.
func (b *boundaries) quiet(k int, a ack) (since, until time.Duration) {
	if !b.times[k].IsZero() {
		since = a.time.Sub(b.times[k])
	}
	if k+1 < len(b.times) {
		until = b.times[k+1].Sub(a.time)
	}
	return since, until
}

// alone reports whether nothing had come for long before what ends at a boundary.
func (b *boundaries) alone(k int) bool {
	return k > 0 && !b.times[k-1].IsZero() && b.times[k].Sub(b.times[k-1]) >= idle
}

// onlyCandidate tries every boundary that the last ACK may mean, the stream
// beginning at least or later.
func (b *boundaries) onlyCandidate(least int64, acks []ack) (int64, bool) {
	const mostTried = 2000
	found, start := 0, int64(0)
	distinct := map[int64]bool{}
	last := acks[0]
	for _, a := range acks {
		distinct[a.offset] = true
		if b.receivedBy(a) >= 0 {
			last = a
		}
	}
	from := b.receivedBy(last)
	for k := from; k >= 0; k-- {
		if k <= from-mostTried {
			return 0, false
		}
		s := last.offset - b.ends[k]
		if s >= least && b.explains(s, acks) {
			found++
			start = s
		}
	}
	return start, found == 1 && len(distinct) > 2
}

// receivedBy is the last boundary that the replica's system had received; -1 if
// it had none, or if what it had goes beyond the boundaries that are kept.
func (b *boundaries) receivedBy(a ack) int {
	k := sort.Search(len(b.places), func(i int) bool { return b.places[i] > a.received }) - 1
	if k == len(b.places)-1 && k+1 >= maxBoundaries {
		return -1
	}
	return k
}

// explains reports whether every ACK, with the stream beginning at start,
// falls on a boundary that had been received, or before the stream's first byte.
func (b *boundaries) explains(start int64, acks []ack) bool {
	for _, a := range acks {
		at := a.offset - start
		if at <= 0 {
			continue
		}
		i := sort.Search(len(b.ends), func(i int) bool { return b.ends[i] >= at })
		switch {
		case i == len(b.ends):
			if len(b.ends) < maxBoundaries {
				return false
			}
		case b.inHole(at):
		case b.ends[i] != at, b.places[i] > a.received:
			return false
		}
	}
	return true
}

var _ record.Handler = (*boundaries)(nil)

// anchor sets the link's offset by its ACKs, by dumps that were made along it, or by
// what the replica asked for next, where neither handshake nor request tells it. ahead
// is how much of the hole in front of the stream is none of it.
func (w *linkWalker) anchor(c *linkConnection, l *record.Link) (ahead int64, err error) {
	acks, err := firstACKs(c, w.limits, anchorAcks)
	if err != nil || len(acks) == 0 && len(w.dumps) == 0 && w.next(c) == nil {
		return 0, err
	}
	b := &boundaries{}
	probe := *l
	o := link.Options{Limits: w.limits, Link: &probe, DB: record.Unknown}
	if err := w.stream(c, o, b); err != nil {
		return 0, err
	}
	if probe.Anchor != record.AnchorNone {
		return 0, nil
	}
	if start, ok := b.findOffset(acks); ok {
		l.StartOffset, l.Anchor = start, record.AnchorACK
	} else if start, id, ok := b.placeDumps(acks, w.dumps); ok {
		l.StartOffset, l.ReplicationID, l.Anchor = start, id, record.AnchorBase
	} else if start, id, ok, err = w.byNext(c, b, acks, probe.ReplicationID); ok {
		l.StartOffset, l.ReplicationID, l.Anchor = start, id, record.AnchorPSYNC
	}
	if l.Anchor != record.AnchorNone {
		ahead = max(0, -l.StartOffset)
		l.StartOffset += ahead
	}
	return ahead, err
}
