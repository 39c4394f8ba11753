package capture

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"time"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/parse/resp"
	"github.com/redsleuth/redsleuth/parse/tcp"
)

// An ack is a REPLCONF ACK.
type ack struct {
	time   time.Time
	packet int64
	offset int64
	// acked is the sequence number up to which the replica's system had received
	// the master's bytes, received how many of the direction these are; only
	// firstACKs tells that.
	acked    uint32
	received int64
}

// replicaHello is what the replica's side of a link said of itself, and asked
// for.
type replicaHello struct {
	replica record.Replica
	request *record.Request // the last one; nil if none was seen
	// clientID is the one by which it names the other connection of a sync
	// over two.
	clientID string
}

// maxCapabilities bounds what is kept of REPLCONF capa; servers send few.
const maxCapabilities = 32

// readHello reads the replica's direction to its end.
func readHello(s *tcp.Stream, limits parse.Limits) (*replicaHello, error) {
	l, err := newListener(s, limits)
	if err != nil {
		return nil, err
	}
	defer l.close()
	out := &replicaHello{}
	for {
		item, err := l.next()
		if isEnd(err) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		if _, ok := l.ack(item); !ok {
			out.add(item.Args)
		}
	}
}

// firstACKs reads the first n ACKs, or all where there are fewer.
func firstACKs(c *linkConnection, limits parse.Limits, n int) (acks []ack, err error) {
	l, err := newListener(c.fromReplica(), limits)
	if err != nil {
		return nil, err
	}
	defer l.close()
	last, received := c.First(c.master), int64(0)
	for len(acks) < n {
		a, err := l.nextACK()
		if isEnd(err) {
			break
		}
		if err != nil {
			return nil, err
		}
		received += int64(int32(a.acked - last)) // numbers wrap around
		a.received, last = received, a.acked
		acks = append(acks, a)
	}
	return acks, nil
}

// A listener reads the commands that a replica sent, one after another. What
// a gap tore is not put together.
type listener struct {
	c      *tcp.Reader
	reader *resp.Reader
	gaps   []tcp.Gap // those that lie ahead
}

func newListener(s *tcp.Stream, limits parse.Limits) (*listener, error) {
	r, err := s.Open()
	if err != nil {
		return nil, err
	}
	l := &listener{c: r, reader: resp.NewReader(r.Cursor, limits), gaps: s.Gaps()}
	l.limit()
	return l, nil
}

func (l *listener) close() { l.c.Close() }

// limit makes the cursor stop at the next gap.
func (l *listener) limit() {
	if l.c.Unlimit(); len(l.gaps) > 0 {
		l.c.Limit(l.gaps[0].Byte - l.c.Offset())
	}
}

// next returns the next whole command, borrowed; io.EOF after the last.
func (l *listener) next() (*resp.Item, error) {
	for {
		item, err := l.reader.Next()
		switch {
		case err == nil && (item.Kind == resp.Command || item.Kind == resp.Inline):
			return item, nil
		case err == nil:
			continue
		case errors.Is(err, parse.ErrDamaged), errors.Is(err, parse.ErrLimit):
			// A beginning within an ACK.
			if _, err = l.reader.Resync(); err == nil {
				continue
			}
		}
		if !isEnd(err) && !parse.IsDamage(err) {
			return nil, err
		}
		if len(l.gaps) == 0 {
			return nil, io.EOF
		}
		l.c.Advance(len(l.c.Window()))
		l.gaps = l.gaps[1:]
		l.limit()
	}
}

// ack reads an item as a REPLCONF ACK.
func (l *listener) ack(item *resp.Item) (a ack, ok bool) {
	if len(item.Args) < 3 || !is(item.Args[0], "REPLCONF") || !is(item.Args[1], "ACK") {
		return ack{}, false
	}
	n, err := strconv.ParseInt(string(item.Args[2]), 10, 64)
	if err != nil {
		return ack{}, false
	}
	at, packet := l.c.When(item.Byte + item.Bytes - 1)
	return ack{time: at, packet: packet, offset: n, acked: l.c.Acked(item.Byte + item.Bytes - 1)}, true
}

// nextACK returns the next ACK; io.EOF after the last.
func (l *listener) nextACK() (ack, error) {
	for {
		item, err := l.next()
		if err != nil {
			return ack{}, err
		}
		if a, ok := l.ack(item); ok {
			return a, nil
		}
	}
}

// add records a command of the replica, other than an ACK.
func (h *replicaHello) add(args [][]byte) {
	name := args[0]
	switch {
	case is(name, "PSYNC") && len(args) >= 3:
		n, err := strconv.ParseInt(string(args[2]), 10, 64)
		if err == nil {
			h.request = &record.Request{ID: string(args[1]), Offset: n}
		}
	case is(name, "SYNC"):
		h.request = &record.Request{ID: "?", Offset: -1}
	case is(name, "REPLCONF"):
		for i := 1; i+1 < len(args); i += 2 {
			h.option(args[i], args[i+1])
		}
	}
}

// option records one pair of a REPLCONF.
func (h *replicaHello) option(key, value []byte) {
	number, err := strconv.ParseInt(string(value), 10, 64)
	switch {
	case is(key, "listening-port") && err == nil && number > 0 && number < 1<<16:
		h.replica.ListeningPort = int(number)
	case is(key, "version"):
		h.replica.Version = string(bytes.ToValidUTF8(value, nil))
	case is(key, "capa") && len(h.replica.Capabilities) < maxCapabilities:
		h.replica.Capabilities = append(h.replica.Capabilities, string(bytes.ToValidUTF8(value, nil)))
	case is(key, "main-ch-client-id"), is(key, "set-rdb-client-id"):
		h.clientID = string(value)
	}
}
