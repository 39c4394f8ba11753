package cause

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/repl"
)

// A replica that refuses a command (renamed away, for want of memory) holds what the stream leads to without it, and without the transaction
// that it was queued in. So what looks like a write of somebody else is held
// against that: the stream is applied once more without the commands of one name
// at a time, and then (omitted_memory.go) without some of those that need memory.
// That others put one key back to what it was may be, or deleted some that a
// command made; more of them are asked for. What speaks against a name are keys
// that hold what it led to.

// namesTried bounds the names, each a run of the engine.
const namesTried = 24

// valuesWanted are as many keys as must hold the value that is left without a
// name; of those that hold none without it, gonesWanted must be gone. Where
// nothing speaks against the name, a key of each sort is enough: who wrote both
// would have undone one command and the other's whole key; and so is one alone
// that nobody would have put back by chance.
const (
	valuesWanted = 2
	gonesWanted  = 3
	eitherWanted = 2
)

// An omission is a command without which the stream leads to what the replica
// holds, the first of them, and why it is thought to have been refused.
type omission struct {
	event *event
	why   string
	// assumed: what the key held before is not known.
	assumed bool
}

// omissions are the tries of an attribution to leave commands out.
type omissions struct{ *attribution }

// A trial is one run of the stream without some commands.
type trial struct {
	held values   // at the replica's beginning
	with []states // of the batch, with all commands
	// lacks are the commands that the replica lacks of keys of which nothing tells
	// what they held before.
	lacks map[int][]*event
}

