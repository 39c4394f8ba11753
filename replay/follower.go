package replay

import (
	"bytes"
	"crypto/sha1"
	"time"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay/session"
	"github.com/redsleuth/redsleuth/server"
)

// A follower is one replica, as servers of one version would be it.
type follower struct {
	options *Options
	limits  parse.Limits
	replica int
	version server.Version
	source  VersionSource
	// master is the version of the one that sent the last payload.
	master server.Version
	fixed  bool // the version is not to be learnt from dumps
	// compared: this is one of several versions. A dump of another one then
	// stands for what this one would have saved.
	compared bool
	supposed bool // a dump did so
	// effects: this one answers for the replica itself, and not for what
	// another version would have made of it.
	effects bool

	findings []finding.Finding
	perCode  map[finding.Code]int64
	listed   map[finding.Code]int64
	// findingBytes and touchBytes are about what these take.
	findingBytes, touchBytes int64
	summary                  Summary
	states                   []State
	counted                  map[string]int32 // findings that are reported once and counted
	touches                  []Touch
	leftOut                  int64
	ranges                   map[server.Behaviour]*ranges
	bodies                   *scriptTable        // of libraries,
	names                    map[[20]byte]string // and their names
	databases                map[int]bool        // selected on this link
	analyser                 *analyser
	scripts                  *scriptTable
	libraries                *libraryTable

	conn     *session.Connection
	link     *Link  // in the report
	received *dump  // the payload of the connection
	file     []byte // the part of a multi-part AOF that is read
	process  int
	// fromDump: the process started from a dump, and nothing replaced or
	// dropped its scripts since.
	fromDump bool
	dead     bool
	// diedOf is the payload that killed the process.
	diedOf *dump
	// loaded is the dump or payload that the process loaded last.
	loaded *dump
	// startedFrom is the dump that the process started from; nil for none.
	startedFrom *dump
	// id and offset as INFO would tell them; position is the offset in the
	// stream, which some versions don't report.
	id, id2  string
	limit    int64
	position int64
	// db is the database that the replica's own connection has selected,
	// streamDB the one that the master means.
	db, streamDB int
	selects      []selection
	wrong        wrongDatabase
	wrongBefore  wrongDatabase // at the end of the connection before
	unselected   bool          // no write was seen since streamDB is unknown
	transaction  int64         // offset of an open MULTI
	open         bool
	openKnown    bool // that it is open, or not, is certain
	// before is what was selected when the open transaction began.
	before struct{ db, streamDB int }
	inside bool // the replica asked for what follows the middle of a transaction
	// resumes counts the reconnects after which only a process that lived
	// on has its scripts.
	resumes  int32
	unseen   unseen
	watching bool
	pending  bool // Options.At is still to come
	// stale is the offset of the dump that the process started from, staleSince
	// when it first asked.
	stale      int64
	staleSince time.Time
}

// wrongDatabase counts what runs in another database than the master meant.
type wrongDatabase struct {
	active  bool
	certain bool // a new process, and not only perhaps one
	// onlyZero: the dump that the process started from has keys in database 0
	// alone.
	onlyZero     bool
	db, expected int
	at           int64
	commands     int64
}

// unseen counts the EVALSHA of scripts whose source must have come before
// the recording.
type unseen struct {
	calls int64
	first int64
	sha   digest
}

func newFollower(o *Options, replica int, version server.Version, source VersionSource) *follower {
	f := &follower{
		options: o, limits: o.Limits.OrDefault(), replica: replica, version: version, source: source,
		perCode: map[finding.Code]int64{}, listed: map[finding.Code]int64{}, counted: map[string]int32{}, ranges: map[server.Behaviour]*ranges{},
		bodies: newScriptTable(maxLibraries), scripts: newScriptTable(o.MaxScripts), libraries: newLibraryTable(),
		position: record.Unknown, db: record.Unknown, streamDB: record.Unknown, limit: record.Unknown,
		transaction: record.Unknown, stale: record.Unknown,
		pending: o.At != nil, names: map[[20]byte]string{}, databases: map[int]bool{},
	}
	return f
}

