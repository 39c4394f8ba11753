package cause

import (
	"context"
	"errors"
	"strings"

	"github.com/redsleuth/redsleuth/cause/engine"
	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/parse/record"
)

// A stage of a simulation applies events, each in the database that in says
// (record.Unknown leaves it out), and writes down the states they lead to.
type stage struct {
	events []*event
	in     func(*event) int
	of     func(*states) *state
}

// A simulation is one run of an engine from the values of a beginning.
type simulation struct {
	*attribution
	values values
	engine *engine.Engine // nil where there is none
	// unfollowed are keys that commands changed which the engine could not
	// run; everything is, where one of them changes keys that it does not name.
	unfollowed map[string]bool
	everything bool
	// relative are keys whose expiry counts from when a command ran.
	relative map[string]bool
}

func newSimulation(a *attribution, held values) *simulation {
	return &simulation{
		attribution: a, values: held, unfollowed: map[string]bool{}, relative: map[string]bool{},
	}
}

// simulate applies stage after stage. Keys that no event touches keep what
// they held, which takes no engine.
func (a *attribution) simulate(ctx context.Context, held values, stages []stage) error {
	sim := newSimulation(a, held)
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
		for i, s := range a.batch {
			if err := sim.read(ctx, st.of(&a.states[i]), s, touched[i]); err != nil {
				return err
			}
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
			s.unfollowed[p.key] = true
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
	var steps []engine.Step
	var from []*event
	for _, e := range st.events {
		s.touch(e, touched)
		db := st.in(e)
		args := s.runnable(e)
		if db == record.Unknown && !e.dropped() || args == nil {
			s.distrust(e)
			continue
		}
		if db == record.Unknown {
			continue
		}
		later, relative := engine.Later(args)
		for _, k := range e.keys {
			s.relative[k.name] = s.relative[k.name] || relative || e.scope == command.Scripted
		}
		steps = append(steps, engine.Step{DB: db, Args: later})
		from = append(from, e)
	}
	if s.engine == nil || len(steps) == 0 {
		return nil
	}
	refused, err := s.engine.Apply(ctx, steps)
	if err != nil {
		return err
	}
	for i, err := range refused {
		if unsupported(err) {
			s.distrust(from[i])
		}
	}
	return nil
}

// touch notes which keys of the batch an event can have changed. A script can
// change any, which shows where an engine runs it.
func (s *simulation) touch(e *event, touched map[int]bool) {
	if e.wide() || e.scope == command.Scripted && s.engine != nil {
		for i, subject := range s.batch {
			touched[i] = touched[i] || e.scope == command.Scripted ||
				e.touches(subject.DB, string(subject.Key))
		}
		return
	}
	for _, k := range e.keys {
		for _, i := range s.byName[k.name] {
			touched[i] = touched[i] || e.touches(s.batch[i].DB, k.name)
		}
	}
}

// distrust takes it that nothing is known of what an event changed.
func (s *simulation) distrust(e *event) {
	s.everything = s.everything || e.wide()
	for _, k := range e.keys {
		s.unfollowed[k.name] = true
	}
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

// read writes down the state that a key has come to.
func (s *simulation) read(ctx context.Context, st *state, of *diff.Subject, touched bool) error {
	name := string(of.Key)
	if !touched {
		*st = state{known: true, value: s.values[place{of.DB, name}]}
		if st.value != nil && st.value.Large {
			*st = state{}
		}
		return nil
	}
	if s.engine == nil || s.everything || s.unfollowed[name] || s.history.cut {
		return nil
	}
	v, err := s.engine.Get(ctx, of.DB, of.Key)
	if errors.Is(err, engine.ErrUnfit) {
		return nil
	}
	*st = state{known: err == nil, value: v, relative: s.relative[name]}
	return err
}
