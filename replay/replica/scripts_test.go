package replica

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay/session"
)

// A full resync at 0 with a script, and what becomes of it.
func TestScriptsAcrossRestarts(t *testing.T) {
	first := []string{"SELECT 0", eval(incr)}
	at := int64(len(first[0]) + len(first[1]))
	missing := fmt.Sprintf("missing at %d", at)
	for _, c := range []struct {
		name, version string
		entry         session.Entry
		from          *Dump
		own, lived    bool
		want          []string
	}{
		{name: "the same process", version: "4.0.2", entry: session.SameProcess, lived: true},
		{name: "perhaps the same process", version: "4.0.2", entry: session.SameProcess,
			want: []string{fmt.Sprintf("at risk at %d, last by eval on link 1, resume 1", at)}},
		{name: "of a version that keeps scripts", version: "4.0.6", entry: session.SameProcess},
		{name: "of a version that is not known", entry: session.SameProcess,
			want: []string{fmt.Sprintf("at risk at %d, last by eval on link 1, resume 1", at)}},
		{name: "a dump of 4.0.2", version: "4.0.2", entry: session.FromBase, from: saved("4.0.2", at, "0"),
			want: []string{fmt.Sprintf("started from %d", at), missing + ", last by eval, restarted on link 2, restart lost it"}},
		{name: "a dump of 4.0.2 that 4.0.6 loads", version: "4.0.6", entry: session.FromBase, from: saved("4.0.2", at, "0"),
			want: []string{fmt.Sprintf("started from %d", at), missing + ", last by eval, restarted on link 2"}},
		{name: "the dump that 4.0.6 had saved instead", version: "4.0.6", own: true, entry: session.FromBase,
			from: saved("4.0.2", at, "0"), want: []string{fmt.Sprintf("started from %d", at)}},
		{name: "a dump of 4.0.6", version: "4.0.6", entry: session.FromBase, from: saved("4.0.6", at, "0", "lua", incr),
			want: []string{fmt.Sprintf("started from %d", at)}},
		{name: "a dump of 6.2 that 7.0 loads", version: "7.0.15", entry: session.FromBase,
			from: saved("6.2.16", at, "0", "lua", incr),
			want: []string{fmt.Sprintf("started from %d", at), missing + ", last by eval, restarted on link 2, restart lost it"}},
		{name: "a dump that is no artefact, of 4.0.2", version: "4.0.2", entry: session.FromOlder,
			want: []string{"started", missing + ", last by eval, restarted on link 2, restart lost it"}},
		{name: "of 4.0.6", version: "4.0.6", entry: session.FromOlder, want: []string{"started"}},
		{name: "of Valkey, whose dumps hold none", version: "valkey-8.0.1", entry: session.FromOlder,
			want: []string{"started", missing + ", last by eval, restarted on link 2, restart lost it"}},
		{name: "of a version that is not known, is at risk", entry: session.FromOlder,
			want: []string{"started", fmt.Sprintf("at risk at %d, last by eval on link 1, resume 1", at)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, c.version, Options{OwnDumps: c.own})
			s.full(idA, 0, dumpOf("")).send(first...).close()
			s.events = nil
			conn := session.Connection{Entry: c.entry, Start: at, Asked: at, Lived: c.lived,
				Link: record.Link{Resync: record.Partial, ReplicationID: idA, StartOffset: at}}
			if c.from != nil {
				conn.Base = &c.from.Dump
			}
			s.connect(conn, c.from).send(evalsha(incr)).close()
			s.expect(c.want...)
			dropped := slices.Contains(s.outcomes, string(Dropped))
			if lost := strings.Contains(strings.Join(c.want, ""), "missing"); dropped != lost {
				t.Errorf("dropped: %v", dropped)
			}
		})
	}
}

