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
package resp

import (
	"bytes"
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
	Line        []byte
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
}

// NewReader reads from the cursor's next byte on.
func NewReader(c *parse.Cursor, limits parse.Limits) *Reader {
	return &Reader{c: c, limits: limits.OrDefault()}
}

// Next returns the next item, or io.EOF at the end. A *parse.Error with
// parse.ErrTruncated has the place where the item that is cut begins; nothing
// of it is taken then. One with parse.ErrDamaged has the place of the byte that
// can't be there; Resync goes on behind it.
func (r *Reader) Next() (*Item, error) {
	w, err := r.c.Fill(1)
	if err != nil {
		return nil, err
	}
	r.item.Byte = r.c.Offset()
	if w[0] != '*' {
		return r.nextLine(w[0])
	}
	if n, ok := r.quick(w); ok {
		r.c.Advance(n)
		r.item.Kind, r.item.Bytes, r.item.Args, r.item.Line = Command, int64(n), r.args, nil
		return &r.item, nil
	}
	return r.slow()
}

// quick parses a command that lies in w whole, and returns its length. What it
// can't parse, slow will, or will say why not.
func (r *Reader) quick(w []byte) (int, bool) {
	argc, i := number(w, 1)
	if i == 0 || argc == 0 || argc > r.limits.MaxArgs {
		return 0, false
	}
	args := r.args[:0]
	for range argc {
		if i >= len(w) || w[i] != '$' {
			return 0, false
		}
		n, at := short(w, i+1)
		if at == 0 {
			if n, at = number(w, i+1); at == 0 {
				return 0, false
			}
		}
		i = at + n
		if i+1 >= len(w) || i < at || w[i] != '\r' || w[i+1] != '\n' {
			return 0, false
		}
		args = append(args, w[at:i:i])
		i += 2
	}
	r.args = args
	return i, true
}

// short is number for one or two digits, which most lengths have; 0 for any
// other.
func short(w []byte, i int) (n, next int) {
	if i+4 > len(w) {
		return 0, 0
	}
	b := w[i : i+4 : i+4]
	if n = int(b[0] - '0'); n > 9 {
		return 0, 0
	}
	if b[1] == '\r' && b[2] == '\n' {
		return n, i + 3
	}
	if d := int(b[1] - '0'); d <= 9 && b[2] == '\r' && b[3] == '\n' {
		return n*10 + d, i + 4
	}
	return 0, 0
}

// number parses the decimal number at w[i:] and the CRLF behind it, and
// returns the place behind that; 0 if there is none, or not whole.
func number(w []byte, i int) (n, next int) {
	for from := i; i < len(w); i++ {
		c := w[i] - '0'
		if c > 9 {
			if i > from && i-from < 18 && i+1 < len(w) && w[i] == '\r' && w[i+1] == '\n' {
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
		return nil, parse.At(r.item.Byte, parse.TooLarge("a command of %d arguments, more than the limit MaxArgs of %d", argc, r.limits.MaxArgs))
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
			return nil, parse.At(r.item.Byte+int64(at), parse.TooLarge("an argument of %d bytes, more than the limit MaxElement of %d", n, r.limits.MaxElement))
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
	if i := bytes.IndexByte(line, '\n'); i < 0 && len(line) < maxHeader && onlyDigits(line[1:]) {
		return 0, 0, r.cut(fillErr)
	}
	return 0, 0, r.damaged(at, "no number behind %q", mark)
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
			return r.damaged(int(from), "an argument that is longer than what is left, and that commands follow within")
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
	line := bytes.TrimSuffix(w[:n-1], []byte("\r"))
	r.item.Kind, r.item.Bytes, r.item.Args, r.item.Line = kind, int64(n), nil, line
	switch kind {
	case Newline:
		if len(line) > 0 {
			return nil, r.damaged(0, "byte 0x%02x where a command belongs", first)
		}
	case Comment:
		r.item.Line = line[1:]
	case Inline:
		if !printable(line) {
			return nil, r.damaged(0, "a line that is no command")
		}
		r.args = words(r.args[:0], line)
		r.item.Args = r.args
	}
	r.c.Advance(n)
	return &r.item, nil
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

// words splits an inline command at blanks, and takes off quotes that stand
// around a whole word.
func words(args [][]byte, line []byte) [][]byte {
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
