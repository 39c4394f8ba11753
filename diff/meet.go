package diff

import (
	"context"
	"errors"
	"sync"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
)

// meet finds the pairs that have to be looked at.
func (c *comparison) meet(ctx context.Context) error {
	stored, err := c.storedAlike()
	if err != nil {
		return err
	}
	if stored {
		if done, err := c.meetStored(ctx); done || err != nil {
			return err
		}
	}
	return c.meetBy(ctx, false)
}

// meetBy reads both sides, telling values apart by their bytes where that may
// do, or by content, and joins them. It may be called again.
func (c *comparison) meetBy(ctx context.Context, stored bool) error {
	if err := c.close(); err != nil {
		return err
	}
	budget := int64(float64(c.MaxMemory) * tableShare)
	c.master, c.replica = newSide(c.inputs[0], budget, c.Keep), newSide(c.inputs[1], budget, c.Keep)
	c.master.stored, c.replica.stored = stored, stored
	c.pairs = newPairs(int64(float64(c.MaxMemory) * pairsShare))
	if err := c.read(ctx); err != nil {
		return err
	}
	c.report = &Report{
		Master: &c.master.Side, Replica: &c.replica.Side,
		Summary: Summary{
			MasterKeys: c.master.Keys, ReplicaKeys: c.replica.Keys,
			ByKind: map[Kind]int64{}, ByCause: map[finding.Cause]int64{}, ByPrefix: map[string]int64{},
		},
		Replication: relate(&c.master.Side, &c.replica.Side, c.Servers),
	}
	c.lapsed = c.judgedAt()
	return c.join(ctx)
}

// read goes over both sides at the same time; one that fails stops the other.
func (c *comparison) read(ctx context.Context) error {
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

// judgedAt is the time from which on a key has not expired: --now, or the end
// of the second in which the later dump was made.
func (c *comparison) judgedAt() int64 {
	if !c.Now.IsZero() {
		return c.Now.UnixMilli()
	}
	later := c.master.CreatedAt
	if c.replica.CreatedAt.After(later) {
		later = c.replica.CreatedAt
	}
	if later.IsZero() {
		return 0
	}
	return later.UnixMilli() + 999
}

// join goes over the entries of both sides, key by key.
func (c *comparison) join(ctx context.Context) error {
	j := &joiner{
		master: c.master.table, replica: c.replica.table,
		memory: max(int64(float64(c.MaxMemory)*valuesShare), 1<<16),
		pair:   c.pair,
		duplicate: func(i int, e *entry) {
			s := []*side{c.master, c.replica}[i]
			s.Keys--
			if s.duplicates.count++; len(s.duplicates.places) < duplicatesKept {
				s.duplicates.places = append(s.duplicates.places, e.byte())
			}
		},
	}
	err := j.run(ctx)
	c.report.Summary.MasterKeys, c.report.Summary.ReplicaKeys = c.master.Keys, c.replica.Keys
	return err
}

// pair weighs the entries of one key.
func (c *comparison) pair(m, r *entry) error {
	if c.KeepType != nil && !(m != nil && c.KeepType(m.object()) || r != nil && c.KeepType(r.object())) {
		return nil
	}
	if c.Expired && !c.past(m) && !c.past(r) {
		return nil
	}
	s := &c.report.Summary
	switch {
	case m == nil && c.master.End != record.Clean, r == nil && c.replica.End != record.Clean:
		s.Unread++
		return nil
	case m != nil && r != nil && m.value == r.value && c.sameExpiry(spotOf(m), spotOf(r)):
		s.Equal++
		return nil
	}
	return c.pairs.add(pair{spotOf(m), spotOf(r)})
}

// past reports whether a side holds the key and its time had come.
func (c *comparison) past(e *entry) bool { return e != nil && e.hasExpire() && e.expire < c.lapsed }

// sameExpiry also counts what is let pass.
func (c *comparison) sameExpiry(m, r spot) bool {
	if m.hasExpire() != r.hasExpire() {
		return false
	}
	apart := distance(m.expire, r.expire)
	if apart > c.TTLSkew.Milliseconds() {
		return false
	}
	if apart > 0 {
		c.skewed(apart)
	}
	return true
}

func (c *comparison) skewed(apart int64) {
	s := &c.report.Summary
	s.SkewedKeys++
	s.SkewMax = max(s.SkewMax, apart)
}
