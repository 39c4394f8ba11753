package replica

import (
	"fmt"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay/session"
)

// A full resync brings a script that the process knows.
func TestDuplicateScripts(t *testing.T) {
	for _, c := range []struct {
		name, version string
		payload       *Dump
		want          []string
		dead          bool
	}{
		{"4.0.4 dies", "4.0.4", dumpOf("4.0.4", "repl-stream-db", "0", "lua", incr), []string{"loaded at 100", "1 duplicates of link 2"}, true},
		{"4.0.5 dies", "4.0.5", dumpOf("4.0.4", "repl-stream-db", "0", "lua", incr), []string{"loaded at 100", "1 duplicates of link 2"}, true},
		{"4.0.6 lives", "4.0.6", dumpOf("4.0.4", "repl-stream-db", "0", "lua", incr), []string{"loaded at 100", "1 duplicates of link 2"}, false},
		{"another script", "4.0.4", dumpOf("4.0.4", "repl-stream-db", "0", "lua", "return 1"), []string{"loaded at 100"}, false},
		{"twice in one dump", "4.0.4", dumpOf("4.0.4", "repl-stream-db", "0", "lua", "return 1", "lua", "return 1"),
			[]string{"loaded at 100", "1 duplicates of link 2"}, true},
		{"4.0.3 steps over them", "4.0.3", dumpOf("4.0.4", "repl-stream-db", "0", "lua", incr), []string{"loaded at 100", "1 duplicates of link 2"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, c.version, Options{})
			s.full(idA, 0, dumpOf("", "repl-stream-db", "0")).send(eval(incr)).close()
			s.events = nil
			s.connect(session.Connection{Entry: session.SameProcess, Start: 100, Asked: record.Unknown,
				Link: record.Link{Resync: record.Full, ReplicationID: idA, StartOffset: 100}}, nil)
			c.payload.Offset = 100
			s.r.Payload(c.payload)
			s.expect(c.want...)
			s.outcomes = nil
			s.send("SET k v")
			if dead := s.outcomes[0] == string(Undelivered); dead != c.dead {
				t.Errorf("dead: %v", dead)
			}
		})
	}
}

// After a process that died the next connection starts another one.
func TestRevival(t *testing.T) {
	die := func(t *testing.T) *scene {
		s := newScene(t, "4.0.4", Options{})
		s.full(idA, 0, dumpOf("", "repl-stream-db", "0")).send(eval(incr)).close()
		s.connect(session.Connection{Entry: session.SameProcess, Start: 100, Asked: record.Unknown,
			Link: record.Link{Resync: record.Full, ReplicationID: idA, StartOffset: 100}}, nil)
		payload := saved("4.0.4", 100, "0", "lua", incr)
		s.r.Payload(payload)
		s.close()
		s.events = nil
		return s
	}
	for _, c := range []struct {
		name  string
		conn  session.Connection
		want  []string
		knows bool
	}{
		{"from the payload that killed it", session.Connection{Entry: session.SameProcess, Start: 100, Asked: 100}, []string{"started from 100"}, true},
		{"from an older dump", session.Connection{Entry: session.SameProcess, Start: 90, Asked: 90}, []string{"started"}, true},
		{"from nothing", session.Connection{Entry: session.SameProcess, Start: 100, Asked: record.Unknown}, []string{"started"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := die(t)
			c.conn.RanTo = record.Unknown
			c.conn.Link = record.Link{Resync: record.Partial, ReplicationID: idA}
			before := s.r.Now().Process
			s.conn = &c.conn
			if !s.r.Connect(&c.conn, 3, nil) && c.conn.Asked != 90 && c.conn.Asked != record.Unknown {
				t.Log("the plan knows of it")
			}
			s.expect(c.want...)
			if s.r.Now().Process != before+1 {
				t.Errorf("process %d after %d", s.r.Now().Process, before)
			}
			if knows := s.r.State().Scripts != nil; knows != c.knows {
				t.Errorf("scripts: %v", s.r.State().Scripts)
			}
		})
	}
}

// What becomes of payloads by how they arrived, and how they end.
func TestPayloads(t *testing.T) {
	damage := &parse.Error{Err: parse.ErrDamaged}
	with := func(d *Dump, end record.End, err error) *Dump { d.End, d.Err = end, err; return d }
	sum := dumpOf("4.0.4", "repl-stream-db", "0")
	sum.Checksum.Status = rdb.ChecksumInvalid
	for _, c := range []struct {
		name    string
		arrival session.Arrival
		payload *Dump
		loaded  bool
		want    []string
	}{
		{"whole", session.Arrived, dumpOf("4.0.4", "repl-stream-db", "0"), true, []string{"loaded at 100"}},
		{"did not arrive", session.Cut, dumpOf("4.0.4", "repl-stream-db", "0"), false, nil},
		{"killed it, or did not arrive: nothing in it kills", session.Fatal, dumpOf("4.0.4", "repl-stream-db", "0"), false, nil},
		{"killed it", session.Fatal, dumpOf("4.0.4", "repl-stream-db", "0", "lua", incr), true, []string{"loaded at 100", "1 duplicates of link 2"}},
		{"damaged", session.Arrived, with(dumpOf("4.0.4"), record.Damaged, damage), false, []string{"PayloadBroken"}},
		{"cut by the recording", session.Arrived, with(dumpOf("4.0.4"), record.Truncated, damage), false, nil},
		{"another checksum", session.Arrived, sum, true, []string{"PayloadBroken", "loaded at 100"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, "4.0.4", Options{})
			s.full(idA, 0, dumpOf("", "repl-stream-db", "0")).send(eval(incr)).close()
			s.events = nil
			s.connect(session.Connection{Entry: session.SameProcess, Start: 100, Asked: record.Unknown, Arrival: c.arrival,
				Link: record.Link{Resync: record.Full, ReplicationID: idA, StartOffset: 100}}, nil)
			c.payload.Offset = 100
			if got := s.r.Payload(c.payload); got != c.loaded {
				t.Errorf("loaded: %v", got)
			}
			s.expect(c.want...)
		})
	}
}

