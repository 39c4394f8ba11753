package verify

import (
	"bytes"
	"errors"
	"io"
	"runtime"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

const (
	// batchSize is how many bytes of values are checked in one go, and the
	// length of a value beyond which it is checked while it is read.
	batchSize = 256 << 10
	// chunksAhead are handed over of a long value before it is waited for.
	chunksAhead = 4
	chunkSize   = 64 << 10
	lzfString   = 0xc3 // the first byte of a string that is compressed
	// mostItems are in a batch; only plain strings, of which little is kept, are
	// so many.
	mostItems = 4 << 10
	// fewBytes of a plain string are kept where values are measured, about.
	fewBytes = 32
)

// Options of a Stage.
type Options struct {
	// Found is told of each fault, in file order, in the goroutine that calls
	// Value and Finish. Its error ends the reading.
	Found func(Fault) error
	// Workers is how many batches are under way at a time; 0 for as many as
	// there are cores.
	Workers int
	// Meter, where set, makes what measures values while they are checked, one for
	// each batch that is under way; it is called in the goroutine that calls Value.
	Meter func() Meter
	// Measured is told of each key whose value was stepped over, in file order and
	// in the goroutine that calls Value and Finish: its record, which is borrowed
	// and has what the key is and how large, and what Meter made of its value. Its
	// error ends the reading.
	Measured func(rec *rdb.Record, sizes []int64) error
}

// A Stage has values checked while their file is read. Close it.
type Stage struct {
	options Options
	d       *rdb.Decoder // whose values the batch holds
	batch   *batch
	// running are the batches under way, oldest first; free those to use again.
	running, free []*batch
	long          *stream     // the value at hand, once it is longer than a batch
	rec           *rdb.Record // of the value at hand
	see           func(piece []byte)
	also          func(piece []byte) // of Stored
	started       bool               // the first piece of the value at hand has been seen
	plain         bool               // it is a string that is not compressed,
	plainBytes    int64              // with so many bytes so far
}

// A batch is checked in one go.
type batch struct {
	items   []item
	bytes   []byte // keys and values of the items
	scope   rdb.Scope
	rec     rdb.Record
	long    *stream // of the only item; nil where bytes holds its value
	checker *Checker
	decoder *rdb.Decoder
	see     func(*rdb.Element) error // has checker see an element
	cursor  *parse.Cursor
	meter   Meter   // nil where nothing is measured
	sizes   []int64 // of all items
	faults  []Fault
	err     error // of a temporary file
	done    chan struct{}
}

// An item is a value in a batch: bytes[at:value] is its key, bytes[value:end]
// the value; of a plain string, of so many bytes, only the first few.
// sizes[size:sizeEnd] is what was measured.
type item struct {
	of             head
	at, value, end int
	size, sizeEnd  int
	plain          int64
}

// A head is of a record what reading its value takes; the record is five times
// as long.
type head struct {
	module        string
	moduleVersion int
	db            int
	byte, bytes   int64
	valueByte     int64
	elements      int64
	valueType     rdb.Type
	object        rdb.Object
	hasExpire     bool
	freq          int16
	encoding      string
	expireAt      int64
	idle          int64
}

func headOf(rec *rdb.Record) head {
	return head{
		rec.Module, rec.ModuleVersion, rec.DB, rec.Byte, rec.Bytes, rec.ValueByte, rec.Elements,
		rec.Type, rec.Object, rec.HasExpire, int16(rec.Freq), rec.Encoding, rec.ExpireAt, rec.Idle,
	}
}

// record is the record that the head is of, with its key.
func (h *head) record(into *rdb.Record, key []byte) {
	into.Kind, into.Key = rdb.KindKey, key
	into.Module, into.ModuleVersion, into.DB = h.module, h.moduleVersion, h.db
	into.Byte, into.Bytes, into.ValueByte, into.Elements = h.byte, h.bytes, h.valueByte, h.elements
	into.Type, into.Object = h.valueType, h.object
	into.HasExpire, into.Freq, into.Encoding = h.hasExpire, int(h.freq), h.encoding
	into.ExpireAt, into.Idle = h.expireAt, h.idle
}

// New makes a Stage.
func New(options Options) *Stage {
	if options.Workers == 0 {
		options.Workers = runtime.GOMAXPROCS(0)
	}
	s := &Stage{options: options}
	s.see = func(piece []byte) {
		s.piece(s.rec, piece)
		if s.also != nil {
			s.also(piece)
		}
	}
	s.batch = s.newBatch()
	return s
}

func (s *Stage) newBatch() *batch {
	if n := len(s.free); n > 0 {
		b := s.free[n-1]
		s.free = s.free[:n-1]
		return b
	}
	b := &batch{
		checker: NewChecker(), cursor: parse.NewBytesCursor(nil, 0), done: make(chan struct{}, 1),
	}
	b.decoder = rdb.NewDecoder(b.cursor, rdb.Options{Strict: true})
	b.see = func(e *rdb.Element) error {
		if err := b.checker.See(e); err != nil {
			return parse.At(b.decoder.Place(), err)
		}
		return nil
	}
	return b
}

// Value steps over the value of rec, which d returned last, as d.Skip does, and
// has it checked. The error is that of Skip, or of Options.Found.
func (s *Stage) Value(d *rdb.Decoder, rec *rdb.Record) error {
	_, err := s.Stored(d, rec, nil)
	return err
}

// Stored is Value that also shows the value's bytes, as d.Stored does; see may
// be nil.
func (s *Stage) Stored(d *rdb.Decoder, rec *rdb.Record, see func(piece []byte)) ([]byte, error) {
	if s.d != d {
		if err := s.flush(); err != nil {
			return nil, err
		}
		s.d = d
	}
	s.also = see
	b := s.batch
	at := len(b.bytes)
	b.bytes = append(b.bytes, rec.Key...)
	b.items = append(b.items, item{at: at, value: len(b.bytes)})
	s.started, s.plain, s.plainBytes = false, rec.Type == rdb.TypeString, 0
	s.rec = rec
	last, err := d.Stored(s.see)
	if err == nil {
		s.piece(rec, last)
	}
	if s.long != nil {
		return last, s.endLong(err, rec)
	}
	i := &b.items[len(b.items)-1]
	if err != nil || s.plain && s.options.Meter == nil { // there is nothing to check
		b.bytes, b.items = b.bytes[:i.at], b.items[:len(b.items)-1]
		return last, err
	}
	i.of, i.end = headOf(rec), len(b.bytes)
	if s.plain {
		i.plain = s.plainBytes
	}
	if len(b.bytes) >= batchSize || len(b.items) == mostItems {
		return last, s.flush()
	}
	return last, nil
}

// piece takes in bytes of the value at hand.
func (s *Stage) piece(rec *rdb.Record, piece []byte) {
	if len(piece) == 0 {
		return
	}
	if !s.started {
		s.started = true
		s.plain = s.plain && piece[0] != lzfString
	}
	b := s.batch
	switch {
	case s.plain:
		if s.options.Meter != nil && s.plainBytes < fewBytes {
			b.bytes = append(b.bytes, piece[:min(len(piece), fewBytes)]...)
		}
		s.plainBytes += int64(len(piece))
	case s.long != nil:
		s.long.write(piece)
	case len(b.bytes)-b.items[len(b.items)-1].value+len(piece) <= batchSize:
		b.bytes = append(b.bytes, piece...)
	default:
		s.beginLong(rec, piece)
	}
}

// beginLong has the value at hand checked while it is read. The batch before
// it goes first.
func (s *Stage) beginLong(rec *rdb.Record, piece []byte) {
	b, n := s.batch, len(s.batch.items)-1
	i := b.items[n]
	long := s.newBatch()
	long.bytes = append(long.bytes[:0], b.bytes[i.at:i.value]...)
	long.items = append(long.items, item{of: headOf(rec), value: len(long.bytes), end: len(long.bytes)})
	long.long = newStream()
	begun := bytes.Clone(b.bytes[i.value:])
	b.bytes, b.items = b.bytes[:i.at], b.items[:n]
	if len(b.items) > 0 {
		s.start(b)
	} else {
		s.free = append(s.free, b)
	}
	s.batch, s.long = long, long.long
	s.start(long)
	s.long.write(begun)
	s.long.write(piece)
}

// endLong ends a long value; failed is what stepping over it came to.
func (s *Stage) endLong(failed error, rec *rdb.Record) error {
	long := s.long
	long.dropped = failed != nil
	long.of = headOf(rec)
	close(long.chunks)
	s.long, s.batch = nil, s.newBatch()
	if failed != nil {
		return failed
	}
	return s.await(s.options.Workers)
}

// flush has the batch checked, and takes in what others came to.
func (s *Stage) flush() error {
	if len(s.batch.items) == 0 {
		return nil
	}
	s.start(s.batch)
	err := s.await(s.options.Workers)
	s.batch = s.newBatch()
	return err
}

func (s *Stage) start(b *batch) {
	b.scope = s.d.Scope()
	if b.meter == nil && s.options.Meter != nil {
		b.meter = s.options.Meter()
	}
	s.running = append(s.running, b)
	go b.run()
}

// await lets at most so many batches be under way.
func (s *Stage) await(most int) (err error) {
	for len(s.running) > most {
		b := s.running[0]
		<-b.done
		s.running = append(s.running[:0], s.running[1:]...)
		if err == nil {
			err = b.err
		}
		for i := range b.faults {
			if err == nil && s.options.Found != nil {
				err = s.options.Found(b.faults[i])
			}
		}
		if err == nil && b.meter != nil && s.options.Measured != nil {
			err = b.tell(s.options.Measured)
		}
		b.items, b.bytes, b.faults, b.long, b.err = b.items[:0], b.bytes[:0], nil, nil, nil
		b.sizes = b.sizes[:0]
		s.free = append(s.free, b)
	}
	return err
}

// Finish waits until every value has been checked.
func (s *Stage) Finish() error {
	if err := s.flush(); err != nil {
		return err
	}
	return s.await(0)
}

// Close waits for what is under way, and forgets it.
func (s *Stage) Close() {
	s.options.Found, s.options.Measured = nil, nil
	s.await(0)
	for _, b := range append(s.free, s.batch) {
		b.checker.Close()
	}
}

// run checks the batch.
func (b *batch) run() {
	for n := range b.items {
		if b.err = b.check(&b.items[n]); b.err != nil {
			break
		}
	}
	b.done <- struct{}{}
}

// check checks a value. The error is one of a temporary file.
func (b *batch) check(i *item) error {
	rec := &b.rec
	i.of.record(rec, b.bytes[i.at:i.value])
	i.size, i.sizeEnd = len(b.sizes), len(b.sizes)
	if i.plain > 0 && b.text(i) {
		return nil
	}
	c := b.cursor
	if b.long != nil {
		c = parse.NewCursorOnDemand(b.long, rec.ValueByte, chunkSize)
		defer c.Close()
		defer b.long.drain()
	} else {
		c.Reset(b.bytes[i.value:i.end], rec.ValueByte)
	}
	err := b.read(c, rec)
	if b.long != nil {
		b.long.drain()
		if b.long.dropped {
			return nil
		}
		i.of = b.long.of
		i.of.record(rec, rec.Key)
	}
	if i.sizeEnd = len(b.sizes); err == nil {
		return nil
	}
	b.sizes, i.sizeEnd = b.sizes[:i.size], i.size
	f, ok := FaultOf(rec, err)
	if !ok {
		return err
	}
	b.faults = append(b.faults, f)
	return nil
}

// read reads the value and has its elements checked.
func (b *batch) read(c *parse.Cursor, rec *rdb.Record) error {
	d, k := b.decoder, b.checker
	d.Enter(b.scope, c, rec)
	k.Begin(rec)
	if err := b.elements(rec); err != nil {
		return err
	}
	if err := k.End(); err != nil {
		return parse.At(d.Place(), err)
	}
	if _, err := c.Fill(1); !errors.Is(err, io.EOF) {
		if err == nil {
			err = parse.At(d.Place(), parse.Damaged("a value that ends before its length fields say"))
		}
		return err
	}
	return nil
}
