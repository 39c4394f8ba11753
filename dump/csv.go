package dump

import (
	"strconv"
	"strings"

	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// A csvPrinter writes a row a key, as RFC 4180 has it.
type csvPrinter struct {
	d   *Dumper
	out *output
}

const csvHead = "db,key,type,encoding,elements,bytes,byte,expire_at,expired,idle_seconds,lfu\n"

func newCSVPrinter(d *Dumper) *csvPrinter {
	d.out.buf = append(d.out.buf, csvHead...)
	return &csvPrinter{d, d.out}
}

func (p *csvPrinter) skipsValue(*rdb.Record) bool { return true }

func (p *csvPrinter) keyStart(*rdb.Record) error { return nil }

func (p *csvPrinter) keyEnd(rec *rdb.Record, whole bool) error {
	if !whole {
		return p.out.flush()
	}
	b := appendKnown(p.out.buf, int64(rec.DB))
	b = p.appendKey(append(b, ','), rec.Key)
	b = append(append(b, ','), rec.Object.String()...)
	b = append(append(b, ','), rec.Encoding...)
	b = appendKnown(append(b, ','), rec.Elements)
	b = strconv.AppendInt(append(b, ','), rec.Bytes, 10)
	b = strconv.AppendInt(append(b, ','), rec.Byte, 10)
	b = append(b, ',')
	if rec.HasExpire {
		b = appendTime(b, rec.ExpireAt)
	}
	b = append(b, ',')
	if expired, known := p.d.clock.expired(rec); known {
		b = strconv.AppendBool(b, expired)
	}
	b = appendKnown(append(b, ','), rec.Idle)
	b = appendKnown(append(b, ','), int64(rec.Freq))
	p.out.buf = append(b, '\n')
	return p.out.flush()
}

// appendKnown leaves the column empty for what nothing tells.
func appendKnown(dst []byte, n int64) []byte {
	if n < 0 {
		return dst
	}
	return strconv.AppendInt(dst, n, 10)
}

func (p *csvPrinter) appendKey(dst, key []byte) []byte {
	cell := p.d.options.Show.CSV(key)
	if !strings.ContainsAny(cell, ",\"\r\n") {
		return append(dst, cell...)
	}
	dst = append(dst, '"')
	dst = append(dst, strings.ReplaceAll(cell, `"`, `""`)...)
	return append(dst, '"')
}

// Rows are of keys; whatever else there is has no column.

func (p *csvPrinter) record(*rdb.Record) error                { return nil }
func (p *csvPrinter) element(*rdb.Record, *rdb.Element) error { return nil }
func (p *csvPrinter) command(*record.Command) error           { return nil }
func (p *csvPrinter) client(*record.ClientCommand) error      { return nil }
func (p *csvPrinter) note(*record.Note) error                 { return nil }
func (p *csvPrinter) linkStart(*record.Link) error            { return nil }
func (p *csvPrinter) linkEnd(*record.Link) error              { return nil }
func (p *csvPrinter) rdbEnd() error                           { return nil }
func (p *csvPrinter) close() error                            { return nil }

func (p *csvPrinter) damage(d *damage) error {
	p.d.tell(d)
	return nil
}
