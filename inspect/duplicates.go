package inspect

import (
	"bytes"
	"hash/maphash"
	"math/bits"
)

// duplicates tells which keys come twice in one database, by 64-bit hashes
// with a seed of their own for each run, in a table of bounded size. Batches
// of keys are looked up in a goroutine of its own, since most of the time
// that takes is spent waiting for memory.
type duplicates struct {
	seed   maphash.Seed
	batch  *batch
	full   chan *batch
	free   chan *batch
	result chan lookedUp
}

// A batch of keys that are to be looked up.
type batch struct {
	keys  []batchedKey
	names []byte // one behind the other
}

type batchedKey struct {
	hash uint64
	db   int
	byte int64
	end  int // of its name in names
}

// lookedUp is what came out in the end.
type lookedUp struct {
	found []duplicate
	// until is how many keys had been seen when the table was given up, 0 if
	// it was not.
	until int64
}

// duplicate is a key that was there already. Its name is a copy.
type duplicate struct {
	db   int
	byte int64
	name []byte
}

const (
	batchKeys      = 512
	batchBytes     = 64 << 10
	batches        = 4
	partBits       = 6
	firstPartBits  = 7
	mostDuplicates = 1000 // that are told
)

// newDuplicates uses at most about so much memory. Its goroutine ends with
// finish.
func newDuplicates(memory int64) *duplicates {
	d := &duplicates{
		seed:   maphash.MakeSeed(),
		full:   make(chan *batch, batches),
		free:   make(chan *batch, batches),
		result: make(chan lookedUp, 1),
	}
	for range batches {
		d.free <- &batch{}
	}
	d.batch = <-d.free
	go func() {
		t := newHashTable(memory)
		for b := range d.full {
			t.lookUp(b)
			b.keys, b.names = b.keys[:0], b.names[:0]
			d.free <- b
		}
		d.result <- t.lookedUp
	}()
	return d
}

// add takes a key in; name is copied.
func (d *duplicates) add(db int, name []byte, at int64) {
	b := d.batch
	b.names = append(b.names, name...)
	b.keys = append(b.keys, batchedKey{maphash.Bytes(d.seed, name), db, at, len(b.names)})
	if len(b.keys) == batchKeys || len(b.names) > batchBytes {
		d.full <- b
		d.batch = <-d.free
	}
}

// finish waits for the last keys.
func (d *duplicates) finish() lookedUp {
	d.full <- d.batch
	close(d.full)
	return <-d.result
}

// A hashTable is a set of hashes. It consists of parts that grow one by one,
// so that growing never takes twice the memory.
type hashTable struct {
	lookedUp
	parts [1 << partBits]part
	bytes int64 // that the parts take
	most  int64 // that they may take
}

// A part is a table with open addressing, from a place that the highest bits
// below those of the part's own number tell: growing thus goes through the old
// and the new one in order.
type part struct {
	slots []uint64 // 0 is free
	shift int
	used  int
}

func newHashTable(memory int64) *hashTable {
	t := &hashTable{most: memory}
	for i := range t.parts {
		t.parts[i] = part{slots: make([]uint64, 1<<firstPartBits), shift: 64 - firstPartBits}
		t.bytes += 8 << firstPartBits
	}
	return t
}

func (t *hashTable) lookUp(b *batch) {
	from := 0
	for _, k := range b.keys {
		if t.until > 0 {
			return
		}
		// Databases are told apart by another hash for each; 0 means free.
		hash := bits.RotateLeft64(k.hash, k.db) + uint64(k.db)*0x9e3779b97f4a7c15 | 1
		if t.insert(hash) && len(t.found) < mostDuplicates {
			t.found = append(t.found, duplicate{k.db, k.byte, bytes.Clone(b.names[from:k.end])})
		}
		from = k.end
	}
}

// insert reports whether the hash was there already.
func (t *hashTable) insert(hash uint64) bool {
	p := &t.parts[hash>>(64-partBits)]
	if p.used*4 >= len(p.slots)*3 && !t.grow(p) {
		return false
	}
	return p.insert(hash)
}

func (p *part) insert(hash uint64) bool {
	mask := uint64(len(p.slots) - 1)
	for i := hash << partBits >> p.shift; ; i = (i + 1) & mask {
		switch p.slots[i] {
		case hash:
			return true
		case 0:
			p.slots[i] = hash
			p.used++
			return false
		}
	}
}

// grow doubles a part, or gives the table up.
func (t *hashTable) grow(p *part) bool {
	t.bytes += int64(len(p.slots)) * 8
	if t.bytes > t.most {
		for i := range t.parts {
			t.until += int64(t.parts[i].used)
		}
		t.parts = [1 << partBits]part{}
		return false
	}
	old := p.slots
	p.slots, p.used = make([]uint64, 2*len(old)), 0
	p.shift--
	for _, hash := range old {
		if hash != 0 {
			p.insert(hash)
		}
	}
	return true
}
