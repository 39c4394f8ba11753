package diff

import (
	"context"
	"errors"
	"slices"

	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/server"
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
	return c.passesOn(m) || c.passesOn(r)
}

func (c *Comparison) passesOn(s spot) bool {
	f := &c.Filter
	switch {
	case !s.held(), f.NoTTL && s.hasExpire(), f.Expired && !s.expired(c.expiredBefore):
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
	own := [2]server.Version{c.master.Version, c.replica.Version}
	for i, s := range []*side{c.master, c.replica} {
		model, ok := memory.For(own[i], own[i].Allocator())
		if !ok {
			model, ok = memory.For(own[1-i], own[1-i].Allocator())
		}
		if !ok {
			return errNoVersion
		}
		held := func(x *Subject) **Held {
			if i == 0 {
				return &x.Master
			}
			return &x.Replica
		}
		if err := s.measure(ctx, all, model, held); err != nil {
			return err
		}
	}
	return nil
}

func (s *side) measure(ctx context.Context, all []*Subject, model *memory.Model,
	held func(*Subject) **Held) error {
	var there []*Held
	for _, x := range all {
		if h := *held(x); h != nil {
			there = append(there, h)
		}
	}
	slices.SortFunc(there, func(a, b *Held) int { return int(max(min(a.Byte-b.Byte, 1), -1)) })
	places := make([]int64, len(there))
	for i, h := range there {
		places[i] = h.Byte
	}
	return s.fetch(ctx, places, func(i int, rec *rdb.Record, d *rdb.Decoder) (err error) {
		there[i].memory, there[i].measured, err = model.Key(d, rec, nil)
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
