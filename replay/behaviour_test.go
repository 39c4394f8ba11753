package replay

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/replay/replica"
	"github.com/redsleuth/redsleuth/replay/session"
	"github.com/redsleuth/redsleuth/server"
)

// The versions that the rows are held against: those at the borders of every
// row, and the newest of each family.
var matrix = []string{
	"2.6.17", "2.8.0", "2.8.5", "2.8.6", "2.8.24", "3.0.7", "3.2.13", "4.0.0", "4.0.1", "4.0.2", "4.0.3", "4.0.4", "4.0.5", "4.0.6",
	"4.0.8", "4.0.9", "4.0.14", "5.0.14", "6.0.0", "6.0.3", "6.0.4", "6.2.16", "7.0.0", "7.0.15", "7.2.6", "7.4.1", "8.8.0", "255.255.255",
	"valkey 7.2.5", "valkey 8.0.1", "valkey 9.0.0",
}

// A replay shows each behaviour of the versions of which the table says it, and
// of no other. What only inspect and cause ask for is not here.
func TestBehaviours(t *testing.T) {
	tests := map[server.Behaviour]struct {
		first, last string // of the versions in the matrix that show it
		shows       func(t *testing.T, version string) bool
	}{
		server.ResumesAfterRestart:     {first: "4.0.0", last: "valkey 9.0.0", shows: resumesAfterRestart},
		server.RestoresDatabase:        {first: "4.0.2", last: "valkey 9.0.0", shows: restoresDatabase},
		server.NeedsDatabase:           {first: "4.0.2", last: "valkey 9.0.0", shows: needsDatabase},
		server.KeepsStaleOffset:        {first: "4.0.0", last: "4.0.1", shows: keepsStaleOffset},
		server.SavesScripts:            {first: "4.0.4", last: "6.2.16", shows: savesScripts},
		server.LoadsScripts:            {first: "4.0.4", last: "6.2.16", shows: loadsScripts},
		server.PanicsOnDuplicateScript: {first: "4.0.4", last: "4.0.5", shows: diesOfDuplicate},
		server.LogsErrorsToMaster:      {first: "4.0.9", last: "valkey 9.0.0", shows: logsErrorsToMaster},
		server.ForgetsReadOnlyEvalsha:  {first: "2.8.0", last: "2.8.5", shows: forgetsReadOnly},
		server.ReplicatesScripts:       {first: "2.6.17", last: "6.2.16", shows: scriptsByName},
		server.UnsortedScriptReplies:   {first: "7.0.0", last: "valkey 9.0.0", shows: scriptsUnsorted},
		server.MeaningfulOffset:        {first: "6.0.0", last: "6.0.3", shows: trimsPings},
		server.HasFunctions:            {first: "7.0.0", last: "valkey 9.0.0", shows: hasFunctions},
		server.HasSecondaryID:          {first: "4.0.0", last: "valkey 9.0.0", shows: hasSecondaryID},
		server.ResumesAtCommand:        {first: "4.0.0", last: "valkey 9.0.0", shows: resumesAtCommand},
	}
	for b, test := range tests {
		t.Run(b.String(), func(t *testing.T) {
			within := false
			for _, v := range matrix {
				within = within || v == test.first
				want := map[bool]server.Answer{false: server.No, true: server.Yes}[within]
				if got := b.Of(version(t, v)); got != want {
					t.Errorf("%s: the table says %v", v, got)
				}
				if got := test.shows(t, v); got != within {
					t.Errorf("%s: a replay shows it: %v", v, got)
				}
				within = within && v != test.last
			}
		})
	}
}

