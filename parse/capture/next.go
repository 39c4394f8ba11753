package capture

import (
	"net"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/parse/link"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// A replica that comes back asks for what follows all that it has run. So what it asks
// for on its next connection tells where the one before ended, of which the head was
// not captured: after its last command, unless the answer begins with commands that
// had been sent before, which then did not arrive, or which a process that was started
// from an older dump has to be sent again.

const (
	// mostTied bounds the commands of a link that are held against the next one.
	mostTied = 1 << 17
	// tiedBy is how many commands at the front of a link are looked for in the next.
	tiedBy = 16
	// variousCommands can't be alike by chance.
	variousCommands = 2
	// overlapping is how long before the last packet of a connection the replica may
	// have made the next.
	overlapping = 50 * time.Millisecond
)

// next is the connection that the replica at the end of c made after it; nil where
// there is none, or where two at a time show that there are several replicas.
func (w *linkWalker) next(c *linkConnection) (next *linkConnection) {
	for _, p := range w.pairs {
		o := p.main
		switch {
		case o == c, o.Ended.Before(c.Began), !c.samePeers(o):
		case o.Began.Before(c.Ended.Add(-overlapping)):
			return nil
		case next == nil || o.Began.Before(next.Began):
			next = o
		}
	}
	return next
}

// samePeers reports whether two links lead from one server to one host, and nothing
// tells that there they lead to two.
func (c *linkConnection) samePeers(o *linkConnection) bool {
	host, _, err := net.SplitHostPort(c.Ends[1-c.master])
	other, _, otherErr := net.SplitHostPort(o.Ends[1-o.master])
	p, q := c.hello.replica.ListeningPort, o.hello.replica.ListeningPort
	return err == nil && otherErr == nil && host == other && c.Ends[c.master] == o.Ends[o.master] &&
		(p == 0 || q == 0 || p == q)
}

// byNext finds the offset before the first byte of a link, and its history, by what
// the replica's next connection asked for and was sent. id is the one that the link
// itself tells.
func (w *linkWalker) byNext(c *linkConnection, b *boundaries, acks []ack, id string) (
	start int64, history string, ok bool, err error) {
	next := w.next(c)
	if next == nil || next.hello.request == nil || len(b.ends) == 0 || len(b.ends) >= maxBoundaries {
		return 0, "", false, nil
	}
	asked := next.hello.request
	if asked.Offset <= 0 || id != "" && id != asked.ID {
		return 0, "", false, nil
	}
	sent, _, err := w.tape(c)
	if err != nil {
		return 0, "", false, err
	}
	again, how, err := w.tape(next)
	if err != nil || how != record.Partial || len(sent) > mostTied || len(again) > mostTied {
		return 0, "", false, err
	}
	start, ok = tie(sent, again, asked.Offset-1, b.ends[len(b.ends)-1])
	if least, known := b.earliest(acks); known && start < least {
		ok = false
	}
	return start, asked.ID, ok && start >= b.lowest() && b.explains(start, acks), nil
}

// tie finds where a stream began that ends after so many bytes, from what was sent
// again by a link that begins at an offset.
func tie(sent, again []taped, at, end int64) (start int64, ok bool) {
	head := sent[:min(len(sent), tiedBy)]
	if various(head) < variousCommands {
		return 0, false
	}
	found := 0
	for i := range again {
		if alike(again[i:], head) {
			found++
			start = at + again[i].from - sent[0].from
		}
	}
	if found > 0 {
		return start, found == 1
	}
	for n := min(len(sent), len(again)); n > 0; n-- {
		if tail := sent[len(sent)-n:]; alike(again, tail) {
			return at - tail[0].from, various(tail) >= variousCommands
		}
	}
	return at - end, true
}

// A taped is a command by its contents, and where in the stream it begins.
type taped struct {
	sum   uint64
	from  int64
	quiet bool // PING or REPLCONF, of which one is like the other
}

// alike reports whether a list begins with another.
func alike(list, front []taped) bool {
	if len(front) > len(list) {
		return false
	}
	for i, t := range front {
		if list[i].sum != t.sum {
			return false
		}
	}
	return true
}

// various counts commands that are not like the one before.
func various(list []taped) (n int) {
	for i, t := range list {
		if !t.quiet && (i == 0 || t.sum != list[i-1].sum) {
			n++
		}
	}
	return n
}

// tape lists the commands of a link, one more than mostTied at most, and tells how it
// began.
func (w *linkWalker) tape(c *linkConnection) ([]taped, record.Resync, error) {
	t := &tape{}
	l := w.link(c)
	err := w.stream(c, link.Options{Limits: w.limits, Link: l, DB: record.Unknown}, t)
	return t.list, l.Resync, err
}

// tape is the Handler of that.
type tape struct{ list []taped }

func (t *tape) Command(c *record.Command) error {
	var sum uint64
	for _, a := range c.Args {
		sum = sum*31 + xxh3.Hash(a)
	}
	t.list = append(t.list, taped{sum, c.Link.Bytes - c.Bytes, command.ClassOf(c.Args[0]) == command.Quiet})
	if len(t.list) > mostTied {
		return record.Stop
	}
	return nil
}

// RDB and the rest are of no interest.
func (t *tape) RDB(*record.Link, *rdb.Decoder) error { return nil }

// LinkStart implements record.Handler, as do the methods below.
func (t *tape) LinkStart(*record.Link) error { return nil }

// Note implements record.Handler.
func (t *tape) Note(*record.Note) error { return nil }

// LinkEnd implements record.Handler.
func (t *tape) LinkEnd(*record.Link) error { return nil }
