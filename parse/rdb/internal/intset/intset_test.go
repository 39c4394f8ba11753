package intset

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/parse"
)

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func read(b []byte) (all []int64, err error) {
	var r Reader
	if err := r.Reset(b); err != nil {
		return nil, err
	}
	for {
		e, err := r.Next()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, e.Int)
	}
}

var good = []struct{ name, hex, want string }{
	{"16 bits", "02000000 03000000 0080 ffff 2c01", "[-32768 -1 300]"},
	{"32 bits", "04000000 02000000 00000080 ffffff7f", "[-2147483648 2147483647]"},
	{"64 bits", "08000000 01000000 0000000000000080", "[-9223372036854775808]"},
	{"wider than need be", "08000000 01000000 0100000000000000", "[1]"},
}

func TestRead(t *testing.T) {
	for _, c := range good {
		t.Run(c.name, func(t *testing.T) {
			b := unhex(t, c.hex)
			got, err := read(b)
			if err != nil || fmt.Sprint(got) != c.want {
				t.Errorf("%v, %v", got, err)
			}
			if n, known := Count(b[:HeaderSize]); !known || n != len(got) {
				t.Errorf("a count of %d, known %v", n, known)
			}
		})
	}
	if _, known := Count([]byte{1, 2, 3}); known {
		t.Error("a count out of half a header")
	}
}

func TestDamage(t *testing.T) {
	for _, c := range []struct{ name, hex string }{
		{"nothing", ""},
		{"half a header", "020000"},
		{"no integers", "02000000 00000000"},
		{"integers of three bytes", "03000000 01000000 010000"},
		{"fewer integers than it says", "02000000 02000000 0100"},
		{"more integers than it says", "02000000 01000000 0100 0200"},
		{"a count that wraps around", "08000000 00000020"},
		{"descending", "02000000 02000000 0200 0100"},
		{"one integer twice", "02000000 02000000 0200 0200"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, err := read(unhex(t, c.hex)); !errors.Is(err, parse.ErrDamaged) {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}

// FuzzReader: what reads is ascending, and comes to the same bytes again.
func FuzzReader(f *testing.F) {
	for _, c := range good {
		f.Add(unhex(f, c.hex))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := read(b)
		if err != nil {
			return
		}
		again := append([]byte{}, b[:HeaderSize]...)
		for i, n := range got {
			if i > 0 && got[i-1] >= n {
				t.Fatalf("%d after %d", n, got[i-1])
			}
			again = append(again, binary.LittleEndian.AppendUint64(nil, uint64(n))[:b[0]]...)
		}
		if string(again) != string(b) {
			t.Fatalf("%x was read, which is %x", b, again)
		}
	})
}
