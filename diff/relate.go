package diff

import (
	"fmt"

	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/server"
)

// relate tells from the dumps, and from what else is known of the servers, how
// the two states are related.
func relate(master, replica *Side, servers []repl.Server) Replication {
	r := Replication{Verdict: UnknownVerdict}
	m, s := master.State, replica.State
	if m == nil || s == nil {
		r.Resync.Why = "a dump without replication id and offset can't be placed in a history"
		return r
	}
	atMaster := repl.Find(servers, m.ID, repl.Master)
	if m.ID != s.ID {
		at, known := repl.Parted(*m, *s, atMaster, repl.Find(servers, s.ID, repl.Replica))
		if known {
			r.PartedAt = &at
		}
		// A master that was promoted continues where its replica's history ends.
		if !known || atMaster == nil || atMaster.SecondaryID != s.ID || s.Offset > at {
			r.Verdict = DifferentHistory
			r.Resync = resync(master, s, atMaster)
			return r
		}
	}
	lag := m.Offset - s.Offset
	r.LagBytes = &lag
	switch {
	case lag == 0:
		r.Verdict = SameOffset
	case lag > 0:
		r.Verdict = ReplicaBehind
	default:
		r.Verdict = ReplicaAhead
	}
	r.Resync = resync(master, s, atMaster)
	return r
}

// resync is the answer of the master to a request of the replica for what
// comes after its state.
func resync(master *Side, s *repl.State, known *repl.Server) Resync {
	m := master.State
	at := repl.Position{ID: m.ID, Offset: m.Offset, Version: master.Version, Server: known}
	decision := at.PSYNC(s.ID, s.Offset)
	r := Resync{Why: resyncWhy(decision.Why, m, s, known)}
	if decision.Granted != server.Unknown {
		r.Possible = new(decision.Granted == server.Yes)
	}
	return r
}

// resyncWhy is a decision in words.
func resyncWhy(why repl.Why, m, s *repl.State, known *repl.Server) string {
	next := s.Offset + 1
	switch why {
	case repl.NoSecondaryID:
		return "the replication ids differ, and " + server.HasSecondaryID.Lacking() + " keep no secondary one"
	case repl.SecondaryUnsaid:
		return "the replication ids differ; needs the master's INFO or log to check whether the replica's is its secondary one"
	case repl.OtherHistory:
		return "the master knows the replica's replication id neither as its own nor as its secondary one"
	case repl.PastSecondary:
		return fmt.Sprintf("the master knows the replica's history up to offset %d, and the replica wrote on to %d", known.SecondaryOffset-1, s.Offset)
	case repl.PastMaster:
		return fmt.Sprintf("the replica asks for offset %d, and the master's dump ends at %d: it is refused unless the master has written on by then", next, m.Offset)
	case repl.NothingMissing:
		return "same history and same offset: nothing is missing"
	case repl.NoBacklog:
		return "the master has no backlog"
	case repl.BeforeBacklog:
		return fmt.Sprintf("the replica asks for offset %d, and the master's backlog begins at %d", next, known.Backlog.First)
	case repl.BeyondBacklog:
		return fmt.Sprintf("the replica lacks %d bytes, and the master's backlog holds %d", m.Offset-s.Offset, known.Backlog.Size)
	case repl.InBacklog:
		return fmt.Sprintf("the master's backlog begins at offset %d and holds what the replica lacks, from %d", known.Backlog.First, next)
	}
	same := "same replication id"
	if m.ID != s.ID {
		same = "the replica's replication id is the master's secondary one"
	}
	return same + "; needs the master's INFO to check that its backlog covers the gap"
}
