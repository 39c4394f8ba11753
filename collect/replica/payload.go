package replica

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
)

// ErrPayload is a payload whose frame is none.
var ErrPayload = errors.New("what the server sent is not the RDB of a full resync")

const markSize = 40

// Payload copies the RDB that follows a full resync: "$" and its length, or
// "$EOF:" and the mark of 40 bytes that ends it. Errors of w are returned as
// they are. Source: redis replication.c, readSyncBulkPayload.
func (c *Conn) Payload(w io.Writer) (int64, error) {
	head, err := c.line()
	if err != nil {
		return 0, err
	}
	if isError(head) {
		return 0, &Error{"PSYNC", strings.TrimPrefix(head, "-")}
	}
	size, ok := strings.CutPrefix(head, "$")
	if !ok {
		return 0, ErrPayload
	}
	if mark, ok := strings.CutPrefix(size, "EOF:"); ok {
		if len(mark) != markSize {
			return 0, ErrPayload
		}
		return c.marked(w, []byte(mark))
	}
	n, err := strconv.ParseInt(size, 10, 64)
	if err != nil || n < 0 {
		return 0, ErrPayload
	}
	return c.counted(w, n)
}

func (c *Conn) counted(w io.Writer, n int64) (int64, error) {
	p := make([]byte, readBuffer)
	done := int64(0)
	for done < n {
		k, err := c.read(p[:min(int64(len(p)), n-done)], c.options.Silence)
		if k > 0 {
			if _, e := w.Write(p[:k]); e != nil {
				return done, e
			}
		}
		if done += int64(k); err != nil {
			return done, err
		}
	}
	return done, nil
}

// marked keeps back as many bytes as the mark has, since they may be it.
func (c *Conn) marked(w io.Writer, mark []byte) (int64, error) {
	p := make([]byte, markSize+readBuffer)
	held, done := 0, int64(0)
	for {
		k, err := c.read(p[held:], c.options.Silence)
		held += k
		if held >= markSize && bytes.Equal(p[held-markSize:held], mark) {
			n, e := w.Write(p[:held-markSize])
			return done + int64(n), e
		}
		if n := held - markSize; n > 0 {
			if _, e := w.Write(p[:n]); e != nil {
				return done, e
			}
			done += int64(n)
			held = copy(p, p[n:held])
		}
		if err != nil {
			return done, err
		}
	}
}
