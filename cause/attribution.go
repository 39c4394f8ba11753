package cause

import (
	"context"
	"slices"

	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/value"
)

// An attribution works out the states of each key of a batch, and the cause of
// each difference from them.
type attribution struct {
	*Explainer
	history  *history
	batch    []*diff.Subject
	byName   map[string][]int // indexes of batch
	states   []states         // of each of batch
	departed departures

	masterOffset, replicaOffset int64
	inferred                    bool // the replica's dump does not tell its offset
	onMaster, onReplica         timeline
	// all, sent and run index the events of the history and of the timelines.
	all, sent, run *index
	tainted        map[string]*taint
	omitted        map[int]omission // of the batch
	popping        *popping         // of the replica's way; nil before it is asked for
}

func newAttribution(x *Explainer, h *history, batch []*diff.Subject) *attribution {
	a := &attribution{
		Explainer: x, history: h, batch: batch,
		byName: make(map[string][]int, len(batch)), states: make([]states, len(batch)),
	}
	for i, s := range batch {
		a.byName[string(s.Key)] = append(a.byName[string(s.Key)], i)
	}
	a.masterOffset, a.replicaOffset = x.offsets(h)
	if x.tellOffsets() {
		h.blank = &begin{blank: true}
	}
	h.parted = x.parted()
	a.onMaster = h.master(a.masterOffset)
	a.all, a.sent = newIndex(h.events), newIndex(a.onMaster.events)
	a.followReplica()
	return a
}

// followReplica works out the replica's way to its offset.
func (a *attribution) followReplica() {
	a.onReplica, a.popping = a.history.replica(a.replicaOffset), nil
	run := slices.Concat(a.onReplica.earlier, a.onReplica.events)
	a.run, a.tainted = newIndex(run), taintKeys(run)
}

// computeStates applies the commands of both timelines to what the keys held
// where these begin.
func (a *attribution) computeStates(ctx context.Context, names map[string]bool) error {
	if a.report.Replication.StaleOffset && a.onReplica.begin != nil {
		held, err := a.valuesAt(ctx, a.onReplica.begin, names)
		if err == nil {
			err = a.infer(ctx, held)
		}
		if err != nil {
			return err
		}
		a.followReplica()
	}
	if a.onMaster.begin != nil {
		if err := a.computeMaster(ctx, names); err != nil {
			return err
		}
	}
	if a.onReplica.begin == nil {
		return nil
	}
	if !a.wentWrong() && a.onReplica.begin == a.onMaster.begin {
		for i := range a.states {
			a.states[i].replica = a.states[i].healthy
		}
		return nil
	}
	values, err := a.valuesAt(ctx, a.onReplica.begin, names)
	if err != nil {
		return err
	}
	return a.simulate(ctx, values, a.onReplica.holes, []stage{
		{a.onReplica.events, replicaDB, func(s *states) *state { return &s.replica }, a.replicaOffset},
	})
}

// computeMaster follows the master to the replica's offset and to its own.
func (a *attribution) computeMaster(ctx context.Context, names map[string]bool) error {
	values, err := a.valuesAt(ctx, a.onMaster.begin, names)
	if err != nil {
		return err
	}
	if a.report.Replica.State == nil {
		if err := a.infer(ctx, values); err != nil {
			return err
		}
		a.followReplica()
	}
	before, after := a.onMaster.until(a.replicaOffset)
	return a.simulate(ctx, values, a.onMaster.holes, []stage{
		{before, masterDB, func(s *states) *state { return &s.healthy }, min(a.replicaOffset, a.masterOffset)},
		{after, masterDB, func(s *states) *state { return &s.master }, a.masterOffset},
	})
}

// wentWrong reports whether a command was misplaced or dropped on the
// replica's way.
func (a *attribution) wentWrong() bool {
	for _, e := range a.onReplica.events {
		if e.misplaced() || e.dropped() {
			return true
		}
	}
	return false
}

func masterDB(e *event) int { return e.db }

func replicaDB(e *event) int {
	if e.dropped() {
		return record.Unknown
	}
	return e.replicaDB
}

// valuesAt reads what the keys held at a beginning.
func (a *attribution) valuesAt(ctx context.Context, b *begin, names map[string]bool) (values, error) {
	if b.blank {
		return values{}, nil
	}
	limit := a.MaxBytes / 4
	wanted := func(key []byte) bool { return names[string(key)] }
	if p := a.recording.payloadOf(b); p != nil {
		held, err := a.recording.readPayload(p, limit, wanted)
		if err == nil && !p.whole {
			a.distrustAbsent(held, names)
		}
		return held, err
	}
	in, err := a.input(b.path)
	if err != nil {
		return nil, err
	}
	found, err := diff.ReadKeys(ctx, in, b.link, limit, func(_ int, key []byte) bool { return wanted(key) })
	if err != nil {
		return nil, err
	}
	held := make(values, len(found))
	for _, kv := range found {
		held[place{kv.DB, string(kv.Key)}] = kv.Value
	}
	return held, nil
}

// distrustAbsent takes it that nothing is known of the keys that a payload does
// not hold as far as it could be read.
func (a *attribution) distrustAbsent(held values, names map[string]bool) {
	unknown := &value.Value{Large: true}
	places := make([]place, 0, len(names)+len(a.batch))
	for name := range names {
		places = append(places, place{0, name})
	}
	for _, s := range a.batch {
		places = append(places, place{s.DB, string(s.Key)})
	}
	for _, p := range places {
		if held[p] == nil {
			held[p] = unknown
		}
	}
}
