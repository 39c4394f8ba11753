package rdb

import (
	"io"

	"github.com/redsleuth/redsleuth/parse"
)

// An Option of NewReader.
type Option func(*Options)

// WithLimits bounds what one record may take; zero fields mean the defaults.
func WithLimits(l parse.Limits) Option { return func(o *Options) { o.Limits = l } }

// NewReader decodes the RDB that r begins with, which is not compressed. It
// reads ahead in a goroutine, up to 2 MiB, so nothing tells how far r was read;
// NewDecoder leaves a cursor after the RDB. Close the decoder.
func NewReader(r io.Reader, options ...Option) *Decoder {
	var o Options
	for _, set := range options {
		set(&o)
	}
	return NewDecoder(parse.NewCursor(r, 0), o)
}

// Close ends the reading, and closes the cursor that the decoder goes over. The
// slices handed out last stay valid.
func (d *Decoder) Close() { d.c.Close() }
