package cause

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"time"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/replay"
)

// A playback reads the entries of a recording from front to back.
type playback struct {
	*recording
	in *bufio.Reader
	// left is how much of the entry at hand is unread.
	left  int64
	scope command.Scope
	reach bool
	keys  []uint64 // words of the entry's keys
	seq   int64    // number of the command, from 0
	buf   []byte
}

// play starts at the first entry. What is written afterwards is not seen.
func (r *recording) play() (*playback, error) {
	in, err := r.entries.read(0, r.entries.at)
	return &playback{recording: r, in: in, seq: -1}, err
}

// next goes on to the next command; false at the end.
func (p *playback) next(ctx context.Context) (bool, error) {
	for {
		if p.seq&1023 == 0 && ctx.Err() != nil {
			return false, ctx.Err()
		}
		if err := skip(p.in, p.left); err != nil {
			return false, err
		}
		var head [headSize]byte
		if _, err := io.ReadFull(p.in, head[:]); err != nil {
			if errors.Is(err, io.EOF) {
				return false, nil
			}
			return false, err
		}
		p.scope, p.reach = command.Scope(head[atScope]), head[atReach] != 0
		p.left = int64(binary.LittleEndian.Uint64(head[:])) - (headSize - atScope)
		if p.scope == command.Nothing {
			continue
		}
		p.seq++
		return true, p.readKeys(int(binary.LittleEndian.Uint32(head[atKeys:])))
	}
}

// take reads n bytes, borrowed until the next call.
func (p *playback) take(n int) ([]byte, error) {
	if cap(p.buf) < n {
		p.buf = make([]byte, n)
	}
	b := p.buf[:n]
	_, err := io.ReadFull(p.in, b)
	p.left -= int64(n)
	return b, err
}

func (p *playback) readKeys(n int) error {
	b, err := p.take(8 * n)
	p.keys = p.keys[:0]
	for ; err == nil && len(b) > 0; b = b[8:] {
		p.keys = append(p.keys, binary.LittleEndian.Uint64(b))
	}
	return err
}

// concerns reports whether a key of the command at hand may be one of those
// whose hashes are wanted.
func (p *playback) concerns(wanted map[uint64]bool) bool {
	for _, k := range p.keys {
		if wanted[k&^writesKey] {
			return true
		}
	}
	return false
}

// offsets are those before and after the command at hand; nothing else of it is
// read.
func (p *playback) offsets() (offset, end int64, err error) {
	b, err := p.in.Peek(int(min(p.left, 2*binary.MaxVarintLen64)))
	if err != nil {
		return 0, 0, err
	}
	offset, n := binary.Varint(b)
	size, _ := binary.Varint(b[max(n, 0):])
	return offset, offset + size, nil
}

// event reads the command at hand; its arguments are its own.
func (p *playback) event() (*event, error) {
	b := make([]byte, p.left)
	_, err := io.ReadFull(p.in, b)
	p.left = 0
	if err != nil {
		return nil, err
	}
	number := func() int64 {
		v, n := binary.Varint(b)
		b = b[max(n, 0):]
		return v
	}
	e := &event{scope: p.scope, seq: p.seq}
	e.offset = number()
	e.end = e.offset + number()
	link := p.links[number()]
	e.path, e.link = link.path, link.link
	e.db, e.replicaDB = int(number()), int(number())
	if at := number(); at != 0 {
		e.time = time.Unix(0, at).UTC()
	}
	e.transaction = int(number())
	e.outcome, b = recordedOutcomes[b[0]], b[1:]
	if refused, itself := p.refusedOf(link, e.offset); refused && e.outcome == replay.Applied {
		e.outcome, e.aborted = replay.Refused, !itself
	}
	lengths := make([]int64, number())
	for i := range lengths {
		lengths[i] = number()
	}
	for _, n := range lengths {
		e.args = append(e.args, b[:n:n])
		b = b[n:]
	}
	return e, nil
}
