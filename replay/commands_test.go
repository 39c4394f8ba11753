package replay

import (
	"slices"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/repl"
)

// What a replica of the version would refuse is told once a name or option,
// counted, with the first places.
func TestCommandRefused(t *testing.T) {
	for _, c := range []struct {
		name, commands, version string
		severity                finding.Severity // "" where nothing is to be told
		about                   string           // in the message, or the command where that is not known
		count                   int64
	}{
		{"a newer command", "GETDEL a;GETDEL b;getdel c", "6.0.16", finding.Error, "GETDEL, which is there since 6.2.0", 3},
		{"one that is as old", "GETDEL a", "6.2.0", "", "", 0},
		{"a newer option", "SET a 1;SET a 1 KEEPTTL;SET b 1 NX KEEPTTL", "5.0.14", finding.Error, "SET KEEPTTL, which is there since 6.0.0", 2},
		{"a value that reads like one", "SET a KEEPTTL", "5.0.14", "", "", 0},
		{"an option of XADD", "XADD s MAXLEN = 5 KEEPREF 1-1 f v", "8.0.2", finding.Error, "XADD KEEPREF, which is there since 8.2.0", 1},
		{"a field that reads like one", "XADD s MAXLEN = 5 1-1 KEEPREF v", "8.0.2", "", "", 0},
		{"a command of the other family", "DELIFEQ a 1", "8.4.0", finding.Error, "DELIFEQ, which no release of its family knows", 1},
		{"a command of the family", "DELIFEQ a 1", "valkey 9.0.0", "", "", 0},
		{"a subcommand", "CLUSTER FLUSHSLOT 5", "valkey 8.1.0", finding.Error, "CLUSTER FLUSHSLOT, which is there since valkey 9.0.0", 1},
		{"another of the same container", "CLUSTER RESET", "valkey 8.1.0", "", "", 0},
		{"an unstable build", "ARSET a 1 v;LMOVEM a b LEFT LEFT", "255.255.255", "", "", 0},
		{"a module's command", "JSON.SET a $ 1", "7.2.4", finding.Info, "JSON.SET", 1},
		{"a vendor's command", "FOO.BAR a;foo.bar b", "7.2.4", finding.Info, "FOO.BAR", 2},
		{"version not known, name not known", "FOO.BAR a", "", finding.Info, "FOO.BAR", 1},
		{"version not known", "GETDEL a", "", "", "", 0},
		{"heartbeats of old masters", "PING;REPLCONF GETACK *", "2.8.24", "", "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			commands := strings.Split(c.commands, ";")
			s := scenario{streams: []string{wire(append([]string{"SELECT 0"}, commands...)...)}, versions: c.version}
			f := findingOf(s.run(t), finding.CommandRefused)
			if c.severity == "" {
				if f != nil {
					t.Errorf("%+v", f)
				}
				return
			}
			if f == nil || f.Severity != c.severity || f.Count != c.count || len(f.Places) != int(c.count) {
				t.Fatalf("%+v", f)
			}
			told := f.Message
			if c.severity == finding.Info {
				told = strings.ToUpper(string(f.Command))
			}
			if !strings.Contains(told, c.about) {
				t.Errorf("%s, want %s", told, c.about)
			}
			if strings.Contains(f.Message, "FOO") {
				t.Errorf("%s holds bytes of the stream", f.Message)
			}
		})
	}
}

// A list of versions has each judged by itself; a master is supposed to know
// what it sends.
func TestCommandRefusedByVersion(t *testing.T) {
	stream := fullSync(idA, 0, rdbOf(state("6.0.16", idA, 0, "0")), wire("SELECT 0", "GETDEL a", "SET b 1 PXAT 99999999999999"))
	s := scenario{streams: []string{stream}, versions: "6.0.16,6.2.16"}
	for _, v := range s.run(t).Versions {
		want := map[string]int64{"6.0.16": 2, "6.2.16": 0}[v.Version.String()]
		if v.Summary.Errors != want {
			t.Errorf("%s: %d errors, want %d", v.Version, v.Summary.Errors, want)
		}
	}
	s = scenario{streams: []string{stream}}
	if f := findingOf(s.run(t), finding.CommandRefused); f != nil {
		t.Errorf("of the master's own version: %+v", f)
	}
}

