package rdb

import (
	"bytes"
	"encoding/binary"
	"strconv"

	"github.com/redsleuth/redsleuth/parse"
)

// readOpcode reads the rest of a record that is no key.
func (d *Decoder) readOpcode(op byte) error {
	switch op {
	case opEOF:
		return d.readEnd()
	case opSelectDB:
		return within(d.readSelectDB(), "a database number")
	case opResizeDB:
		d.rec.Kind = KindResizeDB
		return within(d.lengths(&d.rec.Keys, &d.rec.Expires), "database sizes")
	case opAux:
		return d.readAux()
	case opModuleAux:
		return within(d.readModuleAux(), "module data")
	case opFunction:
		d.rec.Kind, d.rec.Name = KindFunction, nil
		return within(d.string(&d.rec.Value, 1), "a function library")
	case opFunctionPreGA:
		return within(d.readFunctionPreGA(), "a function library of 7.0-rc1 or rc2")
	case opSlotInfo:
		d.rec.Kind = KindSlotInfo
		return within(d.lengths(&d.rec.Slot, &d.rec.Keys, &d.rec.Expires), "slot sizes")
	}
	switch {
	case op == opSlotImport && d.valkey():
		return within(d.readSlotImport(), "a slot import")
	case op == opUpdate && d.valkey():
		return within(d.readUpdate(), "a command of a forkless sync")
	case op == opHashTemplate:
		return within(d.readHashTemplate(), "a hash template")
	}
	return d.unknownByte(op)
}

// string reads a string into a field of the record.
func (d *Decoder) string(into *[]byte, slot int) (err error) {
	*into, err = d.str(&d.slots[slot])
	return err
}

func (d *Decoder) lengths(into ...*uint64) (err error) {
	for _, p := range into {
		if *p, err = d.length(); err != nil {
			return err
		}
	}
	return nil
}

func (d *Decoder) readSelectDB() error {
	n, err := d.length()
	if err != nil {
		return err
	}
	if n > maxDatabase {
		return d.fail(parse.Damaged("database %d does not exist", n))
	}
	d.rec.Kind, d.rec.DB = KindSelectDB, int(n)
	return nil
}

func (d *Decoder) readAux() error {
	d.rec.Kind = KindAux
	d.c.Pin() // until the next record
	if err := d.string(&d.rec.Name, 1); err != nil {
		return within(err, "the name of an AUX field")
	}
	d.seenAux(d.rec.Name)
	err := d.string(&d.rec.Value, 2)
	return within(err, "the value of an AUX field")
}

// readEnd reads the checksum after the end-of-file opcode.
func (d *Decoder) readEnd() error {
	d.rec.Kind, d.rec.Checksum = KindEnd, Checksum{Status: ChecksumAbsent}
	if d.header.Version < firstSumVersion {
		return nil
	}
	sum, summed := &d.rec.Checksum, d.summed
	if summed {
		sum.Computed, d.summed = d.c.Sum(), false
	}
	b, err := d.raw(8)
	if err != nil {
		return within(err, "the checksum")
	}
	sum.Stored = binary.LittleEndian.Uint64(b)
	switch {
	case sum.Stored == 0:
		sum.Status = ChecksumDisabled
	case !summed: // reading began after damage: there is nothing to compare with
	case sum.Stored == sum.Computed:
		sum.Status = ChecksumValid
	default:
		sum.Status = ChecksumInvalid
	}
	return nil
}

// readModuleAux: the module's id, then "when" as an unsigned item, then items
// of the module's own.
func (d *Decoder) readModuleAux() error {
	d.rec.Kind = KindModuleAux
	var id, opcode, when uint64
	if err := d.lengths(&id, &opcode, &when); err != nil {
		return err
	}
	if opcode != moduleUint || when != 1 && when != 2 {
		return d.fail(parse.Damaged("it is neither before nor after the keys"))
	}
	name, _ := ModuleName(id)
	d.slots[1] = append(d.slots[1][:0], name...)
	d.rec.Name, d.rec.When = d.slots[1], int(when)
	_, err := d.skipModuleItems()
	return err
}

