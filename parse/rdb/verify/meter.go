package verify

import "github.com/redsleuth/redsleuth/parse/rdb"

// A Meter measures values that are read. It appends to sizes, and nothing of a
// value that it can't measure.
type Meter interface {
	// Key reads the value that d is at, and shows its elements to visit.
	Key(sizes []int64, d *rdb.Decoder, rec *rdb.Record, visit func(*rdb.Element) error) ([]int64, error)
	// Text is Key of a string of n bytes, of which text has the first few, and all
	// if they are few.
	Text(sizes []int64, rec *rdb.Record, n int64, text []byte) []int64
}

// tell hands out what was measured.
func (b *batch) tell(measured func(*rdb.Record, []int64) error) error {
	if b.long != nil && b.long.dropped {
		return nil
	}
	for n := range b.items {
		i := &b.items[n]
		i.of.record(&b.rec, b.bytes[i.at:i.value])
		if err := measured(&b.rec, b.sizes[i.size:i.sizeEnd]); err != nil {
			return err
		}
	}
	return nil
}

// elements has the checker see the elements, and the meter measure them.
func (b *batch) elements(rec *rdb.Record) (err error) {
	if b.meter == nil {
		return b.decoder.Value(b.see)
	}
	b.sizes, err = b.meter.Key(b.sizes, b.decoder, rec, b.see)
	return err
}

// text measures a string that is stored as it is; false of one that is a number
// in binary.
func (b *batch) text(i *item) bool {
	stored := b.bytes[i.value:i.end]
	head := 1
	switch first := stored[0]; {
	case first < 1<<6:
	case first < 1<<7:
		head = 2
	case first == 1<<7:
		head = 5
	case first == 1<<7|1:
		head = 9
	default:
		return false
	}
	b.sizes = b.meter.Text(b.sizes, &b.rec, i.plain-int64(head), stored[head:])
	i.sizeEnd = len(b.sizes)
	return true
}
