package replay

import (
	"encoding/hex"
	"fmt"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay/session"
	"github.com/redsleuth/redsleuth/server"
)

// maxPerCode bounds how many findings of one code are listed one by one, and
// maxFindingBytes what all of them hold.
const (
	maxPerCode      = 10_000
	maxFindingBytes = 12 << 20
)

// weight is about what a finding takes in memory.
func weight(n *finding.Finding) int64 {
	size := 400 + len(n.Message)
	for _, k := range n.Keys {
		size += 40 + len(k)
	}
	return int64(size)
}

// report adds a finding, or counts it where there are too many, and returns its
// place; -1 then.
func (f *follower) report(n finding.Finding) int32 {
	f.summary.tally(n.Severity)
	f.perCode[n.Code]++
	size := weight(&n)
	if f.listed[n.Code] >= maxPerCode || f.findingBytes+size > maxFindingBytes/int64(max(1, len(f.options.Versions))) {
		return -1
	}
	f.listed[n.Code]++
	f.findingBytes += size
	if f.conn != nil && n.Link == 0 {
		n.Link, n.Path, n.File = f.link.Number, f.link.Path, f.file
	}
	f.findings = append(f.findings, n)
	return int32(len(f.findings) - 1)
}

func (s *Summary) tally(severity finding.Severity) {
	switch severity {
	case finding.Error:
		s.Errors++
	case finding.Warning:
		s.Warnings++
	}
}

// at is a finding about a command.
func (f *follower) at(c *record.Command, code finding.Code, severity finding.Severity, format string, args ...any) finding.Finding {
	n := finding.Finding{Code: code, Severity: severity, Message: fmt.Sprintf(format, args...), Byte: finding.At(c.Byte), Command: clone(c.Args[0])}
	if known(c.Offset) {
		n.Offset = finding.At(c.Offset)
	}
	if f.streamDB != record.Unknown {
		n.DB = finding.At(f.streamDB)
	}
	return n
}

// clone is not nil, even of an empty name.
func clone(b []byte) []byte { return append([]byte{}, b...) }

const maxKeysShown = 64

func cloneKeys(keys [][]byte) [][]byte {
	list := make([][]byte, 0, min(len(keys), maxKeysShown))
	for _, k := range keys[:min(len(keys), maxKeysShown)] {
		list = append(list, clone(k))
	}
	return list
}

func (d digest) String() string { return hex.EncodeToString(d[:]) }

// scriptMissing: an EVALSHA that the replica can't run.
func (f *follower) scriptMissing(c *record.Command, sha digest, k *knownScript) finding.Finding {
	in := ""
	if c.Transaction > 0 {
		in = fmt.Sprintf(" in transaction %d of the link, whose other commands ran", c.Transaction)
	}
	n := f.lacking(c, sha, "the replica did not know this script and dropped the command"+in+": "+f.lastSeen(sha, k))
	master := f.masterOf(f.conn)
	likely := master
	if likely.IsZero() {
		likely = f.version
	}
	switch {
	case server.ReplicatesScripts.Of(master) == server.No:
		n.Message += fmt.Sprintf("; masters of %s send what a script did and not its name, so this command came from an older master further up, or from another program", master)
	case k == nil && server.ForgetsReadOnlyEvalsha.Of(likely) == server.Yes:
		n.Affects, n.FixedIn = server.ForgetsReadOnlyEvalsha.Affects(), server.ForgetsReadOnlyEvalsha.FixedIn(likely)
		n.Message += "; " + n.Affects + " forget to send it after a call that wrote nothing"
	}
	if server.LogsErrorsToMaster.Of(f.version) == server.No {
		n.Message += "; servers of its version say nothing of it in their log"
	}
	return n
}

// masterOf is the version of a connection's master, as its payload or the last
// one before, INFO or a log tell; zero if nothing does.
func (f *follower) masterOf(c *session.Connection) server.Version {
	switch {
	case c.Payload != nil && !c.Payload.Version.IsZero():
		return c.Payload.Version
	case f.received != nil && c == f.conn && !f.received.Version.IsZero():
		return f.received.Version
	case !f.master.IsZero():
		return f.master
	}
	return f.options.Facts.Master
}

// nestedMissing: a script that calls one that the replica does not have.
func (f *follower) nestedMissing(c *record.Command, sha digest, k *knownScript) finding.Finding {
	n := f.lacking(c, sha, "the script of this command calls one by EVALSHA that the replica did not know: "+f.lastSeen(sha, k)+
		"; servers let no script do so, and the master's call failed like the replica's, unless it was another program")
	n.Severity = finding.Warning
	return n
}

func (f *follower) lacking(c *record.Command, sha digest, message string) finding.Finding {
	n := f.at(c, finding.ScriptMissing, finding.Error, "%s", message)
	n.SHA1, n.Keys = sha.String(), cloneKeys(command.Keys(c.Args))
	if f.restartLoses() {
		n.Affects, n.FixedIn = loses.Affects(), loses.FixedIn(f.version)
	}
	return n
}

