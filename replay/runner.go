package replay

import (
	"context"
	"fmt"

	"github.com/redsleuth/redsleuth/parse/input"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/artefact"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/server"
)

// A runner is the Handler of the second pass.
type runner struct {
	options  *Options
	report   *Report
	bases    []*dump
	replicas []*replica
	// followers of each replica, one a version.
	followers map[*replica][]*follower
	analyser  *analyser
	names     *nameCounts

	step step
	// offsetStream is the one that Options.Offset is about.
	offsetStream int
	stream       *input.Input
	conn         *connection
	current      []*follower
	preamble     *dump
	// inputs are findings about whole inputs.
	inputs []finding.Finding
	noted  map[inputNote]bool
	// duplicates are connections that another input holds, refused those that
	// a master ended with an error.
	duplicates, refused []*connection
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
			f.Path = b.path
			all.findings = append(all.findings, f)
		}
		all.dumps = append(all.dumps, b)
	}
	return all, nil
}

// survey is the first pass.
func (r *runner) survey(ctx context.Context) error {
	var all []*connection
	for i, in := range r.options.Streams {
		if err := in.Spool(); err != nil {
			return err
		}
		s := newSurvey(i, in, len(all))
		if _, err := artefact.Walk(ctx, in, artefact.Options{Offset: r.options.Offset}, s); err != nil {
			return fmt.Errorf("%s: %w", in.Path, err)
		}
		all = append(all, s.all...)
	}
	r.offsetStream = offsetStream(all)
	r.replicas = plan(all, r.bases, r.options.Facts.Resyncs)
	for _, c := range all {
		switch {
		case c.duplicate:
			r.duplicates = append(r.duplicates, c)
		case c.link.Refused != "" && c.empty():
			r.refused = append(r.refused, c)
		}
	}
	r.number()
	return nil
}

// number gives connections their numbers in the report, in the order in which
// they came to be.
func (r *runner) number() {
	for _, rep := range r.replicas {
		for _, c := range rep.connections {
			r.addLink(c)
		}
	}
}

func (r *runner) addLink(c *connection) {
	l := &Link{Link: c.link, Path: r.options.Streams[c.stream].Path, Replica: c.replica.number, RanTo: c.ranTo, Entry: c.entry()}
	l.Stream, l.InStream, l.Number = c.stream, c.link.Number, len(r.report.Links)+1
	if c.base != nil {
		l.Base = c.base.path
	}
	c.report = l
	r.report.Links = append(r.report.Links, l)
}

func (c *connection) entry() Entry {
	switch {
	case c.process == processBase, c.process == processPayload, c.process == processOlder:
		return EntryRestart
	case c.process == processEmpty && c.began() != record.Full:
		return EntryFresh
	case c.began() == record.Full:
		return EntryFull
	case c.process == processSame:
		return EntryReconnect
	}
	return EntryUnknown
}

// LinkStart finds who follows a link.
func (r *runner) LinkStart(l *record.Link) error {
	r.conn, r.current = nil, nil
	if r.step.follow == nil {
		if len(r.replicas) > 0 || len(r.bases) > 0 && (l.Channel == record.ChannelMain || differ(r.bases[0].id, l.ReplicationID)) {
			return errAnotherLink
		}
		r.conn = r.unsurveyed(l)
	} else if r.conn = r.step.follow[l.Number]; r.conn == nil {
		return nil
	}
	r.current = r.followersOf(r.conn.replica)
	r.names.reset()
	for _, f := range r.current {
		if err := f.linkStart(r.conn); err != nil {
			return err
		}
	}
	if b := r.preamble; b != nil {
		r.preamble = nil
		return r.load(b)
	}
	return nil
}

// unsurveyed makes a connection of the one link that there is.
func (r *runner) unsurveyed(l *record.Link) *connection {
	c := &connection{link: *l, start: record.Unknown, asked: record.Unknown, guess: record.Unknown, ranTo: record.Unknown, arrived: true}
	c.link.End = "" // it is followed, whatever it comes to
	r.replicas = plan([]*connection{c}, r.bases, r.options.Facts.Resyncs)
	r.number()
	return c
}

