package dump

import (
	"encoding/binary"
	"fmt"

	"github.com/redsleuth/redsleuth/parse/crc64"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

const (
	// bulkMost is the longest argument that servers take unless told
	// otherwise (proto-max-bulk-len).
	bulkMost = 512 << 20
	// footerSize: RDB version and CRC-64, behind the value in a payload.
	footerSize = 2 + 8
	copySize   = 64 << 10
)

// restore writes a RESTORE with the value as it is in the file. The payload is
// the type byte and the value, the RDB version in two bytes, and the CRC-64 of
// all that, both little endian (redis src/cluster.c, createDumpPayload).
func (p *respPrinter) restore(rec *rdb.Record) error {
	size := rec.Byte + rec.Bytes - rec.ValueByte
	switch {
	case p.d.options.Again == nil:
		p.d.leftOut("a "+rec.Object.String()+": it needs RESTORE, for which the dump must be a file of its own", rec.Key)
		return nil
	case size > bulkMost-footerSize-1:
		p.d.leftOut(fmt.Sprintf("a %s of %d bytes, more than RESTORE takes", rec.Object, size), rec.Key)
		return nil
	}
	c, err := p.d.options.Again(p.d.decoder.Start() + rec.ValueByte)
	if err != nil {
		return err
	}
	defer c.Close()
	b := appendArray(p.out.buf, 5)
	b = appendBulk(appendBulk(appendBulk(b, "RESTORE"), rec.Key), "0")
	b = fmt.Appendf(b, "$%d\r\n", 1+size+footerSize)
	b = append(b, p.typeByte(rec.Type))
	sum := crc64.Update(0, b[len(b)-1:])
	p.out.buf = b
	for size > 0 {
		piece, err := c.Take(int(min(size, copySize)))
		if err != nil {
			return fmt.Errorf("the input has changed while it was read: %w", err)
		}
		sum = crc64.Update(sum, piece)
		p.out.buf = append(p.out.buf, piece...)
		if err := p.out.flush(); err != nil {
			return err
		}
		size -= int64(len(piece))
	}
	footer := binary.LittleEndian.AppendUint16(nil, uint16(p.header.Version))
	sum = crc64.Update(sum, footer)
	p.out.buf = binary.LittleEndian.AppendUint64(append(p.out.buf, footer...), sum)
	p.out.buf = appendBulk(append(p.out.buf, '\r', '\n'), "REPLACE")
	return p.out.flush()
}

// typeByte is the byte that stands in the file for a type.
func (p *respPrinter) typeByte(t rdb.Type) byte {
	const gcraOfVersion14 = 29
	if t == rdb.TypeGCRA && p.header.Version == 14 {
		return gcraOfVersion14
	}
	return byte(t)
}
