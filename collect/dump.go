package collect

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/redsleuth/redsleuth/collect/replica"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

// A Dump is the RDB of a full sync.
type Dump struct {
	ReplicationID string `json:"replication_id,omitempty"`
	// Offset is nil before 2.8, which has none.
	Offset   *int64 `json:"offset,omitempty"`
	Bytes    int64  `json:"bytes"`
	Keys     int64  `json:"keys"`
	Checksum string `json:"checksum"`
	Whole    bool   `json:"whole"`
}

// dump takes a dump as a replica gets it, once, and returns its offset; 0 where
// there is none.
func (s *Server) dump(ctx context.Context) int64 {
	if s.dumped {
		return 0
	}
	s.dumped = true
	s.say("a dump is asked for: the server saves")
	if err := s.takeDump(ctx); err != nil {
		if ctx.Err() != nil {
			err = errors.New("interrupted; dump.rdb.part is what had come")
		}
		s.fail("dump.rdb", err)
	}
	if s.Dump == nil || !s.Dump.Whole || s.Dump.Offset == nil {
		return 0
	}
	return *s.Dump.Offset
}

func (s *Server) takeDump(ctx context.Context) error {
	c, err := replica.Dial(ctx, s.collection.replica(s.target))
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.Handshake(); err != nil {
		return err
	}
	if _, err := c.RDBOnly(); err != nil {
		return err
	}
	s.Dump = &Dump{}
	asked := "PSYNC ? -1"
	granted, err := c.PSYNC("?", -1)
	var refused *replica.Error
	switch {
	case errors.As(err, &refused) && refused.Unknown():
		asked = "SYNC"
		if err := c.SYNC(); err != nil {
			return err
		}
	case err != nil:
		return err
	case !granted.Full:
		return errors.New("the server granted a partial sync, which was not asked for")
	default:
		s.Dump.ReplicationID, s.Dump.Offset = granted.ID, &granted.Offset
	}
	p, err := s.folder.part("dump.rdb")
	if err != nil {
		return err
	}
	verdict, err := copyVerified(c, watched{p, s.progress}, s.collection.MaxBytes, s.Dump)
	s.Dump.Whole = err == nil
	if err = errors.Join(err, p.finish(err == nil)); err != nil {
		return err
	}
	s.took("dump.rdb", asked, s.Dump.Bytes)
	s.say("a dump of %d keys", s.Dump.Keys)
	return verdict
}

// copyVerified writes the RDB while it is read record by record, and returns
// what is wrong with its contents beside what went wrong with the copy.
func copyVerified(c *replica.Conn, w io.Writer, most int64, d *Dump) (verdict, err error) {
	r, into := io.Pipe()
	verdicts := make(chan error, 1)
	go func() {
		err := verify(r, d)
		// The rest is written in any case: a dump that can't be read is
		// evidence too.
		_, _ = io.Copy(io.Discard, r)
		verdicts <- err
	}()
	d.Bytes, err = c.Payload(io.MultiWriter(&bounded{w, most}, into))
	into.Close()
	if verdict = <-verdicts; verdict != nil {
		verdict = fmt.Errorf("it is written as the server sent it, and can't be read: %w", verdict)
	}
	return verdict, err
}

func verify(r io.Reader, d *Dump) error {
	reader := rdb.NewReader(r)
	defer reader.Close()
	for rec, err := range reader.Records() {
		if err != nil {
			return err
		}
		switch rec.Kind {
		case rdb.KindKey:
			d.Keys++
		case rdb.KindEnd:
			d.Checksum = string(rec.Checksum.Status)
		}
	}
	if d.Checksum == string(rdb.ChecksumInvalid) {
		return errors.New("its checksum is wrong")
	}
	return nil
}

// bounded is a file that must not grow past a size; 0 for any.
type bounded struct {
	w    io.Writer
	left int64
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.left > 0 {
		if b.left -= int64(len(p)); b.left <= 0 {
			return 0, errMaxBytes
		}
	}
	return b.w.Write(p)
}

// watched tells how much was written.
type watched struct {
	io.Writer
	tell func(int)
}

func (w watched) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	w.tell(n)
	return n, err
}
