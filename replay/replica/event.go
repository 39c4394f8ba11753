package replica

import (
	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/divergence"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay/session"
	"github.com/redsleuth/redsleuth/server"
)

// An Event is a pointer to one of the types below. All are about the
// connection that is followed.
type Event any

// A Call is a command of the stream, borrowed, and the database that the
// stream had selected, or record.Unknown.
type Call struct {
	*record.Command
	DB int // in place of the command's own, which the recording tells
}

// Started: a process began, from a dump; From is nil where it had none, or one
// that is no artefact.
type Started struct{ From *Dump }

// Loaded: the payload of a full resync replaced what the replica held.
type Loaded struct{ Payload *Dump }

// PayloadBroken: servers stop loading the payload, for its Err or its Checksum.
type PayloadBroken struct{ Payload *Dump }

// ScriptMissing: the replica did not have the script of an EVALSHA.
type ScriptMissing struct {
	Call
	Script Lookup
	// Nested: the script of the command calls it by EVALSHA.
	Nested bool
	// Master is the version of the one that sent it; zero where not known.
	Master server.Version
	// Restarted: the process started from a dump, and servers of its version
	// lose their scripts by that.
	Restarted bool
}

// A Lookup is what is known of a script that was not found.
type Lookup struct {
	SHA Digest
	// Met: it was known at some time, last from Last, until Dropped, if that is
	// not nil, took it away.
	Met     bool
	Last    Place
	Dropped *Drop
	// InDump: the RDB that was loaded last has it in an AUX field.
	InDump bool
}

// A Drop is an event that emptied a script cache: a restart, or a SCRIPT FLUSH
// in the stream.
type Drop struct {
	Flush  bool
	Link   int
	Offset int64
}

// ScriptAtRisk: an EVALSHA that only a process that lived through the reconnect
// before can run. It comes with each; Resume tells reconnects apart.
type ScriptAtRisk struct {
	Call
	SHA    Digest
	Last   Place
	Resume int32
}

// ScriptsFlushed: a SCRIPT FLUSH took away the scripts that were Held.
type ScriptsFlushed struct {
	Call
	Held int64
}

// ScriptUnordered: the script writes, and what it reads comes in an order that
// replica and master don't share. It comes with each call.
type ScriptUnordered struct {
	Call
	SHA Digest
}

// ScriptsUnseen counts the EVALSHA of scripts whose source must have come
// before the recording.
type ScriptsUnseen struct {
	Calls int64
	First int64 // offset
	SHA   Digest
	// Overflow: there were more scripts than Limit, and theirs are not told
	// apart.
	Overflow bool
	Limit    int
}

// ScriptResent: a body was sent although the replica had it, so many Times,
// for so many Bytes of the stream.
type ScriptResent struct {
	SHA          Digest
	Times, Bytes int64
}

// DuplicateOnLoad: an RDB brought Count scripts that its reader knew already.
type DuplicateOnLoad struct {
	Dump  *Dump
	Link  int // whose payload it is; 0 for a dump that a process started from
	First DumpScript
	Count int64
	Bytes int64
}

// FormatUnread: servers of the replica's version load no RDB newer than Newest,
// and this one is.
type FormatUnread struct {
	Dump   *Dump
	Link   int // as of DuplicateOnLoad
	Newest int
}

// DatabaseLost: the replica continued in the database DB from offset At on, where
// the stream had selected Expected, and ran so many Commands. It is select-lost,
// and databases.resume decides it.
type DatabaseLost struct {
	DB, Expected int // Expected may be record.Unknown
	At, Commands int64
	Certain      bool // a new process, and not only perhaps one
	// OnlyZero: the dump that the process started from has keys in database 0
	// alone.
	OnlyZero bool
}

// DatabaseUnknown: a write before any SELECT.
type DatabaseUnknown struct {
	Call
	AfterFull bool // resync, after which masters select one
}

// RestartRefused: a process that starts from this dump asks for a full resync.
type RestartRefused struct{ Why WhyNoResume }

// WhyNoResume is why a process does not resume from a dump.
type WhyNoResume uint8

// The reasons.
const (
	NeverResumes WhyNoResume = iota // servers of its version never do
	NoState                         // the dump holds no replication state
	NoDatabase                      // it does not tell the selected database
)

// OffsetStale: the dump tells the offset of an earlier restart and holds keys
// of a later one.
type OffsetStale struct{ Offset, Bytes int64 }

// TransactionStray: an EXEC without a MULTI, or a MULTI within a transaction.
type TransactionStray struct {
	Call
	Exec bool
}

// ResumedInside: the replica asked for what follows the middle of a
// transaction that began At.
type ResumedInside struct{ At int64 }

// FunctionsUnsupported: servers of the replica's version have no functions.
type FunctionsUnsupported struct {
	Call
	Fcall bool // which may write; FUNCTION does not
}

// FunctionMissing: no library registers the function of an FCALL.
type FunctionMissing struct{ Call }

// LibraryMissing: a FUNCTION DELETE of a library that the replica lacks.
type LibraryMissing struct{ Call }

// LibraryExists: a FUNCTION LOAD or RESTORE, without REPLACE, of a library that
// the replica has as SHA.
type LibraryExists struct {
	Call
	SHA Digest
}

// FunctionsFlushed: all libraries were dropped.
type FunctionsFlushed struct{ Call }

// CommandRefused: the replica answers the command with an error, as Refusal
// says; or the name is not known, and nothing is. It comes with each.
type CommandRefused struct {
	Call
	command.Refusal
}

// Divergent: master and replica of these versions run the command otherwise, as
// the row says; Certain where nothing that the key holds makes it healthy. It
// comes with each.
type Divergent struct {
	Call
	Row     *divergence.Row
	Certain bool
}

// IDMadeUp: an XADD whose id the replica makes up. It comes with each.
type IDMadeUp struct{ Call }

// ResyncRefused: a request for a partial resync got a full one, from a master
// of version Master, zero where not known.
type ResyncRefused struct {
	Connection *session.Connection
	Master     server.Version
}

// HistoryChanged: the replica followed the history Was before, and follows ID
// now.
type HistoryChanged struct {
	Connection *session.Connection
	Was, ID    string
}

// Rejoined: the stream does not go on exactly where the connection before
// ended, as Connection.Join says.
type Rejoined struct{ Connection *session.Connection }
