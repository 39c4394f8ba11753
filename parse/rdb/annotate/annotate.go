// Package annotate takes the bytes of one record of an RDB apart, field by
// field, for people who look at them.
//
// It follows the layouts that package rdb documents: opcodes and attributes,
// the type, the key, then the value down to the entries of packed blobs. A
// compressed string is one field; what it stands for is taken apart in lines
// that are marked as Inner, whose places count within it.
//
// The fields that are not Inner cover the record to the byte, also where a
// value has a layout that is not known here: its bytes are one field then.
//
// Stable: Record and the fields of Field. The labels are for people, and change.
package annotate

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/rdb/internal/lzf"
)

// Field is a range of bytes and what it means. Slices are borrowed: valid
// until the function that is told of it returns.
type Field struct {
	// Byte is the place of the first byte, counted from the start of the RDB,
	// or, of an Inner field, from the start of the decompressed string.
	Byte  int64
	Inner bool
	Depth int    // how deep it is in the structure
	Bytes []byte // all of it, or the first bytes of a long one
	Size  int64  // how many bytes it has
	Label string
	// Text is what the bytes stand for where that is text of the artefact;
	// it is untrusted. Nil otherwise.
	Text []byte
}

const (
	// shownMost is how many bytes of a long field are told.
	shownMost = 64
	// textMost is how many of its text are.
	textMost = 4096
)

// Record takes apart the record rec, whose Byte and Bytes are known, and
// tells of its fields in order. c is at its first byte. What is no error
// of reading is told in a field: the rest of the record then is one.
func Record(c *parse.Cursor, h rdb.Header, rec *rdb.Record, tell func(*Field) error) error {
	w := &walker{c: c, header: h, start: c.Offset() - rec.Byte, end: rec.Byte + rec.Bytes, tell: tell}
	err := w.record(rec)
	if err == nil && w.place() < w.end {
		err = errRest
	}
	var lost *restError
	if !errors.As(err, &lost) {
		return err
	}
	return w.rest(lost.text)
}

// A restError ends the taking apart; what is left is one field.
type restError struct{ text string }

func (e *restError) Error() string { return e.text }

var errRest = &restError{"not taken apart"}

func rest(format string, args ...any) error { return &restError{fmt.Sprintf(format, args...)} }

// A walker goes over one record.
type walker struct {
	c      *parse.Cursor
	header rdb.Header
	start  int64 // place of the RDB in the input
	end    int64
	depth  int
	tell   func(*Field) error
	field  Field
	space  []byte // what a string was decompressed to
}

func (w *walker) place() int64 { return w.c.Offset() - w.start }

// raw takes n bytes and tells of them.
func (w *walker) raw(n int64, text []byte, format string, args ...any) error {
	if n < 0 || n > w.end-w.place() {
		return rest("a length of %d bytes reaches past the record", n)
	}
	w.field = Field{Byte: w.place(), Depth: w.depth, Size: n, Label: fmt.Sprintf(format, args...),
		Text: text}
	b, err := w.c.Fill(int(min(n, shownMost)))
	if err != nil {
		return err
	}
	w.field.Bytes = b[:min(n, shownMost)]
	if err := w.tell(&w.field); err != nil {
		return err
	}
	return w.c.Skip(n)
}

func (w *walker) rest(why string) error {
	w.depth = 0
	if w.place() == w.end {
		return nil
	}
	return w.raw(w.end-w.place(), nil, "%s", why)
}

// peek looks at the next n bytes.
func (w *walker) peek(n int64) ([]byte, error) {
	if n < 0 || n > w.end-w.place() {
		return nil, rest("a length of %d bytes reaches past the record", n)
	}
	b, err := w.c.Fill(int(n))
	return b[:min(int(n), len(b))], err
}

// The encodings of a string in place of a length.
const (
	encInt8 = 0xc0
	encLZF  = 0xc3
)

