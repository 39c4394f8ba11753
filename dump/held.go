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
	dec   *rdb.Decoder
	least int64
	// dropped: too much was held, so the key is read again if it is wanted.
	dropped bool
}

// keyOfSize writes the key if its record has at least so many bytes. What is
// written of a value is held back until enough of it has been read.
func (d *Dumper) keyOfSize(dec *rdb.Decoder, rec *rdb.Record, least int64) error {
	d.current = rec
	d.held = held{dec: dec, least: least}
	if p, ok := d.printer.(*respPrinter); ok {
		p.selectDB(rec.DB) // now: what is dropped selects nothing
	}
	d.out.hold()
	visit := d.visit
	d.visit = d.heldElement
	err := d.writeKey(dec, rec)
	d.visit = visit
	if err != nil || rec.Bytes >= least {
		d.seen.Written++
	}
	switch {
	case err != nil: // how large it was to be is not known any more
		return errors.Join(err, d.out.release())
	case d.held.dropped:
		d.out.drop()
		if rec.Bytes >= least {
			return d.again(rec)
		}
	case rec.Bytes < least:
		d.out.drop()
	}
	return d.out.release()
}

func (d *Dumper) heldElement(e *rdb.Element) error {
	switch {
	case d.held.dec.Place()-d.current.Byte >= d.held.least:
		if err := d.out.release(); err != nil {
			return err
		}
	case d.out.heldBytes() > heldMost:
		d.held.dropped = true
		return rdb.SkipRest
	}
	return d.element(e)
}
