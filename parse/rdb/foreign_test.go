package rdb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/crc64"
)

// A private byte is a vendor's where a field or a right checksum shows that it
// was written on purpose, and damage elsewhere.
func TestUnknownByte(t *testing.T) {
	const (
		df    = "\xfa\x06df-ver\x05v1.20"
		keydb = "\xfa\x0bmvcc-tstamp\x011"
		key   = "\x00\x01a\x01b"
	)
	for name, c := range map[string]struct {
		body  string
		sum   string // "right", "wrong" or "none"
		kind  error
		words string
	}{
		"Dragonfly, by its field":              {df + "\xdc\x01\x00\x00\x00" + key, "right", parse.ErrVendor, "private to Dragonfly"},
		"Dragonfly, a type that Redis has too": {df + "\x20\x01k\x01v", "right", parse.ErrVendor, "private to Dragonfly"},
		"Dragonfly, no checksum":               {df + "\xdc\x01\x00\x00\x00" + key, "none", parse.ErrVendor, "private to Dragonfly"},
		"Dragonfly, damaged":                   {df + "\xdc\x01\x00\x00\x00" + key, "wrong", parse.ErrDamaged, ""},
		"Dragonfly, by an opcode":              {key + "\xd2\x00\x00", "right", parse.ErrVendor, "probably Dragonfly"},
		"Redis Enterprise":                     {key + "\x6b\x05\x00", "right", parse.ErrVendor, "probably Redis Enterprise"},
		"its opcode, damaged":                  {key + "\x6b\x05\x00", "wrong", parse.ErrDamaged, ""},
		"its opcode, no checksum":              {key + "\x6b\x05\x00", "none", parse.ErrDamaged, ""},
		"KeyDB":                                {keydb + "\x40\x01a\x00", "right", parse.ErrVendor, "private to KeyDB"},
		"KeyDB, by a type":                     {key + "\x40\x01a\x00", "right", parse.ErrVendor, "probably KeyDB"},
		"nobody's":                             {key + "\x70\x01a\x00", "right", parse.ErrNewer, "not known here"},
		"nobody's, damaged":                    {key + "\x70\x01a\x00", "wrong", parse.ErrDamaged, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := []byte("REDIS0009" + c.body + "\xff")
			sum := crc64.Update(0, b)
			switch c.sum {
			case "wrong":
				sum++
			case "none":
				sum = 0
			}
			b = binary.LittleEndian.AppendUint64(b, sum)
			for _, size := range []int{1, len(b)} {
				c2 := parse.NewCursorSize(bytes.NewReader(b), 0, size)
				err := NewDecoder(c2, Options{Whole: true}).SkipAll()
				if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.words) {
					t.Errorf("%v", err)
				}
				c2.Close()
			}
			// Within something else nothing is read beyond the byte.
			c3 := parse.NewBytesCursor(b, 0)
			if err := NewDecoder(c3, Options{}).SkipAll(); err == nil || len(c3.Window()) == 0 {
				t.Errorf("%v, %d bytes left", err, len(c3.Window()))
			}
		})
	}
}

func TestFindMagic(t *testing.T) {
	for text, want := range map[string]int{
		"REDIS0011\xfa":               0,
		"OK\nREDIS0011\xfa":           3,
		"RRREDIS0011\x00":             2,
		"VREDIS VALKEY080\xfe":        7,
		"REDIS00":                     -1,
		"REDIS0011 is a magic":        -1,
		"a line of REDIS and VALKEY":  -1,
		"REDIS0000\xfa REDIS0011\xff": 11,
	} {
		if got := FindMagic([]byte(text)); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

func TestZerosBefore(t *testing.T) {
	b := append(bytes.Repeat([]byte{1}, 100), make([]byte, 200<<10)...)
	at := func(from int64) (*parse.Cursor, error) {
		return parse.NewCursorSize(io.NewSectionReader(bytes.NewReader(b), from, 1<<40), from, 1<<12), nil
	}
	for place, want := range map[int64]int64{0: 0, 50: 0, 100: 0, 101: 1, 200 << 10: 200<<10 - 100} {
		if got, err := ZerosBefore(at, place); err != nil || got != want {
			t.Errorf("before %d: %d, %v", place, got, err)
		}
	}
}
