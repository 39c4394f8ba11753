// Package render is how bytes, numbers, times and tables look: what --show
// does to byte strings, colours, columns and wrapping. It knows of no report;
// packages text and document do.
package render

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/redsleuth/redsleuth/internal/appendjson"
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

// A BytesFormatter shows byte strings in one way, everywhere.
type BytesFormatter struct {
	mode Mode
	key  []byte
	// SafeCSV puts a ' in front of cells that a spreadsheet would take for a
	// formula.
	SafeCSV bool
}

// NewBytesFormatter shows bytes as mode says; key is that of the keyed hash
// under Redacted.
func NewBytesFormatter(mode Mode, key []byte) *BytesFormatter {
	return &BytesFormatter{mode: mode, key: key}
}

// Mode is the one that was asked for.
func (f *BytesFormatter) Mode() Mode { return f.mode }

// Text shows b to a person. No control byte of b gets through, and no two
// byte strings look the same but under SizeOnly.
func (f *BytesFormatter) Text(b []byte) string {
	switch f.mode {
	case Hex:
		return "0x" + hex.EncodeToString(b)
	case Base64:
		return base64.StdEncoding.EncodeToString(b)
	case SizeOnly:
		return fmt.Sprintf("<%d bytes>", len(b))
	case Redacted:
		return fmt.Sprintf("<%s, %d bytes>", f.hash(b), len(b))
	}
	return string(AppendQuoted(nil, b))
}

// Place is an address or a path of the evidence: as it is, but under Redacted.
func (f *BytesFormatter) Place(s string) string {
	if f.mode != Redacted || s == "" {
		return s
	}
	return f.Text([]byte(s))
}

// hash is equal for equal strings and tells nothing else to who lacks the key.
func (f *BytesFormatter) hash(b []byte) string {
	m := hmac.New(sha256.New, f.key)
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
func (f *BytesFormatter) AppendJSON(dst, b []byte) []byte {
	if f.mode == Redacted {
		return fmt.Appendf(dst, `{"redacted":"%s","bytes":%d}`, f.hash(b), len(b))
	}
	return appendjson.Bytes(dst, b)
}

// CSV is b as a cell of CSV, before the quotes that CSV itself asks for: as it
// is where it is UTF-8 without control characters, of which those that reorder or
// hide text are some, else as in JSON.
func (f *BytesFormatter) CSV(b []byte) string {
	if f.mode == Redacted || !plain(b) {
		return string(f.AppendJSON(nil, b))
	}
	if f.SafeCSV && len(b) > 0 && strings.IndexByte("=+-@", b[0]) >= 0 {
		return "'" + string(b)
	}
	return string(b)
}

// plain reports whether b is UTF-8 without control characters.
func plain(b []byte) bool {
	for i, c := range b {
		switch {
		case c < ' ' || c == 0x7f:
			return false
		case c >= utf8.RuneSelf:
			return utf8.Valid(b[i:]) && bytes.IndexFunc(b[i:], isControl) < 0
		}
	}
	return true
}

func isControl(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }
