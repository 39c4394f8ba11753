// Package zipmap reads zipmaps, the form in which Redis before 2.6 keeps small
// hashes.
//
//	count     1 byte: number of pairs; 254 and 255 for unknown
//	pair*     length, field, length, free, value, as many bytes as free says
//	255       end
//
// A length is one byte below 254, or 254 and a u32, little endian; free is
// one byte. Source: redis src/zipmap.c. Its comments call 253 the border; the
// code of every release has 254.
package zipmap

import (
	"encoding/binary"
	"io"

	"github.com/redsleuth/redsleuth/parse"
)

const (
	// HeaderSize is how many bytes are before the first pair.
	HeaderSize = 1
	bigLength  = 254
	end        = 255
)

// Count reads the number of pairs in the first HeaderSize bytes. It is not
// known if they are fewer, or if only a walk tells.
func Count(head []byte) (n int, known bool) {
	if len(head) < HeaderSize || head[0] >= bigLength {
		return 0, false
	}
	return int(head[0]), true
}

// Len walks over a zipmap, checks it, and returns the number of pairs. An
// error is parse.ErrDamaged.
func Len(blob []byte) (int, error) {
	var r Reader
	if err := r.Reset(blob); err != nil {
		return 0, err
	}
	for {
		if _, _, err := r.Next(); err != nil {
			if err == io.EOF {
				err = nil
			}
			return r.read, err
		}
	}
}

// A Reader goes over the pairs of a zipmap.
type Reader struct {
	left  []byte // without the end mark
	read  int    // pairs, so far
	count int    // -1 for unknown
}

// Reset starts to read blob, which must be a whole zipmap.
func (r *Reader) Reset(blob []byte) error {
	if len(blob) < HeaderSize+1 {
		return parse.Damaged("a zipmap of %d bytes", len(blob))
	}
	last := len(blob) - 1
	if blob[last] != end {
		return parse.Damaged("a zipmap without its end mark")
	}
	*r = Reader{left: blob[HeaderSize:last], count: -1}
	if n, known := Count(blob); known {
		r.count = n
	}
	return nil
}

// Next returns the next pair, borrowed from the blob. After the last one it
// returns io.EOF; any other error is parse.ErrDamaged.
func (r *Reader) Next() (field, value []byte, err error) {
	if len(r.left) == 0 {
		return nil, nil, r.finish()
	}
	field, ok := r.take(0)
	if !ok {
		return nil, nil, parse.Damaged("field %d of a zipmap reaches past the end", r.read)
	}
	value, ok = r.take(1)
	if !ok {
		return nil, nil, parse.Damaged("value %d of a zipmap reaches past the end", r.read)
	}
	r.read++
	return field, value, nil
}

func (r *Reader) finish() error {
	if r.count >= 0 && r.count != r.read {
		return parse.Damaged("a zipmap that says it has %d pairs, and has %d", r.count, r.read)
	}
	return io.EOF
}

// take takes a length and as many bytes; between the two are freeSize bytes
// that say how many more to step over.
func (r *Reader) take(freeSize int) ([]byte, bool) {
	if len(r.left) == 0 {
		return nil, false
	}
	n, head := uint64(r.left[0]), 1
	switch {
	case n == bigLength && len(r.left) >= 5:
		n, head = uint64(binary.LittleEndian.Uint32(r.left[1:])), 5
	case n >= bigLength:
		return nil, false
	}
	if len(r.left) < head+freeSize {
		return nil, false
	}
	free := uint64(0)
	if freeSize > 0 {
		free = uint64(r.left[head])
	}
	body := r.left[head+freeSize:]
	if n+free > uint64(len(body)) {
		return nil, false
	}
	r.left = body[n+free:]
	return body[:n:n], true
}
