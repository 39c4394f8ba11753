package dump

import (
	"errors"

	"github.com/redsleuth/redsleuth/parse/rdb"
)

// heldMost bounds what is held of a key that may turn out too small to be
// written, in bytes of output.
const heldMost = 4 << 20

// held is the output of a key whose size is not known to be large enough yet.
type held struct {
	dec *rdb.Decoder
	// dropped: too much was held, so the key is read again if it is wanted.
	dropped bool
}

// keyOfSize writes the key if it is as large as the filter asks. What is written
// of a value is held back until enough of it has been read.
func (d *Dumper) keyOfSize(dec *rdb.Decoder, rec *rdb.Record) error {
	d.current = rec
	d.held = held{dec: dec}
	if p, ok := d.printer.(*respPrinter); ok {
		p.selectDB(rec.DB) // now: what is dropped selects nothing
	}
	d.out.hold()
	visit := d.visit
	d.visit = d.heldElement
	err := d.writeKey(dec, rec)
	d.visit = visit
	large := d.large(rec)
	if err != nil || large {
		d.seen.Written++
	}
	switch {
	case err != nil: // how large it was to be is not known any more
		return errors.Join(err, d.out.release())
	case d.held.dropped:
		d.out.drop()
		if large {
			return d.again(rec)
		}
	case !large:
		d.out.drop()
		if p, ok := d.printer.(*parquetPrinter); ok {
			p.drop()
		}
	}
	return d.out.release()
}

// large: the key, which has been read, is as large as the filter asks.
func (d *Dumper) large(rec *rdb.Record) bool {
	return d.options.Filter.Size(rec.Bytes, d.measure.bytes, d.measure.known)
}

func (d *Dumper) heldElement(e *rdb.Element) error {
	f := &d.options.Filter
	switch {
	case d.held.dropped:
		return nil
	case f.MinMemory == 0 && d.held.dec.Place()-d.current.Byte >= f.MinSize:
		if err := d.out.release(); err != nil {
			return err
		}
	case d.out.heldBytes() > heldMost:
		d.held.dropped = true
		if f.MinMemory == 0 {
			return rdb.SkipRest
		}
		return nil // all of it is measured
	}
	return d.element(e)
}
