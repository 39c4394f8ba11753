// Package session says whose connections the links of a set of artefacts are,
// in which order a replica made them, what process of it asked for each, from
// which dump that had started, and how far it ran the stream.
//
// # A plan is a value
//
// New reads every input once, front to back, and makes a Plan. Walk reads each
// of them once more and tells a Follower what the replicas received, each
// one's connections in the order in which it made them; it can be called any
// number of times. Connections that a replica made in turn on several inputs
// are followed in turn: the inputs are read side by side then, no more than
// maxOpen at a time.
//
// # How it is known
//
// Connections belong together by the replica's host and the port that it says
// it listens on; recordings of a master's bytes alone are of the one replica
// that there is. Their order is that of the clock, where one was recorded,
// else the one in which they were given unless offsets and lengths say
// otherwise: no master goes back. What a
// request asks for shows how far the connection before had brought the
// replica: one that asks for less than it had acknowledged is a new process,
// started from an older dump. A recording without its request is placed by a
// dump that fits, by the bytes that it shares with the connection before, or by
// the replica's log.
//
// # Limitations
//
// Of each stream the first and last 4096 commands are remembered, 64 in
// captures and where there are more than 64 links: bytes that two connections
// share are found among these alone.
package session

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/redsleuth/redsleuth/parse/artefact"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
)

// Options say what is planned.
type Options struct {
	// Streams hold links, command streams, AOFs or captures, in the order in
	// which they were recorded as far as they don't tell it themselves.
	Streams []*input.Input
	// Bases are dumps from which processes of the replica started.
	Bases []*Dump
	// Dumps are where in which history other dumps of these servers were made,
	// which no process is known to have started from.
	Dumps []repl.State
	// Offset is the number of the first byte of a stream that doesn't tell
	// it, one more than the offset before it; 0 is none.
	Offset int64
	// Logged are the resyncs of the replica's log, in order.
	Logged []repl.LoggedResync
	// Terms are the times for which the replica was a master, by its log.
	Terms []repl.Term
	// Beside, if set, gives a handler that sees all that the survey reads of
	// an input; nil is none.
	Beside func(stream int, in *input.Input) record.Handler
	// Clients, if set, is given the commands of ordinary clients that the survey
	// comes upon.
	Clients func(stream int, c *record.ClientCommand) error
	// Kept, if set, holds what was and is found in captures, and is another's to close.
	// Keep has the plan hold it for its own walks, which read no packets then where they
	// ask for no clients; Close the plan.
	Kept *artefact.Kept
	Keep bool
}

// A Plan is what Options lead to.
type Plan struct {
	Streams  []*input.Input
	Bases    []*Dump
	Replicas []*Replica
	// Duplicates are connections that another input holds, Refused those that
	// a master ended with an error.
	Duplicates, Refused []*Connection

	options Options
	passes  []pass
	kept    *artefact.Kept // nil where nothing is to be kept
	own     *artefact.Kept // nil unless Options.Keep
	// sole: there was no survey, since the one input is to hold one link.
	sole bool
	// offsetStream is the one that Options.Offset is about.
	offsetStream int
}

// A Replica is the other end of connections that belong together.
type Replica struct {
	Number int // from 1
	Connections
	// free are the bases that no process is known to have started from, used
	// those that one did.
	free, used []*Dump
}

// Connections are in the order in which a replica made them.
type Connections []*Connection