// length peeks at a length; size is how many bytes it takes, encoding is not 0
// if a special encoding is there.
func (w *walker) length() (n uint64, size int64, encoding byte, err error) {
	b, err := w.peek(1)
	if err != nil {
		return 0, 0, 0, err
	}
	switch first := b[0]; {
	case first < 0x40:
		return uint64(first), 1, 0, nil
	case first < 0x80:
		b, err = w.peek(2)
		if err == nil {
			n = uint64(b[0]&0x3f)<<8 | uint64(b[1])
		}
		return n, 2, 0, err
	case first >= encInt8:
		return 0, 1, first, nil
	case first == 0x81 && w.header.Version >= 8:
		b, err = w.peek(9)
		if err == nil {
			n = binary.BigEndian.Uint64(b[1:])
		}
		return n, 9, 0, err
	}
	b, err = w.peek(5)
	if err == nil {
		n = uint64(binary.BigEndian.Uint32(b[1:]))
	}
	return n, 5, 0, err
}

// number takes a length that is a number of something.
func (w *walker) number(label string) (uint64, error) {
	n, size, encoding, err := w.length()
	if err != nil {
		return 0, err
	}
	if encoding != 0 {
		return 0, rest("no %s stands here", label)
	}
	return n, w.raw(size, nil, "%s: %d", label, n)
}

func (w *walker) numbers(labels ...string) error {
	for _, l := range labels {
		if _, err := w.number(l); err != nil {
			return err
		}
	}
	return nil
}

// str takes a string: its length, and its bytes.
func (w *walker) str(label string) error {
	return w.contents(label, func([]byte, bool) error { return nil }, false)
}

// blob takes a string that apart takes to pieces.
func (w *walker) blob(label string, apart func(b []byte, inner bool) error) error {
	return w.contents(label, apart, true)
}

// contents takes a string. Where split is true, the bytes of one that is not
// compressed are taken by apart, field by field.
func (w *walker) contents(label string, apart func(b []byte, inner bool) error, split bool) error {
	n, size, encoding, err := w.length()
	switch {
	case err != nil:
		return err
	case encoding == encLZF:
		return w.compressed(label, apart)
	case encoding > encLZF:
		return rest("%s: 0x%02x is no encoding of a string", label, encoding)
	case encoding != 0:
		return w.integer(label, encoding)
	}
	if err := w.raw(size, nil, "length of %s: %d", label, n); err != nil {
		return err
	}
	w.depth++
	defer func() { w.depth-- }()
	most := int64(n)
	if !split {
		most = min(most, textMost)
	}
	b, err := w.peek(most)
	switch {
	case err != nil:
		return err
	case split:
		return apart(b, false)
	}
	return w.raw(int64(n), b, "%s", label)
}

func (w *walker) integer(label string, encoding byte) error {
	size := int64(1) << (encoding - encInt8)
	b, err := w.peek(1 + size)
	if err != nil {
		return err
	}
	n := int64(0)
	for i, c := range b[1:] {
		n |= int64(c) << (8 * i)
	}
	shift := 64 - 8*size
	return w.raw(1+size, nil, "%s, as a number: %d", label, n<<shift>>shift)
}

func (w *walker) compressed(label string, apart func(b []byte, inner bool) error) error {
	if err := w.raw(1, nil, "%s is compressed (LZF)", label); err != nil {
		return err
	}
	w.depth++
	defer func() { w.depth-- }()
	packed, err := w.number("compressed length")
	if err != nil {
		return err
	}
	size, err := w.number("length")
	if err != nil {
		return err
	}
	if packed > 1<<62 || size > 1<<40 {
		return rest("%d bytes that stand for %d", packed, size)
	}
	b, err := w.peek(int64(packed))
	if err != nil {
		return err
	}
	w.space, err = lzf.Decompress(w.space[:0], b, int(size))
	if err != nil {
		return rest("%s", err)
	}
	if err := w.raw(int64(packed), w.space, "%s", label); err != nil {
		return err
	}
	return apart(w.space, true)
}

// inner tells of a part of a decompressed string.
func (w *walker) inner(blob []byte, from, to int, text []byte, format string, args ...any) error {
	w.field = Field{
		Byte: int64(from), Inner: true, Depth: w.depth + 1, Bytes: blob[from:min(to, from+shownMost)],
		Size:  int64(to - from),
		Label: fmt.Sprintf(format, args...), Text: text,
	}
	return w.tell(&w.field)
}
