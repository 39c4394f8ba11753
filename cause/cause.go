// Package cause says why two states differ, from the streams that led to
// them.
//
// Three states are worked out for each differing key, by applying the
// commands of the stream to what a payload or a dump held before:
//
//	the master's        at the master's offset
//	a healthy replica's at the replica's offset: the master's, then
//	this replica's      at the replica's offset: with the commands that it
//	                    ran, in the databases in which it ran them
//
// What they are equal to decides: where the last is what the replica holds,
// and not what a healthy one would, a misplaced or dropped command did it;
// where the first two are what the sides hold, the replica is behind; where
// the stream explains one side alone, something outside the stream changed the
// other, and nothing shows what: that is likely, not proved. Where the commands
// can't be applied, they only point to a cause, and it is no more than likely.
//
// Where the stream has holes, or began before it was captured, a state is known of
// the keys that it leads to the same, whatever was in there (holes.go): what a
// command set outright since, and what a hole has no room for.
//
// Of several replicas in the streams the one is followed that the dump is of
// (whose.go); what the others were sent tells of the master.
//
// # Two readings
//
// The streams are read twice, however many keys differ: to plan (package
// replay/session), and to follow the plan; the packets of a capture once, since its
// links are kept meanwhile. What matters is written to a
// temporary file on the way (recording), no larger than the streams, and read
// from there for each batch of differences: payloads as stored values, and
// commands with what the replica made of them. While the keys that may differ
// are few, only commands are written that name one of them, or a key that some
// command joins with another.
//
// # Limitations
//
// What a script changes beyond the keys that it is given is only known where
// an engine runs it. Keys that are made from others are followed through
// sixteen readings of the recording; where that is not enough, the history
// counts as cut, and nothing is said of them.
package cause

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/replay"
	"github.com/redsleuth/redsleuth/server"

	"github.com/redsleuth/redsleuth/cause/engine"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/parse/record"
)

// Options of an Explainer.
type Options struct {
	// Replay says what is followed: the streams, the replica's earlier dumps,
	// and what INFO and logs tell. Without streams none is.
	Replay replay.Options
	// Engine starts what applies commands; it is called when first needed.
	// Nil means that no commands are applied.
	Engine func(ctx context.Context, databases int) (*engine.Engine, error)
	// Insist: without an engine there is to be no result.
	Insist bool
	// MaxBytes bounds the commands and the values held, each.
	MaxBytes int64
	// Sides says of outputs of MONITOR and of slow logs, by path, whose they are.
	// Of others it is found out by what they have in common with the streams.
	Sides map[string]Side
	// Tell is called with sentences for the user.
	Tell func(format string, args ...any)
}

// A Side is the server of which MONITOR or a slow log is.
type Side struct {
	Replica bool
	// Master is the address by which a replica shows its master, whose commands
	// are among those of clients; "" where unknown.
	Master string
}

// An Explainer explains the differences of one comparison. Close ends the
// engine, and frees the disk space that it took: no more than the streams
// take, decompressed.
type Explainer struct {
	Options
	report    *diff.Report
	engine    *engine.Engine
	noEngine  error      // why there is none
	recording *recording // nil without streams
	clients   *clientLog // nil without streams
	followed  *replay.Report
	survey    survey
	whose     whose // of the replicas of the streams
	// masterDeparts and replicaDeparts: a side was seen to hold what the
	// stream does not lead to.
	masterDeparts, replicaDeparts bool
	// tried: it was tried to infer the replica's offset, and inferredAt is
	// what came of it.
	tried      bool
	inferredAt int64
}

// New makes an Explainer.
func New(o Options) *Explainer { return &Explainer{Options: o} }

// Followed is what replay reports of the streams, once they were followed; nil
// before, and without streams.
func (x *Explainer) Followed() *replay.Report { return x.followed }