// The places are those of the first ones, on their links.
func TestPlacesOfRefused(t *testing.T) {
	one := wire("SELECT 0", "GETDEL a")
	two := wire(strings.Split(strings.Repeat("GETDEL b;", 9)+"PING", ";")...)
	at := int64(len(one))
	s := scenario{streams: []string{fullSync(idA, 0, rdbOf(state("6.2.16", idA, 0, "0")), one), goOn(idA, two)}, versions: "6.0.16"}
	f := findingOf(s.run(t), finding.CommandRefused)
	if f == nil || f.Count != 10 || len(f.Places) != maxPlaces || f.Link != 1 {
		t.Fatalf("%+v", f)
	}
	if p := f.Places[1]; p.Link != 2 && p.Offset == nil {
		t.Errorf("%+v", p)
	}
	if first := f.Places[0]; first.Link != 1 || *first.Offset != *f.Offset || *first.Offset >= at {
		t.Errorf("%+v", first)
	}
}

// The replica's log tells what it refused for other reasons, beside the error.
func TestRefusedByLog(t *testing.T) {
	s := scenario{streams: []string{wire("SELECT 0", "SET a 1")}}
	s.options.Facts.Errors = map[string]int64{"set": 3}
	s.options.Facts.Refusing = map[string]int64{"set": 2}
	s.options.Facts.RefusedCommands = map[repl.RefusedCommand]int64{{Name: "set", Why: repl.NoMemory}: 2}
	r := s.run(t)
	f := findingOf(r, finding.CommandRefused)
	if f == nil || f.Severity != finding.Error || f.Count != 2 || string(f.Command) != "set" || !strings.Contains(f.Message, "OOM") {
		t.Errorf("%+v", f)
	}
	// The line of a refusal counts with it; that of another error by itself.
	if e := findingOf(r, finding.ReplicaError); e == nil || e.Count != 1 || e.Severity != finding.Warning {
		t.Errorf("%+v", e)
	}
	if r.Summary.Errors != 1 || r.Summary.Warnings != 1 {
		t.Errorf("%+v", r.Summary)
	}
}

// What the log shows of the stream before a command says which one was refused,
// where only one can be it and the version writes it so.
func TestRefusedAt(t *testing.T) {
	first := []string{"SELECT 0", "SET other of-some-length", "SET k 1"}
	before := wire(first...)
	for _, c := range []struct {
		name    string
		before  string
		replica string
		after   []string
		want    string // outcomes
	}{
		{"the second", before, "7.0.15", []string{"SET k 2", "SET k 3"}, "applied refused applied"},
		{"in other letters", before, "7.0.15", []string{"set k 2", "SET k 3"}, "applied refused applied"},
		{"another command there", before, "7.0.15", []string{"APPEND k 2", "SET k 3"}, "doubtful applied doubtful"},
		{"its end alone", before[len(before)-50:], "8.0.6", []string{"SET k 2"}, "applied refused"},
		{"too little of it", before[len(before)-20:], "8.0.6", []string{"SET k 2"}, "doubtful doubtful"},
		{"twice in the stream", before, "7.0.15", append(append([]string{"SET k 2"}, first...), "SET k 3"), "doubtful doubtful doubtful doubtful"},
		{"a version that shows less", before, "5.0.14", []string{"SET k 2"}, "doubtful doubtful"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := scenario{streams: []string{wire(append(slices.Clone(first), c.after...)...)}, versions: c.replica}
			set := repl.RefusedCommand{Name: "set", Why: repl.NoMemory}
			s.options.Facts.RefusedCommands = map[repl.RefusedCommand]int64{set: 1}
			s.options.Facts.RefusedAt = []repl.RefusedPlace{{RefusedCommand: set, Before: []byte(c.before)}}
			s.options.Key = func(k []byte) bool { return string(k) == "k" }
			r := s.run(t)
			var got []string
			for _, touch := range r.Touches {
				if touch.Command != "" {
					got = append(got, string(touch.Outcome))
				}
			}
			want := strings.ReplaceAll(c.want, "doubtful", string(Doubtful))
			if strings.Join(got, " ") != want {
				t.Errorf("%s, want %s", got, want)
			}
			found := strings.Contains(c.want, "refused")
			if f := findingOf(r, finding.CommandRefused); f == nil || (len(f.Places) == 1) != found || len(r.Refused) != len(f.Places) {
				t.Errorf("%+v, %+v", f, r.Refused)
			}
		})
	}
}

