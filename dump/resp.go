package dump

import (
	"strconv"

	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// A respPrinter writes commands as clients send them. Those that rebuild a
// key are such as the server that made the dump has: what is newer than Redis
// 2.4 is used only for values that need it.
type respPrinter struct {
	d      *Dumper
	out    *output
	header rdb.Header
	db     int // selected so far
	// batch holds the arguments of the next command for the key, after
	// commands that have to follow it.
	batch      []byte
	batchArgs  int
	batchStart []string
	after      []byte
	stream     streamRebuild
	opaque     bool // only RESTORE rebuilds the key
	number     []byte
}

const (
	// batchMost bounds what one command adds to a key.
	batchMost     = 64
	batchMostSize = 64 << 10
	noDB          = -1
)

func newRESPPrinter(d *Dumper) *respPrinter {
	return &respPrinter{d: d, out: d.out, db: noDB}
}

// observe takes the header, which tells what the server's commands are.
func (p *respPrinter) observe(rec *rdb.Record) {
	if rec.Kind == rdb.KindHeader {
		p.header = rdb.Header{Magic: rec.Magic, Version: rec.Version}
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
	b := appendArray(p.out.buf, len(p.batchStart)+len(args))
	for _, s := range p.batchStart {
		b = appendBulk(b, s)
	}
	for _, arg := range args {
		b = appendBulk(b, arg)
	}
	p.out.buf = b
}

func appendArray(dst []byte, n int) []byte {
	dst = strconv.AppendInt(append(dst, '*'), int64(n), 10)
	return append(dst, '\r', '\n')
}

func appendBulk[T string | []byte](dst []byte, s T) []byte {
	dst = strconv.AppendInt(append(dst, '$'), int64(len(s)), 10)
	dst = append(append(dst, '\r', '\n'), s...)
	return append(dst, '\r', '\n')
}

// text prints a number for an argument; the slice is valid until the next one.
func (p *respPrinter) text(n int64) []byte {
	p.number = strconv.AppendInt(p.number[:0], n, 10)
	return p.number
}

func (p *respPrinter) keyStart(rec *rdb.Record) error {
	if rec.DB != p.db {
		p.db = rec.DB
		p.strings("SELECT")
		p.send(p.text(int64(max(rec.DB, 0))))
	}
	p.batch, p.batchArgs, p.after = p.batch[:0], 0, p.after[:0]
	p.stream.reset()
	p.opaque = rec.Object == rdb.ObjectVectorSet || rec.Object == rdb.ObjectModule
	return nil
}

func (p *respPrinter) skipsValue(rec *rdb.Record) bool {
	return rec.Object == rdb.ObjectVectorSet || rec.Object == rdb.ObjectModule
}

func (p *respPrinter) element(rec *rdb.Record, e *rdb.Element) error {
	switch e.Kind {
	case rdb.ElementBytes:
		p.add(e.Member)
	case rdb.ElementField:
		p.add(e.Member, e.Value)
		if e.ExpireAt != rdb.NoExpiry {
			p.expireField(rec.Key, e)
		}
	case rdb.ElementScore:
		p.batchArgs++
		p.number = appendRESPScore(p.number[:0], e.Score)
		p.batch = appendBulk(p.batch, p.number)
		p.add(e.Member)
	case rdb.ElementIndex:
		p.batchArgs++
		p.number = strconv.AppendUint(p.number[:0], e.Index, 10)
		p.batch = appendBulk(p.batch, p.number)
		p.add(e.Value)
	case rdb.ElementArray:
		if e.Array.HasInsert {
			p.seek(rec.Key, e.Array.InsertIndex+1)
		}
	default:
		p.streamPart(rec, e)
		return p.out.flush()
	}
	if p.batchArgs >= batchMost || len(p.batch) >= batchMostSize {
		p.sendBatch(rec)
	}
	return p.out.flush()
}

func (p *respPrinter) add(args ...[]byte) {
	p.batchArgs += len(args)
	for _, arg := range args {
		p.batch = appendBulk(p.batch, arg)
	}
}

// appendRESPScore: the server reads inf and -inf, and refuses nan.
func appendRESPScore(dst []byte, score float64) []byte {
	return strconv.AppendFloat(dst, score, 'g', -1, 64)
}

// expireField sets the expiry of a field, once the batch has made it.
func (p *respPrinter) expireField(key []byte, e *rdb.Element) {
	b := appendArray(p.after, 6)
	b = appendBulk(appendBulk(b, "HPEXPIREAT"), key)
	b = appendBulk(b, p.text(e.ExpireAt))
	b = appendBulk(appendBulk(b, "FIELDS"), "1")
	p.after = appendBulk(b, e.Member)
}

func (p *respPrinter) seek(key []byte, index uint64) {
	b := appendBulk(appendBulk(appendArray(p.after, 3), "ARSEEK"), key)
	p.number = strconv.AppendUint(p.number[:0], index, 10)
	p.after = appendBulk(b, p.number)
}

// batchCommand adds elements to a key of a type.
func (p *respPrinter) batchCommand(o rdb.Object) string {
	switch o {
	case rdb.ObjectString:
		return "SET"
	case rdb.ObjectList:
		return "RPUSH"
	case rdb.ObjectSet:
		return "SADD"
	case rdb.ObjectZSet:
		return "ZADD"
	case rdb.ObjectArray:
		return "ARMSET"
	}
	if p.header.Version < firstVersionWithHSET {
		return "HMSET"
	}
	return "HSET"
}

// firstVersionWithHSET is the RDB version of Redis 4.0, whose HSET takes many
// fields.
const firstVersionWithHSET = 8

func (p *respPrinter) sendBatch(rec *rdb.Record) {
	if p.batchArgs > 0 {
		b := appendArray(p.out.buf, 2+p.batchArgs)
		b = appendBulk(appendBulk(b, p.batchCommand(rec.Object)), rec.Key)
		p.out.buf = append(b, p.batch...)
	}
	p.out.buf = append(p.out.buf, p.after...)
	p.batch, p.batchArgs, p.after = p.batch[:0], 0, p.after[:0]
}

func (p *respPrinter) keyEnd(rec *rdb.Record, whole bool) error {
	p.sendBatch(rec)
	if !whole {
		p.d.leftOut("the rest of a value that could not be read", rec.Key)
	}
	if whole {
		if err := p.finishStream(rec); err != nil {
			return err
		}
		if p.opaque {
			if err := p.restore(rec); err != nil {
				return err
			}
		}
	}
	if rec.HasExpire {
		p.strings("PEXPIREAT")
		p.send(rec.Key, p.text(rec.ExpireAt))
	}
	return p.out.flush()
}

func (p *respPrinter) command(c *record.Command) error {
	if c.Inline {
		for i, arg := range c.Args {
			if i > 0 {
				p.out.buf = append(p.out.buf, ' ')
			}
			p.out.buf = append(p.out.buf, arg...)
		}
		p.out.buf = append(p.out.buf, '\r', '\n')
		return p.out.flush()
	}
	p.strings()
	p.send(c.Args...)
	return p.out.flush()
}

// rdbEnd: whatever comes behind an RDB begins in database 0.
func (p *respPrinter) rdbEnd() error {
	if p.db > 0 {
		p.strings("SELECT")
		p.send([]byte("0"))
	}
	p.db = noDB
	return p.out.flush()
}

func (p *respPrinter) damage(d *damage) error {
	p.d.leftOut(d.err.Error(), nil)
	return nil
}

func (p *respPrinter) note(*record.Note) error      { return nil }
func (p *respPrinter) linkStart(*record.Link) error { return nil }
func (p *respPrinter) linkEnd(*record.Link) error   { return nil }
func (p *respPrinter) close() error                 { return nil }
