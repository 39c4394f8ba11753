package parse

import (
	"io"

	"github.com/redsleuth/redsleuth/parse/crc64"
)

// A Cursor goes over an input once, from front to back. It hands out borrowed
// slices of the input and knows its place; reading, decompressing and summing
// happen ahead and behind in goroutines of their own.
//
// Every slice that it returns is valid until the next call of Fill, Take or
// Skip, or, between Pin and Unpin, until Unpin.
//
// At the end of the input, methods that can't do what they were asked for
// return io.EOF, or the error with which reading failed; after that the bytes
// that are left can still be read.
type Cursor struct {
	buf []byte // the window is buf[pos:]
	pos int
	off int64 // place of buf[0] in the input
	cur *block

	ahead   *readAhead
	size    int // of an ordinary block with its headroom
	err     error
	limit   int64  // nothing from this place on is seen; -1 for none
	whole   []byte // buf as it was before the limit cut it
	pinned  bool
	held    []*block
	sum     *summer // nil while nothing is summed, and for bytes in memory
	sumFrom int     // buf[sumFrom:pos] is yet to be summed

	watcher   func([]byte) // nil while nobody watches
	watchFrom int          // buf[watchFrom:pos] is yet to be shown
}

// An Opener opens an input once more and returns a cursor at the place offset
// of it, in bytes. Whoever calls it closes the cursor. It is nil where an input
// can be read only once, as a pipe.
type Opener func(offset int64) (*Cursor, error)

// NewCursor starts to read ahead from r, whose first byte is at the place
// offset of the input. Close it to end the goroutine.
func NewCursor(r io.Reader, offset int64) *Cursor { return NewCursorSize(r, offset, BlockSize) }

// NewCursorSize is NewCursor with blocks of another size, for tests that want
// every record to lie across a border.
func NewCursorSize(r io.Reader, offset int64, size int) *Cursor {
	return newCursor(newReadAhead(r, size), offset)
}

// NewCursorOnDemand reads blocks when they are needed, for little.
func NewCursorOnDemand(r io.Reader, offset int64, size int) *Cursor {
	return newCursor(newReadAsked(r, size), offset)
}

func newCursor(ahead *readAhead, offset int64) *Cursor {
	return &Cursor{off: offset, ahead: ahead, size: ahead.size + min(headroom, ahead.size), limit: -1}
}

// NewBytesCursor goes over bytes that are all in memory, and starts nothing
// that would have to be closed.
func NewBytesCursor(b []byte, offset int64) *Cursor {
	return &Cursor{buf: b, off: offset, err: io.EOF, limit: -1}
}

// Reset makes a cursor of NewBytesCursor go over other bytes.
func (c *Cursor) Reset(b []byte, offset int64) {
	c.buf, c.pos, c.sumFrom, c.off = b, 0, 0, offset
}

// Close ends the reading. The slices handed out stay valid.
func (c *Cursor) Close() {
	if c.ahead != nil {
		c.ahead.close()
	}
	c.dropSum()
}

// Offset is the place in the input of the next byte.
func (c *Cursor) Offset() int64 { return c.off + int64(c.pos) }

// Window returns the bytes that are at hand, borrowed; it may be empty before
// the end. Take them with Advance.
func (c *Cursor) Window() []byte { return c.buf[c.pos:] }

// Advance moves over n bytes of the window.
func (c *Cursor) Advance(n int) { c.pos += n }

// Fill makes the window at least n bytes long and returns it, borrowed. With
// an error the window is shorter than n, and holds all that is left. Memory
// grows with the bytes that are there, not with n.
func (c *Cursor) Fill(n int) ([]byte, error) {
	if len(c.buf)-c.pos >= n {
		return c.buf[c.pos:], nil
	}
	return c.fillSlow(n)
}

// Take returns the next n bytes, borrowed, and moves over them. With an error
// nothing is taken.
func (c *Cursor) Take(n int) ([]byte, error) {
	w, err := c.Fill(n)
	if err != nil {
		return nil, err
	}
	c.pos += n
	return w[:n:n], nil
}

// Byte takes the next byte.
func (c *Cursor) Byte() (byte, error) {
	w, err := c.Fill(1)
	if err != nil {
		return 0, err
	}
	c.pos++
	return w[0], nil
}

// Skip moves over n bytes, or, with an error, over all that are left.
func (c *Cursor) Skip(n int64) error {
	for n > int64(len(c.buf)-c.pos) {
		n -= int64(len(c.buf) - c.pos)
		c.pos = len(c.buf)
		if _, err := c.fillSlow(1); err != nil {
			return err
		}
	}
	c.pos += int(n)
	return nil
}

// Read takes what the window holds, and fills it where it is empty: a Cursor
// is an io.Reader for who wants one.
func (c *Cursor) Read(p []byte) (int, error) {
	w, err := c.Fill(1)
	if err != nil {
		return 0, err
	}
	n := copy(p, w)
	c.pos += n
	return n, nil
}

// More makes the window longer by at least a byte, keeping what is in it.
func (c *Cursor) More() ([]byte, error) { return c.Fill(len(c.buf) - c.pos + 1) }

