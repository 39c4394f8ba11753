package tcp

import (
	"errors"
	"io"
)

// follow hands what was kept of the connection to its listener, packet by
// packet, and keeps nothing from now on.
func (a *assembly) follow() {
	follower, ok := a.table.sorter.(Follower)
	if !ok {
		a.ignore()
		return
	}
	a.listener = follower.Follow(a.Connection)
	err := a.handOver()
	if err = errors.Join(err, a.drop()); err != nil {
		a.table.fail(err)
	}
}

// handOver goes over both directions in the order of the packets.
func (a *assembly) handOver() error {
	var sides [2]*backlog
	for d, s := range a.streams {
		b, err := newBacklog(s)
		if err != nil {
			return err
		}
		sides[d] = b
	}
	for !sides[0].ended || !sides[1].ended {
		d := 0
		if sides[0].ended || !sides[1].ended && sides[1].mark.packet < sides[0].mark.packet {
			d = 1
		}
		b := sides[d]
		if err := a.listener.Sent(d, b.data, b.missing, b.mark.time, b.mark.packet); err != nil {
			return err
		}
		if err := b.next(); err != nil {
			return err
		}
	}
	return nil
}

// A backlog reads a stream piece by piece.
type backlog struct {
	from    *pieces
	gaps    []Gap
	mark    mark
	data    []byte
	missing int64
	ended   bool
}

func newBacklog(s *Stream) (*backlog, error) {
	p, err := s.open(1 << 12)
	if err != nil {
		return nil, err
	}
	b := &backlog{from: p, gaps: s.Gaps()}
	return b, b.next()
}

func (b *backlog) next() error {
	at := b.from.at
	var head [1]byte
	n, err := b.from.Read(head[:])
	if errors.Is(err, io.EOF) {
		b.ended = true
		return nil
	}
	if err != nil {
		return err
	}
	b.mark = b.from.marks[len(b.from.marks)-1]
	b.data = append(b.data[:0], head[:n]...)
	b.data = append(b.data, make([]byte, b.from.left)...)
	if _, err := io.ReadFull(b.from, b.data[n:]); err != nil {
		return err
	}
	b.missing = 0
	if len(b.gaps) > 0 && b.gaps[0].Byte == at {
		b.missing = b.gaps[0].Missing
		b.gaps = b.gaps[1:]
	}
	return nil
}

// listen hands the next bytes of a direction on, packet by packet.
func (a *assembly) listen(d int, pieces []piece) {
	for _, p := range pieces {
		if err := a.listener.Sent(d, p.data, p.missing, p.time, p.packet); err != nil {
			a.table.fail(err)
			return
		}
	}
}

// endListening ends what follow began.
func (a *assembly) endListening() {
	if a.listener == nil {
		return
	}
	var closed [2]bool
	for d := range a.sides {
		closed[d] = a.sides[d].fin && a.sides[d].lost() == 0
	}
	if err := a.listener.Ended(closed); err != nil {
		a.table.fail(err)
	}
	a.listener, a.verdict = nil, Drop
}
