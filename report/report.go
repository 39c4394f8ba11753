package report

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/redsleuth/redsleuth/cause"
	"github.com/redsleuth/redsleuth/cause/engine"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/artefact"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/pattern"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/replay"
	"github.com/redsleuth/redsleuth/server"
)

// Options of a report.
type Options struct {
	// Paths are folders and files.
	Paths []string
	// Masters, Replicas and Befores are files whose role is told.
	Masters, Replicas, Befores []string
	// Open opens and recognises an artefact.
	Open func(path string) (*input.Input, error)
	// Name is what an artefact's path is called in what the engines say; nil
	// leaves it as it is.
	Name func(path string) string
	// Now is when expired is judged; zero for the time of the dumps.
	Now       time.Time
	Limits    parse.Limits
	MaxMemory int64
	// Limit is how many differences are listed; 0 for all. Each, if set, is told of
	// every one, in no order and with its changes, which then are not kept; with Keep, no
	// more than so many differences are, whatever the limit.
	Limit int
	Keep  int
	Each  func(*diff.Difference)
	// Measure: what keys cost in memory is worked out, of dumps that are not too large.
	Measure bool
	// Bare: the changes of each difference are not kept.
	Bare bool
	// Engine applies commands to prove causes; nil for none.
	Engine func(ctx context.Context, databases int) (*engine.Engine, error)
	Tell   func(format string, args ...any)
}

// A Report is the whole account.
type Report struct {
	Artefacts []*Artefact
	Verdict   Verdict
	Timeline  []Event
	// Replay and Diff are nil where the artefacts allow none; ReplayAsked is
	// what the replay was asked.
	Replay      *replay.Report
	ReplayAsked *replay.Options
	Diff        *diff.Report
	// Tally counts all differences, also those that Diff does not list.
	Tally Tally
	// Versions is what releases would have met in the replica's place; empty
	// without a replay.
	Versions []replay.Result
	// Chain is what the artefacts cover of each history, Hosts whose servers
	// they are of.
	Chain []History
	Hosts []Host
	// Acts are what clients did to the servers, by time, Unasked what happened to these
	// of which nothing tells who asked for it.
	Acts    []Act
	Unasked []Unasked
	// Refusals are what the replica refused of its stream, by time; Aborted counts the
	// transactions that went with that, by its log.
	Refusals []Refusal
	Aborted  int64
	// Ending is how things stood at the end, Folder the one folder that was named; ""
	// where files or several folders were.
	Ending Ending
	Folder string
	// Lacking says what the artefacts can't tell, and which one would.
	Lacking []string

	excerpts map[place]*Excerpt
	bodies   map[string][]byte
}

// A run is a report under way.
type run struct {
	Options
	Report
	quick bool                // neither values nor sums are asked for
	times map[place]time.Time // of findings and evidence
	torn  map[string]bool     // addresses that have both roles, by what is known
	// refusing is the version of the replica that refused commands.
	refusing server.Version
	kept     *artefact.Kept // of captures, whose packets are read once
}

// Run makes the account of a folder.
func Run(ctx context.Context, o Options) (report *Report, err error) {
	r := &run{Options: o, kept: &artefact.Kept{Clients: true}}
	defer func() { err = errors.Join(err, r.kept.Close()) }()
	if err := r.gather(ctx); err != nil {
		return nil, err
	}
	if err := cmp.Or(r.misnamed(Master, o.Masters), r.misnamed(Replica, o.Replicas),
		r.misnamed(ReplicaBefore, o.Befores)); err != nil {
		return nil, err
	}
	for _, a := range r.Artefacts {
		if err := r.inspect(ctx, a); err != nil {
			return nil, err
		}
	}
	r.roles()
	if err := r.compare(ctx); err != nil {
		return nil, err
	}
	if err := r.replay(ctx); err != nil {
		return nil, err
	}
	r.chain()
	r.hosts()
	if err := r.find(ctx); err != nil {
		return nil, err
	}
	r.acts()
	r.refusals()
	r.memory()
	r.ending()
	r.verdict()
	r.timeline()
	r.lacking()
	return &r.Report, nil
}