// Limit makes the input seem to end n bytes from here, until Unlimit.
func (c *Cursor) Limit(n int64) {
	c.Unlimit()
	c.limit = c.Offset() + n
	c.cut()
}

// Unlimit ends what Limit began.
func (c *Cursor) Unlimit() {
	if c.whole != nil {
		c.buf, c.whole = c.whole, nil
	}
	c.limit = -1
}

// cut hides what lies after the limit.
func (c *Cursor) cut() {
	if c.limit >= 0 && c.off+int64(len(c.buf)) > c.limit {
		c.whole, c.buf = c.buf, c.buf[:c.limit-c.off]
	}
}

// Pin keeps the slices that are handed out from now on valid until Unpin.
func (c *Cursor) Pin() { c.pinned = true }

// Unpin ends what Pin began.
func (c *Cursor) Unpin() {
	c.pinned = false
	if len(c.held) > 0 {
		c.release()
	}
}

func (c *Cursor) release() {
	for i, b := range c.held {
		c.giveBack(b)
		c.held[i] = nil
	}
	c.held = c.held[:0]
}

func (c *Cursor) giveBack(b *block) {
	if c.sum != nil {
		c.sum.jobs <- sumJob{done: b}
		return
	}
	c.ahead.recycle(b, c.size)
}

func (c *Cursor) fillSlow(n int) ([]byte, error) {
	for len(c.buf)-c.pos < n {
		if c.limit >= 0 && c.off+int64(len(c.buf)) >= c.limit {
			return c.buf[c.pos:], io.EOF
		}
		if c.err != nil {
			return c.buf[c.pos:], c.err
		}
		next, ok := c.ahead.next()
		if !ok {
			c.err = io.ErrClosedPipe
			return c.buf[c.pos:], c.err
		}
		c.err = next.err
		if len(next.buf) == next.start {
			c.ahead.recycle(next, c.size)
			continue
		}
		if left := len(c.buf) - c.pos; left <= next.start {
			c.moveTo(next, left)
		} else {
			c.append(next, left)
		}
		c.cut()
	}
	return c.buf[c.pos:], nil
}

// moveTo makes next the current block, with the left bytes of the window put
// in its headroom.
func (c *Cursor) moveTo(next *block, left int) {
	from := next.start - left
	copy(next.buf[from:], c.buf[c.pos:])
	c.replace(next, from)
}

// append makes a block out of the left bytes of the window and next. It
// doubles, so that growing to n costs n.
func (c *Cursor) append(next *block, left int) {
	data := next.buf[next.start:]
	if c.cur != nil && cap(c.cur.buf) > c.size && cap(c.buf)-len(c.buf) >= len(data) {
		c.buf = append(c.buf, data...)
		c.cur.buf = c.buf
		c.ahead.recycle(next, c.size)
		return
	}
	grown := &block{buf: make([]byte, 0, max(2*(left+len(data)), c.size+1))}
	grown.buf = append(append(grown.buf, c.buf[c.pos:]...), data...)
	c.ahead.recycle(next, c.size)
	c.replace(grown, 0)
}

// replace retires the current block; the window continues at from in next.
func (c *Cursor) replace(next *block, from int) {
	old, place := c.cur, c.Offset()
	if c.sum != nil && c.pos > c.sumFrom {
		c.sum.jobs <- sumJob{bytes: c.buf[c.sumFrom:c.pos]}
	}
	if c.watcher != nil {
		c.watcher(c.buf[c.watchFrom:c.pos])
		c.watchFrom = from
	}
	if old != nil {
		if c.pinned {
			c.held = append(c.held, old)
		} else {
			c.giveBack(old)
		}
	}
	c.cur, c.buf, c.pos, c.sumFrom = next, next.buf, from, from
	c.off = place - int64(from)
}

// Watch shows the bytes that are moved over from here on, in pieces of any
// length, borrowed; the last of them is what Unwatch returns.
func (c *Cursor) Watch(see func(piece []byte)) { c.watcher, c.watchFrom = see, c.pos }

// Unwatch ends what Watch began, and returns the piece not yet shown, valid
// as long as what Take returns is.
func (c *Cursor) Unwatch() []byte {
	c.watcher = nil
	return c.buf[c.watchFrom:c.pos]
}

// StartSum begins a CRC-64 at the next byte.
func (c *Cursor) StartSum() {
	c.dropSum()
	c.sumFrom = c.pos
	if c.ahead != nil {
		c.sum = newSummer(func(b *block) { c.ahead.recycle(b, c.size) })
	}
}

// Sum ends the sum that StartSum began and returns it.
func (c *Cursor) Sum() uint64 {
	if c.sum == nil { // all bytes are in memory
		return crc64.Update(0, c.buf[c.sumFrom:c.pos])
	}
	c.sum.jobs <- sumJob{bytes: c.buf[c.sumFrom:c.pos], last: true}
	sum := <-c.sum.sum
	c.sum = nil
	return sum
}

// dropSum ends a sum that nobody asks for any more; it waits, since blocks
// that are being summed must not be used again.
func (c *Cursor) dropSum() {
	if c.sum != nil {
		c.Sum()
	}
}
