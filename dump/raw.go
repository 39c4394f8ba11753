package dump

import (
	"errors"
	"fmt"

	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// A rawPrinter writes the bytes of one string. They are kept until it is known
// that there is no second key.
type rawPrinter struct {
	d    *Dumper
	keys int64
	// bad is why there is nothing to write.
	bad error
}

func (p *rawPrinter) skipsValue(*rdb.Record) bool { return p.keys > 1 || p.bad != nil }

func (p *rawPrinter) keyStart(rec *rdb.Record) error {
	switch p.keys++; {
	case p.keys > 1:
		p.d.out.drop()
	case rec.Object != rdb.ObjectString:
		p.bad = fmt.Errorf("--output raw is the bytes of a string; this key is a %s", rec.Object)
	default:
		p.d.out.hold()
	}
	return nil
}

func (p *rawPrinter) element(_ *rdb.Record, e *rdb.Element) error {
	p.d.out.buf = append(p.d.out.buf, e.Member...)
	return nil
}

func (p *rawPrinter) keyEnd(_ *rdb.Record, whole bool) error {
	if !whole {
		p.d.out.drop()
	}
	return nil
}

// close writes the value, or says why there is none.
func (p *rawPrinter) close() error {
	switch {
	case p.keys > 1:
		return fmt.Errorf("--output raw is the value of one key; %d keys pass (--match, --db, --at-byte)",
			p.keys)
	case p.keys == 0:
		return errors.New("--output raw is the value of one key; none passes")
	case p.bad != nil:
		return p.bad
	}
	return p.d.out.release()
}

func (p *rawPrinter) damage(d *damage) error {
	p.d.tell(d)
	return nil
}

// Nothing else is written.

func (p *rawPrinter) record(*rdb.Record) error           { return nil }
func (p *rawPrinter) command(*record.Command) error      { return nil }
func (p *rawPrinter) client(*record.ClientCommand) error { return nil }
func (p *rawPrinter) note(*record.Note) error            { return nil }
func (p *rawPrinter) linkStart(*record.Link) error       { return nil }
func (p *rawPrinter) linkEnd(*record.Link) error         { return nil }
func (p *rawPrinter) rdbEnd() error                      { return nil }
