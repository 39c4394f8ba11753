package replay

import (
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay/replica"
)

// Outcome is what became of a command on a replica.
type Outcome = replica.Outcome

// What becomes of commands, and what else has an effect on a replica.
const (
	// Applied: the replica ran it, in the database ReplicaDB.
	Applied = replica.Applied
	// Dropped: the replica lacked the script or function that it runs.
	Dropped = replica.Dropped
	// Undelivered: the master sent it, and what the replica asked for
	// afterwards shows that it never ran.
	Undelivered = replica.Undelivered
	// Started is no command: a process of the replica begins, from the dump
	// Base, or from nothing that is known where that is "".
	Started Outcome = "started"
	// Loaded is no command: the payload of Link replaced what the replica
	// held.
	Loaded Outcome = "loaded"
)

// An Effect is a command and what a replica made of it. A replay of a stream
// yields one for every command, and for every new beginning, in the order in
// which the replica met them; a comparison weighs them. It is borrowed until the
// next.
type Effect struct {
	// Command has its offsets as far as all streams together tell them, and
	// in DB the database in which the master ran it. Its arguments are
	// borrowed, as those of every command. It is nil for Started and Loaded.
	Command *record.Command
	// Link is the connection, with its number within Path.
	Link *record.Link
	// Offset is where a state begins that was Started or Loaded: that of the
	// dump or payload; record.Unknown where not known.
	Offset int64
	// Base is the path of the dump from which a process Started.
	Base string
	// Path is the input that holds it.
	Path    string
	Outcome Outcome
	// Replica is the number in the plan of the one that met it, from 1.
	Replica int
	// ReplicaDB is the database in which the replica ran it, or
	// record.Unknown.
	ReplicaDB int
	// Process counts the replica's processes from 1: it grows with each
	// restart. What ran after the dump from which a process started, in an
	// earlier one, was lost with that one.
	Process int
}
