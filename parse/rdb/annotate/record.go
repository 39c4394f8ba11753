package annotate

import (
	"encoding/binary"
	"time"

	"github.com/redsleuth/redsleuth/parse/rdb"
)

// The opcodes (redis and valkey src/rdb.h).
const (
	opEOF          = 255
	opSelectDB     = 254
	opExpireTime   = 253
	opExpireTimeMs = 252
	opResizeDB     = 251
	opAux          = 250
	opFreq         = 249
	opIdle         = 248
	opModuleAux    = 247
	opFunction     = 245
	opSlotInfo     = 244
	maxType        = 33
)

func (w *walker) record(rec *rdb.Record) error {
	switch rec.Kind {
	case rdb.KindHeader:
		return w.raw(rec.Bytes, nil, "magic %s and version %d", rec.Magic, rec.Version)
	case rdb.KindKey, rdb.KindAttribute:
		return w.key(rec)
	}
	b, err := w.peek(1)
	if err != nil {
		return err
	}
	switch b[0] {
	case opAux:
		return w.opcode("AUX field", func() error { return w.strs("name", "value") })
	case opSelectDB:
		return w.opcode("select a database", func() error { return w.numbers("database") })
	case opResizeDB:
		return w.opcode("sizes of the database",
			func() error { return w.numbers("keys", "keys that expire") })
	case opFunction:
		return w.opcode("function library", func() error { return w.strs("source") })
	case opSlotInfo:
		return w.opcode("sizes of a slot",
			func() error { return w.numbers("slot", "keys", "keys that expire") })
	case opModuleAux:
		return w.opcode("data of a module", w.moduleAux)
	case opEOF:
		return w.opcode("end of file", func() error {
			if rec.Bytes == 1 {
				return nil
			}
			return w.raw(8, nil, "CRC-64: %s", rec.Checksum.Status)
		})
	}
	return w.opcode("opcode", func() error { return errRest })
}

// opcode takes the opcode, and what belongs to it one step deeper.
func (w *walker) opcode(label string, after func() error) error {
	if err := w.raw(1, nil, "%s", label); err != nil {
		return err
	}
	w.depth++
	defer func() { w.depth-- }()
	return after()
}

func (w *walker) strs(labels ...string) error {
	for _, l := range labels {
		if err := w.str(l); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) moduleAux() error {
	if err := w.numbers("module id", "opcode", "when: 1 before the keys, 2 after"); err != nil {
		return err
	}
	return w.moduleItems()
}

// key takes the attributes, the type, the key and the value.
func (w *walker) key(rec *rdb.Record) error {
	for w.place() < w.end {
		b, err := w.peek(1)
		if err != nil {
			return err
		}
		isPrefix, err := w.prefix(b[0])
		if err != nil {
			return err
		}
		if !isPrefix {
			break
		}
	}
	if rec.Kind == rdb.KindAttribute {
		return nil
	}
	if b, err := w.peek(1); err != nil || b[0] > maxType {
		return w.in(err, func() error { return errRest }) // metadata of modules
	}
	if err := w.raw(1, nil, "type: %s", typeName(rec)); err != nil {
		return err
	}
	if err := w.str("key"); err != nil {
		return err
	}
	w.depth++
	defer func() { w.depth-- }()
	return w.value(rec)
}

func typeName(rec *rdb.Record) string {
	if rec.Encoding == "" {
		return rec.Object.String()
	}
	return rec.Object.String() + ", " + rec.Encoding
}

func (w *walker) prefix(op byte) (bool, error) {
	switch op {
	case opExpireTimeMs:
		return true, w.opcode("expiry", func() error { return w.time("expires", 8) })
	case opExpireTime:
		return true, w.opcode("expiry in seconds", func() error { return w.time("expires", 4) })
	case opFreq:
		return true, w.opcode("access frequency", func() error { return w.raw(1, nil, "LFU counter") })
	case opIdle:
		return true, w.opcode("idle time", func() error { return w.numbers("seconds") })
	}
	return false, nil
}

// time takes a raw time: seconds in 4 bytes, or milliseconds in 8.
func (w *walker) time(label string, size int64) error {
	b, err := w.peek(size)
	if err != nil {
		return err
	}
	var at time.Time
	if size == 4 {
		at = time.Unix(int64(int32(binary.LittleEndian.Uint32(b))), 0)
	} else {
		at = time.UnixMilli(int64(binary.LittleEndian.Uint64(b)))
	}
	return w.raw(size, nil, "%s %s", label, at.UTC().Format("2006-01-02T15:04:05.000Z"))
}
