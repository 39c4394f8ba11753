package rdb

import (
	"errors"
	"io"

	"github.com/redsleuth/redsleuth/parse"
)

// zeroRecord is how many zeros can't begin a record: three are a string without
// bytes under a key without a name, a fourth the type of the next key, and a fifth
// would name that key like the one before.
const zeroRecord = 5

// isZeros reports whether zeros stand where a record begins; w begins with one.
func (d *Decoder) isZeros(w []byte) (bool, error) {
	if len(w) < zeroRecord {
		var err error
		if w, err = d.c.Fill(zeroRecord); err != nil && !errors.Is(err, io.EOF) {
			return false, err
		}
	}
	if len(w) < zeroRecord {
		return false, nil // the file may just end early
	}
	for _, b := range w[:zeroRecord] {
		if b != 0 {
			return false, nil
		}
	}
	return true, nil
}

// zeros moves over the zeros here and makes the error for them.
func (d *Decoder) zeros() error {
	at, ended := d.place(), false
	for {
		w, err := d.c.Fill(1)
		if err != nil && !atEnd(err) {
			return err
		}
		n := 0
		for n < len(w) && w[n] == 0 {
			n++
		}
		d.c.Advance(n)
		if ended = len(w) == 0; n < len(w) || ended {
			break
		}
	}
	n := d.place() - at
	err := d.failAt(at, parse.Zeros("%d zero bytes where a record begins, from byte %d to %d: blocks that "+
		"were never written or got lost", n, at, at+n-1))
	if ended && at == 0 {
		err = d.failAt(at, parse.Zeros("all of it is zeros, from byte 0 to %d: nothing is left of what the "+
			"file was", n-1))
	}
	if placed, ok := parse.AsDamage(err); ok {
		placed.Bytes = n
	}
	return err
}

// failAt is fail with a place that was passed already.
func (d *Decoder) failAt(at int64, err error) error { return parse.At(at, err) }

func atEnd(err error) bool { return errors.Is(err, io.EOF) }

// ZerosBefore counts the zeros that end before a place of the input, which at
// opens: a stretch of zeros found where a record begins began within the value
// before it, more often than not.
func ZerosBefore(at parse.Opener, place int64) (int64, error) {
	const step = 64 << 10
	zeros := int64(0)
	for end := place; end > 0; {
		from := max(0, end-step)
		c, err := at(from)
		if err != nil {
			return zeros, err
		}
		w, err := c.Fill(int(end - from))
		w = w[:min(len(w), int(end-from))]
		n := 0
		for n < len(w) && w[len(w)-1-n] == 0 {
			n++
		}
		whole := n == len(w)
		c.Close()
		zeros += int64(n)
		if err != nil || !whole {
			return zeros, nil
		}
		end = from
	}
	return zeros, nil
}

// sector is the smallest block of a disk, and so the smallest hole.
const sector = 512

// FindHole looks through an input for the first stretch of zeros that begins and
// ends where sectors do, give or take a few zeros that were there anyway. Of a
// dump whose checksum is wrong that is a block that got lost; zeros of values
// rarely lie so. It returns bytes 0 where there is none.
func FindHole(at parse.Opener) (from, bytes int64, err error) {
	c, err := at(0)
	if err != nil {
		return 0, 0, err
	}
	defer c.Close()
	zeros := int64(0)
	for {
		w, err := c.Fill(1)
		if err != nil || len(w) == 0 {
			if atEnd(err) {
				err = nil
			}
			return 0, 0, err
		}
		for i, b := range w {
			if b == 0 {
				zeros++
				continue
			}
			if zeros >= sector && isHole(c.Offset()+int64(i)-zeros, c.Offset()+int64(i)) {
				return c.Offset() + int64(i) - zeros, zeros, nil
			}
			zeros = 0
		}
		c.Advance(len(w))
	}
}

func isHole(from, to int64) bool {
	const slack = 16
	begin, end := (from+sector-1)/sector*sector, to/sector*sector
	return end > begin && begin-from < slack && to-end < slack
}
