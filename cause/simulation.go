package cause

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/cause/engine"
	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/script"
	"github.com/redsleuth/redsleuth/value"
)

// A stage of a simulation applies events, each in the database that in says
// (record.Unknown leaves it out), and writes down the states they lead to at an
// offset.
type stage struct {
	events []*event
	in     func(*event) int
	of     func(*states) *state
	upTo   int64
}

// A simulation is one run of an engine from the values of a beginning.
type simulation struct {
	*attribution
	values values
	engine *engine.Engine // nil where there is none
	trusts
	crossing
	// ran are the events so far, and the database of each.
	ran    []ranEvent
	byKey  map[string][]ranEvent // of ran; nil where it has to be made
	opaque bool                  // one of ran changes keys that it does not name
	// steps counts those of the engine; refused are the errors it answered them
	// with.
	steps   int
	refused map[int]error
	// relative are keys whose expiry counts from when a command ran.
	relative map[string]bool
	// touchedAll: an event of the stages can have changed any key. Once is enough: a
	// batch can have as many scripts as keys.
	touchedAll bool
}

func newSimulation(a *attribution, held values, c crossing) *simulation {
	return &simulation{
		attribution: a, values: held, trusts: trusts{of: map[string]trust{}}, crossing: c,
		refused: map[int]error{}, relative: map[string]bool{},
	}
}

// simulate applies stage after stage. Keys that no event touches keep what
// they held, which takes no engine. Where the stream has holes on that way, what is
// known is what it leads to whatever they held.
func (a *attribution) simulate(ctx context.Context, held values, holes []span, stages []stage) error {
	if err := a.simulateOnce(ctx, held, newCrossing(holes, asGone), stages); err != nil || len(holes) == 0 {
		return err
	}
	gone := slices.Clone(a.states)
	if err := a.simulateOnce(ctx, held, newCrossing(holes, asStrange), stages); err != nil {
		return err
	}
	for i := range a.states {
		for _, st := range stages {
			if one, other := st.of(&gone[i]), st.of(&a.states[i]); !one.agrees(other) {
				*other = state{}
			}
		}
	}
	return nil
}

// simulateOnce takes it that keys hold one thing behind holes.
func (a *attribution) simulateOnce(ctx context.Context, held values, c crossing, stages []stage) error {
	sim := newSimulation(a, held, c)
	for _, st := range stages {
		if len(st.events) == 0 {
			continue
		}
		if err := sim.start(ctx); err != nil {
			return err
		}
		break
	}
	touched := map[int]bool{}
	for _, st := range stages {
		if err := sim.apply(ctx, st, touched); err != nil {
			return err
		}
		sim.passed = sim.before(st.upTo)
		if err := sim.read(ctx, st, touched); err != nil {
			return err
		}
	}
	return nil
}

