package replay

import (
	"fmt"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/replay/replica"
	"github.com/redsleuth/redsleuth/replay/session"
	"github.com/redsleuth/redsleuth/server"
)

// resyncRefused is about a request for a partial resync that got a full one.
func (s sentences) resyncRefused(e *replica.ResyncRefused) finding.Finding {
	c := e.Connection
	return finding.Finding{
		Code: finding.ResyncRefused, Severity: finding.Info, Offset: finding.At(c.Asked),
		Message: fmt.Sprintf("the replica asked for what follows offset %d and got a full resync: %s",
			c.Asked, s.whyRefused(e)),
	}
}

// whyRefused finds the reason, in the master's own words where there are any.
func (s sentences) whyRefused(e *replica.ResyncRefused) string {
	c, facts := e.Connection, s.facts
	id := c.RequestedID()
	for _, r := range facts.Refusals {
		if r.Offset == c.Asked+1 {
			return "its log says that the master " + inMastersWords(r.Why)
		}
	}
	master := repl.Position{ID: c.Link.ReplicationID, Offset: c.Start, Version: s.masterVersion(e.Master)}
	if !session.Differ(id, master.ID) {
		id = master.ID // also where one of them is not known
	}
	master.Server = repl.Find(facts.Servers, master.ID, repl.Master)
	later := int64(repl.Unknown) // where the backlog begins in the INFO of a later time
	if master.Server != nil {
		then := *master.Server
		later, then.Backlog.First = then.Backlog.First, repl.Unknown
		master.Server = &then
	}
	switch why := master.PSYNC(id, c.Asked).Why; {
	case why == repl.OtherHistory:
		return "the history asked for is neither the master's nor its former one"
	case why == repl.PastSecondary:
		return fmt.Sprintf("the master shares that history up to offset %d only", master.Server.SecondaryOffset-1)
	case why == repl.NoSecondaryID:
		return "the master is of another history than the one asked for, and " + server.HasSecondaryID.Lacking() + " keep no former one"
	case why == repl.SecondaryUnsaid:
		return s.whyOtherHistory()
	case why == repl.PastMaster:
		return fmt.Sprintf("the master is at offset %d, before what it asked for", c.Start)
	case why == repl.BeyondBacklog:
		return fmt.Sprintf("it is %d bytes behind, and INFO tells of a backlog of %d", c.Start-c.Asked, master.Server.Backlog.Size)
	case known(later) && known(c.Start) && c.Start > c.Asked && later > c.Start:
		return fmt.Sprintf("INFO tells of a backlog that begins at %d, after this full resync", later)
	case id != master.ID:
		return "the master shares that history, so its backlog must lack these bytes"
	case known(c.Start):
		return fmt.Sprintf("%d bytes were not in the master's backlog, or it had none; its INFO "+
			"or log would tell", c.Start-c.Asked)
	}
	return "its INFO or log would tell why"
}

// whyOtherHistory: the id asked for is not the master's, and nothing tells its
// secondary one.
func (s sentences) whyOtherHistory() string {
	for _, r := range s.facts.Refusals {
		if r.Why == repl.OtherHistory {
			return "its log says that the master " + inMastersWords(r.Why)
		}
	}
	return "the master is of another history than the one asked for"
}

// inMastersWords is the reason that a log gives.
func inMastersWords(why repl.Why) string {
	switch why {
	case repl.BeforeBacklog:
		return "no longer had these bytes in its backlog"
	case repl.PastSecondary:
		return "shares the former history only up to an earlier offset"
	}
	return "is of another history"
}
