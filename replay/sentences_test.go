package replay

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/replay/replica"
	"github.com/redsleuth/redsleuth/replay/session"
)

// call is a command at offset 100, in database 3.
func call(words ...string) replica.Call {
	c := &record.Command{Offset: 100, EndOffset: 120, Byte: 7}
	for _, w := range words {
		c.Args = append(c.Args, []byte(w))
	}
	return replica.Call{Command: c, DB: 3}
}

// of is a finding on such a command.
func of(code finding.Code, severity finding.Severity, command string, keys ...string) finding.Finding {
	f := finding.Finding{
		Code: code, Severity: severity, Offset: finding.At[int64](100), Byte: finding.At[int64](7),
		DB: finding.At(3), Command: []byte(command),
	}
	for _, k := range keys {
		f.Keys = append(f.Keys, []byte(k))
	}
	return f
}

// with adds words, and what else a finding has.
func with(f finding.Finding, message string, more func(f *finding.Finding)) finding.Finding {
	f.Message = message
	if more != nil {
		more(&f)
	}
	return f
}

var loss = func(f *finding.Finding) {
	f.SHA1 = strings.Repeat("01", 20)
	f.Affects = "replicas of 4.0.0 to 4.0.3, 7.0 and later, and Valkey, under masters before 7.0"
	f.FixedIn = "4.0.6"
}

