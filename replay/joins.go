package replay

import (
	"fmt"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/replay/session"
	"github.com/redsleuth/redsleuth/server"
)

// joinHistory follows ids from connection to connection.
func (f *follower) joinHistory(c *session.Connection) {
	id := c.Link.ReplicationID
	if id == "" {
		id = c.RequestedID()
	}
	if id == "" || id == session.AnyID {
		return
	}
	if f.id != "" && f.id != id {
		f.historyChanged(c, id)
		f.master = server.Version{} // another one, perhaps
		if !c.Partial() {
			f.selects = f.selects[:0] // the offsets are others
			f.scripts.newHistory()
			f.libraries.states, f.libraries.held = nil, 0
		}
	}
	if f.id != id && c.Partial() && known(c.Asked) {
		f.id2, f.limit = f.id, c.Asked+1
	}
	f.id = id
}

// joinOffsets says where connections don't join.
func (f *follower) joinOffsets(c *session.Connection) {
	switch {
	case c.Join.WentBack:
		f.report(f.wentBack(c))
	case c.Join.Missing > 0:
		f.report(f.offsetGap(c))
	case c.Join.Differs:
		f.report(f.otherBytes(c))
	case c.Join.Repeated > 0 && c.Entry == session.SameProcess:
		f.report(f.askedAgain(c))
	}
	f.position = c.Start
}

func (f *follower) historyChanged(c *session.Connection, id string) {
	n := finding.Finding{Code: finding.HistoryChanged, Severity: finding.Info}
	if known(c.Start) {
		n.Offset = finding.At(c.Start)
	}
	switch {
	case c.Full():
		n.Message = "a full resync from another history replaces all that the replica held"
	case c.Entry != session.SameProcess:
		n.Message = "the dump that the process started from is of another history than the stream before"
	case c.RequestedID() == id:
		n.Severity = finding.Warning
		n.Message = "the replica asks for a history that it did not follow in these artefacts"
	default:
		n.Severity, n.Message = f.secondaryRule(c, id)
	}
	f.report(n)
}

// secondaryRule judges a +CONTINUE with a new id: the master must have been a
// replica of the old history at least up to the offset asked for.
func (f *follower) secondaryRule(c *session.Connection, id string) (finding.Severity, string) {
	switch s := repl.Find(f.options.Facts.Servers, id, repl.Master); {
	case s == nil || s.SecondaryID == "":
	case s.SecondaryID != f.id:
		return finding.Warning, "the master goes on under a new id whose former history is another one than the replica's"
	case known(c.Asked) && c.Asked+1 > s.SecondaryOffset:
		return finding.Warning, fmt.Sprintf("the master goes on under a new id although its former history ends at offset %d, before what the replica asked for", s.SecondaryOffset-1)
	default:
		return finding.Info, "the master was promoted and goes on under a new id, within the limit of its secondary one"
	}
	return finding.Info, "the master goes on under a new id, as after a promotion; INFO or a log of it would tell the limit of the former one"
}

func (f *follower) offsetGap(c *session.Connection) finding.Finding {
	n := finding.Finding{
		Code: finding.OffsetGap, Severity: finding.Warning, Bytes: c.Join.Missing, Offset: finding.At(c.Asked - c.Join.Missing),
		Message: fmt.Sprintf("the replica had %d bytes more than the artefacts hold: what they changed is not known", c.Join.Missing),
	}
	if c.Full() {
		n.Severity = finding.Info
		n.Message += ", and was replaced by the full resync"
	}
	return n
}

func (f *follower) wentBack(c *session.Connection) finding.Finding {
	return finding.Finding{
		Code: finding.OffsetGap, Severity: finding.Warning, Offset: finding.At(c.Start),
		Message: "offsets of one history go back: this full resync is of an earlier offset than the connection before had reached; are the inputs in the wrong order?",
	}
}

func (f *follower) otherBytes(c *session.Connection) finding.Finding {
	n := finding.Finding{
		Code: finding.OffsetGap, Severity: finding.Warning, Offset: finding.At(c.Asked), Bytes: c.Join.Repeated,
		Message: "the same offsets of the same history hold other bytes than on the connection before",
	}
	if c.Join.OnlyPings && server.MeaningfulOffset.Of(f.version) == server.Yes {
		n.Severity = finding.Info
		n.Message += ": only PINGs, which servers of its version take back from the end of their history"
		n.Affects, n.FixedIn = server.MeaningfulOffset.Affects(), server.MeaningfulOffset.FixedIn(f.version)
	}
	return n
}

func (f *follower) askedAgain(c *session.Connection) finding.Finding {
	n := finding.Finding{
		Code: finding.OffsetGap, Severity: finding.Info, Offset: finding.At(c.Asked), Bytes: c.Join.Repeated,
		Message: fmt.Sprintf("%d bytes that had been sent before were asked for again: %s", c.Join.Repeated, whyAgain(c)),
	}
	if c.Join.OnlyPings && server.MeaningfulOffset.Of(f.version) == server.Yes {
		n.Message = fmt.Sprintf("%d bytes of PINGs that had been sent before were asked for again: servers of its version don't count PINGs at the end of their history", c.Join.Repeated)
	}
	return n
}

// whyAgain: a process that lived on lacked the bytes; of another nothing is
// known.
func whyAgain(c *session.Connection) string {
	if c.Lived {
		return "they had not arrived"
	}
	return "they had not arrived, or the replica restarted from an older dump"
}

// resumedInside: a request for bytes within a transaction.
func (f *follower) resumedInside(c *session.Connection) finding.Finding {
	n := finding.Finding{
		Code: finding.TransactionOpen, Severity: finding.Warning, Offset: finding.At(f.transaction),
		Message: "the replica asked for what follows the middle of a transaction: its first commands were queued and never ran",
	}
	if server.ResumesAtCommand.Of(f.version) == server.No {
		n.Message += "; " + server.ResumesAtCommand.Lacking() + " ask for what follows the bytes that they read"
	}
	return n
}
