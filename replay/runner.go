package replay

import (
	"fmt"

	"github.com/redsleuth/redsleuth/parse/input"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay/session"
	"github.com/redsleuth/redsleuth/server"
)

// A runner follows a plan, and puts the report together.
type runner struct {
	options *Options
	plan    *session.Plan
	report  *Report
	// dumps are the plan's bases as they were read, payloads those that a later
	// process starts from.
	dumps    map[*session.Dump]*dump
	payloads map[*session.Connection]*dump
	links    map[*session.Connection]*Link
	// followers of each replica, one a version.
	followers map[int][]*follower
	analyser  *analyser
	names     *nameCounts

	stream   *input.Input
	conn     *session.Connection
	current  []*follower
	preamble *dump // that of the input whose link begins next
	// inputs are findings about whole inputs.
	inputs []finding.Finding
}

// bases are the dumps that the user named.
type bases struct {
	dumps    []*dump
	analyser *analyser
	findings []finding.Finding // what is wrong with them
}

func readBases(o *Options) (*bases, error) {
	all := &bases{analyser: newAnalyser()}
	for _, in := range o.Bases {
		b, err := readBase(in, all.analyser, o.Key)
		if err != nil {
			return nil, err
		}
		if f, wrong := b.judge(); wrong {
			f.Path = b.Path
			all.findings = append(all.findings, f)
		}
		all.dumps = append(all.dumps, b)
	}
	return all, nil
}

// number gives connections their numbers in the report, in the order in which
// they came to be.
func (r *runner) number() {
	for _, rep := range r.plan.Replicas {
		for _, c := range rep.Connections {
			r.addLink(c)
		}
	}
}

func (r *runner) addLink(c *session.Connection) {
	l := &Link{Link: c.Link, Path: r.options.Streams[c.Stream].Path, Replica: c.Replica, RanTo: c.RanTo, Entry: c.Entry}
	l.Stream, l.InStream, l.Number = c.Stream, c.Link.Number, len(r.report.Links)+1
	if c.Base != nil {
		l.Base = c.Base.Path
	}
	r.links[c] = l
	r.report.Links = append(r.report.Links, l)
	if c.From != nil {
		r.payloads[c.From] = nil
	}
}

// Stream implements session.Follower, as do the methods below.
func (r *runner) Stream(i int) {
	r.stream = r.options.Streams[i]
}

// Connection finds who follows a connection.
func (r *runner) Connection(c *session.Connection) {
	r.conn = c
	if r.links[c] == nil { // it is the one of a plan without a survey
		r.number()
	}
	r.current = r.followersOf(r.plan.Replicas[c.Replica-1])
	r.names.reset()
}

// LinkStart brings the followers to where the connection found the replica.
func (r *runner) LinkStart(*record.Link) error {
	from := r.dumps[r.conn.Base]
	if r.conn.From != nil {
		from = r.payloads[r.conn.From]
	}
	for _, f := range r.current {
		if err := f.linkStart(r.conn, r.links[r.conn], from); err != nil {
			return err
		}
	}
	if b := r.preamble; b != nil {
		r.preamble = nil
		return r.load(b)
	}
	return nil
}

func (r *runner) followersOf(rep *session.Replica) []*follower {
	if list := r.followers[rep.Number]; list != nil {
		return list
	}
	list := r.newFollowers(rep)
	for _, f := range list {
		f.analyser = r.analyser
	}
	list[0].effects = true
	r.followers[rep.Number] = list
	return list
}

func (r *runner) newFollowers(rep *session.Replica) (list []*follower) {
	for _, v := range r.options.Versions {
		f := newFollower(r.options, rep.Number, v, VersionFlag)
		f.fixed, f.compared = true, len(r.options.Versions) > 1
		list = append(list, f)
	}
	if len(list) > 0 {
		return list
	}
	version, source := r.ownVersion(rep)
	return []*follower{newFollower(r.options, rep.Number, version, source)}
}

// ownVersion is what the artefacts tell of the replica's version at the start.
func (r *runner) ownVersion(rep *session.Replica) (server.Version, VersionSource) {
	for _, b := range r.plan.Bases {
		if !b.Version.IsZero() && (r.plan.Taken(b) || !rep.IsForeign(b)) {
			return b.Version, VersionBase
		}
	}
	if !r.options.Facts.Replica.IsZero() {
		return r.options.Facts.Replica, VersionLog
	}
	for _, c := range rep.Connections {
		if c.Payload != nil && !c.Payload.Version.IsZero() {
			return c.Payload.Version, VersionAssumed
		}
	}
	if !r.options.Facts.Master.IsZero() {
		return r.options.Facts.Master, VersionAssumed
	}
	return server.Version{}, VersionUnknown
}

