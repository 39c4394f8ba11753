// Package resp reads commands as servers write them into a replication stream
// or an append-only file, with the place of each.
//
//	command   "*" count CRLF, then count times "$" length CRLF bytes CRLF
//	inline    words CRLF, as a person would type them
//	newline   a bare LF or CRLF: a heartbeat
//	comment   "#" text CRLF: an annotation of an append-only file
//	reply     a line that begins with + - or :, which no stream should hold
//
// Source: redis src/networking.c (processMultibulkBuffer, processInlineBuffer)
// and src/aof.c. Those trust that CRLF follows a bulk; this reader looks.
//
// Limitation: an inline command has to begin with a letter and to be
// printable, and quotes in it have no meaning but around a whole word.
//
// After damage, Resync skips to the first place where commands parse and
// lead to other commands or to the end. A length that is too large, and would
// swallow what follows, is found out by the commands within the argument.
//
// Stable: Reader, Item, and the functions that append commands.
package resp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"github.com/redsleuth/redsleuth/parse"
)

// Kind says what an Item is.
type Kind uint8

// The kinds of item.
const (
	Command Kind = iota + 1 // Args
	Inline                  // Args
	Newline
	Comment // Line, without its "#"
	Reply   // Line
)

// An Item is one thing in a stream. Slices are borrowed: valid until the next
// call of a method of the Reader or its cursor.
type Item struct {
	Kind Kind
	// Byte is the place of its first byte in the input, Bytes its length.
	Byte, Bytes int64
	Args        [][]byte
	// NameBits are the bytes of the first argument as a little-endian number,
	// where they are 8 at most; else 0.
	NameBits uint64
	Line     []byte
}

// nameBits are Item.NameBits; w may continue past the name.
func nameBits(w []byte, size int) uint64 {
	switch {
	case size > 8:
		return 0
	case len(w) >= 8:
		return binary.LittleEndian.Uint64(w) & (1<<(8*size) - 1)
	}
	var padded [8]byte
	copy(padded[:], w[:size])
	return binary.LittleEndian.Uint64(padded[:])
}

const (
	// maxLine bounds inline commands and replies (PROTO_INLINE_MAX_SIZE).
	maxLine = 64 << 10
	// maxHeader bounds the line of a count or a length, mark and CRLF
	// included.
	maxHeader = 32
	maxBulk   = 1 << 62
)

// A Reader reads items from a cursor, and takes from it no byte more than
// they are long.
type Reader struct {
	c      *parse.Cursor
	limits parse.Limits
	item   Item
	args   [][]byte
	ends   []int // of the arguments of a command that crosses a block
	// resumeAt is where Resync begins, if that lies ahead.
	resumeAt int64
	// padded: a number may begin with zeros.
	padded bool
}

// NewReader reads from the cursor's next byte on.
func NewReader(c *parse.Cursor, limits parse.Limits) *Reader {
	return &Reader{c: c, limits: limits.OrDefault()}
}

// OfAOF makes it take what the loading of an append-only file takes: atoi reads
// its counts and lengths (src/aof.c), which may begin with zeros; those of a stream
// string2ll does (src/networking.c), which refuses them.
func (r *Reader) OfAOF() *Reader {
	r.padded = true
	return r
}

// Next returns the next item, or io.EOF at the end. A *parse.Error with
// parse.ErrTruncated has the place where the item that is cut begins; nothing
// of it is taken then. One with parse.ErrDamaged has the place of the byte that
// can't be there; Resync continues after it.
func (r *Reader) Next() (*Item, error) {
	r.item.Byte = r.c.Offset()
	w := r.c.Window()
	if n, ok := r.quick(w); ok {
		r.c.Advance(n)
		r.item.Kind, r.item.Bytes, r.item.Args, r.item.Line = Command, int64(n), r.args, nil
		return &r.item, nil
	}
	w, err := r.c.Fill(1)
	if err != nil {
		return nil, err
	}
	if w[0] != '*' {
		return r.nextLine(w[0])
	}
	item, err := r.slow()
	if err == nil {
		item.NameBits = nameBits(item.Args[0], len(item.Args[0]))
	}
	return item, err
}

// quick parses a command that lies in w whole, and returns its length. What it
// can't parse, slow will, or will say why not.
func (r *Reader) quick(w []byte) (int, bool) {
	argc, i := 0, 2
	if len(w) > 4 && w[0] == '*' && w[1]-'1' < 9 && w[2] == '\r' && w[3] == '\n' {
		argc = int(w[1] - '0')
	} else {
		argc, i = commandHeader(w)
	}
	if argc == 0 || argc > r.limits.MaxArgs {
		return 0, false
	}
	args := r.args[:0]
	for range argc {
		var n int
		var v uint64
		if i+8 <= len(w) {
			v = binary.LittleEndian.Uint64(w[i:])
		}
		first, second := uint(byte(v>>24)-'0'), uint(byte(v>>32)-'0')
		switch {
		case v&twoDigitsMask == twoDigits && first-1 < 9 && second <= 9:
			n, i = int(first*10+second), i+7
		case v&oneDigitMask == oneDigit && first <= 9:
			n, i = int(first), i+6
		default:
			if n, i = bulkHeader(w, i); i == 0 {
				return 0, false
			}
		}
		end := i + n
		if end >= len(w) || end < i {
			return 0, false
		}
		if len(args) == 0 {
			r.item.NameBits = nameBits(w[i:], n)
		}
		args = append(args, w[i:end:end])
		i = end
	}
	if i+1 >= len(w) || w[i] != '\r' || w[i+1] != '\n' {
		return 0, false
	}
	r.args = args
	return i + 2, true
}

