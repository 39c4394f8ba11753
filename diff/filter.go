package diff

import (
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
	if f.Types == nil && !f.NoTTL && !f.Expired && !f.Sized() {
		return true
	}
	clock := c.clocks.at(m, r)
	return c.passesOn(m, clock) || c.passesOn(r, clock)
}

func (c *Comparison) passesOn(s spot, clock int64) bool {
	f := &c.Filter
	switch {
	case !s.held(), s.isSmall(), f.NoTTL && s.hasExpire(), f.Expired && !s.expired(clock):
		return false
	}
	return f.Types == nil || slices.Contains(f.Types, s.object().String())
}

// models are those that measure the keys of each dump, where the filter asks for their
// memory: of the version that wrote it, or of one that does not tell, the first that
// another dump of either side tells.
func (c *Comparison) models(ctx context.Context) (of [2][]*memory.Model, err error) {
	if c.Filter.MinMemory == 0 {
		return of, nil
	}
	var known *memory.Model
	for i := range c.inputs {
		for _, in := range c.inputs[i] {
			origin, err := readOrigin(ctx, in)
			if err != nil {
				return of, err
			}
			model, ok := memory.For(origin.Version, origin.Version.Allocator())
			if !ok {
				model = nil
			}
			if known == nil {
				known = model
			}
			of[i] = append(of[i], model)
		}
	}
	if known == nil {
		return of, errNoVersion
	}
	for i := range of {
		for n := range of[i] {
			if of[i][n] == nil {
				of[i][n] = known
			}
		}
	}
	return of, nil
}

// size applies what only the value of a key tells.
func (s *dump) size(rec *rdb.Record, at spot) spot {
	f := s.of.sizes
	if f != nil && !f.Size(rec.Bytes, s.hasher.cost, s.hasher.measured) {
		return at.tooSmall()
	}
	return at
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