// separators end the parts of keys' names that are counted.
const separators = pattern.Separators

// mostTop is how many of the largest keys and prefixes are kept of an artefact.
const mostTop = 24

// mostDistinct is how many scripts, findings and the like are kept of an artefact where
// few are shown.
const mostDistinct = 20_000

// MostMeasured is how large a dump may be whose keys' memory is worked out, in bytes: it
// takes half as long again as to check them.
const MostMeasured = 256 << 20

// inspect reads one artefact, and sums its bytes beside that. One that can't be
// read is listed all the same.
func (r *run) inspect(ctx context.Context, a *Artefact) error {
	if a.Input == nil {
		return nil
	}
	options := inspect.Options{Limits: a.Input.Limits, Kind: a.Kind, Now: r.Now, Quick: r.quick, Interrupted: ctx.Err}
	if r.Bare {
		options.Limits.MaxDistinct = min(options.Limits.MaxDistinct, mostDistinct)
	}
	if !r.quick {
		a.Input.StartSum()
		options.Top, options.Separators = mostTop, separators
		options.Measure = r.Measure && a.Bytes <= MostMeasured
	}
	if a.Input.Rereadable() {
		options.Again = a.Input.CursorAt
	}
	inspector := inspect.New(options)
	walk := artefact.Options{Clients: inspector.Client, Kept: r.kept}
	_, err := artefact.Walk(ctx, a.Input, walk, sampler{inspector, &a.Samples})
	if err == nil {
		a.SHA256, err = a.Input.SHA256()
	}
	if err == nil {
		a.Sums, err = a.Input.FileSums()
	}
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		a.Why = err.Error()
		return nil
	}
	a.Inspect = inspector.Report()
	a.Kind = a.Inspect.Kind
	if d := a.Inspect.RDB; d != nil && d.Replication != nil {
		a.State = &d.Replication.State
	}
	for i := range a.Inspect.Findings {
		if f := &a.Inspect.Findings[i]; f.Path == "" {
			f.Path = a.Input.Path
		}
	}
	return nil
}

// memory ties what INFO says of a server's memory to the dump of the same.
func (r *run) memory() {
	for _, role := range []Role{Master, Replica} {
		var of []*Artefact
		for _, a := range r.Artefacts {
			if a.Kind == KindInfo && r.sideOf(a) == role {
				of = append(of, a)
			}
		}
		d, a := r.with(role), only(of)
		if d != nil && a != nil && d.Inspect.RDB.Memory != nil && d.Inspect.RDB.Memory.Server == nil {
			d.Inspect.RDB.Memory.Server = a.Info.Memory()
		}
	}
}

// facts reads INFO output and logs again, for what replay and diff ask of
// them.
func (r *run) facts() (f repl.Facts) {
	for _, a := range r.Artefacts {
		read := f.ReadInfo
		switch a.Kind {
		case KindInfo:
		case KindLog:
			read = f.ReadLog
		default:
			continue
		}
		file, err := os.Open(a.File)
		if err == nil {
			err = errors.Join(read(file), file.Close())
		}
		if err != nil {
			a.Why = err.Error()
		}
	}
	return f
}

// streams are the recordings of links, and the dumps that the replica started
// from.
func (r *run) streams() (streams, bases []*input.Input) {
	for _, a := range r.Artefacts {
		switch {
		case a.Role == ReplicaBefore && a.Input != nil:
			bases = append(bases, a.Input)
		case a.Inspect == nil:
		case a.Role == Link && len(a.Inspect.Links) > 0, a.Inspect.Clients != nil:
			streams = append(streams, a.Input)
		}
	}
	// A capture tells times and both directions, so it goes first.
	slices.SortStableFunc(streams, func(a, b *input.Input) int { return rank(a.Kind) - rank(b.Kind) })
	return streams, bases
}

func rank(k input.Kind) int {
	return slices.Index([]input.Kind{input.KindPCAP, input.KindPSYNC}, k) & 3
}

