package cause

import (
	"context"
	"math"
	"slices"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
)

// A replica that is out of memory, where its maxmemory counts, refuses what asks
// for some, and for a while: of each key that is left behind some commands in a
// row, and nothing that frees memory. So they are left out by their place among
// those on the key, counted from the last, for all keys at once.

// A gap is such a place: so many commands in a row, with so many behind them.
type gap struct{ length, back int }

// lastGap is the longest at the end of a key's commands; before others, so many
// at most are tried, each a run of the engine.
const (
	lastGap   = 12
	innerGap  = 3
	innerBack = 4
)

// gapKeys bounds the keys that are asked.
const gapKeys = 1000

func gaps() (all []gap) {
	for n := 1; n <= lastGap; n++ {
		all = append(all, gap{n, 0})
	}
	for n := 1; n <= innerGap; n++ {
		for back := 1; back <= innerBack; back++ {
			all = append(all, gap{n, back})
		}
	}
	return all
}

// tryMemory leaves out commands that need memory.
func (a omissions) tryMemory(ctx context.Context, t *trial) error {
	needing := a.needing(t)
	if len(needing) == 0 || len(needing) > gapKeys {
		return nil
	}
	near, part := a.near(t, needing)
	found := map[int][]*event{}
	for _, g := range gaps() {
		refused := map[*event]bool{}
		for i, on := range needing {
			for _, e := range g.of(on) {
				refused[e] = found[i] == nil || refused[e]
			}
		}
		if len(refused) == 0 {
			continue
		}
		if err := near.rerun(ctx, part, func(e *event) bool { return refused[e] }); err != nil {
			return err
		}
		for i, on := range needing {
			of := g.of(on)
			if found[i] == nil && of != nil && a.mayLeave(&near.states[i].replica, a.batch[i]) {
				found[i] = of
			}
		}
	}
	a.weighMemory(t, found)
	return nil
}

// near is the same attribution with the commands alone that have a part in what some
// keys hold, and what their keys held: a batch has many more, and each trial runs
// them.
func (a omissions) near(t *trial, keys map[int][]*event) (omissions, *trial) {
	names := make(map[string]bool, len(keys))
	for i := range keys {
		names[string(a.batch[i].Key)] = true
	}
	events := a.onReplica.events
	for grown := true; grown; {
		grown = false
		for _, e := range events {
			if e.scope == command.Scripted || e.scope == command.Uncertain {
				return a, t // which may read and change any
			}
			if !slices.ContainsFunc(e.keys, func(k namedKey) bool { return names[k.name] }) {
				continue
			}
			for _, k := range e.keys {
				grown = grown || !names[k.name]
				names[k.name] = true
			}
		}
	}
	once := *a.attribution
	once.states = slices.Clone(a.states)
	once.onReplica.events = slices.DeleteFunc(slices.Clone(events), func(e *event) bool {
		return !e.wide() && !slices.ContainsFunc(e.keys, func(k namedKey) bool { return names[k.name] })
	})
	part := &trial{held: values{}, with: t.with, lacks: t.lacks}
	for p, v := range t.held {
		if names[p.key] {
			part.held[p] = v
		}
	}
	return omissions{&once}, part
}

// mayLeave reports whether what is left leads to what the replica holds: to no key
// also where nothing tells what was there before.
func (a omissions) mayLeave(st *state, s *diff.Subject) bool {
	return st.is(s.ReplicaValue) || !st.known && s.ReplicaValue == nil
}

// of are the commands on a key that are left out; nil where it has too few.
func (g gap) of(on []*event) []*event {
	n := len(on) - g.back
	if n < g.length {
		return nil
	}
	return on[n-g.length : n]
}

// needing are the commands on each key that nothing explains that ask for
// memory, or were queued with one that does.
func (a omissions) needing(t *trial) map[int][]*event {
	queued := map[unit]bool{}
	for _, e := range a.onReplica.events {
		if e.transaction > 0 && e.needsMemory() {
			queued[e.unit()] = true
		}
	}
	all := map[int][]*event{}
	for i, s := range a.batch {
		if _, ok := a.omitted[i]; ok || !a.outside(&t.with[i], s) {
			continue
		}
		for e := range a.run.on(s.DB, string(s.Key)) {
			if e.refusable() && (e.needsMemory() || queued[e.unit()]) {
				all[i] = append(all[i], e)
			}
		}
	}
	return all
}

func (e *event) needsMemory() bool { return e.refusable() && command.NeedsMemory(e.args) }

// weighMemory keeps what was found for the keys that are behind, and for others
// at the same time, until a command that needs memory is known to have run, or of
// a name that the log says was refused.
func (a omissions) weighMemory(t *trial, found map[int][]*event) {
	from, to := int64(math.MaxInt64), int64(record.Unknown)
	for i, of := range found {
		if a.behind(t, i, of[0]) && of[0].offset != record.Unknown {
			from, to = min(from, of[0].offset), max(to, of[len(of)-1].end)
		}
	}
	for _, lacked := range t.lacks {
		for _, e := range lacked {
			if e.offset != record.Unknown && e.needsMemory() {
				from, to = min(from, e.offset), max(to, e.end)
			}
		}
	}
	if to != record.Unknown {
		from, to = a.untilPassed(t, from, to)
	}
	why := "without it, and others that need memory, the stream leads to what the replica holds: " +
		"it refused them (maxmemory; its log may tell)"
	const logged = "the replica's log says that it refused commands of this name for want of " +
		"memory, and without it the stream leads to what the replica holds"
	kept := map[string]int64{}
	var others []int
	for i, of := range found {
		first, last := of[0], of[len(of)-1]
		meanwhile := first.offset != record.Unknown && first.offset >= from && last.end <= to && !a.witnessed(first)
		switch name := first.commandName(); {
		case !meanwhile && !a.behind(t, i, first):
			others = append(others, i)
			continue
		case a.logged(name, true, 0):
			a.omit(map[int]*event{i: first}, logged)
		default:
			a.omit(map[int]*event{i: first}, why)
		}
		for _, e := range of {
			kept[e.commandName()]++
		}
	}
	for _, i := range others { // what the log counts beyond those
		if first := found[i][0]; a.logged(first.commandName(), true, kept[first.commandName()]) {
			a.omit(map[int]*event{i: first}, logged)
		}
	}
}

// witnessed reports whether the replica's log tells what was refused for want of memory,
// and counts nothing of the name of an event.
func (a omissions) witnessed(e *event) bool {
	tells := false
	for c := range a.Replay.Facts.RefusedCommands {
		tells = tells || c.Why == repl.NoMemory && c.Name != ""
	}
	return tells && !a.logged(e.commandName(), true, 0)
}

// untilPassed widens a range of offsets to where commands that need memory are
// known to have run before and after it: on keys that are equal on both sides, or
// that hold what all commands lead to.
func (a omissions) untilPassed(t *trial, from, to int64) (int64, int64) {
	passed := slices.Clone(a.recording.passedAt)
	for i, s := range a.batch {
		if !t.with[i].replica.is(s.ReplicaValue) {
			continue
		}
		for e := range a.run.lately(s.DB, string(s.Key)) {
			if e.needsMemory() && e.offset != record.Unknown {
				passed = append(passed, e.offset)
			}
		}
	}
	before, after := int64(0), int64(math.MaxInt64)
	for _, at := range passed {
		if at < from {
			before = max(before, at)
		} else if at >= to {
			after = min(after, at)
		}
	}
	return before, after
}
