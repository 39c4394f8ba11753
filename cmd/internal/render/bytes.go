// Package render turns bytes, findings and reports into what people and
// programs read. It is the only place that knows of colours, tables and the
// shape of the JSON documents.
package render

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Mode is the way in which byte strings of the artefacts are shown. It is a
// pflag.Value.
type Mode string

// The modes of --show.
const (
	Quoted   Mode = "quoted"
	Hex      Mode = "hex"
	Base64   Mode = "base64"
	SizeOnly Mode = "size"
	Redacted Mode = "redacted"
)

// Modes lists them, for help and completion.
func Modes() []string {
	return []string{string(Quoted), string(Hex), string(Base64), string(SizeOnly), string(Redacted)}
}

func (m *Mode) String() string { return string(*m) }

// Type names the value in help.
func (m *Mode) Type() string { return "mode" }

// Set takes one of Modes.
func (m *Mode) Set(s string) error {
	for _, known := range Modes() {
		if s == known {
			*m = Mode(s)
			return nil
		}
	}
	return fmt.Errorf("must be one of %v", Modes())
}

// A Shower shows byte strings in one way, everywhere.
type Shower struct {
	mode Mode
	key  []byte
}

// NewShower shows bytes as mode says; key is that of the keyed hash under
// Redacted.
func NewShower(mode Mode, key []byte) *Shower { return &Shower{mode, key} }

// Mode tells how it shows.
func (s *Shower) Mode() Mode { return s.mode }

// Text shows b to a person. No control byte of b gets through, and no two
// byte strings look the same but under SizeOnly.
func (s *Shower) Text(b []byte) string {
	switch s.mode {
	case Hex:
		return "0x" + hex.EncodeToString(b)
	case Base64:
		return base64.StdEncoding.EncodeToString(b)
	case SizeOnly:
		return fmt.Sprintf("<%d bytes>", len(b))
	case Redacted:
		return fmt.Sprintf("<%s, %d bytes>", s.hash(b), len(b))
	}
	return string(AppendQuoted(nil, b))
}

// hash is equal for equal strings and tells nothing else to who lacks the key.
func (s *Shower) hash(b []byte) string {
	m := hmac.New(sha256.New, s.key)
	m.Write(b)
	return hex.EncodeToString(m.Sum(nil)[:12])
}

// AppendQuoted appends b between double quotes, with every byte that is not
// printable UTF-8 escaped.
func AppendQuoted(dst, b []byte) []byte {
	dst = append(dst, '"')
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n == 1:
			dst = append(dst, '\\', 'x', hexDigit(b[0]>>4), hexDigit(b[0]&15))
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case r == '\r':
			dst = append(dst, '\\', 'r')
		case r == '\t':
			dst = append(dst, '\\', 't')
		case strconv.IsPrint(r):
			dst = append(dst, b[:n]...)
		case r < utf8.RuneSelf:
			dst = append(dst, '\\', 'x', hexDigit(byte(r)>>4), hexDigit(byte(r)&15))
		default:
			dst = fmt.Appendf(dst, `\u{%x}`, r)
		}
		b = b[n:]
	}
	return append(dst, '"')
}

func hexDigit(b byte) byte { return "0123456789abcdef"[b] }

// AppendJSON appends b as the documents show a byte string: a JSON string
// where it is valid UTF-8, {"base64": …} where not, and a keyed hash with the
// length under Redacted. The other modes don't touch JSON, which is lossless.
func (s *Shower) AppendJSON(dst, b []byte) []byte {
	if s.mode == Redacted {
		return fmt.Appendf(dst, `{"redacted":"%s","bytes":%d}`, s.hash(b), len(b))
	}
	plain := plainPrefix(b)
	if plain == len(b) {
		return append(append(append(dst, '"'), b...), '"')
	}
	if !utf8.Valid(b[plain:]) {
		dst = append(dst, `{"base64":"`...)
		dst = base64.StdEncoding.AppendEncode(dst, b)
		return append(dst, `"}`...)
	}
	return AppendString(dst, b)
}

// AppendString appends b, which is valid UTF-8, as a JSON string. What is no
// printable character is escaped, so that documents too do a terminal no harm.
func AppendString(dst, b []byte) []byte {
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

// isPlain: the character stands for itself in a JSON string.
func isPlain(c byte) bool { return c >= ' ' && c < 0x7f && c != '"' && c != '\\' }

// plainPrefix is how many bytes at the front of b are plain; it looks at eight
// at once.
func plainPrefix(b []byte) int {
	const ones, tops = 0x0101_0101_0101_0101, 0x8080_8080_8080_8080
	i := 0
	for ; i+8 <= len(b); i += 8 {
		v := binary.LittleEndian.Uint64(b[i:])
		quote, backslash, del := v^ones*'"', v^ones*'\\', v^ones*0x7f
		// The top bit of a byte is set where the byte, less what is taken off,
		// falls below zero and had none: below a blank, or zero.
		odd := (v - ones*' ') &^ v
		odd |= (quote - ones) &^ quote
		odd |= (backslash - ones) &^ backslash
		odd |= (del - ones) &^ del
		if (odd|v)&tops != 0 {
			break
		}
	}
	for i < len(b) && isPlain(b[i]) {
		i++
	}
	return i
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
	return append(dst, '\\', 'u', hexDigit(byte(r>>12)&15), hexDigit(byte(r>>8)&15), hexDigit(byte(r>>4)&15), hexDigit(byte(r)&15))
}