// RDB takes in a payload, or the head of an AOF.
func (r *runner) RDB(l *record.Link, d *rdb.Decoder) error {
	b := newDump()
	b.Path, b.analyse, b.asked = r.stream.Path, r.analyser.take, r.options.Key
	if err := b.read(d); err != nil {
		return err
	}
	if l != nil {
		return r.load(b)
	}
	r.noteHead(b)
	if r.conn != nil { // the base of a set comes within its link
		return r.load(b)
	}
	r.preamble = b
	return nil
}

func (r *runner) load(b *dump) error {
	if b.Offset = r.conn.Start; r.conn.Link.StartOffset != record.Unknown {
		b.Offset = r.conn.Link.StartOffset
	}
	if _, wanted := r.payloads[r.conn]; wanted {
		r.payloads[r.conn] = b
	}
	r.links[r.conn].PayloadVersion = b.Written
	if r.report.MasterVersion == "" && !r.conn.Link.AOF {
		r.report.MasterVersion = b.Written
	}
	for _, f := range r.current {
		if err := f.payload(b); err != nil {
			return err
		}
	}
	return nil
}

// Command is the hot path: most commands are counted and change nothing.
func (r *runner) Command(c *record.Command) error {
	w := r.names.count(c)
	if c.Inline {
		for _, f := range r.current {
			f.inline(c)
		}
	}
	for _, f := range r.current {
		if err := f.command(c, w); err != nil {
			return err
		}
	}
	return nil
}

// LinkEnd closes a link in the report.
func (r *runner) LinkEnd(l *record.Link) error {
	out := r.links[r.conn]
	number, anchor := out.Number, r.conn.Link.Anchor
	out.Link = *l
	if l.Anchor == record.AnchorBase && anchor != record.AnchorNone {
		out.Anchor = anchor // what the plan went by
	}
	out.Number = number
	out.ByCommand, out.Databases = r.names.total(), r.databases()
	for _, f := range r.current {
		f.linkEnd(l)
	}
	r.report.Damaged = r.report.Damaged || l.AOF && l.End != record.Clean
	r.conn, r.current = nil, nil
	return nil
}

// finish puts the report together.
func (r *runner) finish() (*Report, error) {
	if len(r.report.Links) == 0 && len(r.plan.Refused) == 0 && !r.report.Damaged {
		return nil, fmt.Errorf("%s: %w", r.options.Streams[0].Path, ErrNoStream)
	}
	r.report.Replicas = len(r.plan.Replicas)
	r.unusedBases()
	r.loggedErrors()
	r.refusedLinks()
	r.duplicateLinks()
	versions := max(1, len(r.options.Versions))
	outcomes := make([]Outcome, versions)
	for i := range outcomes {
		outcomes[i].addInputs(r.inputs)
	}
	for _, rep := range r.plan.Replicas {
		for i, f := range r.followersOf(rep) {
			f.finish()
			outcomes[i].join(f)
			if i == 0 {
				r.join(f)
			}
		}
	}
	for i := range outcomes {
		outcomes[i].Summary.Commands, outcomes[i].Summary.Writes = r.names.commands, r.names.writes
	}
	r.report.Outcome = outcomes[0]
	if versions > 1 {
		r.report.Versions = outcomes
	}
	return r.report, nil
}

// join adds what the replica's own follower knows to the report.
func (r *runner) join(f *follower) {
	if r.report.ReplicaVersion == "" {
		r.report.ReplicaVersion, r.report.VersionSource = f.version.String(), f.source
	}
	r.report.States = append(r.report.States, f.states...)
	r.report.Touches = append(r.report.Touches, f.touches...)
	r.report.TouchesLeftOut += f.leftOut
}

// join adds one replica's findings to those of the others.
func (o *Outcome) join(f *follower) {
	o.Version, o.Supposed = f.version, o.Supposed || f.supposed
	o.Findings = append(o.Findings, f.findings...)
	o.Summary.Errors += f.summary.Errors
	o.Summary.Warnings += f.summary.Warnings
	scripts, more := f.scriptList()
	o.Scripts, o.ScriptsLeftOut = append(o.Scripts, scripts...), o.ScriptsLeftOut+more
	o.Restarts = append(o.Restarts, f.unsafeRanges()...)
}

// HasProblems reports whether any outcome has a warning or an error.
func (r *Report) HasProblems() bool {
	for i := range r.Versions {
		if finding.HasProblems(r.Versions[i].Findings) {
			return true
		}
	}
	return finding.HasProblems(r.Findings)
}
