package diff

import (
	"context"
	"iter"
	"slices"

	"github.com/redsleuth/redsleuth/internal/hashjoin"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/value"
)

// large compares two values of which one at least is too large to be held:
// element by element where they have an order, else as two keyspaces of their
// own, whose keys are members.
func (c *Comparison) large(ctx context.Context, changer *changer, s *Subject) error {
	switch s.MasterValue.Object {
	case rdb.ObjectString:
		changer.add(Change{Op: Alter})
		changer.note = "the strings are too large to be shown"
		return nil
	case rdb.ObjectList, rdb.ObjectModule:
		return c.largeSequence(ctx, changer, s)
	}
	return c.largeMembers(ctx, changer, s)
}

// elements goes over the elements of one key; an error ends up in err.
func (s *side) elements(ctx context.Context, at spot, err *error) iter.Seq[*rdb.Element] {
	return func(yield func(*rdb.Element) bool) {
		*err = s.fetch(ctx, []int64{at.place()}, func(_ int, _ *rdb.Record, d *rdb.Decoder) error {
			return d.Value(func(e *rdb.Element) error {
				if !yield(e) {
					return rdb.SkipRest
				}
				return ctx.Err()
			})
		})
	}
}

// largeSequence goes over both values in step, to their first difference.
func (c *Comparison) largeSequence(ctx context.Context, changer *changer, s *Subject) error {
	var errs [2]error
	nextM, stopM := iter.Pull(c.master.elements(ctx, s.masterAt, &errs[0]))
	defer stopM()
	nextR, stopR := iter.Pull(c.replica.elements(ctx, s.replicaAt, &errs[1]))
	defer stopR()
	for at := uint64(0); ; at++ {
		a, okA := nextM()
		b, okB := nextR()
		for _, err := range errs {
			if err != nil {
				return err
			}
		}
		if !okA && !okB {
			return nil
		}
		if okA && okB && changer.digester.Element(a) == changer.digester.Element(b) {
			continue
		}
		change := Change{Op: op(okA, okB), At: &at}
		if okA {
			change.Master = datum(new(value.CloneElement(a)))
		}
		if okB {
			change.Replica = datum(new(value.CloneElement(b)))
		}
		changer.add(change)
		changer.total = -1
		changer.note = "too large for an edit script: the first difference is shown"
		return nil
	}
}

// A memberPair is an element that the sides don't hold alike, by its number
// within each value; -1 is none.
type memberPair struct{ master, replica int64 }

func (c *Comparison) largeMembers(ctx context.Context, changer *changer, s *Subject) error {
	budget := int64(float64(c.MaxMemory) * valuesShare / 4)
	tables := [2]*hashjoin.Table{hashjoin.NewTable(budget), hashjoin.NewTable(budget)}
	defer tables[0].Close()
	defer tables[1].Close()
	for i, from := range []struct {
		side *side
		at   spot
	}{{c.master, s.masterAt}, {c.replica, s.replicaAt}} {
		if err := fillMembers(ctx, tables[i], from.side, from.at); err != nil {
			return err
		}
	}
	var found []memberPair
	var total, alive int64
	j := &hashjoin.Join{
		Left: tables[0], Right: tables[1], Memory: budget,
		Pair: func(left, right *hashjoin.Entry) error {
			m, r := spotOf(left), spotOf(right)
			if left != nil && right != nil && left.Value == right.Value && changer.sameFieldExpiry(m, r) {
				return nil
			}
			if total++; !changer.onlyExpired(m, r) {
				alive++
			}
			if len(found) < changer.limit {
				found = append(found, memberPair{number(m), number(r)})
			}
			return nil
		},
	}
	if err := j.Run(ctx); err != nil {
		return err
	}
	if err := c.showMembers(ctx, changer, found, s); err != nil {
		return err
	}
	changer.total, changer.alive = max(total, changer.total), alive
	return nil
}

// number is that of an element, from 0.
func number(s spot) int64 {
	if !s.held() {
		return -1
	}
	return s.byte() - 1
}

// fillMembers adds every element of a value; its place is its number, from 1.
func fillMembers(ctx context.Context, t *hashjoin.Table, s *side, of spot) error {
	var digester value.Digester
	var key []byte
	n := int64(-1)
	var err error
	for e := range s.elements(ctx, of, &err) {
		n++
		if e.Kind == rdb.ElementProducer || e.Kind == rdb.ElementIdempotence {
			continue
		}
		key = value.AppendElementKey(key[:0], e)
		at, err := newSpot(0, n+1, 0, e.Kind == rdb.ElementField && e.ExpireAt != rdb.NoExpiry, e.ExpireAt)
		if err != nil {
			return err
		}
		plain := *e
		plain.ExpireAt = rdb.NoExpiry
		x := hashjoin.Entry{
			Key: hashjoin.Hash(value.Hash(key)), Value: hashjoin.Hash(digester.Element(&plain)),
			Tag: hashjoin.Tag(at),
		}
		if err := t.Add(x); err != nil {
			return err
		}
	}
	return err
}

// sameFieldExpiry reports whether the fields expire at about the same time, or
// never.
func (c *changer) sameFieldExpiry(m, r spot) bool {
	if m.hasExpire() != r.hasExpire() {
		return false
	}
	if !m.hasExpire() {
		return true
	}
	apart := distance(m.expireAt(), r.expireAt())
	if apart > c.skew.Milliseconds() {
		return false
	}
	c.skewed = max(c.skewed, apart)
	return true
}

// onlyExpired reports whether one side alone holds the field, and its time had
// come.
func (c *changer) onlyExpired(m, r spot) bool {
	return m.held() != r.held() && (m.expired(c.expiredBefore) || r.expired(c.expiredBefore))
}

// showMembers reads again the elements found, and adds their changes.
func (c *Comparison) showMembers(ctx context.Context, changer *changer, found []memberPair,
	s *Subject) error {
	slices.SortFunc(found, func(a, b memberPair) int {
		if a.master != b.master {
			return int(min(max(a.master-b.master, -1), 1))
		}
		return int(min(max(a.replica-b.replica, -1), 1))
	})
	master, err := pick(ctx, c.master, s.masterAt, found, func(p memberPair) int64 { return p.master })
	if err != nil {
		return err
	}
	replica, err := pick(ctx, c.replica, s.replicaAt, found, func(p memberPair) int64 { return p.replica })
	if err != nil {
		return err
	}
	for i := range found {
		changer.element(master[i], replica[i])
	}
	return nil
}

// pick copies the elements of the numbers that of gives; nil for -1.
func pick(ctx context.Context, s *side, at spot, found []memberPair,
	of func(memberPair) int64) ([]*rdb.Element, error) {
	wanted := make(map[int64]int, len(found))
	for i, p := range found {
		if of(p) >= 0 {
			wanted[of(p)] = i
		}
	}
	picked := make([]*rdb.Element, len(found))
	n := int64(0)
	var err error
	for e := range s.elements(ctx, at, &err) {
		if i, ok := wanted[n]; ok {
			picked[i] = new(value.CloneElement(e))
			delete(wanted, n)
		}
		if n++; len(wanted) == 0 {
			break
		}
	}
	if err == record.Stop {
		err = nil
	}
	return picked, err
}
