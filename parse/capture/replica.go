package capture

import (
	"bytes"
	"errors"
	"strconv"
	"time"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/parse/resp"
)

// An ack is a REPLCONF ACK.
type ack struct {
	time   time.Time
	packet int64
	offset int64
}

// said is what the replica's side of a link said.
type said struct {
	replica  record.Replica
	requests []record.Request
	acks     []ack
	// clientID is the one by which it names the other connection of a sync
	// over two.
	clientID string
	rdbOnly  bool
}

// listen reads the replica's direction to its end.
func listen(s *spool, limits parse.Limits) (*said, error) {
	r, err := s.open()
	if err != nil {
		return nil, err
	}
	c := s.cursor(r)
	defer c.Close()
	reader, out := resp.NewReader(c, limits), &said{}
	if s != nil {
		for _, gap := range s.gaps { // what a gap tore is not put together
			c.Limit(gap.Byte - c.Offset())
			if err := out.hearAll(reader, r); err != nil {
				return nil, err
			}
			c.Advance(len(c.Window()))
			c.Unlimit()
		}
	}
	return out, out.hearAll(reader, r)
}

// hearAll takes in what comes before the end of the bytes, or before the
// command that is cut there.
func (s *said) hearAll(reader *resp.Reader, r *spoolReader) error {
	for {
		item, err := reader.Next()
		switch {
		case err == nil:
			if item.Kind == resp.Command || item.Kind == resp.Inline {
				at, packet := r.when(item.Byte + item.Bytes - 1)
				s.hear(item.Args, at, packet)
			}
			continue
		case errors.Is(err, parse.ErrDamaged), errors.Is(err, parse.ErrLimit):
			// A beginning within an ACK.
			if _, err = reader.Resync(); err == nil {
				continue
			}
		}
		var placed *parse.Error
		if isEnd(err) || errors.As(err, &placed) {
			return nil
		}
		return err
	}
}

// hear takes one command of the replica in.
func (s *said) hear(args [][]byte, at time.Time, packet int64) {
	name := args[0]
	switch {
	case is(name, "PSYNC") && len(args) >= 3:
		n, err := strconv.ParseInt(string(args[2]), 10, 64)
		if err == nil {
			s.requests = append(s.requests, record.Request{ID: string(args[1]), Offset: n})
		}
	case is(name, "SYNC"):
		s.requests = append(s.requests, record.Request{ID: "?", Offset: -1})
	case is(name, "REPLCONF"):
		for i := 1; i+1 < len(args); i += 2 {
			s.option(args[i], args[i+1], at, packet)
		}
	}
}

// option takes one pair of a REPLCONF in.
func (s *said) option(key, value []byte, at time.Time, packet int64) {
	number, err := strconv.ParseInt(string(value), 10, 64)
	switch {
	case is(key, "ACK") && err == nil:
		s.acks = append(s.acks, ack{at, packet, number})
	case is(key, "listening-port") && err == nil && number > 0 && number < 1<<16:
		s.replica.ListeningPort = int(number)
	case is(key, "version"):
		s.replica.Version = string(bytes.ToValidUTF8(value, nil))
	case is(key, "capa"):
		s.replica.Capabilities = append(s.replica.Capabilities, string(bytes.ToValidUTF8(value, nil)))
	case is(key, "main-ch-client-id"), is(key, "set-rdb-client-id"):
		s.clientID = string(value)
	case is(key, "rdb-only"):
		s.rdbOnly = number == 1
	}
}

// request is the last one; nil if none was seen.
func (s *said) request() *record.Request {
	if len(s.requests) == 0 {
		return nil
	}
	return &s.requests[len(s.requests)-1]
}
