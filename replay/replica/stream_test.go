package replica

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay/session"
	"github.com/redsleuth/redsleuth/server"
)

func TestTransactions(t *testing.T) {
	for _, c := range []struct {
		name  string
		entry session.Entry
		lines []string
		want  []string
	}{
		{"whole", session.Empty, []string{"MULTI", "SET a 1", "EXEC"}, nil},
		{"an EXEC too many", session.Empty, []string{"MULTI", "EXEC", "EXEC"}, []string{"stray at 17, exec true"}},
		{"a MULTI within", session.Empty, []string{"MULTI", "MULTI", "EXEC"}, []string{"stray at 13, exec false"}},
		{"an EXEC first", session.Empty, []string{"EXEC"}, []string{"stray at 8, exec true"}},
		{"a recording that may begin within one", session.Unknown, []string{"EXEC", "EXEC"}, []string{"stray at 12, exec true"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, "6.2.16", Options{})
			if c.entry == session.Empty {
				s.full(idA, 0, dumpOf("", "repl-stream-db", "0"))
			} else {
				s.connect(session.Connection{Entry: c.entry, Start: 0, Asked: record.Unknown, Link: record.Link{Resync: record.NoSync}}, nil)
			}
			s.events = nil
			s.send("SELECT 0").send(c.lines...)
			s.expect(c.want...)
		})
	}
}

// The replica comes back within a transaction, or what it had queued never ran.
func TestTransactionCut(t *testing.T) {
	s := newScene(t, "3.2.13", Options{})
	s.full(idA, 0, dumpOf("", "repl-stream-db", "0"))
	s.conn.RanTo = 15
	s.send("SELECT 0", "MULTI", "SET a 1", "EXEC").close()
	s.expect("loaded at 0", "*replica.ResumedInside&{At:8}")
	s.partial(session.SameProcess, 15, nil).send("EXEC").expect() // it is the end of the one that was torn

	for end, want := range map[record.End]int{record.Clean: 0, record.Truncated: 5} {
		s := newScene(t, "6.2.16", Options{})
		s.full(idA, 0, dumpOf("", "repl-stream-db", "0")).send("SELECT 0", "MULTI", "SELECT 5", "SET a 1")
		s.note(record.NoteTransactionOpen, end)
		if now := s.r.Now(); now.DB != want || now.StreamDB != want || now.Transaction != (want == 5) {
			t.Errorf("%s: %+v", end, now)
		}
	}
}

const (
	librarySource = "#!lua~name=mylib\nredis.register_function('myfunc',function(k)~return~1~end)"
	computedNames = "#!lua~name=mylib\nredis.register_function(KEYS[1]..'x',function(k)~return~1~end)"
)

func TestFunctions(t *testing.T) {
	load := "FUNCTION LOAD " + strings.ReplaceAll(librarySource, "\n", "|")
	for _, c := range []struct {
		name, version string
		lines         []string
		want          []string
		known         []string
	}{
		{"loaded", "7.0.15", []string{load, "FCALL myfunc 1 k", "fcall MYFUNC 1 k"}, nil, []string{"mylib"}},
		{"not loaded", "7.0.15", []string{"FCALL myfunc 1 k"}, []string{"FunctionMissing"}, nil},
		{"loaded twice", "7.0.15", []string{load, load}, []string{"exists " + shaOf(unspaced(librarySource))[:4]}, []string{"mylib"}},
		{"replaced", "7.0.15", []string{load, strings.Replace(load, "LOAD", "LOAD REPLACE", 1)}, nil, []string{"mylib"}},
		{"deleted", "7.0.15", []string{load, "FUNCTION DELETE mylib", "FCALL myfunc 1 k"}, []string{"FunctionMissing"}, nil},
		{"deleted twice", "7.0.15", []string{"FUNCTION DELETE mylib"}, []string{"LibraryMissing"}, nil},
		{"flushed", "7.0.15", []string{load, "FUNCTION FLUSH", "FCALL myfunc 1 k"}, []string{"FunctionsFlushed", "FunctionMissing"}, nil},
		{"before 7.0", "6.2.16", []string{load, "FCALL myfunc 1 k"},
			[]string{"functions unsupported, fcall false", "functions unsupported, fcall true"}, nil},
		{"of Valkey", "valkey-8.0.1", []string{load, "FCALL myfunc 1 k"}, nil, []string{"mylib"}},
		{"without arguments", "7.0.15", []string{"FUNCTION", "FUNCTION LOAD", "FUNCTION DELETE", "FUNCTION RESTORE", "FCALL"}, nil, nil},
		{"a payload of FUNCTION DUMP that is none", "7.0.15", []string{"FUNCTION RESTORE x", "FCALL myfunc 1 k"}, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, c.version, Options{})
			s.full(idA, 0, dumpOf("", "repl-stream-db", "0"))
			s.events = nil
			s.send(c.lines...)
			s.expect(c.want...)
			if got := s.r.State().Libraries; !slices.Equal(got, c.known) && len(got)+len(c.known) > 0 {
				t.Errorf("libraries %q", got)
			}
		})
	}
}

