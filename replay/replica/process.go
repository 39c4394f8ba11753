package replica

import (
	"time"

	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay/session"
	"github.com/redsleuth/redsleuth/server"
)

// process is the server process of the replica, and the connection that it has
// to its master.
type process struct {
	options Options
	version server.Version
	source  VersionSource
	learnt  int // how often it, or what tells the master's, was set since the start
	// master is the version of the one that sent the last payload.
	master server.Version

	conn     *session.Connection
	link     int   // its number in reports
	received *Dump // its payload

	number int
	dead   bool
	// diedOf is the payload that killed the process.
	diedOf *Dump
	// startedFrom is the dump that it started from, nil for none, and loaded
	// what it loaded last. fromDump: it did start from one, perhaps no
	// artefact, and nothing replaced or dropped its scripts since.
	startedFrom, loaded *Dump
	fromDump            bool
	// resumes counts the reconnects after which only a process that lived on
	// has its scripts.
	resumes int32
	// stale is the offset of the dump that it started from, staleSince when it
	// first asked.
	stale      int64
	staleSince time.Time
}

// begin starts the next process, from a dump or nothing.
func (p *process) begin(from *Dump, fromDump bool) {
	p.number++
	p.startedFrom, p.fromDump = from, fromDump
}

func (p *process) emit(e Event) { p.options.Emit(e) }

func (p *process) place(c Call, kind SourceKind) Place {
	return Place{Kind: kind, Link: p.link, Offset: c.Offset}
}

// losesScripts reports whether a process that restarted continues without the
// scripts that the stream takes for known.
func (p *process) losesScripts() server.Answer { return server.LosesScriptsOnRestart.Of(p.version) }

// restartLost reports whether the process started from a dump, and servers of
// its version lose their scripts by that.
func (p *process) restartLost() bool { return p.fromDump && p.losesScripts() == server.Yes }

// masterOf is the version of a connection's master, as its payload or the last
// one before tell; zero if nothing does.
func (p *process) masterOf(c *session.Connection) server.Version {
	switch {
	case c.Payload != nil && !c.Payload.Version.IsZero():
		return c.Payload.Version
	case c == p.conn && p.received != nil && !p.received.Version.IsZero():
		return p.received.Version
	}
	return p.master
}

// receives reports whether a command of the connection reaches a process of
// the replica.
func (p *process) receives(c *record.Command) bool {
	return !p.dead && (p.conn.RanTo == record.Unknown || c.EndOffset <= p.conn.RanTo)
}

// supposes reports whether the dump stands for what the replica's version would
// have saved at the same offset.
func (p *process) supposes(c *session.Connection, d *Dump) bool {
	return p.options.OwnDumps && d != nil && c.Entry == session.FromBase && d.Version != p.version
}

// learnVersion assumes that the replica is of its master's version where
// nothing else tells.
func (p *process) learnVersion(d *Dump) {
	if p.version.IsZero() && !p.options.Fixed && !d.Version.IsZero() {
		source := VersionAssumed
		if p.conn.Link.AOF { // which is the server's own
			source = VersionBase
		}
		p.learn(d.Version, source)
	}
}

// learn sets the version.
func (p *process) learn(v server.Version, source VersionSource) {
	p.version, p.source = v, source
	p.learnt++
}

// checkRestart reports whether a restart from this dump continues the
// stream, and tells why if not. One that is only supposed tells the database if
// servers of this version write it.
func (p *process) checkRestart(d *Dump, supposed bool) bool {
	why := NeverResumes
	switch {
	case server.ResumesAfterRestart.Of(p.version) == server.No:
	case d.ID == "" || !known(d.Offset):
		why = NoState
	case d.StreamDB == record.Unknown && !supposed && server.NeedsDatabase.Of(p.version) == server.Yes:
		why = NoDatabase
	default:
		return true
	}
	p.emit(&RestartRefused{why})
	return false
}

// noteStale looks at the dump of a process whose predecessor had come to a
// position: a replica with KeepsStaleOffset that resumed from a dump saves the
// offset of that restart ever after, and runs what follows it again.
func (p *process) noteStale(c *session.Connection, d *Dump, position int64) {
	if c.Entry != session.FromBase || d == nil {
		return
	}
	saved := !c.Link.Began.IsZero() && !d.Created.IsZero()
	if p.stale != record.Unknown && d.Offset == p.stale && known(position) && position > d.Offset && saved &&
		server.KeepsStaleOffset.Of(p.version) == server.Yes && d.Created.After(p.staleSince) {
		p.emit(&OffsetStale{Offset: d.Offset, Bytes: position - d.Offset})
	}
	p.stale, p.staleSince = d.Offset, c.Link.Began
}

// checkFormat looks for an RDB that servers of this version refuse.
func (p *process) checkFormat(d *Dump, link int) {
	newest := server.NewestFormat(p.version, d.Magic)
	if newest == 0 || d.Format <= newest || d.Version == p.version || p.conn.Link.AOF ||
		link == 0 && p.supposes(p.conn, d) {
		return
	}
	p.emit(&FormatUnread{Dump: d, Link: link, Newest: newest})
}