// start gives the engine, where there is one, what the keys held.
func (s *simulation) start(ctx context.Context) (err error) {
	if s.engine, err = s.startEngine(ctx, s.databases()); s.engine == nil || err != nil {
		return err
	}
	if err := s.engine.Reset(ctx); err != nil {
		return err
	}
	for p, v := range s.values {
		err := s.engine.Put(ctx, p.db, []byte(p.key), v)
		if errors.Is(err, engine.ErrUnfit) {
			s.lower(p.key, unfollowed)
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// databases is how many an engine needs.
func (a *attribution) databases() int {
	n := 15
	for _, s := range a.batch {
		n = max(n, s.DB)
	}
	for _, e := range a.history.events {
		n = max(n, e.db, e.replicaDB)
	}
	return min(n, maxDatabase) + 1
}

// maxDatabase bounds the databases of an engine.
const maxDatabase = 1 << 14

// apply runs the events of a stage.
func (s *simulation) apply(ctx context.Context, st stage, touched map[int]bool) error {
	var pending []engine.Step
	own := make([]trust, len(st.events))
	from := map[int]int{} // events, by the number of their step
	for i, e := range st.events {
		s.touchedAll = s.touchedAll || s.touch(e, touched)
		db := st.in(e)
		if db == record.Unknown && e.dropped() {
			continue
		}
		s.ran, s.byKey = append(s.ran, ranEvent{e, db}), nil
		pending = append(pending, s.cross(e, db)...)
		args := s.runnable(e)
		if db == record.Unknown || args == nil {
			own[i] = unfollowed
			continue
		}
		if own[i] = s.trustIn(e); own[i] == unfollowed {
			continue
		}
		if e.wide() && s.passed > 0 && !s.emptied(e, db) {
			own[i] = unfollowed
			continue
		}
		over, err := s.overScores(ctx, e, db, &pending)
		if err != nil {
			return err
		}
		if over {
			own[i] = unfollowed
			continue
		}
		later, relative := engine.Later(args)
		for _, k := range e.keys {
			s.relative[k.name] = s.relative[k.name] || relative || e.scope == command.Scripted
		}
		from[s.steps+len(pending)] = i
		pending = append(pending, engine.Step{DB: db, Args: later})
	}
	if err := s.flush(ctx, &pending); err != nil {
		return err
	}
	for step, err := range s.refused {
		if i, ok := from[step]; ok && unsupported(err) {
			own[i] = unfollowed
		}
	}
	for i, e := range st.events {
		if st.in(e) == record.Unknown && e.dropped() {
			continue
		}
		var a *script.Analysis
		if e.scope == command.Scripted {
			a = s.history.analysis(e.args)
		}
		s.follow(e, own[i], a)
	}
	return nil
}

// flush gives the engine the steps that are pending, and numbers them on.
func (s *simulation) flush(ctx context.Context, pending *[]engine.Step) error {
	if s.engine == nil || len(*pending) == 0 {
		s.steps += len(*pending)
		*pending = (*pending)[:0]
		return nil
	}
	refused, err := s.engine.Apply(ctx, *pending)
	for i, err := range refused {
		s.refused[s.steps+i] = err
	}
	s.steps += len(*pending)
	*pending = (*pending)[:0]
	return err
}

// touch notes which keys of the batch an event can have changed. A script can
// change any, which shows where an engine runs it: all reports that it did.
func (s *simulation) touch(e *event, touched map[int]bool) (all bool) {
	if e.wide() || e.scope == command.Scripted && s.engine != nil {
		for i, subject := range s.batch {
			touched[i] = touched[i] || e.scope == command.Scripted ||
				e.touches(subject.DB, string(subject.Key))
		}
		return e.scope != command.Database
	}
	for _, k := range e.keys {
		for _, i := range s.byName[k.name] {
			touched[i] = touched[i] || e.touches(s.batch[i].DB, k.name)
		}
	}
	return false
}

// unsupported reports whether the engine refused a command for not knowing it,
// or a part of it.
func unsupported(err error) bool {
	text := strings.ToLower(err.Error())
	for _, sign := range []string{
		"unknown command", "unknown subcommand", "syntax error", "wrong number of arguments",
		"unsupported", "not supported", "db index is out of range", "invalid stream id",
	} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return false
}

// runnable is what the engine is given for an event; nil if nothing.
func (s *simulation) runnable(e *event) [][]byte {
	if !appliable(e.args, e.scope) {
		return nil
	}
	if !command.Is(e.args, "EVALSHA") || len(e.args) < 3 {
		return e.args
	}
	body := s.history.bodies[shaOf(e.args)]
	if body == nil {
		return nil
	}
	args := append([][]byte(nil), e.args...)
	args[0], args[1] = []byte("EVAL"), body
	return args
}

// askedKeys is how many keys an engine is asked for at a time, and askedBytes what their
// values take on the two sides, which is about what they take in between.
const (
	askedKeys  = 256
	askedBytes = 1 << 20
)

// read writes down the states that the keys of the batch have come to.
func (s *simulation) read(ctx context.Context, st stage, touched map[int]bool) error {
	var open []int
	size := int64(0)
	for i, of := range s.batch {
		if s.settle(st.of(&s.states[i]), of, touched[i]) {
			continue
		}
		open = append(open, i)
		for _, v := range []*value.Value{of.MasterValue, of.ReplicaValue} {
			if v != nil {
				size += v.Size()
			}
		}
		if len(open) < askedKeys && size < askedBytes {
			continue
		}
		if err := s.ask(ctx, st, open); err != nil {
			return err
		}
		open, size = open[:0], 0
	}
	return s.ask(ctx, st, open)
}

// settle writes down the state of a key as far as no engine has to be asked; false
// where one has.
func (s *simulation) settle(st *state, of *diff.Subject, touched bool) bool {
	name := string(of.Key)
	switch {
	case s.open(place{of.DB, name}, s.passed):
		*st = state{}
	case !touched:
		*st = state{known: true, value: s.values[place{of.DB, name}]}
		if st.value != nil && st.value.Large {
			*st = state{}
		}
	case s.history.cut:
	case s.engine == nil || s.key(name, s.named(of)) == unfollowed:
		if !s.everything {
			*st = s.modelled(of)
		}
	default:
		return false
	}
	return true
}

// ask reads keys of the batch back from the engine.
func (s *simulation) ask(ctx context.Context, st stage, open []int) error {
	if len(open) == 0 {
		return nil
	}
	keys := make([]engine.Key, len(open))
	for n, i := range open {
		keys[n] = engine.Key{DB: s.batch[i].DB, Name: s.batch[i].Key}
	}
	return s.engine.Each(ctx, keys, func(n int, v *value.Value, err error) error {
		if errors.Is(err, engine.ErrUnfit) {
			return nil
		}
		of := s.batch[open[n]]
		name := string(of.Key)
		*st.of(&s.states[open[n]]) = state{known: err == nil, value: v, relative: s.relative[name],
			unsure: s.key(name, s.named(of)) == unsure}
		return err
	})
}

// named reports whether a command, and not only a script with computed keys,
// names the key.
func (s *simulation) named(of *diff.Subject) bool {
	for _, x := range []*index{s.sent, s.run} {
		for e := range x.on(of.DB, string(of.Key)) {
			if !e.wide() {
				return true
			}
		}
	}
	return false
}