// An event in, a finding out, to the letter.
func TestSentences(t *testing.T) {
	evalsha := call("EVALSHA", "x", "1", "k")
	one := replica.Digest(slices.Repeat([]byte{1}, 20))
	named := func(f *finding.Finding) { f.SHA1 = one.String() }
	seen := replica.Place{Kind: replica.SourceEval, Link: 1, Offset: 50}
	base := replica.NewDump()
	base.Path, base.Offset, base.Format = "base.rdb", 90, 12
	join := func(resync record.Resync, lived bool, j session.Join) *replica.Rejoined {
		return &replica.Rejoined{Connection: &session.Connection{
			Start: 100, Asked: 100, Lived: lived, Join: j, Link: record.Link{Resync: resync},
		}}
	}
	gap := func(severity finding.Severity, bytes int64) finding.Finding {
		return finding.Finding{Code: finding.OffsetGap, Severity: severity, Offset: finding.At[int64](100), Bytes: bytes}
	}
	changed := func(entry session.Entry, resync record.Resync, requested string) *replica.HistoryChanged {
		return &replica.HistoryChanged{Was: idA, ID: idB, Connection: &session.Connection{
			Entry: entry, Start: 100, Asked: 100,
			Link: record.Link{Resync: resync, Requested: &record.Request{ID: requested, Offset: 101}},
		}}
	}
	history := func(severity finding.Severity) finding.Finding {
		return finding.Finding{Code: finding.HistoryChanged, Severity: severity, Offset: finding.At[int64](100)}
	}
	promoted := repl.Facts{Servers: []repl.Server{{ID: idB, SecondaryID: idA, SecondaryOffset: 200, SecondaryKnown: true}}}
	parted := repl.Facts{Servers: []repl.Server{{ID: idB, SecondaryID: idA, SecondaryOffset: 50, SecondaryKnown: true}}}
	for _, c := range []struct {
		name, version string
		facts         repl.Facts
		event         replica.Event
		want          finding.Finding
	}{
		{name: "a script that a restart lost", version: "4.0.2", event: &replica.ScriptMissing{
			Call: evalsha, Restarted: true,
			Script: replica.Lookup{SHA: one, Met: true, Last: seen, Dropped: &replica.Drop{Link: 2, Offset: 90}},
		}, want: with(of(finding.ScriptMissing, finding.Error, "EVALSHA", "k"),
			"the replica did not know this script and dropped the command: its source was last seen on link 1 at offset 50 (eval) "+
				"and was dropped by the restart on link 2 at offset 90; servers of its version say nothing of it in their log", loss)},
		{name: "in a dump whose scripts are stepped over", version: "7.0.15", event: &replica.ScriptMissing{
			Call: evalsha, Script: replica.Lookup{SHA: one, InDump: true},
		}, want: with(of(finding.ScriptMissing, finding.Error, "EVALSHA", "k"),
			"the replica did not know this script and dropped the command: its source is in an AUX field of the RDB that the replica "+
				"loaded, which servers of its version step over", named)},
		{name: "nowhere, from a master that sends no names", version: "6.2.16", event: &replica.ScriptMissing{
			Call: evalsha, Script: replica.Lookup{SHA: one}, Master: version(t, "7.0.15"),
		}, want: with(of(finding.ScriptMissing, finding.Error, "EVALSHA", "k"),
			"the replica did not know this script and dropped the command: its source is nowhere in the artefacts; masters of 7.0.15 "+
				"send what a script did and not its name, so this command came from an older master further up, or from another program", named)},
		{name: "from a master that forgets to send it", version: "4.0.14", event: &replica.ScriptMissing{
			Call: evalsha, Script: replica.Lookup{SHA: one}, Master: version(t, "2.8.4"),
		}, want: with(of(finding.ScriptMissing, finding.Error, "EVALSHA", "k"),
			"the replica did not know this script and dropped the command: its source is nowhere in the artefacts; masters of 2.8.0 to 2.8.5 "+
				"forget to send it after a call that wrote nothing", func(f *finding.Finding) {
				f.SHA1, f.Affects, f.FixedIn = one.String(), "masters of 2.8.0 to 2.8.5", "2.8.6"
			})},
		{name: "called by another", version: "6.2.16", event: &replica.ScriptMissing{Call: evalsha, Nested: true, Script: replica.Lookup{SHA: one}},
			want: with(of(finding.ScriptMissing, finding.Warning, "EVALSHA", "k"),
				"the script of this command calls one by EVALSHA that the replica did not know: its source is nowhere in the artefacts; "+
					"servers let no script do so, and the master's call failed like the replica's, unless it was another program", named)},
		{name: "at risk", version: "4.0.2", event: &replica.ScriptAtRisk{Call: evalsha, SHA: one, Last: seen},
			want: with(of(finding.ScriptAtRisk, finding.Warning, "EVALSHA", "k"),
				"the source of this script was last seen before the replica reconnected (on link 1 at offset 50 (eval)): harmless if the "+
					"process lived on, dropped if it restarted from an RDB without scripts", func(f *finding.Finding) { loss(f); f.Count = 1 })},
		{name: "flushed", version: "4.0.2", event: &replica.ScriptsFlushed{Call: call("SCRIPT", "FLUSH"), Held: 4},
			want: with(of(finding.ScriptFlush, finding.Info, "SCRIPT"), "the script cache is emptied; 4 scripts of these artefacts were in it",
				func(f *finding.Finding) { f.Count = 4 })},
		{name: "unordered", version: "7.0.15", event: &replica.ScriptUnordered{Call: evalsha, SHA: one},
			want: with(of(finding.ScriptUnordered, finding.Info, "EVALSHA"),
				"the script writes, and reads what older masters sort for it and this replica does not: where the order matters, the two "+
					"write different things", func(f *finding.Finding) {
					named(f)
					f.Affects = "replicas of 7.0 and later, and Valkey, under masters before 7.0"
				})},
		{name: "unseen", event: &replica.ScriptsUnseen{Calls: 2, First: 100, SHA: one},
			want: finding.Finding{Code: finding.ScriptUnseen, Severity: finding.Info, SHA1: one.String(), Count: 2, Offset: finding.At[int64](100),
				Message: "2 EVALSHA of scripts whose source was sent before the artefacts begin: whether the replica had them is not known"}},
		{name: "too many", event: &replica.ScriptsUnseen{Calls: 2, First: record.Unknown, SHA: one, Overflow: true, Limit: 9},
			want: finding.Finding{Code: finding.ScriptUnseen, Severity: finding.Warning, SHA1: one.String(), Count: 2,
				Message: "more than 9 distinct scripts: 2 EVALSHA could not be checked; raise --max-memory"}},
		{name: "sent again", event: &replica.ScriptResent{SHA: one, Times: 1, Bytes: 80},
			want: finding.Finding{Code: finding.ScriptDuplicate, Severity: finding.Info, SHA1: one.String(), Count: 1, Bytes: 80,
				Message: "its body was sent again once although the replica had it: 80 bytes of the stream"}},
		{name: "a duplicate that crashes", version: "4.0.4",
			event: &replica.DuplicateOnLoad{Dump: base, First: replica.DumpScript{SHA: one, Byte: 60}, Count: 2, Bytes: 70},
			want: finding.Finding{Code: finding.ScriptDuplicateOnLoad, Severity: finding.Error, SHA1: one.String(), Bytes: 70, Path: "base.rdb",
				Offset: finding.At[int64](90), Byte: finding.At[int64](60), Affects: "replicas of 4.0.4 and 4.0.5", FixedIn: "4.0.6",
				Message: "the RDB brings a script that the process already knows: this version crashes on it (assertion failure)"}},
		{name: "a duplicate that does not", version: "4.0.6",
			event: &replica.DuplicateOnLoad{Dump: base, Link: 1, First: replica.DumpScript{SHA: one, Byte: 60}, Count: 2, Bytes: 70},
			want: finding.Finding{Code: finding.ScriptDuplicateOnLoad, Severity: finding.Info, SHA1: one.String(), Bytes: 70, Count: 2,
				Offset: finding.At[int64](90), Byte: finding.At[int64](60), Affects: "replicas of 4.0.4 and 4.0.5", FixedIn: "4.0.6",
				Message: "the RDB brings 2 scripts that the process already knows; this version survives it"}},
		{name: "a format that is newer", version: "4.0.6", event: &replica.FormatUnread{Dump: base, Newest: 8},
			want: finding.Finding{Code: finding.FormatUnread, Severity: finding.Info, Path: "base.rdb",
				Message: "this RDB is of version 12, and servers of 4.0.6 load none newer than 8: what is said of such a replica supposes that it had"}},
		{name: "no functions", version: "6.2.16", event: &replica.FunctionsUnsupported{Call: call("FCALL", "f", "1", "k"), Fcall: true},
			want: with(of(finding.FunctionMissing, finding.Error, "FCALL", "k"),
				"servers of 6.2.16 have no functions: the command is unknown to the replica, which dropped it",
				func(f *finding.Finding) { f.Affects, f.FixedIn = "replicas before 7.0", "7.0" })},
		{name: "no such function", version: "7.0.15", event: &replica.FunctionMissing{Call: call("FCALL", "f", "1", "k")},
			want: with(of(finding.FunctionMissing, finding.Error, "FCALL", "k"), "no library of the replica registers this function", nil)},
		{name: "no such library", version: "7.0.15", event: &replica.LibraryMissing{Call: call("FUNCTION", "DELETE", "l")},
			want: with(of(finding.FunctionMissing, finding.Warning, "FUNCTION"), "FUNCTION DELETE of a library that the replica does not have", nil)},
		{name: "the library is there", version: "7.0.15", event: &replica.LibraryExists{Call: call("FUNCTION", "LOAD", "l"), SHA: one},
			want: with(of(finding.FunctionDuplicate, finding.Warning, "FUNCTION"),
				"FUNCTION LOAD or RESTORE without REPLACE of a library that the replica has: it keeps the old one", named)},
		{name: "libraries flushed", version: "7.0.15", event: &replica.FunctionsFlushed{Call: call("FUNCTION", "FLUSH")},
			want: with(of(finding.FunctionFlush, finding.Info, "FUNCTION"), "all function libraries are dropped", nil)},
		{name: "an id made up", version: "8.8.0", event: &replica.IDMadeUp{Call: call("XADD", "s", "*", "f", "v")},
			want: with(of(finding.IDMadeUp, finding.Info, "XADD", "s"),
				"an XADD without an id: the master took it for one that it had run already, and a replica that forgot that one adds an "+
					"entry with an id of its own", func(f *finding.Finding) { f.Affects = "masters of 8.8 and later" })},
		{name: "the wrong database", version: "4.0.1", event: &replica.DatabaseLost{DB: 0, Expected: 7, At: 100, Commands: 2, Certain: true},
			want: finding.Finding{Code: finding.SelectLost, Severity: finding.Error, DB: finding.At(0), ExpectedDB: finding.At(7), Commands: 2,
				Offset: finding.At[int64](100), Affects: "replicas of 4.0.0 and 4.0.1", FixedIn: "4.0.2",
				Message: "the replica continued in database 0 where the stream had selected 7: 2 commands ran in the wrong database"}},
		{name: "perhaps the wrong database", version: "4.0.1", event: &replica.DatabaseLost{DB: 0, Expected: 7, At: 100, Commands: 2},
			want: finding.Finding{Code: finding.SelectLost, Severity: finding.Info, DB: finding.At(0), ExpectedDB: finding.At(7), Commands: 2,
				Offset: finding.At[int64](100), Affects: "replicas of 4.0.0 and 4.0.1", FixedIn: "4.0.2",
				Message: "if the replica restarted before this reconnect, 2 commands ran in database 0 instead of 7; nothing shows that it did"}},
		{name: "another database, which is not known", version: "4.0.1",
			event: &replica.DatabaseLost{DB: 0, Expected: record.Unknown, At: record.Unknown, Commands: 2, Certain: true},
			want: finding.Finding{Code: finding.SelectLost, Severity: finding.Warning, DB: finding.At(0), ExpectedDBUnknown: true, Commands: 2,
				Affects: "replicas of 4.0.0 and 4.0.1", FixedIn: "4.0.2",
				Message: "the replica restarted and continued in database 0, where 2 commands ran until the next SELECT; " +
					"which database the stream had selected is not known"}},
		{name: "a write before any SELECT", event: &replica.DatabaseUnknown{Call: call("SET", "k", "v"), AfterFull: true},
			want: with(of(finding.SelectMissing, finding.Warning, "SET"),
				"a write before any SELECT, and the database is not known: a master selects one after each full resync", nil)},
		{name: "a restart refused", version: "3.2.13", event: &replica.RestartRefused{Why: replica.NeverResumes},
			want: finding.Finding{Code: finding.RestartRefused, Severity: finding.Info,
				Message: "a replica that starts from this dump asks for a full resync: servers of its version never resume from a dump"}},
		{name: "a stale offset", version: "4.0.1", event: &replica.OffsetStale{Offset: 100, Bytes: 30},
			want: finding.Finding{Code: finding.OffsetStale, Severity: finding.Warning, Offset: finding.At[int64](100), Bytes: 30,
				Affects: "replicas of 4.0.0 and 4.0.1", FixedIn: "4.0.2",
				Message: "the dump tells the offset of an earlier restart and holds keys of a later one: up to 30 bytes of the stream ran twice"}},
		{name: "a stray EXEC", version: "6.2.16", event: &replica.TransactionStray{Call: call("EXEC"), Exec: true},
			want: with(of(finding.TransactionStray, finding.Info, "EXEC"),
				"an EXEC without MULTI: it is answered with an error that nobody reads, and nothing else", func(f *finding.Finding) {
					f.Affects = "masters before 7.0, and of any version with a module that sends half a transaction"
				})},
		{name: "inside a transaction", version: "3.2.13", event: &replica.ResumedInside{At: 100},
			want: finding.Finding{Code: finding.TransactionOpen, Severity: finding.Warning, Offset: finding.At[int64](100),
				Message: "the replica asked for what follows the middle of a transaction: its first commands were queued and never ran; " +
					"replicas before 4.0 ask for what follows the bytes that they read"}},
		{name: "a full resync from another history", event: changed(session.SameProcess, record.Full, idA),
			want: with(history(finding.Info), "a full resync from another history replaces all that the replica held", nil)},
		{name: "a dump of another history", event: changed(session.FromBase, record.Partial, idA),
			want: with(history(finding.Info), "the dump that the process started from is of another history than the stream before", nil)},
		{name: "a request for another history", event: changed(session.SameProcess, record.Partial, idB),
			want: with(history(finding.Warning), "the replica asks for a history that it did not follow in these artefacts", nil)},
		{name: "a promotion within the limit", facts: promoted, event: changed(session.SameProcess, record.Partial, idA),
			want: with(history(finding.Info), "the master was promoted and continues under a new id, within the limit of its secondary one", nil)},
		{name: "a promotion beyond the limit", facts: parted, event: changed(session.SameProcess, record.Partial, idA),
			want: with(history(finding.Warning), "the master continues under a new id although its former history ends at offset 49, "+
				"before what the replica asked for", nil)},
		{name: "bytes missing", event: join(record.Partial, true, session.Join{Missing: 10}),
			want: with(finding.Finding{Code: finding.OffsetGap, Severity: finding.Warning, Offset: finding.At[int64](90), Bytes: 10},
				"the replica had 10 bytes more than the artefacts hold: what they changed is not known", nil)},
		{name: "bytes sent again", event: join(record.Partial, true, session.Join{Repeated: 10}),
			want: with(gap(finding.Info, 10), "10 bytes that had been sent before were asked for again: they had not arrived", nil)},
		{name: "other bytes", version: "6.2.16", event: join(record.Partial, false, session.Join{Repeated: 10, Differs: true, OnlyPings: true}),
			want: with(gap(finding.Warning, 10), "the same offsets of the same history hold other bytes than on the connection before", nil)},
		{name: "other bytes than PINGs", version: "6.0.1", event: join(record.Partial, false, session.Join{Repeated: 10, Differs: true, OnlyPings: true}),
			want: with(gap(finding.Info, 10), "the same offsets of the same history hold other bytes than on the connection before: "+
				"only PINGs, which servers of its version take back from the end of their history",
				func(f *finding.Finding) { f.Affects, f.FixedIn = "replicas of 6.0.0 to 6.0.3", "6.0.4" })},
		{name: "backwards", event: join(record.Full, false, session.Join{WentBack: true}),
			want: with(gap(finding.Warning, 0), "offsets of one history go back: this full resync is of an earlier offset than the connection "+
				"before had reached; are the inputs in the wrong order?", nil)},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := sentences{facts: &c.facts, conn: &session.Connection{}}
			if c.version != "" {
				s.version = version(t, c.version)
			}
			got, is := s.finding(c.event)
			if !is || !reflect.DeepEqual(normal(got), normal(c.want)) {
				t.Errorf("got\n%s\nwant\n%s", normal(got), normal(c.want))
			}
		})
	}
	if _, is := (sentences{}).finding(&replica.Started{}); is {
		t.Error("the start of a process is no finding")
	}
}

