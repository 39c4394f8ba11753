package replay

import (
	"time"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay/replica"
	"github.com/redsleuth/redsleuth/replay/session"
)

// A reporter follows one replica, as servers of one version would be it, and
// makes findings of what happens to it.
type reporter struct {
	options *Options
	told    *Report // whose links it may name
	number  int     // of the replica
	replica *replica.Replica
	// effects: it answers for the replica itself, and not for what another
	// version would have made of it.
	effects  bool
	effected Effect // the one that Options.Effect is told of
	// ownDump is the one that answers for a replica with dumps of its own;
	// itself where there are no others. Nil without versions to compare.
	ownDump *reporter

	conn *session.Connection
	link *Link  // in the report
	file []byte // the part of a multi-part AOF that is read

	findings findings
	verdict  Verdict
	touches  touches
	states   []State
	pending  bool // Options.At is still to come
	asked    bool // Options.Key or Effect is told of every command
	// refusedAt is nil where no log tells what the replica refused.
	refusedAt *refusedAt
}

func newReporter(o *Options, report *Report, number int, r replica.Options, keys dumpKeys) *reporter {
	f := &reporter{options: o, told: report, number: number, pending: o.At != nil, verdict: Safe}
	f.findings = newFindings(maxFindingBytes / int64(o.outcomes()))
	f.touches = touches{asked: o.Key, dumps: keys, analyser: r.Analyser}
	r.Emit, r.Limits, r.Restarts = f.event, o.Limits, o.Restarts
	f.replica = replica.New(r)
	return f
}

// connect begins a connection, from the dump or payload that the process of the
// replica had started from.
func (f *reporter) connect(c *session.Connection, l *Link, from *replica.Dump) error {
	if f.pending && f.conn != nil && f.options.At.before(c.Link.Began) {
		f.snapshot(c.Link.Began, true)
	}
	f.conn, f.link, f.file = c, l, nil
	f.asked = f.options.Key != nil || f.effects && f.options.Effect != nil || f.refusedAt != nil
	before := f.replica.Now().Process
	if f.replica.Connect(c, l.Index, from) && f.effects {
		l.Entry = session.FromOlder
	}
	if f.replica.Now().Process == before {
		return nil
	}
	base := ""
	if c.Base != nil {
		base = c.Base.Path
	}
	return f.begins(Started, c.Asked, base)
}

func (f *reporter) payload(d *replica.Dump) error {
	if !f.replica.Payload(d) {
		return nil
	}
	f.refusedAt.reset()
	return f.begins(Loaded, d.Offset, "")
}

// command follows one command. Most change nothing, and nobody asks for them.
func (f *reporter) command(c *record.Command, w replica.What) error {
	if !f.pending && !f.asked {
		f.replica.Command(c, w)
		return nil
	}
	if f.pending && f.replica.Receives(c) {
		f.reach(c)
	}
	before := f.replica.Now()
	outcome := f.replica.Command(c, w)
	from := len(f.touches.list)
	if f.options.Key != nil {
		f.touch(c, w, before.DB, outcome)
	}
	if f.refusedAt != nil && outcome != Undelivered {
		f.refusedAt.take(c, f.placeOf(c), f.link.Index, from, len(f.touches.list))
	}
	return f.effect(c, outcome)
}

// effect tells who asked what became of a command.
func (f *reporter) effect(c *record.Command, outcome Outcome) error {
	if !f.effects || f.options.Effect == nil {
		return nil
	}
	now := f.replica.Now()
	f.effected = Effect{
		Command: c, Link: c.Link, Offset: c.Offset, Path: f.link.Path, Outcome: outcome, Replica: f.number,
		ReplicaDB: now.DB, Process: now.Process,
	}
	own := c.DB
	if now.StreamDB != record.Unknown && outcome != Undelivered {
		c.DB = now.StreamDB
	}
	err := f.options.Effect(&f.effected)
	c.DB = own
	return err
}

// begins tells who asked that the replica's state begins anew.
func (f *reporter) begins(outcome Outcome, offset int64, base string) error {
	if !f.effects || f.options.Effect == nil {
		return nil
	}
	return f.options.Effect(&Effect{
		Link: &f.conn.Link, Offset: offset, Base: base, Path: f.link.Path,
		Outcome: outcome, Replica: f.number, ReplicaDB: record.Unknown, Process: f.replica.Now().Process,
	})
}

// inline is a command as a person would type it, which no master sends.
func (f *reporter) inline(c *record.Command) {
	f.again("inline", func() finding.Finding { return inline(c, f.replica.Now().StreamDB) })
}

