package replay

import (
	"slices"

	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/server"
)

// linkStart brings the state to where a connection found the replica.
func (f *follower) linkStart(c *connection) error {
	if f.pending && f.conn != nil && f.options.At.before(c.link.Began) {
		f.snapshot(c.link.Began, true)
	}
	before := f.process
	f.conn = c
	f.file = nil
	inside := f.inside
	f.inside = false
	f.transaction, f.open, f.openKnown = record.Unknown, false, (c.link.Resync != record.NoSync || c.link.AOF) && !inside
	switch {
	case f.dead && c.process != processBase && c.process != processPayload:
		f.revive(c)
	case c.process == processSame:
		f.reconnect(c)
	case c.process == processUnknown:
		f.process = max(f.process, 1)
	case c.process == processEmpty:
		f.restart(c, nil)
	case c.process == processBase:
		f.restart(c, c.base)
	case c.process == processPayload:
		f.restart(c, c.from.payload)
	case c.process == processOlder:
		f.restartOlder(c)
	}
	if f.dead && f.effects {
		c.report.Entry = EntryRestart
	}
	f.dead = false
	if c.isMainChannel() && c.channel == nil {
		f.loseTrack()
	}
	f.joinRefused(c)
	f.joinHistory(c)
	f.joinOffsets(c)
	if c.goesOn() {
		f.resumeDatabase(c)
	}
	f.watch()
	if f.process == before {
		return nil
	}
	base := ""
	if c.base != nil {
		base = c.base.path
	}
	return f.begins(record.Started, c.asked, base)
}

// revive starts a process after one that died: from the payload that killed
// it, where its request shows that, else from what such a version would have
// saved at the offset asked for.
func (f *follower) revive(c *connection) {
	switch {
	case f.diedOf != nil && known(c.asked) && c.asked == f.diedOf.offset:
		f.restart(c, f.diedOf)
	case known(c.asked):
		f.restartOlder(c)
	default:
		f.restart(c, nil)
	}
	f.diedOf = nil
}

// reconnect: the same process asks again, or one that had saved its state at
// the very end.
func (f *follower) reconnect(c *connection) {
	if c.goesOn() && !c.lived && server.LossyRestart(f.version) != server.No {
		f.resumes++
	}
	if c.missing > 0 && c.goesOn() {
		f.loseTrack()
	}
	if known(c.asked) {
		f.forgetSelectionsBeyond(c.asked)
	}
}

// loseTrack: the replica received bytes that no artefact holds.
func (f *follower) loseTrack() {
	f.endWrong()
	f.open, f.openKnown = false, false
	f.scripts.complete, f.libraries.complete = false, false
	f.db, f.streamDB = record.Unknown, record.Unknown
	f.unselected = false
}

// restart begins a process that loads d, or nothing.
func (f *follower) restart(c *connection, d *dump) {
	f.process++
	f.fromDump = d != nil
	f.noteStale(c, d)
	if d != nil || f.process > 1 {
		f.touchBeginning(record.Started, 0, d)
	}
	supposed := f.supposes(c, d)
	f.supposed = f.supposed || supposed
	why := drop{what: "the restart", link: c.report.Number, offset: c.asked}
	if supposed && server.SavesScripts.Of(f.version) == server.Yes && server.SavesScripts.Of(d.version) != server.Yes {
		f.scripts.rewind(d.offset, why)
	} else {
		f.scripts.empty(why)
		f.scripts.complete = true
	}
	f.libraries.replace(nil)
	if d == nil {
		f.db, f.streamDB = 0, record.Unknown
		if c.link.AOF {
			f.streamDB = 0
		}
		return
	}
	if c.process == processBase && !f.fixed && !d.version.IsZero() {
		f.version, f.source = d.version, VersionBase
	}
	resumes := c.link.AOF || f.checkRestart(c, d, supposed)
	f.id = d.id
	f.load(d, 0)
	if f.streamDB = d.streamDB; f.streamDB == record.Unknown {
		f.streamDB = f.selectedAt(d.offset)
	}
	f.forgetSelectionsBeyond(d.offset)
	switch answer := server.RestoresDatabase.Of(f.version); {
	case c.link.AOF:
		f.db, f.streamDB = 0, 0
	case !resumes: // then this is not how the stream was followed
		f.db, f.scripts.complete = f.streamDB, false
	case answer == server.Yes:
		f.db = f.streamDB
	case answer == server.No:
		f.db = 0
	default:
		f.db = record.Unknown
	}
}

