package replica

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Recorder takes what goes over a connection, as it goes.
type Recorder interface {
	Sent(at time.Time, b []byte) error
	Received(at time.Time, b []byte) error
}

// Options of a connection.
type Options struct {
	// Dial opens it, TLS and all.
	Dial func(ctx context.Context) (net.Conn, error)
	// User and Password authenticate; an empty password does not.
	User, Password string
	// Timeout is how long the server may be silent while it is expected to
	// answer, Silence how long while it streams; it sends a PING every ten
	// seconds unless it is told otherwise.
	Timeout, Silence time.Duration
}

// A Conn is a connection to a server that takes it for a replica.
type Conn struct {
	conn    net.Conn
	r       *bufio.Reader
	record  Recorder
	options Options
	write   sync.Mutex // with what is recorded of it
	err     error      // of recording
	stop    func() bool
}

// Dial opens a connection. After ctx is done it ends.
func Dial(ctx context.Context, o Options) (*Conn, error) {
	dialing, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	conn, err := o.Dial(dialing)
	if err != nil {
		return nil, err
	}
	c := &Conn{conn: conn, r: bufio.NewReaderSize(conn, readBuffer), options: o}
	c.stop = context.AfterFunc(ctx, func() { conn.Close() })
	return c, nil
}

const readBuffer = 256 << 10

// Record has everything that goes over the connection from now on go to r too.
func (c *Conn) Record(r Recorder) { c.record = r }

// Addresses are the two ends.
func (c *Conn) Addresses() (local, remote net.Addr) { return c.conn.LocalAddr(), c.conn.RemoteAddr() }

// Close ends the connection.
func (c *Conn) Close() error {
	c.stop()
	return c.conn.Close()
}

// Handshake makes the server take the connection for a replica: PING, AUTH,
// REPLCONF. What old servers don't know of it they may refuse.
func (c *Conn) Handshake() error {
	if c.options.Password != "" {
		if err := c.authenticate(); err != nil {
			return err
		}
	}
	if reply, err := c.ask("PING"); err != nil || isError(reply) {
		return refused("PING", reply, err)
	}
	// A port of 0: nobody should connect to this replica.
	for _, args := range [][]string{
		{"REPLCONF", "listening-port", "0"}, {"REPLCONF", "capa", "eof", "capa", "psync2"},
	} {
		reply, err := c.ask(args...)
		if err != nil || strings.HasPrefix(reply, "-NOPERM") {
			return refused("REPLCONF", reply, err)
		}
	}
	return nil
}

// RDBOnly asks for a dump without the stream behind it; false where the server
// does not know that (before Redis 7.0).
func (c *Conn) RDBOnly() (bool, error) {
	reply, err := c.ask("REPLCONF", "rdb-only", "1")
	return err == nil && !isError(reply), err
}

func (c *Conn) authenticate() error {
	args := []string{"AUTH", c.options.Password}
	hidden := []string{"AUTH", hiddenPassword}
	if c.options.User != "" {
		args = []string{"AUTH", c.options.User, c.options.Password}
		hidden = []string{"AUTH", c.options.User, hiddenPassword}
	}
	if err := c.send(encode(args), encode(hidden)); err != nil {
		return err
	}
	reply, err := c.line()
	if err != nil || isError(reply) {
		return refused("AUTH", reply, err)
	}
	return nil
}

// hiddenPassword stands in recordings for the password.
const hiddenPassword = "(password)"

func isError(reply string) bool { return strings.HasPrefix(reply, "-") }

// An Error is what a server answered instead of what was asked for.
type Error struct {
	Command, Reply string
}

// Error is "PSYNC: NOMASTERLINK …".
func (e *Error) Error() string { return e.Command + ": " + e.Reply }

func refused(command, reply string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", command, err)
	}
	return &Error{command, strings.TrimPrefix(reply, "-")}
}

func (c *Conn) ask(args ...string) (string, error) {
	b := encode(args)
	if err := c.send(b, b); err != nil {
		return "", err
	}
	return c.line()
}

func encode(args []string) []byte {
	b := fmt.Appendf(nil, "*%d\r\n", len(args))
	for _, a := range args {
		b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(a), a)
	}
	return b
}

// send writes to the server, and to the recording.
func (c *Conn) send(b, recorded []byte) error {
	c.write.Lock()
	defer c.write.Unlock()
	if err := c.conn.SetWriteDeadline(time.Now().Add(c.options.Timeout)); err != nil {
		return err
	}
	if _, err := c.conn.Write(b); err != nil {
		return err
	}
	return c.keep(func() error { return c.record.Sent(time.Now(), recorded) })
}