func (r *runner) followersOf(rep *replica) []*follower {
	if list := r.followers[rep]; list != nil {
		return list
	}
	if r.followers == nil {
		r.followers = map[*replica][]*follower{}
	}
	list := r.newFollowers(rep)
	for _, f := range list {
		f.analyser = r.analyser
	}
	list[0].effects = true
	r.followers[rep] = list
	return list
}

func (r *runner) newFollowers(rep *replica) (list []*follower) {
	for _, v := range r.options.Versions {
		f := newFollower(r.options, rep, v, VersionFlag)
		f.fixed, f.compared = true, len(r.options.Versions) > 1
		list = append(list, f)
	}
	if len(list) > 0 {
		return list
	}
	version, source := r.ownVersion(rep)
	return []*follower{newFollower(r.options, rep, version, source)}
}

// ownVersion is what the artefacts tell of the replica's version at the start.
func (r *runner) ownVersion(rep *replica) (server.Version, VersionSource) {
	for _, b := range r.bases {
		if !b.version.IsZero() && (b.taken || !rep.foreign(b)) {
			return b.version, VersionBase
		}
	}
	if !r.options.Facts.Replica.IsZero() {
		return r.options.Facts.Replica, VersionLog
	}
	for _, c := range rep.connections {
		if c.payload != nil && !c.payload.version.IsZero() {
			return c.payload.version, VersionAssumed
		}
	}
	if !r.options.Facts.Master.IsZero() {
		return r.options.Facts.Master, VersionAssumed
	}
	return server.Version{}, VersionUnknown
}

// RDB takes in a payload, or the head of an AOF.
func (r *runner) RDB(l *record.Link, d *rdb.Decoder) error {
	if r.conn == nil && l != nil {
		return nil
	}
	b := newDump()
	b.path, b.analyse, b.asked = r.stream.Path, r.analyser.take, r.options.Key
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
	if b.offset = r.conn.start; r.conn.link.StartOffset != record.Unknown {
		b.offset = r.conn.link.StartOffset
	}
	r.conn.payload = b
	r.conn.report.PayloadVersion = b.written
	if r.report.MasterVersion == "" && !r.conn.link.AOF {
		r.report.MasterVersion = b.written
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
	if r.conn == nil {
		return nil
	}
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
	if r.conn == nil {
		return nil
	}
	if r.step.follow == nil && l.Refused != "" {
		r.refused = append(r.refused, &connection{link: *l})
	}
	number, anchor := r.conn.report.Number, r.conn.link.Anchor
	r.conn.link = *l
	if l.Anchor == record.AnchorBase && anchor != record.AnchorNone {
		r.conn.link.Anchor = anchor // what the plan went by
	}
	r.conn.report.Link = r.conn.link
	r.conn.report.Number = number
	r.conn.report.ByCommand, r.conn.report.Databases = r.names.total(), r.databases()
	for _, f := range r.current {
		f.linkEnd(r.conn)
	}
	r.report.Damaged = r.report.Damaged || l.AOF && l.End != record.Clean
	r.conn, r.current = nil, nil
	return nil
}

// finish puts the report together.
func (r *runner) finish() (*Report, error) {
	if len(r.report.Links) == 0 && len(r.refused) == 0 && !r.report.Damaged {
		return nil, fmt.Errorf("%s: %w", r.options.Streams[0].Path, ErrNoStream)
	}
	r.report.Replicas = len(r.replicas)
	r.unusedBases()
	r.loggedErrors()
	r.refusedLinks()
	r.duplicateLinks()
	versions := max(1, len(r.options.Versions))
	outcomes := make([]Outcome, versions)
	for i := range outcomes {
		outcomes[i].addInputs(r.inputs)
	}
	for _, rep := range r.replicas {
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

// Loud reports whether any outcome has a warning or an error.
func (r *Report) Loud() bool {
	for i := range r.Versions {
		if finding.Loud(r.Versions[i].Findings) {
			return true
		}
	}
	return finding.Loud(r.Findings)
}