// Close stops the engine, where one was started.
func (x *Explainer) Close() error {
	var errs []error
	if x.engine != nil {
		errs = append(errs, x.engine.Close())
	}
	if x.recording != nil {
		errs = append(errs, x.recording.close())
	}
	if x.clients != nil {
		errs = append(errs, x.clients.close())
	}
	return errors.Join(errs...)
}

// Compare compares two dumps and explains what differs.
func (x *Explainer) Compare(ctx context.Context, master, replica *input.Input, o diff.Options) (
	*diff.Report, error) {
	return x.CompareSides(ctx, []*input.Input{master}, []*input.Input{replica}, o)
}

// CompareSides is Compare of sides that may be several dumps each, the shards of a
// cluster.
func (x *Explainer) CompareSides(ctx context.Context, master, replica []*input.Input, o diff.Options) (
	report *diff.Report, err error) {
	c, err := diff.Open(ctx, master, replica, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := x.Explain(ctx, c); err != nil {
		return nil, err
	}
	return c.Finish(ctx)
}

// Explain follows the streams, refines the replication verdict by what they
// tell of the two states as a whole, and finds the causes of the differences.
func (x *Explainer) Explain(ctx context.Context, c *diff.Comparison) error {
	if err := x.begin(ctx, c); err != nil {
		return err
	}
	for batch, err := range c.Unexplained(ctx) {
		if err != nil {
			return err
		}
		if err := x.explain(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}

func (x *Explainer) begin(ctx context.Context, c *diff.Comparison) error {
	report := c.Report()
	x.report = report
	x.survey = survey{master: offsetOf(report.Master), replica: offsetOf(report.Replica)}
	if len(x.Replay.Streams) > 0 {
		if err := x.follow(ctx, c); err != nil {
			return ownError(err)
		}
	}
	return x.refine(ctx)
}

// follow reads the streams twice, once to plan and once to follow the plan.
func (x *Explainer) follow(ctx context.Context, c *diff.Comparison) (err error) {
	if x.recording, err = newRecording(); err != nil {
		return err
	}
	x.recording.mayDiffer = c.MayDiffer
	if x.tellsOffset() { // else infer asks about equal keys as well
		x.recording.selection = newSelection(c.MayDiffer)
	}
	o := x.Replay
	o.Beside = func(_ int, in *input.Input) record.Handler {
		return surveyor{payloadRecorder{x.recording, in.Path}, x.recording.selection}
	}
	if x.clients, err = newClientLog(x.recording.selection, x.Sides); err != nil {
		return err
	}
	for _, side := range []*diff.Side{x.report.Master, x.report.Replica} {
		if side.State != nil {
			o.Dumps = append(o.Dumps, *side.State)
		}
	}
	o.Clients = func(stream int, c *record.ClientCommand) error {
		if o.Watch != nil {
			o.Watch.Take(o.Streams[stream].Path, c)
		}
		return x.clients.take(o.Streams[stream].Path, c)
	}
	if o.Plan, err = replay.NewPlan(ctx, o); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.Plan.Close()) }()
	x.clients.servers.meet(o.Plan)
	x.whose = whoseDump(o.Plan, x.report.Replica)
	o.Beside, o.Clients = nil, nil
	o.Effect = x.effect
	if x.followed, err = replay.Run(ctx, o); err != nil {
		return err
	}
	x.recording.takeRefused(x.followed)
	return x.unused(x.followed)
}

// effect takes what became of a command, or that a state begins.
func (x *Explainer) effect(e *replay.Effect) error {
	ours := x.whose.ours(e)
	x.clients.effect(e, ours)
	if !ours {
		of, tells := others(e)
		if !tells {
			return nil
		}
		return x.recording.effect(&of, true)
	}
	if err := x.survey.effect(e); err != nil {
		return err
	}
	return x.recording.effect(e, false)
}

// unused tells of streams in which there is no link; where none is in any, it is
// as if none had been given.
func (x *Explainer) unused(followed *replay.Report) error {
	for _, f := range followed.Findings {
		if f.Code == finding.StreamUnused {
			x.report.Findings = append(x.report.Findings, f)
		}
	}
	if len(followed.Links) > 0 {
		return nil
	}
	err := x.recording.close()
	x.recording = nil
	return err
}

// tellsOffset reports whether the replica's dump says where in the stream it
// stands, and no version is known to say it wrongly.
func (x *Explainer) tellsOffset() bool {
	return x.report.Replica.State != nil &&
		server.KeepsStaleOffset.Of(x.report.Replica.Version) != server.Yes
}

// tellOffsets reports whether both dumps say where in the stream they stand, and
// rightly.
func (x *Explainer) tellOffsets() bool {
	return x.report.Master.State != nil && x.report.Replica.State != nil && !x.report.Replication.StaleOffset
}

func offsetOf(s *diff.Side) int64 {
	if s.State == nil {
		return record.Unknown
	}
	return s.State.Offset
}

// explain finds the causes of a batch.
func (x *Explainer) explain(ctx context.Context, batch []*diff.Subject) error {
	if x.recording == nil && x.parted() {
		for _, s := range batch {
			x.explainParted(s, nil)
		}
		return nil
	}
	if x.recording == nil {
		for _, s := range batch {
			if s.FieldsExpired {
				continue
			}
			if s.PlausibleDelay() {
				s.Delayed()
				continue
			}
			s.Unexplained(finding.EvidenceNoStream,
				"no stream was given; with --stream, what happened to the key can be told")
		}
		return nil
	}
	names := map[string]bool{}
	for _, s := range batch {
		names[string(s.Key)] = true
	}
	h, err := x.recording.collect(ctx, names, x.MaxBytes)
	if err != nil {
		return err
	}
	if h.cut {
		x.Tell("the stream holds more commands on the differing keys than fit into --max-memory: " +
			"causes are no more than likely")
	}
	a := newAttribution(x, h, batch)
	if err := a.computeStates(ctx, names); err != nil {
		return err
	}
	if err := (omissions{a}).try(ctx); err != nil {
		return err
	}
	for i, s := range batch {
		if x.parted() {
			partings{a}.attribute(i, s)
		} else {
			a.attribute(i, s)
		}
	}
	a.reconcile()
	if err := a.askClients(ctx); err != nil {
		return err
	}
	if x.parted() {
		partings{a}.sayWhichSide()
	}
	x.doubtWhose(batch)
	return nil
}

// offsets are the ends of the two timelines: those of the dumps; of a replica
// whose offset is stale, and of a dump without one, the end of the streams; and
// of histories that part, where they do.
func (x *Explainer) offsets(h *history) (master, replica int64) {
	last, known := h.spans.end()
	if !known {
		last = math.MaxInt64
	}
	if x.parted() {
		at := min(last, x.lastShared())
		return at, at
	}
	master, replica = offsetOf(x.report.Master), offsetOf(x.report.Replica)
	if master == record.Unknown {
		master = last
	}
	if replica == record.Unknown || x.report.Replication.StaleOffset {
		replica = min(master, last)
	}
	return master, replica
}

// startEngine has an engine ready; nil where there is none to be had.
func (x *Explainer) startEngine(ctx context.Context, databases int) (*engine.Engine, error) {
	if x.engine != nil || x.noEngine != nil || x.Engine == nil {
		return x.engine, nil
	}
	engine, err := x.Engine(ctx, databases)
	if err != nil {
		if ctx.Err() != nil || x.Insist {
			return nil, err
		}
		x.noEngine = err
		x.Tell("no engine to prove causes with: %v", err)
		return nil, nil
	}
	x.engine, x.report.Engine = engine, engine.Name
	return engine, nil
}

// input finds an input by its path.
func (x *Explainer) input(path string) (*input.Input, error) {
	for _, in := range slices.Concat(x.Replay.Streams, x.Replay.Bases) {
		if in.Path == path {
			return in, nil
		}
	}
	return nil, fmt.Errorf("%s: the replay names an input that was not given", path)
}
