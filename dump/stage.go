package dump

import (
	"bytes"
	"cmp"
	"io"
	"runtime"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

const (
	// batchSize is how many bytes of keys and values are written in one go, and
	// the length of a value beyond which it is written while it is read.
	batchSize = 256 << 10
	// mostWorkers bounds the memory on machines with many cores.
	mostWorkers = 8
	chunkSize   = 64 << 10
)

// A stage has the keys of an RDB written on all cores, in file order: what the
// file holds of them is copied into batches, and each batch is written by a
// Dumper of its own, into pieces that wait for their turn.
//
// What is wrong within a value comes out when its batch has its turn. Whatever
// was read behind it is then forgotten, so that the output is the same as
// that of one Dumper alone.
type stage struct {
	d       *Dumper // whose output it is
	workers int
	most    int // bytes of a batch
	batch   *batch
	running []*batch // under way, oldest first
	free    []*batch
	rec     *rdb.Record // of the value at hand
	see     func(piece []byte)
	long    *long // the value at hand, once it is longer than a batch
}

// A forker is a printer whose keys others of its kind can write too.
type forker interface {
	printer
	// fork makes one for w.
	fork(w *Dumper) printer
	// join puts out a piece of what such a one wrote, and returns a buffer in
	// exchange.
	join(piece []byte) ([]byte, error)
}

// staged returns the stage for the RDB that is to be read; nil where its keys are
// written one after the other: where there is one core, and where a record may
// be looked for or read twice, or only so many are wanted.
func (d *Dumper) staged() *stage {
	o := &d.options
	_, forks := d.printer.(forker)
	if o.Workers == 1 || !forks || d.link != nil || o.Salvage || o.AtByte >= 0 || o.Limit > 0 {
		return nil
	}
	if d.stage == nil {
		d.stage = newStage(d, o.Workers)
	}
	return d.stage
}

func newStage(d *Dumper, workers int) *stage {
	s := &stage{d: d, workers: min(workers, mostWorkers), most: cmp.Or(d.options.batch, batchSize)}
	s.see = func(piece []byte) { s.piece(piece) }
	s.batch = s.newBatch()
	return s
}

// workersOr is how many batches are under way at a time.
func workersOr(wanted int) int {
	if wanted > 0 {
		return wanted
	}
	return runtime.GOMAXPROCS(0)
}

// key takes in a key whose value is yet to be read.
func (s *stage) key(dec *rdb.Decoder, rec *rdb.Record) error {
	if err := s.d.lacksModel(); err != nil {
		return err
	}
	b := s.batch
	at := len(b.bytes)
	b.bytes = append(b.bytes, rec.Key...)
	b.items = append(b.items, item{of: headOf(rec), at: at, value: len(b.bytes), nth: s.d.seen.Keys})
	s.rec = rec
	var err error
	if s.skips(rec) {
		if err = dec.Skip(); err == nil {
			n := &b.items[len(b.items)-1]
			n.skipped, n.end = true, n.value
			n.of.bytes, n.of.elements = rec.Bytes, rec.Elements
		}
	} else {
		var last []byte
		last, err = dec.Stored(s.see)
		s.piece(last)
	}
	switch {
	case s.long != nil:
		return s.endLong(dec, err)
	case err != nil:
		return s.broken(dec, rec, err)
	}
	b.items[len(b.items)-1].end = len(b.bytes)
	if len(b.bytes) < s.most && len(b.items) < batchItems {
		return nil
	}
	return s.flush(s.workers)
}

// skips: nobody looks at the value.
func (s *stage) skips(rec *rdb.Record) bool {
	o := &s.d.options
	return s.d.measure.model == nil && o.Filter.MinSize == 0 && s.d.skipsValue(rec)
}

// piece takes in bytes of the value at hand.
func (s *stage) piece(piece []byte) {
	b := s.batch
	switch {
	case len(piece) == 0:
	case s.long != nil:
		s.long.write(piece)
	case len(b.bytes)-b.items[len(b.items)-1].value+len(piece) <= s.most:
		b.bytes = append(b.bytes, piece...)
	default:
		s.beginLong(piece)
	}
}

// literal takes in what was written between keys.
func (s *stage) literal(text []byte) {
	b := s.batch
	at := len(b.bytes)
	b.bytes = append(b.bytes, text...)
	b.items = append(b.items, item{at: at, value: at, end: len(b.bytes), literal: true})
}

// flush has the batch written, and lets at most so many be under way.
func (s *stage) flush(most int) error {
	if len(s.batch.items) > 0 {
		s.start()
		s.batch = s.newBatch()
	}
	return s.settle(most)
}

func (s *stage) newBatch() *batch {
	if n := len(s.free); n > 0 {
		b := s.free[n-1]
		s.free = s.free[:n-1]
		return b
	}
	return newBatch(s.d)
}

// start has the batch written.
func (s *stage) start() {
	b := s.batch
	b.follow(s.d)
	s.running = append(s.running, b)
	go b.run()
}

// settle puts out what the oldest batches came to, until so many are left. The
// error of a value ends them all.
func (s *stage) settle(most int) error {
	for len(s.running) > most {
		b := s.running[0]
		s.running = append(s.running[:0], s.running[1:]...)
		err := s.d.takeIn(b)
		s.recycle(b)
		if err != nil {
			s.forget()
			return err
		}
	}
	return nil
}

// forget waits for what is under way, and drops it with all that was taken in.
func (s *stage) forget() {
	for _, b := range s.running {
		_ = b.collect(func(piece []byte) ([]byte, error) { return piece, nil })
		s.recycle(b)
	}
	s.running = s.running[:0]
	s.batch.reset()
}

func (s *stage) recycle(b *batch) {
	b.reset()
	s.free = append(s.free, b)
}

// finish writes all that was taken in; if an error is to be told that comes
// before err, it is the result.
func (s *stage) finish(err error) error {
	if first := s.flush(0); first != nil {
		return first
	}
	return err
}

func (s *stage) close() {
	s.forget()
	for _, b := range append(s.free, s.batch) {
		b.w.value.checker.Close()
	}
}

// broken writes the key at hand as far as it goes, whose value could not be
// stepped over: of what was copied of it, and what is left of the input.
func (s *stage) broken(dec *rdb.Decoder, rec *rdb.Record, failed error) error {
	b := s.batch
	last := b.items[len(b.items)-1]
	begun := bytes.Clone(b.bytes[last.value:])
	b.bytes, b.items = b.bytes[:last.at], b.items[:len(b.items)-1]
	if err := s.flush(0); err != nil {
		return err
	}
	if last.skipped || s.skips(rec) {
		return s.d.writeBroken(rec, failed)
	}
	rest := io.MultiReader(bytes.NewReader(begun), dec.Rest())
	if err := s.d.writeFrom(rest, dec.Scope(), rec); err != nil {
		return err
	}
	return failed
}

// A long value is written while it is read, by the Dumper itself, which waits.
type long struct {
	to     *io.PipeWriter
	done   chan error
	failed error // of a key before it
}

func (l *long) write(piece []byte) {
	if l.failed == nil {
		_, _ = l.to.Write(piece) // who reads it may have seen enough
	}
}

// beginLong has the value at hand written while it is read. Those before it go
// first.
func (s *stage) beginLong(piece []byte) {
	b := s.batch
	last := b.items[len(b.items)-1]
	begun := bytes.Clone(b.bytes[last.value:])
	b.bytes, b.items = b.bytes[:last.at], b.items[:len(b.items)-1]
	s.long = &long{failed: s.flush(0)}
	if s.long.failed != nil {
		return
	}
	from, to := io.Pipe()
	s.long.to, s.long.done = to, make(chan error, 1)
	rec, scope, done := *s.rec, s.d.decoder.Scope(), s.long.done
	go func() {
		err := s.d.writeFrom(from, scope, &rec)
		from.Close()
		done <- err
	}()
	s.long.write(begun)
	s.long.write(piece)
}

// endLong ends a long value; failed is what stepping over it came to.
func (s *stage) endLong(dec *rdb.Decoder, failed error) error {
	l := s.long
	s.long = nil
	if l.failed != nil {
		return l.failed
	}
	if failed != nil {
		_, _ = io.Copy(l.to, dec.Rest()) // until who reads it has seen enough
	}
	l.to.Close()
	if err := <-l.done; err != nil {
		return err
	}
	s.d.current = s.rec
	return failed
}

// writeFrom writes a key whose value is at the front of r.
func (d *Dumper) writeFrom(r io.Reader, scope rdb.Scope, rec *rdb.Record) error {
	c := parse.NewCursorOnDemand(r, rec.ValueByte, chunkSize)
	defer c.Close()
	dec := rdb.NewDecoder(c, rdb.Options{Limits: d.options.Limits})
	return d.passing(dec, dec.Enter(scope, c, rec))
}

// writeBroken writes a key whose value nobody looks at, and could not be stepped
// over.
func (d *Dumper) writeBroken(rec *rdb.Record, failed error) error {
	d.current = rec
	d.seen.Written++
	if err := d.printer.keyStart(rec); err != nil {
		return err
	}
	if err := d.printer.keyEnd(rec, false); err != nil {
		return err
	}
	return failed
}
