package document

import (
	"time"

	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/ledger"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/replay"
	"github.com/redsleuth/redsleuth/replay/replica"
	"github.com/redsleuth/redsleuth/script"
	"github.com/redsleuth/redsleuth/server"
)

// Reports made by hand. Every byte string of an artefact has "secret" in it,
// but for the words of servers.

const (
	replID = "0123456789abcdef0123456789abcdef01234567"
	sha1   = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
	noon   = 1511956800_000 // Unix milliseconds
)

func at(second int) time.Time { return time.UnixMilli(noon).Add(time.Duration(second) * time.Second) }

func someFindings() []finding.Finding {
	return []finding.Finding{
		{
			Code: "script-missing", Severity: finding.Error, Message: "the replica did not know it",
			Path: "link-1.psync", Link: 1,
			Offset: finding.At[int64](100), Byte: finding.At[int64](0), DB: finding.At(0), SHA1: sha1,
			Command: []byte("secret-command"),
			Keys:    [][]byte{[]byte("secret"), []byte("secret\xff")}, Affects: "4.0.0 to 4.0.3",
			FixedIn: "4.0.6",
		},
		{Code: "select-lost", Severity: finding.Warning, Message: "in the wrong database",
			ExpectedDBUnknown: true, Commands: 3},
		{Code: "truncated", Severity: finding.Info, Message: "it ends early", File: []byte("secret.aof"),
			Count: 2, Bytes: 7, Places: []finding.Place{
				{Path: "link-1.psync", Link: 1, Offset: finding.At[int64](100)}, {File: []byte("secret.aof")},
			}},
	}
}

func dumpReport() *inspect.Report {
	r := &inspect.RDB{
		Magic: "VALKEY", Version: 80, ServerVersion: "9.0.1", Valkey: true, CreatedAt: at(0),
		Aux: []inspect.Aux{{Name: []byte("secret-field"), Value: []byte("secret\x00\xff")}},
		Replication: &inspect.Replication{State: repl.State{ID: replID},
			Restored: server.Restart{Position: server.Yes, Database: server.No}},
		Scripts: []*inspect.Script{{SHA1: sha1, Bytes: 10, Count: 2, Byte: 9, Offset: record.Unknown,
			As: "rdb-aux"}},
		Functions: []*inspect.Library{
			{Name: "secretlib", Engine: "LUA secret", Functions: []string{"secretfn"}, Partial: true,
				Byte: 50, Bytes: 60}, {Byte: 110, Bytes: 1},
		},
		Databases: []*inspect.Database{{DB: 0, Keys: 2, Expires: 1, Expired: 0, Memory: 1000, Read: 2}},
		Types: []*inspect.TypeStats{{
			Object: rdb.ObjectHash, Total: inspect.Counts{Keys: 2, Elements: 4, Bytes: 80},
			Encodings: []*inspect.EncodingStats{{Name: "listpack",
				Counts: inspect.Counts{Keys: 2, Elements: 4, Bytes: 80}}},
		}},
		Keys: 2, Expires: 1, JudgedAt: noon, Judged: true, FirstExpiry: noon, LastExpiry: noon + 1,
		Biggest: []inspect.Key{
			{DB: 0, Name: []byte("secret"), Object: rdb.ObjectHash, Encoding: "listpack",
				Elements: record.Unknown, Byte: 200, Bytes: 40, ExpireAt: noon, HasExpire: true},
			{DB: record.Unknown, Name: []byte("secret\n"), Object: rdb.ObjectString, Byte: 240, Bytes: 40},
		},
		TTL:  &inspect.Histogram{Bounds: []int64{0, 60}, Counts: []int64{0, 1, 0}, Total: 1},
		Idle: &inspect.Histogram{Bounds: []int64{0}, Counts: []int64{0, 0}},
		Read: 3, Filtered: true,
		Memory: &inspect.Memory{
			Versions: []inspect.MemoryOf{
				{Version: someVersion("7.0.15"), Own: true, Keys: 1000, Tables: 64},
				{Version: someVersion("8.2.0"), Keys: 900, Tables: 60},
			},
			Measured: 1, Unmeasured: 1, Used: 2000,
			Biggest: []inspect.Key{{Name: []byte("secret"), Object: rdb.ObjectHash, Bytes: 40, Memory: 600}},
		},
		Patterns: &inspect.Patterns{ByMemory: true, OtherCount: 1,
			List: []inspect.Pattern{{Glob: []byte("secret:*"), Keys: 2, Bytes: 80, Memory: 1000, Share: .12345,
				NoTTL: 1, Soon: 1, Idle: 9}},
			Others: inspect.Pattern{Keys: 1, Bytes: 3, Memory: record.Unknown, Soon: record.Unknown,
				Idle: record.Unknown}},
		Updates: 1, HashTemplates: 2, Slots: 3, SlotImports: 4, ModuleAux: []string{"ReJSON-RL"},
		DuplicatesUntil: 5,
		CrossChecked:    &inspect.CrossCheck{Agreed: 1, Differ: 1},
		Checksum:        rdb.Checksum{Status: rdb.ChecksumInvalid, Stored: 1, Computed: 1 << 63},
		End:             record.Clean,
	}
	return &inspect.Report{Kind: input.KindRDB, RDB: r, Findings: someFindings()}
}

