package replica

import (
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay/session"
	"github.com/redsleuth/redsleuth/server"
)

// Connect brings the state to where a connection, a number in reports, found
// the replica. from is the dump or payload that its process had started from,
// as the connection says. It reports whether a process that had died was
// started again, of which the plan knows nothing.
func (r *Replica) Connect(c *session.Connection, number int, from *Dump) (revived bool) {
	p := r.process
	p.conn, p.link, p.received = c, number, nil
	p.learnt++ // its master may be another
	r.transaction.connect(c.Link.Resync != record.NoSync || c.Link.AOF)
	switch {
	case p.dead && c.Entry != session.FromBase && c.Entry != session.FromPayload:
		r.revive(c)
	case c.Entry == session.SameProcess:
		r.reconnect(c)
	case c.Entry == session.Unknown:
		p.number = max(p.number, 1)
	case c.Entry == session.FromOlder:
		r.restartOlder(c)
	default:
		r.restart(c, from)
	}
	revived, p.dead = p.dead, false
	if c.LacksPayload() {
		r.loseTrack()
	}
	r.join(c)
	if c.Continues() {
		r.databases.resume(c, p)
	}
	r.watch()
	return revived
}

// revive starts a process after one that died: from the payload that killed
// it, where its request shows that, else from what such a version would have
// saved at the offset asked for.
func (r *Replica) revive(c *session.Connection) {
	switch died := r.process.diedOf; {
	case died != nil && known(c.Asked) && c.Asked == died.Offset:
		r.restart(c, died)
	case known(c.Asked):
		r.restartOlder(c)
	default:
		r.restart(c, nil)
	}
	r.process.diedOf = nil
}

// reconnect: the same process asks again, or one that had saved its state at
// the very end.
func (r *Replica) reconnect(c *session.Connection) {
	if c.Continues() && !c.Lived && r.process.losesScripts() != server.No {
		r.process.resumes++
	}
	if c.Join.Missing > 0 && c.Continues() {
		r.loseTrack()
	}
	if known(c.Asked) {
		r.databases.forgetAfter(c.Asked)
	}
}

// loseTrack: the replica received bytes that no artefact holds.
func (r *Replica) loseTrack() {
	r.databases.endWrong(r.process)
	r.transaction.lose()
	r.scripting.table.complete = false
	r.functions.lose()
	r.databases.set(record.Unknown, record.Unknown)
}

// restart begins a process that loads d, or nothing.
func (r *Replica) restart(c *session.Connection, d *Dump) {
	p := r.process
	p.begin(d, d != nil)
	p.noteStale(c, d, r.history.position)
	if d != nil || p.number > 1 {
		p.emit(&Started{d})
	}
	supposed := p.supposes(c, d)
	r.scripting.restart(c, d, supposed)
	r.functions.replace(nil)
	if d == nil {
		r.databases.own, r.databases.stream = 0, record.Unknown
		if c.Link.AOF {
			r.databases.stream = 0
		}
		return
	}
	if c.Entry == session.FromBase && !p.options.Fixed && !d.Version.IsZero() {
		p.learn(d.Version, VersionBase)
	}
	resumes := c.Link.AOF || p.checkRestart(d, supposed)
	r.history.id = d.ID
	r.load(d, 0)
	r.databases.restore(d, p, c.Link.AOF, resumes)
	if !resumes {
		r.scripting.table.complete = false
	}
}

// restartOlder begins a process from a dump that is no artefact: what it
// holds is what such a version would have saved at the offset asked for.
func (r *Replica) restartOlder(c *session.Connection) {
	p := r.process
	p.begin(nil, true)
	p.emit(&Started{})
	r.scripting.restartOlder(c.Asked)
	r.databases.restoreOlder(c.Asked, p)
	r.functions.rewind(c.Asked)
}

// Disconnect closes what a connection left open. The link is final.
func (r *Replica) Disconnect(l *record.Link) {
	p := r.process
	c := p.conn
	r.databases.wrongBefore = r.databases.wrong
	r.databases.endWrong(p)
	if c.Full() && c.Payload == nil && p.received == nil && c.Arrival == session.Arrived && !p.dead {
		r.loseTrack() // nothing of it was recorded
	}
	position := l.EndOffset
	if known(c.Start) && !known(position) {
		position = c.Start + l.Bytes
	}
	if known(c.RanTo) {
		position = min(position, c.RanTo)
	}
	r.history.position = position
	t := &r.transaction
	if t.open && known(c.RanTo) && known(t.at) && c.RanTo > t.at {
		p.emit(&ResumedInside{t.at})
		t.inside = true
	}
}

// Note takes from the state what a recording does not hold of the stream.
func (r *Replica) Note(n *record.Note) {
	switch n.Kind {
	case record.NoteFile:
		if n.Err == nil { // a client of its own loads it
			r.databases.set(0, 0)
			r.transaction = transaction{at: record.Unknown, known: true}
		}
	case record.NoteGap, record.NoteDamage, record.NoteMisaligned:
		r.loseTrack()
		r.watch()
	case record.NoteTransactionOpen:
		if NeverRan(r.process.conn, n) {
			r.transaction.undo(&r.databases)
		}
	}
}

// NeverRan reports whether the transaction that a note says is open at the end
// did not run: of a recording that was cut nothing tells.
func NeverRan(c *session.Connection, n *record.Note) bool {
	return c.Link.AOF || n.Link.End != record.Truncated
}
