package lzf

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	hdt "github.com/hdt3213/rdb/lzf"

	"github.com/redsleuth/redsleuth/parse"
)

var cases = []struct {
	name, packed, want string
}{
	{"literals only", "\x02abc", "abc"},
	{"a run: one literal, then itself 29 times", "\x00a\xe0\x14\x00", strings.Repeat("a", 30)},
	{"short copy of 3 from 2 back", "\x01ab\x20\x01", "ababa"},
	{"copy from the start", "\x03abcd\x40\x03", "abcdabcd"},
	{"nothing", "", ""},
}

func TestDecompress(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := Decompress([]byte("kept "), []byte(c.packed), len(c.want))
			if err != nil || string(got) != "kept "+c.want {
				t.Errorf("%q, %v", got, err)
			}
			for n := range len(c.want) + 1 {
				if got := Prefix(nil, []byte(c.packed), n); string(got) != c.want[:n] {
					t.Errorf("first %d bytes are %q", n, got)
				}
			}
		})
	}
}

func TestDamage(t *testing.T) {
	for _, c := range []struct {
		name, packed string
		size         int
	}{
		{"shorter than it says", "\x02abc", 4},
		{"longer than it says", "\x02abc", 2},
		{"literals cut", "\x05abc", 6},
		{"copy cut before its offset", "\x00a\x20", 4},
		{"long copy cut before its length", "\x00a\xe0", 10},
		{"copy from before the start", "\x00a\x20\x05", 4},
		{"gigabytes out of three bytes", "\xe0\xff\x00", 1 << 30},
		{"negative", "\x00a", -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, err := Decompress(nil, []byte(c.packed), c.size); !errors.Is(err, parse.ErrDamaged) {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

// FuzzDecompress: nothing but the size that was asked for, never a panic, and
// the other decoder agrees on whatever comes out.
func FuzzDecompress(f *testing.F) {
	for _, c := range cases {
		f.Add([]byte(c.packed), len(c.want))
	}
	f.Fuzz(func(t *testing.T, packed []byte, size int) {
		got, err := Decompress(nil, packed, size)
		if err != nil {
			return
		}
		if len(got) != size {
			t.Fatalf("%d bytes, want %d", len(got), size)
		}
		if !bytes.Equal(Prefix(nil, packed, size), got) {
			t.Fatal("the prefix of full length differs")
		}
		if size == 0 {
			return
		}
		if other, err := hdt.Decompress(packed, len(packed), size); err != nil || !bytes.Equal(other, got) {
			t.Fatalf("hdt3213/rdb: %x, %v", other, err)
		}
	})
}