// A process that acknowledged what it should have died of is not the one that it
// seemed to be, unless its version was told.
func TestLivesAfterAll(t *testing.T) {
	for _, fixed := range []bool{false, true} {
		s := newScene(t, "4.0.4", Options{})
		s.r.process.options.Fixed = fixed
		s.full(idA, 0, dumpOf("4.0.4", "repl-stream-db", "0")).send(eval(incr)).close()
		s.events = nil
		s.connect(session.Connection{Entry: session.SameProcess, Start: 100, Asked: record.Unknown,
			Link: record.Link{Resync: record.Full, ReplicationID: idA, StartOffset: 100, Acks: &record.Acks{Last: 120}}}, nil)
		payload := dumpOf("4.0.4", "repl-stream-db", "0", "lua", incr)
		payload.Offset = 100
		s.r.Payload(payload)
		if fixed {
			s.expect("loaded at 100", "1 duplicates of link 2")
		} else {
			s.expect("started", "loaded at 100")
		}
	}
}

// The version is the base's, else the master's, unless it was told.
func TestVersionIsLearnt(t *testing.T) {
	for _, c := range []struct {
		name, told string
		play       func(s *scene)
		want       string
		source     VersionSource
	}{
		{"from the payload", "", func(s *scene) { s.full(idA, 0, dumpOf("6.2.16")) }, "6.2.16", VersionAssumed},
		{"from a base", "", func(s *scene) { s.partial(session.FromBase, 9, saved("4.0.2", 9, "0")) }, "4.0.2", VersionBase},
		{"a base counts for more", "", func(s *scene) {
			s.partial(session.FromBase, 9, saved("4.0.2", 9, "0"))
			s.full(idA, 20, dumpOf("6.2.16"))
		}, "4.0.2", VersionBase},
		{"told", "7.0.15", func(s *scene) { s.full(idA, 0, dumpOf("6.2.16")) }, "7.0.15", VersionFlag},
		{"of an AOF's own server", "", func(s *scene) {
			s.connect(session.Connection{Entry: session.Empty, Start: record.Unknown, Asked: record.Unknown,
				Link: record.Link{Resync: record.NoSync, AOF: true}}, nil)
			s.r.Payload(dumpOf("7.0.15"))
		}, "7.0.15", VersionBase},
		{"nothing tells", "", func(s *scene) { s.partial(session.Unknown, 0, nil) }, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, c.told, Options{})
			c.play(s)
			if v, source := s.r.Version(); v.String() != c.want && !v.IsZero() || source != c.source {
				t.Errorf("%s by %s", v, source)
			}
		})
	}
}

// A 4.0.1 replica saves the offset of its restart ever after.
func TestStaleOffset(t *testing.T) {
	noon := time.Date(2017, 11, 23, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, version string
		saved         time.Time
		offset        int64
		stale         bool
	}{
		{"4.0.1", "4.0.1", noon.Add(time.Minute), 100, true},
		{"4.0.2 does not", "4.0.2", noon.Add(time.Minute), 100, false},
		{"the dump of the restart itself", "4.0.1", noon.Add(-time.Minute), 100, false},
		{"a dump of a later offset", "4.0.1", noon.Add(time.Minute), 110, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, c.version, Options{})
			restart := func(at time.Time, d *Dump) {
				s.connect(session.Connection{Entry: session.FromBase, Base: &d.Dump, Start: d.Offset, Asked: d.Offset,
					Link: record.Link{Resync: record.Partial, ReplicationID: idA, Began: at}}, d)
			}
			first, second := saved(c.version, 100, "0"), saved(c.version, c.offset, "0")
			first.Created, second.Created = noon.Add(-time.Hour), c.saved
			restart(noon, first)
			s.send("SELECT 0", "SET k v", "SET k v").close()
			s.events = nil
			restart(noon.Add(time.Hour), second)
			want := []string{fmt.Sprintf("started from %d", c.offset)}
			if c.stale {
				want = append([]string{"*replica.OffsetStale&{Offset:100 Bytes:22}"}, want...)
			}
			s.expect(want...)
		})
	}
}

// An RDB that servers of the version refuse.
func TestFormats(t *testing.T) {
	for _, c := range []struct {
		version string
		format  int
		own     bool
		want    []string
	}{
		{"4.0.6", 8, false, []string{"started from 9"}},
		{"4.0.6", 9, false, []string{"started from 9", "format 9 of link 0, newest 8"}},
		{"4.0.6", 9, true, []string{"started from 9"}}, // it would have saved another
		{"", 99, false, []string{"started from 9"}},
	} {
		s := newScene(t, c.version, Options{OwnDumps: c.own})
		d := saved("5.0.14", 9, "0")
		d.Format = c.format
		if c.version == "" {
			d = saved("", 9, "0")
		}
		s.partial(session.FromBase, 9, d)
		s.expect(c.want...)
	}
}

// How far the replica ran a stream, and what it never received.
func TestUndelivered(t *testing.T) {
	s := newScene(t, "6.2.16", Options{})
	s.full(idA, 0, dumpOf("", "repl-stream-db", "0"))
	s.conn.RanTo = 15
	s.send("SELECT 1", "SET k v", "SET k v").close()
	if got := fmt.Sprint(s.outcomes); got != "[applied applied undelivered]" {
		t.Error(got)
	}
	if s.r.State().Offset != 15 {
		t.Errorf("at %d", s.r.State().Offset)
	}
}
