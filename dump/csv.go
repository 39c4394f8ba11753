package dump

import (
	"strconv"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// A csvPrinter writes a row a key, as RFC 4180 has it, and of what holds
// commands (Options.Commands) a row a command, in the same columns and more: its
// key is the first that it names, its args are as in JSON. What a row has not is
// empty.
type csvPrinter struct {
	d   *Dumper
	out *output
	// cell is what the next quoted cell is put together in.
	cell []byte
	keys []command.Key
}

const (
	csvHead        = "db,key,type,encoding,elements,bytes,byte,expire_at,expired,idle_seconds,lfu"
	csvCommandHead = ",link,offset,end_offset,time,client,command,args"
)

func newCSVPrinter(d *Dumper) *csvPrinter {
	d.out.buf = append(d.out.buf, csvHead...)
	if d.options.Filter.Slots != nil {
		d.out.buf = append(d.out.buf, ",slot"...)
	}
	if d.options.Memory {
		d.out.buf = append(d.out.buf, ",memory"...)
	}
	if d.options.Commands {
		d.out.buf = append(d.out.buf, csvCommandHead...)
	}
	d.out.buf = append(d.out.buf, '\n')
	return &csvPrinter{d: d, out: d.out}
}

func (p *csvPrinter) fork(w *Dumper) printer { return &csvPrinter{d: w, out: w.out} }

func (p *csvPrinter) join(piece []byte) ([]byte, error) { return p.out.put(piece) }

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
	if p.d.options.Filter.Slots != nil {
		b = strconv.AppendInt(append(b, ','), int64(command.Slot(rec.Key)), 10)
	}
	if p.d.options.Memory {
		b = append(b, ',')
		if p.d.measure.known {
			b = strconv.AppendInt(b, p.d.measure.bytes, 10)
		}
	}
	if p.d.options.Commands {
		b = append(b, ",,,,,,,"...)
	}
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

func (p *csvPrinter) command(c *record.Command) error {
	link := int64(record.Unknown)
	if c.Link != nil {
		link = int64(c.Link.Number)
	}
	b := appendKnown(p.appendHead(c.DB, c.Byte, c.Bytes, c.Args), link)
	b = appendKnown(append(b, ','), c.Offset)
	b = appendKnown(append(b, ','), c.EndOffset)
	return p.endCommand(b, c.Time, "", c.Args)
}

func (p *csvPrinter) client(c *record.ClientCommand) error {
	b := append(p.appendHead(c.DB, c.Byte, c.Bytes, c.Args), ",,"...)
	return p.endCommand(b, c.Time, p.d.address(c.Addr), c.Args)
}

// appendHead appends the columns that a command has in common with a key.
func (p *csvPrinter) appendHead(db int, place, size int64, args [][]byte) []byte {
	b := append(appendKnown(p.out.buf, int64(db)), ',')
	if p.keys, _ = command.Find(p.keys[:0], args); len(p.keys) > 0 {
		b = p.appendKey(b, args[p.keys[0].Index])
	}
	b = strconv.AppendInt(append(b, ",,,,"...), size, 10)
	b = strconv.AppendInt(append(b, ','), place, 10)
	b = append(b, ",,,,"...)
	if p.d.options.Filter.Slots != nil {
		b = append(b, ',')
		if len(p.keys) > 0 {
			b = strconv.AppendInt(b, int64(command.Slot(args[p.keys[0].Index])), 10)
		}
	}
	if p.d.options.Memory {
		b = append(b, ',')
	}
	return append(b, ',')
}

func (p *csvPrinter) endCommand(b []byte, at time.Time, client string, args [][]byte) error {
	b = append(b, ',')
	if !at.IsZero() {
		b = appendTime(b, at.UnixMilli())
	}
	b = append(appendCell(append(b, ','), client), ',')
	if len(args) > 0 {
		b = p.appendKey(b, args[0])
	}
	p.cell = appendArgs(p.cell[:0], p.d.options.Show, args)
	b = appendCell(append(b, ','), string(p.cell))
	p.out.buf = append(b, '\n')
	return p.out.flush()
}

// appendArgs appends arguments as JSON has them.
func appendArgs(dst []byte, show BytesFormatter, args [][]byte) []byte {
	dst = append(dst, '[')
	for i, arg := range args {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = show.AppendJSON(dst, arg)
	}
	return append(dst, ']')
}

func (p *csvPrinter) appendKey(dst, key []byte) []byte {
	return appendCell(dst, p.d.options.Show.CSV(key))
}

// appendCell quotes what has to be.
func appendCell(dst []byte, cell string) []byte {
	if !strings.ContainsAny(cell, ",\"\r\n") {
		return append(dst, cell...)
	}
	dst = append(dst, '"')
	dst = append(dst, strings.ReplaceAll(cell, `"`, `""`)...)
	return append(dst, '"')
}

// Rows are of keys and commands; whatever else there is has no column.

func (p *csvPrinter) record(*rdb.Record) error                { return nil }
func (p *csvPrinter) element(*rdb.Record, *rdb.Element) error { return nil }
func (p *csvPrinter) note(*record.Note) error                 { return nil }
func (p *csvPrinter) linkStart(*record.Link) error            { return nil }
func (p *csvPrinter) linkEnd(*record.Link) error              { return nil }
func (p *csvPrinter) rdbEnd() error                           { return nil }
func (p *csvPrinter) close() error                            { return nil }

func (p *csvPrinter) damage(d *damage) error {
	p.d.tell(d)
	return nil
}
