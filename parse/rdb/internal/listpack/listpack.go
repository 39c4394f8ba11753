// Package listpack reads listpacks, the form in which Redis 7 and Valkey keep
// small hashes, sets, sorted sets, nodes of lists and nodes of streams.
//
//	bytes     u32, little endian: length of the whole listpack
//	count     u16, little endian: number of entries; 65535 for unknown
//	entry*    encoding and data, then backlen
//	255       end
//
// The encodings, by the first byte of an entry:
//
//	0xxxxxxx                     integer of 7 bits, unsigned
//	10xxxxxx data                text, its length in 6 bits
//	110xxxxx xxxxxxxx            integer of 13 bits, signed
//	1110xxxx xxxxxxxx data       text, its length in 12 bits
//	11110000 u32 data            text, its length little endian
//	11110001 to 11110100         integer of 16, 24, 32, 64 bits, signed, little endian
//
// backlen is the length of encoding and data, in groups of 7 bits, the
// highest group first; all bytes but the first have bit 7 set, so that it can
// be read backwards.
//
// Source: redis src/listpack.c.
package listpack

import (
	"encoding/binary"
	"io"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb/internal/packed"
)

const (
	// HeaderSize is how many bytes are before the first entry.
	HeaderSize = 6
	end        = 0xff
	unknown    = 0xffff
)

// Count reads the number of entries in the first HeaderSize bytes. It is not
// known if they are fewer, or if only a walk tells.
func Count(head []byte) (n int, known bool) {
	if len(head) < HeaderSize {
		return 0, false
	}
	n = int(binary.LittleEndian.Uint16(head[4:]))
	return n, n != unknown
}

// Len walks over a listpack, checks it, and returns the number of entries. An
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

// A Reader goes over the entries of a listpack, and checks all that a
// listpack says of itself.
type Reader struct {
	body  []byte // without the end mark
	pos   int
	read  int // entries, so far
	count int // -1 for unknown
}

// Reset starts to read blob, which must be a whole listpack.
func (r *Reader) Reset(blob []byte) error {
	if len(blob) < HeaderSize+1 {
		return parse.Damaged("a listpack of %d bytes", len(blob))
	}
	if n := binary.LittleEndian.Uint32(blob); uint64(n) != uint64(len(blob)) {
		return parse.Damaged("a listpack that says it has %d bytes, and has %d", n, len(blob))
	}
	last := len(blob) - 1
	if blob[last] != end {
		return parse.Damaged("a listpack without its end mark")
	}
	*r = Reader{body: blob[:last], pos: HeaderSize, count: -1}
	if n, known := Count(blob); known {
		r.count = n
	}
	return nil
}

// Next returns the next entry, borrowed from the blob. After the last one it
// returns io.EOF; any other error is parse.ErrDamaged.
func (r *Reader) Next() (packed.Entry, error) {
	// Nearly all entries are short texts and small integers, which one byte tells the
	// length of, in front as behind.
	if b := r.body[r.pos:]; len(b) > 1 {
		switch c, n := b[0], int(b[0]&0x3f)+1; {
		case c < 0x80 && b[1] == 1:
			r.pos += 2
			r.read++
			return packed.Entry{Int: int64(c)}, nil
		case c >= 0x80 && c < 0xc0 && n < len(b) && int(b[n]) == n:
			r.pos += n + 1
			r.read++
			return packed.Entry{Text: b[1:n:n]}, nil
		}
	}
	return r.next()
}

// next is Next of any entry.
func (r *Reader) next() (packed.Entry, error) {
	if r.pos == len(r.body) {
		return packed.Entry{}, r.finish()
	}
	b := r.body[r.pos:]
	e, size := entry(b)
	if size == 0 {
		return e, parse.Damaged(
			"entry %d of a listpack has no valid encoding, or reaches past the end", r.read)
	}
	back := backlen(b[size:], size)
	if back == 0 {
		return e, parse.Damaged("entry %d of a listpack: the length after it is not its own", r.read)
	}
	r.pos += size + back
	r.read++
	return e, nil
}

// Pos is where in the blob the next entry, or the end mark, begins.
func (r *Reader) Pos() int { return r.pos }

func (r *Reader) finish() error {
	if r.count >= 0 && r.count != r.read {
		return parse.Damaged("a listpack that says it has %d entries, and has %d", r.count, r.read)
	}
	return io.EOF
}

// entry decodes the entry at the start of b; size is that of encoding and
// data, 0 if b holds no whole entry.
func entry(b []byte) (e packed.Entry, size int) {
	switch c := b[0]; {
	case c < 0x80:
		return packed.Entry{Int: int64(c)}, 1
	case c < 0xc0:
		return text(b, 1, uint32(c&0x3f))
	case len(b) < 2:
		return e, 0
	case c < 0xe0:
		// 13 bits, shifted up and down again for the sign.
		n := int16(uint16(c)<<8|uint16(b[1])) << 3 >> 3
		return packed.Entry{Int: int64(n)}, 2
	case c < 0xf0:
		return text(b, 2, uint32(c&0x0f)<<8|uint32(b[1]))
	}
	return wideEntry(b)
}

func wideEntry(b []byte) (e packed.Entry, size int) {
	switch c := b[0]; {
	case c == 0xf0 && len(b) >= 5:
		return text(b, 5, binary.LittleEndian.Uint32(b[1:]))
	case c == 0xf1 && len(b) >= 3:
		return packed.Entry{Int: int64(int16(binary.LittleEndian.Uint16(b[1:])))}, 3
	case c == 0xf2 && len(b) >= 4:
		n := int32(uint32(b[1])<<8|uint32(b[2])<<16|uint32(b[3])<<24) >> 8
		return packed.Entry{Int: int64(n)}, 4
	case c == 0xf3 && len(b) >= 5:
		return packed.Entry{Int: int64(int32(binary.LittleEndian.Uint32(b[1:])))}, 5
	case c == 0xf4 && len(b) >= 9:
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

// backlen is how many bytes at the start of b say size; 0 if they say
// something else.
func backlen(b []byte, size int) int {
	n := backlenSize(size)
	if len(b) < n {
		return 0
	}
	for i := n - 1; i >= 0; i-- {
		want := byte(size & 0x7f)
		if i > 0 {
			want |= 0x80
		}
		if b[i] != want {
			return 0
		}
		size >>= 7
	}
	return n
}

// backlenSize: the borders are one short of what would fit, since the server
// compares with < and not with <=, but for the first.
func backlenSize(size int) int {
	switch {
	case size <= 127:
		return 1
	case size < 16383:
		return 2
	case size < 2097151:
		return 3
	case size < 268435455:
		return 4
	}
	return 5
}