// restartLoses: the process started from a dump, and servers of its version
// lose their scripts by that.
func (f *follower) restartLoses() bool {
	return f.fromDump && loses.Of(f.version) == server.Yes
}

const loses = server.LosesScriptsOnRestart

// lastSeen says where a script's source was last seen and what dropped it.
func (f *follower) lastSeen(sha digest, k *knownScript) string {
	if k == nil && f.loaded.carries(sha) {
		return "its source is in an AUX field of the RDB that the replica loaded, which servers of its version step over"
	}
	if k == nil {
		return "its source is nowhere in the artefacts"
	}
	text := "its source was last seen " + inWords(k.last.place())
	if d, ok := f.scripts.droppedBy(k); ok {
		text += " and was dropped by " + d.String()
	}
	return text
}

func inWords(p Place) string {
	where := "in the dump that the process started from"
	if p.Link > 0 {
		where = fmt.Sprintf("on link %d", p.Link)
	}
	if known(p.Offset) {
		where += fmt.Sprintf(" at offset %d", p.Offset)
	}
	return fmt.Sprintf("%s (%s)", where, p.Kind)
}

func (d drop) String() string {
	if !known(d.offset) {
		return fmt.Sprintf("%s on link %d", d.what, d.link)
	}
	return fmt.Sprintf("%s on link %d at offset %d", d.what, d.link, d.offset)
}

// atRisk: an EVALSHA that only a process that lived through the reconnect can
// run.
func (f *follower) atRisk(c *record.Command, k *knownScript) {
	if k.risk == f.resumes {
		if k.riskFinding >= 0 {
			f.findings[k.riskFinding].Count++
		}
		return
	}
	doubt := ""
	if f.version.IsZero() {
		doubt = "; the replica's version is not known: " + loses.Affects() + ", lose their scripts"
	}
	n := f.at(c, finding.ScriptAtRisk, finding.Warning,
		"the source of this script was last seen before the replica reconnected (%s): harmless if the process lived on, dropped if it restarted from an RDB without scripts%s",
		inWords(k.last.place()), doubt)
	n.SHA1, n.Count, n.Keys = k.sha.String(), 1, cloneKeys(command.Keys(c.Args))
	n.Affects, n.FixedIn = loses.Affects(), loses.FixedIn(f.version)
	k.risk, k.riskFinding = f.resumes, f.report(n)
}

func (f *follower) scriptFlush(c *record.Command) finding.Finding {
	_, held := f.scripts.held(0)
	n := f.at(c, finding.ScriptFlush, finding.Info, "the script cache is emptied; %d scripts of these artefacts were in it", held)
	n.Count = held
	return n
}

// duplicateOnLoad: the RDB of a full resync or of a restart brings scripts
// that the process knows.
func (f *follower) duplicateOnLoad(d *dump, link int, twice *duplicates) finding.Finding {
	const panics = server.PanicsOnDuplicateScript
	n := finding.Finding{
		Code: finding.ScriptDuplicateOnLoad, Severity: finding.Info,
		Message: fmt.Sprintf("the RDB brings %d scripts that the process already knows; this version survives it", twice.count),
		Byte:    finding.At(twice.first.byte), SHA1: twice.first.sha.String(), Count: twice.count, Bytes: twice.bytes,
		Affects: panics.Affects(), FixedIn: panics.FixedIn(f.version),
	}
	switch panics.Of(f.version) {
	case server.Yes:
		n.Severity, n.Count = finding.Error, 0
		n.Message = "the RDB brings a script that the process already knows: this version crashes on it (assertion failure)"
	case server.Unknown:
		n.Severity = finding.Warning
		n.Message = fmt.Sprintf("the RDB brings %d scripts that the process already knows; the replica's version is not known: %s crash on it (assertion failure), others survive",
			twice.count, n.Affects)
	}
	if link == 0 {
		n.Path = d.Path
	}
	if known(d.Offset) {
		n.Offset = finding.At(d.Offset)
	}
	return n
}

// checkFormat tells of an RDB that servers of this version refuse.
func (f *follower) checkFormat(d *dump, link int) {
	newest := server.NewestFormat(f.version, d.magic)
	if newest == 0 || d.format <= newest || d.Version == f.version || f.conn.Link.AOF || link == 0 && f.supposes(f.conn, d) {
		return
	}
	f.again("format", func() finding.Finding {
		n := finding.Finding{
			Code: finding.FormatUnread, Severity: finding.Info,
			Message: fmt.Sprintf("this RDB is of version %d, and servers of %s load none newer than %d: what is said of such a replica supposes that it had", d.format, f.version, newest),
		}
		if link == 0 {
			n.Path = d.Path
		}
		return n
	})
}

