package client

import (
	"bytes"

	"github.com/redsleuth/redsleuth/parse/resp"
)

// Where in a request the next byte lies.
type place uint8

const (
	atCommand  place = iota // before a command
	atLength                // before the length of an argument
	inArgument              // within the bytes of an argument
	atEnd                   // before the CRLF after an argument
	nowhere                 // lost: where a command begins is looked for
)

const (
	// maxLine bounds an inline command (PROTO_INLINE_MAX_SIZE), maxHeader the
	// line of a count or a length.
	maxLine   = 64 << 10
	maxHeader = 32
	// maxBulk bounds an argument: no server takes a larger one.
	maxBulk = 1 << 40
	lineEnd = "\r\n"
)

// requests reads what a client sends.
type requests struct {
	place place
	line  []byte // a line that is not whole yet
	at    int64  // bytes that were sent so far, lost ones too
	start int64  // of the command

	current *request
	left    int   // arguments that are to come
	length  int64 // of the argument that is read
	rest    int64 // of it, or of the CRLF after it, that is to come
	torn    bool  // only the beginning of it is kept
	words   [][]byte
}

// read goes over a piece of what was sent. It hands each command to the
// conversation with the moment of the piece.
func (q *requests) read(c *Conversation, data []byte, m moment) {
	for len(data) > 0 && c.d.err == nil {
		before := len(data)
		data = q.step(c, data, m)
		q.at += int64(before - len(data))
		q.deliver(c, m)
	}
}

// step takes some bytes.
func (q *requests) step(c *Conversation, data []byte, m moment) []byte {
	switch q.place {
	case inArgument:
		n := min(int64(len(data)), q.rest)
		if !q.torn {
			q.torn = !c.d.hold(q.current, data[:n], q.length-q.rest)
		}
		q.pass(n)
		return data[n:]
	case atEnd:
		n := min(int64(len(data)), q.rest)
		if string(data[:n]) != lineEnd[int64(len(lineEnd))-q.rest:][:n] {
			q.lose(c)
			return data
		}
		if q.rest -= n; q.rest == 0 {
			q.place = atLength
			q.left--
		}
		return data[n:]
	case nowhere:
		return q.find(data)
	}
	if q.place == atCommand && len(q.line) == 0 {
		q.start = q.at
	}
	line, data, ok := takeLine(&q.line, data)
	if ok {
		q.takeLine(c, line)
	} else if len(q.line) > maxLine || q.place == atLength && len(q.line) > maxHeader {
		q.lose(c)
	}
	return data
}

// pass goes over n bytes of an argument.
func (q *requests) pass(n int64) {
	if q.rest -= n; q.rest == 0 {
		q.current.ends = append(q.current.ends, len(q.current.text))
		q.place, q.rest = atEnd, int64(len(lineEnd))
	}
}

// takeLine returns the next line, without its end, and what follows it. Where
// it is not whole it is kept in line.
func takeLine(line *[]byte, data []byte) (text, rest []byte, ok bool) {
	n := bytes.IndexByte(data, '\n')
	if n < 0 {
		*line = append(*line, data...)
		return nil, nil, false
	}
	text = data[:n]
	if len(*line) > 0 {
		text = append(*line, text...)
		*line = text[:0]
	}
	return bytes.TrimSuffix(text, []byte("\r")), data[n+1:], true
}

// takeLine takes a line where one belongs.
func (q *requests) takeLine(c *Conversation, line []byte) {
	if q.place == atLength {
		n, ok := length(line, '$')
		if !ok || n < 0 || n > maxBulk {
			q.lose(c)
			return
		}
		q.length, q.rest, q.place, q.torn = n, n, inArgument, false
		if n == 0 {
			q.pass(0)
		}
		return
	}
	switch {
	case len(line) == 0: // servers step over it
	case line[0] == '*':
		n, ok := length(line, '*')
		switch {
		case !ok || n > int64(c.d.options.Limits.MaxArgs):
			q.lose(c)
		case n > 0:
			q.current, q.left, q.place = c.d.begin(), int(n), atLength
		}
	default:
		q.inline(c, line)
	}
}

// length reads the number after a mark. Servers take -1 too.
func length(line []byte, mark byte) (n int64, ok bool) {
	if len(line) < 2 || len(line) > maxHeader || line[0] != mark {
		return 0, false
	}
	if string(line[1:]) == "-1" {
		return -1, true
	}
	for _, c := range line[1:] {
		if c < '0' || c > '9' || n > 1<<48 {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// inline takes a command of words.
func (q *requests) inline(c *Conversation, line []byte) {
	if !printable(line) {
		q.lose(c)
		return
	}
	if q.words = resp.Words(q.words[:0], line); len(q.words) == 0 {
		return
	}
	q.current, q.left, q.place = c.d.begin(), 0, atLength
	for _, word := range q.words {
		c.d.hold(q.current, word, 0)
		q.current.ends = append(q.current.ends, len(q.current.text))
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

// deliver hands on the command that is whole.
func (q *requests) deliver(c *Conversation, m moment) {
	if q.place != atLength || q.left > 0 {
		return
	}
	r := q.current
	q.current, q.place = nil, atCommand
	r.byte, r.size, r.time, r.packet = q.start, q.at-q.start, m.time, m.packet
	c.asked(r)
}

// gap takes n bytes that were sent and are not there. What lies within an
// argument costs no more than its bytes.
func (q *requests) gap(c *Conversation, n int64) {
	q.at += n
	if q.place != inArgument || n > q.rest {
		q.lose(c)
		return
	}
	q.torn, q.current.cut = true, true
	q.pass(n)
}

// lose gives up what is being read: where a command begins is not known any
// more, nor what was said meanwhile.
func (q *requests) lose(c *Conversation) {
	if q.current != nil {
		c.d.release(q.current)
		q.current = nil
	}
	q.place, q.line = nowhere, q.line[:0]
	c.missedRequests()
}

// find looks for the beginning of a command, and returns what is from it on;
// nothing if there is none.
func (q *requests) find(data []byte) []byte {
	for i := 0; i < len(data); {
		if StartsRequest(data[i:]) {
			if i == 0 {
				q.place = atCommand
			}
			return data[i:]
		}
		n := bytes.Index(data[i:], []byte("\r\n*"))
		if n < 0 {
			break
		}
		i += n + len(lineEnd)
	}
	return nil
}

// StartsRequest reports whether bytes begin with the count of a command and the
// length of its name, whole.
func StartsRequest(b []byte) bool {
	rest, ok := header(b, '*')
	if !ok {
		return false
	}
	_, ok = header(rest, '$')
	return ok
}

// header reads the line of a mark and a number above 0, and returns what
// follows.
func header(b []byte, mark byte) (rest []byte, ok bool) {
	i := bytes.IndexByte(b[:min(len(b), maxHeader)], '\n')
	if i < 3 || b[i-1] != '\r' || b[0] != mark {
		return nil, false
	}
	n, ok := length(b[:i-1], mark)
	return b[i+1:], ok && n > 0
}
