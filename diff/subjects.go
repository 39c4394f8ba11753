package diff

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/redsleuth/redsleuth/internal/hashjoin"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/value"
)

// fetchSubjects reads the values of pairs, those of the master in the order of
// its dump until the budget is used up, then those of the replica for the same
// pairs, to its own budget. It returns the pairs that are left.
func (c *Comparison) fetchSubjects(ctx context.Context, all []hashjoin.Pair, budget int64) (
	[]*Subject, []hashjoin.Pair, error) {
	slices.SortFunc(all, func(a, b hashjoin.Pair) int {
		return cmp.Compare(onMaster(a).place(), onMaster(b).place())
	})
	subjects := make([]*Subject, len(all))
	taken, left := len(all), budget
	order := inOrder(all, onMaster)
	f := subjectReader{all: all, subjects: subjects, limit: budget / 2}
	err := f.read(ctx, c.master, order, onMaster, func(i int, v *value.Value, s *Subject) error {
		s.MasterValue, s.Master = v, c.master.held(v, s.masterAt)
		left -= v.Size()
		if left < 0 && i+1 < len(all) {
			taken = i + 1
			return record.Stop
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	order = inOrder(all[:taken], onReplica)
	left = budget
	read, stopped := 0, false
	err = f.read(ctx, c.replica, order, onReplica, func(_ int, v *value.Value, s *Subject) error {
		s.ReplicaValue, s.Replica = v, c.replica.held(v, s.replicaAt)
		read++
		if left -= v.Size(); left < 0 {
			stopped = true
			return record.Stop
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	rest := all[taken:]
	if stopped {
		for _, i := range order[read:] { // their turn comes with the rest
			subjects[i] = nil
			rest = append(rest, all[i])
		}
	}
	subjects = slices.DeleteFunc(subjects[:taken], func(s *Subject) bool { return s == nil })
	return subjects, slices.Clip(rest), nil
}

// A spotFunc is onMaster or onReplica.
type spotFunc func(hashjoin.Pair) spot

// inOrder lists the pairs of which a side holds the key, as they are in its
// dumps.
func inOrder(all []hashjoin.Pair, on spotFunc) []int {
	var order []int
	for i := range all {
		if on(all[i]).held() {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(on(all[a]).place(), on(all[b]).place()) })
	return order
}

// placesOf lists where the pairs of order are on a side.
func placesOf(all []hashjoin.Pair, order []int, on spotFunc) []int64 {
	places := make([]int64, len(order))
	for n, i := range order {
		places[n] = on(all[i]).place()
	}
	return places
}

// A subjectReader reads the values of pairs into their subjects.
type subjectReader struct {
	all      []hashjoin.Pair
	subjects []*Subject
	limit    int64 // what a value may take in memory; a larger one is Large
}

// read reads again the keys of one side, and hands each to take.
func (f *subjectReader) read(ctx context.Context, s *side, order []int, on spotFunc,
	take func(i int, v *value.Value, s *Subject) error) error {
	return s.fetch(ctx, placesOf(f.all, order, on), func(n int, rec *rdb.Record, d *rdb.Decoder) error {
		i := order[n]
		if f.subjects[i] == nil {
			f.subjects[i] = &Subject{Difference: &Difference{DB: rec.DB, Key: bytes.Clone(rec.Key)},
				masterAt: onMaster(f.all[i]), replicaAt: onReplica(f.all[i])}
		}
		v, err := value.Read(d, rec, f.limit)
		if err != nil {
			return err
		}
		at := on(f.all[i])
		v.HasExpire, v.ExpireAt = at.hasExpire(), at.expireAt()
		return take(i, v, f.subjects[i])
	})
}
