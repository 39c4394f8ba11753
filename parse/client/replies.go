package client

import (
	"bytes"
	"time"

	"github.com/redsleuth/redsleuth/parse/record"
)

// A moment is when a piece of what was sent was seen.
type moment struct {
	time   time.Time
	packet int64
}

const (
	// mostDepth bounds how deep a reply is nested; replies of servers go to 8.
	mostDepth = 32
	// mostElements bounds the elements of a reply of which the kinds are kept.
	mostElements = mostPending
	// mostText is how much is kept of a string within a reply.
	mostText = 32
	// longCode bounds the first word of an error.
	longCode = 64
)

// replyEmpty is the kind of a value that says that there was nothing: until the
// command is handed on, it tells ReplyEmpty.
const replyEmpty record.Reply = "empty"

// An answer is a reply to a command, as far as it matters.
type answer struct {
	kind record.Reply
	code string // of an error: its first word
	// began is when its first byte was seen, packet the number of that packet.
	began  time.Time
	packet int64

	mark byte   // of what it is
	text []byte // of a status or a number, or the first element of an array
	id   int64  // the element after "id" in a map; 0 without one
	// number is the last element that is one; 0 without one.
	number int64
	// elements are those of an array, codes the first words of the errors among
	// them, in order.
	elements []record.Reply
	codes    []string
}

// replies reads what a server sends.
type replies struct {
	line  []byte // a line that is not whole yet
	skip  int64  // bytes of a string that are to come, its CRLF included
	size  int64  // of that string
	text  []byte // its beginning
	mark  byte   // what that string is
	open  []frame
	ready bool // a reply is being read: answer.began is set
	lost  bool
	// from is the packet after which reading begins again, where lost.
	from   int64
	nextID bool // the next element is that of "id"
	answer answer
}

// A frame is an array, map, set or push that is being read.
type frame struct {
	left      int64 // elements that are to come
	mark      byte
	attribute bool
}

// read goes over a piece of what was sent, and hands each reply to the
// conversation.
func (p *replies) read(c *Conversation, data []byte, m moment) {
	if p.lost {
		if c.unsure || m.packet <= p.from {
			return
		}
		p.lost = false
	}
	for len(data) > 0 && !p.lost && c.d.err == nil {
		if !p.ready {
			p.begin(m)
		}
		if p.skip > 0 {
			data = p.pass(c, data)
			continue
		}
		var line []byte
		var ok bool
		line, data, ok = takeLine(&p.line, data)
		switch {
		case ok:
			p.takeLine(c, line)
		case len(p.line) > maxLine:
			p.lose(c)
		}
	}
}

// begin begins a reply.
func (p *replies) begin(m moment) {
	p.ready, p.nextID = true, false
	a := &p.answer
	*a = answer{began: m.time, packet: m.packet, text: a.text[:0], elements: a.elements[:0],
		codes: a.codes[:0]}
}

// pass goes over bytes of a string.
func (p *replies) pass(c *Conversation, data []byte) []byte {
	n := min(p.skip, int64(len(data)))
	if room := min(mostText, p.size) - int64(len(p.text)); room > 0 && p.size+int64(len(lineEnd))-p.skip == int64(len(p.text)) {
		p.text = append(p.text, data[:min(n, room)]...)
	}
	p.passed(c, n)
	return data[n:]
}

func (p *replies) passed(c *Conversation, n int64) {
	if p.skip -= n; p.skip == 0 {
		p.endString(c)
	}
}

func (p *replies) endString(c *Conversation) {
	if p.mark == '!' {
		p.element(c, record.ReplyError, p.mark, p.text)
		return
	}
	p.element(c, record.ReplyValue, p.mark, p.text)
}

