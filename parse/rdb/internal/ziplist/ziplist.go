// Package ziplist reads ziplists, the form in which Redis before 7 keeps small
// hashes, sorted sets and nodes of lists.
//
//	bytes     u32: length of the whole ziplist
//	tail      u32: where the last entry begins
//	count     u16: number of entries; 65535 for unknown
//	entry*    prevlen, encoding, data
//	255       end
//
// All of it is little endian but for the lengths of texts. prevlen is the
// length of the entry before: one byte below 254, or 254 and a u32, which may
// hold less than 254 too. The encodings:
//
//	00xxxxxx data                text, its length in 6 bits
//	01xxxxxx xxxxxxxx data       text, its length in 14 bits, big endian
//	10000000 u32 data            text, its length big endian
//	11000000 11010000 11100000   integer of 16, 32, 64 bits, signed
//	11110000                     integer of 24 bits, signed
//	11111110                     integer of 8 bits, signed
//	1111xxxx                     integer, xxxx-1, for xxxx of 1 to 13
//
// Source: redis src/ziplist.c.
package ziplist

import (
	"encoding/binary"
	"io"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb/internal/packed"
)

const (
	// HeaderSize is how many bytes are before the first entry.
	HeaderSize = 10
	end        = 0xff
	unknown    = 0xffff
	bigPrevlen = 0xfe
)

// Count reads the number of entries in the first HeaderSize bytes. It is not
// known if they are fewer, or if only a walk tells.
func Count(head []byte) (n int, known bool) {
	if len(head) < HeaderSize {
		return 0, false
	}
	n = int(binary.LittleEndian.Uint16(head[8:]))
	return n, n != unknown
}

// Len walks over a ziplist, checks it, and returns the number of entries. An
// error is parse.ErrDamaged.
func Len(blob []byte) (int, error) {
	var r Reader
	if err := r.Reset(blob); err != nil {
		return 0, err
	}
	for {
		if _, err := r.Next(); err != nil {
			if err == io.EOF {
				err = nil
			}
			return r.read, err
		}
	}
}

// A Reader goes over the entries of a ziplist, and checks all that a ziplist
// says of itself.
type Reader struct {
	body  []byte // without the end mark
	pos   int
	last  int // where the last entry began
	tail  int // where the header says that it does
	read  int // entries, so far
	count int // -1 for unknown
}

// Reset starts to read blob, which must be a whole ziplist.
func (r *Reader) Reset(blob []byte) error {
	if len(blob) < HeaderSize+1 {
		return parse.Damaged("a ziplist of %d bytes", len(blob))
	}
	if n := binary.LittleEndian.Uint32(blob); uint64(n) != uint64(len(blob)) {
		return parse.Damaged("a ziplist that says it has %d bytes, and has %d", n, len(blob))
	}
	last := len(blob) - 1
	if blob[last] != end {
		return parse.Damaged("a ziplist without its end mark")
	}
	*r = Reader{body: blob[:last], pos: HeaderSize, last: HeaderSize, count: -1}
	r.tail = int(binary.LittleEndian.Uint32(blob[4:]))
	if n, known := Count(blob); known {
		r.count = n
	}
	return nil
}

// Next returns the next entry, borrowed from the blob. After the last one it
// returns io.EOF; any other error is parse.ErrDamaged.
func (r *Reader) Next() (packed.Entry, error) {
	if r.pos == len(r.body) {
		return packed.Entry{}, r.finish()
	}
	b := r.body[r.pos:]
	prev, head := prevlen(b)
	if head == 0 || len(b) == head {
		return packed.Entry{}, parse.Damaged("entry %d of a ziplist reaches past the end", r.read)
	}
	if before := r.pos - r.last; prev != before {
		return packed.Entry{}, parse.Damaged(
			"entry %d of a ziplist says that the one before has %d bytes, and it has %d",
			r.read, prev, before)
	}
	e, size := entry(b[head:])
	if size == 0 {
		return e, parse.Damaged(
			"entry %d of a ziplist has no valid encoding, or reaches past the end", r.read)
	}
	r.last = r.pos
	r.pos += head + size
	r.read++
	return e, nil
}

// Pos is where in the blob the next entry, or the end mark, begins.
func (r *Reader) Pos() int { return r.pos }

func (r *Reader) finish() error {
	switch {
	case r.count >= 0 && r.count != r.read:
		return parse.Damaged("a ziplist that says it has %d entries, and has %d", r.count, r.read)
	case r.tail != r.last:
		return parse.Damaged(
			"a ziplist that says its last entry is at byte %d, and it is at %d", r.tail, r.last)
	}
	return io.EOF
}

// prevlen reads the length of the entry before; size is 0 if b is too short.
func prevlen(b []byte) (prev, size int) {
	switch {
	case b[0] < bigPrevlen:
		return int(b[0]), 1
	case b[0] == bigPrevlen && len(b) >= 5:
		return int(binary.LittleEndian.Uint32(b[1:])), 5
	}
	return 0, 0
}

// entry decodes encoding and data at the start of b; size is 0 if b holds no
// whole entry.
func entry(b []byte) (e packed.Entry, size int) {
	switch c := b[0]; {
	case c < 0x40:
		return text(b, 1, uint32(c))
	case c < 0x80 && len(b) >= 2:
		return text(b, 2, uint32(c&0x3f)<<8|uint32(b[1]))
	case c == 0x80 && len(b) >= 5:
		return text(b, 5, binary.BigEndian.Uint32(b[1:]))
	case c >= 0xf1 && c <= 0xfd:
		return packed.Entry{Int: int64(c&0x0f) - 1}, 1
	case c == 0xfe && len(b) >= 2:
		return packed.Entry{Int: int64(int8(b[1]))}, 2
	case c == 0xc0 && len(b) >= 3:
		return packed.Entry{Int: int64(int16(binary.LittleEndian.Uint16(b[1:])))}, 3
	case c == 0xf0 && len(b) >= 4:
		n := int32(uint32(b[1])<<8|uint32(b[2])<<16|uint32(b[3])<<24) >> 8
		return packed.Entry{Int: int64(n)}, 4
	case c == 0xd0 && len(b) >= 5:
		return packed.Entry{Int: int64(int32(binary.LittleEndian.Uint32(b[1:])))}, 5
	case c == 0xe0 && len(b) >= 9:
		return packed.Entry{Int: int64(binary.LittleEndian.Uint64(b[1:]))}, 9
	}
	return e, 0
}

func text(b []byte, head int, n uint32) (e packed.Entry, size int) {
	if uint64(n) > uint64(len(b)-head) {
		return e, 0
	}
	size = head + int(n)
	return packed.Entry{Text: b[head:size:size]}, size
}
