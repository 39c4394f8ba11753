package tcp

import (
	"encoding/binary"
	"errors"
	"io"
)

const (
	ngMagic   = 0x0a0d0d0a // of a section header, in either order
	ngOrder   = 0x1a2b3c4d
	blockHead = 12       // type, length, and the byte order of a section
	maxBlock  = 16 << 20 // as libpcap has it
)

// blocks reads the blocks of pcapng, whole ones only, for a reader that looks
// ahead. What is between them is stepped over; it ends where a pcap file
// begins.
type blocks struct {
	*files
	order binary.ByteOrder
	left  int // of the block that is being read
	// another: it ended where a capture of the other format begins.
	another bool
}

// sectionOrder is the byte order of the section that begins at w.
func sectionOrder(w []byte) (binary.ByteOrder, bool) {
	if len(w) < blockHead || binary.LittleEndian.Uint32(w) != ngMagic {
		return nil, false
	}
	switch {
	case binary.LittleEndian.Uint32(w[8:]) == ngOrder:
		return binary.LittleEndian, true
	case binary.BigEndian.Uint32(w[8:]) == ngOrder:
		return binary.BigEndian, true
	}
	return nil, false
}

// Read implements io.Reader.
func (b *blocks) Read(p []byte) (int, error) {
	for b.left == 0 {
		if err := b.block(); err != nil {
			return 0, err
		}
	}
	w, err := b.c.Fill(1)
	if len(w) == 0 {
		return 0, err
	}
	n := copy(p[:min(len(p), b.left)], w)
	b.c.Advance(n)
	b.left -= n
	return n, nil
}

// block finds the next one.
func (b *blocks) block() error {
	w, err := b.c.Fill(fileSize)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return err
	case len(w) == 0:
		return io.EOF
	case b.beginsPCAP(w):
		b.another = true
		return io.EOF
	case allZero(w[:min(len(w), minZeros)]):
		if more, err := b.overZeros(); err != nil || !more {
			return orEnd(err)
		}
		return b.resume(0, b.begins)
	}
	if order, ok := sectionOrder(w); ok {
		if b.order != nil {
			b.flaw(Joined, b.c.Offset(), 0)
		}
		b.order = order
	}
	if len(w) < blockHead {
		b.left = len(w)
		return nil
	}
	n := b.length(w)
	if n == 0 {
		return b.resume(1, b.begins)
	}
	w, err = b.c.Fill(n)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if len(w) >= n && b.closed(w, n) {
		b.left = n
		return nil
	}
	if i := findFile(w[blockHead:]); i >= 0 { // it was cut, and another capture put after it
		b.flaw(Skipped, b.c.Offset(), int64(blockHead+i))
		b.c.Advance(blockHead + i)
		return nil
	}
	if len(w) < n { // the input ends in it
		b.left = len(w)
		return nil
	}
	return b.resume(1, b.begins)
}

func (b *blocks) beginsPCAP(w []byte) bool {
	_, ok := parseHeader(w)
	return ok
}

// length is that of the block at w, 0 if there can't be one.
func (b *blocks) length(w []byte) int {
	if b.order == nil || len(w) < blockHead {
		return 0
	}
	n := b.order.Uint32(w[4:])
	if n < blockHead || n > maxBlock || n%4 != 0 {
		return 0
	}
	return int(n)
}

// closed: the block of n bytes at w ends with its length, as each does.
func (b *blocks) closed(w []byte, n int) bool { return int(b.order.Uint32(w[n-4:])) == n }

// begins reports whether a block begins at w.
func (b *blocks) begins(w []byte, _ bool) bool {
	n := b.length(w)
	return n > 0 && n <= len(w) && b.closed(w, n)
}
