package replica

import "errors"

// A boundary finds where commands end in a stream that comes in pieces, so
// that a resume can ask for whole commands, as a replica does.
type boundary struct {
	state  state
	number int64 // the one that is being read
	digits int
	minus  bool
	skip   int64 // bytes of an argument, with its end
	args   int64 // that are left of the command
	// whole is how many bytes of the stream were whole commands, seen all.
	whole, seen int64
	// sure counts the commands that may still turn out to be bytes of a value,
	// where the stream was asked for from the middle of a command on.
	sure int
}

// surely is how many commands in a row are no accident.
const surely = 3

// search makes b look for the first command, as where the stream begins at an
// offset that only the backlog's size decided.
func (b *boundary) search() { b.state, b.sure = searching, surely }

type state uint8

const (
	atCommand state = iota
	inCount         // after *
	inInline        // a command that is a line
	atArgument
	inLength // after $
	inArgument
	searching // for a line that begins a command
)

// ErrNoStream is what came where commands were expected.
var ErrNoStream = errors.New("what the server sent is no stream of commands")

// mostArgs and longest bound what a command may claim, as servers do.
const (
	mostArgs = 1 << 20
	longest  = 512 << 20
	// mostDigits are those of the largest number that is read.
	mostDigits = 10
)

// take reads the next piece of the stream.
func (b *boundary) take(p []byte) error {
	for len(p) > 0 {
		if b.state == inArgument {
			n := min(b.skip, int64(len(p)))
			b.skip -= n
			b.seen += n
			p = p[n:]
			if b.skip == 0 {
				b.next()
			}
			continue
		}
		c := p[0]
		p = p[1:]
		b.seen++
		if err := b.byte(c); err != nil {
			if b.sure == 0 {
				return err
			}
			b.search()
		}
	}
	return nil
}

func (b *boundary) byte(c byte) error {
	switch b.state {
	case atCommand:
		switch c {
		case '*':
			b.begin(inCount)
		case '\n', '\r': // heartbeats
			if b.sure == 0 {
				b.whole = b.seen
			}
		default:
			if b.sure > 0 {
				return ErrNoStream
			}
			b.state = inInline
		}
	case inInline:
		if c == '\n' {
			b.end()
		}
	case searching:
		if c == '\n' {
			b.state = atCommand
		}
	case atArgument:
		if c != '$' {
			return ErrNoStream
		}
		b.begin(inLength)
	case inCount, inLength:
		return b.digit(c)
	}
	return nil
}

func (b *boundary) begin(s state) { b.state, b.number, b.digits, b.minus = s, 0, 0, false }

func (b *boundary) digit(c byte) error {
	switch {
	case c >= '0' && c <= '9' && b.digits < mostDigits:
		b.number = b.number*10 + int64(c-'0')
		b.digits++
	case c == '-' && b.digits == 0 && !b.minus:
		b.minus = true
	case c == '\r' && b.digits > 0:
	case c == '\n' && b.digits > 0:
		return b.counted()
	default:
		return ErrNoStream
	}
	return nil
}

// counted has read a number of arguments, or the length of one.
func (b *boundary) counted() error {
	if b.minus || b.state == inCount && b.number > mostArgs || b.number > longest {
		return ErrNoStream
	}
	if b.state == inLength {
		b.state, b.skip = inArgument, b.number+int64(len("\r\n"))
		return nil
	}
	if b.args = b.number; b.args == 0 {
		b.end()
		return nil
	}
	b.state = atArgument
	return nil
}

// next is after an argument.
func (b *boundary) next() {
	if b.args--; b.args == 0 {
		b.end()
		return
	}
	b.state = atArgument
}

func (b *boundary) end() {
	b.state = atCommand
	if b.sure = max(b.sure-1, 0); b.sure == 0 {
		b.whole = b.seen
	}
}
