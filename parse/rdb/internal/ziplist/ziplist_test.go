package ziplist

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb/internal/packed"
)

// blob puts header and end mark around entries, given in hex, one a string.
func blob(t testing.TB, count int, entries ...string) []byte {
	t.Helper()
	b := make([]byte, HeaderSize)
	tail := HeaderSize
	for _, e := range entries {
		body, err := hex.DecodeString(strings.Join(strings.Fields(e), ""))
		if err != nil {
			t.Fatal(err)
		}
		tail = len(b)
		b = append(b, body...)
	}
	b = append(b, end)
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	binary.LittleEndian.PutUint32(b[4:], uint32(tail))
	binary.LittleEndian.PutUint16(b[8:], uint16(count))
	return b
}

// read gives the entries as one text.
func read(b []byte) (string, error) {
	var r Reader
	if err := r.Reset(b); err != nil {
		return "", err
	}
	var all []string
	var scratch []byte
	for {
		e, err := r.Next()
		if err == io.EOF {
			return strings.Join(all, " "), nil
		}
		if err != nil {
			return "", err
		}
		all = append(all, string(e.Bytes(&scratch)))
	}
}

// long is an entry with a text of n bytes, after an entry of one with its
// encoding in head.
func long(prev, head string, n int) string { return prev + head + strings.Repeat("78", n) }

var good = []struct {
	name    string
	count   int
	entries []string
	want    string
}{
	{"empty", 0, nil, ""},
	{"immediate integers", 2, []string{"00 f1", "02 fd"}, "0 12"},
	{"integers of 8 bits", 2, []string{"00 fe 80", "03 fe 7f"}, "-128 127"},
	{"integers of 16 bits", 1, []string{"00 c0 0080"}, "-32768"},
	{"integers of 24 bits", 2, []string{"00 f0 409c00", "05 f0 000080"}, "40000 -8388608"},
	{"integers of 32 bits", 1, []string{"00 d0 00000080"}, "-2147483648"},
	{"integers of 64 bits", 1, []string{"00 e0 ffffffffffffff7f"}, "9223372036854775807"},
	{"texts", 2, []string{"00 01 61", "03 00"}, "a "},
	{"a text with a length of 14 bits", 1, []string{long("00", "4100", 256)}, strings.Repeat("x", 256)},
	{"a text with a length of 32 bits", 1, []string{"00 80 00000002 6869"}, "hi"},
	{"a prevlen of five bytes", 2, []string{long("00", "4100", 256), "fe 03010000 f6"}, strings.Repeat("x", 256) + " 5"},
	{"a prevlen of five bytes that would fit one", 2, []string{"00 f3", "fe 02000000 f6"}, "2 5"},
	{"an unknown count", unknown, []string{"00 f3", "02 f6"}, "2 5"},
}

func TestRead(t *testing.T) {
	for _, c := range good {
		t.Run(c.name, func(t *testing.T) {
			b := blob(t, c.count, c.entries...)
			if got, err := read(b); err != nil || got != c.want {
				t.Errorf("%.80q, %v", got, err)
			}
			walked, err := Len(b)
			if err != nil || walked != len(c.entries) {
				t.Errorf("%d entries, %v", walked, err)
			}
			told, known := Count(b)
			if known != (c.count != unknown) || known && told != walked {
				t.Errorf("%d entries, known %v, and %d were there", told, known, walked)
			}
		})
	}
	if _, known := Count([]byte{1, 2, 3}); known {
		t.Error("a count out of half a header")
	}
}

func TestDamage(t *testing.T) {
	whole := blob(t, 1, "00 f3")
	noEnd := blob(t, 1, "00 f3")
	noEnd[len(noEnd)-1] = 0xfe
	wrongTail := blob(t, 2, "00 f3", "02 f6")
	wrongTail[4]--
	for _, c := range []struct {
		name string
		blob []byte
	}{
		{"nothing", nil},
		{"half a header", []byte{7, 0, 0}},
		{"header alone", whole[:HeaderSize]},
		{"shorter than it says", whole[:len(whole)-1]},
		{"longer than it says", append(whole[:len(whole):len(whole)], 0)},
		{"no end mark", noEnd},
		{"a tail that is not the last entry", wrongTail},
		{"fewer entries than it says", blob(t, 2, "00 f3")},
		{"more entries than it says", blob(t, 1, "00 f3", "02 f6")},
		{"an end mark among the entries", blob(t, 2, "00 f3", "ff", "02 f6")},
		{"an encoding that does not exist", blob(t, 1, "00 90 00")},
		{"a wrong prevlen", blob(t, 2, "00 f3", "03 f6")},
		{"a first entry with something before it", blob(t, 1, "02 f3")},
		{"a prevlen alone", blob(t, 1, "00")},
		{"a prevlen past the end", blob(t, 1, "fe 0000")},
		{"text past the end", blob(t, 1, "00 05 61")},
		{"text far past the end", blob(t, 1, "00 80 ffffffff 61")},
		{"an integer past the end", blob(t, 1, "00 e0 00")},
		{"14 bits past the end", blob(t, 1, "00 41")},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, err := read(c.blob); !errors.Is(err, parse.ErrDamaged) {
				t.Errorf("%.80q, %v", got, err)
			}
			if _, err := Len(c.blob); !errors.Is(err, parse.ErrDamaged) {
				t.Errorf("walked: %v", err)
			}
		})
	}
}

// FuzzReader: what reads comes to the same bytes when it is put together
// again from the entries.
func FuzzReader(f *testing.F) {
	for _, c := range good {
		f.Add(blob(f, c.count, c.entries...))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var r Reader
		if err := r.Reset(b); err != nil {
			return
		}
		again := append([]byte{}, b[:HeaderSize]...)
		for {
			from, before := r.pos, r.pos-r.last
			e, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				return
			}
			if b[from] == bigPrevlen {
				again = binary.LittleEndian.AppendUint32(append(again, bigPrevlen), uint32(before))
				from += 4
			} else {
				again = append(again, byte(before))
			}
			again = encode(t, again, e, b[from+1])
		}
		if again = append(again, end); string(again) != string(b) {
			t.Fatalf("%x was read, which is %x", b, again)
		}
	})
}

// encode appends an entry in the form that begins with the byte form.
func encode(t *testing.T, b []byte, e packed.Entry, form byte) []byte {
	n := len(e.Text)
	switch {
	case form < 0x40:
		return append(append(b, byte(n)), e.Text...)
	case form < 0x80:
		return append(append(b, 0x40|byte(n>>8), byte(n)), e.Text...)
	case form == 0x80:
		return append(binary.BigEndian.AppendUint32(append(b, form), uint32(n)), e.Text...)
	case form > 0xf0 && form < 0xfe:
		return append(b, 0xf1+byte(e.Int))
	}
	size := map[byte]int{0xfe: 1, 0xc0: 2, 0xf0: 3, 0xd0: 4, 0xe0: 8}[form]
	if size == 0 {
		t.Fatalf("an entry that begins with %#x was read", form)
	}
	return append(append(b, form), binary.LittleEndian.AppendUint64(nil, uint64(e.Int))[:size]...)
}
