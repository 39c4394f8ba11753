package dump

import (
	"cmp"
	"errors"
	"io"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/rdb/verify"
	"github.com/redsleuth/redsleuth/parse/record"
)

// RDB implements record.Handler.
func (d *Dumper) RDB(link *record.Link, dec *rdb.Decoder) error {
	if d.options.Filter.CommandsOnly() {
		return nil
	}
	if d.options.Format == RESP && link != nil && !link.AOF {
		d.leftOut("the RDB in front of the stream: only the stream is written", nil)
		return nil
	}
	d.link = link
	d.clock.start()
	d.measure.start()
	d.cluster = false
	for {
		err := d.records(dec)
		switch {
		case err == nil && d.full():
			return errors.Join(d.printer.rdbEnd(), record.Stop)
		case err == nil:
			return d.printer.rdbEnd()
		case !parse.IsDamage(err):
			return err
		}
		next, err := d.readDamage(dec, err)
		if err != nil {
			return err
		}
		if next == nil {
			return d.printer.rdbEnd()
		}
		dec = next
	}
}

// askEach is how many records are read between two looks at an interruption.
const askEach = 1 << 10

// records writes the records up to the end, or to an error.
func (d *Dumper) records(dec *rdb.Decoder) error {
	d.decoder = dec
	s := d.staged()
	err := d.each(dec, s)
	if s != nil {
		err = s.finish(err)
	}
	return err
}

