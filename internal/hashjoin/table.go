package hashjoin

import (
	"encoding/binary"
	"math/bits"
)

// A Hash is one of 128 bits. Equal hashes are taken for equal things.
type Hash struct{ Hi, Lo uint64 }

// A Tag is what the caller keeps with an entry. It is no array, since those
// don't go in registers.
type Tag struct{ A, B uint64 }

// An Entry is a key with its value.
type Entry struct {
	Key, Value Hash
	Tag        Tag
}

const (
	entrySize     = 48
	chunkEntries  = 128
	chunkSize     = chunkEntries * entrySize
	maxPartitions = 256
)

// A Table holds entries in partitions by key. Past its budget it writes full
// chunks to an unlinked temporary file.
type Table struct {
	parts  []partition
	shift  uint // of the key's high word, to the number of its partition
	budget int  // chunks that may be held in memory
	held   int
	free   [][]Entry
	spill  *spill
	count  int64

	out []byte  // a chunk on its way to the spill
	in  []Entry // and one on its way back
}

type partition struct {
	tail    []Entry   // being filled
	full    [][]Entry // chunks in memory
	spilled []int64   // numbers of the chunks in the spill, before those in full
}

// NewTable makes a table that holds about budget bytes in memory. Two tables
// that are to be joined get the same budget.
func NewTable(budget int64) *Table {
	chunks := max(int(budget/chunkSize), 2)
	partitions := min(maxPartitions, 1<<(bits.Len(uint(chunks/2))-1))
	return &Table{
		parts:  make([]partition, partitions),
		shift:  uint(64 - bits.Len(uint(partitions-1))),
		budget: chunks,
	}
}

// Len is the number of entries added.
func (t *Table) Len() int64 { return t.count }

// Add adds an entry. Of entries with one key the last counts.
func (t *Table) Add(e Entry) error {
	t.count++
	p := &t.parts[e.Key.Hi>>t.shift]
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
func (t *Table) grow(p *partition) error {
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

func (t *Table) allocate() {
	n := max(min(slabChunks, t.budget/16), 1)
	slab := make([]Entry, n*chunkEntries)
	adviseHugePages(slab)
	for ; n > 0; n-- {
		t.free = append(t.free, slab[:0:chunkEntries])
		slab = slab[chunkEntries:]
	}
}

// spillFull writes every full chunk to the file and frees it.
func (t *Table) spillFull() error {
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
			t.out = encodeEntries(t.out[:0], chunk)
			n, err := t.spill.add(t.out)
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
func (t *Table) size(part int) int {
	p := &t.parts[part]
	return (len(p.spilled)+len(p.full))*chunkEntries + len(p.tail)
}

// readChunks is how many chunks are read at a time; those of a partition that
// were written together are next to one another.
const readChunks = 32

// load appends to dst the entries of a partition, in the order in which they
// were added, of which keep says so.
func (t *Table) load(dst []Entry, part int, keep func(Hash) bool) ([]Entry, error) {
	p := &t.parts[part]
	take := func(chunk []Entry) {
		for i := range chunk {
			if keep(chunk[i].Key) {
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

// Close frees the file; the memory goes with the table.
func (t *Table) Close() error {
	if t.spill == nil {
		return nil
	}
	return t.spill.close()
}

func encodeEntries(dst []byte, entries []Entry) []byte {
	for i := range entries {
		e := &entries[i]
		for _, w := range [...]uint64{e.Key.Hi, e.Key.Lo, e.Value.Hi, e.Value.Lo, e.Tag.A, e.Tag.B} {
			dst = binary.LittleEndian.AppendUint64(dst, w)
		}
	}
	return dst
}

func decodeEntries(dst []Entry, b []byte) []Entry {
	for ; len(b) >= entrySize; b = b[entrySize:] {
		word := func(i int) uint64 { return binary.LittleEndian.Uint64(b[8*i:]) }
		dst = append(dst, Entry{Hash{word(0), word(1)}, Hash{word(2), word(3)}, Tag{word(4), word(5)}})
	}
	return dst
}
