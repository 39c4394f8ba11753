package replay

import (
	"fmt"
	"slices"

	"github.com/redsleuth/redsleuth/parse/input"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay/replica"
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
	dumps    map[*session.Dump]*replica.Dump
	payloads map[*session.Connection]*replica.Dump
	links    map[*session.Connection]*Link
	// reporters of each replica: one a version, then those with dumps of their
	// own.
	reporters map[int][]*reporter
	analyser  *replica.Analyser
	keys      dumpKeys
	sides     []*sideDump
	names     *nameCounts
	clients   *ClientWatch

	asked    asked
	stream   *input.Input
	conn     *session.Connection
	current  []*reporter
	preamble *replica.Dump // that of the input whose link begins next
	// inputs are findings about whole inputs.
	inputs []finding.Finding
	// errorsEnd is behind what the replica's log says of errors among them.
	errorsEnd int
}

// bases are the dumps that the user named.
type bases struct {
	dumps    []*replica.Dump
	analyser *replica.Analyser
	keys     dumpKeys
	findings []finding.Finding // what is wrong with them
	sides    []*sideDump
}

func readBases(o *Options) (*bases, error) {
	all := &bases{analyser: replica.NewAnalyser(), keys: dumpKeys{}}
	for _, in := range o.Bases {
		b, err := readBase(in, all.analyser, all.keys, o.Key)
		if err != nil {
			return nil, err
		}
		if f, wrong := brokenDump(b); wrong {
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
	l := &Link{
		Link: c.Link, Path: r.options.Streams[c.Stream].Path, Replica: c.Replica,
		RanTo: c.RanTo, Entry: c.Entry,
	}
	l.Stream, l.Index = c.Stream, len(r.report.Links)+1
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
	r.current = r.reportersOf(r.plan.Replicas[c.Replica-1])
	r.names.reset()
}

// LinkStart brings the followers to where the connection found the replica.
func (r *runner) LinkStart(*record.Link) error {
	from := r.dumps[r.conn.Base]
	if r.conn.From != nil {
		from = r.payloads[r.conn.From]
	}
	for _, f := range r.current {
		if err := f.connect(r.conn, r.links[r.conn], from); err != nil {
			return err
		}
	}
	if b := r.preamble; b != nil {
		r.preamble = nil
		return r.load(b)
	}
	return nil
}

func (r *runner) reportersOf(rep *session.Replica) []*reporter {
	if list := r.reporters[rep.Number]; list != nil {
		return list
	}
	list := r.newReporters(rep)
	list[0].effects = true
	version := r.options.Facts.Replica
	if version.IsZero() {
		version, _ = list[0].replica.Version()
	}
	list[0].refusedAt = newRefusedAt(&r.options.Facts, version)
	r.reporters[rep.Number] = list
	return list
}

func (r *runner) newReporters(rep *session.Replica) (list []*reporter) {
	add := func(o replica.Options) *reporter {
		o.Analyser, o.MaxScripts = r.analyser, r.options.MaxScripts
		if len(list) > 0 && len(r.options.Versions) == 0 {
			o.MaxScripts = r.options.MaxScripts / (2 * len(r.options.Also)) // with their own dumps
		}
		f := newReporter(r.options, r.report, rep.Number, o, r.keys)
		list = append(list, f)
		return f
	}
	versions := r.options.Versions
	if len(versions) == 0 {
		version, source := r.ownVersion(rep)
		add(replica.Options{Version: version, Source: source})
		versions = r.options.Also
	}
	first := len(list)
	for _, v := range versions {
		add(replica.Options{Version: v, Source: replica.VersionFlag, Fixed: true})
	}
	for i, v := range versions {
		of := list[first+i]
		if of.ownDump = of; first+len(versions) > 1 && r.hasDumpOfOther(v) {
			of.ownDump = add(replica.Options{
				Version: v, Source: replica.VersionFlag, Fixed: true, OwnDumps: true,
			})
		}
	}
	return list
}

// hasDumpOfOther reports whether another version wrote one of the bases.
func (r *runner) hasDumpOfOther(v server.Version) bool {
	return slices.ContainsFunc(r.plan.Bases, func(b *session.Dump) bool { return b.Version != v })
}

// ownVersion is what the artefacts tell of the replica's version at the start.
func (r *runner) ownVersion(rep *session.Replica) (server.Version, replica.VersionSource) {
	for _, b := range r.plan.Bases {
		if !b.Version.IsZero() && (r.plan.Taken(b) || !rep.IsForeign(b)) {
			return b.Version, replica.VersionBase
		}
	}
	if !r.options.Facts.Replica.IsZero() {
		return r.options.Facts.Replica, replica.VersionLog
	}
	for _, c := range rep.Connections {
		if c.Payload != nil && !c.Payload.Version.IsZero() {
			return c.Payload.Version, replica.VersionAssumed
		}
	}
	if !r.options.Facts.Master.IsZero() {
		return r.options.Facts.Master, replica.VersionAssumed
	}
	return server.Version{}, replica.VersionUnknown
}

// RDB reads a payload, or the head of an AOF.
func (r *runner) RDB(l *record.Link, d *rdb.Decoder) error {
	b := replica.NewDump()
	b.Path = r.stream.Path
	if err := b.Read(d, r.analyser, r.keys.see(b, r.options.Key)); err != nil {
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

func (r *runner) load(b *replica.Dump) error {
	if b.Offset = r.conn.Start; r.conn.Link.StartOffset != record.Unknown {
		b.Offset = r.conn.Link.StartOffset
	}
	if _, wanted := r.payloads[r.conn]; wanted {
		r.payloads[r.conn] = b
	}
	r.links[r.conn].PayloadVersion = b.Written
	if r.report.MasterVersion == "" && !r.conn.Link.AOF {
		r.report.MasterVersion = b.Named()
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
	for _, d := range r.sides {
		d.pass(r.conn.Link.ReplicationID, c)
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
	anchor := r.conn.Link.Anchor
	out.Link = *l
	if l.Anchor == record.AnchorBase && anchor != record.AnchorNone {
		out.Anchor = anchor // what the plan went by
	}
	if r.conn.Until != nil && known(out.EndOffset) && out.RanTo >= out.EndOffset {
		out.RanTo = record.Unknown // nothing limits it
	}
	out.ByCommand, out.Databases = r.names.total(), r.current[0].replica.Databases()
	for _, f := range r.current {
		f.replica.Disconnect(l)
	}
	r.report.Damaged = r.report.Damaged || l.AOF && l.End != record.Clean
	r.conn, r.current = nil, nil
	return nil
}

// finish puts the report together.
func (r *runner) finish() (*Report, error) {
	if len(r.report.Links) == 0 && !r.report.Damaged && r.onlyDumps() {
		return nil, fmt.Errorf("%s: %w", r.options.Streams[0].Path, ErrNoStream)
	}
	r.report.Replicas = len(r.plan.Replicas)
	for _, rep := range r.plan.Replicas {
		for _, f := range r.reportersOf(rep) {
			f.finish()
		}
	}
	r.unusedStreams()
	r.unusedBases()
	r.loggedErrors()
	r.refusedLinks()
	r.duplicateLinks()
	r.failedSyncs()
	r.divergentClients()
	r.discardedWrites()
	results := make([]Result, r.options.outcomes())
	for i := range results {
		results[i].addInputs(r.inputsOf(i))
		if i > 0 || len(r.options.Versions) > 1 {
			results[i].OwnDump = &OwnDump{results[i].Summary, results[i].Verdict}
		}
	}
	for _, rep := range r.plan.Replicas {
		list := r.reportersOf(rep)
		r.join(list[0])
		results[0].list(list[0])
		for i, f := range list[:len(results)] {
			results[i].join(f)
			if own := results[i].OwnDump; own != nil {
				own.join(f.ownDump)
			}
		}
	}
	for i := range results {
		results[i].Summary.count(r.names)
		if own := results[i].OwnDump; own != nil {
			own.Summary.count(r.names)
		}
	}
	r.report.Result = results[0]
	switch {
	case len(r.options.Versions) > 1:
		r.report.Versions = results
	case len(r.options.Versions) == 0:
		r.report.Versions = results[1:]
	}
	return r.report, nil
}

// maxScriptsReported is how many scripts a report lists.
const maxScriptsReported = 20_000

// join adds what the replica's own reporter knows to the report.
func (r *runner) join(f *reporter) {
	if r.report.ReplicaVersion == "" {
		version, source := f.replica.Version()
		r.report.ReplicaVersion, r.report.VersionSource = version.String(), source
	}
	f.refusedAt.doubt(&f.touches, &r.options.Facts)
	r.report.States = append(r.report.States, f.states...)
	r.report.Touches = append(r.report.Touches, f.touches.list...)
	r.report.TouchesLeftOut += f.touches.leftOut
	r.report.Aborted = append(r.report.Aborted, f.refusedAt.aborted()...)
	r.report.Refused = append(r.report.Refused, f.refusedAt.refused()...)
}

// join adds what one replica met to that of the others.
func (o *OwnDump) join(f *reporter) {
	o.Summary.join(f)
	o.Verdict = worst(o.Verdict, f.verdict)
}

func (s *Summary) join(f *reporter) {
	s.Errors += f.findings.summary.Errors
	s.Warnings += f.findings.summary.Warnings
}

func (s *Summary) count(n *nameCounts) { s.Commands, s.Writes = n.commands, n.writes }

// join adds one replica's findings to those of the others.
func (o *Result) join(f *reporter) {
	o.Version, _ = f.replica.Version()
	o.Verdict = worst(o.Verdict, f.verdict)
	o.Findings = append(o.Findings, f.findings.all...)
	o.Summary.join(f)
	o.Restarts = append(o.Restarts, f.replica.UnsafeRestarts()...)
}

// list adds the scripts that one replica met.
func (o *Result) list(f *reporter) {
	scripts, more := f.replica.Scripts(maxScriptsReported - len(o.Scripts))
	o.Scripts, o.ScriptsLeftOut = append(o.Scripts, scripts...), o.ScriptsLeftOut+more
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