// normal writes a finding with what its pointers point at.
func normal(f finding.Finding) string {
	text := ""
	v := reflect.ValueOf(f)
	for i := range v.NumField() {
		x := v.Field(i)
		switch {
		case x.IsZero() || x.Kind() == reflect.Slice && x.Len() == 0:
			continue
		case x.Kind() == reflect.Pointer:
			x = x.Elem()
		}
		text += fmt.Sprintf("%s: %s\n", v.Type().Field(i).Name, fmt.Sprintf("%v", x.Interface()))
	}
	return text
}

// A note in, a finding out.
func TestSentencesOfNotes(t *testing.T) {
	cut := parse.ErrTruncated
	for _, c := range []struct {
		name string
		note record.Note
		conn session.Connection
		code finding.Code
		want finding.Severity
	}{
		{"bytes missing", record.Note{Kind: record.NoteGap}, session.Connection{RanTo: record.Unknown}, finding.CaptureGap, finding.Warning},
		{"bytes missing that came again", record.Note{Kind: record.NoteGap, Offset: 50}, session.Connection{RanTo: 40}, finding.CaptureGap, finding.Info},
		{"a transaction that is open", record.Note{Kind: record.NoteTransactionOpen}, session.Connection{RanTo: record.Unknown, Last: true},
			finding.TransactionOpen, finding.Warning},
		{"and came again", record.Note{Kind: record.NoteTransactionOpen}, session.Connection{RanTo: record.Unknown}, finding.TransactionOpen, finding.Info},
		{"in an AOF", record.Note{Kind: record.NoteTransactionOpen}, session.Connection{RanTo: record.Unknown, Last: true, Link: record.Link{AOF: true}},
			finding.TransactionOpen, finding.Error},
		{"a recording that stops", record.Note{Kind: record.NoteTruncated, Err: cut}, session.Connection{}, finding.Truncated, finding.Info},
		{"an AOF that stops", record.Note{Kind: record.NoteTruncated, Err: cut}, session.Connection{Link: record.Link{AOF: true}}, finding.Truncated, finding.Error},
		{"zeros", record.Note{Kind: record.NoteDamage, Err: parse.ErrZeros}, session.Connection{}, finding.ZeroFilled, finding.Warning},
		{"damage", record.Note{Kind: record.NoteDamage, Err: parse.ErrDamaged}, session.Connection{}, finding.Damaged, finding.Error},
		{"a line of text", record.Note{Kind: record.NoteReply, Err: parse.ErrDamaged}, session.Connection{}, finding.StreamText, finding.Warning},
		{"text before a link", record.Note{Kind: record.NoteLeading, Err: parse.ErrDamaged}, session.Connection{}, finding.LeadingData, finding.Warning},
		{"a resume within a command", record.Note{Kind: record.NoteMisaligned, Err: parse.ErrDamaged}, session.Connection{},
			finding.StreamMisaligned, finding.Warning},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.note.Link = &record.Link{Commands: 1, Resync: record.Partial}
			f, is := sentences{conn: &c.conn}.note(&c.note)
			if !is || f.Code != c.code || f.Severity != c.want || f.Message == "" {
				t.Errorf("%+v", f)
			}
		})
	}
	if _, is := (sentences{}).note(&record.Note{Kind: record.NoteHeartbeat}); is {
		t.Error("a heartbeat is no finding")
	}
}

