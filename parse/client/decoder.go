package client

import (
	"time"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
)

const (
	// mostHeld bounds what is held of commands that wait for the rest of
	// themselves or for a reply, of all conversations together, in bytes.
	mostHeld = 16 << 20
	// alwaysHeld is held of an argument all the same, so that names and keys are
	// whole.
	alwaysHeld = 1 << 10
	// mostPending bounds the commands of one conversation that wait.
	mostPending = 1 << 16
	// keptCapacity is the largest buffer that is kept for another command, and
	// mostFree how many are.
	keptCapacity = 4 << 10
	mostFree     = 1 << 12
)

// Options of a Decoder.
type Options struct {
	Limits parse.Limits
	// Command is given each command once its reply is known, or is known not to
	// come, those of one conversation in order. An error that it returns comes
	// back from the method that led to it.
	Command func(*record.ClientCommand) error
}

// A Decoder is what the conversations of a capture share.
type Decoder struct {
	options Options
	// conversations counts those in which a command was sent.
	conversations int
	held          int64
	free          []*request
	args          [][]byte
	command       record.ClientCommand
	err           error
}

// NewDecoder makes a Decoder.
func NewDecoder(o Options) *Decoder {
	o.Limits = o.Limits.OrDefault()
	return &Decoder{options: o}
}

// A request is a command that was read, or is being read. The bytes of its
// arguments lie one after the other.
type request struct {
	text []byte
	ends []int // in text, of each argument
	byte int64
	size int64
	// time and packet are those of its last byte.
	time   time.Time
	packet int64
	kind   kind
	cut    bool
	// replies is how many are still to come.
	replies int
}

// arg is an argument; nil if there are not so many.
func (r *request) arg(i int) []byte {
	if i >= len(r.ends) {
		return nil
	}
	from := 0
	if i > 0 {
		from = r.ends[i-1]
	}
	return r.text[from:r.ends[i]:r.ends[i]]
}

// begin takes a request from those that are free.
func (d *Decoder) begin() *request {
	n := len(d.free)
	if n == 0 {
		return &request{}
	}
	r := d.free[n-1]
	d.free = d.free[:n-1]
	*r = request{text: r.text[:0], ends: r.ends[:0]}
	return r
}

// hold adds bytes to an argument of which so many are there. Where there is no
// room for all of them it is false, and no more may be added.
func (d *Decoder) hold(r *request, b []byte, there int64) bool {
	room := int64(len(b))
	if d.held >= mostHeld {
		room = min(room, max(0, alwaysHeld-there))
	}
	r.text = append(r.text, b[:room]...)
	d.held += room
	if whole := room == int64(len(b)); whole {
		return true
	}
	r.cut = true
	return false
}

// release gives a request back.
func (d *Decoder) release(r *request) {
	d.held -= int64(len(r.text))
	if cap(r.text) <= keptCapacity && cap(r.ends) <= keptCapacity && len(d.free) < mostFree {
		d.free = append(d.free, r)
	}
}

// emit hands a command on.
func (d *Decoder) emit(c *Conversation, r *request, a *answer) {
	if d.err != nil {
		return
	}
	d.args = d.args[:0]
	for i := range r.ends {
		d.args = append(d.args, r.arg(i))
	}
	s := &c.session
	d.command = record.ClientCommand{
		Connection: c.number, Addr: c.addr, To: c.to, Name: s.name, User: s.user, ID: s.id,
		Byte: r.byte, Bytes: r.size, Packet: r.packet, DB: s.db, Time: r.time,
		Args: d.args, Cut: r.cut, Reply: a.kind, ReplyError: a.code, Latency: record.Unknown,
	}
	if a.kind == replyEmpty {
		d.command.Reply, d.command.ReplyEmpty = record.ReplyValue, true
	}
	if s.open {
		d.command.Transaction = s.transactions
	}
	if !a.began.IsZero() {
		d.command.Latency = max(0, a.began.Sub(r.time))
	}
	d.err = d.options.Command(&d.command)
}
