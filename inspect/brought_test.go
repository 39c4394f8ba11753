package inspect

import (
	"bytes"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
)

// many is a dump of keys whose values are random-looking bytes.
func many(t *testing.T) []byte {
	t.Helper()
	var hex strings.Builder
	x := uint32(1)
	for i := range 200 {
		hex.WriteString("00 04 6b 30 ") // a string under k0 and two digits
		for _, c := range []int{'0' + i/10%10, '0' + i%10} {
			hex.WriteString(hexByte(byte(c)))
		}
		hex.WriteString("20 ")
		for range 32 {
			x = x*1664525 + 1013904223
			hex.WriteString(hexByte(byte(x >> 24)))
		}
		if i%100 == 99 {
			hex.WriteString("fe 01 ")
		}
	}
	return file(t, hex.String())
}

func hexByte(b byte) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[b>>4], digits[b&15], ' '})
}

// A stretch of zeros is told whole and never decoded, wherever it lies; zeros of a
// value are ordinary.
func TestZeros(t *testing.T) {
	whole := many(t)
	zeroed := func(from, to int) []byte {
		b := bytes.Clone(whole)
		clear(b[from:to])
		return b
	}
	for name, c := range map[string]struct {
		data        []byte
		byte, bytes int64 // of zero-filled; bytes 0 where there is none
		end         record.End
	}{
		"none":                  {whole, 0, 0, record.Clean},
		"from value to value":   {zeroed(1000, 1100), 1000, 100, record.Damaged},
		"a page":                {zeroed(4096, 8192-1000), 4096, 4096 - 1000, record.Damaged},
		"the tail":              {zeroed(len(whole)-300, len(whole)), int64(len(whole) - 300), 300, record.Damaged},
		"the head":              {zeroed(0, 512), 0, 512, record.Damaged},
		"a value of zeros":      {file(t, "00 01 61 14 "+strings.Repeat("00 ", 20)), 0, 0, record.Clean},
		"an empty key and more": {file(t, "00 00 00 00 01 61 01 78"), 0, 0, record.Clean},
		"within one value":      {zeroed(1002, 1006), 0, 0, record.Damaged},
	} {
		t.Run(name, func(t *testing.T) {
			r := inspectBytes(t, c.data, Options{Again: again(c.data)})
			var got []finding.Finding
			for _, f := range r.Findings {
				if f.Code == finding.ZeroFilled {
					got = append(got, f)
				}
			}
			if r.RDB.End != c.end || len(got) > 1 || (len(got) == 1) != (c.bytes > 0) {
				t.Fatalf("%s, %+v", r.RDB.End, r.Findings)
			}
			if len(got) == 1 && (abs(*got[0].Byte-c.byte) > 2 || abs(got[0].Bytes-c.bytes) > 3) {
				t.Errorf("byte %d, %d bytes", *got[0].Byte, got[0].Bytes)
			}
		})
	}
}

func abs(n int64) int64 { return max(n, -n) }

func again(data []byte) parse.Opener {
	return func(at int64) (*parse.Cursor, error) { return parse.NewBytesCursor(data[at:], at), nil }
}

// What a transfer did to a dump is told by its bytes; a dump that is broken
// otherwise is told no transfer.
func TestTransferred(t *testing.T) {
	whole := many(t)
	latin := func() []byte {
		var runes []rune
		for _, b := range whole {
			runes = append(runes, rune(b))
		}
		return []byte(string(runes))
	}
	bits := bytes.Clone(whole)
	for i := range bits {
		bits[i] &= 0x7f
	}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"nothing":           {whole, ""},
		"CR before each LF": {bytes.ReplaceAll(whole, []byte("\n"), []byte("\r\n")), "CR stands before every LF"},
		"CR removed":        {bytes.ReplaceAll(whole, []byte("\r"), nil), "no CR at all"},
		"zeros removed":     {bytes.ReplaceAll(whole, []byte{0}, nil), "no zero byte"},
		"Latin-1 to UTF-8":  {latin(), "Latin-1"},
		"decoded as UTF-8":  {bytes.ToValidUTF8(whole, []byte("\ufffd")), "U+FFFD"},
		"seven bits":        {bits, "above 7F"},
	} {
		t.Run(name, func(t *testing.T) {
			got := transferred(again(c.data))
			if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
				t.Error(got)
			}
		})
	}
}

// Lines before the magic are told, and what follows is read.
func TestLeadingData(t *testing.T) {
	for _, lead := range []string{"OK\n", "+OK\r\n", "Warning: Permanently added 'h' to the list of known hosts.\r\n",
		"REDIS is here\n", strings.Repeat("x", 5000)} {
		r := inspectBytes(t, append([]byte(lead), many(t)...), Options{})
		if len(r.Findings) == 0 || r.Findings[0].Code != finding.LeadingData || r.Findings[0].Bytes != int64(len(lead)) ||
			r.RDB.End != record.Clean {
			t.Errorf("%.20q: %s %+v", lead, r.RDB.End, r.Findings)
		}
	}
}
