package cause

import (
	"cmp"
	"context"
	"slices"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// Where nothing tells what a key held before, what the replica holds is itself a
// state to go on from: where commands that it was sent lead from there to what the
// master holds, they are what it lacks. That asks for commands whose work nobody
// undoes by chance: of a write of somebody else over what they did, the same would
// be found. So they have to add to what there is.

// onward finds, by subject, the commands on it that lead from the replica's value to
// the master's.
func (a omissions) onward(ctx context.Context) (map[int][]*event, error) {
	sent := a.sentOnward()
	if len(sent) == 0 || len(sent) > gapKeys {
		return nil, nil
	}
	found := map[int][]*event{}
	for _, g := range gaps() {
		held, asked := values{}, map[int][]*event{}
		var events []*event
		for i, on := range sent {
			if of := g.of(on); found[i] == nil && of != nil {
				asked[i], events = of, append(events, of...)
				held[place{a.batch[i].DB, string(a.batch[i].Key)}] = a.batch[i].ReplicaValue
			}
		}
		if len(asked) == 0 {
			continue
		}
		slices.SortFunc(events, func(e, f *event) int { return cmp.Compare(e.seq, f.seq) })
		once := *a.attribution
		once.states = make([]states, len(a.batch))
		once.sent, once.run = newIndex(events), newIndex(events)
		st := stage{events, masterDB, func(s *states) *state { return &s.replica }, a.replicaOffset}
		if err := once.simulate(ctx, held, nil, []stage{st}); err != nil {
			return nil, err
		}
		for i, of := range asked {
			s := a.batch[i]
			if once.states[i].replica.is(s.MasterValue) && adds(of, s) {
				found[i] = of
			}
		}
	}
	return found, nil
}

// sentOnward are the commands on each key of which too little is known, as far as
// each of them changes that key alone, and what was there before has a part in it.
func (a omissions) sentOnward() map[int][]*event {
	all := map[int][]*event{}
	for i, s := range a.batch {
		m, r := s.MasterValue, s.ReplicaValue
		if a.states[i].replica.known || m == nil || r == nil || m.Large || r.Large ||
			a.lagging(s) != nil || a.taintOf(s) != nil {
			continue
		}
		var on []*event
		for e := range a.run.on(s.DB, string(s.Key)) {
			if !e.refusable() || e.misplaced() || e.db == record.Unknown || len(e.keys) != 1 || e.replaces(string(s.Key)) {
				on = nil
				continue
			}
			on = append(on, e)
		}
		if len(on) > 0 {
			all[i] = on
		}
	}
	return all
}

// adds reports whether commands add to what is there: elements that the replica does
// not have, or an amount to a number.
func adds(of []*event, s *diff.Subject) bool {
	m, r := s.MasterValue, s.ReplicaValue
	if m.Object != r.Object || s.Kind == diff.TTLDiffers {
		return false
	}
	if m.Object != rdb.ObjectString && m.Count > r.Count {
		return true
	}
	return !slices.ContainsFunc(of, func(e *event) bool {
		return !command.Is(e.args, "APPEND",
			"INCR", "DECR", "INCRBY", "DECRBY", "HINCRBY", "ZINCRBY")
	})
}

// splitPopped takes the lists out of what was found. Who takes from a list takes an end
// of it, which is what a push had put there: that one lacks it says nothing alone.
func (a omissions) splitPopped(found map[int][]*event) map[int][]*event {
	popped := map[int][]*event{}
	for i, of := range found {
		if a.batch[i].MasterValue.Object == rdb.ObjectList {
			popped[i] = of
			delete(found, i)
		}
	}
	return popped
}

// omitOnward keeps what was found so, unless something else was found; of lists, where
// other keys show that commands were refused.
func (a omissions) omitOnward(found, popped map[int][]*event) {
	a.omitFound(found)
	if len(a.omitted) > 0 {
		a.omitFound(popped)
	}
}

func (a omissions) omitFound(found map[int][]*event) {
	for i, of := range found {
		if _, ok := a.omitted[i]; !ok {
			a.omit(map[int]*event{i: of[0]}, "this leads from what the replica holds to what the master does, and the "+
				"replica had been sent it: it refused it"+whyRefused(a).orMay(of[0].commandName()))
			o := a.omitted[i]
			o.assumed = true
			a.omitted[i] = o
		}
	}
}
