package collect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"sync"
	"time"

	"github.com/redsleuth/redsleuth/collect/pcapng"
	"github.com/redsleuth/redsleuth/collect/replica"
	"github.com/redsleuth/redsleuth/parse/info"
)

// A Link is what was taken of a server's stream.
type Link struct {
	ReplicationID string `json:"replication_id,omitempty"`
	// StartOffset is before the first byte, EndOffset after the last.
	StartOffset *int64 `json:"start_offset,omitempty"`
	EndOffset   *int64 `json:"end_offset,omitempty"`
	// BacklogFirst is the first byte that the backlog held, which may be
	// before what was asked for.
	BacklogFirst *int64 `json:"backlog_first_offset,omitempty"`
	Connections  int    `json:"connections"`
	Bytes        int64  `json:"bytes"`
	// FullSync: the server answered with a full sync, and was left at once.
	FullSync bool   `json:"full_sync,omitempty"`
	End      string `json:"end"`
}

// betweenInfos is how long the rate of writes is measured.
const betweenInfos = 500 * time.Millisecond

var (
	errMaxBytes = errors.New("--max-bytes is reached")
	errFullSync = errors.New("the server answered with a full sync; the connection was closed at once")
	errGap      = errors.New("after a cut the server no longer had what follows")
)

// link takes the backlog and follows the stream, as far as that is wanted.
func (s *Server) link(ctx context.Context, c *client) {
	if !s.collection.Backlog && s.collection.Follow == 0 {
		return
	}
	l := &linkTaker{server: s, client: c, link: &Link{}}
	r, err := l.plan(ctx)
	if err != nil {
		s.fail("the backlog", err)
		return
	}
	if err := l.open(); err != nil {
		s.fail("link.pcapng", err)
		return
	}
	s.Link = l.link
	err = l.takeUntil(ctx, r)
	err = errors.Join(err, l.close())
	l.told(ctx, err)
}

// takeUntil reads what was asked for until it is enough; a dump is taken
// meanwhile.
func (l *linkTaker) takeUntil(ctx context.Context, r request) error {
	reading, enough := context.WithCancelCause(ctx)
	defer enough(nil)
	l.finish = newFinisher(r.last, enough)
	l.stream = replica.Stream{
		ID: r.id, Start: r.from - 1, Received: r.from - 1, Whole: r.from - 1, Misaligned: r.misaligned,
	}
	var dump func() int64
	if l.lasting() {
		if l.server.collection.RDB {
			dump = func() int64 { return l.server.dump(ctx) }
		}
		var waiting sync.WaitGroup
		waiting.Go(func() { l.finish.wait(ctx, l.server.collection.Follow, dump) })
		defer waiting.Wait()
	}
	defer close(l.finish.over)
	return l.take(reading)
}

// lasting: the link is read on when the backlog is here.
func (l *linkTaker) lasting() bool { return !l.until.IsZero() || l.server.collection.RDB }

// A linkTaker takes one server's link.
type linkTaker struct {
	server *Server
	client *client
	link   *Link
	part   *part
	file   counting
	tape   *pcapng.Writer
	conn   *pcapng.Conn
	stream replica.Stream
	until  time.Time // of following
	finish *finisher
	saved  int64 // bytes of the file that are whole packets
}

// plan says what is asked for: the backlog where it can be had, else what
// follows, where that is wanted.
func (l *linkTaker) plan(ctx context.Context) (request, error) {
	if l.server.collection.Follow > 0 {
		l.until = l.server.collection.Now().Add(l.server.collection.Follow)
	}
	first := l.server.info
	before := time.Now()
	select {
	case <-time.After(betweenInfos):
	case <-ctx.Done():
		return request{}, ctx.Err()
	}
	_, second, err := l.client.info(ctx)
	if err != nil {
		return request{}, err
	}
	if second.RunID != first.RunID {
		return request{}, errors.New("another process answers there now")
	}
	if !l.server.collection.Backlog {
		return streamRequest(second)
	}
	l.link.BacklogFirst = second.Backlog.FirstByte
	r, err := backlogRequest(first, second, time.Since(before))
	if err != nil && !l.until.IsZero() && !errors.Is(err, errNoID) && active(second) {
		l.server.fail("the backlog", err)
		return streamRequest(second)
	}
	return r, err
}

func active(i *info.Info) bool {
	return i.Backlog.Active != nil && *i.Backlog.Active
}

func (l *linkTaker) open() (err error) {
	if l.part, err = l.server.folder.part("link.pcapng"); err != nil {
		return err
	}
	l.file.w = l.part
	l.tape, err = pcapng.New(&l.file)
	return err
}

// take reads what was asked for, from one connection after another.
func (l *linkTaker) take(ctx context.Context) error {
	wait := firstWait
	for {
		before := l.stream.Whole
		err := l.connect(ctx)
		if err == nil || ctx.Err() != nil || !l.goesOn(err) {
			return err
		}
		l.server.say("the link was cut at offset %d: %v", l.stream.Whole, err)
		if wait = min(2*wait, longestWait); l.stream.Whole > before {
			wait = firstWait
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return err
		}
	}
}

