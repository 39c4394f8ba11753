package rdb

import (
	"encoding/binary"
	"errors"
	"io"
	"strconv"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb/internal/lzf"
)

// The first byte of a length: 00xxxxxx is 6 bits, 01xxxxxx with the next byte
// 14, 0x80 is followed by 32 bits, 0x81 by 64, all big endian; 11xxxxxx is a
// special encoding of a string.
const (
	len32 = 0x80
	len64 = 0x81

	encInt8  = 0xc0
	encInt16 = 0xc1 // little endian, like the next
	encInt32 = 0xc2
	encLZF   = 0xc3
)

// place is where the next byte is, counted from the start of the RDB.
func (d *Decoder) place() int64 { return d.c.Offset() - d.start }

// fail puts the place, and the key that is being read, on a cause. What the
// file is too short for is truncated.
func (d *Decoder) fail(err error, path ...string) error {
	at := d.place()
	if errors.Is(err, io.EOF) {
		err = parse.Truncated("the file ends early")
		at += int64(len(d.c.Window()))
	}
	err = parse.At(at, err, path...)
	if placed, ok := parse.AsDamage(err); ok && placed.Key == nil && d.rec.Kind == KindKey {
		placed.DB, placed.Key = d.rec.DB, append([]byte{}, d.rec.Key...)
	}
	return err
}

// within puts a step in front of an error's path.
func within(err error, step string) error {
	if placed, ok := parse.AsDamage(err); ok {
		placed.Path = append([]string{step}, placed.Path...)
	}
	return err
}

// raw takes n bytes, borrowed.
func (d *Decoder) raw(n int) ([]byte, error) {
	b, err := d.c.Take(n)
	if err != nil {
		return nil, d.fail(err)
	}
	return b, nil
}

func (d *Decoder) byte() (byte, error) {
	b, err := d.c.Byte()
	if err != nil {
		return 0, d.fail(err)
	}
	return b, nil
}

// int64 takes 8 bytes, little endian.
func (d *Decoder) int64() (int64, error) {
	b, err := d.raw(8)
	if err != nil {
		return 0, err
	}
	return int64(binary.LittleEndian.Uint64(b)), nil
}

// length takes a length where no special encoding may be.
func (d *Decoder) length() (uint64, error) {
	if w := d.c.Window(); len(w) > 0 && w[0] < 0x40 {
		d.c.Advance(1)
		return uint64(w[0]), nil
	}
	n, encoding, err := d.lengthOrEncoding()
	if err == nil && encoding != 0 {
		err = d.fail(parse.Damaged("byte 0x%02x is no length", encoding))
	}
	return n, err
}

// lengthOrEncoding takes a length, or the byte of a special encoding.
func (d *Decoder) lengthOrEncoding() (n uint64, encoding byte, err error) {
	w, err := d.c.Fill(1)
	if err != nil {
		return 0, 0, d.fail(err)
	}
	size := d.lengthSize(w[0])
	if size == 0 {
		return 0, 0, d.fail(parse.Damaged("byte 0x%02x is no length", w[0]))
	}
	if w, err = d.c.Take(size); err != nil {
		return 0, 0, d.fail(err)
	}
	switch size {
	case 1:
		if w[0] >= encInt8 {
			return 0, w[0], nil
		}
		return uint64(w[0]), 0, nil
	case 2:
		return uint64(w[0]&0x3f)<<8 | uint64(w[1]), 0, nil
	case 5:
		return uint64(binary.BigEndian.Uint32(w[1:])), 0, nil
	}
	return binary.BigEndian.Uint64(w[1:]), 0, nil
}

// lengthSize is how many bytes a length takes that begins with b; 0 if none
// does. Loaders up to 3.2 took every 10xxxxxx for a 32-bit length.
func (d *Decoder) lengthSize(b byte) int {
	switch {
	case b>>6 == 0 || b>>6 == 3:
		return 1
	case b>>6 == 1:
		return 2
	case b == len32 || d.header.Version < 8:
		return 5
	case b == len64:
		return 9
	}
	return 0
}

