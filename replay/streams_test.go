package replay

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/replay/replica"
	"github.com/redsleuth/redsleuth/server"

	"github.com/redsleuth/redsleuth/finding"
)

// The histories of these tests.
const (
	idA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	idB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

// text is what a word of these tests stands for: a caret is a space, a
// tilde a line feed.
func text(word string) string { return strings.NewReplacer("^", " ", "~", "\n").Replace(word) }

// wire is commands as a master sends them, one a line, words by spaces.
func wire(lines ...string) string {
	var b strings.Builder
	for _, line := range lines {
		words := strings.Fields(line)
		fmt.Fprintf(&b, "*%d\r\n", len(words))
		for _, w := range words {
			w = text(w)
			fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(w), w)
		}
	}
	return b.String()
}

func sha(body string) string {
	sum := sha1.Sum([]byte(text(body)))
	return hex.EncodeToString(sum[:])
}

// str is a string of an RDB: two bytes of length, then the bytes.
func str(s string) string {
	return string([]byte{0x40 | byte(len(s)>>8), byte(len(s))}) + s
}

func aux(name, value string) string { return "\xfa" + str(name) + str(value) }

// rdbOf is an RDB without a checksum: magic, records, end, eight zeros. Servers
// of every version load its format.
func rdbOf(records ...string) string {
	return "REDIS0006" + strings.Join(records, "") + "\xff" + strings.Repeat("\x00", 8)
}

// state is the replication state that a dump of a server version holds.
func state(version, id string, offset int64, db string) string {
	s := aux("redis-ver", version)
	if db != "" {
		s += aux("repl-stream-db", db)
	}
	return s + aux("repl-id", id) + aux("repl-offset", fmt.Sprint(offset))
}

func lua(bodies ...string) string {
	s := ""
	for _, b := range bodies {
		s += aux("lua", text(b))
	}
	return s
}

func fullSync(id string, offset int64, rdb string, stream string) string {
	return fmt.Sprintf("+FULLRESYNC %s %d\r\n$%d\r\n%s%s", id, offset, len(rdb), rdb, stream)
}

func goOn(id, stream string) string { return "+CONTINUE " + id + "\r\n" + stream }

// A scenario is what goes into a replay, and the findings that come out,
// without those that are info: "code" or "code@offset" or "code@offset#link".
type scenario struct {
	name     string
	streams  []string
	bases    []string
	versions string // of the replica; "" leaves it to the artefacts
	options  Options
	want     []string
	info     []string // codes that have to be among those of severity info
	check    func(t *testing.T, r *Report)
}

func (s *scenario) run(t *testing.T) *Report {
	t.Helper()
	dir := t.TempDir()
	open := func(name, content string) *input.Input {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		in, err := input.Open(path, input.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { in.Close() })
		return in
	}
	o := s.options
	for i, b := range s.streams {
		o.Streams = append(o.Streams, open(fmt.Sprintf("link-%d", i+1), b))
	}
	for i, b := range s.bases {
		o.Bases = append(o.Bases, open(fmt.Sprintf("base-%d", i+1), b))
	}
	if s.versions != "" {
		for _, v := range strings.Split(s.versions, ",") {
			o.Versions = append(o.Versions, version(t, v))
		}
	}
	r, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// checkTotals holds the summary against the findings.
func checkTotals(t *testing.T, r *Report) {
	var s Summary
	for _, f := range r.Findings {
		s.tally(f.Severity)
	}
	if s.Errors != r.Summary.Errors || s.Warnings != r.Summary.Warnings {
		t.Errorf("summary of %d errors and %d warnings, findings of %d and %d", r.Summary.Errors, r.Summary.Warnings, s.Errors, s.Warnings)
	}
}

func (s *scenario) test(t *testing.T) {
	r := s.run(t)
	var got []string
	infos := map[string]bool{}
	checkTotals(t, r)
	for _, f := range r.Findings {
		if f.Severity == finding.Info {
			infos[string(f.Code)] = true
			continue
		}
		line := string(f.Severity) + " " + string(f.Code)
		if f.Offset != nil {
			line += fmt.Sprintf("@%d", *f.Offset)
		}
		got = append(got, line)
	}
	if strings.Join(got, "\n") != strings.Join(s.want, "\n") {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(s.want, "\n  "))
		for _, f := range r.Findings {
			t.Logf("%+v", f)
		}
	}
	for _, code := range s.info {
		if !infos[code] {
			t.Errorf("no info finding %s among %v", code, infos)
		}
	}
	if s.check != nil {
		s.check(t, r)
	}
}

