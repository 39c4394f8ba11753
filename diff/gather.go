package diff

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/value"
)

// gather reads the values of pairs, those of the master in the order of its
// dump until the budget is used up, then those of the replica for the same
// pairs, to its own budget. It returns the pairs that are left.
func (c *comparison) gather(ctx context.Context, all []pair, budget int64) ([]*Subject, []pair, error) {
	slices.SortFunc(all, func(a, b pair) int { return cmp.Compare(a.master.byte(), b.master.byte()) })
	subjects := make([]*Subject, len(all))
	taken := len(all)
	left := budget
	order := heldOnly(all, func(p pair) spot { return p.master })
	err := c.values(ctx, c.master, all, order, func(p pair) spot { return p.master }, func(i int, v *value.Value, s *Subject) error {
		s.MasterValue = v
		left -= v.Size()
		if left < 0 && i+1 < len(all) {
			taken = i + 1
			return record.Stop
		}
		return nil
	}, subjects, budget/2)
	if err != nil {
		return nil, nil, err
	}
	order = heldOnly(all[:taken], func(p pair) spot { return p.replica })
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(all[a].replica.byte(), all[b].replica.byte()) })
	left = budget
	read, stopped := 0, false
	err = c.values(ctx, c.replica, all, order, func(p pair) spot { return p.replica }, func(_ int, v *value.Value, s *Subject) error {
		s.ReplicaValue = v
		read++
		if left -= v.Size(); left < 0 {
			stopped = true
			return record.Stop
		}
		return nil
	}, subjects, budget/2)
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
	return slices.DeleteFunc(subjects[:taken], func(s *Subject) bool { return s == nil }), slices.Clip(rest), nil
}

// heldOnly lists the pairs of which a side holds the key.
func heldOnly(all []pair, of func(pair) spot) []int {
	var order []int
	for i := range all {
		if of(all[i]).held() {
			order = append(order, i)
		}
	}
	return order
}

// placesOf lists where the pairs of order stand on a side.
func placesOf(all []pair, order []int, of func(pair) spot) []int64 {
	places := make([]int64, len(order))
	for n, i := range order {
		places[n] = of(all[i]).byte()
	}
	return places
}

// values reads again the keys of one side, and hands each to take.
func (c *comparison) values(ctx context.Context, s *side, all []pair, order []int, of func(pair) spot,
	take func(i int, v *value.Value, s *Subject) error, subjects []*Subject, limit int64) error {
	return s.revisit(ctx, placesOf(all, order, of), func(n int, rec *rdb.Record, d *rdb.Decoder) error {
		i := order[n]
		if subjects[i] == nil {
			subjects[i] = &Subject{Difference: &Difference{DB: rec.DB, Key: bytes.Clone(rec.Key)}}
		}
		subject, at := subjects[i], of(all[i])
		v, err := value.Read(d, rec, limit)
		if err != nil {
			return err
		}
		v.HasExpire, v.ExpireAt = at.hasExpire(), at.expire
		return take(i, v, subject)
	})
}