func unspaced(s string) string { return strings.NewReplacer("~", " ").Replace(s) }

// A table goes back to what it was, as far as that is known.
func TestLibraryTable(t *testing.T) {
	table := newLibraryTable()
	named := func(name string) library { return library{name: name, functions: []string{name + "f"}} }
	table.replace(nil)
	table.changed(0)
	table.add(named("one"))
	table.changed(10)
	table.add(named("two"))
	table.changed(20)
	for offset, want := range map[int64]string{0: "[]", 9: "[]", 10: "[one]", 19: "[one]", 20: "[one two]", 99: "[one two]"} {
		if table.rewind(offset); fmt.Sprint(table.names()) != want || !table.complete {
			t.Errorf("at %d: %v, complete %v", offset, table.names(), table.complete)
		}
	}
	if table.rewind(-1); table.complete {
		t.Error("nothing is known of what came before")
	}
	table.replace([]library{{name: "part", partial: true}})
	if ok, sure := table.calls("any"); ok || sure {
		t.Error("it may register any name")
	}
	if table.newHistory(); table.held != 0 || table.states != nil {
		t.Errorf("%+v", table.states)
	}
}

func TestReadLibrary(t *testing.T) {
	for source, want := range map[string]library{
		librarySource:    {name: "mylib", functions: []string{"myfunc"}},
		computedNames:    {name: "mylib", partial: true},
		"no library":     {partial: true},
		"#!lua name=x\n": {name: "x"},
	} {
		got := readLibrary([]byte(strings.ReplaceAll(source, "~", " ")))
		if got.name != want.name || got.partial != want.partial || !slices.Equal(got.functions, want.functions) {
			t.Errorf("%q: %+v", source, got)
		}
	}
}

// Ids from connection to connection.
func TestHistory(t *testing.T) {
	full := func(id string) session.Connection {
		return session.Connection{Entry: session.SameProcess, Start: 50, Asked: record.Unknown,
			Link: record.Link{Resync: record.Full, ReplicationID: id, StartOffset: 50}}
	}
	partial := session.Connection{Entry: session.SameProcess, Start: 8, Asked: 8, Lived: true,
		Link: record.Link{Resync: record.Partial, ReplicationID: idB, Requested: &record.Request{ID: idA, Offset: 9}}}
	refused := full(idA)
	refused.Asked = 8
	for _, c := range []struct {
		name   string
		conn   session.Connection
		want   []string
		second string
	}{
		{"the same", full(idA), nil, ""},
		{"a full resync from another", full(idB), []string{"history b after a"}, ""},
		{"a promoted master", partial, []string{"history b after a"}, idA},
		{"a request that was refused", refused, []string{"refused by 4.0.2"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, "4.0.2", Options{})
			s.full(idA, 0, dumpOf("4.0.2", "repl-stream-db", "0")).send("SELECT 0").close()
			s.events = nil
			s.connect(c.conn, nil)
			s.expect(c.want...)
			state := s.r.State()
			if state.ReplicationID != c.conn.Link.ReplicationID || state.SecondaryID != c.second {
				t.Errorf("%+v", state)
			}
			if c.second != "" && state.SecondaryOffset != 9 {
				t.Errorf("up to %d", state.SecondaryOffset)
			}
		})
	}
}

// Bytes that don't join are told once a connection, the worst of them.
func TestJoins(t *testing.T) {
	for _, c := range []struct {
		join  session.Join
		entry session.Entry
		told  bool
	}{
		{session.Join{}, session.SameProcess, false},
		{session.Join{Repeated: 9}, session.SameProcess, true},
		{session.Join{Repeated: 9}, session.FromOlder, false}, // a new process asks for more
		{session.Join{Missing: 9}, session.SameProcess, true},
		{session.Join{WentBack: true}, session.SameProcess, true},
		{session.Join{Repeated: 9, Differs: true}, session.FromOlder, true},
	} {
		s := newScene(t, "6.2.16", Options{})
		s.full(idA, 0, dumpOf("6.2.16", "repl-stream-db", "0")).send("SELECT 0").close()
		s.events = nil
		s.connect(session.Connection{Entry: c.entry, Start: 8, Asked: 8, Join: c.join,
			Link: record.Link{Resync: record.Partial, ReplicationID: idA}}, nil)
		if told := strings.Contains(strings.Join(s.events, ""), "rejoined"); told != c.told {
			t.Errorf("%+v: told %v", c.join, told)
		}
	}
}

