package rdb

import (
	"errors"
	"math"
	"strconv"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb/internal/packed"
)

// What the length byte of a score in text can be instead of a length.
const (
	scoreNaN         = 253
	scoreInfinity    = 254
	scoreMinInfinity = 255
)

// readScore: member, then 8 bytes of an IEEE double, little endian.
func (d *Decoder) readScore() error {
	return d.scored(func() (float64, error) {
		n, err := d.int64()
		return math.Float64frombits(uint64(n)), err
	})
}

// readTextScore: member, then a length byte and the score in text.
func (d *Decoder) readTextScore() error { return d.scored(d.textScore) }

func (d *Decoder) scored(score func() (float64, error)) (err error) {
	e := &d.value.element
	e.Kind = ElementScore
	d.c.Pin()
	defer d.c.Unpin()
	if e.Member, err = d.str(&d.slots[1]); err != nil {
		return err
	}
	if e.Score, err = score(); err != nil {
		return within(err, "score")
	}
	return d.emit()
}

func (d *Decoder) textScore() (float64, error) {
	n, err := d.byte()
	if err != nil {
		return 0, err
	}
	switch n {
	case scoreNaN:
		return math.NaN(), nil
	case scoreInfinity:
		return math.Inf(1), nil
	case scoreMinInfinity:
		return math.Inf(-1), nil
	}
	b, err := d.raw(int(n))
	if err != nil {
		return 0, err
	}
	return d.parseScore(b)
}

func (d *Decoder) entryScore(e packed.Entry) (float64, error) {
	if e.IsInt() {
		return float64(e.Int), nil
	}
	return d.parseScore(e.Text)
}

// parseScore reads what a server printed. What is too large for a double is
// infinite, as it is to the server.
func (d *Decoder) parseScore(b []byte) (float64, error) {
	if d.strict && d.value.blobs == nil && isDecimal(b) {
		return 0, nil
	}
	score, err := strconv.ParseFloat(string(b), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, d.fail(parse.Damaged("a score that is no number"))
	}
	return score, nil
}

// isDecimal reports whether b is a decimal number as servers print most scores.
func isDecimal(b []byte) bool {
	if len(b) > 0 && b[0] == '-' {
		b = b[1:]
	}
	whole, rest := digits(b)
	if whole == 0 {
		return false
	}
	if len(rest) > 0 && rest[0] == '.' {
		fraction := 0
		if fraction, rest = digits(rest[1:]); fraction == 0 {
			return false
		}
	}
	return len(rest) == 0
}

// digits counts those that b begins with, and returns what is behind them.
func digits(b []byte) (n int, rest []byte) {
	for n < len(b) && b[n]-'0' <= 9 {
		n++
	}
	return n, b[n:]
}
