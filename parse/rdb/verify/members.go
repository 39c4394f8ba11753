package verify

import (
	"bufio"
	"cmp"
	"container/heap"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"slices"

	"github.com/zeebo/xxh3"

	"github.com/redsleuth/redsleuth/parse/tempfile"
)

const (
	// fewMembers are looked through one by one, which is faster than a table.
	fewMembers = 8
	// mostMembers of a value are held in memory; of more, runs of as many are
	// sorted into a temporary file.
	mostMembers = 1 << 15
	hashSize    = 16
	// runBuffer is read of each run at a time.
	runBuffer = 4 << 10
)

// members tells whether one of a value's members is there twice.
type members struct {
	seed  uint64
	list  []xxh3.Uint128
	table []int32 // places in list, counted from 1, by hash; its length is a power of two
	runs  *runs   // nil while the list holds all of them
}

// reset forgets all members.
func (m *members) reset() {
	m.list = m.list[:0]
	m.table = m.table[:0]
	m.closeRuns()
}

func (m *members) closeRuns() {
	if m.runs != nil {
		m.runs.close()
		m.runs = nil
	}
}

// add takes a member in, and reports whether it is known to be there twice;
// of those that are not in memory any more, repeats tells.
func (m *members) add(member []byte) (again bool, err error) {
	h := xxh3.Hash128Seed(member, m.seed)
	if len(m.list) < fewMembers {
		if slices.Contains(m.list, h) {
			return true, nil
		}
		m.list = append(m.list, h)
		return false, nil
	}
	if len(m.list) == mostMembers {
		if err := m.spill(); err != nil {
			return false, err
		}
		m.list, m.table = m.list[:0], m.table[:0]
		m.list = append(m.list, h)
		return false, nil
	}
	if 2*len(m.list) >= len(m.table) {
		m.grow()
	}
	at := m.find(h)
	if m.table[at] != 0 {
		return true, nil
	}
	m.list = append(m.list, h)
	m.table[at] = int32(len(m.list))
	return false, nil
}

// find is the place in the table where h is, or where it belongs.
func (m *members) find(h xxh3.Uint128) uint64 {
	mask := uint64(len(m.table) - 1)
	at := h.Lo & mask
	for m.table[at] != 0 && m.list[m.table[at]-1] != h {
		at = (at + 1) & mask
	}
	return at
}

// grow makes the table four times as large as the list.
func (m *members) grow() {
	size := 4 * fewMembers
	for size < 4*len(m.list) {
		size *= 2
	}
	if cap(m.table) < size {
		m.table = make([]int32, size)
	}
	m.table = m.table[:size]
	clear(m.table)
	for i, h := range m.list {
		m.table[m.find(h)] = int32(i + 1)
	}
}

// spill writes the list as a sorted run.
func (m *members) spill() (err error) {
	if m.runs == nil {
		if m.runs, err = newRuns(); err != nil {
			return err
		}
	}
	slices.SortFunc(m.list, compareHashes)
	return m.runs.write(m.list)
}

// repeats reports whether a member is there twice, once all have been added.
func (m *members) repeats() (bool, error) {
	if m.runs == nil {
		return false, nil
	}
	if err := m.spill(); err != nil {
		return false, err
	}
	return m.runs.repeats()
}

func compareHashes(a, b xxh3.Uint128) int {
	return cmp.Or(cmp.Compare(a.Hi, b.Hi), cmp.Compare(a.Lo, b.Lo))
}

// runs are sorted rows of hashes in a temporary file.
type runs struct {
	file *os.File
	out  *bufio.Writer
	ends []int64 // in bytes
}

func newRuns() (*runs, error) {
	f, err := tempfile.New("redsleuth-members")
	if err != nil {
		return nil, err
	}
	return &runs{file: f, out: bufio.NewWriterSize(f, 64<<10)}, nil
}

func (r *runs) close() { r.file.Close() }

func (r *runs) write(list []xxh3.Uint128) error {
	var b [hashSize]byte
	for _, h := range list {
		binary.LittleEndian.PutUint64(b[:], h.Hi)
		binary.LittleEndian.PutUint64(b[8:], h.Lo)
		if _, err := r.out.Write(b[:]); err != nil {
			return err
		}
	}
	end := int64(len(list)) * hashSize
	if n := len(r.ends); n > 0 {
		end += r.ends[n-1]
	}
	r.ends = append(r.ends, end)
	return nil
}

// repeats merges the runs, and reports whether two hashes are the same.
func (r *runs) repeats() (bool, error) {
	if err := r.out.Flush(); err != nil {
		return false, err
	}
	var all merge
	start := int64(0)
	for _, end := range r.ends {
		one := &run{in: bufio.NewReaderSize(io.NewSectionReader(r.file, start, end-start), runBuffer)}
		start = end
		ok, err := one.next()
		if err != nil {
			return false, err
		}
		if ok {
			all = append(all, one)
		}
	}
	heap.Init(&all)
	var before xxh3.Uint128
	for isFirst := true; len(all) > 0; isFirst = false {
		if !isFirst && all[0].hash == before {
			return true, nil
		}
		before = all[0].hash
		ok, err := all[0].next()
		switch {
		case err != nil:
			return false, err
		case ok:
			heap.Fix(&all, 0)
		default:
			heap.Pop(&all)
		}
	}
	return false, nil
}

// A run is read from its front.
type run struct {
	in   *bufio.Reader
	hash xxh3.Uint128
}

// next reads a hash; false after the last.
func (r *run) next() (bool, error) {
	var b [hashSize]byte
	if _, err := io.ReadFull(r.in, b[:]); err != nil {
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return false, err
	}
	r.hash = xxh3.Uint128{Hi: binary.LittleEndian.Uint64(b[:]), Lo: binary.LittleEndian.Uint64(b[8:])}
	return true, nil
}

// merge is a heap of runs, the one with the lowest hash first.
type merge []*run

func (m merge) Len() int           { return len(m) }
func (m merge) Less(i, j int) bool { return compareHashes(m[i].hash, m[j].hash) < 0 }
func (m merge) Swap(i, j int)      { m[i], m[j] = m[j], m[i] }
func (m *merge) Push(x any)        { *m = append(*m, x.(*run)) }
func (m *merge) Pop() any {
	last := (*m)[len(*m)-1]
	*m = (*m)[:len(*m)-1]
	return last
}
