package replica

import (
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay/session"
	"github.com/redsleuth/redsleuth/server"
)

// Payload is a full resync whose RDB has been read. The process stays, and with
// it what an RDB doesn't replace. It reports whether the replica loaded it.
func (r *Replica) Payload(d *Dump) (loaded bool) {
	p := r.process
	p.received = d
	p.learnt++
	if p.dead || !r.arrived(d) {
		return false
	}
	if d.IsWrong() && d.End != record.Truncated && !p.conn.Link.AOF {
		p.emit(&PayloadBroken{d})
	}
	if d.End != record.Clean {
		if d.End == record.Truncated {
			r.loseTrack() // it may well have arrived
		}
		return false
	}
	p.master = d.Version
	p.learnVersion(d)
	if !p.options.Fixed && p.conn.Survived() && r.scripting.wouldDie(d) {
		r.restart(p.conn, nil) // it lives, so it is not the process that it seemed to be
	}
	r.functions.replace(nil)
	r.databases.load(d, p.conn.Link.AOF)
	r.scripting.table.complete = true
	p.stale, p.fromDump = record.Unknown, false
	p.emit(&Loaded{d})
	r.load(d, p.link)
	r.watch()
	return true
}

// arrived reports whether a payload reached the process, or killed it.
func (r *Replica) arrived(d *Dump) bool {
	arrival := r.process.conn.Arrival
	return arrival == session.Arrived || arrival == session.Fatal && d.End == record.Clean && r.scripting.wouldDie(d)
}

// load adds what an RDB brings beside keys. A script that is there already
// crashes some versions.
func (r *Replica) load(d *Dump, link int) {
	p := r.process
	r.functions.loadDump(d, link)
	p.loaded = d
	p.checkFormat(d, link)
	if twice := r.scripting.load(d, link); twice.Count > 0 {
		p.emit(twice)
		if server.PanicsOnDuplicateScript.Of(p.version) == server.Yes {
			p.dead, p.diedOf = true, d
		}
	}
}
