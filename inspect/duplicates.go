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
	firstTableBits = 12
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

// A hashTable is a set of hashes: open addressing from a place that the
// highest bits tell, so that growing goes through old and new table in order.
type hashTable struct {
	lookedUp
	slots []uint64 // 0 is free
	shift int
	used  int
	most  int64 // bytes that slots may take
}

func newHashTable(memory int64) *hashTable {
	return &hashTable{slots: make([]uint64, 1<<firstTableBits), shift: 64 - firstTableBits, most: memory}
}

func (t *hashTable) lookUp(b *batch) {
	if t.until == 0 && (t.used+len(b.keys))*4 > len(t.slots)*3 {
		t.grow()
	}
	if t.until > 0 {
		return
	}
	from := 0
	for _, k := range b.keys {
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
	mask := uint64(len(t.slots) - 1)
	for i := hash >> t.shift; ; i = (i + 1) & mask {
		switch t.slots[i] {
		case hash:
			return true
		case 0:
			t.slots[i] = hash
			t.used++
			return false
		}
	}
}

// grow doubles the table, or gives up. While it does, both are in memory.
func (t *hashTable) grow() {
	if int64(len(t.slots))*8*3 > t.most {
		t.until, t.slots = int64(t.used), nil
		return
	}
	old := t.slots
	t.slots, t.used = make([]uint64, 2*len(old)), 0
	t.shift--
	for _, hash := range old {
		if hash != 0 {
			t.insert(hash)
		}
	}
}
