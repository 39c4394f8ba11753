package replica

import (
	"context"
	"errors"
	"os"
	"time"
)

// A Stream is the commands of a history, from one connection after another.
type Stream struct {
	ID string
	// Start is the offset before the first byte, Received that after the last,
	// and Whole that after the last whole command: where a resume continues.
	Start, Received, Whole int64
	// Misaligned: the stream may begin within a command.
	Misaligned bool
}

// acknowledgeEach is how often replicas tell how far they are.
const acknowledgeEach = time.Second

// ErrSilent: the server sent nothing for longer than it ever should.
var ErrSilent = errors.New("the server went silent")

// Follow reads the stream that a PSYNC for s.Whole+1 granted, until enough says
// so, which is asked after every piece, or ctx is done. It acknowledges what it
// has where acknowledge is set. A nil error means that enough was there.
func (c *Conn) Follow(ctx context.Context, s *Stream, acknowledge bool, enough func(received int64) bool) error {
	if acknowledge {
		stop := c.acknowledge(s.Whole)
		defer stop.end()
		return c.follow(ctx, s, stop, enough)
	}
	return c.follow(ctx, s, nil, enough)
}

func (c *Conn) follow(ctx context.Context, s *Stream, ack *acknowledger, enough func(int64) bool) error {
	base := s.Whole
	s.Received = base
	var b boundary
	if s.Misaligned && base == s.Start {
		b.search()
	}
	p := make([]byte, readBuffer)
	for !enough(s.Received) {
		n, err := c.read(p, c.options.Silence)
		if e := b.take(p[:n]); e != nil && err == nil {
			err = e
		}
		s.Received, s.Whole = base+b.seen, base+b.whole
		if ack != nil {
			ack.reached(s.Whole)
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, os.ErrDeadlineExceeded):
			return ErrSilent
		case err != nil:
			return err
		}
	}
	return nil
}

// An acknowledger tells the server every second how far the stream is here.
type acknowledger struct {
	offset chan int64
	done   chan struct{}
}

func (c *Conn) acknowledge(offset int64) *acknowledger {
	a := &acknowledger{offset: make(chan int64, 1), done: make(chan struct{})}
	go func() {
		defer close(a.done)
		tick := time.NewTicker(acknowledgeEach)
		defer tick.Stop()
		for {
			select {
			case n, ok := <-a.offset:
				if !ok {
					return
				}
				offset = n
			case <-tick.C:
				if c.Acknowledge(offset) != nil {
					return // the reader sees it too
				}
			}
		}
	}()
	return a
}

// reached replaces the offset that is waiting to be told.
func (a *acknowledger) reached(offset int64) {
	for {
		select {
		case a.offset <- offset:
			return
		case <-a.offset:
		case <-a.done:
			return
		}
	}
}

func (a *acknowledger) end() {
	close(a.offset)
	<-a.done
}