const (
	incr = "return^redis.call('incr',KEYS[1])"
	push = "return^redis.call('lpush',KEYS[1],ARGV[1])"
)

// logged is a replica's log with a full resync at 0 and a request for the byte
// behind an offset, by these processes.
func logged(at int64, first, second int) Options {
	return Options{Facts: repl.Facts{Resyncs: []repl.LoggedResync{{ID: idA, Full: true, Process: first}, {ID: idA, Offset: at + 1, Process: second}}}}
}

func TestScripts(t *testing.T) {
	eval := "EVAL " + incr + " 1 counter"
	evalSHA := "EVALSHA " + sha(incr) + " 1 counter"
	first := wire("SELECT 0", eval, evalSHA)
	at := int64(len(first))
	before := func(ver, db string, more ...string) string {
		return rdbOf(append([]string{state(ver, idA, at, db)}, more...)...)
	}
	link1 := func(ver string) string { return fullSync(idA, 0, rdbOf(state(ver, idA, 0, "0")), first) }
	link2 := goOn(idA, wire("SET k v", evalSHA))
	failed := at + int64(len(wire("SET k v")))
	missing := []string{fmt.Sprintf("error script-missing@%d", failed)}
	for _, s := range []scenario{
		{name: "one link has its sources", streams: []string{link1("4.0.2")}},
		{name: "a recording that begins later may lack them", streams: []string{link2}, info: []string{"script-unseen"}},
		{name: "4.0.2 restarts without scripts", streams: []string{link1("4.0.2"), link2}, bases: []string{before("4.0.2", "0")}, want: missing,
			check: func(t *testing.T, r *Report) {
				f := r.Findings[0]
				if f.SHA1 != sha(incr) || len(f.Keys) != 1 || string(f.Keys[0]) != "counter" || f.Link != 1 || filepath.Base(f.Path) != "link-2" ||
					!strings.Contains(f.Message, "link 1 of input 1") || !strings.Contains(f.Message, "restart") {
					t.Errorf("%+v", f)
				}
			}},
		{name: "the dump alone is enough to know", streams: []string{link2}, bases: []string{before("4.0.2", "0")}, want: missing},
		{name: "4.0.6 restores them", streams: []string{link1("4.0.6"), link2}, bases: []string{before("4.0.6", "0", lua(incr))}},
		{name: "4.0.3 steps over them", streams: []string{link2}, bases: []string{before("4.0.6", "0", lua(incr))}, versions: "4.0.3", want: missing},
		{name: "7.0 steps over them", streams: []string{link2}, bases: []string{before("6.2.16", "0", lua(incr))}, versions: "7.0.15", want: missing},
		{name: "4.0.2 reconnects", streams: []string{link1("4.0.2"), link2}, want: []string{fmt.Sprintf("warning script-at-risk@%d", failed)}},
		{name: "the log shows the same process", streams: []string{link1("4.0.2"), link2}, options: logged(at, 1, 1)},
		{name: "the log shows another process", streams: []string{link1("4.0.2"), link2}, options: logged(at, 1, 2), want: missing},
		{name: "4.0.6 reconnects", streams: []string{link1("4.0.6"), link2}},
		{name: "3.2 reconnects: a restart would have asked for a full resync", streams: []string{link1("3.2.13"), link2}},
		{name: "nothing tells the version", streams: []string{fullSync(idA, 0, rdbOf(), first), link2},
			want: []string{fmt.Sprintf("warning script-at-risk@%d", failed)},
			check: func(t *testing.T, r *Report) {
				if r.VersionSource != replica.VersionUnknown {
					t.Errorf("version source %s", r.VersionSource)
				}
			}},
		{name: "the source comes again", streams: []string{link1("4.0.2"), goOn(idA, wire(eval, evalSHA))}, bases: []string{before("4.0.2", "0")}},
		{name: "a flush drops it", streams: []string{fullSync(idA, 0, rdbOf(state("5.0.14", idA, 0, "0")), first+wire("SCRIPT FLUSH", evalSHA))},
			want: []string{fmt.Sprintf("error script-missing@%d", at+int64(len(wire("SCRIPT FLUSH"))))}, info: []string{"script-flush"}},
		{name: "in a transaction", streams: []string{goOn(idA, wire("MULTI", evalSHA, "SET k v", "EXEC"))}, bases: []string{before("4.0.2", "0")},
			want: []string{fmt.Sprintf("error script-missing@%d", at+int64(len(wire("MULTI"))))}},
		{name: "another case of letters names the same script",
			streams: []string{fullSync(idA, 0, rdbOf(), wire("SELECT 0", "eval "+incr+" 1 k", "EvalSha "+strings.ToUpper(sha(incr))+" 1 k"))}},
		{name: "SCRIPT LOAD is a source", streams: []string{fullSync(idA, 0, rdbOf(), wire("SELECT 0", "script load "+incr, evalSHA))}},
		{name: "a script calls one that is missing",
			streams: []string{fullSync(idA, 0, rdbOf(), wire("SELECT 0", "EVAL redis.call('evalsha','"+sha(push)+"',1,'l') 1 k"))},
			want:    []string{"warning script-missing@23"}},
		{name: "2.8.5 forgets to send it", streams: []string{fullSync(idA, 0, rdbOf(), wire("SELECT 0", evalSHA))},
			versions: "2.8.5", want: []string{fmt.Sprintf("error script-missing@%d", len(wire("SELECT 0")))},
			check: func(t *testing.T, r *Report) {
				if f := r.Findings[0]; f.FixedIn != "2.8.6" {
					t.Errorf("%+v", f)
				}
			}},
		{name: "bodies that the replica has", streams: []string{fullSync(idA, 0, rdbOf(), first+wire(eval, "SCRIPT LOAD "+incr))},
			info: []string{"script-duplicate"}, check: func(t *testing.T, r *Report) {
				for _, f := range r.Findings {
					if f.Code == finding.ScriptDuplicate && (f.Count != 2 || f.Bytes != int64(len(wire(eval, "SCRIPT LOAD "+incr)))) {
						t.Errorf("%+v", f)
					}
				}
			}},
	} {
		t.Run(s.name, s.test)
	}
}

