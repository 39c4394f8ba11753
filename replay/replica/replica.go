// Package replica is the state machine of one replica, as servers of one
// version are it. It follows what a plan of package session says that the
// replica received, and emits events: what happened to it, in types and not in
// words. Package replay makes findings of them.
//
// # What is followed
//
// The script cache, the function libraries, the database that the replica's
// connection to its master has selected, the open transaction, replication ids
// and offset, and the lives of its process. Keys are not kept: what commands do
// to them is no part of it. Which of a restart, a reconnect and a full resync
// keeps, restores or drops what depends on the server version, and is asked of
// server.Behaviours alone.
//
// State belongs to an offset: a process that starts from an older dump goes
// back to what was known there.
//
// # Limitations
//
// Scripts are never executed. A script cache that was filled by clients of the
// replica itself is in no artefact. An EVAL whose body does not compile counts
// as a source, which no master sends.
package replica

import (
	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/server"
)

// Options say which replica is followed.
type Options struct {
	// Version is the replica's, zero where it is not known; Source says whence
	// it is. Fixed ones are not learnt from dumps.
	Version server.Version
	Source  VersionSource
	Fixed   bool
	// OwnDumps: a dump of another version stands for what the replica's own
	// would have saved at the same offset, and restores what that would.
	OwnDumps bool
	// Restarts asks for UnsafeRestarts.
	Restarts bool
	Limits   parse.Limits
	// MaxScripts bounds the distinct scripts that are followed.
	MaxScripts int
	Analyser   *Analyser
	// Emit is told of each event. Events are pointers to the types of this
	// package, borrowed until it returns.
	Emit func(Event)
}

// VersionSource says how the replica's version is known.
type VersionSource string

// The sources of a replica's version, strongest first.
const (
	VersionFlag    VersionSource = "flag"
	VersionBase    VersionSource = "base"
	VersionLog     VersionSource = "log"
	VersionAssumed VersionSource = "assumed-from-master"
	VersionUnknown VersionSource = "unknown"
)

// A Replica is the state of one.
type Replica struct {
	process     *process
	history     history
	databases   databases
	transaction transaction
	scripting   scripting
	functions   functions
	restarts    *restarts
	refusals    refusals
	divergences divergences
	watches     bool
	madeUp      IDMadeUp // an event that may come with every XADD
}

// New is a replica of which nothing is known yet.
func New(o Options) *Replica {
	o.Limits = o.Limits.OrDefault()
	p := &process{options: o, version: o.Version, source: o.Source, stale: record.Unknown}
	r := &Replica{
		process:     p,
		history:     history{position: record.Unknown, secondaryOffset: record.Unknown},
		databases:   newDatabases(),
		transaction: transaction{at: record.Unknown},
		functions:   functions{p, newLibraryTable()},
		restarts:    newRestarts(),
	}
	r.scripting = scripting{process: p, table: newScriptTable(o.MaxScripts), restarts: r.restarts}
	return r
}

// What is what a command is, as far as it matters here.
type What struct {
	Class command.Class
	// Writes: it may change keys, in the selected database.
	Writes bool
	// Name numbers the names, from 1; 0 for those that are too many.
	Name int32
}

// Outcome is what a replica made of a command of its stream.
type Outcome string

// What becomes of a command on a replica.
const (
	// Applied: the replica ran it, in the database DB.
	Applied Outcome = "applied"
	// Dropped: the replica lacked the script or function that it runs.
	Dropped Outcome = "dropped"
	// Undelivered: the master sent it, and what the replica asked for
	// afterwards shows that it never ran.
	Undelivered Outcome = "undelivered"
)

// A Moment is what a replica is while it runs a command.
type Moment struct {
	// Process counts the replica's processes from 1: it grows with each restart.
	Process int
	// DB is the database that the replica's connection has selected, StreamDB
	// the one that the master means; record.Unknown where not known.
	DB, StreamDB int
	Transaction  bool // one is open
}

// Now is the present moment.
func (r *Replica) Now() Moment {
	return Moment{r.process.number, r.databases.own, r.databases.stream, r.transaction.open}
}

// Version is the replica's, and how it is known.
func (r *Replica) Version() (server.Version, VersionSource) {
	return r.process.version, r.process.source
}

// Databases are those selected since they were last asked for, ascending.
func (r *Replica) Databases() []int { return r.databases.list() }

// Watches reports whether commands that neither select nor run anything have
// to be looked at.
func (r *Replica) Watches() bool { return r.watches }

