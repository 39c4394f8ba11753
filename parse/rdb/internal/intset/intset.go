// Package intset reads intsets, the form in which Redis and Valkey keep small
// sets of integers.
//
//	width     u32: bytes of an integer: 2, 4 or 8
//	count     u32: number of integers
//	integer*  signed, in ascending order
//
// All of it is little endian. Source: redis src/intset.c.
package intset

import (
	"encoding/binary"
	"io"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb/internal/packed"
)

// HeaderSize is how many bytes are before the first integer.
const HeaderSize = 8

// Count reads the number of integers in the first HeaderSize bytes. It is not
// known if they are fewer.
func Count(head []byte) (n int, known bool) {
	if len(head) < HeaderSize {
		return 0, false
	}
	return int(binary.LittleEndian.Uint32(head[4:])), true
}

// A Reader goes over the integers of an intset.
type Reader struct {
	left  []byte
	width int
	prev  int64
	read  int
}

// Reset starts to read blob, which must be a whole intset.
func (r *Reader) Reset(blob []byte) error {
	count, ok := Count(blob)
	if !ok {
		return parse.Damaged("an intset of %d bytes", len(blob))
	}
	width := binary.LittleEndian.Uint32(blob)
	if width != 2 && width != 4 && width != 8 {
		return parse.Damaged("an intset with integers of %d bytes", width)
	}
	*r = Reader{left: blob[HeaderSize:], width: int(width)}
	switch {
	case count == 0:
		return parse.Damaged("an intset without integers")
	case uint64(uint32(count))*uint64(width) != uint64(len(r.left)):
		return parse.Damaged(
			"an intset of %d integers of %d bytes in %d bytes", count, width, len(r.left))
	}
	return nil
}

// Next returns the next integer. After the last one it returns io.EOF; any
// other error is parse.ErrDamaged.
func (r *Reader) Next() (packed.Entry, error) {
	if len(r.left) == 0 {
		return packed.Entry{}, io.EOF
	}
	n := r.take()
	if r.read > 0 && n <= r.prev {
		return packed.Entry{}, parse.Damaged(
			"integer %d of an intset is not larger than the one before", r.read)
	}
	r.prev = n
	r.read++
	return packed.Entry{Int: n}, nil
}

func (r *Reader) take() (n int64) {
	switch r.width {
	case 2:
		n = int64(int16(binary.LittleEndian.Uint16(r.left)))
	case 4:
		n = int64(int32(binary.LittleEndian.Uint32(r.left)))
	default:
		n = int64(binary.LittleEndian.Uint64(r.left))
	}
	r.left = r.left[r.width:]
	return n
}