// How long a cut link is left alone: longer each time nothing comes of it.
const (
	firstWait   = 100 * time.Millisecond
	longestWait = 5 * time.Second
)

// goesOn: the link was cut while it is followed, and may be had again.
func (l *linkTaker) goesOn(err error) bool {
	var refused *replica.Error
	var recording replica.RecordError
	return l.server.collection.Now().Before(l.until) && !errors.As(err, &refused) &&
		!errors.As(err, &recording) && !errors.Is(err, errFullSync) && !errors.Is(err, errGap) &&
		!errors.Is(err, replica.ErrNoStream)
}

// connect reads one connection until it is enough.
func (l *linkTaker) connect(ctx context.Context) error {
	err := l.converse(ctx)
	if context.Cause(ctx) == errEnough && l.link.StartOffset != nil {
		var recording replica.RecordError
		if errors.As(err, &recording) {
			return err
		}
		return nil
	}
	return err
}

// converse is one connection from its beginning to its end.
func (l *linkTaker) converse(ctx context.Context) error {
	c, err := replica.Dial(ctx, l.server.collection.replica(l.server.target))
	if err != nil {
		return err
	}
	defer c.Close()
	if err := l.record(c); err != nil {
		return err
	}
	err = l.sync(ctx, c)
	byServer := err != nil && ctx.Err() == nil
	return errors.Join(err, l.conn.Close(time.Now(), byServer))
}

func (l *linkTaker) record(c *replica.Conn) error {
	local, remote := c.Addresses()
	from, _ := netip.ParseAddrPort(local.String())
	to, _ := netip.ParseAddrPort(remote.String())
	client, server := pcapng.Addresses(from, to, l.link.Connections)
	conn, err := l.tape.Connect(time.Now(), client, server)
	if err != nil {
		return replica.RecordError{Err: err}
	}
	l.conn = conn
	l.link.Connections++
	c.Record(l)
	return nil
}

// sync asks for the stream and reads it.
func (l *linkTaker) sync(ctx context.Context, c *replica.Conn) error {
	if err := c.Handshake(); err != nil {
		return err
	}
	granted, err := c.PSYNC(l.stream.ID, l.stream.Whole+1)
	if err != nil {
		return err
	}
	if granted.Full {
		l.link.FullSync = true
		if l.link.StartOffset != nil {
			return errGap
		}
		return errFullSync
	}
	l.stream.ID = granted.ID
	l.link.ReplicationID = granted.ID
	if l.link.StartOffset == nil {
		start := l.stream.Start
		l.link.StartOffset = &start
		l.server.say("the backlog from offset %d on", start)
	}
	lasting := l.lasting()
	return c.Follow(ctx, &l.stream, lasting, func(received int64) bool { return l.finish.came(received) && !lasting })
}

// Sent implements replica.Recorder.
func (l *linkTaker) Sent(at time.Time, b []byte) error {
	return l.recorded(l.conn.Sent(at, b))
}

// Received implements replica.Recorder.
func (l *linkTaker) Received(at time.Time, b []byte) error {
	l.link.Bytes += int64(len(b))
	l.server.progress(len(b))
	return l.recorded(l.conn.Received(at, b))
}

// recorded has each piece in the file before the next, so that a full disk or a
// crash costs no more than one.
func (l *linkTaker) recorded(err error) error {
	if err == nil {
		err = l.flush()
	}
	if err != nil {
		return err
	}
	if most := l.server.collection.MaxBytes; most > 0 && l.tape.Written() >= most {
		return errMaxBytes
	}
	return nil
}

func (l *linkTaker) flush() error {
	err := l.tape.Flush()
	if err == nil {
		l.saved = l.file.n
	}
	return err
}

// counting counts what was written.
type counting struct {
	w io.Writer
	n int64
}

func (c *counting) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// close ends the file with its last whole packet.
func (l *linkTaker) close() error {
	err := l.flush()
	if err != nil {
		err = errors.Join(err, l.part.Truncate(l.saved))
	}
	if l.link.StartOffset == nil {
		// Nothing but a handshake: it tells what was answered.
		return errors.Join(err, l.part.finish(true))
	}
	start := l.stream.Received
	l.link.EndOffset = &start
	return errors.Join(err, l.part.finish(true))
}

// told says how it ended.
func (l *linkTaker) told(ctx context.Context, err error) {
	s := l.server
	s.took("link.pcapng", "PSYNC", l.saved)
	switch {
	case err == nil:
		l.link.End = "complete"
		s.say("%d bytes of the stream, up to offset %d", l.link.Bytes, l.stream.Received)
		return
	case ctx.Err() != nil:
		l.link.End = "interrupted"
		err = errors.New("interrupted; what had come is there")
	case errors.Is(err, errMaxBytes):
		l.link.End = "max-bytes"
	default:
		l.link.End = "cut"
	}
	s.fail("the stream", fmt.Errorf("%w", err))
}
