package cause

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/value"
)

// A replica that refuses a command (renamed away, denied by an ACL) holds what
// the stream leads to without it. So what looks like a write of somebody else
// is held against that: the stream is applied once more without the commands
// of one name at a time. That others put one key back to what it was may be, or
// deleted some that a command made; more of them are asked for. What speaks
// against a name are keys that hold what it led to.

// namesTried bounds the names, each a run of the engine.
const namesTried = 24

// valuesWanted are as many keys as must hold the value that is left without a
// name; of those that hold none without it, gonesWanted must be gone. Where
// nothing speaks against the name, a key of each sort is enough: who wrote both
// would have undone one command and the other's whole key.
const (
	valuesWanted = 2
	gonesWanted  = 3
	eitherWanted = 2
)

// omissions are the tries of an attribution to leave commands out.
type omissions struct{ *attribution }

// try finds, for the keys that the replica's way does not explain, the
// one command name without which it does.
func (a omissions) try(ctx context.Context) error {
	names := a.suspectNames()
	if a.engine == nil || a.onReplica.begin == nil || !a.onReplica.complete || len(names) == 0 {
		return nil
	}
	wanted := map[string]bool{}
	for name := range a.byName {
		wanted[name] = true
	}
	for _, e := range a.onReplica.events { // and what theirs are made from
		for _, k := range e.keys {
			wanted[k.name] = true
		}
	}
	held, err := a.valuesAt(ctx, a.onReplica.begin, wanted)
	if err != nil {
		return err
	}
	kept := slices.Clone(a.states)
	defer func() { copy(a.states, kept) }()
	for _, name := range names {
		copy(a.states, kept)
		without := slices.Clone(a.onReplica.events)
		without = slices.DeleteFunc(without, func(e *event) bool { return e.commandName() == name })
		st := stage{without, replicaDB, func(s *states) *state { return &s.replica }}
		if err := a.simulate(ctx, held, []stage{st}); err != nil {
			return err
		}
		a.weigh(name, kept)
	}
	return nil
}

// suspectNames are those of the commands on the keys that nothing explains, in
// order; none if there are too many of them. A script that ran is no suspect:
// without its source it is missing, and with it a replica does not refuse it.
func (a omissions) suspectNames() []string {
	names := map[string]bool{}
	for i, s := range a.batch {
		if !a.states[i].outside(s.MasterValue, s.ReplicaValue) {
			continue
		}
		for e := range a.run.on(s.DB, string(s.Key)) {
			if !e.dropped() && e.scope == command.Named {
				names[e.commandName()] = true
			}
		}
	}
	if len(names) > namesTried {
		return nil
	}
	return slices.Sorted(maps.Keys(names))
}

// outside reports whether the commands lead to what the master holds, and not
// to what the replica does.
func (s states) outside(master, replica *value.Value) bool {
	return s.master.is(master) && s.replica.known && !s.replica.is(replica)
}

// weigh keeps the name for the keys that it explains, if that is the
// better account.
func (a omissions) weigh(name string, with []states) {
	var explained []int
	values, against := 0, a.recording.passed[name]
	for i, s := range a.batch {
		fits := a.states[i].replica.is(s.ReplicaValue)
		switch {
		case fits && with[i].outside(s.MasterValue, s.ReplicaValue):
			explained = append(explained, i)
			if s.ReplicaValue != nil {
				values++
			}
		case !fits && with[i].replica.is(s.ReplicaValue):
			against++
		}
	}
	if !outweighs(values, len(explained), against) {
		return
	}
	if a.omitted == nil {
		a.omitted = map[int]string{}
	}
	for _, i := range explained {
		if a.omitted[i] == "" {
			a.omitted[i] = name
		}
	}
}

// outweighs reports whether so many keys, of which values hold one, are more
// than chance, against those that hold what the name led to.
func outweighs(values, explained, against int) bool {
	if against > 0 {
		return values >= valuesWanted && against < values
	}
	return values >= valuesWanted || explained >= gonesWanted || values > 0 && explained >= eitherWanted
}

// attribute: without the commands of one name, the stream leads to what
// the replica holds.
func (a omissions) attribute(i int) bool {
	name, s := a.omitted[i], a.batch[i]
	if name == "" {
		return false
	}
	for e := range a.run.on(s.DB, string(s.Key)) {
		if e.commandName() == name {
			s.Explain(finding.CauseReEvaluated, finding.Likely, e.evidence(finding.EvidenceReEvaluated,
				"without the commands of this name the stream leads to what the replica holds: "+
					"it refused them (renamed, or denied by an ACL; its log may tell)"))
			return true
		}
	}
	return false
}

// commandName is that of an event, without a subcommand, in lower case.
func (e *event) commandName() string { return strings.ToLower(string(e.args[0])) }