// commandHeader parses the number of arguments, and returns it with the place
// of the line end after it; 0 if there is none, or not whole.
func commandHeader(w []byte) (argc, next int) {
	if len(w) == 0 || w[0] != '*' {
		return 0, 0
	}
	argc, next = number(w, 1)
	return argc, next - len("\r\n")
}

// A line end and the header of an argument of less than a hundred bytes, which
// most are, as a little-endian number. The digits are its 4th and 5th byte.
//
//	CR LF $ digit CR LF
//	CR LF $ digit digit CR LF
const (
	oneDigit      = '\r' | '\n'<<8 | '$'<<16 | '\r'<<32 | '\n'<<40
	oneDigitMask  = 0x0000_ffff_00ff_ffff
	twoDigits     = '\r' | '\n'<<8 | '$'<<16 | '\r'<<40 | '\n'<<48
	twoDigitsMask = 0x00ff_ff00_00ff_ffff
)

// bulkHeader parses a line end and the header of any argument, and returns its
// length and where it begins; 0 if there is none, or not whole.
func bulkHeader(w []byte, i int) (n, next int) {
	if i+3 >= len(w) || w[i] != '\r' || w[i+1] != '\n' || w[i+2] != '$' {
		return 0, 0
	}
	return number(w, i+3)
}

// number parses the decimal number at w[i:] and the CRLF after it, and
// returns the place after that; 0 if there is none, or not whole, or if it begins
// with zeros.
func number(w []byte, i int) (n, next int) {
	for from := i; i < len(w); i++ {
		c := w[i] - '0'
		if c > 9 {
			if i > from && i-from < 18 && i+1 < len(w) && w[i] == '\r' && w[i+1] == '\n' &&
				(w[from] != '0' || i == from+1) {
				return n, i + 2
			}
			return 0, 0
		}
		n = n*10 + int(c)
	}
	return 0, 0
}

// slow parses a command that lies across blocks, or is cut, or wrong. It
// keeps the places of the arguments while the window grows, so that a command
// of any size is gone over once.
func (r *Reader) slow() (*Item, error) {
	argc, at, err := r.header(0, '*')
	switch {
	case err != nil:
		return nil, err
	case argc == 0:
		return nil, r.damaged(0, "a command without arguments")
	case argc > r.limits.MaxArgs:
		return nil, parse.At(r.item.Byte, parse.TooLarge(
			"a command of %d arguments, more than the limit MaxArgs of %d", argc, r.limits.MaxArgs))
	}
	r.ends = r.ends[:0]
	for range argc {
		if len(r.ends) > 2*probeArgs { // no other command begins in so many that are right
			r.resumeAt = r.item.Byte + int64(at)
		}
		n, from, err := r.header(at, '$')
		if err != nil {
			return nil, err
		}
		if int64(n) > r.limits.MaxElement {
			return nil, parse.At(r.item.Byte+int64(at), parse.TooLarge(
				"an argument of %d bytes, more than the limit MaxElement of %d", n, r.limits.MaxElement))
		}
		at = from + n + 2
		w, err := r.c.Fill(at)
		if err != nil {
			return nil, r.cutArgument(w[min(len(w), from):], int64(from), err)
		}
		if w[at-2] != '\r' || w[at-1] != '\n' {
			return nil, r.damaged(at-2, "no line ends where an argument of %d bytes does", n)
		}
		r.ends = append(r.ends, from, from+n)
	}
	w, err := r.c.Take(at)
	if err != nil {
		return nil, r.cut(err)
	}
	r.args = r.args[:0]
	for i := 0; i < len(r.ends); i += 2 {
		from, to := r.ends[i], r.ends[i+1]
		r.args = append(r.args, w[from:to:to])
	}
	r.item.Kind, r.item.Bytes, r.item.Args, r.item.Line = Command, int64(at), r.args, nil
	return &r.item, nil
}

