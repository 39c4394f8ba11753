// Package appendjson appends to a buffer the JSON values that documents and
// dumps share, without allocating: byte strings, numbers, times.
//
//	byte string   "…" where it is valid UTF-8, else {"base64":"…"}
//	score         the shortest number that reads back the same; "inf", "-inf", "nan"
//	time          RFC 3339 in UTC with milliseconds
//
// Characters that are not printable are escaped, so that a document does no
// harm to a terminal either.
package appendjson

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// Bytes appends a byte string of an artefact.
func Bytes(dst, b []byte) []byte {
	plain := plainPrefix(b)
	if plain == len(b) {
		return append(append(append(dst, '"'), b...), '"')
	}
	if !utf8.Valid(b[plain:]) {
		dst = append(dst, `{"base64":"`...)
		dst = base64.StdEncoding.AppendEncode(dst, b)
		return append(dst, `"}`...)
	}
	return String(dst, b)
}

// String appends b, which is valid UTF-8, as a JSON string.
func String(dst, b []byte) []byte {
	dst = append(dst, '"')
	from := 0
	for i := plainPrefix(b); i < len(b); {
		c := b[i]
		if isPlain(c) {
			i++
			continue
		}
		r, n := rune(c), 1
		if c >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(b[i:])
		}
		if n > 1 && strconv.IsPrint(r) {
			i += n
			continue
		}
		dst = appendEscape(append(dst, b[from:i]...), r)
		i += n
		from = i
	}
	return append(append(dst, b[from:]...), '"')
}

// Text appends a string, mostly one of the program's own. What is no UTF-8
// becomes U+FFFD.
func Text(dst []byte, s string) []byte {
	for i := range len(s) {
		if !isPlain(s[i]) {
			return String(dst, []byte(s))
		}
	}
	return append(append(append(dst, '"'), s...), '"')
}

// EscapeUnprintable does to a whole JSON document what String does to a
// string: encoding/json leaves DEL, C1 controls and the like as they are. It
// returns the document itself where there is nothing to escape.
func EscapeUnprintable(document []byte) []byte {
	var out []byte
	from := 0
	for i := 0; i < len(document); {
		c := document[i]
		if c < 0x7f {
			i++
			continue
		}
		r, n := utf8.DecodeRune(document[i:])
		if n > 1 && strconv.IsPrint(r) {
			i += n
			continue
		}
		out = appendEscape(append(out, document[from:i]...), r)
		i += n
		from = i
	}
	if from == 0 {
		return document
	}
	return append(out, document[from:]...)
}

// isPlain reports whether c stands for itself in a JSON string.
func isPlain(c byte) bool { return c >= ' ' && c < 0x7f && c != '"' && c != '\\' }

// plainPrefix is how many bytes at the front of b are plain; it looks at eight
// at once.
func plainPrefix(b []byte) int {
	i := 0
	for ; i+8 <= len(b); i += 8 {
		if !arePlain(binary.LittleEndian.Uint64(b[i:])) {
			break
		}
	}
	switch n := len(b); {
	case i+8 <= n: // one of the next eight is not
	case n >= 8:
		if arePlain(binary.LittleEndian.Uint64(b[n-8:])) {
			return n
		}
	case n >= 4:
		first, last := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[n-4:])
		if arePlain(uint64(first) | uint64(last)<<32) {
			return n
		}
	}
	for i < len(b) && isPlain(b[i]) {
		i++
	}
	return i
}

// arePlain reports whether all eight bytes of a word are plain.
func arePlain(v uint64) bool {
	const ones, tops = 0x0101_0101_0101_0101, 0x8080_8080_8080_8080
	quote, backslash, del := v^ones*'"', v^ones*'\\', v^ones*0x7f
	// The top bit of a byte is set where the byte, less what is taken off,
	// falls below zero and had none: below a blank, or zero.
	odd := (v - ones*' ') &^ v
	odd |= (quote - ones) &^ quote
	odd |= (backslash - ones) &^ backslash
	odd |= (del - ones) &^ del
	return (odd|v)&tops == 0
}

// appendEscape appends a character as JSON escapes it.
func appendEscape(dst []byte, r rune) []byte {
	switch {
	case r == '"' || r == '\\':
		return append(dst, '\\', byte(r))
	case r == '\n':
		return append(dst, '\\', 'n')
	case r == '\r':
		return append(dst, '\\', 'r')
	case r == '\t':
		return append(dst, '\\', 't')
	case r > 0xffff:
		high, low := utf16.EncodeRune(r)
		return fmt.Appendf(dst, `\u%04x\u%04x`, high, low)
	}
	return append(dst, '\\', 'u', hexDigit(byte(r>>12)), hexDigit(byte(r>>8)), hexDigit(byte(r>>4)), hexDigit(byte(r)))
}

func hexDigit(b byte) byte { return "0123456789abcdef"[b&15] }

// Score appends the shortest number that reads back as f, or the word that
// JSON has no number for. Whole numbers are written without an exponent.
func Score(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, `"nan"`...)
	case math.IsInf(f, 1):
		return append(dst, `"inf"`...)
	case math.IsInf(f, -1):
		return append(dst, `"-inf"`...)
	case f == 0 && math.Signbit(f):
		return append(dst, "-0.0"...) // to many readers -0 is an integer, and 0
	case f == math.Trunc(f) && math.Abs(f) < 1<<53:
		return strconv.AppendInt(dst, int64(f), 10)
	}
	return strconv.AppendFloat(dst, f, 'g', -1, 64)
}

// Float32 appends the shortest number that reads back as f.
func Float32(dst []byte, f float32) []byte {
	v := float64(f)
	if math.IsNaN(v) || math.IsInf(v, 0) || v == math.Trunc(v) && math.Abs(v) < 1<<53 {
		return Score(dst, v)
	}
	return strconv.AppendFloat(dst, v, 'g', -1, 32)
}

// TimeLayout is RFC 3339 with milliseconds, as every time is written.
const TimeLayout = "2006-01-02T15:04:05.000Z07:00"

// Time appends a time as a JSON string. Years beyond 9999, which RFC 3339 does
// not have and expiry times do, get more digits.
func Time(dst []byte, t time.Time) []byte {
	return append(t.UTC().AppendFormat(append(dst, '"'), TimeLayout), '"')
}

// Millis appends a time that is given in Unix milliseconds.
func Millis(dst []byte, ms int64) []byte {
	t := time.UnixMilli(ms).UTC()
	year, month, day := t.Date()
	if year < 0 || year > 9999 {
		return Time(dst, t)
	}
	hour, minute, second := t.Clock()
	dst = append(dst, '"')
	dst = append(two(two(dst, year/100), year%100), '-')
	dst = append(two(dst, int(month)), '-')
	dst = append(two(dst, day), 'T')
	dst = append(two(dst, hour), ':')
	dst = append(two(dst, minute), ':')
	dst = append(two(dst, second), '.')
	thousandth := t.Nanosecond() / 1_000_000
	dst = two(append(dst, byte('0'+thousandth/100)), thousandth%100)
	return append(dst, 'Z', '"')
}

// two appends a number of two digits.
func two(dst []byte, n int) []byte { return append(dst, byte('0'+n/10), byte('0'+n%10)) }
