package diff

import (
	"context"
	"errors"
	"slices"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/rdb/verify"
	"github.com/redsleuth/redsleuth/pattern"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/server"
	"github.com/redsleuth/redsleuth/value/memory"
)

// A Growth is what became of a keyspace from one dump to a later one, by how keys
// are named.
type Growth struct {
	Before, After *Side
	// MemoryOf is the version in whose memory the keys of both are measured, so that
	// what grew is data: that which wrote the later dump, or else the earlier one;
	// the zero Version where neither tells.
	MemoryOf server.Version
	Total    Grown
	// List has the patterns that changed, those that changed most first, by memory
	// where it is known, else by bytes. Rest sums those that did not.
	List []Grown
	Rest Grown
	// Filtered: keys were left out by a filter.
	Filtered bool
	Findings []finding.Finding
}

// Grown is what the keys of a pattern were and are.
type Grown struct {
	Pattern       []byte // a glob
	Before, After Taken
}

// Taken is how many keys there are, the bytes of their records, and what they cost
// in memory, of modules' keys nothing.
type Taken struct{ Keys, Bytes, Memory int64 }

// The sums of a growth's tree: of the earlier dump, and one further on of the later.
const (
	sumKeys   = 0
	sumBytes  = 2
	sumMemory = 4
)

// growthRows is for how many rows patterns are fine enough.
const growthRows = 20

// MeasureGrowth reads two states, one after the other, and tells what grew from the
// one to the other, and what shrank. Each is one dump, or those of all shards of a
// cluster. Of the options it takes Now, Filter and Tell.
func MeasureGrowth(ctx context.Context, before, after []*input.Input, o Options) (*Growth, error) {
	if err := o.spool(slices.Concat(before, after)...); err != nil {
		return nil, err
	}
	g := &growth{options: o, tree: pattern.New(pattern.Separators)}
	out := &Growth{Filtered: o.Filter.Any()}
	for _, in := range slices.Concat(after, before) {
		origin, err := readOrigin(ctx, in)
		if err != nil {
			return nil, err
		}
		if _, ok := origin.Version.Memory(); ok && out.MemoryOf.IsZero() {
			out.MemoryOf = origin.Version
		}
	}
	g.memoryOf = out.MemoryOf
	if o.Filter.MinMemory > 0 && out.MemoryOf.IsZero() {
		return nil, errNoVersion
	}
	for i, in := range [][]*input.Input{before, after} {
		s, err := g.read(ctx, i, in)
		if err != nil {
			return nil, err
		}
		found, err := s.remarks(ctx)
		if err := errors.Join(err, s.close()); err != nil {
			return nil, err
		}
		out.Findings = append(out.Findings, found...)
		if i == 0 {
			out.Before = s.Side
		} else {
			out.After = s.Side
		}
	}
	g.tell(out)
	return out, nil
}

// A growth adds up both dumps in one tree.
type growth struct {
	options  Options
	tree     *pattern.Tree
	memoryOf server.Version
}

// read adds the keys of a state, the earlier one where i is 0.
func (g *growth) read(ctx context.Context, i int, in []*input.Input) (*side, error) {
	s := newSide(in, 0, g.options.Filter.Named, false)
	s.hasher = func(of *dump) *hasher {
		h := newHasher(false, nil)
		h.stage.Close()
		h.stage = verify.New(verify.Options{
			Found: of.unsound, Meter: g.meter,
			Measured: func(rec *rdb.Record, costs []int64) error {
				g.add(of, i, rec, costs)
				return nil
			},
		})
		return h
	}
	for _, of := range s.dumps {
		of.take = func(rec *rdb.Record, d *rdb.Decoder) error { return of.hasher.stage.Value(d, rec) }
	}
	if err := s.read(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.Keys = s.Read
	return s, nil
}

func (g *growth) meter() verify.Meter {
	if model, ok := memory.For(g.memoryOf, g.memoryOf.Allocator()); ok {
		return memory.NewMeter(model)
	}
	return memory.NewMeter()
}

// add adds a key that passes the filter.
func (g *growth) add(s *dump, i int, rec *rdb.Record, costs []int64) {
	clock := g.options.Now.UnixMilli()
	if g.options.Now.IsZero() {
		clock = s.Created.UnixMilli() + 999
	}
	expired := rec.HasExpire && rec.ExpireAt < clock && !(g.options.Now.IsZero() && s.Created.IsZero())
	cost := int64(0)
	if len(costs) > 0 {
		cost = costs[0]
	}
	f := &g.options.Filter
	if !f.Key(rec, expired) || !f.Size(rec.Bytes, cost, len(costs) > 0) {
		return
	}
	sums := g.tree.Add(rec.Key)
	sums[sumKeys+i]++
	sums[sumBytes+i] += rec.Bytes
	sums[sumMemory+i] += cost
}

// tell turns the tree into rows.
func (g *growth) tell(out *Growth) {
	by := sumBytes
	if !g.memoryOf.IsZero() {
		by = sumMemory
	}
	apart := func(s *pattern.Sums) int64 {
		if n := distance(s[by], s[by+1]); n > 0 {
			return n
		}
		return distance(s[sumBytes], s[sumBytes+1])
	}
	for _, row := range g.tree.Rows(growthRows, apart) {
		x := grown(row.Pattern, &row.Sums)
		out.Total.Plus(&x)
		if x.Before == x.After {
			out.Rest.Plus(&x)
		} else {
			out.List = append(out.List, x)
		}
	}
}

func grown(glob []byte, s *pattern.Sums) Grown {
	of := func(i int) Taken { return Taken{s[sumKeys+i], s[sumBytes+i], s[sumMemory+i]} }
	return Grown{Pattern: glob, Before: of(0), After: of(1)}
}

// Plus adds what grew elsewhere.
func (g *Grown) Plus(x *Grown) {
	g.Before.plus(&x.Before)
	g.After.plus(&x.After)
}

func (t *Taken) plus(x *Taken) {
	t.Keys, t.Bytes, t.Memory = t.Keys+x.Keys, t.Bytes+x.Bytes, t.Memory+x.Memory
}

// readOrigin reads what the AUX fields of a dump say.
func readOrigin(ctx context.Context, in *input.Input) (repl.Origin, error) {
	s := &dump{in: in, Side: Side{Origin: repl.NewOrigin()}}
	err := s.readHeadOf(ctx)
	return s.Origin, err
}
