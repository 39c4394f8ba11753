package hashjoin

import (
	"context"
	"errors"
	"math/bits"
)

// A Join joins two tables.
type Join struct {
	Left, Right *Table
	// Memory is how many bytes the entries at hand may take; leastMemory where
	// it is less.
	Memory int64
	// Pair is called with the two entries of a key; nil is a key that the
	// side doesn't hold. They are borrowed.
	Pair func(left, right *Entry) error
	// Twice is called with two entries of one side (0 is left) that have one key,
	// and reports whether the first is to be kept. Nil keeps the second.
	Twice func(side int, first, second *Entry) (keepFirst bool)

	entries [2][]Entry
	index   []uint32 // positions + 1 in entries, by key; open addressing
	matched []bool
}

const leastMemory = 64 << 10

// Run calls Pair for every key, in no order.
func (j *Join) Run(ctx context.Context) error {
	if len(j.Left.parts) != len(j.Right.parts) {
		return errors.New("a join of two tables with different budgets")
	}
	for part := range j.Left.parts {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := j.partition(part); err != nil {
			return err
		}
	}
	return nil
}

// partition joins one partition, in several passes where it is larger than
// the memory allowed: each pass takes the keys of a part of the hash.
func (j *Join) partition(part int) error {
	size := int64(j.Left.size(part)+j.Right.size(part)) * (entrySize + 8)
	passes := uint64(1) << bits.Len64(uint64(size/max(j.Memory, leastMemory)))
	for pass := range passes {
		keep := func(key Hash) bool { return key.Lo&(passes-1) == pass }
		for side, t := range []*Table{j.Left, j.Right} {
			var err error
			if j.entries[side], err = t.load(j.entries[side][:0], part, keep); err != nil {
				return err
			}
		}
		if err := j.probe(); err != nil {
			return err
		}
	}
	return nil
}

// probe looks up the right entries at hand in an index of the left ones.
func (j *Join) probe() error {
	j.entries[1] = j.unique(1)
	j.entries[0] = j.unique(0) // last, for the index is then that of the left side
	left, right := j.entries[0], j.entries[1]
	j.matched = append(j.matched[:0], make([]bool, len(left))...)
	for i := range right {
		var other *Entry
		if at := j.index[j.slot(left, right[i].Key)]; at != 0 {
			other = &left[at-1]
			j.matched[at-1] = true
		}
		if err := j.Pair(other, &right[i]); err != nil {
			return err
		}
	}
	for i := range left {
		if !j.matched[i] {
			if err := j.Pair(&left[i], nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// unique indexes the entries of a side and keeps one of those with one key, the
// last unless Twice says otherwise.
func (j *Join) unique(side int) []Entry {
	entries := j.entries[side]
	j.reset(len(entries))
	kept := entries[:0]
	for i := range entries {
		e := entries[i]
		slot := j.slot(kept, e.Key)
		if at := j.index[slot]; at != 0 {
			if j.Twice == nil || !j.Twice(side, &kept[at-1], &entries[i]) {
				kept[at-1] = e
			}
			continue
		}
		kept = append(kept, e)
		j.index[slot] = uint32(len(kept))
	}
	return kept
}

// reset makes the index empty, with room for n entries.
func (j *Join) reset(n int) {
	size := 1 << bits.Len(uint(2*n+1))
	if cap(j.index) < size {
		j.index = make([]uint32, size)
		return
	}
	j.index = j.index[:size]
	clear(j.index)
}

// slot is where the key is in the index, or would be.
func (j *Join) slot(entries []Entry, key Hash) uint64 {
	mask := uint64(len(j.index) - 1)
	// The low bits choose the pass.
	for at := (key.Lo >> 16) & mask; ; at = (at + 1) & mask {
		if n := j.index[at]; n == 0 || entries[n-1].Key == key {
			return at
		}
	}
}