// note records what is missing or wrong in the stream.
func (f *reporter) note(n *record.Note) {
	if g, is := f.sentences().note(n); is {
		f.verdict = worst(f.verdict, verdictOfFinding(&g))
		f.report(g)
	}
	switch {
	case n.Kind == record.NoteFile && n.Err == nil:
		f.file = clone(n.Text)
	case n.Kind == record.NoteTransactionOpen && replica.NeverRan(f.conn, n):
		f.touches.takeBack(f.link.Index, f.file, n.Byte)
	}
	f.replica.Note(n)
}

func (f *reporter) sentences() sentences {
	version, _ := f.replica.Version()
	return sentences{version: version, facts: &f.options.Facts, conn: f.conn, links: f.told.Links}
}

// report adds a finding, with its place, and returns its index; -1 where there
// are too many.
func (f *reporter) report(n finding.Finding) int32 {
	if f.conn != nil && n.Link == 0 {
		n.Link, n.File = f.link.Number, f.file
		if n.Path == "" {
			n.Path = f.link.Path
		}
	}
	return f.findings.add(n)
}

// again reports a finding once for each key, and counts it from then on.
func (f *reporter) again(key string, first func() finding.Finding) {
	if f.findings.count(key) {
		return
	}
	n := first()
	n.Count = 1
	f.findings.counted[key] = f.report(n)
}

// event makes a finding of what happened to the replica, or a part of the
// history of keys.
func (f *reporter) event(e replica.Event) {
	s := f.sentences()
	f.verdict = worst(f.verdict, verdictOf(e, s.version))
	switch e := e.(type) {
	case *replica.Started:
		f.begin(Started, e.From)
	case *replica.Loaded:
		f.begin(Loaded, e.Payload)
	case *replica.ScriptAtRisk:
		if !f.findings.countAtRisk(e) {
			f.findings.atRisk[e.SHA] = risk{e.Resume, f.report(s.scriptAtRisk(e))}
		}
	case *replica.ScriptUnordered:
		f.again(string(e.SHA[:]), func() finding.Finding { return scriptUnordered(e) })
	case *replica.IDMadeUp:
		f.again("XADD", func() finding.Finding { return idMadeUp(e) })
	case *replica.CommandRefused:
		f.placed("refused "+e.What, e.Call, func() finding.Finding { return f.sentences().commandRefused(e) })
	case *replica.Divergent:
		f.placed("divergent "+e.Row.Name, e.Call, func() finding.Finding { return s.divergent(e) })
	case *replica.TransactionStray:
		key := "stray MULTI"
		if e.Exec {
			key = "stray EXEC"
		}
		f.again(key, func() finding.Finding { return transactionStray(e) })
	case *replica.FormatUnread:
		f.again("format", func() finding.Finding { return s.formatUnread(e) })
	case *replica.ScriptResent:
		f.findings.resent(e)
	case *replica.ScriptsUnseen:
		f.findings.last(scriptsUnseen(e))
	default:
		if n, is := s.finding(e); is {
			if isOfArtefacts(e) {
				f.verdict = worst(f.verdict, verdictOfFinding(&n))
			}
			f.report(n)
		}
	}
}

// placed reports a command once for each key, with the first places.
func (f *reporter) placed(key string, c replica.Call, first func() finding.Finding) {
	f.again(key, first)
	i := f.findings.counted[key]
	if i < 0 || f.findings.all[i].Count > maxPlaces {
		return
	}
	g := &f.findings.all[i]
	g.Places = append(g.Places, f.placeOf(c.Command))
}

// placeOf is where a command is.
func (f *reporter) placeOf(c *record.Command) finding.Place {
	p := finding.Place{Path: f.link.Path, File: f.file, Link: f.link.Number}
	if known(c.Offset) {
		p.Offset = finding.At(c.Offset)
	}
	return p
}

// finish tells what only the end of everything tells.
func (f *reporter) finish() {
	if f.pending {
		f.snapshot(f.link.Ended, false)
	}
	f.replica.Finish()
	f.refusedAt.finish(&f.touches)
	f.findings.finish()
	if version, _ := f.replica.Version(); version.IsZero() {
		f.verdict = worst(f.verdict, Unknown)
	}
}

// reach takes the state down when the point that was asked for is passed by
// the next command.
func (f *reporter) reach(c *record.Command) {
	p := f.options.At
	if p.Time.IsZero() && (!known(c.EndOffset) || c.EndOffset <= p.Offset) ||
		!p.Time.IsZero() && !p.before(c.Time) {
		return
	}
	f.snapshot(c.Time, true)
	f.states[len(f.states)-1].Offset = c.Offset
}

// before reports whether the point is one in time and lies before t.
func (p *Point) before(t time.Time) bool { return !p.Time.IsZero() && !t.IsZero() && t.After(p.Time) }

// snapshot adds the state as it is now.
func (f *reporter) snapshot(t time.Time, reached bool) {
	f.pending = false
	f.states = append(f.states, State{
		State: f.replica.State(), Replica: f.number, Link: f.link.Index, Time: t, Reached: reached,
	})
}
