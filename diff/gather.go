package diff

import (
	"bytes"
	"context"
	"sort"

	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// gather reads the values of pairs, those of the master in the order of its
// dump until the budget is used up, then those of the replica for the same
// pairs. It returns the pairs that are left.
func (c *comparison) gather(ctx context.Context, all []pair, budget int64) ([]*Subject, []pair, error) {
	sort.Slice(all, func(i, j int) bool { return all[i].master.byte() < all[j].master.byte() })
	subjects := make([]*Subject, len(all))
	for i := range subjects {
		subjects[i] = &Subject{Difference: &Difference{}}
	}
	taken := len(all)
	left := budget
	order := heldOnly(all, func(p pair) spot { return p.master })
	err := c.values(ctx, c.master, all, order, func(p pair) spot { return p.master }, func(i int, v *Value, s *Subject) error {
		s.MasterValue = v
		left -= v.size
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
	sort.Slice(order, func(i, j int) bool { return all[order[i]].replica.byte() < all[order[j]].replica.byte() })
	left = budget
	err = c.values(ctx, c.replica, all, order, func(p pair) spot { return p.replica }, func(_ int, v *Value, s *Subject) error {
		s.ReplicaValue = v
		if left -= v.size; left < 0 {
			v.Large, v.Elements, v.Raw = true, nil, nil
		}
		return nil
	}, subjects, budget/2)
	return subjects[:taken], all[taken:], err
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

// values reads again the keys of one side, and hands each to take.
func (c *comparison) values(ctx context.Context, s *side, all []pair, order []int, of func(pair) spot,
	take func(i int, v *Value, s *Subject) error, subjects []*Subject, limit int64) error {
	places := make([]int64, len(order))
	for n, i := range order {
		places[n] = of(all[i]).byte()
	}
	return s.revisit(ctx, places, func(n int, rec *rdb.Record, d *rdb.Decoder) error {
		i := order[n]
		subject, at := subjects[i], of(all[i])
		if subject.Key == nil {
			subject.DB, subject.Key = rec.DB, bytes.Clone(rec.Key)
		}
		v, err := collect(rec, d, s.header.Version, limit)
		if err != nil {
			return err
		}
		v.HasExpire, v.ExpireAt = at.hasExpire(), at.expire
		return take(i, v, subject)
	})
}
