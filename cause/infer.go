package cause

import (
	"context"
	"maps"
	"math"
	"slices"

	"github.com/redsleuth/redsleuth/cause/engine"
	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/value"
)

// Dumps before 4.0, and of servers without a replication state, don't tell
// where in the stream they stand. Where the replica's doesn't, the offset is
// inferred: the one at which the stream's commands lead to what the replica
// holds for most of the differing keys, and after which they write the fewest
// keys that both sides hold alike. A replica whose dump tells the offset of an
// old restart stands somewhere behind that, on its own way: what it ran in the
// wrong database, it ran there.

// matchWeight is how much more a differing key that fits an offset says for it
// than an equal key that is written later says against it: such a one may have
// been written back to what it was.
const matchWeight = 3

// unaffectedKept bounds how many equal keys are counted against an offset.
const unaffectedKept = 1 << 17

// sampled bounds the differing keys that are asked, each after every command
// that touches it.
const sampled = 4096

// infer finds the replica's offset; the end of the stream where nothing
// speaks for an earlier one. It holds for all batches, and is asked of the
// first: keys come in the order of their hashes.
func (a *attribution) infer(ctx context.Context, held values) error {
	x := a.Explainer
	if !x.tried {
		offset, err := a.inferFrom(ctx, held)
		if err != nil {
			return err
		}
		x.tried, x.inferredAt = true, offset
	}
	if x.inferredAt != record.Unknown {
		a.replicaOffset, a.inferred = x.inferredAt, true
	}
	return nil
}

// inferFrom scores every offset of the way; record.Unknown if none before its
// end fits better.
func (a *attribution) inferFrom(ctx context.Context, held values) (int64, error) {
	sim := newSimulation(a, held, crossing{})
	if err := sim.start(ctx); sim.engine == nil || err != nil {
		return record.Unknown, err
	}
	best := scoring{best: math.MinInt, alike: make([]bool, len(a.batch))}
	if a.report.Suspects <= int64(2*len(a.batch)) { // else differing keys would pass for equal ones
		var err error
		if best.against, err = a.unaffectedWrites(ctx); err != nil {
			return record.Unknown, err
		}
	}
	stride := (len(a.batch) + sampled - 1) / sampled
	for i := 0; i < len(a.batch); i += stride {
		s := a.batch[i]
		best.set(i, value.Same(held[place{s.DB, string(s.Key)}], s.ReplicaValue))
	}
	way, in, from := a.onMaster.events, masterDB, int64(0)
	if a.report.Replication.StaleOffset {
		way, in, from = a.onReplica.events, replicaDB, offsetOf(a.report.Replica)
	}
	for _, e := range way {
		if e.offset != record.Unknown && e.offset >= from {
			best.score(e.offset)
		}
		if err := sim.step(ctx, e, in(e), stride, best.set); err != nil {
			return record.Unknown, err
		}
	}
	best.score(math.MaxInt64 - 1)
	if best.at < a.replicaOffset {
		return best.at, nil
	}
	return record.Unknown, nil
}

// scoring is how well the offsets seen so far fit the replica's dump.
type scoring struct {
	against []int64 // last writes of equal keys, in order
	alike   []bool  // of the batch, which hold what the replica holds
	fitting int     // how many of them do
	best    int
	at      int64 // the offset that scored best
}

func (x *scoring) set(i int, alike bool) {
	if alike == x.alike[i] {
		return
	}
	x.alike[i] = alike
	if alike {
		x.fitting++
	} else {
		x.fitting--
	}
}

// score weighs an offset. Between two events of the batch nothing changes but
// what speaks against an offset, and that grows less: the end of each stretch
// is its best.
func (x *scoring) score(offset int64) {
	later, _ := slices.BinarySearch(x.against, offset+1)
	if now := matchWeight*x.fitting - (len(x.against) - later); now >= x.best {
		x.best, x.at = now, offset
	}
}

// step applies one event in a database and looks at the keys of the batch that
// it touches.
func (s *simulation) step(
	ctx context.Context, e *event, db, stride int, set func(int, bool),
) error {
	touched := map[int]bool{}
	s.touch(e, touched)
	if args := s.runnable(e); args != nil && db != record.Unknown {
		later, _ := engine.Later(args)
		if _, err := s.engine.Apply(ctx, []engine.Step{{DB: db, Args: later}}); err != nil {
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
		set(i, value.Same(v, subject.ReplicaValue))
	}
	return ctx.Err()
}

// unaffectedWrites are the offsets, in order, at which keys that are equal on
// both sides were last written.
func (a *attribution) unaffectedWrites(ctx context.Context) ([]int64, error) {
	ours := make(map[uint64]bool, len(a.byName))
	for name := range a.byName {
		ours[hashName([]byte(name))] = true
	}
	p, err := a.recording.play()
	if err != nil {
		return nil, err
	}
	last := map[uint64]int64{}
	for {
		ok, err := p.next(ctx)
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		offset, end, err := p.offsets()
		if err != nil {
			return nil, err
		}
		if offset == record.Unknown || p.scope == command.Uncertain {
			continue
		}
		for _, k := range p.keys {
			if k&writesKey != 0 && !ours[k&^writesKey] && (len(last) < unaffectedKept || last[k] > 0) {
				last[k] = end
			}
		}
	}
	return slices.Sorted(maps.Values(last)), nil
}
