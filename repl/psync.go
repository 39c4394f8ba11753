package repl

import "github.com/redsleuth/redsleuth/server"

// A Position is that of a master when it is asked for a partial resync.
type Position struct {
	// ID is its history, and Offset that of the last byte that it sent, or
	// Unknown.
	ID     string
	Offset int64
	// Version is zero where it is not known.
	Version server.Version
	// Server is what INFO or a log tells of it; nil for nothing.
	Server *Server
}

// Why is what decides whether a partial resync is granted.
type Why string

// The reasons, in the order in which a master looks at them.
const (
	NoSecondaryID   Why = "no-secondary-id"     // masters of its version have one id
	SecondaryUnsaid Why = "secondary-unsaid"    // its secondary id is not known
	OtherHistory    Why = "other-history"       // neither its id nor its secondary one
	PastSecondary   Why = "past-secondary"      // the replica wrote on after the histories parted
	PastMaster      Why = "past-master"         // the replica has more than the master
	NothingMissing  Why = "nothing-missing"     // the replica has what the master has
	BacklogUnsaid   Why = "backlog-unsaid"      // whether the backlog holds the bytes is not known
	NoBacklog       Why = "no-backlog"          // it has none
	BeforeBacklog   Why = "before-backlog"      // the first byte asked for is no longer in it
	BeyondBacklog   Why = "larger-than-backlog" // more is asked for than it can hold
	InBacklog       Why = "in-backlog"          // it holds what is asked for
)

// A Decision is a master's answer to PSYNC: Yes where it grants what is asked
// for, No where it starts a full resync, Unknown where that is not known.
type Decision struct {
	Granted server.Answer
	Why     Why
}

// PSYNC decides on the request of a replica that has the history id up to an
// offset, and asks for what follows.
func (p *Position) PSYNC(id string, offset int64) Decision {
	next := offset + 1
	if id != p.ID {
		switch s := p.Server; {
		case server.HasSecondaryID.Of(p.Version) == server.No:
			return Decision{server.No, NoSecondaryID}
		case s == nil || !s.SecondaryKnown:
			return Decision{server.Unknown, SecondaryUnsaid}
		case s.SecondaryID != id:
			return Decision{server.No, OtherHistory}
		case next > s.SecondaryOffset:
			return Decision{server.No, PastSecondary}
		}
	}
	switch {
	case p.Offset != Unknown && offset > p.Offset:
		return Decision{server.No, PastMaster}
	case p.Offset != Unknown && offset == p.Offset:
		return Decision{server.Yes, NothingMissing}
	case p.Server == nil:
		return Decision{server.Unknown, BacklogUnsaid}
	}
	return p.Server.Backlog.serve(next, p.Offset)
}

// serve decides on bytes from next to the last, which may be Unknown.
func (b *Backlog) serve(next, last int64) Decision {
	switch {
	case b.Active == server.No:
		return Decision{server.No, NoBacklog}
	case b.First != Unknown && next < b.First:
		return Decision{server.No, BeforeBacklog}
	case b.Size > 0 && last != Unknown && last-next >= b.Size:
		return Decision{server.No, BeyondBacklog}
	case b.First != Unknown && b.Active == server.Yes:
		return Decision{server.Yes, InBacklog}
	}
	return Decision{server.Unknown, BacklogUnsaid}
}