// Of a transaction, servers show what came before its MULTI. All of it was refused with
// one of its commands, whichever of them it was, and on whichever key.
func TestRefusedAtInTransaction(t *testing.T) {
	first := []string{"SELECT 0", "SET other of-some-length", "SET k 1"}
	for _, c := range []struct {
		name, before string
		after        []string
		want         string // outcomes
		refused      int    // commands that are known to be, with the transaction
	}{
		{"beside the key", wire(first...), []string{"MULTI", "SET k 2", "SETRANGE z 0 x", "EXEC", "SET k 3"}, "applied refused applied", 4},
		{"either of two", wire(first...), []string{"MULTI", "SETRANGE y 0 x", "SET k 2", "SETRANGE z 0 x", "EXEC"}, "applied refused", 5},
		{"within it", wire(append(first, "MULTI", "SET k 2")...), []string{"MULTI", "SET k 2", "SETRANGE z 0 x", "EXEC"}, "applied doubtful", 0},
		{"in two of them", wire(first...), append(append([]string{"MULTI", "SET k 2", "SETRANGE z 0 x", "EXEC"}, first...),
			"MULTI", "SET k 3", "SETRANGE z 0 x", "EXEC"), "applied doubtful applied doubtful", 0},
		{"a long one", wire(first...), slices.Concat([]string{"MULTI"}, slices.Repeat([]string{"SET y 2"}, 20_000),
			[]string{"SETRANGE z 0 x", "SET k 2", "EXEC"}), "applied refused", 20_004},
		{"in none", wire(first...), []string{"SETRANGE z 0 x", "MULTI", "SET k 2", "EXEC"}, "applied applied", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			sent := append(slices.Clone(first), c.after...)
			s := scenario{streams: []string{fullSync(idA, 0, rdbOf(), wire(sent...))}, versions: "7.0.15"}
			setrange := repl.RefusedCommand{Name: "setrange", Why: repl.NoMemory}
			s.options.Facts.RefusedCommands = map[repl.RefusedCommand]int64{setrange: 1}
			s.options.Facts.RefusedAt = []repl.RefusedPlace{{RefusedCommand: setrange, Before: []byte(c.before)}}
			s.options.Key = func(k []byte) bool { return string(k) == "k" }
			r := s.run(t)
			var got []string
			for _, touch := range r.Touches {
				if touch.Command != "" {
					got = append(got, string(touch.Outcome))
				}
			}
			if want := strings.ReplaceAll(c.want, "doubtful", string(Doubtful)); strings.Join(got, " ") != want {
				t.Errorf("%s, want %s", got, want)
			}
			if got := refusedOf(r, sent); got != c.refused {
				t.Errorf("%d are refused: %+v, %+v", got, r.Refused, r.Aborted)
			}
		})
	}
}

// refusedOf counts the commands of a stream, from offset 0 on, that a report says were
// refused.
func refusedOf(r *Report, stream []string) (n int) {
	offset := int64(0)
	for _, c := range stream {
		at := offset
		offset += int64(len(wire(c)))
		itself := slices.ContainsFunc(r.Refused, func(p RefusedPlace) bool { return *p.Place.Offset == at })
		if itself || slices.ContainsFunc(r.Aborted, func(a Aborted) bool { return a.From <= at && at <= a.To }) {
			n++
		}
	}
	return n
}

// What the replica's log says it refused for its version is none for a version that has
// the command; memory, and a name that its version has, are its configuration's on any.
func TestRefusedByLogOfVersions(t *testing.T) {
	const from = "6.0.16"
	for _, c := range []struct {
		name    string
		refused repl.RefusedCommand
		log     string   // version that wrote it; "" where nothing tells
		want    []string // of 6.0.16 and 6.2.16
		errors  []int64
	}{
		{"newer than the replica", repl.RefusedCommand{Name: "getdel", Why: repl.UnknownName}, from, []string{"loses-writes", "safe"}, []int64{1, 0}},
		{"of a log whose version nothing tells", repl.RefusedCommand{Name: "getdel", Why: repl.UnknownName}, "", []string{"loses-writes", "safe"}, []int64{1, 0}},
		{"renamed", repl.RefusedCommand{Name: "set", Why: repl.UnknownName}, from, []string{"loses-writes", "loses-writes"}, []int64{2, 1}},
		{"memory", repl.RefusedCommand{Name: "set", Why: repl.NoMemory}, from, []string{"loses-writes", "loses-writes"}, []int64{2, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			stream := fullSync(idA, 0, rdbOf(state(from, idA, 0, "0")), wire("SELECT 0", "GETDEL a", "SET b 1"))
			s := scenario{streams: []string{stream}, versions: from + ",6.2.16"}
			s.options.Facts.Errors = map[string]int64{"<unknown>": 2}
			s.options.Facts.Refusing = s.options.Facts.Errors
			s.options.Facts.RefusedCommands = map[repl.RefusedCommand]int64{c.refused: 2}
			if c.log != "" {
				s.options.Facts.Replica = version(t, c.log)
			}
			for i, v := range s.run(t).Versions {
				if string(v.Verdict) != c.want[i] || string(v.OwnDump.Verdict) != c.want[i] || v.Summary.Errors != c.errors[i] {
					t.Errorf("%s: %s, %s, %d errors", v.Version, v.Verdict, v.OwnDump.Verdict, v.Summary.Errors)
				}
			}
		})
	}
}