// takeLine takes the line that a reply, or an element of one, begins with.
func (p *replies) takeLine(c *Conversation, line []byte) {
	if len(line) == 0 {
		p.lose(c)
		return
	}
	switch mark := line[0]; mark {
	case '+':
		kind := record.ReplyValue
		if string(line) == "+OK" {
			kind = record.ReplyOK
		}
		p.element(c, kind, mark, line[1:])
	case '-':
		p.element(c, record.ReplyError, mark, line[1:])
	case ':', ',', '(', '#':
		kind := record.ReplyValue
		if string(line) == ":0" {
			kind = replyEmpty
		}
		p.element(c, kind, mark, line[1:])
	case '_':
		p.element(c, record.ReplyNil, mark, nil)
	case '$', '!', '=':
		n, ok := length(line, mark)
		switch {
		case !ok || n > maxBulk:
			p.lose(c)
		case n < 0:
			p.element(c, record.ReplyNil, mark, nil)
		default:
			p.mark, p.size, p.skip, p.text = mark, n, n+int64(len(lineEnd)), p.text[:0]
		}
	case '*', '~', '>', '%', '|':
		p.aggregate(c, line, mark)
	default:
		p.lose(c)
	}
}

func (p *replies) aggregate(c *Conversation, line []byte, mark byte) {
	n, ok := length(line, mark)
	if mark == '%' || mark == '|' {
		n *= 2
	}
	switch {
	case !ok || len(p.open) >= mostDepth:
		p.lose(c)
	case n < 0:
		p.element(c, record.ReplyNil, mark, nil)
	case n == 0 && mark != '|':
		p.element(c, replyEmpty, mark, nil)
	case n > 0:
		p.open = append(p.open, frame{left: n, mark: mark, attribute: mark == '|'})
	}
}

// element takes a whole reply, or an element of one.
func (p *replies) element(c *Conversation, kind record.Reply, mark byte, text []byte) {
	for {
		a := &p.answer
		depth := len(p.open)
		switch {
		case depth == 0:
			a.kind, a.mark = kind, mark
			if kind == record.ReplyError {
				a.code = firstWord(text)
			}
			if len(a.text) == 0 {
				a.text = append(a.text, text[:min(len(text), mostText)]...)
			}
			p.ready = false
			c.answered(a)
			return
		case depth == 1 && !p.open[0].attribute:
			p.child(kind, mark, text)
		}
		f := &p.open[depth-1]
		if f.left--; f.left > 0 {
			return
		}
		kind, mark, text = record.ReplyValue, f.mark, nil
		p.open = p.open[:depth-1]
		if f.attribute { // it is about the reply that follows, and none itself
			return
		}
	}
}

// child takes an element of an array that is the reply.
func (p *replies) child(kind record.Reply, mark byte, text []byte) {
	a := &p.answer
	if len(a.elements) == 0 {
		a.text = append(a.text, text[:min(len(text), mostText)]...)
	}
	if len(a.elements) < mostElements {
		a.elements = append(a.elements, kind)
		if kind == record.ReplyError {
			a.codes = append(a.codes, firstWord(text))
		}
	}
	if mark == ':' {
		if a.number = number(text); p.nextID {
			a.id = a.number
		}
	}
	p.nextID = string(text) == "id"
}

// number reads a number above 0; 0 if it is none.
func number(text []byte) (n int64) {
	for _, c := range text {
		if c < '0' || c > '9' || n > 1<<56 {
			return 0
		}
		n = n*10 + int64(c-'0')
	}
	return n
}

// firstWord is what an error begins with: its code.
func firstWord(text []byte) string {
	word, _, _ := bytes.Cut(text, []byte(" "))
	return string(word[:min(len(word), longCode)])
}

// gap takes n bytes that were sent and are not there. Within a string of known
// length nothing is lost by it.
func (p *replies) gap(c *Conversation, n int64) {
	switch {
	case p.lost && c.unsure: // nothing of it was waited for
	case n <= p.skip:
		p.passed(c, n)
	default:
		p.lose(c)
	}
}

// lose gives up the reply that is being read: what follows can't be told apart.
func (p *replies) lose(c *Conversation) {
	p.lost, p.ready, p.skip, p.line, p.open = true, false, 0, p.line[:0], p.open[:0]
	p.from = 0
	c.missedReplies()
}