// Which restarts would have done harm.
func TestUnsafeRestarts(t *testing.T) {
	run := eval(incr)
	from, to := int64(8+len(run)), int64(8+len(run)+len("SET a b"))
	for _, c := range []struct {
		version string
		want    []string
	}{
		{"4.0.6", nil},
		{"4.0.2", []string{fmt.Sprintf("loads-scripts %d-%d, 1 of EVALSHA", from, to)}},
		{"4.0.1", []string{
			fmt.Sprintf("loads-scripts %d-%d, 1 of EVALSHA", from, to), fmt.Sprintf("restores-database 8-%d, 3 of EVAL", from),
		}},
	} {
		s := newScene(t, c.version, Options{Restarts: true})
		s.full(idA, 0, dumpOf("", "repl-stream-db", "0")).send("SELECT 3", run, "SET a b", evalsha(incr), "SELECT 0", "SET a b")
		var got []string
		for _, u := range s.r.UnsafeRestarts() {
			got = append(got, fmt.Sprintf("%s %d-%d, %d of %s", u.Behaviour, u.From, u.To, u.Commands, u.Victim.Command))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.version, got, c.want)
		}
	}
}

// Ranges that overlap are one; processes that ran the same offsets don't tell
// them apart.
func TestRanges(t *testing.T) {
	type span struct {
		process  int
		from, to int64
	}
	for _, c := range []struct {
		name  string
		spans []span
		want  string
	}{
		{"apart", []span{{1, 0, 5}, {1, 10, 12}}, "0-5:1 10-12:1"},
		{"overlapping", []span{{1, 0, 5}, {1, 3, 8}}, "0-8:2"},
		{"one spans two", []span{{1, 0, 5}, {1, 10, 12}, {1, 4, 20}}, "0-20:3"},
		{"touching", []span{{1, 0, 5}, {1, 5, 8}}, "0-8:2"},
		{"of two processes", []span{{1, 0, 5}, {2, 3, 8}, {2, 20, 21}}, "0-8:2 20-21:1"},
		{"backwards", []span{{1, 10, 12}, {2, 0, 5}}, "0-5:1 10-12:1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := ranges{behaviour: server.LoadsScripts}
			for _, s := range c.spans {
				r.put(s.process, s.from, s.to, func() Unsafe { return Unsafe{Victim: Victim{Offset: s.from}} })
			}
			var got []string
			for _, u := range merged(r.list) {
				got = append(got, fmt.Sprintf("%d-%d:%d", u.From, u.To, u.Commands))
			}
			if text := strings.Join(got, " "); text != c.want {
				t.Errorf("%s, want %s", text, c.want)
			}
		})
	}
	r := ranges{}
	for i := range int64(maxRanges + 10) {
		r.put(1, 10*i, 10*i+1, func() Unsafe { return Unsafe{} })
	}
	if last := r.list[len(r.list)-1]; len(r.list) != maxRanges || last.Commands != 11 {
		t.Errorf("%d ranges, the last of %d commands", len(r.list), last.Commands)
	}
}

// Scripts lists what was met, with its sources, up to a limit.
func TestScriptsMet(t *testing.T) {
	s := newScene(t, "7.0.15", Options{})
	s.full(idA, 0, dumpOf("", "repl-stream-db", "0"))
	s.send("SELECT 0", eval(incr), eval("return 1"), evalsha(incr), "FUNCTION LOAD "+strings.ReplaceAll(librarySource, "\n", "|"))
	list, more := s.r.Scripts(2)
	if len(list) != 2 || more != 1 || list[0].Name != "mylib" || list[0].Sources[0].Kind != SourceFunction {
		t.Fatalf("%+v and %d more", list, more)
	}
	if c := list[1]; c.Calls != 2 || c.Seen != 1 || !c.Analysed || !slices.Equal(c.Writes, []string{"INCR"}) ||
		c.Sources[0] != (Place{SourceEval, 1, 8}) {
		t.Errorf("%+v", c)
	}
}

// Bodies beyond what is analysed are met all the same.
func TestAnalyserBounds(t *testing.T) {
	a := NewAnalyser()
	if a.add(Digest{1}, make([]byte, maxAnalysedSize+1)) != -1 || a.Of(Digest{1}) != nil {
		t.Error("a body that is too large was analysed")
	}
	for i := range maxAnalysed + 1 {
		a.add(Digest{byte(i), byte(i >> 8), 1}, []byte("return 1"))
	}
	if len(a.verdicts) != maxAnalysed || a.Of(Digest{0, 0, 1}) == nil {
		t.Errorf("%d verdicts", len(a.verdicts))
	}
}