// supposes reports whether the dump stands for what the follower's version
// would have saved at the same offset.
func (f *follower) supposes(c *connection, d *dump) bool {
	return f.compared && d != nil && c.process == processBase && d.version != f.version
}

// restartOlder begins a process from a dump that is no artefact: what it
// holds is what such a version would have saved at the offset asked for.
func (f *follower) restartOlder(c *connection) {
	f.process++
	f.fromDump = true
	f.touchBeginning(record.Started, 0, nil)
	why := drop{what: "the restart", link: c.report.Number, offset: c.asked}
	switch server.LossyRestart(f.version) {
	case server.No:
		f.scripts.rewind(c.asked, why)
	case server.Yes:
		f.scripts.empty(why)
	case server.Unknown:
		f.scripts.rewind(c.asked, why)
		f.resumes++
	}
	f.streamDB = f.selectedAt(c.asked)
	f.forgetSelectionsBeyond(c.asked)
	f.db = f.streamDB
	if server.RestoresDatabase.Of(f.version) == server.No {
		f.db = 0
	}
	f.libraries.rewind(c.asked)
}

// resumeDatabase compares the databases of master and replica where a stream
// goes on.
func (f *follower) resumeDatabase(c *connection) {
	f.unselected = f.streamDB == record.Unknown && f.db == record.Unknown
	restarted := c.process == processBase || c.process == processPayload || c.process == processOlder
	switch {
	case f.streamDB != record.Unknown && f.db != record.Unknown && f.db != f.streamDB:
		f.startWrong(c, f.db, f.streamDB, true)
	case restarted && f.streamDB == record.Unknown && f.db == 0 && server.RestoresDatabase.Of(f.version) == server.No:
		f.startWrong(c, 0, record.Unknown, true)
	case c.process == processSame && f.wrongBefore.active && f.streamDB == record.Unknown:
		f.startWrong(c, f.wrongBefore.db, record.Unknown, f.wrongBefore.certain)
		f.wrong.onlyZero = f.wrongBefore.onlyZero
	case c.process == processSame && !c.lived && f.streamDB > 0 && server.RestoresDatabase.Of(f.version) == server.No &&
		server.ResumesAfterRestart.Of(f.version) == server.Yes:
		f.startWrong(c, 0, f.streamDB, false)
	}
}

func (f *follower) startWrong(c *connection, db, expected int, certain bool) {
	f.wrong = wrongDatabase{active: true, certain: certain, db: db, expected: expected, at: c.start}
	f.wrong.onlyZero = c.base != nil && c.base.onlyDatabaseZero()
}

// endWrong reports what ran in the wrong database until now.
func (f *follower) endWrong() {
	if f.wrong.active && f.wrong.commands > 0 {
		f.report(f.selectLost())
	}
	f.wrong = wrongDatabase{}
}

// payload is a full resync whose RDB has arrived. The process stays, and with
// it what an RDB doesn't replace.
func (f *follower) payload(d *dump) error {
	if f.dead || !f.conn.arrived && !(f.conn.fatal && d.end == record.Clean && f.wouldDie(d)) {
		return nil
	}
	if n, wrong := d.judge(); wrong && d.end != record.Truncated && !f.conn.link.AOF {
		f.report(n)
	}
	if d.end != record.Clean {
		if d.end == record.Truncated {
			f.loseTrack() // it may well have arrived
		}
		return nil
	}
	f.master = d.version
	f.learnVersion(d)
	if !f.fixed && f.conn.survived() && f.wouldDie(d) {
		f.restart(f.conn, nil) // it lives, so it is not the process that it seemed to be
	}
	f.libraries.replace(nil)
	if known(d.offset) {
		f.selected(d.offset, d.streamDB)
	}
	f.db, f.streamDB = 0, d.streamDB
	if d.streamDB != record.Unknown {
		f.db = d.streamDB
	}
	f.unselected = d.streamDB == record.Unknown
	if f.conn.link.AOF {
		f.streamDB, f.unselected = 0, false
	}
	f.scripts.complete = true
	f.stale, f.fromDump = record.Unknown, false
	f.touchBeginning(record.Loaded, f.conn.report.Number, d)
	f.load(d, f.conn.report.Number)
	f.watch()
	return f.begins(record.Loaded, d.offset, "")
}