// watch decides whether commands that don't matter to the state have to be
// looked at.
func (f *follower) watch() {
	f.watching = f.wrong.active || f.unselected || f.pending || f.options.Key != nil ||
		f.effects && f.options.Effect != nil || f.options.Restarts && f.losesDatabase()
}

// losesDatabase: a restart now would go on in another database.
func (f *follower) losesDatabase() bool {
	return f.streamDB > 0 && server.LosesDatabaseOnRestart.Of(f.version) == server.Yes
}

// what a command is, as far as it matters.
type what struct {
	class command.Class
	// writes: it may change keys, in the selected database.
	writes bool
}

// command follows one command.
func (f *follower) command(c *record.Command, w what) error {
	if f.dead || f.conn.RanTo != record.Unknown && c.EndOffset > f.conn.RanTo {
		if f.options.Key != nil {
			f.touch(c, w, record.Unknown, record.Undelivered)
		}
		return f.effect(c, record.Undelivered)
	}
	if w.class <= command.Quiet && !f.watching {
		return nil
	}
	f.reach(c)
	db := f.db
	outcome := f.run(c, w)
	if w.writes && outcome == record.Applied {
		f.wrote(c, w)
	}
	if f.options.Key != nil {
		f.touch(c, w, db, outcome)
	}
	return f.effect(c, outcome)
}

// run changes the state as the command would.
func (f *follower) run(c *record.Command, w what) record.Outcome {
	switch w.class {
	case command.Select:
		f.runSelect(c)
	case command.Multi:
		if f.open {
			f.stray(c)
			break
		}
		f.transaction, f.open, f.openKnown = c.Offset, true, true
		f.before.db, f.before.streamDB = f.db, f.streamDB
	case command.Exec:
		if !f.open && f.openKnown {
			f.stray(c)
		}
		f.open, f.openKnown = false, true
	case command.Eval:
		f.runEval(c)
	case command.EvalSHA:
		return f.runEvalSHA(c)
	case command.ScriptCache:
		f.runScript(c)
	case command.Functions:
		return f.runFunction(c)
	case command.Fcall:
		return f.runFCall(c)
	case command.XAdd:
		f.runXAdd(c)
	}
	return record.Applied
}

// effect tells who asked what became of a command.
func (f *follower) effect(c *record.Command, outcome record.Outcome) error {
	if !f.effects || f.options.Effect == nil {
		return nil
	}
	e := record.Effect{Command: c, Link: c.Link, Offset: c.Offset, Path: f.link.Path, Outcome: outcome, ReplicaDB: f.db, Process: f.process}
	own := c.DB
	if f.streamDB != record.Unknown && outcome != record.Undelivered {
		c.DB = f.streamDB
	}
	err := f.options.Effect(&e)
	c.DB = own
	return err
}

// begins tells who asked that the replica's state begins anew.
func (f *follower) begins(outcome record.Outcome, offset int64, base string) error {
	if !f.effects || f.options.Effect == nil {
		return nil
	}
	return f.options.Effect(&record.Effect{
		Link: &f.conn.Link, Offset: offset, Base: base, Path: f.link.Path,
		Outcome: outcome, ReplicaDB: record.Unknown, Process: f.process,
	})
}

// wrote notes a command that ran and may have changed keys.
func (f *follower) wrote(c *record.Command, w what) {
	if f.unselected {
		f.unselected = false
		f.report(f.selectMissing(c))
		f.watch()
	}
	if f.wrong.active {
		f.wrong.commands++
	}
	if f.options.Restarts && f.losesDatabase() {
		f.unsafe(server.RestoresDatabase, f.lastSelect(), f.runsUntil(c, w), c, "")
	}
}

