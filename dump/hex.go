package dump

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/rdb/annotate"
	"github.com/redsleuth/redsleuth/parse/record"
)

// A hexPrinter shows the bytes of records with what they mean. Where reading
// them again is not possible (captures, multi-part AOFs) it shows records as
// text.
type hexPrinter struct {
	*textPrinter
}

// hexRow is how many bytes are in a row.
const hexRow = 12

func newHexPrinter(d *Dumper) *hexPrinter {
	p := &hexPrinter{newTextPrinter(d)}
	p.full = false // the bytes are the value
	return p
}

func (p *hexPrinter) skipsValue(*rdb.Record) bool { return true }

func (p *hexPrinter) record(rec *rdb.Record) error {
	if err := p.textPrinter.record(rec); err != nil {
		return err
	}
	return p.bytes(rec)
}

func (p *hexPrinter) keyStart(*rdb.Record) error { return nil }

func (p *hexPrinter) keyEnd(rec *rdb.Record, whole bool) error {
	p.preview = p.preview[:0]
	if err := p.textPrinter.keyEnd(rec, whole); err != nil || !whole {
		return err
	}
	return p.bytes(rec)
}

func (p *hexPrinter) bytes(rec *rdb.Record) error {
	if p.d.options.Again == nil {
		return nil
	}
	c, err := p.d.options.Again(p.d.decoder.Start() + rec.Byte)
	if err != nil {
		return err
	}
	defer c.Close()
	return annotate.Record(c, p.d.decoder.Header(), rec, p.field)
}

// field writes place, bytes and meaning, in as many rows as the bytes take.
func (p *hexPrinter) field(f *annotate.Field) error {
	place := fmt.Sprint(f.Byte)
	if f.Inner {
		place = "+" + place
	}
	first := f.Bytes[:min(len(f.Bytes), hexRow)]
	p.out.buf = fmt.Appendf(p.out.buf, "%10s  %-*s  %s%s", place, 2*hexRow, hex.EncodeToString(first), strings.Repeat("  ", f.Depth), f.Label)
	if f.Text != nil {
		p.raw(" ")
		p.shown(f.Text)
	}
	if f.Size > int64(len(f.Bytes)) {
		p.out.buf = fmt.Appendf(p.out.buf, " (%d bytes)", f.Size)
	}
	if err := p.newline(); err != nil {
		return err
	}
	for left := f.Bytes[len(first):]; len(left) > 0; {
		row := left[:min(len(left), hexRow)]
		left = left[len(row):]
		p.out.buf = fmt.Appendf(p.out.buf, "%10s  %s", "", hex.EncodeToString(row))
		if len(left) == 0 && f.Size > int64(len(f.Bytes)) {
			p.raw("…")
		}
		if err := p.newline(); err != nil {
			return err
		}
	}
	return nil
}

// command shows the arguments as they follow one another.
func (p *hexPrinter) command(c *record.Command) error {
	if err := p.textPrinter.command(c); err != nil {
		return err
	}
	for i, arg := range c.Args {
		shown := arg[:min(len(arg), 2*hexRow)]
		p.out.buf = fmt.Appendf(p.out.buf, "%10s  %-*s  argument %d, %d bytes\n", "", 4*hexRow, hex.EncodeToString(shown), i, len(arg))
	}
	return p.out.flush()
}