// watch decides that.
func (r *Replica) watch() {
	r.watches = r.databases.wrong != nil || r.databases.unselected ||
		r.process.options.Restarts && r.databases.lostByRestart(r.process)
}

// Receives reports whether a command of the connection reaches a process of
// the replica.
func (r *Replica) Receives(c *record.Command) bool { return r.process.receives(c) }

// Command follows one command. It is the hot path: most change nothing.
func (r *Replica) Command(c *record.Command, w What) Outcome {
	if !r.process.receives(c) {
		return Undelivered
	}
	if !r.refusals.none(r.process, w) {
		r.refusals.check(r.process, Call{c, r.databases.stream}, w)
	}
	if !r.divergences.none(r.process, w) {
		r.divergences.check(r.process, Call{c, r.databases.stream}, w)
	}
	if w.Class <= command.Quiet && !r.watches {
		return Applied
	}
	outcome := r.run(Call{c, r.databases.stream}, w.Class)
	if w.Writes && outcome == Applied {
		r.wrote(Call{c, r.databases.stream}, w.Class)
	}
	return outcome
}

// run changes the state as the command would.
func (r *Replica) run(c Call, class command.Class) Outcome {
	switch class {
	case command.Select:
		r.runSelect(c)
	case command.Multi:
		if r.transaction.open {
			r.process.emit(&TransactionStray{Call: c})
			break
		}
		r.transaction.begin(c.Offset, &r.databases)
	case command.Exec:
		if r.transaction.isStray() {
			r.process.emit(&TransactionStray{Call: c, Exec: true})
		}
		r.transaction.end()
	case command.Functions:
		return r.functions.run(c)
	case command.Fcall:
		return r.functions.call(c)
	case command.XAdd:
		if command.ParseXAdd(c.Args).NewID {
			r.madeUp = IDMadeUp{c}
			r.process.emit(&r.madeUp)
		}
	default:
		return r.scripting.run(c, class)
	}
	return Applied
}

// wrote counts a command that ran and may have changed keys.
func (r *Replica) wrote(c Call, class command.Class) {
	if r.databases.unselected {
		r.databases.unselected = false
		r.process.emit(&DatabaseUnknown{Call: c, AfterFull: r.process.conn.Full()})
		r.watch()
	}
	if wrong := r.databases.wrong; wrong != nil {
		wrong.Commands++
	}
	if r.process.options.Restarts && r.databases.lostByRestart(r.process) {
		to := r.scripting.runsUntil(c, class)
		r.restarts.database.add(r.process, r.databases.lastSelect(), to, c, nil)
	}
}

// runSelect changes the database of both.
func (r *Replica) runSelect(c Call) {
	if len(c.Args) != 2 {
		return
	}
	n, ok := parseDB(c.Args[1])
	if !ok {
		return
	}
	r.databases.endWrong(r.process)
	r.databases.selectDB(n, c.EndOffset)
	r.watch()
}

// Finish tells what only the end of everything tells.
func (r *Replica) Finish() {
	r.databases.endWrong(r.process)
	r.scripting.finish()
}

// UnsafeRestarts lists the ranges of all restarts that would have done harm,
// those of one behaviour by offset.
func (r *Replica) UnsafeRestarts() []Unsafe { return r.restarts.all() }

// A State is what a replica holds.
type State struct {
	Moment
	ReplicationID     string
	Offset            int64
	SecondaryID       string // "" for none
	SecondaryOffset   int64
	ScriptsKnown      bool // all that it has are in Scripts, but for those left out
	Scripts           [][20]byte
	ScriptsLeftOut    int64
	Libraries         []string
	LibrariesKnown    bool
	CommandsInWrongDB int64
}

// maxScriptsHeld is how many scripts a State lists.
const maxScriptsHeld = 1_000

// State is what it is now.
func (r *Replica) State() State {
	s := State{
		Moment: r.Now(), ReplicationID: r.history.id, Offset: r.history.position,
		SecondaryID: r.history.secondaryID, SecondaryOffset: r.history.secondaryOffset,
		ScriptsKnown: r.scripting.table.complete,
		Libraries:    r.functions.names(), LibrariesKnown: r.functions.complete,
	}
	if wrong := r.databases.wrong; wrong != nil {
		s.CommandsInWrongDB = wrong.Commands
	}
	s.Scripts, s.ScriptsLeftOut = r.scripting.table.held(maxScriptsHeld)
	return s
}

func known(offset int64) bool { return offset != record.Unknown }
