package replay

import (
	"fmt"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/replay/session"
	"github.com/redsleuth/redsleuth/server"
)

// joinRefused tells of a request for a partial resync that got a full one.
func (f *follower) joinRefused(c *session.Connection) {
	if !c.Full() || !known(c.Asked) {
		return
	}
	f.report(finding.Finding{
		Code: finding.ResyncRefused, Severity: finding.Info, Offset: finding.At(c.Asked),
		Message: fmt.Sprintf("the replica asked for what follows offset %d and got a full resync: %s", c.Asked, f.whyRefused(c)),
	})
}

// whyRefused finds the reason, in the master's own words where there are any.
func (f *follower) whyRefused(c *session.Connection) string {
	facts, id := &f.options.Facts, c.RequestedID()
	for _, r := range facts.Refusals {
		if r.Offset == c.Asked+1 {
			return "its log says that the master " + string(r.Why)
		}
	}
	if session.Differ(id, c.Link.ReplicationID) {
		return f.whyOtherHistory(c, id)
	}
	if known(c.Start) && c.Asked > c.Start {
		return fmt.Sprintf("the master is at offset %d, before what it asked for", c.Start)
	}
	for _, b := range facts.Backlogs {
		switch {
		case session.Differ(b.ID, id):
		case known(c.Start) && c.Start-c.Asked > b.Size:
			return fmt.Sprintf("it is %d bytes behind, and INFO tells of a backlog of %d", c.Start-c.Asked, b.Size)
		case known(b.First) && c.Start > c.Asked && b.First > c.Start:
			return fmt.Sprintf("INFO tells of a backlog that begins at %d, after this full resync", b.First)
		}
	}
	if known(c.Start) {
		return fmt.Sprintf("%d bytes were not in the master's backlog, or it had none; its INFO or log would tell", c.Start-c.Asked)
	}
	return "its INFO or log would tell why"
}

// whyOtherHistory: the id asked for is not the master's.
func (f *follower) whyOtherHistory(c *session.Connection, id string) string {
	for _, s := range f.options.Facts.Secondary {
		if s.ID != c.Link.ReplicationID {
			continue
		}
		switch {
		case s.Former != id:
			return "the history asked for is neither the master's nor its former one"
		case c.Asked+1 > s.Limit:
			return fmt.Sprintf("the master shares that history up to offset %d only", s.Limit-1)
		}
		return "the master shares that history, so its backlog must lack these bytes"
	}
	for _, r := range f.options.Facts.Refusals {
		if r.Why == WhyHistory {
			return "its log says that the master " + string(r.Why)
		}
	}
	if server.HasSecondaryID.Of(f.masterOf(c)) == server.No {
		return "the master is of another history than the one asked for, and " + server.HasSecondaryID.Lacking() + " keep no former one"
	}
	return "the master is of another history than the one asked for"
}
