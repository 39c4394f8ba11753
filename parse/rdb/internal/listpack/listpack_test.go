package listpack

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

// blob puts header and end mark around entries, given in hex.
func blob(t testing.TB, count int, entries string) []byte {
	t.Helper()
	body, err := hex.DecodeString(strings.Join(strings.Fields(entries), ""))
	if err != nil {
		t.Fatal(err)
	}
	b := binary.LittleEndian.AppendUint32(nil, uint32(HeaderSize+len(body)+1))
	b = binary.LittleEndian.AppendUint16(b, uint16(count))
	return append(append(b, body...), end)
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

// long is a text entry of n bytes with its encoding and backlen.
func long(n int, back ...byte) string {
	head := []byte{0xf0, 0, 0, 0, 0}
	binary.LittleEndian.PutUint32(head[1:], uint32(n))
	if n < 4096 {
		head = []byte{0xe0 | byte(n>>8), byte(n)}
	}
	return hex.EncodeToString(head) + strings.Repeat("78", n) + hex.EncodeToString(back)
}

var good = []struct {
	name    string
	count   int
	entries string
	want    string
}{
	{"empty", 0, "", ""},
	{"integers of 7 bits", 2, "00 01  7f 01", "0 127"},
	{"integers of 13 bits", 4, "c080 02  dfff 02  d000 02  cfff 02", "128 -1 -4096 4095"},
	{"integers of 16 bits", 2, "f1 0010 03  f1 0080 03", "4096 -32768"},
	{"integers of 24 bits", 2, "f2 409c00 04  f2 ffffff 04", "40000 -1"},
	{"integers of 32 bits", 2, "f3 00000080 05  f3 ffffff7f 05", "-2147483648 2147483647"},
	{"integers of 64 bits", 2, "f4 0000000000000080 09  f4 ffffffffffffff7f 09", "-9223372036854775808 9223372036854775807"},
	{"texts", 3, "81 61 02  80 01  e003 616263 05", "a  abc"},
	{"a text with a length of 32 bits", 1, "f0 02000000 6869 07", "hi"},
	{"an unknown count", 65535, "01 01  02 01", "1 2"},
	{"a backlen of one byte at its largest", 1, long(125, 0x7f), strings.Repeat("x", 125)},
	{"a backlen of two bytes at its smallest", 1, long(126, 0x01, 0x80), strings.Repeat("x", 126)},
	{"a backlen of two bytes at its largest", 1, long(16377, 0x7f, 0xfe), strings.Repeat("x", 16377)},
	{"a backlen of three bytes for 16383", 1, long(16378, 0x00, 0xff, 0xff), strings.Repeat("x", 16378)},
}

func TestRead(t *testing.T) {
	for _, c := range good {
		t.Run(c.name, func(t *testing.T) {
			b := blob(t, c.count, c.entries)
			if got, err := read(b); err != nil || got != c.want {
				t.Errorf("%.80q, %v", got, err)
			}
			walked, err := Len(b)
			if err != nil {
				t.Error(err)
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
	cut := blob(t, 1, "01 01")
	noEnd := blob(t, 1, "01 01")
	noEnd[len(noEnd)-1] = 0xfe
	for _, c := range []struct {
		name string
		blob []byte
	}{
		{"nothing", nil},
		{"half a header", []byte{7, 0, 0}},
		{"header alone", cut[:HeaderSize]},
		{"shorter than it says", cut[:len(cut)-1]},
		{"longer than it says", append(cut[:len(cut):len(cut)], 0)},
		{"no end mark", noEnd},
		{"fewer entries than it says", blob(t, 2, "01 01")},
		{"more entries than it says", blob(t, 1, "01 01 02 01")},
		{"an end mark among the entries", blob(t, 2, "01 01 ff 02 01")},
		{"an encoding that does not exist", blob(t, 1, "f5 01 02")},
		{"text past the end", blob(t, 1, "85 61 02")},
		{"text far past the end", blob(t, 1, "f0 ffffffff 61 02")},
		{"an integer past the end", blob(t, 1, "f4 00")},
		{"13 bits past the end", blob(t, 1, "c0")},
		{"no backlen", blob(t, 1, "81 61")},
		{"a wrong backlen", blob(t, 1, "81 61 03")},
		{"a backlen that is too long", blob(t, 1, "81 61 00 82")},
		{"a backlen without its marks", blob(t, 1, long(126, 0x01, 0x00))},
		{"16383 in two bytes", blob(t, 1, long(16378, 0x7f, 0xff))},
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
// again from the entries' places, and no other bytes of the blob are read.
func FuzzReader(f *testing.F) {
	for _, c := range good {
		if len(c.entries) < 1000 {
			f.Add(blob(f, c.count, c.entries))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var r Reader
		if err := r.Reset(b); err != nil {
			return
		}
		again := append([]byte{}, b[:HeaderSize]...)
		for {
			from := r.pos
			e, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				return
			}
			again = append(again, encode(t, e, b[from])...)
		}
		if again = append(again, end); string(again) != string(b) {
			t.Fatalf("%x was read, which is %x", b, again)
		}
	})
}

// encode writes an entry in the form that begins with the byte form.
func encode(t *testing.T, e packed.Entry, form byte) []byte {
	var b []byte
	switch n := len(e.Text); {
	case form < 0x80:
		b = []byte{byte(e.Int)}
	case form < 0xc0:
		b = append([]byte{0x80 | byte(n)}, e.Text...)
	case form < 0xe0:
		b = []byte{0xc0 | byte(e.Int>>8)&0x1f, byte(e.Int)}
	case form < 0xf0:
		b = append([]byte{0xe0 | byte(n>>8), byte(n)}, e.Text...)
	case form == 0xf0:
		b = append(binary.LittleEndian.AppendUint32([]byte{form}, uint32(n)), e.Text...)
	default:
		size := map[byte]int{0xf1: 2, 0xf2: 3, 0xf3: 4, 0xf4: 8}[form]
		if size == 0 {
			t.Fatalf("an entry that begins with %#x was read", form)
		}
		b = append(b, binary.LittleEndian.AppendUint64([]byte{form}, uint64(e.Int))[:1+size]...)
	}
	size := len(b)
	groups := []byte{byte(size >> 28), byte(size>>21) & 0x7f, byte(size>>14) & 0x7f, byte(size>>7) & 0x7f, byte(size) & 0x7f}
	groups = groups[5-backlenSize(size):]
	for i := range groups[1:] {
		groups[1+i] |= 0x80
	}
	return append(b, groups...)
}
