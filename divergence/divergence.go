// Package divergence is the catalogue of what servers do that makes a replica
// hold something else than its master without any fault of network or operator:
// a row a divergence.
//
// A row says which commands, with which arguments, on what; what differs
// afterwards and on which side; how it comes about; how to see it on a live pair;
// and what to do. The versions that it concerns, the mechanism and its source
// are rows of server.Behaviours, so that no version is written down here.
// docs/divergences.md shows the whole catalogue.
//
// # What a command tells
//
// Most of these commands are healthy most of the time: their arguments don't
// tell, and what the key holds does. Fits says how far the arguments of one
// command go; who asks has to know the state for the rest, or says nothing.
//
// # Limitations
//
// The catalogue holds what was found with random commands on pairs of servers
// of many versions, and what the servers' own histories tell. MIGRATE, the
// migration of cluster slots, chains of replicas, modules other than vector
// sets, CLIENT PAUSE and FUNCTION RESTORE were not searched.
package divergence

import (
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/server"
)

// A Row is one divergence.
type Row struct {
	Name  string // kebab case; never changes its meaning
	Way   Way
	Title string
	// Commands are those concerned, in upper case, as clients send them; none
	// where it is no command that does it. When says with which arguments and on
	// which state.
	Commands []string
	When     string
	// Differs says what holds what afterwards.
	Differs string
	// Behaviours are what servers have to do, each by the version of its side, all
	// of them.
	Behaviours []server.Behaviour
	Seen       Seen
	Dumps      Dumps
	// Confirm is what to run on a pair, MASTER and REPLICA being hosts.
	Confirm []string
	// Act says what to do.
	Act string
	// Reports are public reports of it; none were found where there are none.
	Reports []string
	// Sent is the command in the stream that shows one which is sent otherwise; ""
	// where none does.
	Sent string
	// fits looks at a command where it is Seen, fitsSent at one that is Sent; nil
	// where its arguments never tell.
	fits, fitsSent func(c Command) Fit
}

// Way is how a divergence comes about; rows are grouped by it.
type Way string

// The ways.
const (
	Unsent        Way = "not sent"
	SentOtherwise Way = "sent otherwise than it ran"
	DecidedAgain  Way = "decided again by the replica"
	Beside        Way = "beside the commands"
)

// Ways lists them in the order in which they are shown.
func Ways() []Way { return []Way{Unsent, SentOtherwise, DecidedAgain, Beside} }

// Cause is why keys differ that a divergence of this way concerns; "" where it
// is no command that makes them differ.
func (w Way) Cause() finding.Cause {
	switch w {
	case DecidedAgain:
		return finding.CauseReEvaluated
	case Beside:
		return ""
	}
	return finding.CauseNotPropagated
}

// Seen says where the command itself can be seen.
type Seen string

// The places.
const (
	// InStream: the master sends it as the client did.
	InStream Seen = "in the stream"
	// AtClients: it is not sent, or not as it ran: only a capture of the master's
	// clients, or its MONITOR, shows it.
	AtClients Seen = "at the master's clients alone"
	// Nowhere: no command does it.
	Nowhere Seen = "in no command"
)

// Dumps says whether RDBs of the two sides show the difference.
type Dumps string

// The answers.
const (
	Shown  Dumps = "yes"
	Hidden Dumps = "no"
)

// Concerns reports whether a master and a replica of these versions do it.
func (r *Row) Concerns(master, replica server.Version) server.Answer {
	answer := server.Yes
	for _, b := range r.Behaviours {
		v := master
		if server.Behaviours[b].Role == server.Replica {
			v = replica
		}
		answer = answer.And(b.Of(v))
	}
	return answer
}

// Affects names the servers that it concerns, in words.
func (r *Row) Affects() string {
	var all []string
	for _, b := range r.Behaviours {
		all = append(all, b.Affects())
	}
	return strings.Join(all, ", with ")
}

// FixedIn is the first version without it behind the one whose side decides; ""
// where there is none.
func (r *Row) FixedIn(master, replica server.Version) string {
	var all []string
	for _, b := range r.Behaviours {
		v := master
		if server.Behaviours[b].Role == server.Replica {
			v = replica
		}
		if fix := b.FixedIn(v); fix != "" {
			all = append(all, fix)
		}
	}
	return strings.Join(all, ", or ")
}

// Mechanism says what the servers do.
func (r *Row) Mechanism() string {
	var all []string
	for _, b := range r.Behaviours {
		row := server.Behaviours[b]
		all = append(all, "The "+string(row.Role)+" "+row.Does+".")
	}
	return strings.Join(all, " ")
}

// Sources says where that was read.
func (r *Row) Sources() []string {
	var all []string
	for _, b := range r.Behaviours {
		all = append(all, server.Behaviours[b].Source)
	}
	return all
}

// all is the catalogue, by ways.
var all = slices.Concat(
	mark(unsent, Unsent, AtClients), mark(unsentOfGroups, Unsent, AtClients),
	mark(sentOtherwise, SentOtherwise, AtClients), mark(decidedAgain, DecidedAgain, InStream),
	mark(decidedAgainOfFields, DecidedAgain, InStream), mark(beside, Beside, Nowhere),
)

// All is the catalogue, by ways.
func All() []*Row { return slices.Clone(all) }

// InStreamOf are the rows that a command of some name may speak for in a stream by
// its arguments, and that surely concern a master and a replica of these versions.
func InStreamOf(name []byte, master, replica server.Version) []*Row {
	var rows []*Row
	for _, r := range all {
		there := r.Seen == InStream && r.fits != nil && command.Is([][]byte{name}, r.Commands...) ||
			r.Sent != "" && command.Is([][]byte{name}, r.Sent)
		if there && r.Concerns(master, replica) == server.Yes {
			rows = append(rows, r)
		}
	}
	return rows
}

// AtClientsOf are the rows that a client's command of some name may speak for,
// whatever the versions.
func AtClientsOf(name []byte) []*Row {
	var rows []*Row
	for _, r := range all {
		if r.Seen == AtClients && r.fits != nil && command.Is([][]byte{name}, r.Commands...) {
			rows = append(rows, r)
		}
	}
	return rows
}

// ByName finds a row.
func ByName(name string) (*Row, bool) {
	for _, r := range all {
		if r.Name == name {
			return r, true
		}
	}
	return nil, false
}