// What is about a capture and not about a link of it has no place, or one of its
// own, and is never -1.
func TestNotesOnCaptures(t *testing.T) {
	for _, c := range []struct {
		kind record.NoteKind
		code finding.Code
		want finding.Severity
	}{
		{record.NoteEncrypted, finding.CaptureEncrypted, finding.Warning},
		{record.NoteTrailing, finding.TrailingData, finding.Error},
		{record.NoteCut, finding.Damaged, finding.Error},
		{record.NoteZeros, finding.ZeroFilled, finding.Warning},
		{record.NoteJoined, finding.CaptureJoined, finding.Info},
		{record.NoteUnread, finding.CaptureGap, finding.Warning},
	} {
		r := &runner{stream: &input.Input{}}
		r.noteInput(&record.Note{Kind: c.kind, Byte: record.Unknown, Offset: record.Unknown, Err: parse.ErrDamaged})
		if f := r.inputs[0]; f.Code != c.code || f.Severity != c.want || f.Byte != nil || f.Offset != nil {
			t.Errorf("%s: %+v", c.kind, f)
		}
	}
}

// What is wrong with an RDB.
func TestBrokenDumps(t *testing.T) {
	sum := replica.NewDump()
	sum.Checksum, sum.EndByte = rdb.Checksum{Status: rdb.ChecksumInvalid, Stored: 1, Computed: 2}, 99
	damaged := func(end record.End, err error) *replica.Dump {
		d := replica.NewDump()
		d.End, d.Err = end, &parse.Error{ByteOffset: 40, Err: err}
		return d
	}
	for code, d := range map[finding.Code]*replica.Dump{
		finding.ChecksumInvalid: sum, finding.Damaged: damaged(record.Damaged, parse.ErrDamaged),
		finding.Truncated: damaged(record.Truncated, parse.ErrTruncated),
	} {
		f, is := sentences{}.finding(&replica.PayloadBroken{Payload: d})
		if !is || f.Code != code || f.Severity != finding.Error || *f.Byte == 0 {
			t.Errorf("%+v", f)
		}
	}
	if _, is := brokenDump(replica.NewDump()); is {
		t.Error("there is nothing wrong")
	}
}

