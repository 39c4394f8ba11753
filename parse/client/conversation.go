package client

import (
	"time"

	"github.com/redsleuth/redsleuth/parse/record"
)

// rest is how long a client that sends several commands at a time has to have
// been silent, and everything answered, before the next reply is known to be
// that of the next command.
const rest = 500 * time.Millisecond

// mostEarly bounds the replies that wait for their commands, which come out of
// the capture later where one of their packets does.
const mostEarly = 1 << 12

// A Conversation is one connection.
type Conversation struct {
	d        *Decoder
	addr, to string
	number   int // 0 until a command is sent
	requests requests
	replies  replies
	session  session
	pending  queue
	early    []answer
	// unsure: which replies belong to which commands is not known.
	unsure bool
	// pipelined: the client sent a command before the one before was answered;
	// maybe: so it seems, unless the reply was lost.
	pipelined, maybe bool
	// mute: CLIENT REPLY OFF; skip: one command is not answered.
	mute, skip bool
	over       bool // it is no conversation of an ordinary client any more
	// last is when anything was sent, and turn: by the server.
	last time.Time
	turn bool
}

// A queue holds the commands that wait for replies, in order.
type queue struct {
	all  []*request
	head int
}

func (q *queue) empty() bool { return q.head == len(q.all) }
func (q *queue) size() int   { return len(q.all) - q.head }

func (q *queue) front() *request { return q.all[q.head] }

func (q *queue) push(r *request) {
	if q.empty() {
		q.all, q.head = q.all[:0], 0
	}
	q.all = append(q.all, r)
}

func (q *queue) pop() *request {
	r := q.all[q.head]
	q.all[q.head] = nil
	q.head++
	if q.empty() && cap(q.all) > keptCapacity {
		q.all, q.head = nil, 0
	}
	return r
}

// NewConversation begins one between the client at addr and the server at to.
func (d *Decoder) NewConversation(addr, to string) *Conversation {
	return &Conversation{d: d, addr: addr, to: to}
}

// Resume is NewConversation for one that began before it was seen. It has been
// watched since a time.
func (d *Decoder) Resume(addr, to string, since time.Time) *Conversation {
	c := d.NewConversation(addr, to)
	c.last = since
	c.session.forget()
	c.requests.place = nowhere
	c.replies.lost, c.unsure = true, true
	return c
}

// Request takes data that the client sent, borrowed, after missing bytes that
// were lost, with the time and the number of the packet that brought it.
func (c *Conversation) Request(data []byte, missing int64, at time.Time, packet int64) error {
	if missing > 0 && !c.over {
		c.requests.gap(c, missing)
		c.last, c.turn = at, false // what is lost may have been sent just now
	}
	if !c.over {
		c.requests.read(c, data, moment{at, packet})
		c.last, c.turn = at, false
	}
	return c.d.err
}

// Reply is Request for what the server sent.
func (c *Conversation) Reply(data []byte, missing int64, at time.Time, packet int64) error {
	if missing > 0 && !c.over {
		c.replies.gap(c, missing)
	}
	c.pipelined = c.pipelined || c.maybe && missing == 0
	c.maybe = false
	if !c.over {
		c.replies.read(c, data, moment{at, packet})
		c.last, c.turn = at, true
	}
	return c.d.err
}

// End ends the conversation. Closed: the server closed the connection, and
// nothing that it sent before was lost, so that what it did not answer it never
// will.
func (c *Conversation) End(closed bool) error {
	a := &answer{}
	if closed && !c.unsure && !c.replies.lost && !c.replies.ready {
		a.kind = record.ReplyNone
	}
	c.completeAll(a)
	c.runNothing(a.kind)
	if r := c.requests.current; r != nil {
		c.d.release(r)
		c.requests.current = nil
	}
	c.over = true
	return c.d.err
}

// asked takes a command that was read whole.
func (c *Conversation) asked(r *request) {
	if c.number == 0 {
		c.d.conversations++
		c.number = c.d.conversations
	}
	r.kind, r.replies = kindOf(r), 1
	if r.kind == kindSync {
		c.d.release(r)
		_ = c.End(false) // its error is in the decoder
		return
	}
	c.expect(r)
	if c.pending.size() >= mostPending {
		c.missedReplies()
	}
	if c.unsure && !c.regain(r) {
		c.completeAll(&answer{})
		c.complete(r, &answer{})
		return
	}
	c.pending.push(r)
	c.maybe = c.maybe || c.pending.size() > 1
	c.settle()
	if c.d.held >= mostHeld && c.pending.size() > 1 {
		c.missedReplies() // they are not waited for: there is no room for the commands
	}
}

// completeAll ends every command that waits.
func (c *Conversation) completeAll(a *answer) {
	for !c.pending.empty() {
		c.complete(c.pending.pop(), a)
	}
}

// expect says how many replies a command gets.
func (c *Conversation) expect(r *request) {
	if r.kind == kindSubscribe {
		r.replies = max(1, len(r.ends)-1)
	}
	switch {
	case r.kind == kindReplyOn:
		c.mute = false
	case r.kind == kindReplyOff:
		c.mute = true
	}
	if c.mute || r.kind == kindReplySkip || c.skip && r.kind != kindReplyOn {
		r.replies = 0
	}
	c.skip = r.kind == kindReplySkip && !c.mute
}

// regain reports whether replies can be told apart again from this command on.
func (c *Conversation) regain(r *request) bool {
	if r.time.Sub(c.last) < rest && (c.pipelined || c.maybe || !c.turn) {
		return false
	}
	c.completeAll(&answer{})
	n := 0
	for n < len(c.early) && c.early[n].packet <= r.packet {
		n++
	}
	c.early = c.early[n:]
	c.unsure = false
	if c.replies.lost {
		c.replies.from = r.packet
	}
	return true
}