func TestDuplicateOnLoad(t *testing.T) {
	stream := wire("SELECT 0", "EVAL "+incr+" 1 counter")
	again := int64(len(stream)) + 100
	links := func(ver string) []string {
		return []string{
			fullSync(idA, 0, rdbOf(state(ver, idA, 0, "0")), stream),
			fullSync(idA, again, rdbOf(state(ver, idA, again, "0"), lua(push, incr)), wire("SELECT 0", "EVALSHA "+sha(push)+" 1 l x")),
		}
	}
	dies := []string{fmt.Sprintf("error script-duplicate-on-load@%d", again)}
	for _, s := range []scenario{
		{name: "4.0.4 dies", streams: links("4.0.4"), want: dies, check: func(t *testing.T, r *Report) {
			if f := r.Findings[0]; f.SHA1 != sha(incr) {
				t.Errorf("%+v", f)
			}
		}},
		{name: "4.0.5 dies", streams: links("4.0.5"), want: dies},
		{name: "4.0.6 survives", streams: links("4.0.6"), info: []string{"script-duplicate-on-load"}},
		{name: "4.0.3 steps over it", streams: links("4.0.3"), want: []string{fmt.Sprintf("error script-missing@%d", again+23)}},
		{name: "what 4.0.4 would do", streams: links("4.0.6"), versions: "4.0.4", want: dies},
		{name: "the process that died starts from the payload", streams: append(links("4.0.4"), goOn(idA, wire("EVALSHA "+sha(push)+" 1 l y"))), want: dies},
		{name: "a process that goes on had been started anew", streams: []string{links("4.0.4")[0],
			fmt.Sprintf("+FULLRESYNC %s %d\r\n$EOF:%s\r\n%s%[3]s%[5]s", idA, again, strings.Repeat("e", 40),
				rdbOf(state("4.0.4", idA, again, "0"), lua(incr)), wire("SELECT 0", "SET k v"))}},
		{name: "twice in one RDB", streams: []string{fullSync(idA, 7, rdbOf(state("4.0.4", idA, 7, "0"), lua(incr, incr)), "")},
			want: []string{"error script-duplicate-on-load@7"}},
		{name: "twice in the dump that a process starts from", streams: []string{goOn(idA, wire("SELECT 0", "SET k v"))},
			bases: []string{rdbOf(state("4.0.4", idA, 7, "0"), lua(incr, incr))}, want: []string{"error script-duplicate-on-load@7"}},
	} {
		t.Run(s.name, s.test)
	}
}