func linkReport() *inspect.Report {
	rate := &inspect.Rate{From: at(0), To: at(1), Step: 10 * time.Millisecond, Steps: 2}
	rate.Writes[1], rate.Bytes[0] = 1, 30
	full := &inspect.Link{
		Link: record.Link{
			Number: 1, From: "10.0.0.1:6379", To: "10.0.0.2:40000", Resync: record.Full,
			Requested:     &record.Request{ID: "?", Offset: -1},
			ReplicationID: replID, StartOffset: 0, EndOffset: 300, Anchor: record.AnchorFullResync,
			Replica: record.Replica{ListeningPort: 6380, Version: "7.0.15",
				Capabilities: []string{"eof", "secret capability"}},
			Payload: &record.Payload{Framing: record.FramingLength, Bytes: record.Unknown}, Commands: 3,
			Bytes: 300,
			Acks: &record.Acks{First: 0, Last: 200, Count: 2, LagBytesMax: 100,
				LagMax: 1500 * time.Microsecond,
				Lag:    []record.Lag{{Time: at(1), Bytes: 100, Behind: 1500 * time.Microsecond}},
				Behind: []record.Behind{{From: at(0), To: at(1), Bytes: 100, Longest: 3 * time.Second}}},
			Began: at(0), Ended: at(1), End: record.Truncated,
		},
		Payload: &inspect.RDB{Magic: "REDIS", Version: 10,
			Checksum: rdb.Checksum{Status: rdb.ChecksumDisabled}, End: record.Truncated},
		Databases: []inspect.Selected{{DB: 0, Commands: 2}, {DB: 3, Commands: 1}},
		ByCommand: []inspect.CommandCount{{Name: "SET", Commands: 2, Bytes: 200},
			{Name: "secret-command", Commands: 1}},
		Passed: 2, Filtered: true,
		Keys: &inspect.KeyPatterns{
			List:       []inspect.KeyPattern{{Glob: []byte("secret:*"), Commands: 2, Writes: 1, Bytes: 20, Share: 1}},
			OtherCount: 1},
		Biggest: []inspect.Command{
			{Name: "SET", Key: []byte("secret"), Args: 3, DB: 0, Offset: 0, Byte: 0, Bytes: 100},
			{Name: "secret-command", Args: 1, DB: record.Unknown, Offset: record.Unknown, Byte: 100,
				Bytes: 20},
		},
		Scripts: []*inspect.Script{{SHA1: sha1, Bytes: 10, Count: 1, Byte: 150, Offset: 150,
			As: "eval"}},
		Gaps: []inspect.Gap{{Byte: 250, Bytes: 10, Offset: 250, EndOffset: 260, From: at(0),
			To: at(1)}, {Byte: 280, Bytes: record.Unknown, Offset: record.Unknown,
			EndOffset: record.Unknown}},
		Heartbeats: 4, Transactions: 1, Rate: rate,
	}
	refused := &inspect.Link{Link: record.Link{
		Number: 2, Resync: record.NoSync, Refused: "-ERR secret", StartOffset: record.Unknown,
		EndOffset: record.Unknown,
		Anchor:    record.AnchorNone, End: record.Clean,
	}, Continues: 1}
	clients := &inspect.Clients{Connections: 2, Commands: 5, Writes: 2, Errors: 1, Uncounted: 1,
		ByCommand: []inspect.CommandCount{{Name: "SET", Commands: 4}, {Name: "secret-command", Commands: 1}},
		Top: []inspect.Client{
			{Addr: "10.0.0.3:50000", Name: "secret", User: "secret\xff", Commands: 4, Writes: 2, Bytes: 99},
			{Addr: "10.0.0.3:50001", Commands: 1, Bytes: 9},
		}}
	return &inspect.Report{Kind: input.KindPCAP, Links: []*inspect.Link{full, refused}, Clients: clients, Ignored: 3}
}

