package diff

import (
	"context"
	"math/bits"

	"github.com/redsleuth/redsleuth/value"
)

// A joiner meets the entries of two tables, partition by partition.
type joiner struct {
	master, replica *table
	// memory is how many bytes the entries at hand may take.
	memory int64
	// pair is called with the two entries of a key; nil is a key that the
	// side doesn't hold. They are borrowed.
	pair func(master, replica *entry) error
	// duplicate is called with an entry that another one of the same side,
	// further on in the file, replaces.
	duplicate func(side int, e *entry)

	entries [2][]entry
	index   []uint32 // positions + 1 in entries, by identity; open addressing
	matched []bool
}

func (j *joiner) run(ctx context.Context) error {
	for part := range j.master.parts {
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
func (j *joiner) partition(part int) error {
	size := int64(j.master.size(part)+j.replica.size(part)) * (entrySize + 8)
	passes := uint64(1) << bits.Len64(uint64(size/j.memory))
	for pass := range passes {
		keep := func(id value.Digest) bool { return id.Lo&(passes-1) == pass }
		for side, t := range []*table{j.master, j.replica} {
			var err error
			if j.entries[side], err = t.load(j.entries[side][:0], part, keep); err != nil {
				return err
			}
		}
		if err := j.meet(); err != nil {
			return err
		}
	}
	return nil
}

func (j *joiner) meet() error {
	j.entries[1] = j.unique(1)
	j.entries[0] = j.unique(0) // last, for the index is then that of the master
	master, replica := j.entries[0], j.entries[1]
	j.matched = append(j.matched[:0], make([]bool, len(master))...)
	for i := range replica {
		var other *entry
		if at := j.index[j.slot(master, replica[i].id)]; at != 0 {
			other = &master[at-1]
			j.matched[at-1] = true
		}
		if err := j.pair(other, &replica[i]); err != nil {
			return err
		}
	}
	for i := range master {
		if !j.matched[i] {
			if err := j.pair(&master[i], nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// unique indexes the entries of a side and keeps the last of those with one
// identity.
func (j *joiner) unique(side int) []entry {
	entries := j.entries[side]
	j.reset(len(entries))
	kept := entries[:0]
	for i := range entries {
		e := entries[i]
		slot := j.slot(kept, e.id)
		if at := j.index[slot]; at != 0 {
			j.duplicate(side, &kept[at-1])
			kept[at-1] = e
			continue
		}
		kept = append(kept, e)
		j.index[slot] = uint32(len(kept))
	}
	return kept
}

// reset makes the index empty, with room for n entries.
func (j *joiner) reset(n int) {
	size := 1 << bits.Len(uint(2*n+1))
	if cap(j.index) < size {
		j.index = make([]uint32, size)
		return
	}
	j.index = j.index[:size]
	clear(j.index)
}

// slot is where the identity stands in the index, or would.
func (j *joiner) slot(entries []entry, id value.Digest) uint64 {
	mask := uint64(len(j.index) - 1)
	// The low bits choose the pass.
	for at := (id.Lo >> 16) & mask; ; at = (at + 1) & mask {
		if n := j.index[at]; n == 0 || entries[n-1].id == id {
			return at
		}
	}
}