// header parses the mark and the number at a place of the item.
func (r *Reader) header(at int, mark byte) (n, next int, err error) {
	w, fillErr := r.c.Fill(at + maxHeader)
	if len(w) <= at {
		return 0, 0, r.cut(fillErr)
	}
	if w[at] != mark {
		return 0, 0, r.damaged(at, "byte 0x%02x where %q belongs", w[at], mark)
	}
	line := w[at:min(len(w), at+maxHeader)]
	if n, next = number(line, 1); next > 0 {
		return n, at + next, nil
	}
	if zeros := leadingZeros(line[1:]); zeros > 0 {
		if n, next = number(line, 1+zeros); next > 0 && r.padded {
			return n, at + next, nil
		}
		if next > 0 {
			return 0, 0, r.damaged(at, "a number that begins with 0, which no server writes or takes")
		}
	}
	if i := bytes.IndexByte(line, '\n'); i < 0 && len(line) < maxHeader && onlyDigits(line[1:]) {
		return 0, 0, r.cut(fillErr)
	}
	return 0, 0, r.damaged(at, "no number after %q", mark)
}

// leadingZeros counts those before the last digit of a number.
func leadingZeros(b []byte) (n int) {
	for n+1 < len(b) && b[n] == '0' && b[n+1]-'0' <= 9 {
		n++
	}
	return n
}

// onlyDigits: b may be the beginning of a number and its CRLF.
func onlyDigits(b []byte) bool {
	for _, c := range bytes.TrimSuffix(b, []byte("\r")) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

func (r *Reader) damaged(at int, format string, args ...any) error {
	return parse.At(r.item.Byte+int64(at), parse.Damaged(format, args...), "a command")
}

// cut is the error for an item that the input ends in.
func (r *Reader) cut(err error) error {
	if errors.Is(err, io.EOF) {
		err = parse.Truncated("the input ends within a command")
	}
	return parse.At(r.item.Byte, err)
}

// cutArgument is the error for an argument, of which left is there, that the
// input ends in.
func (r *Reader) cutArgument(left []byte, from int64, err error) error {
	if errors.Is(err, io.EOF) {
		if at := r.swallowed(left); at >= 0 {
			r.resumeAt = r.item.Byte + from + int64(at)
			return r.damaged(int(from),
				"an argument that is longer than what is left, and that commands follow within")
		}
	}
	return r.cut(err)
}

// nextLine reads an item that is a line.
func (r *Reader) nextLine(first byte) (*Item, error) {
	kind := lineKind(first)
	if kind == 0 {
		return nil, r.damaged(0, "byte 0x%02x where a command belongs", first)
	}
	n, err := r.lineLength()
	if err != nil {
		return nil, err
	}
	w, err := r.c.Fill(n)
	if err != nil {
		return nil, r.cut(err)
	}
	r.item.Kind, r.item.Bytes, r.item.Args = kind, int64(n), nil
	if err := r.takeLine(bytes.TrimSuffix(w[:n-1], []byte("\r"))); err != nil {
		return nil, err
	}
	r.c.Advance(n)
	return &r.item, nil
}

// takeLine makes an item of a line without its end, by its kind.
func (r *Reader) takeLine(line []byte) error {
	r.item.Line = line
	switch r.item.Kind {
	case Newline:
		if len(line) > 0 {
			return r.damaged(0, "byte 0x%02x where a command belongs", line[0])
		}
	case Comment:
		r.item.Line = line[1:]
	case Inline:
		if !printable(line) {
			return r.damaged(0, "a line that is no command")
		}
		r.args = Words(r.args[:0], line)
		r.item.Args, r.item.NameBits = r.args, nameBits(r.args[0], len(r.args[0]))
	}
	return nil
}

func lineKind(first byte) Kind {
	switch first {
	case '\n', '\r':
		return Newline
	case '#':
		return Comment
	case '+', '-', ':':
		return Reply
	}
	if first|0x20 >= 'a' && first|0x20 <= 'z' {
		return Inline
	}
	return 0
}

// lineLength is the length of the line that comes, LF included.
func (r *Reader) lineLength() (int, error) {
	for n := 256; ; n *= 4 {
		w, err := r.c.Fill(n)
		if i := bytes.IndexByte(w[:min(len(w), maxLine)], '\n'); i >= 0 {
			return i + 1, nil
		}
		if err != nil {
			return 0, r.cut(err)
		}
		if len(w) >= maxLine {
			return 0, r.damaged(0, "a line of more than %d bytes", maxLine)
		}
	}
}

func printable(line []byte) bool {
	for _, c := range line {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// Words splits an inline command at blanks, and takes off quotes that are
// around a whole word. What it appends to args is borrowed from line.
func Words(args [][]byte, line []byte) [][]byte {
	for {
		line = bytes.TrimLeft(line, " \t")
		if len(line) == 0 {
			return args
		}
		if q := line[0]; q == '"' || q == '\'' {
			if end := bytes.IndexByte(line[1:], q); end >= 0 {
				args, line = append(args, line[1:1+end]), line[end+2:]
				continue
			}
		}
		end := bytes.IndexAny(line, " \t")
		if end < 0 {
			end = len(line)
		}
		args, line = append(args, line[:end]), line[end:]
	}
}