// runsUntil is the last offset at which the replica could restart and would
// still run c, in whichever database: a script must have its source behind it.
func (f *follower) runsUntil(c *record.Command, w what) int64 {
	if w.class != command.EvalSHA || server.LosesScriptsOnRestart.Of(f.version) != server.Yes || len(c.Args) < 2 {
		return c.Offset
	}
	sha, ok := parseDigest(c.Args[1])
	if k := f.scripts.holds(sha); ok && k != nil {
		return min(c.Offset, k.until-1)
	}
	return c.Offset
}

func (f *follower) place(c *record.Command, kind SourceKind) Place {
	return Place{Kind: kind, Link: f.link.Number, Offset: c.Offset}
}

// learn takes in a body.
func (f *follower) learn(c *record.Command, body []byte, kind SourceKind) *knownScript {
	sha := digest(sha1.Sum(body))
	k, had := f.scripts.add(sha, int64(len(body)), f.place(c, kind))
	if k == nil {
		return nil
	}
	if had {
		k.again++
		k.againBytes += c.Bytes
	}
	k.resumes, k.until = f.resumes, c.EndOffset
	if k.seen == 1 {
		k.verdict = f.analyser.add(sha, body)
	}
	return k
}

func (f *follower) runEval(c *record.Command) {
	if len(c.Args) < 2 {
		return
	}
	if k := f.learn(c, c.Args[1], SourceEval); k != nil {
		k.calls++
		f.runNested(c, k)
		f.runUnordered(c, k)
	}
}

// runNested looks at the scripts that a script calls by their names.
func (f *follower) runNested(c *record.Command, k *knownScript) {
	a := f.analyser.verdict(k.verdict)
	if a == nil || len(a.Calls) == 0 || !f.scripts.complete || f.scripts.overflow > 0 {
		return
	}
	for _, name := range a.Calls {
		sha, ok := parseDigest([]byte(name))
		if ok && f.scripts.holds(sha) == nil {
			f.report(f.nestedMissing(c, sha, f.scripts.met(sha)))
		}
	}
}

func (f *follower) runScript(c *record.Command) {
	if len(c.Args) < 2 {
		return
	}
	switch {
	case len(c.Args) >= 3 && bytes.EqualFold(c.Args[1], []byte("LOAD")):
		f.learn(c, c.Args[2], SourceLoad)
	case bytes.EqualFold(c.Args[1], []byte("FLUSH")):
		f.report(f.scriptFlush(c))
		f.fromDump = false
		f.scripts.empty(drop{what: "SCRIPT FLUSH", link: f.link.Number, offset: c.Offset, flush: true})
		f.scripts.complete = true
	}
}

// runEvalSHA runs a script by its name, if the replica has it.
func (f *follower) runEvalSHA(c *record.Command) record.Outcome {
	if len(c.Args) < 2 {
		return record.Applied
	}
	sha, ok := parseDigest(c.Args[1])
	if !ok {
		return record.Applied // no script has such a name, on the master neither
	}
	if k := f.scripts.holds(sha); k != nil {
		k.calls++
		if k.resumes < f.resumes {
			f.atRisk(c, k)
		}
		f.runNested(c, k)
		f.runUnordered(c, k)
		if f.options.Restarts && server.LosesScriptsOnRestart.Of(f.version) == server.Yes {
			f.unsafe(server.LoadsScripts, k.until, c.Offset, c, string(c.Args[1]))
		}
		return record.Applied
	}
	k := f.scripts.met(sha)
	if k != nil {
		k.calls++
	}
	if !f.scripts.complete || f.scripts.overflow > 0 {
		if f.unseen.calls++; f.unseen.calls == 1 {
			f.unseen.sha, f.unseen.first = sha, c.Offset
		}
		return record.Applied
	}
	f.report(f.scriptMissing(c, sha, k))
	if k != nil && f.options.Restarts && f.restartLoses() {
		f.unsafe(server.LoadsScripts, k.until, c.Offset, c, string(c.Args[1])) // as the restart that was showed
	}
	return record.Dropped
}