// selectLost: a stream went on in another database than its master meant.
func (f *follower) selectLost() finding.Finding {
	const loses = server.LosesDatabaseOnRestart
	w := f.wrong
	n := finding.Finding{
		Code: finding.SelectLost, Severity: finding.Error, DB: finding.At(w.db), Commands: w.commands,
		Affects: loses.Affects(), FixedIn: loses.FixedIn(f.version),
	}
	if known(w.at) {
		n.Offset = finding.At(w.at)
	}
	switch {
	case !w.certain:
		n.Severity, n.ExpectedDB = finding.Info, finding.At(w.expected)
		n.Message = fmt.Sprintf("if the replica restarted before this reconnect, %d commands ran in database %d instead of %d; nothing shows that it did", w.commands, w.db, w.expected)
	case w.expected == record.Unknown:
		n.Severity, n.ExpectedDBUnknown = finding.Warning, true
		n.Message = fmt.Sprintf("the replica restarted and went on in database %d, where %d commands ran until the next SELECT; nothing tells which database the stream had selected", w.db, w.commands)
		if w.onlyZero {
			n.Severity = finding.Info
			n.Message += ", and the dump has keys in database 0 alone"
		}
	default:
		n.ExpectedDB = finding.At(w.expected)
		n.Message = fmt.Sprintf("the replica went on in database %d where the stream had selected %d: %d commands ran in the wrong database", w.db, w.expected, w.commands)
	}
	return n
}

func (f *follower) selectMissing(c *record.Command) finding.Finding {
	severity, why := finding.Info, "the recording begins in the middle of a stream"
	if f.conn.Full() {
		severity, why = finding.Warning, "a master selects one after each full resync"
	}
	return f.at(c, finding.SelectMissing, severity, "a write before any SELECT, and nothing tells the database: %s", why)
}

// checkRestart says whether a restart from this dump goes on with the stream,
// and reports it if not. One that is only supposed tells the database if
// servers of this version write it.
func (f *follower) checkRestart(c *session.Connection, d *dump, supposed bool) bool {
	why := ""
	switch {
	case server.ResumesAfterRestart.Of(f.version) == server.No:
		why = "servers of its version never resume from a dump"
	case d.ID == "" || !known(d.Offset):
		why = "the dump holds no replication state"
	case d.StreamDB == record.Unknown && !supposed && server.NeedsDatabase.Of(f.version) == server.Yes:
		why = "the dump does not tell the selected database, without which its replication state is ignored"
	default:
		return true
	}
	f.report(finding.Finding{
		Code: finding.RestartRefused, Severity: finding.Info, Link: f.link.Number, Path: f.link.Path,
		Message: "a replica that starts from this dump asks for a full resync: " + why,
	})
	return false
}

// noteStale: a replica with KeepsStaleOffset that resumed from a dump saves the
// offset of that restart ever after, and runs what follows it again.
func (f *follower) noteStale(c *session.Connection, d *dump) {
	if c.Entry != session.FromBase || d == nil {
		return
	}
	saved := !c.Link.Began.IsZero() && !d.Created.IsZero() && f.conn != nil
	if f.stale != record.Unknown && d.Offset == f.stale && known(f.position) && f.position > d.Offset && saved &&
		server.KeepsStaleOffset.Of(f.version) == server.Yes && d.Created.After(f.staleSince) {
		f.report(finding.Finding{
			Code: finding.OffsetStale, Severity: finding.Warning, Link: f.link.Number, Path: f.link.Path,
			Offset: finding.At(d.Offset), Bytes: f.position - d.Offset,
			Message: fmt.Sprintf("the dump tells the offset of an earlier restart and holds keys of a later one: up to %d bytes of the stream ran twice", f.position-d.Offset),
			Affects: server.KeepsStaleOffset.Affects(), FixedIn: server.KeepsStaleOffset.FixedIn(f.version),
		})
	}
	f.stale, f.staleSince = d.Offset, c.Link.Began
}

// inline: a command as a person would type it, which no master sends.
func (f *follower) inline(c *record.Command) {
	f.again("inline", func() finding.Finding {
		return f.at(c, finding.StreamText, finding.Warning,
			"a command without RESP framing, which no master sends: older replicas run it, newer ones take the stream for damaged and ask for a full resync")
	})
}

// stray: an EXEC or a MULTI where none can stand.
func (f *follower) stray(c *record.Command) {
	what := "an EXEC without MULTI: it is answered with an error that nobody reads, and nothing else"
	if f.open {
		what = "a MULTI within a transaction: it is answered with an error that nobody reads, and all that is queued runs at the next EXEC"
	}
	f.again("stray "+what, func() finding.Finding {
		n := f.at(c, finding.TransactionStray, finding.Info, "%s", what)
		n.Affects = server.SendsStrayExec.Affects() + ", and of any version with a module that sends half a transaction"
		return n
	})
}
