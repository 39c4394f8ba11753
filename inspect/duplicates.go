package inspect

import (
	"bytes"
	"hash/maphash"
	"math/bits"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// duplicates tells which keys come twice in one database, by 64-bit hashes
// with a seed of their own for each run. Keys are sorted into buckets by a
// goroutine of its own, since writing to fresh memory is most of the work, and
// each bucket is gone through in the end with a table that fits into the
// processor's cache: a table of all of them would cost a wait for memory a key.
//
// Equal hashes are only candidates: who wants to be certain reads both keys.
type duplicates struct {
	seed  maphash.Seed
	batch []seenKey
	full  chan []seenKey
	free  chan []seenKey
	done  chan struct{}
	sorter
}

// sorter sorts keys into buckets.
type sorter struct {
	buckets [duplicateBuckets]bucket
	chunks  int // that are taken
	most    int // that may be taken
	// until is how many keys had been seen when the search was given up, 0 if
	// it was not.
	seen, until int64
}

// seenKey is a key by its hash, with its database and its record's place.
type seenKey struct {
	hash  uint64
	place place
}

// place is a database (20 bits, one more than its number; 0 for one that is
// not known) and a byte (44 bits).
type place uint64

const (
	byteBits = 44
	mostDB   = 1<<(64-byteBits) - 2
)

func placeOf(db int, at int64) place {
	if db < 0 || db > mostDB {
		db = record.Unknown
	}
	return place(db+1)<<byteBits | place(at)
}

func (p place) byte() int64 { return int64(p & (1<<byteBits - 1)) }
func (p place) db() int     { return int(p>>byteBits) - 1 }

// twin is two records of one database that seem to have the same key.
type twin struct{ first, second place }

// A bucket holds the keys whose hashes begin alike.
type bucket struct {
	last *chunk
	used int // of last
	full []*chunk
}

type chunk [chunkKeys]seenKey

const (
	batchKeys        = 4096
	batches          = 4
	duplicateBuckets = 64
	chunkKeys        = 256
	chunkBytes       = chunkKeys * 16
	mostDuplicates   = 1000 // that are told
)

// newDuplicates uses at most about so much memory, in bytes. Its goroutine
// ends with finish.
func newDuplicates(memory int64) *duplicates {
	d := &duplicates{
		seed:   maphash.MakeSeed(),
		full:   make(chan []seenKey, batches),
		free:   make(chan []seenKey, batches),
		done:   make(chan struct{}),
		sorter: sorter{most: int(memory / chunkBytes)},
	}
	for range batches - 1 {
		d.free <- make([]seenKey, 0, batchKeys)
	}
	d.batch = make([]seenKey, 0, batchKeys)
	go func() {
		defer close(d.done)
		for batch := range d.full {
			d.sort(batch)
			d.free <- batch[:0]
		}
	}()
	return d
}

// add takes a key in.
func (d *duplicates) add(db int, name []byte, at int64) {
	// Databases are told apart by another hash for each.
	hash := bits.RotateLeft64(maphash.Bytes(d.seed, name), db&63) + uint64(db)*0x9e3779b97f4a7c15
	d.batch = append(d.batch, seenKey{hash, placeOf(db, at)})
	if len(d.batch) == batchKeys {
		d.full <- d.batch
		d.batch = <-d.free
	}
}

func (s *sorter) sort(batch []seenKey) {
	for _, k := range batch {
		if s.until > 0 {
			return
		}
		s.seen++
		b := &s.buckets[k.hash>>58]
		if b.last == nil || b.used == chunkKeys {
			if s.chunks == s.most {
				s.until = s.seen
				s.buckets = [duplicateBuckets]bucket{}
				return
			}
			s.chunks++
			if b.last != nil {
				b.full = append(b.full, b.last)
			}
			b.last, b.used = new(chunk), 0
		}
		b.last[b.used] = k
		b.used++
	}
}

// finish returns the pairs whose hashes are equal, at most mostDuplicates.
func (d *duplicates) finish() []twin {
	d.full <- d.batch
	close(d.full)
	<-d.done
	var twins []twin
	var table []seenKey
	for i := range d.buckets {
		b := &d.buckets[i]
		size := chunkKeys
		for size < 2*(chunkKeys*len(b.full)+b.used) {
			size *= 2
		}
		if size > len(table) {
			table = make([]seenKey, size)
		}
		clear(table)
		for _, c := range b.full {
			twins = enter(table, c[:], twins)
		}
		if b.last != nil {
			twins = enter(table, b.last[:b.used], twins)
		}
	}
	return twins
}

// enter puts keys into a table with open addressing, and appends those that
// were there.
func enter(table, keys []seenKey, twins []twin) []twin {
	mask := uint64(len(table) - 1)
	for _, k := range keys {
		i := k.hash & mask
		// No record begins at byte 0, where the header is.
		for table[i].place.byte() != 0 && table[i].hash != k.hash {
			i = (i + 1) & mask
		}
		if table[i].place.byte() == 0 {
			table[i] = k
		} else if len(twins) < mostDuplicates {
			twins = append(twins, twin{table[i].place, k.place})
		}
	}
	return twins
}

// duplicate tells of a key that comes twice, if reading both records again
// confirms it. Where the input can't be read again, equal hashes are all there
// is, and it is said.
func (r *rdbReader) duplicate(t twin) {
	f := r.at(finding.DuplicateKey, finding.Error, t.second.byte(),
		"the key is in its database twice; servers refuse to load such a dump")
	if db := t.second.db(); db != record.Unknown {
		f.DB = finding.At(db)
	}
	first, _ := r.keyAt(t.first.byte())
	second, ok := r.keyAt(t.second.byte())
	switch {
	case !ok:
		f.Message = "most likely the key is in its database twice, by a hash of 64 bits; " +
			"the input can't be read again to make sure"
	case !bytes.Equal(first, second):
		return
	default:
		f.Keys = [][]byte{second}
	}
	r.in.find(f)
}

// keyAt reads the key of the record at a place again.
func (r *rdbReader) keyAt(at int64) (key []byte, ok bool) {
	open := r.again()
	if open == nil {
		return nil, false
	}
	c, err := open(r.decoder.Start() + at)
	if err != nil {
		return nil, false
	}
	defer c.Close()
	d := rdb.NewDecoderAt(c, rdb.Options{Limits: r.in.options.Limits}, r.decoder.Header(), r.decoder.Start(), 0)
	rec, err := d.Next()
	if err != nil || rec.Kind != rdb.KindKey {
		return nil, false
	}
	return bytes.Clone(rec.Key), true
}
