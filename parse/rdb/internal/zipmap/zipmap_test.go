package zipmap

import (
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

func read(b []byte) (string, error) {
	var r Reader
	if err := r.Reset(b); err != nil {
		return "", err
	}
	var all []string
	for {
		field, value, err := r.Next()
		if err == io.EOF {
			return strings.Join(all, " "), nil
		}
		if err != nil {
			return "", err
		}
		all = append(all, fmt.Sprintf("%s=%s", field, value))
	}
}

var x300 = strings.Repeat("78", 300)

var good = []struct{ name, hex, want string }{
	{"empty", "00 ff", ""},
	{"two pairs", "02 03 666f6f 03 00 626172 05 68656c6c6f 05 00 776f726c64 ff", "foo=bar hello=world"},
	{"room after a value", "01 01 61 01 02 62 0000 ff", "a=b"},
	{"empty texts", "01 00 00 00 ff", "="},
	{"a long field", "01 fe 2c010000" + x300 + "01 00 62 ff", strings.Repeat("x", 300) + "=b"},
	{"a long value", "01 01 61 fe 2c010000 00" + x300 + "ff", "a=" + strings.Repeat("x", 300)},
	{"a length of 253", "01 01 61 fd 00" + strings.Repeat("78", 253) + "ff", "a=" + strings.Repeat("x", 253)},
	{"an unknown count", "fe 01 61 01 00 62 ff", "a=b"},
	{"a count of 255 is unknown too", "ff 01 61 01 00 62 ff", "a=b"},
}

func TestRead(t *testing.T) {
	for _, c := range good {
		t.Run(c.name, func(t *testing.T) {
			b := unhex(t, c.hex)
			if got, err := read(b); err != nil || got != c.want {
				t.Errorf("%q, %v", got, err)
			}
			walked, err := Len(b)
			if err != nil {
				t.Error(err)
			}
			told, known := Count(b)
			if known != (b[0] < 254) || known && told != walked {
				t.Errorf("%d pairs, known %v, and %d were there", told, known, walked)
			}
		})
	}
	if _, known := Count(nil); known {
		t.Error("a count out of nothing")
	}
}

func TestDamage(t *testing.T) {
	for _, c := range []struct{ name, hex string }{
		{"nothing", ""},
		{"a count alone", "00"},
		{"no end mark", "01 01 61 01 00 62 fe"},
		{"fewer pairs than it says", "02 01 61 01 00 62 ff"},
		{"more pairs than it says", "01 01 61 01 00 62 01 63 01 00 64 ff"},
		{"a field without a value", "01 01 61 ff"},
		{"a field past the end", "01 05 61 ff"},
		{"a value past the end", "01 01 61 05 00 62 ff"},
		{"a field far past the end", "01 fe ffffffff 61 ff"},
		{"room past the end", "01 01 61 01 05 62 ff"},
		{"a length past the end", "01 fe 0100 ff"},
		{"a value without its room", "01 01 61 01 ff"},
		{"an end mark among the pairs", "02 01 61 01 00 62 ff 01 63 01 00 64 ff"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, err := read(unhex(t, c.hex)); !errors.Is(err, parse.ErrDamaged) {
				t.Errorf("%q, %v", got, err)
			}
			if _, err := Len(unhex(t, c.hex)); !errors.Is(err, parse.ErrDamaged) {
				t.Errorf("walked: %v", err)
			}
		})
	}
}

// FuzzReader: what reads lies within the blob, in order and without overlap.
func FuzzReader(f *testing.F) {
	for _, c := range good {
		f.Add(unhex(f, c.hex))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var r Reader
		if err := r.Reset(b); err != nil {
			return
		}
		for pairs := 0; ; pairs++ {
			before := len(r.left)
			field, value, err := r.Next()
			if err == io.EOF {
				if n, known := Count(b); known && n != pairs {
					t.Fatalf("%d pairs, where %d are told", pairs, n)
				}
				return
			}
			if err != nil {
				return
			}
			if took := before - len(r.left); took < len(field)+len(value)+3 {
				t.Fatalf("a pair of %d and %d bytes took %d", len(field), len(value), took)
			}
		}
	})
}