// replayOptions are what is asked of the streams: what became of the replica,
// and what would have of releases that could take its place.
func (r *run) replayOptions() replay.Options {
	streams, bases := r.streams()
	facts := r.facts()
	return replay.Options{
		Streams: streams, Bases: bases, Offset: record.Unknown, Facts: facts, Limits: r.Limits,
		MaxScripts: replay.DefaultMaxScripts, Also: server.Upgrades(r.replicaVersion(facts)),
		Watch: replay.NewClientWatch(facts.Terms), Kept: r.kept,
	}
}

// replicaVersion is what a dump or INFO of the replica tells, or else one of the
// master.
func (r *run) replicaVersion(facts repl.Facts) server.Version {
	for _, role := range []Role{ReplicaBefore, Replica, Master} {
		if a := r.with(role); a != nil && !a.Inspect.RDB.Server.IsZero() {
			return a.Inspect.RDB.Server
		}
	}
	if facts.Replica.IsZero() {
		return facts.Master
	}
	return facts.Replica
}

// replay follows the streams, where the comparison did not.
func (r *run) replay(ctx context.Context) error {
	o := r.replayOptions()
	if r.Replay != nil || len(o.Streams) == 0 {
		return nil
	}
	if err := r.spool(slices.Concat(o.Streams, o.Bases)...); err != nil {
		return err
	}
	o.Watch = nil // clients are read with the streams
	report, err := replay.Run(ctx, o)
	switch {
	case errors.Is(err, replay.ErrNoStream):
		return nil
	case err != nil:
		return fmt.Errorf("replay: %w", err)
	}
	r.replayed(report, &o)
	return nil
}

// replayed keeps what a replay came to, and what it says of other versions.
func (r *run) replayed(report *replay.Report, o *replay.Options) {
	r.Versions, report.Versions = report.Versions, nil
	r.Replay, r.ReplayAsked = report, o
}

// spool makes inputs readable more than once, if there is more to be read of them.
func (r *run) spool(inputs ...*input.Input) error {
	for _, in := range inputs {
		if r.kept.Holds(in) {
			continue
		}
		if err := in.Spool(); err != nil {
			return err
		}
	}
	return nil
}

// compare holds the two sides against each other. Where it is not known which
// is which, it says whether they are equal, and no cause.
func (r *run) compare(ctx context.Context) error {
	master, replica := r.with(Master), r.with(Replica)
	known := master != nil && replica != nil
	if !known {
		if master, replica = r.pair(); master == nil {
			return nil
		}
	}
	o := r.replayOptions()
	d := diff.Options{
		MaxMemory: max(r.MaxMemory-r.kept.Memory(), r.MaxMemory/2), TTLSkew: ttlSkew, Limit: r.Limit, Keep: r.Keep, Tell: r.Tell, Now: r.Now,
		Servers: o.Facts.Servers, Bare: r.Bare || r.Each != nil, Each: r.differs,
	}
	c := cause.Options{Replay: o, MaxBytes: r.MaxMemory / 4, Tell: r.Tell, Engine: r.Engine,
		Sides: r.sides()}
	if !known {
		c.Replay.Streams, c.Replay.Bases = nil, nil
	}
	both := []*input.Input{master.Input, replica.Input}
	if err := r.spool(slices.Concat(both, o.Streams, o.Bases)...); err != nil {
		return err
	}
	explainer := cause.New(c)
	report, err := explainer.Compare(ctx, master.Input, replica.Input, d)
	if err = errors.Join(err, explainer.Close()); err != nil {
		return fmt.Errorf("diff: %w", err)
	}
	r.Diff = report
	r.Verdict.Sided = known
	if followed := explainer.Followed(); followed != nil {
		r.replayed(followed, &o)
	}
	return nil
}

// differs takes a difference as it comes.
func (r *run) differs(d *diff.Difference) {
	r.Tally.Count(d)
	if r.Each != nil {
		r.Each(d)
	}
}

// ttlSkew is what expiries may differ by: older servers send relative ones.
const ttlSkew = 2 * time.Second

// pair is two dumps that may be the two sides.
func (r *run) pair() (a, b *Artefact) {
	var open []*Artefact
	for _, d := range r.dumps() {
		if d.Role != ReplicaBefore {
			open = append(open, d)
		}
	}
	if len(open) != 2 {
		return nil, nil
	}
	return open[0], open[1]
}
