package replay

import (
	"fmt"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/server"
)

// joinRefused tells of a request for a partial resync that got a full one.
func (f *follower) joinRefused(c *connection) {
	if !c.full() || !known(c.asked) {
		return
	}
	f.report(finding.Finding{
		Code: finding.ResyncRefused, Severity: finding.Info, Offset: finding.At(c.asked),
		Message: fmt.Sprintf("the replica asked for what follows offset %d and got a full resync: %s", c.asked, f.whyRefused(c)),
	})
}

// whyRefused finds the reason, in the master's own words where there are any.
func (f *follower) whyRefused(c *connection) string {
	facts, id := &f.options.Facts, c.requestedID()
	for _, r := range facts.Refusals {
		if r.Offset == c.asked+1 {
			return "its log says that the master " + string(r.Why)
		}
	}
	if differ(id, c.link.ReplicationID) {
		return f.whyOtherHistory(c, id)
	}
	if known(c.start) && c.asked > c.start {
		return fmt.Sprintf("the master is at offset %d, before what it asked for", c.start)
	}
	for _, b := range facts.Backlogs {
		switch {
		case differ(b.ID, id):
		case known(c.start) && c.start-c.asked > b.Size:
			return fmt.Sprintf("it is %d bytes behind, and INFO tells of a backlog of %d", c.start-c.asked, b.Size)
		case known(b.First) && c.start > c.asked && b.First > c.start:
			return fmt.Sprintf("INFO tells of a backlog that begins at %d, after this full resync", b.First)
		}
	}
	if known(c.start) {
		return fmt.Sprintf("%d bytes were not in the master's backlog, or it had none; its INFO or log would tell", c.start-c.asked)
	}
	return "its INFO or log would tell why"
}

// whyOtherHistory: the id asked for is not the master's.
func (f *follower) whyOtherHistory(c *connection, id string) string {
	for _, s := range f.options.Facts.Secondary {
		if s.ID != c.link.ReplicationID {
			continue
		}
		switch {
		case s.Former != id:
			return "the history asked for is neither the master's nor its former one"
		case c.asked+1 > s.Limit:
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
		return "the master is of another history than the one asked for, and servers before 4.0 keep no former one"
	}
	return "the master is of another history than the one asked for"
}