// wouldDie: the RDB brings a script that kills the process.
func (f *follower) wouldDie(d *dump) bool {
	return server.DiesOfDuplicate.Of(f.version) == server.Yes &&
		slices.ContainsFunc(d.scripts, func(s loaded) bool { return f.scripts.holds(s.sha) != nil })
}

// survived: the replica acknowledged something after the payload, or its
// master took it to have: behind an end mark the stream waits for that.
func (c *connection) survived() bool {
	p := c.link.Payload
	return c.link.Acks != nil || p != nil && p.Framing == record.FramingEOFMark && c.link.Commands > 0
}

// learnVersion assumes that the replica is of its master's version where
// nothing else tells.
func (f *follower) learnVersion(d *dump) {
	if f.version.IsZero() && !f.fixed && !d.version.IsZero() {
		f.version, f.source = d.version, VersionAssumed
		if f.conn.link.AOF { // which is the server's own
			f.source = VersionBase
		}
	}
}

// load takes in what an RDB brings beside keys. Scripts come in file order;
// one that is there already kills some versions.
func (f *follower) load(d *dump, link int) {
	if server.HasFunctions.Of(f.version) == server.No {
		f.libraries.replace(nil)
	} else {
		f.libraries.replace(d.libraries)
	}
	f.libraries.changed(d.offset)
	for _, l := range d.libraries {
		f.meetLibrary(l, Place{SourceFunction, link, d.offset})
	}
	loads := server.LoadsScripts.Of(f.version)
	f.loaded = d
	f.checkFormat(d, link)
	if loads != server.No {
		f.scripts.overflow += d.scriptsLeftOut
	}
	twice := duplicates{}
	for _, s := range d.scripts {
		had := f.scripts.holds(s.sha)
		if had != nil {
			twice.add(s)
		}
		if loads == server.No {
			continue
		}
		if had != nil && server.DiesOfDuplicate.Of(f.version) == server.Yes {
			break
		}
		k, _ := f.scripts.add(s.sha, s.bytes, Place{SourceAux, link, d.offset})
		if k == nil {
			continue
		}
		k.until, k.resumes = d.offset, f.resumes
		if loads == server.Unknown {
			k.resumes-- // only perhaps
		}
		k.verdict = f.analyser.of(s.sha)
	}
	if twice.count > 0 {
		f.report(f.duplicateOnLoad(d, link, &twice))
		if server.DiesOfDuplicate.Of(f.version) == server.Yes {
			f.dead, f.diedOf = true, d
		}
	}
}

// duplicates are the scripts of an RDB that its reader knows already.
type duplicates struct {
	first loaded
	count int64
	bytes int64
}

func (t *duplicates) add(s loaded) {
	if t.count == 0 {
		t.first = s
	}
	t.count++
	t.bytes += s.bytes
}

// linkEnd closes what a connection left open.
func (f *follower) linkEnd(c *connection) {
	f.wrongBefore = f.wrong
	f.endWrong()
	if c.full() && c.payload == nil && c.arrived && !f.dead {
		f.loseTrack() // nothing of it was recorded
	}
	f.position = c.link.EndOffset
	if c.start != record.Unknown && !known(f.position) {
		f.position = c.start + c.link.Bytes
	}
	if known(c.ranTo) && f.position > c.ranTo {
		f.position = c.ranTo
	}
	if f.open && known(c.ranTo) && known(f.transaction) && c.ranTo > f.transaction {
		f.report(f.resumedInside(c))
		f.inside = true
	}
}
