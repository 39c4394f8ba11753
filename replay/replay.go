// Package replay follows a stream as a replica of a given server version
// would, and says where its state could not be what the master took it for.
//
// # Three rooms
//
// Package session says whose connections the links of the inputs are, in which
// order they came, and how far the replica ran each: a plan, made by one
// reading. Package replica is the state machine of one replica by version; it
// follows the plan in a second reading and emits events. This package makes
// findings of them, one function a kind of event (sentences.go), a verdict, the
// history of keys and the state at a point. A single recording of a single link
// needs no plan, and is read once.
//
// # Versions
//
// A list of versions asks of each what it alone would be asked, and beside that
// the question of upgrades: what a replica would have met that had run it all
// along, and saved its own dumps (Result.OwnDump).
//
// # Places
//
// A finding's link counts within its input, which is named. Elsewhere in a
// Report a link is its Index there.
//
// # Limitations
//
// Those of session and replica: what is neither in a recording nor shown by a
// request or an acknowledgement is not known, and no more is said of it.
package replay

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/redsleuth/redsleuth/parse/artefact"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/replay/replica"
	"github.com/redsleuth/redsleuth/replay/session"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/server"
)

// DefaultMaxScripts is how many distinct scripts are followed unless told
// otherwise: as many as fit into 64 MiB with the rest.
const DefaultMaxScripts = 120_000

// Options say what is followed, and as what.
type Options struct {
	// Streams hold links, command streams, AOFs or captures, in the order in
	// which they were recorded as far as they don't tell it themselves.
	Streams []*input.Input
	// Bases are dumps from which processes of the replica started.
	Bases []*input.Input
	// Offset is the number of the first byte of a stream that doesn't tell
	// it, one more than the offset before it; 0 is none.
	Offset int64
	// Dumps are where in which history other dumps of these servers were made.
	Dumps []repl.State
	// Versions are those of the replica to be followed; none means its own. Each
	// loads the bases as they are; of several, each is followed once more as if
	// the bases were what it would have saved there itself (Result.OwnDump).
	Versions []server.Version
	// Also are versions that are followed beside the replica's own, where
	// Versions has none; Report.Versions tells of them. They share MaxScripts.
	Also []server.Version
	// Facts are what INFO output and logs tell.
	Facts repl.Facts
	// Restarts asks which restarts would do harm.
	Restarts bool
	// At asks for the state at a point.
	At *Point
	// Key asks for the history of the keys that it matches.
	Key func(key []byte) bool
	// Sides are dumps of the two, whose values go into that history.
	Sides []Side
	// Plan is one that NewPlan made of these streams and bases, for whoever
	// follows them more than once; nil has one made.
	Plan *session.Plan
	// Beside, if set, gives a handler that sees all that the survey reads of
	// a stream. There is no survey where there is but one link.
	Beside func(stream int, in *input.Input) record.Handler
	// Clients, if set, is given the commands of ordinary clients, as the survey
	// comes upon them.
	Clients func(stream int, c *record.ClientCommand) error
	// Watch is what a survey that gave Clients to it saw of them. With Effect
	// clients are not read, and without a Watch nothing is said of them.
	Watch *ClientWatch
	// Kept, if set, holds what was read of captures from one reading to the next.
	Kept *artefact.Kept
	// Effect is told of every command of the replica's own life, if set.
	Effect     func(*Effect) error
	Limits     parse.Limits
	MaxScripts int
}

// outcomes is how many versions are followed.
func (o *Options) outcomes() int {
	if len(o.Versions) > 0 {
		return len(o.Versions)
	}
	return 1 + len(o.Also)
}

// A Point is an offset, or a time where Time is set.
type Point struct {
	Offset int64
	Time   time.Time
}

// ErrNoStream is returned where an input holds nothing to follow.
var ErrNoStream = errors.New("no replication link, command stream or AOF in it")

// Run follows the streams. Its errors are those of reading the inputs.
func Run(ctx context.Context, o Options) (*Report, error) {
	if o.MaxScripts == 0 {
		o.MaxScripts = DefaultMaxScripts
	}
	bases, err := readBases(&o)
	if err != nil {
		return nil, err
	}
	if bases.sides, err = readSides(&o); err != nil {
		return nil, err
	}
	plan := o.Plan
	if plan == nil {
		// A single recording of a single link has no need for a survey: nothing
		// after it tells how far the replica got.
		if plan = session.Sole(o.session(bases)); plan != nil && o.Effect == nil {
			report, err := run(ctx, &o, plan, bases)
			if !errors.Is(err, session.ErrAnotherLink) {
				return report, err
			}
		}
		if plan, err = session.New(ctx, o.session(bases)); err != nil {
			return nil, err
		}
	}
	return run(ctx, &o, plan, bases)
}

// NewPlan surveys the streams, for as many runs as there are to be. Close it: what it
// found in captures is kept, so that runs with Effect read no packets.
func NewPlan(ctx context.Context, o Options) (*session.Plan, error) {
	heads := &bases{}
	for _, in := range o.Bases {
		head, err := session.ReadHead(in)
		if err != nil {
			return nil, err
		}
		heads.dumps = append(heads.dumps, &replica.Dump{Dump: *head})
	}
	so := o.session(heads)
	so.Keep = true
	return session.New(ctx, so)
}

func (o *Options) session(b *bases) session.Options {
	s := session.Options{Streams: o.Streams, Offset: o.Offset, Logged: o.Facts.Resyncs,
		Terms: o.Facts.Promotions(), Beside: o.Beside, Clients: o.Clients, Dumps: o.Dumps, Kept: o.Kept}
	for _, d := range b.dumps {
		s.Bases = append(s.Bases, &d.Dump)
	}
	return s
}

func run(ctx context.Context, o *Options, plan *session.Plan, bases *bases) (*Report, error) {
	r := &runner{
		options: o, plan: plan, report: &Report{VersionSource: replica.VersionUnknown, Damaged: len(bases.findings) > 0},
		dumps: map[*session.Dump]*replica.Dump{}, payloads: map[*session.Connection]*replica.Dump{},
		links: map[*session.Connection]*Link{}, reporters: map[int][]*reporter{},
		analyser: bases.analyser, keys: bases.keys, sides: bases.sides, names: newNameCounts(), clients: o.Watch, inputs: slices.Clone(bases.findings),
	}
	if r.clients == nil {
		r.clients = NewClientWatch(o.Facts.Terms)
	}
	for i, b := range plan.Bases {
		r.dumps[b] = bases.dumps[i]
	}
	r.asked.touches.asked = o.Key
	r.number()
	if err := r.follow(ctx); err != nil {
		return nil, err
	}
	report, err := r.finish()
	if err == nil {
		r.asked.merge(report)
		r.addLife(report)
		r.addSides(report)
	}
	return report, err
}

// follow follows the plan. Whoever weighs effects has asked the survey about
// clients, and needs no more of them.
func (r *runner) follow(ctx context.Context) error {
	if r.options.Effect != nil {
		return r.plan.Walk(ctx, withoutClients{r})
	}
	if err := r.plan.Walk(ctx, r); err != nil {
		return err
	}
	return r.readMonitors(ctx)
}

// withoutClients is told nothing of them, which makes the reading of captures
// quicker.
type withoutClients struct{ session.Follower }
