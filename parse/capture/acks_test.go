package capture

import (
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/internal/pcaptest"
	"github.com/redsleuth/redsleuth/parse/record"
)

// beat lets seconds pass in which the master sends a command of 27 bytes and the
// replica acknowledges what it had before; it returns the offset after it.
func beat(c *pcaptest.Conversation, offset, seconds int, acks bool) int {
	const command = 27 // *3 SET k v
	for range seconds {
		c.Rest(time.Second - 2*time.Millisecond)
		c.Say(pcaptest.Master, pcaptest.Command("SET", "k", "v"))
		offset += command
		if acks {
			c.Ack(offset)
		}
	}
	return offset
}

// TestLag: a replica that stops acknowledging is behind from the first command that
// it leaves alone until an ACK has caught up, however short of that it had come.
func TestLag(t *testing.T) {
	c := partial(pcaptest.New(t))
	at := beat(c, 604, 5, true)
	before := c.Now
	at = beat(c, at, 10, false) // it hangs
	c.Ack(at - 54)              // and has two commands left
	at = beat(c, at, 4, true)
	caught := c.Now
	beat(c, at, 8, false) // it hangs again, until the recording ends
	a := read(t, pcaptest.Write(t, 0, c.Frames...)).links[0].Acks
	if a == nil || len(a.Behind) != 2 {
		t.Fatalf("%+v", a)
	}
	first, last := a.Behind[0], a.Behind[1]
	if d := first.From.Sub(before); d < 900*time.Millisecond || d > 1100*time.Millisecond {
		t.Errorf("it fell behind %s after it had stopped", d)
	}
	if first.Bytes != 270 || first.Longest < 8*time.Second || first.To.IsZero() || first.To.After(caught) {
		t.Errorf("%+v", first)
	}
	if !last.To.IsZero() || last.Bytes != 216 || last.From.Before(caught) {
		t.Errorf("%+v, which has no end", last)
	}
	if a.LagBytesMax != 216 || a.LagMax < 6*time.Second || a.Lag[len(a.Lag)-1].Bytes != 216 {
		t.Errorf("%d bytes, %s, %+v", a.LagBytesMax, a.LagMax, a.Lag[len(a.Lag)-1])
	}
}

// TestNoLag: one ACK a second is no lag.
func TestNoLag(t *testing.T) {
	c := partial(pcaptest.New(t))
	beat(c, 604, 20, true)
	a := read(t, pcaptest.Write(t, 0, c.Frames...)).links[0].Acks
	if a == nil || len(a.Behind) != 0 || len(a.Lag) != 20 || a.LagBytesMax != 0 {
		t.Fatalf("%+v", a)
	}
}

// TestManyLags: what is kept of them is bounded, and holds the worst.
func TestManyLags(t *testing.T) {
	a := &record.Acks{}
	start := time.Unix(0, 0)
	for i := range 100_000 {
		l := record.Lag{Time: start.Add(time.Duration(i) * time.Second), Bytes: int64(i % 7)}
		if i == 77_777 {
			l.Bytes, l.Behind = 1<<30, time.Minute
		}
		a.AddLag(l)
	}
	worst := 0
	for i, l := range a.Lag {
		if l.Behind == time.Minute && l.Bytes == 1<<30 {
			worst++
		}
		if i > 0 && !l.Time.After(a.Lag[i-1].Time) {
			t.Fatalf("out of order at %d", i)
		}
	}
	if len(a.Lag) < 500 || len(a.Lag) > 1024 || worst != 1 {
		t.Errorf("%d of them, %d times the worst", len(a.Lag), worst)
	}
}