// New reads the inputs and makes a plan. Inputs that can be read only once are
// spooled for it. Errors are those of reading.
func New(ctx context.Context, o Options) (*Plan, error) {
	p := &Plan{Streams: o.Streams, Bases: o.Bases, options: o, kept: o.Kept}
	if o.Keep && o.Kept == nil {
		p.own = &artefact.Kept{}
		p.kept = p.own
	}
	if err := p.surveyAll(ctx); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// Close forgets what the plan kept of captures. It can be walked after it, too.
func (p *Plan) Close() error { return p.own.Close() }

// surveyAll reads the inputs.
func (p *Plan) surveyAll(ctx context.Context) error {
	o := &p.options
	var all []*Connection
	told := newOnce(o.Streams)
	for i, in := range o.Streams {
		if !p.kept.Holds(in) {
			if err := in.Spool(); err != nil {
				return err
			}
		}
		s := newSurvey(i, in, len(all))
		if o.Beside != nil {
			s.beside = o.Beside(i, in)
		}
		options := artefact.Options{Offset: o.Offset, Clients: o.clients(i, told), Dumps: o.dumps(), Kept: p.kept}
		if _, err := artefact.Walk(ctx, in, options, s); err != nil {
			return fmt.Errorf("%s: %w", in.Path, err)
		}
		all = append(all, s.all...)
	}
	p.offsetStream = offsetStream(all)
	p.resolve(all)
	for _, c := range all {
		switch {
		case c.duplicate:
			p.Duplicates = append(p.Duplicates, c)
		case c.Link.Refused != "" && c.isEmpty():
			p.Refused = append(p.Refused, c)
		}
	}
	p.passes = passes(p.Replicas)
	return nil
}

// clients is what takes the commands of an input's clients; nil where nobody
// wants them.
func (o *Options) clients(stream int, told *once) func(*record.ClientCommand) error {
	if o.Clients == nil {
		return nil
	}
	return func(c *record.ClientCommand) error {
		if !told.first(stream, c) {
			return nil
		}
		return o.Clients(stream, c)
	}
}

// dumps are all that may lie on a link.
func (o *Options) dumps() []repl.State {
	all := slices.Clone(o.Dumps)
	for _, b := range o.Bases {
		all = append(all, b.State)
	}
	return all
}

// Sole is a plan for a single recording of a single link, which needs no
// survey: nothing after it tells how far the replica got. It is made as the
// link begins, and good for one Walk. It is nil where the options don't allow
// for it.
func Sole(o Options) *Plan {
	if len(o.Streams) != 1 || len(o.Bases) > 1 || o.Streams[0].Kind == input.KindPCAP || !o.Streams[0].Rereadable() {
		return nil
	}
	return &Plan{Streams: o.Streams, Bases: o.Bases, options: o, passes: []pass{{}}, sole: true}
}

// resolve says whose connections these are, in which order they came, what
// process was at the replica's end of each, and how far it ran the stream.
func (p *Plan) resolve(all []*Connection) {
	joinChannels(all)
	markDuplicates(all)
	p.Replicas = assign(all)
	free, logged := slices.Clone(p.Bases), p.options.Logged
	for _, r := range p.Replicas {
		r.guessStarts(free)
		r.sort()
		r.askedByLog(logged)
		free = r.resolveSessions(free)
		logged = r.applyLog(logged)
	}
	p.applyTerms()
}

// Taken reports whether a process started from a base.
func (p *Plan) Taken(b *Dump) bool {
	return slices.ContainsFunc(p.Replicas, func(r *Replica) bool { return slices.Contains(r.used, b) })
}

// IsForeign reports whether a dump is of a history that no connection follows.
func (all Connections) IsForeign(b *Dump) bool {
	told := false
	for _, c := range all {
		for _, id := range []string{c.Link.ReplicationID, c.RequestedID()} {
			if id != "" && id != AnyID {
				told = true
				if id == b.ID {
					return false
				}
			}
		}
	}
	return told && b.ID != ""
}

// offsetStream is the first stream that does not tell its offsets; those of the
// others are not known either then.
func offsetStream(all []*Connection) int {
	first := -1
	for _, c := range all {
		switch {
		case c.Link.Anchor != record.AnchorFlag:
		case first < 0:
			first = c.Stream
		case c.Stream != first:
			c.Link.StartOffset, c.Link.EndOffset, c.Link.Anchor = record.Unknown, record.Unknown, record.AnchorNone
		}
	}
	return max(first, 0)
}