// bareReport is of an AOF set with a base that tells nothing.
func bareReport() *inspect.Report {
	return &inspect.Report{
		Kind: input.KindAOFSet, Files: []*inspect.File{{Name: []byte("secret.aof")}},
		RDB: &inspect.RDB{
			Magic: "REDIS", Version: 3, Replication: &inspect.Replication{State: repl.State{ID: replID,
				StreamDB: record.Unknown}},
			Databases: []*inspect.Database{{DB: record.Unknown, Keys: 1}}, Keys: 1,
			Checksum: rdb.Checksum{Status: rdb.ChecksumAbsent}, End: record.Damaged,
		},
	}
}

func replayReport() *replay.Report {
	link := &replay.Link{
		Link: record.Link{
			Number: 1, Resync: record.Partial, Requested: &record.Request{ID: replID, Offset: 101},
			ReplicationID: replID,
			StartOffset:   100, EndOffset: 200, Anchor: record.AnchorPSYNC,
			Payload:  &record.Payload{Framing: record.FramingEOFMark, Bytes: 77},
			Commands: 2, Bytes: 100, Began: at(0), End: record.Clean,
		},
		Path: "link-1.psync", Stream: 1, Index: 1, Replica: 1, Base: "before.rdb", RanTo: 0,
		Databases: []int{0},
		ByCommand: map[string]int64{"EVALSHA": 2}, PayloadVersion: "4.0.2",
	}
	unsafe := []replica.Unsafe{{
		Behaviour: server.RestoresDatabase, From: 0, To: 120, Commands: 2,
		Victim: replica.Victim{Link: 1, Offset: 100, Command: "secret-command", SHA1: sha1, DB: 0,
			Keys: [][]byte{[]byte("secret")}},
	}}
	version, err := server.Parse("valkey-8.0.1")
	if err != nil {
		panic(err) // a version of these tests
	}
	result := replay.Result{
		Version: version, Findings: someFindings(), Verdict: replay.LosesWrites,
		OwnDump: &replay.OwnDump{Verdict: replay.Crashes},
		Summary: replay.Summary{Commands: 2, Writes: 1, Errors: 1, Warnings: 1},
		Scripts: []replica.Script{
			{
				SHA1: [20]byte{1}, Bytes: 10, Name: "secretlib", Seen: 2, Calls: 3, Analysed: true,
				Danger: []string{"time"},
				Sources: []replica.Place{{Kind: replica.SourceAux, Offset: record.Unknown},
					{Kind: replica.SourceEval, Link: 1, Offset: 0}},
			},
			{SHA1: [20]byte{2}},
		},
		ScriptsLeftOut: 1, Restarts: unsafe,
	}
	return &replay.Report{
		MasterVersion: "4.0.2", ReplicaVersion: "4.0.3", VersionSource: replica.VersionFlag,
		Links: []*replay.Link{link}, Result: result,
		Versions: []replay.Result{result},
		States: []replay.State{{
			Replica: 1, Link: 1, Time: at(0), Reached: true,
			State: replica.State{
				Moment: replica.Moment{Process: 1, StreamDB: 3, Transaction: true}, ReplicationID: replID,
				SecondaryID: replID, SecondaryOffset: 50, Scripts: [][20]byte{{1}}, ScriptsLeftOut: 1,
				Libraries: []string{"secretlib"},
			},
		}},
		Touches: []replay.Touch{
			{
				Path: "link-1.psync", Link: 1, Offset: 100, Byte: 0, Time: at(0), DB: 0, ReplicaDB: 3,
				Key: []byte("secret"), Command: "secret-command",
				Outcome: "applied", Transaction: 1, Marks: replay.Marks{Computed: true},
			},
			{
				Path: "aof", File: []byte("secret.rdb"), Offset: record.Unknown, Byte: record.Unknown,
				DB: record.Unknown, ReplicaDB: record.Unknown,
				Type: "hash", Outcome: "loaded",
			},
			{
				Path: "link.pcap", Offset: record.Unknown, Byte: 7, Time: at(0), DB: 0, ReplicaDB: record.Unknown,
				Key: []byte("secret"), Command: "SET", Outcome: "refused",
				Client: &replay.Client{Addr: "10.0.0.3:50000", Name: "secret", User: "secret",
					To: "10.0.0.1:6379", Reply: record.ReplyError, ReplyError: "READONLY"},
			},
			{
				Path: "monitor.txt", Offset: record.Unknown, Byte: 7, Time: at(0), DB: 0, ReplicaDB: record.Unknown,
				Key: []byte("secret"), Command: "SET", Outcome: "asked", Client: &replay.Client{},
			},
		},
		TouchesLeftOut: 9, Replicas: 1,
	}
}