// try finds, for the keys that the replica's way does not explain, the
// commands without which it does.
func (a omissions) try(ctx context.Context) error {
	if a.onReplica.begin == nil || !lacking(a).traced() {
		return nil
	}
	lacks, err := a.onward(ctx)
	if err != nil {
		return err
	}
	popped := a.splitPopped(lacks)
	if a.engine == nil || !a.anyOutside() {
		a.omitOnward(lacks, popped)
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
	t := &trial{held, slices.Clone(a.states), lacks}
	defer func() { copy(a.states, t.with) }()
	for _, name := range a.suspectNames() {
		of := func(e *event) bool { return e.commandName() == name && e.refusable() }
		if err := a.rerun(ctx, t, of); err != nil {
			return err
		}
		a.weigh(t, name, of)
	}
	if err := a.tryMemory(ctx, t); err != nil {
		return err
	}
	a.omitOnward(lacks, popped)
	return nil
}

func (a omissions) anyOutside() bool {
	for i, s := range a.batch {
		if a.outside(&a.states[i], s) {
			return true
		}
	}
	return false
}

// rerun leads the states where they come to without the events that are refused. Holes
// are taken to hold nothing: that what is left is to the letter what the replica holds
// would be chance if they did.
func (a omissions) rerun(ctx context.Context, t *trial, refused func(*event) bool) error {
	copy(a.states, t.with)
	st := stage{without(a.onReplica.events, refused), replicaDB, func(s *states) *state { return &s.replica },
		a.replicaOffset}
	return a.simulate(ctx, t.held, nil, []stage{st})
}

// A unit is a transaction of a link.
type unit struct {
	path              string
	link, transaction int
}

func (e *event) unit() unit { return unit{e.path, e.link, e.transaction} }

// refusable: a script that ran is no suspect. Without its source it is missing,
// and with it a replica does not refuse it.
func (e *event) refusable() bool { return !e.dropped() && e.scope == command.Named }

// without leaves out what is refused, and the transactions that hold it: their
// EXEC is aborted.
func without(events []*event, refused func(*event) bool) []*event {
	aborted := map[unit]bool{}
	for _, e := range events {
		if e.transaction > 0 && refused(e) {
			aborted[e.unit()] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(events), func(e *event) bool {
		return e.transaction > 0 && aborted[e.unit()] || refused(e)
	})
}

// suspectNames are those of the commands on the keys that nothing explains, and
// of those queued with them, in order; none if there are too many of them.
func (a omissions) suspectNames() []string {
	names := map[string]bool{}
	queued := map[unit]bool{}
	for i, s := range a.batch {
		if !a.outside(&a.states[i], s) {
			continue
		}
		for e := range a.run.on(s.DB, string(s.Key)) {
			if e.refusable() {
				names[e.commandName()] = true
				queued[e.unit()] = e.transaction > 0
			}
		}
	}
	for _, e := range a.onReplica.events {
		if e.refusable() && queued[e.unit()] {
			names[e.commandName()] = true
		}
	}
	if len(names) > namesTried {
		return nil
	}
	return slices.Sorted(maps.Keys(names))
}

// outside reports whether the commands lead to what the master holds, as far as
// they are there, and not to what the replica does.
func (a omissions) outside(led *states, s *diff.Subject) bool {
	return led.replica.known && !led.replica.is(s.ReplicaValue) &&
		(led.master.is(s.MasterValue) || lacking(a).unseenAhead(led, s))
}

// weigh keeps the name for the keys that it explains, if that is the
// better account.
func (a omissions) weigh(t *trial, name string, of func(*event) bool) {
	explained := map[int]*event{}
	values, alone, against := 0, 0, a.recording.passed[name]
	for i, lacked := range t.lacks {
		if slices.ContainsFunc(lacked, of) {
			explained[i] = a.firstOn(i, of)
			values, alone = values+1, alone+1
		}
	}
	for i, s := range a.batch {
		fits := a.states[i].replica.is(s.ReplicaValue)
		switch {
		case fits && a.outside(&t.with[i], s):
			explained[i] = a.firstOn(i, of)
			if s.ReplicaValue != nil {
				values++
			}
			if a.behind(t, i, explained[i]) {
				alone++
			}
		case !fits && t.with[i].replica.is(s.ReplicaValue):
			against++
		}
	}
	switch {
	case a.logged(name, false, 0):
		a.omit(explained, "the replica's log says that it refused commands of this name, and without "+
			"them the stream leads to what it holds"+whyRefused(a).why(name))
	case outweighs(values, alone, len(explained), against):
		a.omit(explained, "without the commands of this name the stream leads to what the replica holds: "+
			"it refused them"+whyRefused(a).orMay(name))
	}
}

// outweighs reports whether so many keys, of which values hold one, are more
// than chance, against those that hold what the name led to. alone counts those
// that are enough by themselves.
func outweighs(values, alone, explained, against int) bool {
	if against > 0 {
		return values >= valuesWanted && against < values
	}
	return values >= valuesWanted || explained >= gonesWanted || alone > 0 ||
		values > 0 && explained >= eitherWanted
}

// omit keeps events for their keys, unless there are some already.
func (a omissions) omit(explained map[int]*event, why string) {
	for i, e := range explained {
		if _, ok := a.omitted[i]; ok || e == nil {
			continue
		}
		if a.omitted == nil {
			a.omitted = map[int]omission{}
		}
		a.omitted[i] = omission{event: e, why: why}
	}
}

// firstOn is the first of the events on a key, or queued with one on it; nil
// where there is none.
func (a omissions) firstOn(i int, of func(*event) bool) *event {
	s := a.batch[i]
	queued := map[unit]bool{}
	for e := range a.run.on(s.DB, string(s.Key)) {
		if of(e) {
			return e
		}
		if e.transaction > 0 {
			queued[e.unit()] = true
		}
	}
	if len(queued) == 0 {
		return nil // as mostly: a batch has many events
	}
	for _, e := range a.onReplica.events {
		if queued[e.unit()] && of(e) {
			return e
		}
	}
	return nil
}

// shortest is the length from which on nobody is thought to put back a string
// by chance.
const shortest = 4

// behind reports whether a key holds what it held before an event that was left
// out, and that is no value that others may well have given it: a flag that was
// set back, or what commands make of a key that was deleted.
func (a omissions) behind(t *trial, i int, e *event) bool {
	s := a.batch[i]
	v := s.ReplicaValue
	if v == nil || e == nil {
		return false
	}
	short := v.Object == rdb.ObjectString && (len(v.Elements) == 0 || len(v.Elements[0].Member) < shortest)
	if short && (e.replaces(string(s.Key)) || !e.needsMemory()) || e.setsTime() {
		return false
	}
	if t.held[place{s.DB, string(s.Key)}] != nil {
		return true
	}
	for before := range a.run.on(s.DB, string(s.Key)) {
		return before.seq < e.seq && before.transaction == 0 || before.seq < e.seq && before.unit() != e.unit()
	}
	return false
}

// setsTime: what one command does to an expiry, another undoes.
func (e *event) setsTime() bool {
	return command.Is(e.args, "EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT", "PERSIST",
		"HEXPIRE", "HPEXPIRE", "HEXPIREAT", "HPEXPIREAT", "HPERSIST")
}

// logged reports whether the replica's log says that it refused commands of a
// name, more of them than are known, and than it shows where: for want of memory, or
// else for what they are.
func (a omissions) logged(name string, memory bool, known int64) bool {
	for c, count := range a.Replay.Facts.RefusedCommands {
		logged, _, _ := strings.Cut(c.Name, "|") // with a subcommand, from 7.0 on
		if strings.EqualFold(logged, name) && (c.Why == repl.NoMemory) == memory && count > max(known, a.shown(name)) {
			return true
		}
	}
	return false
}

// shown counts the commands of a name of which the log shows that they were refused.
func (a omissions) shown(name string) int64 {
	at := map[int64]bool{}
	for _, e := range a.history.events {
		if e.refused() && !e.aborted && e.commandName() == name {
			at[e.offset] = true
		}
	}
	return int64(len(at))
}

// attribute: without some commands, the stream leads to what the replica holds.
func (a omissions) attribute(i int) bool {
	o, ok := a.omitted[i]
	if ok = ok && !a.mayHaveRestarted(a.batch[i]); ok {
		e, why := o.event, o.why
		if own := a.queuedWith(i, e); own != nil {
			e, why = own, why+"; this one was in a transaction with such a command, none of which ran then (EXECABORT)"
		}
		a.batch[i].Explain(finding.CauseReEvaluated, finding.Likely, e.evidence(finding.EvidenceCommandRefused, why))
	}
	return ok
}

// queuedWith is the last command on a key in the transaction of one on another key; nil
// where the one is on the key itself.
func (a omissions) queuedWith(i int, e *event) (own *event) {
	if e.transaction <= 0 {
		return nil
	}
	for x := range a.run.on(a.batch[i].DB, string(a.batch[i].Key)) {
		if x.unit() == e.unit() {
			own = x
		}
		if x == e {
			return nil
		}
	}
	return own
}

// commandName is that of an event, without a subcommand, in lower case.
func (e *event) commandName() string { return strings.ToLower(string(e.args[0])) }
