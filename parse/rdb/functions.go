package rdb

import (
	"encoding/binary"

	"github.com/redsleuth/redsleuth/parse"
)

// dumpFooter is the RDB version and the checksum after a DUMP payload.
const dumpFooter = 2 + 8

// Functions visits the libraries in a payload of FUNCTION DUMP, which is that
// of FUNCTION RESTORE: function records, then the footer of every DUMP
// payload. The source is borrowed. Places in errors count within the payload.
func Functions(payload []byte, options Options, visit func(source []byte) error) error {
	records := len(payload) - dumpFooter
	if records < 0 {
		return parse.At(int64(len(payload)), parse.Truncated(
			"a payload of %d bytes, shorter than its footer", len(payload)))
	}
	version := int(binary.LittleEndian.Uint16(payload[records:]))
	c := parse.NewBytesCursor(payload[:records], 0)
	d := NewDecoderAt(c, options, Header{magicRedis, max(version, 1)}, 0, 0)
	for c.Offset() < int64(records) {
		rec, err := d.Next()
		if err != nil {
			return err
		}
		if rec.Kind != KindFunction {
			return parse.At(rec.Byte, parse.Damaged("something else than a function library"))
		}
		if err := visit(rec.Value); err != nil {
			return err
		}
	}
	return nil
}