func replayAsked() *replay.Options {
	return &replay.Options{Restarts: true, Key: func([]byte) bool { return true }}
}

func replayContents() map[LinkPlace]*inspect.Link {
	return map[LinkPlace]*inspect.Link{{Stream: 1, Link: 1}: {
		Payload: &inspect.RDB{Magic: "REDIS", Version: 8, End: record.Clean,
			Checksum: rdb.Checksum{Status: rdb.ChecksumValid, Stored: 5, Computed: 5}},
		Scripts: []*inspect.Script{{SHA1: sha1, Bytes: 1, Count: 1, Byte: 2, Offset: 3, As: "eval"}},
	}}
}

func bareReplay() *replay.Report {
	link := &replay.Link{Link: record.Link{
		Number: 1, Resync: record.NoSync, StartOffset: record.Unknown, EndOffset: record.Unknown,
		Anchor: record.AnchorNone, End: record.Clean,
	}, Path: "commands", Replica: 1, RanTo: record.Unknown}
	return &replay.Report{
		VersionSource: replica.VersionUnknown, Links: []*replay.Link{link},
		Result: replay.Result{Verdict: replay.Unknown},
		States: []replay.State{{Replica: 1, Link: 1, State: replica.State{
			Moment: replica.Moment{Process: 1, DB: record.Unknown, StreamDB: record.Unknown},
			Offset: record.Unknown, SecondaryOffset: record.Unknown,
		}}},
	}
}

// bareReplayAsked asks for ranges and a history, of which there are none.
func bareReplayAsked() *replay.Options { return replayAsked() }

func diffReport() *diff.Report {
	lag := 1500 * time.Millisecond
	return &diff.Report{
		Master: &diff.Side{
			Path: "master.rdb", Kind: input.KindRDB, State: &repl.State{ID: replID, Offset: 300},
			Origin: repl.Origin{Written: "7.0.15", Created: at(0)},
			Keys:   3, Checksum: rdb.Checksum{Status: rdb.ChecksumValid}, End: record.Clean,
		},
		Replica: &diff.Side{
			Path: "replica.rdb", Kind: input.KindRDB,
			State:  &repl.State{ID: replID, StreamDB: record.Unknown},
			Origin: repl.Origin{Written: "secret!"},
			End:    record.Truncated,
		},
		Replication: diff.Replication{
			Verdict: diff.ReplicaBehind, LagBytes: finding.At[int64](300), PartedAt: finding.At[int64](0),
			PartedBetween: &[2]int64{0, 10},
			StaleOffset:   true, LagCommands: finding.At[int64](2), LagTime: &lag,
			Resync: diff.Resync{Possible: finding.At(false), Why: "the backlog is too short"},
			Notes:  []string{"a note"},
		},
		Summary: diff.Summary{
			MasterKeys: 3, ReplicaKeys: 1, Equal: 1, Different: 4, ExpiredOnly: 1, SkewedKeys: 1,
			SkewMax: 20, Unread: 1,
			ByKind: map[diff.Kind]int64{diff.ValueDiffers: 3, diff.MissingOnReplica: 1, diff.TTLDiffers: 0},
			ByCause: map[finding.Cause]int64{finding.CauseLag: 1, finding.CauseUnexplained: 3,
				finding.CauseExpired: 0},
		},
		Engine: "redis-server 7.0.15", Differences: someDifferences(), Findings: someFindings(),
		Libraries: []diff.LibraryDifference{{Name: []byte("secretlib"), Kind: diff.ValueDiffers,
			Cause: finding.CauseUnexplained}},
		Scripts: []diff.ScriptDifference{{SHA1: sha1, OnlyOn: "master"}},
	}
}