// each writes records; keys go to the stage, where there is one.
func (d *Dumper) each(dec *rdb.Decoder, s *stage) error {
	n := 0
	for rec, err := range dec.Records() {
		if err != nil {
			return err
		}
		if n++; n%askEach == 0 {
			if err := d.out.interrupted(); err != nil {
				return err
			}
		}
		d.current = rec
		if rec.Kind == rdb.KindKey {
			err = d.key(dec, rec, s)
		} else {
			err = d.otherThan(rec, s)
		}
		if errors.Is(err, errFound) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// errFound ends the reading after the one record that was wanted.
var errFound = errors.New("found")

// otherThan writes a record between keys, once those before it are written. Of
// slots there are so many that they go with the keys.
func (d *Dumper) otherThan(rec *rdb.Record, s *stage) error {
	switch {
	case s == nil:
	case rec.Kind == rdb.KindSlotInfo && d.cluster:
		text, err := d.out.aside(func() error { return d.other(rec) })
		if err == nil && len(text) > 0 {
			s.literal(text)
		}
		return err
	default:
		if err := s.flush(0); err != nil {
			return err
		}
		d.current = rec
	}
	return d.other(rec)
}

func (d *Dumper) other(rec *rdb.Record) error {
	switch rec.Kind {
	case rdb.KindAux:
		d.clock.aux(rec)
		d.measure.aux(rec)
		d.cluster = d.cluster || string(rec.Name) == "slot-info"
	case rdb.KindSlotInfo:
		d.cluster = true
	case rdb.KindEnd:
		if rec.Checksum.Status == rdb.ChecksumInvalid {
			d.wrong()
		}
	}
	if at := d.options.AtByte; at >= 0 {
		if at < rec.Byte || at >= rec.Byte+rec.Bytes {
			return nil
		}
		d.seen.Written++
		return errors.Join(d.printer.record(rec), errFound)
	}
	if d.options.Filter.Any() {
		return d.unfiltered(rec)
	}
	if err := d.printer.record(rec); err != nil || rec.Kind != rdb.KindHeader {
		return err
	}
	return d.lead(rec)
}

// lead tells of what is before the magic of a dump.
func (d *Dumper) lead(rec *rdb.Record) error {
	if d.link != nil || rec.Byte == 0 {
		return nil
	}
	d.faulty = true
	return d.printer.note(&record.Note{Kind: record.NoteLeading, Bytes: rec.Byte,
		Offset: record.Unknown, EndOffset: record.Unknown})
}

// unfiltered: with a filter, what is no key is left out. A printer that has
// to know the server's version still sees the header and the AUX fields.
func (d *Dumper) unfiltered(rec *rdb.Record) error {
	if p, ok := d.printer.(*respPrinter); ok {
		p.observe(rec)
	}
	return nil
}

// key writes a key, or steps over it.
func (d *Dumper) key(dec *rdb.Decoder, rec *rdb.Record, s *stage) error {
	d.seen.Keys++
	if d.options.AtByte >= 0 {
		return d.keyAt(dec, rec)
	}
	if expired, _ := d.clock.expired(rec); !d.options.Filter.Key(rec, expired) {
		return dec.Skip()
	}
	if s != nil {
		return s.key(dec, rec)
	}
	if err := d.passing(dec, rec); err != nil || !d.full() {
		return err
	}
	return errFound
}

// passing writes a key whose head passes the filter.
func (d *Dumper) passing(dec *rdb.Decoder, rec *rdb.Record) error {
	if d.options.Filter.Sized() {
		return d.keyOfSize(dec, rec)
	}
	d.seen.Written++
	return d.writeKey(dec, rec)
}

// writeKey writes a key whose value is yet to be read. A value that can't be
// read is ended where it broke off.
func (d *Dumper) writeKey(dec *rdb.Decoder, rec *rdb.Record) error {
	d.current = rec
	if err := d.lacksModel(); err != nil {
		return err
	}
	if err := d.printer.keyStart(rec); err != nil {
		return err
	}
	var err error
	if d.skipsValue(rec) {
		err = d.measure.key(dec, rec, nil)
	} else {
		d.value.begin(rec)
		if err = d.measure.key(dec, rec, d.visit); err == nil {
			d.value.end(rec, dec.Doubt())
		}
	}
	if err != nil && !parse.IsDamage(err) {
		return err
	}
	err = errors.Join(d.printer.keyEnd(rec, err == nil), err)
	if err != nil || d.value.wrong == nil {
		return err
	}
	return d.unsound(rec)
}

// A valueSkipper is a printer that has no use for some values.
type valueSkipper interface{ skipsValue(rec *rdb.Record) bool }

// skipsValue: the value is not written.
func (d *Dumper) skipsValue(rec *rdb.Record) bool {
	p, ok := d.printer.(valueSkipper)
	return d.options.KeysOnly || ok && p.skipsValue(rec)
}

// writeHead writes a key whose value was stepped over.
func (d *Dumper) writeHead(rec *rdb.Record) error {
	d.current = rec
	d.seen.Written++
	if err := d.printer.keyStart(rec); err != nil {
		return err
	}
	return d.printer.keyEnd(rec, true)
}

// element has an element written, and checked, also where the printer has seen
// enough.
func (d *Dumper) element(e *rdb.Element) error {
	d.value.see(d.current, e)
	if d.value.written {
		return nil
	}
	err := d.printer.element(d.current, e)
	if err != nil && errors.Is(err, rdb.SkipRest) {
		d.value.written, err = true, nil
	}
	return err
}

// A valueCheck looks at the elements of the value that is being written.
type valueCheck struct {
	checker *verify.Checker
	written bool  // the printer has seen enough of it
	wrong   error // the first thing that is, about the record
}

func (v *valueCheck) begin(rec *rdb.Record) {
	v.checker.Begin(rec)
	v.written, v.wrong = false, nil
}

func (v *valueCheck) see(rec *rdb.Record, e *rdb.Element) {
	if v.wrong != nil {
		return
	}
	if err := v.checker.See(e); err != nil {
		v.wrong = parse.At(rec.Byte, err, "the value")
	}
}

// end also takes the decoder's doubt.
func (v *valueCheck) end(rec *rdb.Record, doubt error) {
	if v.wrong != nil {
		return
	}
	if err := cmp.Or(v.checker.End(), doubt); err != nil {
		v.wrong = parse.At(rec.Byte, err, "the value")
	}
}

// unsound tells what is wrong with a value that was written whole.
func (d *Dumper) unsound(rec *rdb.Record) error {
	wrong := d.value.wrong
	d.value.wrong = nil
	placed, ok := parse.AsDamage(wrong)
	if !ok {
		return wrong
	}
	d.wrong()
	placed.DB, placed.Key = rec.DB, rec.Key
	return d.printer.damage(&damage{byte: rec.Byte, bytes: rec.Bytes, err: placed, unsound: true})
}

// ofDump reports whether the RDB that is read is no payload within a recording.
func (d *Dumper) ofDump() bool { return d.link == nil || d.link.AOF }

// wrong takes note of wrong bytes in the RDB that is read.
func (d *Dumper) wrong() {
	d.faulty = true
	d.damaged = d.damaged || d.ofDump()
}

// keyAt writes the key if it holds the byte that was asked for.
func (d *Dumper) keyAt(dec *rdb.Decoder, rec *rdb.Record) error {
	if d.options.AtByte < rec.Byte {
		return errFound // there is no such record: the place is before the first
	}
	if err := dec.Skip(); err != nil {
		return err
	}
	if d.options.AtByte >= rec.Byte+rec.Bytes {
		return nil
	}
	d.seen.Written++
	return errors.Join(d.again(rec), errFound)
}

// again writes a key that was stepped over.
func (d *Dumper) again(rec *rdb.Record) error { return d.reread(rec, d.writeKey) }

// visitAgain visits the value of a key that has been read.
func (d *Dumper) visitAgain(rec *rdb.Record, visit func(*rdb.Element) error) error {
	return d.reread(rec, func(dec *rdb.Decoder, _ *rdb.Record) error { return dec.Value(visit) })
}

// reread opens the input again where the record of a key begins.
func (d *Dumper) reread(rec *rdb.Record, use func(*rdb.Decoder, *rdb.Record) error) error {
	if d.options.Again == nil {
		return errors.New("a record of this input can't be read twice: the RDB must be a file of its own")
	}
	c, err := d.options.Again(d.decoder.Start() + rec.Byte)
	if err != nil {
		return err
	}
	defer c.Close()
	once := rdb.NewDecoderAt(c, rdb.Options{Limits: d.options.Limits}, d.decoder.Header(), d.decoder.Start(), rec.DB)
	again, err := once.Next()
	if err != nil {
		return err
	}
	return use(once, again)
}

// readDamage reports where dec failed and, with Salvage, finds where to continue;
// the next decoder is nil if there is nothing more.
func (d *Dumper) readDamage(dec *rdb.Decoder, cause error) (*rdb.Decoder, error) {
	if errors.Is(cause, parse.ErrTruncated) {
		d.damaged = d.damaged || d.ofDump()
	} else {
		d.wrong()
	}
	if d.options.Salvage && d.link == nil {
		next, lost, err := rdb.Resume(dec, cause, d.options.Again)
		if err != nil && err != io.EOF {
			return nil, err
		}
		found := &damage{byte: lost.Byte, bytes: lost.Bytes, err: lost.Err, salvaged: err == nil, records: lost.Records, toEnd: lost.ToEnd}
		if err := d.printer.damage(found); err != nil {
			return nil, err
		}
		return next, nil
	}
	found := &damage{byte: d.lastByte(cause), bytes: -1, err: cause}
	if d.link == nil {
		end, err := dec.Drain()
		if err != nil {
			return nil, err
		}
		found.bytes = end - found.byte
	}
	return nil, d.printer.damage(found)
}

// lastByte is where the record begins that could not be read.
func (d *Dumper) lastByte(cause error) int64 {
	if d.current != nil {
		return d.current.Byte
	}
	placed, _ := parse.AsDamage(cause)
	return placed.ByteOffset
}
