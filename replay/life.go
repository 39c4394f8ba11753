package replay

import (
	"slices"

	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay/session"
	"github.com/redsleuth/redsleuth/server"
)

// linkStart brings the state to where a connection found the replica.
func (f *follower) linkStart(c *session.Connection, l *Link, from *dump) error {
	if f.pending && f.conn != nil && f.options.At.before(c.Link.Began) {
		f.snapshot(c.Link.Began, true)
	}
	before := f.process
	f.conn, f.link, f.received = c, l, nil
	f.file = nil
	inside := f.inside
	f.inside = false
	f.transaction, f.open, f.openKnown = record.Unknown, false, (c.Link.Resync != record.NoSync || c.Link.AOF) && !inside
	switch {
	case f.dead && c.Entry != session.FromBase && c.Entry != session.FromPayload:
		f.revive(c)
	case c.Entry == session.SameProcess:
		f.reconnect(c)
	case c.Entry == session.Unknown:
		f.process = max(f.process, 1)
	case c.Entry == session.Empty:
		f.restart(c, nil)
	case c.Entry == session.FromBase:
		f.restart(c, from)
	case c.Entry == session.FromPayload:
		f.restart(c, from)
	case c.Entry == session.FromOlder:
		f.restartOlder(c)
	}
	if f.dead && f.effects {
		f.link.Entry = session.FromOlder
	}
	f.dead = false
	if c.LacksPayload() {
		f.loseTrack()
	}
	f.joinRefused(c)
	f.joinHistory(c)
	f.joinOffsets(c)
	if c.Continues() {
		f.resumeDatabase(c)
	}
	f.watch()
	if f.process == before {
		return nil
	}
	base := ""
	if c.Base != nil {
		base = c.Base.Path
	}
	return f.begins(record.Started, c.Asked, base)
}

// revive starts a process after one that died: from the payload that killed
// it, where its request shows that, else from what such a version would have
// saved at the offset asked for.
func (f *follower) revive(c *session.Connection) {
	switch {
	case f.diedOf != nil && known(c.Asked) && c.Asked == f.diedOf.Offset:
		f.restart(c, f.diedOf)
	case known(c.Asked):
		f.restartOlder(c)
	default:
		f.restart(c, nil)
	}
	f.diedOf = nil
}