// readFunctionPreGA turns name, engine, description and code into the one
// text that later versions keep.
func (d *Decoder) readFunctionPreGA() error {
	d.rec.Kind = KindFunction
	var code []byte
	if err := d.string(&d.rec.Name, 1); err != nil {
		return within(err, "name")
	}
	d.slots[1] = append([]byte{}, d.rec.Name...)
	d.rec.Name = d.slots[1]
	engine, err := d.str(&d.slots[2])
	if err != nil {
		return within(err, "engine")
	}
	text := append([]byte("#!"), engine...)
	text = append(append(append(text, " name="...), d.rec.Name...), '\n')
	described, err := d.length()
	if err == nil && described != 0 {
		err = d.skipString()
	}
	if err != nil {
		return within(err, "description")
	}
	if err := d.string(&code, 2); err != nil {
		return within(err, "code")
	}
	d.slots[3] = append(text, code...)
	d.rec.Value = d.slots[3]
	return nil
}

// readSlotImport: job name, then ranges of slots.
func (d *Decoder) readSlotImport() error {
	d.rec.Kind = KindSlotImport
	name, err := d.str(&d.slots[1])
	if err != nil {
		return within(err, "job name")
	}
	d.slots[1] = append([]byte{}, name...)
	d.rec.Name = d.slots[1]
	ranges, err := d.length()
	if err != nil {
		return within(err, "number of ranges")
	}
	for range ranges {
		var first, last uint64
		if err := d.lengths(&first, &last); err != nil {
			return within(err, "range")
		}
	}
	return nil
}

// readHashTemplate: id, number of fields, their names in ascending order of
// length and bytes. The names are kept, since hashes refer to them.
func (d *Decoder) readHashTemplate() error {
	d.rec.Kind = KindHashTemplate
	var id, n uint64
	if err := d.lengths(&id, &n); err != nil {
		return err
	}
	if n == 0 {
		return d.fail(parse.Damaged("it has no fields"))
	}
	if len(d.hashTemplates) >= d.limits.MaxDistinct {
		return d.fail(parse.TooLarge(
			"more hash templates than the limit MaxDistinct of %d", d.limits.MaxDistinct))
	}
	var t hashTemplate
	for range n {
		field, err := d.str(&d.slots[1])
		if err != nil {
			return within(err, "field name "+strconv.Itoa(len(t.fields)))
		}
		t.fields = append(t.fields, append([]byte{}, field...))
	}
	d.addTemplate(id, t)
	d.rec.Slot, d.rec.Keys = id, n
	return nil
}

// readUpdate takes a RESP command, which no length precedes.
func (d *Decoder) readUpdate() error {
	d.rec.Kind = KindUpdate
	size := 0
	args, err := d.respNumber(&size, '*')
	if err != nil {
		return err
	}
	for range args {
		n, err := d.respNumber(&size, '$')
		if err != nil {
			return err
		}
		if err := d.fits(uint64(size) + uint64(n) + 2); err != nil {
			return err
		}
		size += n + 2
	}
	d.rec.Value, err = d.raw(size)
	return err
}

// respNumber reads the line that begins at *size bytes from here, and moves
// *size after it. Nothing is taken.
func (d *Decoder) respNumber(size *int, mark byte) (int, error) {
	const longest = 24
	w, err := d.c.Fill(*size + longest)
	if len(w) <= *size {
		return 0, d.fail(err)
	}
	line := w[*size:min(len(w), *size+longest)]
	end := bytes.Index(line, []byte("\r\n"))
	if end < 0 && err != nil {
		return 0, d.fail(err)
	}
	if end < 1 || line[0] != mark {
		return 0, d.fail(parse.Damaged("no line with %q and a number", mark))
	}
	n, numErr := strconv.Atoi(string(line[1:end]))
	if numErr != nil || n < 0 {
		return 0, d.fail(parse.Damaged("no line with %q and a number", mark))
	}
	*size += end + 2
	return n, nil
}