// received records what was read.
func (c *Conn) received(b []byte) error {
	c.write.Lock()
	defer c.write.Unlock()
	return c.keep(func() error { return c.record.Received(time.Now(), b) })
}

// A RecordError is one of the recording: the connection itself is sound.
type RecordError struct{ Err error }

// Error implements error.
func (e RecordError) Error() string { return "the recording: " + e.Err.Error() }

// Unwrap is what went wrong.
func (e RecordError) Unwrap() error { return e.Err }

func (c *Conn) keep(record func() error) error {
	if c.record == nil {
		return nil
	}
	if c.err == nil {
		if err := record(); err != nil {
			c.err = RecordError{Err: err}
		}
	}
	return c.err
}

// longestLine is more than any status line has.
const longestLine = 16 << 10

// ErrTooLong is a line without an end.
var ErrTooLong = errors.New("the server sent a line that does not end")

// line reads a status line. Newlines in front of it say that the server is
// still at work.
func (c *Conn) line() (string, error) {
	var line []byte
	for beats := 0; ; {
		if c.r.Buffered() == 0 {
			// What waits is recorded before what comes next, with its time.
			if len(line) > 0 && line[len(line)-1] == '\n' {
				if err := c.received(line); err != nil {
					return "", err
				}
				line = line[:0]
			}
			if err := c.conn.SetReadDeadline(time.Now().Add(c.options.Timeout)); err != nil {
				return "", err
			}
		}
		b, err := c.r.ReadByte()
		if err != nil {
			return "", c.cut(err, line)
		}
		if line = append(line, b); len(line) > longestLine {
			return "", ErrTooLong
		}
		if b != '\n' {
			continue
		}
		if text := bytes.Trim(line, "\r\n"); len(text) > 0 {
			return string(text), c.received(line)
		}
		if beats++; beats > mostBeats {
			return "", ErrTooLong
		}
	}
}

// mostBeats is how many newlines a server sends while it is at work: ten a
// second for a day.
const mostBeats = 1 << 20

// cut records what came before the end.
func (c *Conn) cut(err error, line []byte) error {
	if len(line) > 0 {
		err = errors.Join(err, c.received(line))
	}
	return err
}

// Sync is what a server granted.
type Sync struct {
	Full   bool
	ID     string // of the history; as asked for where a partial resync names no other
	Offset int64  // of a full resync
}

// PSYNC asks for the stream of history id from the byte offset on; "?" and -1
// ask for a full resync.
func (c *Conn) PSYNC(id string, offset int64) (Sync, error) {
	reply, err := c.ask("PSYNC", id, strconv.FormatInt(offset, 10))
	if err != nil || isError(reply) {
		return Sync{}, refused("PSYNC", reply, err)
	}
	words := strings.Fields(reply)
	switch {
	case len(words) == 0: // blanks of other kinds than a line's end
	case words[0] == "+CONTINUE" && len(words) == 1:
		return Sync{ID: id}, nil
	case words[0] == "+CONTINUE":
		return Sync{ID: words[1]}, nil
	case words[0] == "+FULLRESYNC" && len(words) == 3:
		at, err := strconv.ParseInt(words[2], 10, 64)
		if err == nil && at >= 0 {
			return Sync{Full: true, ID: words[1], Offset: at}, nil
		}
	}
	return Sync{}, &Error{"PSYNC", "an answer that is none"}
}

// Unknown reports whether the server does not know the command that it refused.
func (e *Error) Unknown() bool { return strings.HasPrefix(e.Reply, "ERR unknown command") }

// SYNC asks for a full resync as before 2.8. The answer is the payload.
func (c *Conn) SYNC() error {
	b := encode([]string{"SYNC"})
	return c.send(b, b)
}

// Acknowledge tells the server up to which offset the stream is here.
func (c *Conn) Acknowledge(offset int64) error {
	b := encode([]string{"REPLCONF", "ACK", strconv.FormatInt(offset, 10)})
	return c.send(b, b)
}

// read reads what is there, and records it.
func (c *Conn) read(p []byte, silence time.Duration) (int, error) {
	if err := c.conn.SetReadDeadline(time.Now().Add(silence)); err != nil {
		return 0, err
	}
	n, err := c.r.Read(p)
	if n > 0 {
		err = errors.Join(err, c.received(p[:n]))
	}
	if n == 0 && err == nil {
		err = io.ErrNoProgress
	}
	return n, err
}
