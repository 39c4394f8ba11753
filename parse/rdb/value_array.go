package rdb

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"

	"github.com/redsleuth/redsleuth/parse"
)

// readArray: count; whether there is an insert position, and that position;
// then index, tag and payload of each slot, by ascending index.
func (d *Decoder) readArray() (int64, error) {
	e := &d.value.element
	var hasInsert uint64
	if err := d.lengths(&e.Array.Count, &hasInsert); err != nil {
		return 0, err
	}
	if hasInsert > 1 || e.Array.Count == 0 || e.Array.Count > 1<<62 {
		return 0, d.fail(parse.Damaged(
			"an array of %d slots with insert mark %d", e.Array.Count, hasInsert))
	}
	if e.Array.HasInsert = hasInsert == 1; e.Array.HasInsert {
		if err := d.lengths(&e.Array.InsertIndex); err != nil {
			return 0, within(err, "insert position")
		}
	}
	e.Kind = ElementArray
	if err := d.emit(); err != nil {
		return 0, err
	}
	e.Kind = ElementIndex
	for i := range e.Array.Count {
		if err := d.readSlot(i == 0); err != nil {
			return 0, within(err, "slot "+strconv.FormatUint(i, 10))
		}
	}
	return int64(e.Array.Count), nil
}

func (d *Decoder) readSlot(isFirst bool) error {
	e := &d.value.element
	var index, tag uint64
	if err := d.lengths(&index, &tag); err != nil {
		return err
	}
	if index == math.MaxUint64 || !isFirst && index <= e.Index {
		return d.fail(parse.Damaged("index %d after %d", index, e.Index))
	}
	e.Index = index
	var err error
	if e.Value, err = d.slotText(tag); err != nil {
		return err
	}
	return d.emit()
}

// slotText is what clients see of a slot, whatever its tag.
func (d *Decoder) slotText(tag uint64) ([]byte, error) {
	text := &d.value.text[1]
	switch tag {
	case arrayText, arrayShortText:
		return d.str(&d.slots[2])
	case arrayInt, arrayFloat:
		b, err := d.raw(8)
		if err != nil {
			return nil, err
		}
		n := binary.LittleEndian.Uint64(b)
		if tag == arrayInt {
			*text = strconv.AppendInt((*text)[:0], int64(n), 10)
		} else {
			*text = appendFloat((*text)[:0], math.Float64frombits(n))
		}
		return *text, nil
	}
	return nil, d.fail(parse.Damaged("%d is no tag of an array's slot", tag))
}

// appendFloat prints as redis prints a slot: the shortest digits that stand
// for f, laid out as deps/fpconv does, made a number with a point.
func appendFloat(b []byte, f float64) []byte {
	start := len(b)
	b = appendShortest(b, f)
	if !bytes.ContainsAny(b[start:], ".en") { // "inf" and "nan" hold an n
		b = append(b, ".0"...)
	}
	return b
}

func appendShortest(b []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(b, "nan"...)
	case math.IsInf(f, 1):
		return append(b, "inf"...)
	case math.IsInf(f, -1):
		return append(b, "-inf"...)
	}
	var space [32]byte
	mantissa, exponent, _ := bytes.Cut(strconv.AppendFloat(space[:0], f, 'e', -1, 64), []byte("e"))
	exp, _ := strconv.Atoi(string(exponent)) // always a number
	digits := 0
	for _, c := range mantissa {
		if c >= '0' && c <= '9' {
			digits++
		}
	}
	scale, size := exp-digits+1, max(exp, -exp)
	if scale >= 0 && size < digits+7 || scale < 0 && (scale > -7 || size < 4) {
		return strconv.AppendFloat(b, f, 'f', -1, 64)
	}
	b = append(append(b, mantissa...), 'e')
	if exp >= 0 {
		b = append(b, '+')
	}
	return strconv.AppendInt(b, int64(exp), 10)
}
