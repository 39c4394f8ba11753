package diff

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/value/memory"
)

// A key is compared where it passes the filter on either side: what it is called is
// the same on both, and what it holds need not be.

// errNoVersion: a filter by memory that can't be applied.
var errNoVersion = errors.New("--min-memory: neither dump tells which version would load it")

// named reports whether keys of this name are compared.
func (c *Comparison) named(db int, key []byte) bool { return c.Filter.Named(db, key) }

// passes applies what the entries of a key tell.
func (c *Comparison) passes(m, r spot) bool {
	f := &c.Filter
	if f.Types == nil && !f.NoTTL && !f.Expired {
		return true
	}
	clock := c.clocks.at(m, r)
	return c.passesOn(m, clock) || c.passesOn(r, clock)
}

func (c *Comparison) passesOn(s spot, clock int64) bool {
	f := &c.Filter
	switch {
	case !s.held(), f.NoTTL && s.hasExpire(), f.Expired && !s.expired(clock):
		return false
	}
	return f.Types == nil || slices.Contains(f.Types, s.object().String())
}

// tooSmall applies what only the values tell.
func (c *Comparison) tooSmall(s *Subject) bool {
	if !c.Filter.Sized() {
		return false
	}
	large := func(h *Held) bool { return h != nil && c.Filter.Size(h.Bytes, h.memory, h.measured) }
	return !large(s.Master) && !large(s.Replica)
}

// measure tells what the keys cost on each side, where the filter asks.
func (c *Comparison) measure(ctx context.Context, all []*Subject) error {
	if c.Filter.MinMemory == 0 {
		return nil
	}
	sides := [2]*side{c.master, c.replica}
	for i, s := range sides {
		models, err := s.models(sides[1-i])
		if err != nil {
			return err
		}
		of := func(x *Subject) (*Held, spot) { return x.Master, x.masterAt }
		if i == 1 {
			of = func(x *Subject) (*Held, spot) { return x.Replica, x.replicaAt }
		}
		if err := s.measure(ctx, all, models, of); err != nil {
			return err
		}
	}
	return nil
}

// models are those of the versions that wrote the dumps; of one that doesn't tell,
// that of another dump of either side.
func (s *side) models(other *side) ([]*memory.Model, error) {
	models := make([]*memory.Model, len(s.dumps))
	var known *memory.Model
	for i, d := range slices.Concat(s.dumps, other.dumps) {
		model, ok := memory.For(d.Version, d.Version.Allocator())
		if !ok {
			continue
		}
		if i < len(models) {
			models[i] = model
		}
		if known == nil {
			known = model
		}
	}
	if known == nil {
		return nil, errNoVersion
	}
	for i := range models {
		if models[i] == nil {
			models[i] = known
		}
	}
	return models, nil
}

func (s *side) measure(ctx context.Context, all []*Subject, models []*memory.Model,
	of func(*Subject) (*Held, spot)) error {
	type heldAt struct {
		*Held
		at spot
	}
	var there []heldAt
	for _, x := range all {
		if h, at := of(x); h != nil {
			there = append(there, heldAt{h, at})
		}
	}
	slices.SortFunc(there, func(a, b heldAt) int { return cmp.Compare(a.at.place(), b.at.place()) })
	places := make([]int64, len(there))
	for i, h := range there {
		places[i] = h.at.place()
	}
	return s.fetch(ctx, places, func(i int, rec *rdb.Record, d *rdb.Decoder) (err error) {
		h := there[i]
		h.memory, h.measured, err = models[h.at.dump()].Key(d, rec, nil)
		return err
	})
}

// Passed counts the keys that were compared, and those of each side that the filter
// was asked about.
type Passed struct{ Compared, Master, Replica int64 }

// Passed is nil where there is no filter.
func (r *Report) Passed() *Passed {
	if !r.Filtered {
		return nil
	}
	s := &r.Summary
	return &Passed{s.Equal + s.Different, r.Master.Read, r.Replica.Read}
}