// Verdicts, each with what would be another one beside it.
func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		version string
		event   replica.Event
		want    Verdict
	}{
		{"4.0.4", &replica.DuplicateOnLoad{}, Crashes},
		{"4.0.6", &replica.DuplicateOnLoad{}, Safe},
		{"", &replica.DuplicateOnLoad{}, Unknown},
		{"4.0.2", &replica.ScriptMissing{}, LosesWrites},
		{"4.0.2", &replica.ScriptMissing{Nested: true}, Safe},
		{"4.0.2", &replica.ScriptAtRisk{}, Unknown},
		{"4.0.1", &replica.DatabaseLost{Certain: true, Expected: 7}, LosesWrites},
		{"4.0.1", &replica.DatabaseLost{Certain: true, Expected: record.Unknown}, Unknown},
		{"4.0.1", &replica.DatabaseLost{Expected: 7}, Unknown},
		{"7.0.15", &replica.FunctionMissing{}, LosesWrites},
		{"7.0.15", &replica.FunctionsFlushed{}, Safe},
		{"3.2.13", &replica.ResumedInside{}, LosesWrites},
		{"6.2.16", &replica.CommandRefused{Refusal: command.Refusal{}}, Unknown},
		{"6.2.16", &replica.ScriptResent{}, Safe},
	} {
		v := sentences{}.version
		if c.version != "" {
			v = version(t, c.version)
		}
		if got := verdictOf(c.event, v); got != c.want {
			t.Errorf("%T of %s: %s, want %s", c.event, c.version, got, c.want)
		}
	}
	order := []Verdict{"", Safe, Unknown, LosesWrites, Crashes}
	for i, a := range order {
		for j, b := range order {
			if got := worst(a, b); got != order[max(i, j)] {
				t.Errorf("%q and %q: %q", a, b, got)
			}
		}
	}
}

