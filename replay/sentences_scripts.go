package replay

import (
	"fmt"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/replay/replica"
	"github.com/redsleuth/redsleuth/server"
)

const loses = server.LosesScriptsOnRestart

// scriptMissing is about an EVALSHA, or a script that calls one, that the
// replica can't run.
func (s sentences) scriptMissing(e *replica.ScriptMissing) finding.Finding {
	seen := s.lastSeen(&e.Script)
	severity, message := finding.Error, ""
	if e.Nested {
		severity = finding.Warning
		message = "the script of this command calls one by EVALSHA that the replica did not know: " +
			"" + seen +
			"; servers let no script do so, and the master's call failed like the replica's, unless " +
			"it was another program"
	} else {
		in := ""
		if e.Transaction > 0 {
			in = fmt.Sprintf(" in transaction %d of the link, whose EXEC runs the others without it", e.Transaction)
		}
		message = "the replica did not know this script and dropped the command" + in + ": " + seen
	}
	f := aboutKeys(e.Call, finding.ScriptMissing, severity, "%s", message)
	f.SHA1 = e.Script.SHA.String()
	if e.Restarted {
		f.Affects, f.FixedIn = loses.Affects(), loses.FixedIn(s.version)
	}
	if !e.Nested {
		s.blameMaster(e, &f)
		if server.LogsErrorsToMaster.Of(s.version) == server.No {
			f.Message += "; servers of its version say nothing of it in their log"
		}
	}
	return f
}

// blameMaster adds what masters of its version have to do with a script that is
// missing.
func (s sentences) blameMaster(e *replica.ScriptMissing, f *finding.Finding) {
	master := s.masterVersion(e.Master)
	likely := master
	if likely.IsZero() {
		likely = s.version
	}
	switch forgets := server.ForgetsReadOnlyEvalsha; {
	case server.ReplicatesScripts.Of(master) == server.No:
		f.Message += fmt.Sprintf("; masters of %s send what a script did and not its name, "+
			"so this command came from an older master further up, or from another program", master)
	case !e.Script.Met && forgets.Of(likely) == server.Yes:
		f.Affects, f.FixedIn = forgets.Affects(), forgets.FixedIn(likely)
		f.Message += "; " + f.Affects + " forget to send it after a call that wrote nothing"
	}
}

// masterVersion is that of a master, as its payload, INFO or a log tell.
func (s sentences) masterVersion(payload server.Version) server.Version {
	if payload.IsZero() {
		return s.facts.Master
	}
	return payload
}

// lastSeen says where a script's source was last seen and what dropped it.
func (s sentences) lastSeen(l *replica.Lookup) string {
	switch {
	case !l.Met && l.InDump:
		return "its source is in an AUX field of the RDB that the replica loaded, which servers " +
			"of its version step over"
	case !l.Met:
		return "its source is nowhere in the artefacts"
	case l.Dropped == nil:
		return "its source was last seen " + s.place(l.Last)
	}
	return "its source was last seen " + s.place(l.Last) + " and was dropped by " + s.drop(l.Dropped)
}

func (s sentences) place(p replica.Place) string {
	where := "in the dump that the process started from"
	if p.Link > 0 {
		where = "on " + s.link(p.Link)
	}
	if known(p.Offset) {
		where += fmt.Sprintf(" at offset %d", p.Offset)
	}
	return fmt.Sprintf("%s (%s)", where, p.Kind)
}

// link names a link of the report: by its number within the input, and by the
// input's where there are several.
func (s sentences) link(index int) string {
	if index < 1 || index > len(s.links) {
		return fmt.Sprintf("link %d", index)
	}
	return s.links[index-1].name(s.links)
}

func (s sentences) drop(d *replica.Drop) string {
	what := "the restart"
	if d.Flush {
		what = "SCRIPT FLUSH"
	}
	if !known(d.Offset) {
		return what + " on " + s.link(d.Link)
	}
	return fmt.Sprintf("%s on %s at offset %d", what, s.link(d.Link), d.Offset)
}

func (s sentences) scriptAtRisk(e *replica.ScriptAtRisk) finding.Finding {
	doubt := ""
	if s.version.IsZero() {
		doubt = "; the replica's version is not known: " + loses.Affects() + ", lose their scripts"
	}
	f := aboutKeys(e.Call, finding.ScriptAtRisk, finding.Warning,
		"the source of this script was last seen before the replica reconnected (%s): harmless if "+
			"the process lived on, "+
			"dropped if it restarted from an RDB without scripts%s", s.place(e.Last), doubt)
	f.SHA1, f.Count = e.SHA.String(), 1
	f.Affects, f.FixedIn = loses.Affects(), loses.FixedIn(s.version)
	return f
}

func scriptsFlushed(e *replica.ScriptsFlushed) finding.Finding {
	f := about(e.Call, finding.ScriptFlush, finding.Info,
		"the script cache is emptied; %d scripts of these artefacts were in it", e.Held)
	f.Count = e.Held
	return f
}

