package diff

import (
	"context"
	"errors"
	"sync"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/internal/hashjoin"
	"github.com/redsleuth/redsleuth/parse/record"
)

// findCandidates finds the keys that may differ.
func (c *Comparison) findCandidates(ctx context.Context) error {
	alike, err := c.sameFormat()
	if err != nil {
		return err
	}
	if alike && c.Filter.MinMemory == 0 {
		if done, err := c.joinByRawBytes(ctx); done || err != nil {
			return err
		}
	}
	return c.scanAndJoin(ctx, false)
}

// scanAndJoin reads both sides, comparing values by their stored bytes
// where that may do, or by content, and joins them. It may be called again, and is
// where keys are in several dumps of a side: then it is known by what was read
// where each slot belongs.
func (c *Comparison) scanAndJoin(ctx context.Context, rawBytes bool) error {
	if err := c.Close(); err != nil {
		return err
	}
	budget := int64(float64(c.MaxMemory) * tableShare)
	c.master = newSide(c.inputs[0], budget, c.named, rawBytes)
	c.replica = newSide(c.inputs[1], budget, c.named, rawBytes)
	for i, s := range []*side{c.master, c.replica} {
		s.layout, s.measures = c.layouts[i], c.measures[i]
		if c.Filter.Sized() {
			s.sizes = &c.Filter
		}
	}
	c.suspects = suspects{}
	c.pairs = hashjoin.NewPairs(int64(float64(c.MaxMemory) * pairsShare))
	if err := c.read(ctx); err != nil {
		return err
	}
	c.report = &Report{
		Filtered: c.Filter.Any(),
		Master:   c.master.Side, Replica: c.replica.Side,
		Summary: Summary{
			MasterKeys: c.master.Keys, ReplicaKeys: c.replica.Keys,
			ByKind: map[Kind]int64{}, ByCause: map[finding.Cause]int64{},
		},
		Replication: relateSides(c.master.Side, c.replica.Side, c.Servers),
	}
	c.clocks = newClocks([2]*side{c.master, c.replica}, c.report.Replication.Pairs, c.Now)
	if err := c.join(ctx); err != nil {
		return err
	}
	if c.learnLayouts() {
		return c.scanAndJoin(ctx, rawBytes)
	}
	return errors.Join(c.master.close(), c.replica.close())
}

// read goes over both sides at the same time; one that fails stops the other.
func (c *Comparison) read(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	var errs [2]error
	for i, s := range []*side{c.master, c.replica} {
		wg.Go(func() {
			if errs[i] = s.read(ctx); errs[i] != nil {
				cancel()
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
	}
	return errors.Join(errs[:]...)
}

// learnLayouts keeps how the dumps divide the slots, where that is yet to be known
// and decides which of two keys counts. It reports whether it is.
func (c *Comparison) learnLayouts() (learnt bool) {
	for i, s := range []*side{c.master, c.replica} {
		if len(s.twice) > 0 && c.layouts[i] == nil {
			c.layouts[i] = s.found
			learnt = learnt || c.layouts[i].Divided
		}
	}
	return learnt
}

// join goes over the entries of both sides, key by key.
func (c *Comparison) join(ctx context.Context) error {
	j := &hashjoin.Join{
		Left: c.master.table, Right: c.replica.table,
		Memory: int64(float64(c.MaxMemory) * valuesShare),
		Pair:   c.pair,
		Twice: func(i int, first, second *hashjoin.Entry) bool {
			return []*side{c.master, c.replica}[i].again(first, second)
		},
	}
	err := j.Run(ctx)
	c.report.Summary.MasterKeys, c.report.Summary.ReplicaKeys = c.master.Keys, c.replica.Keys
	return err
}

// pair compares the entries of one key.
func (c *Comparison) pair(left, right *hashjoin.Entry) error {
	m, r := spotOf(left), spotOf(right)
	if !c.passes(m, r) {
		return nil
	}
	s := &c.report.Summary
	switch {
	case left == nil && c.master.End != record.Clean, right == nil && c.replica.End != record.Clean:
		s.Unread++
		return nil
	case left != nil && right != nil && left.Value == right.Value && c.sameExpiry(m, r):
		s.Equal++
		return nil
	}
	if left != nil {
		c.suspects.add(left.Key, c.master.databaseAt(m))
	} else {
		c.suspects.add(right.Key, c.replica.databaseAt(r))
	}
	return c.pairs.Add(hashjoin.Pair{Left: hashjoin.Tag(m), Right: hashjoin.Tag(r)})
}

// sameExpiry also counts the differences that are within --ttl-skew.
func (c *Comparison) sameExpiry(m, r spot) bool {
	if m.hasExpire() != r.hasExpire() {
		return false
	}
	apart := distance(m.expireAt(), r.expireAt())
	if apart > c.TTLSkew.Milliseconds() {
		return false
	}
	if apart > 0 {
		c.skewed(apart)
	}
	return true
}

func (c *Comparison) skewed(apart int64) {
	s := &c.report.Summary
	s.SkewedKeys++
	s.SkewMax = max(s.SkewMax, apart)
}