// What a stream alone does to the script cache.
func TestScriptsInAStream(t *testing.T) {
	const other = "return 1"
	const nested = "return redis.call('incr',KEYS[1]), redis.call('evalsha','6f5ade10a69975e903c6d07b10ea44c6382381a5')"
	for _, c := range []struct {
		name  string
		lines []string
		want  []string
	}{
		{"known by EVAL", []string{eval(incr), evalsha(incr)}, nil},
		{"known by SCRIPT LOAD", []string{"SCRIPT LOAD " + strings.ReplaceAll(incr, " ", "~"), evalsha(incr)}, nil},
		{"in capitals", []string{eval(incr), strings.ToUpper(evalsha(incr))}, nil},
		{"of another body", []string{eval(other), evalsha(incr)}, []string{fmt.Sprintf("missing at %d", len(eval(other)))}},
		{"no name of a script", []string{"EVALSHA x 1 k"}, nil},
		{"without arguments", []string{"EVALSHA", "EVAL", "SCRIPT", "SCRIPT LOAD"}, nil},
		{"after a flush", []string{eval(incr), "SCRIPT FLUSH", evalsha(incr)},
			[]string{"flushed 1", fmt.Sprintf("missing at %d, last by eval, flushed at %d", len(eval(incr))+12, len(eval(incr)))}},
		{"sent again", []string{eval(incr), eval(incr), eval(incr)}, []string{"resent 2 times"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, "6.2.16", Options{})
			s.full(idA, 0, dumpOf("6.2.16", "repl-stream-db", "0"))
			s.events = nil
			s.send(c.lines...).close().r.Finish()
			s.expect(c.want...)
		})
	}
	t.Run("nested", func(t *testing.T) {
		s := newScene(t, "6.2.16", Options{})
		s.full(idA, 0, dumpOf("6.2.16", "repl-stream-db", "0"))
		s.events = nil
		s.send(eval(nested))
		if len(s.events) != 1 || !strings.Contains(s.events[0], "nested") {
			t.Errorf("%q", s.events)
		}
	})
}

// A recording that begins in the middle, or lost bytes, does not show that a
// script is missing.
func TestScriptsUnseen(t *testing.T) {
	for _, c := range []struct {
		name string
		play func(s *scene)
		want []string
	}{
		{"begins in the middle", func(s *scene) {
			s.partial(session.Unknown, 100, nil).send("SELECT 0", evalsha(incr), evalsha(incr))
		}, []string{"2 unseen from 108, overflow false"}},
		{"a gap", func(s *scene) {
			s.full(idA, 0, dumpOf("", "repl-stream-db", "0")).note(record.NoteGap, record.Clean).send("SELECT 0", evalsha(incr))
		}, []string{"loaded at 0", "1 unseen from 8, overflow false"}},
		{"damage", func(s *scene) {
			s.full(idA, 0, dumpOf("", "repl-stream-db", "0")).note(record.NoteDamage, record.Clean).send("SELECT 0", evalsha(incr))
		}, []string{"loaded at 0", "1 unseen from 8, overflow false"}},
		{"bytes that no artefact holds", func(s *scene) {
			s.full(idA, 0, dumpOf("", "repl-stream-db", "0")).send("SELECT 0").close()
			s.connect(session.Connection{Entry: session.SameProcess, Start: 50, Asked: 50, Lived: true, Join: session.Join{Missing: 42},
				Link: record.Link{Resync: record.Partial, ReplicationID: idA}}, nil)
			s.send(evalsha(incr))
		}, []string{"loaded at 0", "rejoined {Missing:42 Repeated:0 Differs:false OnlyPings:false WentBack:false}", "unknown database at 50, after full false", "1 unseen from 50, overflow false"}},
		{"a payload that was not recorded", func(s *scene) {
			s.connect(session.Connection{Entry: session.Empty, Start: 0, Asked: record.Unknown,
				Link: record.Link{Resync: record.Full, ReplicationID: idA}}, nil)
			s.close()
			s.partial(session.SameProcess, 0, nil).send(evalsha(incr))
		}, []string{"unknown database at 0, after full false", "1 unseen from 0, overflow false"}},
		{"more scripts than are kept", func(s *scene) {
			s.r.scripting.table.limit = 1
			s.full(idA, 0, dumpOf("", "repl-stream-db", "0")).send(eval("return 1"), eval("return 2"), evalsha("return 2"))
		}, []string{"loaded at 0", fmt.Sprintf("1 unseen from %d, overflow true", 2*len(eval("return 1")))}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, "6.2.16", Options{})
			c.play(s)
			s.r.Finish()
			s.expect(c.want...)
		})
	}
}