// someDifferences have every kind of change.
func someDifferences() []*diff.Difference {
	held := &diff.Held{Object: rdb.ObjectString, Encoding: "raw", Elements: 1, Bytes: 9, Byte: 100,
		HasExpire: true, ExpireAt: noon}
	text := func(s string) *diff.Datum { return &diff.Datum{Text: s, ExpireAt: rdb.NoExpiry} }
	return []*diff.Difference{
		{
			DB: 0, Key: []byte("secret"), Kind: diff.MissingOnReplica, Cause: finding.CauseLag,
			Confidence: finding.Proved, Master: held, ChangesTotal: -1,
			Note: "too large to compare",
			Evidence: []finding.Evidence{
				{Code: "in-stream", Path: "link.psync", Link: 1, Offset: finding.At[int64](0), Time: at(0),
					Command: []byte("secret-command"), Message: "it came later"},
				{Code: "no-engine", Message: "nothing applied it"},
			},
			WrittenBy: []diff.Writer{
				{Side: "master", Addr: "10.0.0.3:50000", Name: "secret", User: "secret", Time: at(1), Command: []byte("SET")},
				{Side: "replica", Command: []byte("secret-command")},
			},
		},
		{
			DB: 3, Key: []byte("secret,\"\x01"), Kind: diff.ValueDiffers, Cause: finding.CauseUnexplained,
			ChangesTotal: 7,
			Master:       held, Replica: &diff.Held{Object: rdb.ObjectZSet, Encoding: "skiplist",
				Elements: record.Unknown},
			Changes: []diff.Change{
				{Op: diff.Alter, At: finding.At[uint64](0),
					Master:  &diff.Datum{Bytes: []byte("secret"), ExpireAt: rdb.NoExpiry},
					Replica: &diff.Datum{Bytes: []byte("secret\xff"), ExpireAt: rdb.NoExpiry}},
				{Op: diff.Add, Member: []byte("secret"),
					Master: &diff.Datum{IsScore: true, Score: 1e6, ExpireAt: rdb.NoExpiry}},
				{Op: diff.Alter, Field: []byte("secret"),
					Master:  &diff.Datum{Bytes: []byte("secret"), ExpireAt: noon},
					Replica: &diff.Datum{Bytes: []byte("secret"), ExpireAt: noon + 1}},
				{Op: diff.Add, ID: &rdb.StreamID{Ms: 1, Seq: 2},
					Master: &diff.Datum{IsFields: true, Fields: [][]byte{[]byte("secret"), []byte("secret\xff")},
						ExpireAt: rdb.NoExpiry}},
				{Op: diff.Remove, ID: &rdb.StreamID{},
					Replica: &diff.Datum{IsFields: true, ExpireAt: rdb.NoExpiry}},
				{Op: diff.Add, Member: []byte("secret"),
					Master: &diff.Datum{IsVector: true, Vector: []float32{1e6, 0.1}, Attributes: []byte("secret"),
						ExpireAt: rdb.NoExpiry}},
				{Op: diff.Alter, Part: "group", Group: []byte("secret"), Master: text("last id 1-0"),
					Replica: &diff.Datum{Text: "pending", Bytes: []byte("secret"), ExpireAt: rdb.NoExpiry}},
			},
		},
	}
}

func bareDiff() *diff.Report {
	side := func(path string) *diff.Side {
		return &diff.Side{Path: path, Kind: input.KindAOF,
			Checksum: rdb.Checksum{Status: rdb.ChecksumAbsent}, End: record.Clean}
	}
	return &diff.Report{
		Master: side("a.aof"), Replica: side("b.aof"),
		Replication: diff.Replication{Verdict: diff.UnknownVerdict,
			Resync: diff.Resync{Why: "nothing tells"}},
	}
}

func someScripts() []*ledger.Script {
	return []*ledger.Script{
		{
			SHA1: sha1, Bytes: 30, Body: []byte("return 'secret'"), Times: 3,
			Analysis: script.Analysis{Writes: []string{"SET"}, Danger: []string{"time"}},
			Seen: []ledger.Sighting{
				{Path: "dump.rdb", As: ledger.AsAux, Offset: record.Unknown, Byte: 0},
				{Path: "link.psync", As: ledger.AsEval, Link: 1, Offset: 0, Byte: record.Unknown},
			},
		},
		{SHA1: sha1, Analysis: script.Analysis{Library: &script.Library{Name: "secretlib"}}},
		{SHA1: sha1, Analysis: script.Analysis{Danger: []string{script.ComputedCommand}}},
	}
}

func someVersion(text string) server.Version {
	v, err := server.Parse(text)
	if err != nil {
		panic(err)
	}
	return v
}