// size takes the length of something that is to be held in memory.
func (d *Decoder) size() (int, byte, error) {
	n, encoding, err := d.lengthOrEncoding()
	if err == nil {
		err = d.fits(n)
	}
	return int(n), encoding, err
}

func (d *Decoder) fits(n uint64) error {
	if n > uint64(d.limits.MaxElement) {
		return d.fail(parse.TooLarge(
			"a length of %d bytes is more than the limit MaxElement of %d", n, d.limits.MaxElement))
	}
	return nil
}

// str takes a string of any encoding. The result is borrowed: from the
// cursor, or from *slot where it had to be decoded.
func (d *Decoder) str(slot *[]byte) ([]byte, error) {
	if w := d.c.Window(); len(w) > 0 && w[0] < 0x40 && len(w) > int(w[0]) {
		n := 1 + int(w[0])
		d.c.Advance(n)
		return w[1:n:n], nil
	}
	n, encoding, err := d.size()
	if err != nil {
		return nil, err
	}
	switch encoding {
	case 0:
		return d.raw(n)
	case encLZF:
		return d.lzf(slot)
	}
	v, err := d.encodedInt(encoding)
	if err != nil {
		return nil, err
	}
	*slot = strconv.AppendInt((*slot)[:0], v, 10)
	return *slot, nil
}

func (d *Decoder) encodedInt(encoding byte) (int64, error) {
	if encoding > encInt32 {
		return 0, d.fail(parse.Damaged("0x%02x is no encoding of a string", encoding))
	}
	b, err := d.raw(1 << (encoding - encInt8))
	if err != nil {
		return 0, err
	}
	switch encoding {
	case encInt8:
		return int64(int8(b[0])), nil
	case encInt16:
		return int64(int16(binary.LittleEndian.Uint16(b))), nil
	}
	return int64(int32(binary.LittleEndian.Uint32(b))), nil
}

// lzf takes what is after the byte of an LZF string: both lengths and
// the compressed bytes.
func (d *Decoder) lzf(slot *[]byte) ([]byte, error) {
	packed, size, err := d.lzfHead()
	if err != nil {
		return nil, err
	}
	if err := d.fits(uint64(size)); err != nil {
		return nil, err
	}
	src, err := d.raw(packed)
	if err != nil {
		return nil, err
	}
	if *slot, err = lzf.Decompress((*slot)[:0], src, size); err != nil {
		return nil, d.fail(Flawed(FlawCompressed, err), "compressed string")
	}
	return *slot, nil
}

func (d *Decoder) lzfHead() (packed, size int, err error) {
	for _, into := range []*int{&packed, &size} {
		n, err := d.length()
		if err == nil && n > 1<<62 {
			err = d.fail(parse.Damaged("a compressed string of %d bytes", n))
		}
		if err != nil {
			return 0, 0, err
		}
		*into = int(n)
	}
	return packed, size, d.fits(uint64(packed))
}

// skipString steps over a string.
func (d *Decoder) skipString() error {
	if w := d.c.Window(); len(w) > 1 {
		switch b := w[0]; {
		case b < 0x40:
			if n := 1 + int(b); n <= len(w) {
				d.c.Advance(n)
				return nil
			}
		case b < 0x80:
			if n := 2 + int(b&0x3f)<<8 + int(w[1]); n <= len(w) {
				d.c.Advance(n)
				return nil
			}
		}
	}
	return d.skipLongString()
}

func (d *Decoder) skipLongString() error {
	n, encoding, err := d.lengthOrEncoding()
	if err != nil {
		return err
	}
	switch {
	case encoding == encLZF:
		packed, _, err := d.lzfHead()
		if err != nil {
			return err
		}
		return d.skip(uint64(packed))
	case encoding != 0:
		_, err := d.encodedInt(encoding)
		return err
	}
	return d.skip(n)
}

// skip steps over n raw bytes.
func (d *Decoder) skip(n uint64) error {
	if n > 1<<62 {
		return d.fail(parse.Damaged("a length of %d bytes", n))
	}
	if err := d.c.Skip(int64(n)); err != nil {
		return d.fail(err)
	}
	return nil
}
