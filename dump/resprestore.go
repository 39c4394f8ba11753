package dump

import (
	"fmt"

	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/resp"
	"github.com/redsleuth/redsleuth/value"
)

const copySize = 64 << 10

// restore writes a RESTORE with the value as it is in the file.
func (p *respPrinter) restore(rec *rdb.Record) error {
	size := rec.Byte + rec.Bytes - rec.ValueByte
	switch {
	case p.d.options.Again == nil:
		p.d.leftOut("a "+rec.Object.String()+": it needs RESTORE, for which the dump must be a file of its own", rec.Key)
		return nil
	case value.PayloadSize(size) > value.MaxPayload:
		p.d.leftOut(fmt.Sprintf("a %s of %d bytes, more than RESTORE takes", rec.Object, size), rec.Key)
		return nil
	}
	c, err := p.d.options.Again(p.d.decoder.Start() + rec.ValueByte)
	if err != nil {
		return err
	}
	defer c.Close()
	b := resp.AppendArray(p.out.buf, 5)
	b = resp.AppendBulk(resp.AppendBulk(resp.AppendBulk(b, "RESTORE"), rec.Key), "0")
	b = fmt.Appendf(b, "$%d\r\n", value.PayloadSize(size))
	payload := value.NewPayload(rec.Type, p.builder.Version)
	p.out.buf = payload.Begin(b)
	for size > 0 {
		piece, err := c.Take(int(min(size, copySize)))
		if err != nil {
			return fmt.Errorf("the input has changed while it was read: %w", err)
		}
		p.out.buf = payload.Add(p.out.buf, piece)
		if err := p.out.flush(); err != nil {
			return err
		}
		size -= int64(len(piece))
	}
	p.out.buf = payload.End(p.out.buf)
	p.out.buf = resp.AppendBulk(append(p.out.buf, '\r', '\n'), "REPLACE")
	return p.out.flush()
}
