package cause

import (
	"context"
	"math"
	"slices"

	"github.com/redsleuth/redsleuth/cause/engine"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/value"
)

// Dumps before 4.0, and of servers without a replication state, don't tell
// where in the stream they stand. Where the replica's doesn't, the offset is
// inferred: the one at which the stream's commands lead to what the replica
// holds for most of the differing keys, and after which they write the fewest
// keys that both sides hold alike.

// matchWeight is how much more a differing key that fits an offset says for it
// than an equal key that is written later says against it: such a one may have
// been written back to what it was.
const matchWeight = 3

// bystandersKept bounds how many equal keys are counted against an offset.
const bystandersKept = 1 << 17

// sampled bounds the differing keys that are asked, each after every command
// that touches it.
const sampled = 4096

// infer finds the replica's offset; the end of the stream where nothing
// speaks for an earlier one. It holds for all batches, and is asked of the
// first: keys come in the order of their hashes.
func (c *court) infer(ctx context.Context, values map[place]*value.Value) error {
	x := c.Explainer
	if !x.tried {
		if err := c.inferFrom(ctx, values); err != nil {
			return err
		}
		x.tried, x.inferredAt = true, record.Unknown
		if c.inferred {
			x.inferredAt = c.replica
		}
		return nil
	}
	if x.inferredAt != record.Unknown {
		c.replica, c.inferred = x.inferredAt, true
	}
	return nil
}

func (c *court) inferFrom(ctx context.Context, values map[place]*value.Value) error {
	engine, err := c.start(ctx, c.databases())
	if engine == nil || err != nil {
		return err
	}
	var against []int64
	if c.report.Suspects <= int64(2*len(c.batch)) { // else most differing keys would pass for equal ones
		if against, err = c.bystanders(ctx); err != nil {
			return err
		}
	}
	sim := &simulation{court: c, values: values, engine: engine, undecided: map[string]bool{}, loose: map[string]bool{}}
	if err := sim.prepare(ctx); err != nil {
		return err
	}
	alike := make([]bool, len(c.batch))
	score := 0
	set := func(i int, v *value.Value) {
		now := value.Same(v, c.batch[i].ReplicaValue)
		if now != alike[i] {
			alike[i] = now
			score += map[bool]int{true: 1, false: -1}[now]
		}
	}
	stride := (len(c.batch) + sampled - 1) / sampled
	for i := 0; i < len(c.batch); i += stride {
		s := c.batch[i]
		set(i, values[place{s.DB, string(s.Key)}])
	}
	// Between two events of the batch nothing changes but what speaks against
	// an offset, and that grows less: the end of each stretch is its best.
	best, at := math.MinInt, int64(math.MaxInt64)
	weigh := func(offset int64) {
		later, _ := slices.BinarySearch(against, offset+1)
		if now := matchWeight*score - (len(against) - later); now >= best {
			best, at = now, offset
		}
	}
	for _, e := range c.onMaster.events {
		if e.offset != record.Unknown {
			weigh(e.offset)
		}
		if err := sim.follow(ctx, e, stride, set); err != nil {
			return err
		}
	}
	weigh(math.MaxInt64 - 1)
	if at < c.replica {
		c.replica, c.inferred = at, true
	}
	return nil
}

// follow applies one event and looks at the keys of the batch that it touches.
func (s *simulation) follow(ctx context.Context, e *event, stride int, set func(int, *value.Value)) error {
	touched := map[int]bool{}
	s.touch(e, touched)
	if args := s.runnable(e); args != nil && e.db != record.Unknown {
		later, _ := engine.Later(args)
		if _, err := s.engine.Apply(ctx, []engine.Step{{DB: e.db, Args: later}}); err != nil {
			return err
		}
	}
	for i := range touched {
		if !touched[i] || i%stride != 0 {
			continue
		}
		subject := s.batch[i]
		v, err := s.engine.Get(ctx, subject.DB, subject.Key)
		if err != nil {
			continue // a type that the engine can't show speaks for nothing
		}
		set(i, v)
	}
	return ctx.Err()
}

// bystanders are the offsets, in order, at which keys that are equal on both
// sides were last written.
func (c *court) bystanders(ctx context.Context) ([]int64, error) {
	last := map[string]int64{}
	err := c.Replay(ctx, func(e *record.Effect) error {
		if e.Command == nil || e.Command.Offset == record.Unknown {
			return nil
		}
		class := classOf(e.Command.Args)
		if class == other {
			return nil
		}
		for _, k := range keysOf(e.Command.Args, class, nil) {
			if _, ours := c.byName[k.name]; k.writes && !ours && (len(last) < bystandersKept || last[k.name] > 0) {
				last[k.name] = e.Command.EndOffset
			}
		}
		return nil
	})
	offsets := make([]int64, 0, len(last))
	for _, at := range last {
		offsets = append(offsets, at)
	}
	slices.Sort(offsets)
	return offsets, err
}