func TestSelectedDatabase(t *testing.T) {
	first := wire("SELECT 7", "SET a 1")
	at := int64(len(first))
	link1 := func(ver string) string { return fullSync(idA, 0, rdbOf(state(ver, idA, 0, "0")), first) }
	link2 := goOn(idA, wire("SET b 1", "PING", "SET c 1", "SELECT 3", "SET d 1"))
	keyIn := func(db byte) string { return "\xfe" + string([]byte{db}) + "\x00\x01k\x01v" }
	lost := fmt.Sprintf("select-lost@%d", at)
	expect := func(db, commands int) func(*testing.T, *Report) {
		return func(t *testing.T, r *Report) {
			f := r.Findings[0]
			if f.Commands != int64(commands) || f.DB == nil || *f.DB != 0 || db >= 0 && (f.ExpectedDB == nil || *f.ExpectedDB != db) || db < 0 && !f.ExpectedDBUnknown {
				t.Errorf("%+v", f)
			}
		}
	}
	for _, s := range []scenario{
		{name: "4.0.1 goes on in database 0", streams: []string{link1("4.0.1"), link2}, bases: []string{rdbOf(state("4.0.1", idA, at, ""), keyIn(7))},
			want: []string{"error " + lost}, check: expect(7, 2)},
		{name: "nothing tells the right one", streams: []string{link2}, bases: []string{rdbOf(state("4.0.1", idA, at, ""), keyIn(7))},
			want: []string{"warning " + lost}, check: expect(-1, 2)},
		{name: "a dump with keys in database 0 alone", streams: []string{link2}, bases: []string{rdbOf(state("4.0.1", idA, at, ""), keyIn(0))},
			info: []string{"select-lost"}},
		{name: "4.0.2 restores it", streams: []string{link1("4.0.2"), link2}, bases: []string{rdbOf(state("4.0.2", idA, at, "7"), keyIn(7))}},
		{name: "4.0.1 does not, whatever the dump says", streams: []string{link2}, bases: []string{rdbOf(state("4.0.2", idA, at, "7"), keyIn(7))}, versions: "4.0.1",
			want: []string{"error " + lost}, check: expect(7, 2)},
		{name: "a SELECT comes first", streams: []string{link1("4.0.1"), goOn(idA, wire("PING", "SELECT 7", "SET b 1"))},
			bases: []string{rdbOf(state("4.0.1", idA, at, ""), keyIn(7))}},
		{name: "the same process keeps it", streams: []string{link1("4.0.1"), link2}, info: []string{"select-lost"}},
		{name: "a full resync without a SELECT", streams: []string{fullSync(idA, 0, rdbOf(), wire("SET a 1"))}, want: []string{"warning select-missing@0"}},
		{name: "a chained master says in the payload what is selected", streams: []string{fullSync(idA, 9, rdbOf(state("5.0.14", idA, 9, "4")), wire("SET a 1"))}},
		{name: "4.0.2 without a database asks for a full resync", streams: []string{link2}, bases: []string{rdbOf(state("4.0.2", idA, at, "-1"))}, info: []string{"restart-refused"}},
		{name: "3.2 always does", streams: []string{link2}, bases: []string{rdbOf(state("4.0.2", idA, at, "7"))}, versions: "3.2.13", info: []string{"restart-refused"}},
	} {
		t.Run(s.name, s.test)
	}
}

