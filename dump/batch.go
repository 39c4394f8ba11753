package dump

import (
	"bytes"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/rdb/verify"
)

const (
	// batchItems bounds a batch where keys are small.
	batchItems = 4 << 10
	// pieceSize is how much is gathered of a batch before it waits for its turn.
	pieceSize = 512 << 10
)

// A batch is keys that are written in one go.
type batch struct {
	items   []item
	bytes   []byte // keys and values of the items
	scope   rdb.Scope
	w       *Dumper // writes them
	decoder *rdb.Decoder
	cursor  *parse.Cursor
	rec     rdb.Record
	remarks []remark
	err     error // of the key where it ended
	ended   int64 // which key that is
	done    chan struct{}
}

// An item is a key in a batch: bytes[at:value] is its name, bytes[value:end] the
// value, or, of a literal, text to be put out as it is.
type item struct {
	of             head
	at, value, end int
	skipped        bool // nobody looks at the value, and it was stepped over
	literal        bool
	nth            int64 // of the keys that were looked at
}

// A head is what there is to say of a key before its value; a record is three
// times as long.
type head struct {
	byte, bytes, valueByte, elements int64
	expireAt, idle                   int64
	encoding, module                 string
	moduleVersion, db, freq, meta    int32
	valueType                        rdb.Type
	object                           rdb.Object
	hasExpire                        bool
}

func headOf(rec *rdb.Record) head {
	return head{
		byte: rec.Byte, bytes: rec.Bytes, valueByte: rec.ValueByte, elements: rec.Elements,
		expireAt: rec.ExpireAt, idle: rec.Idle, encoding: rec.Encoding, module: rec.Module,
		moduleVersion: int32(rec.ModuleVersion), db: int32(rec.DB), freq: int32(rec.Freq),
		meta: int32(rec.Meta), valueType: rec.Type, object: rec.Object, hasExpire: rec.HasExpire,
	}
}

// record is the record that the head is of, with its key.
func (h *head) record(into *rdb.Record, key []byte) {
	into.Kind, into.Key = rdb.KindKey, key
	into.Byte, into.Bytes, into.ValueByte, into.Elements = h.byte, h.bytes, h.valueByte, h.elements
	into.ExpireAt, into.HasExpire, into.Idle = h.expireAt, h.hasExpire, h.idle
	into.Encoding, into.Module, into.ModuleVersion = h.encoding, h.module, int(h.moduleVersion)
	into.DB, into.Freq, into.Meta = int(h.db), int(h.freq), int(h.meta)
	into.Type, into.Object = h.valueType, h.object
}

// A remark is one that waits for its turn.
type remark struct {
	message string
	key     []byte
}

func newBatch(d *Dumper) *batch {
	b := &batch{cursor: parse.NewBytesCursor(nil, 0), done: make(chan struct{}, 1)}
	b.decoder = rdb.NewDecoder(b.cursor, rdb.Options{Limits: d.options.Limits})
	w := &Dumper{options: d.options, out: newPieces()}
	w.measure = measure{wanted: d.measure.wanted, asked: d.measure.asked, told: true}
	w.visit = w.element
	w.value.checker = verify.NewChecker()
	if d.options.Remark != nil {
		w.options.Remark = func(message string, key []byte) {
			b.remarks = append(b.remarks, remark{message, bytes.Clone(key)})
		}
	}
	w.printer = d.printer.(forker).fork(w)
	b.w = w
	return b
}

// newPieces is an output whose pieces are collected.
func newPieces() *output {
	o := &output{
		full: make(chan []byte, 1), free: make(chan []byte, 2), most: pieceSize,
		interrupted: func() error { return nil },
		before:      1 << 10, // a piece is never the first of an output
	}
	o.free <- nil
	return o
}

// follow takes over what d knows by now.
func (b *batch) follow(d *Dumper) {
	b.scope = d.decoder.Scope()
	w := b.w
	w.decoder, w.link, w.clock, w.cluster = d.decoder, d.link, d.clock, d.cluster
	w.measure.follow(&d.measure)
	if p, ok := w.printer.(*respPrinter); ok {
		p.follow(d.printer.(*respPrinter), int(b.items[len(b.items)-1].of.db))
	}
}

func (b *batch) reset() {
	b.items, b.bytes, b.remarks, b.err = b.items[:0], b.bytes[:0], b.remarks[:0], nil
	b.w.seen, b.w.damaged, b.w.incomplete = Seen{}, false, false
}

// run writes the batch.
func (b *batch) run() {
	for n := range b.items {
		if b.err = b.write(&b.items[n]); b.err != nil {
			b.ended = b.items[n].nth
			break
		}
	}
	if len(b.w.out.buf) > 0 {
		_ = b.w.out.handOver() // nothing interrupts it
	}
	b.done <- struct{}{}
}

func (b *batch) write(i *item) error {
	if i.literal {
		b.w.out.buf = append(b.w.out.buf, b.bytes[i.at:i.end]...)
		return b.w.out.flush()
	}
	i.of.record(&b.rec, b.bytes[i.at:i.value])
	if i.skipped {
		return b.w.writeHead(&b.rec)
	}
	b.cursor.Reset(b.bytes[i.value:i.end], i.of.valueByte)
	return b.w.passing(b.decoder, b.decoder.Enter(b.scope, b.cursor, &b.rec))
}

// collect gives take each piece of the batch, for which that returns a buffer in
// exchange, until the batch is written.
func (b *batch) collect(take func(piece []byte) ([]byte, error)) error {
	var err error
	o := b.w.out
	one := func(piece []byte) {
		if err == nil {
			piece, err = take(piece)
		}
		o.free <- piece[:0]
	}
	for {
		select {
		case piece := <-o.full:
			one(piece)
		case <-b.done:
			for len(o.full) > 0 {
				one(<-o.full)
			}
			return err
		}
	}
}

// takeIn puts out what a batch came to. The error is the value's where it
// ended, which is then the current record.
func (d *Dumper) takeIn(b *batch) error {
	if err := b.collect(d.printer.(forker).join); err != nil {
		return err
	}
	if p, ok := d.printer.(*parquetPrinter); ok {
		if err := p.take(b.w.printer.(*parquetPrinter)); err != nil {
			return err
		}
	}
	d.seen.Written += b.w.seen.Written
	d.damaged = d.damaged || b.w.damaged
	d.incomplete = d.incomplete || b.w.incomplete
	for _, r := range b.remarks {
		d.options.Remark(r.message, r.key)
	}
	if b.err == nil {
		return nil
	}
	if p, ok := d.printer.(*respPrinter); ok {
		p.db = b.w.printer.(*respPrinter).db
	}
	d.seen.Keys = b.ended
	ended := *b.w.current
	d.current = &ended
	d.decoder.Stop(b.err)
	return b.err
}
