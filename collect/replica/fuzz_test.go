package replica_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/collect/replica"
)

// A scripted connection answers whatever it is asked with the next of its bytes,
// in pieces, and then hangs up.
type scripted struct {
	net.Conn
	rest  []byte
	piece int
}

func (c *scripted) Read(p []byte) (int, error) {
	if len(c.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), c.piece)], c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

func (*scripted) Write(p []byte) (int, error)      { return len(p), nil }
func (*scripted) Close() error                     { return nil }
func (*scripted) SetReadDeadline(time.Time) error  { return nil }
func (*scripted) SetWriteDeadline(time.Time) error { return nil }

// tape keeps what was received.
type tape struct{ received bytes.Buffer }

func (*tape) Sent(time.Time, []byte) error { return nil }

func (t *tape) Received(_ time.Time, b []byte) error {
	t.received.Write(b)
	return nil
}

// converse does all that evidence is taken by, as far as the server's bytes go.
func converse(t *testing.T, server []byte, piece int) (tape, replica.Stream, string) {
	var recorded tape
	conn := &scripted{rest: bytes.Clone(server), piece: piece}
	c, err := replica.Dial(context.Background(), replica.Options{
		Dial:     func(context.Context) (net.Conn, error) { return conn, nil },
		Password: "p", Timeout: time.Second, Silence: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Record(&recorded)
	stream := replica.Stream{Start: 10, Received: 10, Whole: 10, Misaligned: len(server)%2 == 0}
	if c.Handshake() != nil {
		return recorded, stream, ""
	}
	granted, err := c.PSYNC("?", -1)
	if err != nil {
		return recorded, stream, ""
	}
	var payload bytes.Buffer
	if granted.Full {
		_, _ = c.Payload(&payload)
	} else {
		_ = c.Follow(context.Background(), &stream, false, func(int64) bool { return false })
	}
	return recorded, stream, payload.String()
}

// Whatever a server sends: it ends, what is recorded is what came, in order; how
// it is cut into pieces changes nothing; no length that is only claimed costs
// memory.
func FuzzServer(f *testing.F) {
	hello := "+OK\r\n+PONG\r\n+OK\r\n+OK\r\n"
	for _, server := range []string{
		hello + "+CONTINUE\r\n*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET",
		hello + "+FULLRESYNC 0123456789012345678901234567890123456789 5\r\n\n\n$5\r\nREDIS*1\r\n",
		hello + "+FULLRESYNC 0123456789012345678901234567890123456789 5\r\n$EOF:0123456789012345678901234567890123456789\r\nREDIS0123456789012345678901234567890123456789",
		hello + "+CONTINUE\r\n*1\r\n$9223372036854775807\r\n", hello + "+CONTINUE\r\n*1000000000\r\n",
		"-NOAUTH\r\n", "\n\n\n\n", hello + "+CONTINUE x\r\nPING\r\n\r\n",
		hello + "+FULLRESYNC x 1\r\n$9223372036854775807\r\nREDIS",
	} {
		f.Add([]byte(server))
	}
	f.Fuzz(func(t *testing.T, server []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		recorded, stream, payload := converse(t, server, 1<<20)
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 8<<20+16*uint64(len(server)) {
			t.Errorf("%d bytes were reserved for %d", n, len(server))
		}
		if got := recorded.received.Bytes(); !bytes.HasPrefix(server, got) {
			t.Errorf("recorded is what did not come: %q", got)
		}
		if stream.Whole < stream.Start || stream.Whole > stream.Received || stream.Received > 10+int64(len(server)) {
			t.Errorf("%+v of %d bytes", stream, len(server))
		}
		again, otherStream, otherPayload := converse(t, server, 1)
		// What comes in one piece with what is no stream is recorded with it.
		if !bytes.HasPrefix(recorded.received.Bytes(), again.received.Bytes()) || otherStream != stream || otherPayload != payload {
			t.Errorf("byte by byte: %q, %+v, %q; not %q, %+v, %q", again.received.Bytes(), otherStream, otherPayload,
				recorded.received.Bytes(), stream, payload)
		}
	})
}