// A list of versions tells of each what one version alone is told, whose process
// starts from the very dump; and beside that what would have become of a replica
// that had saved its own dump there.
func TestOwnDumps(t *testing.T) {
	first := wire("SELECT 7", "EVAL "+incr+" 1 k")
	at := int64(len(first))
	link1 := func(ver string) string { return fullSync(idA, 0, rdbOf(state(ver, idA, 0, "0")), first) }
	link2 := goOn(idA, wire("EVALSHA "+sha(incr)+" 1 k", "SET k v"))
	written := func(ver, db string, scripts ...string) []string {
		return []string{rdbOf(state(ver, idA, at, db), lua(scripts...))}
	}
	for _, test := range []struct {
		name     string
		streams  []string
		bases    []string
		versions string
		this     []string // verdicts
		own      []string
	}{
		{"scripts were not saved", []string{link1("4.0.2"), link2}, written("4.0.2", "7"),
			"4.0.2,4.0.3,4.0.4,4.0.6,6.2.16,7.0.15",
			[]string{"loses-writes", "loses-writes", "loses-writes", "loses-writes", "loses-writes", "loses-writes"},
			[]string{"loses-writes", "loses-writes", "safe", "safe", "safe", "loses-writes"}},
		{"scripts were saved", []string{link2}, written("4.0.6", "7", incr), "4.0.3,4.0.4,4.0.6,7.0.15",
			[]string{"loses-writes", "safe", "safe", "loses-writes"},
			[]string{"loses-writes", "safe", "safe", "loses-writes"}},
		{"the database was not saved", []string{link1("4.0.1"), link2}, written("4.0.1", ""), "4.0.1,4.0.2,4.0.6",
			[]string{"loses-writes", "unknown", "unknown"}, // 4.0.2 asks for a full resync
			[]string{"loses-writes", "loses-writes", "safe"}},
		{"the database was saved", []string{link2}, written("4.0.6", "7", incr), "4.0.0,4.0.6",
			[]string{"loses-writes", "safe"}, []string{"loses-writes", "safe"}},
		{"before the stream began", []string{link2}, written("4.0.2", "7"), "4.0.2,4.0.6",
			[]string{"loses-writes", "loses-writes"}, []string{"loses-writes", "unknown"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			list := scenario{streams: test.streams, bases: test.bases, versions: test.versions}
			for i, row := range list.run(t).Versions {
				ver := strings.Split(test.versions, ",")[i]
				if string(row.Verdict) != test.this[i] || string(row.OwnDump.Verdict) != test.own[i] {
					t.Errorf("%s: %s, with a dump of its own %s: %+v", ver, row.Verdict, row.OwnDump.Verdict, row.Findings)
				}
				one := scenario{streams: test.streams, bases: test.bases, versions: ver}
				alone := one.run(t)
				if alone.Summary != row.Summary || alone.Verdict != row.Verdict || len(alone.Findings) != len(row.Findings) {
					t.Errorf("%s alone: %s, %+v; in a list: %s, %+v", ver, alone.Verdict, alone.Findings, row.Verdict, row.Findings)
				}
			}
		})
	}
}

func TestVersionsTable(t *testing.T) {
	stream := wire("SELECT 2", "EVAL "+incr+" 1 counter", "EVALSHA "+sha(incr)+" 1 counter", "SET k v")
	s := scenario{
		streams: []string{fullSync(idA, 0, rdbOf(state("4.0.2", idA, 0, "0")), stream)}, versions: "4.0.1,4.0.2,4.0.6,7.0.15",
		options: Options{Restarts: true},
	}
	r := s.run(t)
	sel, evalEnd := int64(len(wire("SELECT 2"))), int64(len(wire("SELECT 2", "EVAL "+incr+" 1 counter")))
	set := int64(len(stream) - len(wire("SET k v")))
	want := [][]replica.Unsafe{
		{{Behaviour: server.LoadsScripts, From: evalEnd, To: evalEnd, Commands: 1}, {Behaviour: server.RestoresDatabase, From: sel, To: set, Commands: 3}},
		{{Behaviour: server.LoadsScripts, From: evalEnd, To: evalEnd, Commands: 1}},
		nil,
		{{Behaviour: server.LoadsScripts, From: evalEnd, To: evalEnd, Commands: 1}},
	}
	for i, v := range r.Versions {
		if len(v.Restarts) != len(want[i]) {
			t.Errorf("%v: %+v", v.Version, v.Restarts)
			continue
		}
		for j, u := range v.Restarts {
			w := want[i][j]
			if u.Behaviour != w.Behaviour || u.From != w.From || u.To != w.To || u.Commands != w.Commands {
				t.Errorf("%v: %+v, want %+v", v.Version, u, w)
			}
		}
	}
	if r.ReplicaVersion != "4.0.1" || r.VersionSource != replica.VersionFlag {
		t.Errorf("version %s, from %s", r.ReplicaVersion, r.VersionSource)
	}
}