// settle answers commands with the replies that came before them, and those
// that get none.
func (c *Conversation) settle() {
	for !c.pending.empty() {
		switch r := c.pending.front(); {
		case r.replies == 0:
			c.complete(c.pending.pop(), &answer{kind: record.ReplyNone})
		case len(c.early) > 0:
			a := c.early[0]
			c.early = c.early[1:]
			c.answer(&a)
		default:
			return
		}
	}
	if len(c.early) == 0 {
		c.early = nil
	}
}

// answered takes a reply that was read whole.
func (c *Conversation) answered(a *answer) {
	s := &c.session
	switch {
	case s.monitoring && a.mark == '+' && len(a.text) > 0 && a.text[0]-'0' <= 9:
	case a.mark == '>', a.mark == '*' && s.subscribed && (isMessage(a.text) || confirms(a.text)),
		a.mark == '*' && confirms(a.text) && !c.pending.empty() && c.pending.front().kind == kindSubscribe:
		if confirms(a.text) {
			c.confirmed(a)
		}
	case c.pending.empty():
		c.keepEarly(a)
	default:
		c.answer(a)
		c.settle()
	}
}

// keepEarly keeps a reply whose command was not seen yet.
func (c *Conversation) keepEarly(a *answer) {
	switch {
	case c.mute:
		c.mute = false // it was not accepted
	case len(c.early) >= mostEarly:
		c.early = nil
		c.missedReplies()
	default:
		kept := *a
		kept.text = append([]byte(nil), a.text...)
		kept.elements = append([]record.Reply(nil), a.elements...)
		kept.codes = append([]string(nil), a.codes...)
		c.early = append(c.early, kept)
	}
}

// confirmed takes the confirmation of a subscription, or of the end of one.
func (c *Conversation) confirmed(a *answer) {
	c.session.subscribed = a.number != 0
	if !c.pending.empty() && c.pending.front().kind == kindSubscribe {
		a.kind = record.ReplyValue
		c.answer(a)
		c.settle()
	}
}

// answer gives a reply to the command that has waited longest.
func (c *Conversation) answer(a *answer) {
	r := c.pending.front()
	if r.replies--; r.replies > 0 && a.kind != record.ReplyError {
		return
	}
	c.complete(c.pending.pop(), a)
}

// complete ends a command with its reply.
func (c *Conversation) complete(r *request, a *answer) {
	if r.kind == kindHole {
		c.d.release(r)
		c.runNothing("")
		c.session.forget()
		return
	}
	if a.mark == '+' && string(a.text) == "QUEUED" && r.kind != kindExec {
		c.queue(r)
		return
	}
	switch r.kind {
	case kindMulti:
		if a.kind != record.ReplyError && !c.session.open {
			c.session.open = true
			c.session.transactions++
		}
	case kindExec:
		c.run(a)
	case kindDiscard, kindReset:
		if a.kind != record.ReplyError {
			c.runNothing(record.ReplyNone)
		}
	}
	c.tell(r, a)
}

// tell hands a command on.
func (c *Conversation) tell(r *request, a *answer) {
	muted := r.replies == 0 && a.kind == record.ReplyNone
	succeeded := muted || a.kind != record.ReplyError && a.kind != record.ReplyNone
	if succeeded {
		c.session.introduce(r, a, muted)
	}
	c.d.emit(c, r, a)
	if succeeded {
		c.session.follow(r)
	}
	if r.kind == kindExec {
		c.session.open = false
	}
	c.d.release(r)
}

// queue keeps a command that waits for EXEC. Where MULTI was not seen it is
// known by that.
func (c *Conversation) queue(r *request) {
	s := &c.session
	if !s.open {
		s.open = true
		s.transactions++
	}
	if len(s.queued) >= mostPending {
		c.tell(s.queued[0], &answer{})
		s.queued = s.queued[1:]
	}
	s.queued = append(s.queued, r)
}

// run tells what EXEC ran, with what each command replied. The last commands are
// those that are certain: the first may be from before the capture.
func (c *Conversation) run(a *answer) {
	if a.kind == record.ReplyError || a.kind == record.ReplyNil {
		c.runNothing(record.ReplyNone)
		return
	}
	queued := c.session.queued
	c.session.queued = nil
	codes := a.codes
	skipped := max(0, len(a.elements)-len(queued))
	for _, kind := range a.elements[:min(skipped, len(a.elements))] {
		if kind == record.ReplyError && len(codes) > 0 {
			codes = codes[1:]
		}
	}
	for i, r := range queued {
		one := answer{began: a.began, packet: a.packet}
		if n := len(a.elements) - len(queued) + i; n >= 0 {
			if one.kind = a.elements[n]; one.kind == record.ReplyError && len(codes) > 0 {
				one.code, codes = codes[0], codes[1:]
			}
		} else {
			one.began = time.Time{}
		}
		c.tell(r, &one)
	}
}

// runNothing tells that what is queued was not run, or that nothing tells
// whether it was.
func (c *Conversation) runNothing(kind record.Reply) {
	queued := c.session.queued
	c.session.queued = nil
	for _, r := range queued {
		c.tell(r, &answer{kind: kind})
	}
}

// missedRequests is for a hole in what the client sent.
func (c *Conversation) missedRequests() {
	c.unsure = true
	c.mute, c.skip = false, false
	hole := c.d.begin()
	hole.kind = kindHole
	c.pending.push(hole)
	c.settle()
}

// missedReplies is for a hole in what the server sent: whose replies are lost is
// not known, nor whose those are that come next.
func (c *Conversation) missedReplies() {
	c.unsure, c.early = true, nil
	c.completeAll(&answer{})
}
