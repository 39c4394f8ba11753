package capture

import (
	"errors"
	"io"
	"sort"
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
	// idle is how long a replica that ACKs every second has had for
	// everything that was sent before.
	idle = 1500 * time.Millisecond
)

// boundaries are the places between commands, outside transactions, counted
// in bytes of the stream.
type boundaries struct {
	ends  []int64
	times []time.Time
	holes []hole
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
	if c.Transaction == 0 || is(c.Args[0], "EXEC") {
		b.ends, b.times = append(b.ends, c.Link.Bytes), append(b.times, c.Time)
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
	b.ends, b.times = append(b.ends, n.Link.Bytes), append(b.times, n.EndTime)
	if n.EndTime.IsZero() {
		b.times[len(b.times)-1] = n.Time
	}
	return nil
}

// LinkEnd ends the walk.
func (b *boundaries) LinkEnd(*record.Link) error { return nil }

// findOffset finds the offset before the first byte of a stream out of what
// the replica acknowledged: each ACK falls on a boundary, that had been sent
// by then. Only where one offset alone explains every ACK is it told.
func (b *boundaries) findOffset(acks []ack) (int64, bool) {
	if len(acks) == 0 || len(b.ends) == 0 {
		return 0, false
	}
	// Moments of rest show it: everything sent by then was acknowledged, and
	// said so at least twice.
	rests, start := 0, int64(0)
	for _, a := range acks {
		k := b.sentBy(a.time)
		if k < 0 || a.time.Sub(b.times[k]) < idle || k == len(b.ends)-1 && len(b.ends) >= maxBoundaries {
			continue
		}
		s := a.offset - b.ends[k]
		if rests > 0 && s != start {
			return 0, false
		}
		rests, start = rests+1, s
	}
	if rests >= 2 && start >= 0 && b.explains(start, acks) {
		return start, true
	}
	return b.onlyCandidate(acks)
}

// onlyCandidate tries every boundary that the first ACK may mean.
func (b *boundaries) onlyCandidate(acks []ack) (int64, bool) {
	const mostTried = 2000
	found, start := 0, int64(0)
	last := b.sentBy(acks[0].time)
	for k := last; k >= 0 && k > last-mostTried; k-- {
		s := acks[0].offset - b.ends[k]
		if s >= 0 && b.explains(s, acks) {
			found++
			start = s
		}
	}
	distinct := map[int64]bool{}
	for _, a := range acks {
		distinct[a.offset] = true
	}
	return start, found == 1 && len(distinct) > 2
}

// sentBy is the last boundary sent by a time; -1 if none was.
func (b *boundaries) sentBy(at time.Time) int {
	return sort.Search(len(b.times), func(i int) bool { return b.times[i].After(at) }) - 1
}

// explains reports whether every ACK, with the stream beginning at start,
// falls on a boundary that had been sent, or before the stream's first byte.
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
		case b.ends[i] != at, b.times[i].After(a.time):
			return false
		}
	}
	return true
}

var _ record.Handler = (*boundaries)(nil)

// anchor sets the link's offset by its ACKs, where neither handshake nor
// request tells it.
func (w *linkWalker) anchor(c *linkConnection, l *record.Link) error {
	acks, err := firstACKs(c.fromReplica(), w.limits, anchorAcks)
	if err != nil || len(acks) == 0 {
		return err
	}
	b := &boundaries{}
	probe := *l
	o := link.Options{Limits: w.limits, Link: &probe, DB: record.Unknown}
	if err := w.stream(c, o, b); err != nil {
		return err
	}
	if probe.Anchor != record.AnchorNone {
		return nil
	}
	if start, ok := b.findOffset(acks); ok {
		l.StartOffset, l.Anchor = start, record.AnchorACK
	}
	return nil
}
