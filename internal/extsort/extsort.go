// Package extsort puts any number of entries in order within bounded memory: what does
// not fit is sorted and written to a temporary file in runs, which are merged as they are
// read. Entries of equal keys keep the order in which they came.
//
// A run is entries one after another: varint length of the key, varint length of the
// value, key, value. Reading takes 32 KiB of memory for each run.
package extsort

import (
	"bufio"
	"bytes"
	"container/heap"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"slices"

	"github.com/redsleuth/redsleuth/parse/tempfile"
)

// A Sorter takes entries, and gives them back in order. Close it.
type Sorter struct {
	memory  int
	buf     []byte
	entries []entry // in buf, in the order in which they came
	file    *os.File
	out     *bufio.Writer
	at      int64   // of the next byte of the file
	runs    []int64 // where each ends
}

// entry is the places of one in a buffer.
type entry struct{ key, value, end int }

const (
	readBuffer  = 32 << 10
	writeBuffer = 256 << 10
	entrySize   = 24
)

// New makes a Sorter that holds about so many bytes of entries at a time.
func New(memory int) *Sorter { return &Sorter{memory: memory} }

// Add adds an entry, which is copied. Errors are those of the temporary file.
func (s *Sorter) Add(key, value []byte) error {
	if n := len(s.buf) + len(key) + len(value) + entrySize*(len(s.entries)+1); len(s.entries) > 0 && n > s.memory {
		if err := s.write(); err != nil {
			return err
		}
	}
	at := len(s.buf)
	s.buf = append(append(s.buf, key...), value...)
	s.entries = append(s.entries, entry{at, at + len(key), len(s.buf)})
	return nil
}

// sort sorts the entries at hand.
func (s *Sorter) sort() {
	slices.SortStableFunc(s.entries, func(a, b entry) int {
		return bytes.Compare(s.buf[a.key:a.value], s.buf[b.key:b.value])
	})
}

// write writes the entries at hand as a run.
func (s *Sorter) write() (err error) {
	if s.file == nil {
		if s.file, err = tempfile.New("redsleuth-sort"); err != nil {
			return err
		}
		s.out = bufio.NewWriterSize(s.file, writeBuffer)
	}
	s.sort()
	var head [2 * binary.MaxVarintLen64]byte
	for _, e := range s.entries {
		h := binary.AppendUvarint(head[:0], uint64(e.value-e.key))
		h = binary.AppendUvarint(h, uint64(e.end-e.value))
		for _, part := range [][]byte{h, s.buf[e.key:e.end]} {
			n, err := s.out.Write(part)
			if s.at += int64(n); err != nil {
				return err
			}
		}
	}
	s.runs = append(s.runs, s.at)
	s.buf, s.entries = s.buf[:0], s.entries[:0]
	return nil
}

// Each calls do with every value, in the order of their keys; borrowed. It is called
// once. Errors are those of the temporary file, and of do.
func (s *Sorter) Each(do func(value []byte) error) error {
	if len(s.runs) == 0 {
		s.sort()
		for _, e := range s.entries {
			if err := do(s.buf[e.value:e.end]); err != nil {
				return err
			}
		}
		return nil
	}
	if err := errors.Join(s.write(), s.out.Flush()); err != nil {
		return err
	}
	s.buf, s.entries, s.out = nil, nil, nil
	var m merge
	from := int64(0)
	for i, end := range s.runs {
		r := &run{in: bufio.NewReaderSize(io.NewSectionReader(s.file, from, end-from), readBuffer), number: i}
		from = end
		if err := r.next(); err != nil {
			return err
		}
		m = append(m, r)
	}
	heap.Init(&m)
	for len(m) > 0 {
		if err := do(m[0].value); err != nil {
			return err
		}
		if err := m[0].next(); errors.Is(err, io.EOF) {
			heap.Pop(&m)
		} else if err != nil {
			return err
		} else {
			heap.Fix(&m, 0)
		}
	}
	return nil
}

// Close frees the disk space. A nil Sorter holds none.
func (s *Sorter) Close() error {
	if s == nil || s.file == nil {
		return nil
	}
	return s.file.Close()
}

// A run is one that is read.
type run struct {
	in         *bufio.Reader
	number     int
	key, value []byte // of the entry at hand
	buf        []byte
}

// next goes on to the next entry; io.EOF at the end.
func (r *run) next() error {
	key, err := binary.ReadUvarint(r.in)
	if err != nil {
		return err
	}
	value, err := binary.ReadUvarint(r.in)
	if err != nil {
		return noEnd(err)
	}
	size := int(key + value)
	r.buf = slices.Grow(r.buf[:0], size)[:size]
	_, err = io.ReadFull(r.in, r.buf)
	r.key, r.value = r.buf[:key], r.buf[key:]
	return noEnd(err)
}

// noEnd is an error within an entry, of which none is the end.
func noEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// merge has the run first whose entry is (heap.Interface).
type merge []*run

func (m merge) Len() int { return len(m) }

func (m merge) Less(i, j int) bool {
	if c := bytes.Compare(m[i].key, m[j].key); c != 0 {
		return c < 0
	}
	return m[i].number < m[j].number
}

func (m merge) Swap(i, j int) { m[i], m[j] = m[j], m[i] }

// Push implements heap.Interface; runs are not added.
func (m *merge) Push(x any) { *m = append(*m, x.(*run)) }

// Pop implements heap.Interface.
func (m *merge) Pop() any {
	last := len(*m) - 1
	r := (*m)[last]
	*m = (*m)[:last]
	return r
}
