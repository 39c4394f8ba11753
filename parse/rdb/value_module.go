package rdb

import (
	"encoding/binary"
	"math"

	"github.com/redsleuth/redsleuth/parse"
)

// readModule: the module's id, then items, each an opcode and what belongs to
// it, up to the opcode 0.
func (d *Decoder) readModule() (int64, error) {
	if _, err := d.length(); err != nil {
		return 0, within(err, "module id")
	}
	if d.vectorSet() {
		return d.readVectorSet()
	}
	e := &d.value.element
	e.Kind = ElementModule
	for {
		ok, err := d.readItem()
		if err == nil && ok {
			err = d.emit()
		}
		if err != nil {
			return 0, within(err, "an item of a module")
		}
		if !ok {
			return -1, nil
		}
	}
}

// readItem reads an item into the element; false after the last.
func (d *Decoder) readItem() (ok bool, err error) {
	op, err := d.length()
	if err != nil || op == moduleEOF {
		return false, err
	}
	item := &d.value.element.Module
	*item = ModuleItem{Op: op}
	switch op {
	case moduleSint, moduleUint:
		item.Int, err = d.length()
	case moduleFloat:
		var b []byte
		if b, err = d.raw(4); err == nil {
			item.Float = float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
		}
	case moduleDouble:
		var n int64
		n, err = d.int64()
		item.Float = math.Float64frombits(uint64(n))
	case moduleString:
		item.String, err = d.str(&d.slots[1])
	default:
		err = d.fail(parse.Damaged("%d is no opcode of a module's item", op))
	}
	return true, err
}

// readGCRA: the theoretical arrival time of a rate limiter, in Unix
// microseconds.
func (d *Decoder) readGCRA() (int64, error) {
	n, err := d.length()
	if err != nil {
		return 0, err
	}
	e := &d.value.element
	e.Kind, e.Module = ElementModule, ModuleItem{Op: moduleUint, Int: n}
	return 1, d.emit()
}