func version(t *testing.T, s string) server.Version {
	t.Helper()
	v, err := server.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// A replica that started from a dump, and the bytes that it got then.
func restarted(t *testing.T, ver, dump string, stream ...string) *Report {
	s := scenario{streams: []string{goOn(idA, wire(stream...))}, bases: []string{dump}, versions: ver}
	return s.run(t)
}

func resumesAfterRestart(t *testing.T, ver string) bool {
	r := restarted(t, ver, rdbOf(state(ver, idA, 100, "0")), "SET k v")
	return findingOf(r, finding.RestartRefused) == nil
}

// The stream had selected 7, and the dump says so.
func restoresDatabase(t *testing.T, ver string) bool {
	r := restarted(t, ver, rdbOf(state("4.0.2", idA, 100, "7")), "SET k v")
	lost := findingOf(r, finding.SelectLost)
	if lost != nil && (*lost.DB != 0 || *lost.ExpectedDB != 7 || lost.Severity != finding.Error) {
		t.Errorf("%s: %+v", ver, lost)
	}
	return lost == nil && findingOf(r, finding.RestartRefused) == nil
}

// repl-stream-db is -1.
func needsDatabase(t *testing.T, ver string) bool {
	r := restarted(t, ver, rdbOf(state(ver, idA, 100, "-1")), "SET k v")
	f := findingOf(r, finding.RestartRefused)
	return f != nil && strings.Contains(f.Message, "selected database")
}

// reporterOf is of a replica of a version, before anything happened.
func reporterOf(t *testing.T, ver string) *reporter {
	o := replica.Options{Version: version(t, ver), Source: replica.VersionBase, Analyser: replica.NewAnalyser()}
	return newReporter(&Options{}, &Report{}, 1, o, nil)
}

// A replica that has restarted saves a dump some minutes later, with the
// offset of the restart.
func keepsStaleOffset(t *testing.T, ver string) bool {
	at := time.Date(2017, 11, 23, 12, 0, 0, 0, time.UTC)
	first, second := replica.NewDump(), replica.NewDump()
	first.Created, second.Created = at, at.Add(5*time.Minute)
	first.Offset, second.Offset = 100, 100
	f := reporterOf(t, ver)
	for i, d := range []*replica.Dump{first, second} {
		c := &session.Connection{Entry: session.FromBase, Base: &d.Dump, Asked: 100, Start: 100, RanTo: record.Unknown}
		c.Link.Began, c.Link.Resync, c.Link.EndOffset = at.Add(time.Duration(i)*10*time.Minute), record.Partial, 400
		if err := f.connect(c, &Link{}, d); err != nil {
			t.Fatal(err)
		}
		f.replica.Disconnect(&c.Link)
	}
	i := 0
	for i < len(f.findings.all) && f.findings.all[i].Code != finding.OffsetStale {
		i++
	}
	if i == len(f.findings.all) {
		return false
	}
	if n := f.findings.all[i]; n.Severity != finding.Warning || n.Bytes != 300 || *n.Offset != 100 {
		t.Errorf("%s: %+v", ver, n)
	}
	return true
}

// Of a dump without scripts, this version would have written one with them.
func savesScripts(t *testing.T, ver string) bool {
	first := wire("SELECT 0", "EVAL "+incr+" 1 k")
	s := scenario{
		streams: []string{
			fullSync(idA, 0, rdbOf(state("4.0.2", idA, 0, "0")), first),
			goOn(idA, wire("EVALSHA "+sha(incr)+" 1 k")),
		},
		bases: []string{rdbOf(state("4.0.2", idA, int64(len(first)), "0"))}, versions: ver + ",4.0.1",
	}
	return s.run(t).Versions[0].OwnDump.Verdict == Safe && server.LoadsScripts.Of(version(t, ver)) == server.Yes
}

// A full resync brings a script that the stream then calls.
func loadsScripts(t *testing.T, ver string) bool {
	s := scenario{
		streams:  []string{fullSync(idA, 0, rdbOf(state("4.0.14", idA, 0, "0"), lua(incr)), wire("SELECT 0", "EVALSHA "+sha(incr)+" 1 k"))},
		versions: ver,
	}
	return findingOf(s.run(t), finding.ScriptMissing) == nil
}

func diesOfDuplicate(t *testing.T, ver string) bool {
	s := scenario{streams: []string{
		fullSync(idA, 0, rdbOf(state("4.0.14", idA, 0, "0")), wire("SELECT 0", "EVAL "+incr+" 1 k")),
		fullSync(idA, 500, rdbOf(state("4.0.14", idA, 500, "0"), lua(incr)), ""),
	}, versions: ver}
	f := findingOf(s.run(t), finding.ScriptDuplicateOnLoad)
	return f != nil && f.Severity == finding.Error
}

// missing is the finding on an EVALSHA behind a full resync from a master.
func missing(t *testing.T, master, replica string) *finding.Finding {
	s := scenario{streams: []string{fullSync(idA, 0, rdbOf(state(master, idA, 0, "0")), wire("SELECT 0", "EVALSHA "+sha(incr)+" 1 k"))}, versions: replica}
	f := findingOf(s.run(t), finding.ScriptMissing)
	if f == nil || f.Severity != finding.Error {
		t.Fatalf("%s: %+v", replica, f)
	}
	return f
}

func logsErrorsToMaster(t *testing.T, ver string) bool {
	return !strings.Contains(missing(t, "4.0.14", ver).Message, "say nothing of it in their log")
}

func forgetsReadOnly(t *testing.T, ver string) bool {
	f := missing(t, ver, "4.0.14")
	return f.FixedIn == "2.8.6" && f.Affects == "masters of 2.8.0 to 2.8.5" && strings.Contains(f.Message, "forget to send it")
}

func scriptsByName(t *testing.T, ver string) bool {
	return !strings.Contains(missing(t, ver, "4.0.14").Message, "an older master further up")
}

func scriptsUnsorted(t *testing.T, ver string) bool {
	const copies = "for^_,v^in^ipairs(redis.call('smembers',KEYS[1]))^do^redis.call('rpush',KEYS[2],v)^end"
	s := scenario{streams: []string{fullSync(idA, 0, rdbOf(state("4.0.14", idA, 0, "0")), wire("SELECT 0", "EVAL "+copies+" 2 s l"))}, versions: ver}
	return findingOf(s.run(t), finding.ScriptUnordered) != nil
}

// A replica comes back at an offset before two PINGs, and gets something else
// in their place.
func trimsPings(t *testing.T, ver string) bool {
	c := &session.Connection{
		Start: 27, Asked: 27, Entry: session.SameProcess, Join: session.Join{Repeated: 28, Differs: true, OnlyPings: true},
		Link: record.Link{Resync: record.Partial, ReplicationID: idA, StartOffset: 27},
	}
	f := reporterOf(t, ver)
	if err := f.connect(c, &Link{}, nil); err != nil {
		t.Fatal(err)
	}
	if len(f.findings.all) == 0 || f.findings.all[0].Code != finding.OffsetGap || f.findings.all[0].Bytes != 28 {
		t.Fatalf("%s: %+v", ver, f.findings.all)
	}
	return f.findings.all[0].Severity == finding.Info && f.findings.all[0].FixedIn == "6.0.4"
}

func hasFunctions(t *testing.T, ver string) bool {
	s := scenario{
		streams:  []string{fullSync(idA, 0, rdbOf(), wire("SELECT 0", "FUNCTION LOAD "+myLibrary, "FCALL myfunc 1 k"))},
		versions: ver,
	}
	r := s.run(t)
	f := findingOf(r, finding.FunctionMissing)
	if f != nil && (r.Summary.Errors != 1 || r.Summary.Warnings != 1 || !strings.Contains(f.Message, "unknown to the replica")) {
		t.Errorf("%s: %+v", ver, r.Findings)
	}
	return f == nil
}

// A master of this version refuses to go on from another history.
func hasSecondaryID(t *testing.T, ver string) bool {
	c := &session.Connection{
		Link:    record.Link{Resync: record.Full, ReplicationID: idB, Requested: &record.Request{ID: idA, Offset: 101}},
		Payload: &session.Dump{Origin: repl.Origin{Version: version(t, ver)}}, Asked: 100, Start: 900,
	}
	e := &replica.ResyncRefused{Connection: c, Master: c.Payload.Version}
	return !strings.Contains(sentences{facts: &repl.Facts{}}.resyncRefused(e).Message, "keep no former one")
}

// A replica goes on within a transaction.
func resumesAtCommand(t *testing.T, ver string) bool {
	head, tail := wire("SELECT 0", "MULTI", "SET a 1"), wire("SET b 1", "EXEC", "SET c 1")
	s := scenario{
		streams:  []string{fullSync(idA, 0, rdbOf(state(ver, idA, 0, "0")), head+tail), goOn(idA, tail)},
		versions: ver,
	}
	r := s.run(t)
	f := findingOf(r, finding.TransactionOpen)
	if f == nil || f.Severity != finding.Warning || *f.Offset != int64(len(wire("SELECT 0"))) {
		t.Fatalf("%s: %+v", ver, r.Findings)
	}
	if stray := findingOf(r, finding.TransactionStray); stray != nil {
		t.Errorf("%s: %+v", ver, r.Findings)
	}
	return !strings.Contains(f.Message, "before 4.0")
}

// A payload of a newer format is told, and followed as if it had been loaded.
func TestFormats(t *testing.T) {
	for _, test := range []struct {
		magic, version string
		loads          bool
	}{
		{"REDIS0006", "2.8.24", true}, {"REDIS0007", "3.0.7", false}, {"REDIS0008", "4.0.2", true}, {"REDIS0009", "4.0.14", false},
		{"REDIS0010", "6.2.16", false}, {"REDIS0010", "7.0.0", true}, {"REDIS0011", "7.0.15", false}, {"REDIS0012", "7.2.6", false},
		{"REDIS0012", "8.4.0", true}, {"REDIS0013", "8.4.0", false}, {"REDIS0012", "255.255.255", true},
		{"REDIS0011", "valkey 9.0.0", true}, {"REDIS0012", "valkey 9.0.0", false}, {"VALKEY080", "valkey 9.0.0", true},
		{"VALKEY080", "valkey 8.0.1", false}, {"VALKEY080", "7.4.1", false},
	} {
		rdb := test.magic + rdbOf(state("1.1.1", idA, 0, "0"))[len("REDIS0006"):]
		s := scenario{streams: []string{fullSync(idA, 0, rdb, wire("SELECT 0", "EVALSHA "+sha(incr)+" 1 k"))}, versions: test.version}
		r := s.run(t)
		f := findingOf(r, finding.FormatUnread)
		if (f == nil) != test.loads || f != nil && f.Severity != finding.Info || r.Summary.Errors != 1 {
			t.Errorf("%s by %s: %+v", test.magic, test.version, r.Findings)
		}
	}
}

// The incident of 2017, by the version of the replica: what a restart from
// its own dump does to a script and to the database.
func TestRestartByVersion(t *testing.T) {
	for _, ver := range matrix {
		v := version(t, ver)
		first := wire("SELECT 7", "EVAL "+incr+" 1 k")
		at := int64(len(first))
		db, scripts := "", ""
		if server.NeedsDatabase.Of(v) == server.Yes {
			db = "7"
		}
		if server.SavesScripts.Of(v) == server.Yes {
			scripts = lua(incr)
		}
		s := scenario{
			streams: []string{fullSync(idA, 0, rdbOf(state(ver, idA, 0, "0")), first), goOn(idA, wire("EVALSHA "+sha(incr)+" 1 k", "SET k v"))},
			bases:   []string{rdbOf(state(ver, idA, at, db), scripts)},
		}
		var want []string
		switch {
		case strings.HasPrefix(ver, "2.") || strings.HasPrefix(ver, "3."):
		case ver == "4.0.0" || ver == "4.0.1":
			want = []string{"script-missing", "select-lost"}
		case ver == "4.0.2" || ver == "4.0.3" || server.SavesScripts.Of(v) == server.No:
			want = []string{"script-missing"}
		}
		var got []string
		for _, f := range s.run(t).Findings {
			if f.Severity != finding.Info {
				got = append(got, string(f.Code))
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", ver, got, want)
		}
	}
}
