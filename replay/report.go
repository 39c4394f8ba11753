package replay

import (
	"fmt"
	"slices"
	"time"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/replay/replica"
	"github.com/redsleuth/redsleuth/replay/session"
	"github.com/redsleuth/redsleuth/server"
)

// A Report is what a replica would make of the streams.
type Report struct {
	MasterVersion, ReplicaVersion string // as the artefacts or the user wrote them; "" where unknown
	VersionSource                 replica.VersionSource
	Links                         []*Link
	Result                        // for the replica's own version, or the first one asked for
	// Versions has an entry for each version of Options.Versions where there
	// are several, or for each of Options.Also. Scripts are those of the first alone.
	Versions []Result
	// States answers Options.At, one for each replica.
	States []State
	// Touches answers Options.Key.
	Touches []Touch
	// TouchesLeftOut counts those beyond the limit.
	TouchesLeftOut int64
	// Refused are the commands that the replica's log shows it refused, in its order, and
	// Aborted the transactions that it refused as a whole with one of them.
	Refused []RefusedPlace
	Aborted []Aborted
	// Replicas counts the replicas that the streams lead to.
	Replicas int
	// Damaged: an AOF or a dump among the inputs is damaged or ends early.
	Damaged bool
}

// A RefusedPlace is a command that the replica's log shows it refused, by what the log
// shows of the stream before it, and where it is.
type RefusedPlace struct {
	*repl.RefusedPlace
	Place finding.Place
}

// A Result is what replicas of one version would meet.
type Result struct {
	Version  server.Version
	Findings []finding.Finding
	Summary  Summary
	Verdict  Verdict
	// OwnDump answers for a replica that had run this version all along, and
	// started from dumps of its own where these artefacts hold another
	// version's; nil unless several versions were asked for.
	OwnDump *OwnDump
	Scripts []replica.Script
	// ScriptsLeftOut counts those beyond what a report lists.
	ScriptsLeftOut int64
	// Restarts answers Options.Restarts.
	Restarts []replica.Unsafe
}

// OwnDump is what a replica would meet that had saved its own dumps.
type OwnDump struct {
	Summary Summary
	Verdict Verdict
}

// Summary counts what was replayed.
type Summary struct {
	Commands, Writes int64
	Errors, Warnings int64
}

// A Link is a connection as the replica lived it.
type Link struct {
	record.Link
	Path string
	// Index is its number in the report, from 1: Number counts within the
	// input, whose index is Stream.
	Index, Stream int
	// Replica numbers the replica that it leads to, from 1.
	Replica int
	// Entry says what process was at the replica's end.
	Entry session.Entry
	// Base is the path of the dump from which the process started, if one did.
	Base string
	// RanTo is the offset up to which the replica ran the stream, as far as
	// its next request or acknowledgement shows; record.Unknown where
	// nothing limits it.
	RanTo     int64
	Databases []int
	ByCommand map[string]int64
	// PayloadVersion is the server version in the payload's AUX fields.
	PayloadVersion string
}

// name is what the link is called among all: by its number within the input,
// and by the input's where there are several.
func (l *Link) name(all []*Link) string {
	if !slices.ContainsFunc(all, func(other *Link) bool { return other.Stream != l.Stream }) {
		return fmt.Sprintf("link %d", l.Number)
	}
	return fmt.Sprintf("link %d of input %d", l.Number, l.Stream+1)
}

// LinkName is what the i-th link is called, from 1: by its number within the input,
// and by the input's where there are several.
func (r *Report) LinkName(i int) string { return r.Links[i-1].name(r.Links) }

// Found is how the connection found the replica, in the word of the documents.
func (l *Link) Found() string {
	if !l.Entry.IsRestart() && (l.Resync == record.Full || l.Channel == record.ChannelMain) {
		return "full" // what it held is replaced
	}
	return l.Entry.String()
}

// State is what a replica holds at a point of its stream.
type State struct {
	replica.State
	Replica int
	Link    int
	Time    time.Time
	// Reached: the streams do not end before the point.
	Reached bool
}

// A Touch is a record or a command that names a key asked for, or one that may
// touch it without; or, without Key and Command, a new beginning: a process
// Started, a full resync was Loaded, or the replica was Promoted or Demoted.
type Touch struct {
	Path         string
	File         []byte // the part of a multi-part AOF
	Link         int    // 0 for a key of a dump that a process started from
	Offset, Byte int64
	// History is the replication id of the history that Offset is of; "" where not known.
	History   string
	Time      time.Time
	DB        int // in which the master ran it
	ReplicaDB int
	Key       []byte
	Command   string // "" for a record of a dump
	// Args are the first of its arguments, but for the key, or the first elements of the
	// value of a record; ArgsLeft counts the others.
	Args     [][]byte
	ArgsLeft int
	Type     string // of a record of a dump
	Outcome  Outcome
	// Transaction is that which it is in, by its number on the link or the connection; 0
	// is none, and negative one that began on another link.
	Transaction int
	// Side is whose dump it is that Held the key.
	Side string
	// Client is who Asked, or was Refused; nil of a stream.
	Client *Client
	Marks
}

// Marks say more of some rows.
type Marks struct {
	// Computed: the command is a script, which may touch any key.
	Computed bool
	// FromDump: the process that Started did so from the dump Path.
	FromDump bool
}
