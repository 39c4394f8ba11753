package inspect

import "hash/maphash"

// duplicates tells whether a key comes twice in one database, by 64-bit
// hashes with a seed of their own for each run, in a table of bounded size.
// Keys are hashed at once and looked up in batches, so that the processor
// waits for many places of a large table at a time.
type duplicates struct {
	seed    maphash.Seed
	table   []uint64 // open addressing; 0 is free
	used    int
	most    int // of used; beyond it the table is given up
	pending []pendingKey
	names   []byte // of the pending keys, one behind the other
	full    bool
	found   func(key pendingKey, name []byte)
}

type pendingKey struct {
	hash uint64
	db   int
	byte int64
	end  int // of its name in names
}

const (
	pendingKeys  = 256
	firstTable   = 1 << 12
	pendingBytes = 64 << 10
)

// newDuplicates uses at most so much memory, but while a table grows, when
// half of it is needed once more.
func newDuplicates(memory int64, found func(pendingKey, []byte)) *duplicates {
	slots := int64(firstTable)
	for slots*2*8 <= memory {
		slots *= 2
	}
	return &duplicates{
		seed:    maphash.MakeSeed(),
		table:   make([]uint64, firstTable),
		most:    int(slots / 4 * 3),
		pending: make([]pendingKey, 0, pendingKeys),
		found:   found,
	}
}

// add takes a key in; name is copied.
func (d *duplicates) add(db int, name []byte, at int64) {
	if d.full {
		return
	}
	hash := maphash.Bytes(d.seed, name) + uint64(db)*0x9e3779b97f4a7c15
	d.names = append(d.names, name...)
	d.pending = append(d.pending, pendingKey{hash | 1<<63, db, at, len(d.names)})
	if len(d.pending) == pendingKeys || len(d.names) > pendingBytes {
		d.flush()
	}
}

// flush looks the pending keys up.
func (d *duplicates) flush() {
	if (d.used+len(d.pending))*4 > len(d.table)*3 {
		d.grow()
	}
	from := 0
	for _, k := range d.pending {
		if !d.full && d.insert(k.hash) {
			d.found(k, d.names[from:k.end])
		}
		from = k.end
	}
	d.pending, d.names = d.pending[:0], d.names[:0]
}

// insert reports whether the hash was there already.
func (d *duplicates) insert(hash uint64) bool {
	mask := uint64(len(d.table) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		switch d.table[i] {
		case hash:
			return true
		case 0:
			d.table[i] = hash
			d.used++
			return false
		}
	}
}

// grow doubles the table, or gives up.
func (d *duplicates) grow() {
	if (d.used+len(d.pending)) > d.most || len(d.table)*3/4 >= d.most {
		d.full, d.table = true, nil
		return
	}
	old := d.table
	d.table, d.used = make([]uint64, 2*len(old)), 0
	for _, hash := range old {
		if hash != 0 {
			d.insert(hash)
		}
	}
}
