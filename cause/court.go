package cause

import (
	"context"
	"errors"
	"strings"

	"github.com/redsleuth/redsleuth/cause/engine"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/value"
)

// A court works out the three states of each key of a batch, and decides.
type court struct {
	*Explainer
	history         *history
	batch           []*diff.Subject
	byName          map[string][]int // of batch
	master, replica int64            // offsets of the two states
	inferred        bool             // the replica's was not told
	departed        departures

	onMaster, onReplica timeline
	// all, sent and run index the events of the history and the timelines.
	all, sent, run *index
	marks          map[string]*mark
	// states of each key, by its index in batch.
	led, healthy, here []state
}

// A state is a value that commands led to.
type state struct {
	known bool
	value *value.Value // nil is no key
	// loose: its expiry counts from when a command ran, and can't be placed.
	loose bool
}

// is reports whether a state is what a side holds.
func (s state) is(v *value.Value) bool {
	return s.known && value.Same(s.value, v) && s.expiresAs(v)
}

// expiryTolerance is how far an expiry may be from the one that the commands
// lead to, in milliseconds: the clock goes on while they are applied.
const expiryTolerance = 5000

// expiresAs: both expire at about the same time, or neither.
func (s state) expiresAs(v *value.Value) bool {
	if s.value == nil || v == nil {
		return true
	}
	if s.value.HasExpire != v.HasExpire || !v.HasExpire || s.loose {
		return s.value.HasExpire == v.HasExpire
	}
	return max(s.value.ExpireAt, v.ExpireAt)-min(s.value.ExpireAt, v.ExpireAt) <= expiryTolerance
}

// A place is a key in a database.
type place struct {
	db  int
	key string
}

// hear works out the states.
func (c *court) hear(ctx context.Context, names map[string]bool) error {
	c.onMaster = c.history.master(c.master)
	c.all, c.sent = newIndex(c.history.events), newIndex(c.onMaster.events)
	c.follow()
	n := len(c.batch)
	c.byName = make(map[string][]int, n)
	for i, s := range c.batch {
		c.byName[string(s.Key)] = append(c.byName[string(s.Key)], i)
	}
	c.led, c.healthy, c.here = make([]state, n), make([]state, n), make([]state, n)
	if c.onMaster.begin != nil {
		values, err := c.valuesAt(ctx, c.onMaster.begin, names)
		if err != nil {
			return err
		}
		if c.report.Replica.State == nil {
			if err := c.infer(ctx, values); err != nil {
				return err
			}
			c.follow()
		}
		before, after := c.onMaster.until(c.replica)
		stages := []stage{{before, masterDB, c.healthy}, {after, masterDB, c.led}}
		if err := c.simulate(ctx, values, stages); err != nil {
			return err
		}
	}
	if c.onReplica.begin == nil {
		return nil
	}
	if !c.harmed() && c.onReplica.begin == c.onMaster.begin {
		copy(c.here, c.healthy)
		return nil
	}
	values, err := c.valuesAt(ctx, c.onReplica.begin, names)
	if err != nil {
		return err
	}
	return c.simulate(ctx, values, []stage{{c.onReplica.events, replicaDB, c.here}})
}

// follow works out the replica's way to its offset.
func (c *court) follow() {
	c.onReplica = c.history.replica(c.replica)
	c.run, c.marks = newIndex(c.onReplica.events), marksOf(c.onReplica.events)
}

// harmed: something went wrong on the replica's way.
func (c *court) harmed() bool {
	for _, e := range c.onReplica.events {
		if e.misplaced() || e.lost() {
			return true
		}
	}
	return false
}

func masterDB(e *event) int { return e.db }

func replicaDB(e *event) int {
	if e.lost() {
		return record.Unknown
	}
	return e.replicaDB
}

// A stage of a simulation applies events, each in the database that in says
// (record.Unknown leaves it out), and takes down the states they lead to.
type stage struct {
	events []*event
	in     func(*event) int
	states []state
}

// valuesAt reads what the keys held at a beginning.
func (c *court) valuesAt(ctx context.Context, b *begin, names map[string]bool) (map[place]*value.Value, error) {
	in, err := c.input(b.path)
	if err != nil {
		return nil, err
	}
	found, err := diff.ReadKeys(ctx, in, b.link, c.MaxBytes/4, func(_ int, key []byte) bool { return names[string(key)] })
	if err != nil {
		return nil, err
	}
	values := make(map[place]*value.Value, len(found))
	for _, kv := range found {
		values[place{kv.DB, string(kv.Key)}] = kv.Value
	}
	return values, nil
}