func scriptUnordered(e *replica.ScriptUnordered) finding.Finding {
	f := about(e.Call, finding.ScriptUnordered, finding.Info,
		"the script writes, and reads what older masters sort for it and this replica does not: "+
			"where the order matters, the two write different things")
	f.SHA1, f.Affects = e.SHA.String(), server.UnsortedScriptReplies.Affects()
	return f
}

func scriptsUnseen(e *replica.ScriptsUnseen) finding.Finding {
	f := finding.Finding{
		Code: finding.ScriptUnseen, Severity: finding.Info, SHA1: e.SHA.String(), Count: e.Calls,
		Message: fmt.Sprintf("%d EVALSHA of scripts whose source was sent before the artefacts begin: "+
			"whether the replica had them is not known", e.Calls),
	}
	if e.Overflow {
		f.Severity = finding.Warning
		f.Message = fmt.Sprintf("more than %d distinct scripts: %d EVALSHA could not be checked; "+
			"raise --max-memory",
			e.Limit, e.Calls)
	}
	return at(f, e.First)
}

// scriptResent is about a body that travelled although the replica had it, and
// what that cost.
func scriptResent(e *replica.ScriptResent) finding.Finding {
	return finding.Finding{
		Code: finding.ScriptDuplicate, Severity: finding.Info, SHA1: e.SHA.String(), Count: e.Times, Bytes: e.Bytes,
		Message: fmt.Sprintf("its body was sent again %s although the replica had it: %d bytes of "+
			"the stream",
			times(e.Times), e.Bytes),
	}
}

// duplicateOnLoad is about the RDB of a full resync or of a restart that brings
// scripts that the process knows.
func (s sentences) duplicateOnLoad(e *replica.DuplicateOnLoad) finding.Finding {
	const panics = server.PanicsOnDuplicateScript
	f := finding.Finding{
		Code: finding.ScriptDuplicateOnLoad, Severity: finding.Info,
		Message: fmt.Sprintf("the RDB brings %d scripts that the process already knows; this "+
			"version survives it", e.Count),
		Byte: finding.At(e.First.Byte), SHA1: e.First.SHA.String(), Count: e.Count, Bytes: e.Bytes,
		Affects: panics.Affects(), FixedIn: panics.FixedIn(s.version),
	}
	switch panics.Of(s.version) {
	case server.Yes:
		f.Severity, f.Count = finding.Error, 0
		f.Message = "the RDB brings a script that the process already knows: " +
			"this version crashes on it (assertion failure)"
	case server.Unknown:
		f.Severity = finding.Warning
		f.Message = fmt.Sprintf("the RDB brings %d scripts that the process already knows; the "+
			"replica's version "+
			"is not known: %s crash on it (assertion failure), others survive", e.Count, f.Affects)
	}
	if e.Link == 0 {
		f.Path = e.Dump.Path
	}
	return at(f, e.Dump.Offset)
}

// formatUnread is about an RDB that servers of the replica's version refuse.
func (s sentences) formatUnread(e *replica.FormatUnread) finding.Finding {
	f := finding.Finding{
		Code: finding.FormatUnread, Severity: finding.Info,
		Message: fmt.Sprintf("this RDB is of version %d, and servers of %s load none newer than %d: "+
			"what is said of such a replica supposes that it had", e.Dump.Format, s.version, e.Newest),
	}
	if e.Link == 0 {
		f.Path = e.Dump.Path
	}
	return f
}

// functionsUnsupported is about a command that servers of this version lack.
func (s sentences) functionsUnsupported(e *replica.FunctionsUnsupported) finding.Finding {
	const text = "servers of %s have no functions: the command is unknown to the replica, " +
		"which dropped it"
	f := about(e.Call, finding.FunctionMissing, finding.Warning, text, s.version)
	if e.Fcall {
		f = aboutKeys(e.Call, finding.FunctionMissing, finding.Error, text, s.version)
	}
	f.Affects, f.FixedIn = server.HasFunctions.Lacking(), server.HasFunctions.Since()
	return f
}

func functionMissing(e *replica.FunctionMissing) finding.Finding {
	return aboutKeys(e.Call, finding.FunctionMissing, finding.Error, "no library of the "+
		"replica registers this function")
}

func libraryMissing(e *replica.LibraryMissing) finding.Finding {
	return about(e.Call, finding.FunctionMissing, finding.Warning,
		"FUNCTION DELETE of a library that the replica does not have")
}

func libraryExists(e *replica.LibraryExists) finding.Finding {
	f := about(e.Call, finding.FunctionDuplicate, finding.Warning,
		"FUNCTION LOAD or RESTORE without REPLACE of a library that the replica has: it keeps the "+
			"old one")
	f.SHA1 = e.SHA.String()
	return f
}

func functionsFlushed(e *replica.FunctionsFlushed) finding.Finding {
	return about(e.Call, finding.FunctionFlush, finding.Info, "all function libraries are dropped")
}

func idMadeUp(e *replica.IDMadeUp) finding.Finding {
	f := about(e.Call, finding.IDMadeUp, finding.Info,
		"an XADD without an id: the master took it for one that it had run already, "+
			"and a replica that forgot that one adds an entry with an id of its own")
	f.Keys, f.Affects = cloneKeys(e.Args[1:2]), server.ResendsDuplicateXADD.Affects()
	return f
}
