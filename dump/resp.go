package dump

import (
	"strconv"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/parse/resp"
	"github.com/redsleuth/redsleuth/value"
)

// A respPrinter writes commands as clients send them. Those that rebuild a
// key are such as the server that made the dump has.
type respPrinter struct {
	d       *Dumper
	out     *output
	builder value.Builder
	db      int // selected so far
	// tx is the transaction that is begun in the output; 0 is none.
	tx int
	// keyAt is where in the output the commands of a key begin.
	keyAt int64
	// adrift: it has been said that the database of commands is not known.
	adrift bool
	// batchStart is the beginning of a command that send ends.
	batchStart []string
	number     []byte
}

const noDB = -1

func newRESPPrinter(d *Dumper) *respPrinter {
	return &respPrinter{d: d, out: d.out, db: noDB}
}

func (p *respPrinter) fork(w *Dumper) printer { return newRESPPrinter(w) }

func (p *respPrinter) join(piece []byte) ([]byte, error) { return p.out.put(piece) }

// follow goes on where master has come to, which then goes on behind the keys of
// p, the last of which is in database db.
func (p *respPrinter) follow(master *respPrinter, db int) {
	p.builder.Version, p.db = master.builder.Version, master.db
	master.db = db
}

// observe takes the header, which tells what the server's commands are.
func (p *respPrinter) observe(rec *rdb.Record) {
	if rec.Kind == rdb.KindHeader {
		p.builder.Version = rec.Version
	}
}

func (p *respPrinter) record(rec *rdb.Record) error {
	p.observe(rec)
	switch rec.Kind {
	case rdb.KindAux:
		if string(rec.Name) == "lua" {
			p.strings("SCRIPT", "LOAD")
			p.send(rec.Value)
		}
	case rdb.KindFunction:
		p.strings("FUNCTION", "LOAD", "REPLACE")
		p.send(rec.Value)
	case rdb.KindUpdate:
		p.out.buf = append(p.out.buf, rec.Value...)
	case rdb.KindModuleAux:
		p.d.leftOut("what a module saved beside its keys", rec.Name)
	}
	return p.out.flush()
}

// A command is begun with strings and ended with send.
func (p *respPrinter) strings(args ...string) { p.batchStart = append(p.batchStart[:0], args...) }

func (p *respPrinter) send(args ...[]byte) {
	b := resp.AppendArray(p.out.buf, len(p.batchStart)+len(args))
	for _, s := range p.batchStart {
		b = resp.AppendBulk(b, s)
	}
	for _, arg := range args {
		b = resp.AppendBulk(b, arg)
	}
	p.out.buf = b
}

// text prints a number for an argument; the slice is valid until the next one.
func (p *respPrinter) text(n int64) []byte {
	p.number = strconv.AppendInt(p.number[:0], n, 10)
	return p.number
}

func (p *respPrinter) keyStart(rec *rdb.Record) error {
	p.selectDB(rec.DB)
	if p.d.options.Replace {
		p.strings("DEL")
		p.send(rec.Key)
	}
	p.keyAt = p.out.size()
	p.builder.Start(rec.Key, rec.Object)
	return nil
}

func (p *respPrinter) selectDB(db int) {
	if db != p.db {
		p.db = db
		p.strings("SELECT")
		p.send(p.text(int64(max(db, 0))))
	}
}

func (p *respPrinter) skipsValue(rec *rdb.Record) bool { return !value.ByCommands(rec.Object) }

func (p *respPrinter) element(_ *rdb.Record, e *rdb.Element) error {
	p.out.buf = p.builder.Add(p.out.buf, e)
	return p.out.flush()
}

func (p *respPrinter) keyEnd(rec *rdb.Record, whole bool) error {
	p.out.buf = p.builder.End(p.out.buf)
	if !whole {
		p.d.leftOut("the rest of a value that could not be read", rec.Key)
	} else if err := p.restoreLost(rec); err != nil {
		return err
	}
	if rec.HasExpire && p.out.size() > p.keyAt { // an expiry needs something to expire
		p.strings("PEXPIREAT")
		p.send(rec.Key, p.text(rec.ExpireAt))
	}
	return p.out.flush()
}

// restoreLost writes the key by RESTORE where commands lose something of it.
func (p *respPrinter) restoreLost(rec *rdb.Record) error {
	lost := p.builder.Loss() != value.Whole
	if pending := p.builder.Pending(); !lost && len(pending) > 0 {
		var err error
		if lost, err = p.deletedPending(rec, pending); err != nil {
			return err
		}
	}
	if !lost {
		return nil
	}
	return p.restore(rec)
}

// deletedPending reports whether one of the pending entries is not in the
// stream any more.
func (p *respPrinter) deletedPending(rec *rdb.Record, pending []rdb.StreamID) (bool, error) {
	if p.d.options.Again == nil {
		p.d.leftOut("pending entries that are deleted, if there are any", rec.Key)
		return false, nil
	}
	deleted, found := false, 0
	err := p.d.visitAgain(rec, func(e *rdb.Element) error {
		if e.Kind != rdb.ElementEntry || found == len(pending) {
			return rdb.SkipRest
		}
		for found < len(pending) && pending[found].Compare(e.ID) < 0 {
			deleted = true
			found++
		}
		if found < len(pending) && pending[found] == e.ID {
			found++
		}
		return nil
	})
	return deleted || found < len(pending), err
}

// client writes what the client did to the data, in its database. Transactions
// of several clients would get into one another, so that none is begun.
func (p *respPrinter) client(c *record.ClientCommand) error {
	known := command.Lookup(c.Args)
	switch {
	case known == nil, known.Kind == command.Control, c.Scripted, c.Reply == record.ReplyError,
		c.Reply == record.ReplyNone:
		return nil
	case c.DB == record.Unknown:
		p.d.leftOut("a command of a client whose database is not known", nil)
		return nil
	case c.Cut:
		p.d.leftOut("a command of a client that is too large", nil)
		return nil
	}
	p.selectDB(c.DB)
	p.strings()
	p.send(c.Args...)
	return p.out.flush()
}

func (p *respPrinter) damage(d *damage) error {
	p.d.tell(d)
	return nil
}

func (p *respPrinter) note(*record.Note) error      { return nil }
func (p *respPrinter) linkStart(*record.Link) error { return nil }
func (p *respPrinter) rdbEnd() error                { return nil }

// close ends a transaction that only so many commands were wanted of.
func (p *respPrinter) close() error { return p.linkEnd(nil) }
