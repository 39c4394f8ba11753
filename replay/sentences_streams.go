package replay

import (
	"fmt"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/replay/replica"
	"github.com/redsleuth/redsleuth/replay/session"
	"github.com/redsleuth/redsleuth/server"
)

// databaseLost is about a stream that went on in another database than its
// master meant.
func (s sentences) databaseLost(e *replica.DatabaseLost) finding.Finding {
	const loses = server.LosesDatabaseOnRestart
	f := at(finding.Finding{
		Code: finding.SelectLost, Severity: finding.Error, DB: finding.At(e.DB), Commands: e.Commands,
		Affects: loses.Affects(), FixedIn: loses.FixedIn(s.version),
	}, e.At)
	switch {
	case !e.Certain:
		f.Severity = finding.Info
		if e.Expected != record.Unknown {
			f.ExpectedDB = finding.At(e.Expected)
		}
		f.Message = fmt.Sprintf("if the replica restarted before this reconnect, %d commands ran "+
			"in database %d "+
			"instead of %d; nothing shows that it did", e.Commands, e.DB, e.Expected)
	case e.Expected == record.Unknown:
		f.Severity, f.ExpectedDBUnknown = finding.Warning, true
		f.Message = fmt.Sprintf("the replica restarted and continued in database %d, where %d "+
			"commands ran until the "+
			"next SELECT; which database the stream had selected is not known", e.DB, e.Commands)
		if e.OnlyZero {
			f.Severity = finding.Info
			f.Message += ", and the dump has keys in database 0 alone"
		}
	default:
		f.ExpectedDB = finding.At(e.Expected)
		f.Message = fmt.Sprintf("the replica continued in database %d where the stream had selected %d: "+
			"%d commands ran in the wrong database", e.DB, e.Expected, e.Commands)
	}
	return f
}

func databaseUnknown(e *replica.DatabaseUnknown) finding.Finding {
	severity, why := finding.Info, "the recording begins in the middle of a stream"
	if e.AfterFull {
		severity, why = finding.Warning, "a master selects one after each full resync"
	}
	return about(e.Call, finding.SelectMissing, severity,
		"a write before any SELECT, and the database is not known: %s", why)
}

func restartRefused(e *replica.RestartRefused) finding.Finding {
	why := [...]string{
		replica.NeverResumes: "servers of its version never resume from a dump",
		replica.NoState:      "the dump holds no replication state",
		replica.NoDatabase: "the dump does not tell the selected database, " +
			"without which its replication state is ignored",
	}[e.Why]
	return finding.Finding{
		Code: finding.RestartRefused, Severity: finding.Info,
		Message: "a replica that starts from this dump asks for a full resync: " + why,
	}
}

func (s sentences) offsetStale(e *replica.OffsetStale) finding.Finding {
	return finding.Finding{
		Code: finding.OffsetStale, Severity: finding.Warning, Offset: finding.At(e.Offset), Bytes: e.Bytes,
		Message: fmt.Sprintf("the dump tells the offset of an earlier restart and holds keys of a "+
			"later one: "+
			"up to %d bytes of the stream ran twice", e.Bytes),
		Affects: server.KeepsStaleOffset.Affects(), FixedIn: server.KeepsStaleOffset.FixedIn(s.version),
	}
}

// inline is about a command as a person would type it.
func inline(c *record.Command, db int) finding.Finding {
	return about(replica.Call{Command: c, DB: db}, finding.StreamText, finding.Warning,
		"a command without RESP framing, which no master sends: older replicas run it, "+
			"newer ones take the stream for damaged and ask for a full resync")
}

func transactionStray(e *replica.TransactionStray) finding.Finding {
	what := "a MULTI within a transaction: it is answered with an error that nobody reads, " +
		"and all that is queued runs at the next EXEC"
	if e.Exec {
		what = "an EXEC without MULTI: it is answered with an error that nobody reads, and nothing else"
	}
	f := about(e.Call, finding.TransactionStray, finding.Info, "%s", what)
	f.Affects = server.SendsStrayExec.Affects() + ", and of any version with a module that " +
		"sends half a transaction"
	return f
}

// resumedInside is about a request for bytes within a transaction.
func (s sentences) resumedInside(e *replica.ResumedInside) finding.Finding {
	f := finding.Finding{
		Code: finding.TransactionOpen, Severity: finding.Warning, Offset: finding.At(e.At),
		Message: "the replica asked for what follows the middle of a transaction: " +
			"its first commands were queued and never ran",
	}
	if server.ResumesAtCommand.Of(s.version) == server.No {
		f.Message += "; " + server.ResumesAtCommand.Lacking() + " ask for what follows the bytes " +
			"that they read"
	}
	return f
}

func (s sentences) historyChanged(e *replica.HistoryChanged) finding.Finding {
	c := e.Connection
	f := at(finding.Finding{Code: finding.HistoryChanged, Severity: finding.Info}, c.Start)
	switch {
	case c.Full():
		f.Message = "a full resync from another history replaces all that the replica held"
	case c.Entry != session.SameProcess:
		f.Message = "the dump that the process started from is of another history than the stream before"
	case c.RequestedID() == e.ID:
		f.Severity = finding.Warning
		f.Message = "the replica asks for a history that it did not follow in these artefacts"
	default:
		f.Severity, f.Message = s.secondaryRule(e)
	}
	return f
}