// simulate applies stage after stage. Keys that no event touches keep what
// they held, which takes no engine.
func (c *court) simulate(ctx context.Context, values map[place]*value.Value, stages []stage) error {
	sim := &simulation{court: c, values: values, undecided: map[string]bool{}, loose: map[string]bool{}}
	for _, st := range stages {
		if len(st.events) > 0 {
			sim.needed = true
		}
	}
	if sim.needed {
		engine, err := c.start(ctx, c.databases())
		if err != nil {
			return err
		}
		sim.engine = engine
		if engine != nil {
			if err := sim.prepare(ctx); err != nil {
				return err
			}
		}
	}
	touched := map[int]bool{}
	for _, st := range stages {
		if err := sim.apply(ctx, st, touched); err != nil {
			return err
		}
		for i, s := range c.batch {
			if err := sim.note(ctx, &st.states[i], s, touched[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// databases is how many an engine needs.
func (c *court) databases() int {
	n := 15
	for _, s := range c.batch {
		n = max(n, s.DB)
	}
	for _, e := range c.history.events {
		n = max(n, e.db, e.replicaDB)
	}
	return min(n, maxDatabase) + 1
}

// maxDatabase bounds the databases of an engine.
const maxDatabase = 1 << 14

// A simulation is one run of an engine.
type simulation struct {
	*court
	values map[place]*value.Value
	engine *engine.Engine // nil where there is none
	needed bool
	// undecided are keys that the engine could not follow.
	undecided map[string]bool
	// loose are keys whose expiry counts from when a command ran.
	loose map[string]bool
	// lost: it could not follow a command that changes any number of keys.
	lost bool
}

// prepare gives the engine what the keys held.
func (s *simulation) prepare(ctx context.Context) error {
	if err := s.engine.Reset(ctx); err != nil {
		return err
	}
	for p, v := range s.values {
		err := s.engine.Put(ctx, p.db, []byte(p.key), v)
		if errors.Is(err, engine.ErrUnfit) {
			s.undecided[p.key] = true
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// apply runs the events of a stage.
func (s *simulation) apply(ctx context.Context, st stage, touched map[int]bool) error {
	var steps []engine.Step
	var from []*event
	for _, e := range st.events {
		s.touch(e, touched)
		db := st.in(e)
		args := s.runnable(e)
		if db == record.Unknown && e.outcome != record.Dropped || args == nil {
			s.doubt(e)
			continue
		}
		if db == record.Unknown {
			continue
		}
		later, relative := engine.Later(args)
		for _, k := range e.keys {
			s.loose[k.name] = s.loose[k.name] || relative || e.class == scripted
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
		if lacking(err) {
			s.doubt(from[i])
		}
	}
	return nil
}

// touch marks the keys of the batch that an event can have changed. A script
// can change any, which shows where an engine runs it.
func (s *simulation) touch(e *event, touched map[int]bool) {
	if e.wide() || e.class == scripted && s.engine != nil {
		for i, subject := range s.batch {
			touched[i] = touched[i] || e.class == scripted || e.touches(subject.DB, string(subject.Key))
		}
		return
	}
	for _, k := range e.keys {
		for _, i := range s.byName[k.name] {
			touched[i] = touched[i] || e.touches(s.batch[i].DB, k.name)
		}
	}
}

// doubt marks the keys of an event as undecided.
func (s *simulation) doubt(e *event) {
	s.lost = s.lost || e.wide()
	for _, k := range e.keys {
		s.undecided[k.name] = true
	}
}

// lacking: the engine refused a command for not knowing it, or a part of it.
func lacking(err error) bool {
	text := strings.ToLower(err.Error())
	for _, sign := range []string{"unknown command", "unknown subcommand", "syntax error", "wrong number of arguments", "unsupported", "not supported", "db index is out of range", "invalid stream id"} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return false
}

// runnable is what the engine is given for an event; nil if nothing.
func (s *simulation) runnable(e *event) [][]byte {
	if !appliable(e.args, e.class) {
		return nil
	}
	if !named(e.args, "EVALSHA") || len(e.args) < 3 {
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

// note takes down the state of a key.
func (s *simulation) note(ctx context.Context, st *state, subject *diff.Subject, touched bool) error {
	name := string(subject.Key)
	if !touched {
		*st = state{known: true, value: s.values[place{subject.DB, name}]}
		if st.value != nil && st.value.Large {
			*st = state{}
		}
		return nil
	}
	if s.engine == nil || s.lost || s.undecided[name] || s.history.cut {
		return nil
	}
	v, err := s.engine.Get(ctx, subject.DB, subject.Key)
	if errors.Is(err, engine.ErrUnfit) {
		return nil
	}
	*st = state{known: err == nil, value: v, loose: s.loose[name]}
	return err
}