// Scripts whose writes depend on an order, on both sides of 7.0.
func TestUnordered(t *testing.T) {
	const copies = "for _,v in ipairs(redis.call('smembers',KEYS[1])) do redis.call('rpush',KEYS[2],v) end"
	const reads = "return redis.call('smembers',KEYS[1])"
	for _, c := range []struct {
		version, body string
		want          []string
	}{
		{"7.0.15", copies, []string{"ScriptUnordered"}},
		{"valkey-8.0.1", copies, []string{"ScriptUnordered"}},
		{"6.2.16", copies, nil},
		{"7.0.15", reads, nil},
	} {
		s := newScene(t, c.version, Options{})
		s.full(idA, 0, dumpOf("", "repl-stream-db", "0"))
		s.events = nil
		s.send(eval(c.body))
		s.expect(c.want...)
	}
}

func TestMadeUpID(t *testing.T) {
	s := newScene(t, "8.8.0", Options{})
	s.full(idA, 0, dumpOf("", "repl-stream-db", "0"))
	s.events = nil
	s.send("XADD s 1-1 f v", "XADD s * f v", "XADD s MAXLEN = 10 * f v", "XADD s 2-* f v")
	s.expect("IDMadeUp", "IDMadeUp")
}

// A table goes back to what it was at an offset, and no further.
func TestScriptTableRewind(t *testing.T) {
	a, b := Digest{1}, Digest{2}
	at := func(offset int64) Place { return Place{SourceEval, 1, offset} }
	history := func() *scriptTable {
		table := newScriptTable(10)
		table.add(a, 1, at(10))
		table.empty(Drop{Flush: true, Offset: 30})
		table.add(b, 1, at(40))
		table.empty(Drop{Offset: 50}) // a restart: the stream still takes b for known
		table.add(a, 1, at(60))
		return table
	}
	for _, c := range []struct {
		offset int64
		want   []Digest
	}{
		{5, nil}, {10, []Digest{a}}, {29, []Digest{a}}, {30, nil}, {40, []Digest{b}}, {55, []Digest{b}}, {60, []Digest{a, b}},
	} {
		table := history()
		table.rewind(c.offset, Drop{})
		var got []Digest
		for _, d := range []Digest{a, b} {
			if table.holds(d) != nil {
				got = append(got, d)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("at %d: %v, want %v", c.offset, got, c.want)
		}
	}
	table := history()
	table.newHistory()
	if table.rewind(5, Drop{}); table.holds(a) == nil {
		t.Error("what another history left behind is told apart by its offsets")
	}
}

func TestScriptTableBounds(t *testing.T) {
	table := newScriptTable(2)
	for i := range 4 {
		table.add(Digest{byte(i)}, 1, Place{SourceLoad, 1, int64(i)})
	}
	if table.overflow != 2 || table.count != 2 || table.isComplete() {
		t.Errorf("%d of %d left out", table.overflow, table.count)
	}
	for range 2 * maxSourcesEach {
		table.add(Digest{0}, 1, Place{SourceEval, 1, 9})
	}
	k := table.met(Digest{0})
	if k.seen != 2*maxSourcesEach+1 || len(k.sources) != maxSourcesEach-1 || k.first.place().Kind != SourceLoad {
		t.Errorf("%+v", k)
	}
	if held, more := table.held(1); len(held) != 1 || more != 1 {
		t.Errorf("%v and %d more", held, more)
	}
}

func TestParseDigest(t *testing.T) {
	for text, ok := range map[string]bool{
		"6f5ade10a69975e903c6d07b10ea44c6382381a5": true, "6F5ADE10A69975E903C6D07B10EA44C6382381A5": true,
		"6f5ade10a69975e903c6d07b10ea44c6382381": false, "6f5ade10a69975e903c6d07b10ea44c6382381ax": false, "": false,
	} {
		d, got := ParseDigest([]byte(text))
		if got != ok || ok && d.String() != strings.ToLower(text) {
			t.Errorf("%q: %v, %v", text, d, got)
		}
	}
}