// secondaryRule judges a +CONTINUE with a new id: the master must have been a
// replica of the old history at least up to the offset asked for.
func (s sentences) secondaryRule(e *replica.HistoryChanged) (finding.Severity, string) {
	asked := e.Connection.Asked
	switch master := repl.Find(s.facts.Servers, e.ID, repl.Master); {
	case master == nil || master.SecondaryID == "":
	case master.SecondaryID != e.Was:
		return finding.Warning, "the master continues under a new id whose former history is " +
			"another one than the replica's"
	case known(asked) && asked+1 > master.SecondaryOffset:
		return finding.Warning, fmt.Sprintf("the master continues under a new id although its "+
			"former history "+
			"ends at offset %d, before what the replica asked for", master.SecondaryOffset-1)
	default:
		return finding.Info, "the master was promoted and continues under a new id, within the " +
			"limit of its secondary one"
	}
	return finding.Info, "the master continues under a new id, as after a promotion; " +
		"INFO or a log of it would tell the limit of the former one"
}

// rejoined is about connections that don't join exactly.
func (s sentences) rejoined(e *replica.Rejoined) finding.Finding {
	switch c := e.Connection; {
	case c.Join.WentBack:
		return wentBack(c)
	case c.Join.Missing > 0:
		return offsetGap(c)
	case c.Join.Differs:
		return s.otherBytes(c)
	default:
		return s.askedAgain(c)
	}
}

func wentBack(c *session.Connection) finding.Finding {
	return finding.Finding{
		Code: finding.OffsetGap, Severity: finding.Warning, Offset: finding.At(c.Start),
		Message: "offsets of one history go back: this full resync is of an earlier offset than " +
			"the connection " +
			"before had reached; are the inputs in the wrong order?",
	}
}

func offsetGap(c *session.Connection) finding.Finding {
	missing := c.Join.Missing
	f := finding.Finding{
		Code: finding.OffsetGap, Severity: finding.Warning, Bytes: missing, Offset: finding.At(c.Asked - missing),
		Message: fmt.Sprintf("the replica had %d bytes more than the artefacts hold: what they "+
			"changed is not known", missing),
	}
	if c.Full() {
		f.Severity = finding.Info
		f.Message += ", and was replaced by the full resync"
	}
	return f
}

func (s sentences) otherBytes(c *session.Connection) finding.Finding {
	f := finding.Finding{
		Code: finding.OffsetGap, Severity: finding.Warning, Offset: finding.At(c.Asked), Bytes: c.Join.Repeated,
		Message: "the same offsets of the same history hold other bytes than on the connection before",
	}
	if trims := server.MeaningfulOffset; c.Join.OnlyPings && trims.Of(s.version) == server.Yes {
		f.Severity = finding.Info
		f.Message += ": only PINGs, which servers of its version take back from the end of their history"
		f.Affects, f.FixedIn = trims.Affects(), trims.FixedIn(s.version)
	}
	return f
}

func (s sentences) askedAgain(c *session.Connection) finding.Finding {
	why := "they had not arrived, or the replica restarted from an older dump"
	if c.Lived {
		why = "they had not arrived"
	}
	f := finding.Finding{
		Code: finding.OffsetGap, Severity: finding.Info, Offset: finding.At(c.Asked), Bytes: c.Join.Repeated,
		Message: fmt.Sprintf("%d bytes that had been sent before were asked for again: %s", c.Join.Repeated, why),
	}
	if c.Join.OnlyPings && server.MeaningfulOffset.Of(s.version) == server.Yes {
		f.Message = fmt.Sprintf("%d bytes of PINGs that had been sent before were asked for again: "+
			"servers of its version don't count PINGs at the end of their history", c.Join.Repeated)
	}
	return f
}

func (s sentences) commandRefused(e *replica.CommandRefused) finding.Finding {
	if !e.Known {
		return aboutKeys(e.Call, finding.CommandRefused, finding.Info,
			"a command that is in no release of Redis or Valkey, but of a module, a vendor or renamed: "+
				"a replica that does not have it drops it")
	}
	since := "which no release of its family knows"
	if !e.Since.IsZero() {
		since = "which is there since " + e.Since.String()
	}
	f := aboutKeys(e.Call, finding.CommandRefused, finding.Error,
		"a replica of %s does not know %s, %s: it answers with an error that nobody reads, and "+
			"drops the command",
		s.version, e.What, since)
	f.FixedIn = e.Since.String()
	return f
}

// divergent is about a command of the stream that the catalogue of divergences
// knows.
func (s sentences) divergent(e *replica.Divergent) finding.Finding {
	severity := finding.Warning
	if e.Certain {
		severity = finding.Error
	}
	f := aboutKeys(e.Call, finding.DivergentCommand, severity, "%s: %s", e.Row.Title, e.Row.Differs)
	f.Divergence, f.Affects = e.Row.Name, e.Row.Affects()
	f.FixedIn = e.Row.FixedIn(server.Version{}, s.version)
	return f
}