// Every code that this package can report is in a test of it, by its constant or
// in quotes.
func TestEveryCodeIsTested(t *testing.T) {
	constant := regexp.MustCompile(`finding\.([A-Z]\w+)`)
	reported := map[string]bool{}
	for _, m := range constant.FindAllStringSubmatch(sources(t, false), -1) {
		reported[m[1]] = true
	}
	tests := sources(t, true)
	codes := 0
	for name := range reported {
		code := kebab(name)
		if _, is := finding.Explain(code); !is {
			continue // another name of that package
		}
		codes++
		if !strings.Contains(tests, "finding."+name) && !strings.Contains(tests, code) {
			t.Errorf("%s is in no test", code)
		}
	}
	if codes < 25 {
		t.Errorf("only %d codes found", codes)
	}
}

// kebab is the code that a constant stands for.
func kebab(name string) string {
	name = strings.Replace(name, "AOF", "Aof", 1)
	name = strings.Replace(name, "ID", "Id", 1)
	return strings.ToLower(regexp.MustCompile("([a-z])([A-Z])").ReplaceAllString(name, "$1-$2"))
}

// sources are those of this package, or of its tests.
func sources(t *testing.T, tests bool) (text string) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") != tests {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text += string(source)
	}
	return text
}

// TestFailedSyncs: package record finds them; the links are those of the report.
func TestFailedSyncs(t *testing.T) {
	r := &runner{report: &Report{}}
	for n := range 3 {
		l := &Link{Path: "link.pcap", Index: n + 4}
		l.Link = record.Link{To: "10.0.0.2:1", Resync: record.Full, Requested: &record.Request{ID: "?", Offset: -1},
			Payload: &record.Payload{End: record.Truncated}}
		r.report.Links = append(r.report.Links, l)
	}
	r.failedSyncs()
	if len(r.inputs) != 1 || r.inputs[0].Code != finding.SyncFailed || r.inputs[0].Path != "link.pcap" ||
		r.inputs[0].Link != 4 || len(r.inputs[0].Places) != 2 || r.inputs[0].Places[1].Link != 5 {
		t.Errorf("%+v", r.inputs)
	}
}