// reconnect: the same process asks again, or one that had saved its state at
// the very end.
func (f *follower) reconnect(c *session.Connection) {
	if c.Continues() && !c.Lived && server.LosesScriptsOnRestart.Of(f.version) != server.No {
		f.resumes++
	}
	if c.Join.Missing > 0 && c.Continues() {
		f.loseTrack()
	}
	if known(c.Asked) {
		f.forgetSelectionsBeyond(c.Asked)
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
func (f *follower) restart(c *session.Connection, d *dump) {
	f.process++
	f.fromDump, f.startedFrom = d != nil, d
	f.noteStale(c, d)
	if d != nil || f.process > 1 {
		f.touchBeginning(record.Started, 0, d)
	}
	supposed := f.supposes(c, d)
	f.supposed = f.supposed || supposed
	why := drop{what: "the restart", link: f.link.Number, offset: c.Asked}
	if supposed && server.SavesScripts.Of(f.version) == server.Yes && server.SavesScripts.Of(d.Version) != server.Yes {
		f.scripts.rewind(d.Offset, why)
	} else {
		f.scripts.empty(why)
		f.scripts.complete = true
	}
	f.libraries.replace(nil)
	if d == nil {
		f.db, f.streamDB = 0, record.Unknown
		if c.Link.AOF {
			f.streamDB = 0
		}
		return
	}
	if c.Entry == session.FromBase && !f.fixed && !d.Version.IsZero() {
		f.version, f.source = d.Version, VersionBase
	}
	resumes := c.Link.AOF || f.checkRestart(c, d, supposed)
	f.id = d.ID
	f.load(d, 0)
	if f.streamDB = d.StreamDB; f.streamDB == record.Unknown {
		f.streamDB = f.selectedAt(d.Offset)
	}
	f.forgetSelectionsBeyond(d.Offset)
	switch answer := server.RestoresDatabase.Of(f.version); {
	case c.Link.AOF:
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
func (f *follower) supposes(c *session.Connection, d *dump) bool {
	return f.compared && d != nil && c.Entry == session.FromBase && d.Version != f.version
}

// restartOlder begins a process from a dump that is no artefact: what it
// holds is what such a version would have saved at the offset asked for.
func (f *follower) restartOlder(c *session.Connection) {
	f.process++
	f.fromDump = true
	f.touchBeginning(record.Started, 0, nil)
	why := drop{what: "the restart", link: f.link.Number, offset: c.Asked}
	switch server.LosesScriptsOnRestart.Of(f.version) {
	case server.No:
		f.scripts.rewind(c.Asked, why)
	case server.Yes:
		f.scripts.empty(why)
	case server.Unknown:
		f.scripts.rewind(c.Asked, why)
		f.resumes++
	}
	f.streamDB = f.selectedAt(c.Asked)
	f.forgetSelectionsBeyond(c.Asked)
	f.db = f.streamDB
	if server.RestoresDatabase.Of(f.version) == server.No {
		f.db = 0
	}
	f.libraries.rewind(c.Asked)
}

// resumeDatabase compares the databases of master and replica where a stream
// goes on.
func (f *follower) resumeDatabase(c *session.Connection) {
	f.unselected = f.streamDB == record.Unknown && f.db == record.Unknown
	restarted := c.Entry.IsRestart()
	switch {
	case f.streamDB != record.Unknown && f.db != record.Unknown && f.db != f.streamDB:
		f.startWrong(c, f.db, f.streamDB, true)
	case restarted && f.streamDB == record.Unknown && f.db == 0 && server.RestoresDatabase.Of(f.version) == server.No:
		f.startWrong(c, 0, record.Unknown, true)
	case c.Entry == session.SameProcess && f.wrongBefore.active && f.streamDB == record.Unknown:
		f.startWrong(c, f.wrongBefore.db, record.Unknown, f.wrongBefore.certain)
		f.wrong.onlyZero = f.wrongBefore.onlyZero
	case c.Entry == session.SameProcess && !c.Lived && f.streamDB > 0 && server.LosesDatabaseOnRestart.Of(f.version) == server.Yes:
		f.startWrong(c, 0, f.streamDB, false)
	}
}

func (f *follower) startWrong(c *session.Connection, db, expected int, certain bool) {
	f.wrong = wrongDatabase{active: true, certain: certain, db: db, expected: expected, at: c.Start}
	f.wrong.onlyZero = c.Base != nil && f.startedFrom.onlyDatabaseZero()
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
	f.received = d
	if f.dead || f.conn.Arrival != session.Arrived && !(f.conn.Arrival == session.Fatal && d.End == record.Clean && f.wouldDie(d)) {
		return nil
	}
	if n, wrong := d.judge(); wrong && d.End != record.Truncated && !f.conn.Link.AOF {
		f.report(n)
	}
	if d.End != record.Clean {
		if d.End == record.Truncated {
			f.loseTrack() // it may well have arrived
		}
		return nil
	}
	f.master = d.Version
	f.learnVersion(d)
	if !f.fixed && f.conn.Survived() && f.wouldDie(d) {
		f.restart(f.conn, nil) // it lives, so it is not the process that it seemed to be
	}
	f.libraries.replace(nil)
	if known(d.Offset) {
		f.selected(d.Offset, d.StreamDB)
	}
	f.db, f.streamDB = 0, d.StreamDB
	if d.StreamDB != record.Unknown {
		f.db = d.StreamDB
	}
	f.unselected = d.StreamDB == record.Unknown
	if f.conn.Link.AOF {
		f.streamDB, f.unselected = 0, false
	}
	f.scripts.complete = true
	f.stale, f.fromDump = record.Unknown, false
	f.touchBeginning(record.Loaded, f.link.Number, d)
	f.load(d, f.link.Number)
	f.watch()
	return f.begins(record.Loaded, d.Offset, "")
}

// wouldDie: the RDB brings a script that kills the process.
func (f *follower) wouldDie(d *dump) bool {
	return server.PanicsOnDuplicateScript.Of(f.version) == server.Yes &&
		slices.ContainsFunc(d.scripts, func(s loaded) bool { return f.scripts.holds(s.sha) != nil })
}

// learnVersion assumes that the replica is of its master's version where
// nothing else tells.
func (f *follower) learnVersion(d *dump) {
	if f.version.IsZero() && !f.fixed && !d.Version.IsZero() {
		f.version, f.source = d.Version, VersionAssumed
		if f.conn.Link.AOF { // which is the server's own
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
	f.libraries.changed(d.Offset)
	for _, l := range d.libraries {
		f.meetLibrary(l, Place{SourceFunction, link, d.Offset})
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
		if had != nil && server.PanicsOnDuplicateScript.Of(f.version) == server.Yes {
			break
		}
		k, _ := f.scripts.add(s.sha, s.bytes, Place{SourceAux, link, d.Offset})
		if k == nil {
			continue
		}
		k.until, k.resumes = d.Offset, f.resumes
		if loads == server.Unknown {
			k.resumes-- // only perhaps
		}
		k.verdict = f.analyser.of(s.sha)
	}
	if twice.count > 0 {
		f.report(f.duplicateOnLoad(d, link, &twice))
		if server.PanicsOnDuplicateScript.Of(f.version) == server.Yes {
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
func (f *follower) linkEnd(l *record.Link) {
	c := f.conn
	f.wrongBefore = f.wrong
	f.endWrong()
	if c.Full() && c.Payload == nil && f.received == nil && c.Arrival == session.Arrived && !f.dead {
		f.loseTrack() // nothing of it was recorded
	}
	f.position = l.EndOffset
	if c.Start != record.Unknown && !known(f.position) {
		f.position = c.Start + l.Bytes
	}
	if known(c.RanTo) && f.position > c.RanTo {
		f.position = c.RanTo
	}
	if f.open && known(c.RanTo) && known(f.transaction) && c.RanTo > f.transaction {
		f.report(f.resumedInside(c))
		f.inside = true
	}
}
