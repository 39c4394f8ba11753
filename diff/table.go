package diff

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/value"
)

// An entry is what is kept of a key.
type entry struct {
	id, value value.Digest
	expire    int64  // Unix milliseconds; meaningful if hasExpire
	place     uint64 // place in the dump <<8 | hasExpire <<7 | object
}

const (
	entrySize  = 48
	expireFlag = 1 << 7
	maxPlace   = 1<<56 - 1
)

func packPlace(place int64, object rdb.Object, hasExpire bool) (uint64, error) {
	if place > maxPlace {
		return 0, fmt.Errorf("a dump of more than %d bytes can't be compared", int64(maxPlace))
	}
	p := uint64(place)<<8 | uint64(object)
	if hasExpire {
		p |= expireFlag
	}
	return p, nil
}

func (e *entry) hasExpire() bool    { return e.place&expireFlag != 0 }
func (e *entry) object() rdb.Object { return rdb.Object(e.place & (expireFlag - 1)) }
func (e *entry) byte() int64        { return int64(e.place >> 8) }

const (
	chunkEntries  = 128
	chunkSize     = chunkEntries * entrySize
	maxPartitions = 256
)

// A table holds the entries of one side in partitions by identity. Past its
// budget it writes full chunks to an unlinked temporary file.
type table struct {
	parts  []partition
	shift  uint // of the identity's high word, to the number of its partition
	budget int  // chunks that may be held in memory
	held   int
	free   [][]entry
	spill  *spill
	count  int64

	out []byte  // a chunk on its way to the spill
	in  []entry // and one on its way back
}

type partition struct {
	tail    []entry   // being filled
	full    [][]entry // chunks in memory
	spilled []int64   // numbers of the chunks in the spill, before those in full
}

// newTable makes a table that holds about budget bytes in memory.
func newTable(budget int64) *table {
	chunks := max(int(budget/chunkSize), 2)
	partitions := min(maxPartitions, 1<<(bits.Len(uint(chunks/2))-1))
	return &table{
		parts:  make([]partition, partitions),
		shift:  uint(64 - bits.Len(uint(partitions-1))),
		budget: chunks,
	}
}

// add takes in an entry. Order is kept within a partition.
func (t *table) add(e entry) error {
	t.count++
	p := &t.parts[e.id.Hi>>t.shift]
	if len(p.tail) == cap(p.tail) {
		if p.tail != nil {
			p.full = append(p.full, p.tail)
			p.tail = nil
		}
		if err := t.grow(p); err != nil {
			return err
		}
	}
	p.tail = append(p.tail, e)
	return nil
}

// grow gives the partition an empty tail.
func (t *table) grow(p *partition) error {
	if t.held >= t.budget {
		if err := t.spillFull(); err != nil {
			return err
		}
	}
	if len(t.free) == 0 {
		t.allocate()
	}
	n := len(t.free)
	p.tail = t.free[n-1][:0]
	t.free = t.free[:n-1]
	t.held++
	return nil
}

// slabChunks is how many chunks are allocated at a time, in a large table: a
// few huge pages.
const slabChunks = 8 << 20 / chunkSize

func (t *table) allocate() {
	n := max(min(slabChunks, t.budget/16), 1)
	slab := make([]entry, n*chunkEntries)
	adviseHugePages(slab)
	for ; n > 0; n-- {
		t.free = append(t.free, slab[:0:chunkEntries])
		slab = slab[chunkEntries:]
	}
}

// spillFull writes every full chunk to the file and frees it.
func (t *table) spillFull() error {
	if t.spill == nil {
		s, err := newSpill(chunkSize)
		if err != nil {
			return err
		}
		t.spill = s
	}
	for i := range t.parts {
		p := &t.parts[i]
		for j, chunk := range p.full {
			n, err := t.spill.add(encodeEntries(t.out[:0], chunk))
			if err != nil {
				return err
			}
			p.spilled = append(p.spilled, n)
			t.free = append(t.free, chunk)
			p.full[j] = nil
			t.held--
		}
		p.full = p.full[:0]
	}
	return nil
}

// size is the number of entries in a partition.
func (t *table) size(part int) int {
	p := &t.parts[part]
	return (len(p.spilled)+len(p.full))*chunkEntries + len(p.tail)
}

// readChunks is how many chunks are read at a time; those of a partition that
// were written together lie behind one another.
const readChunks = 32

// load appends to dst the entries of a partition, in the order in which they
// were added, of which keep says so.
func (t *table) load(dst []entry, part int, keep func(value.Digest) bool) ([]entry, error) {
	p := &t.parts[part]
	take := func(chunk []entry) {
		for i := range chunk {
			if keep(chunk[i].id) {
				dst = append(dst, chunk[i])
			}
		}
	}
	for rest := p.spilled; len(rest) > 0; {
		n := 1
		for n < min(len(rest), readChunks) && rest[n] == rest[0]+int64(n) {
			n++
		}
		b, err := t.spill.read(rest[0], n)
		if err != nil {
			return nil, err
		}
		t.in = decodeEntries(t.in[:0], b)
		take(t.in)
		rest = rest[n:]
	}
	for _, chunk := range p.full {
		take(chunk)
	}
	take(p.tail)
	return dst, nil
}

func (t *table) close() error {
	if t.spill == nil {
		return nil
	}
	return t.spill.close()
}

func encodeEntries(dst []byte, entries []entry) []byte {
	for i := range entries {
		e := &entries[i]
		for _, w := range [...]uint64{e.id.Hi, e.id.Lo, e.value.Hi, e.value.Lo, uint64(e.expire), e.place} {
			dst = binary.LittleEndian.AppendUint64(dst, w)
		}
	}
	return dst
}

func decodeEntries(dst []entry, b []byte) []entry {
	for ; len(b) >= entrySize; b = b[entrySize:] {
		word := func(i int) uint64 { return binary.LittleEndian.Uint64(b[8*i:]) }
		dst = append(dst, entry{value.Digest{Hi: word(0), Lo: word(1)}, value.Digest{Hi: word(2), Lo: word(3)}, int64(word(4)), word(5)})
	}
	return dst
}
