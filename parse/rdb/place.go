package rdb

import (
	"errors"
	"io"
)

// Start is the place in the input of the RDB's first byte, from which the
// places of records count.
func (d *Decoder) Start() int64 { return d.start }

// Place is where the next byte to be read is, counted as Record.Byte is. While
// a value is visited it tells how far the reading has come.
func (d *Decoder) Place() int64 { return d.place() }

// Drain steps over all that is left of the input and returns the place after
// it, counted as Record.Byte is. It is for RDBs that cannot be read further.
func (d *Decoder) Drain() (int64, error) {
	d.c.Unpin()
	if err := d.c.Skip(1 << 62); !errors.Is(err, io.EOF) {
		return d.place(), err
	}
	return d.place(), nil
}
