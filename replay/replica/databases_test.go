package replica

import (
	"fmt"
	"slices"
	"testing"

	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay/session"
)

// The stream selected database 7, and then the replica was restarted from a
// dump at that point.
func TestDatabaseAfterRestart(t *testing.T) {
	const at = 8 // after SELECT 7
	started := fmt.Sprintf("started from %d", at)
	dump := func(version, db string, databases ...int) *Dump {
		d := saved(version, at, db)
		d.databases = databases
		return d
	}
	for _, c := range []struct {
		name, version string
		from          *Dump
		want          []string
	}{
		{"4.0.1 goes on in database 0", "4.0.1", dump("4.0.1", ""),
			[]string{started, "2 commands in 0 for 7, certain true, only zero false"}},
		{"4.0.0 likewise", "4.0.0", dump("4.0.0", "7"),
			[]string{started, "2 commands in 0 for 7, certain true, only zero false"}},
		{"though the dump has keys in database 0 alone", "4.0.1", dump("4.0.1", "", 0),
			[]string{started, "2 commands in 0 for 7, certain true, only zero true"}},
		{"4.0.2 restores it", "4.0.2", dump("4.0.2", "7"), []string{started}},
		{"Valkey restores it", "valkey-8.0.1", dump("valkey-8.0.1", "7"), []string{started}},
		{"4.0.2 without it asks for a full resync", "4.0.2", dump("4.0.2", ""),
			[]string{started, fmt.Sprintf("*replica.RestartRefused&{Why:%d}", NoDatabase)}},
		{"3.2 always does", "3.2.13", dump("3.2.13", "7"),
			[]string{started, fmt.Sprintf("*replica.RestartRefused&{Why:%d}", NeverResumes)}},
		{"so does what holds no state", "4.0.2", dumpOf("4.0.2"),
			[]string{"started from -1", fmt.Sprintf("*replica.RestartRefused&{Why:%d}", NoState),
				"unknown database at 8, after full false"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, c.version, Options{})
			s.full(idA, 0, dumpOf("")).send("SELECT 7").close()
			s.events = nil
			s.partial(session.FromBase, at, c.from).send("SET k v", "GET k", "INCR n", "SELECT 7", "SET a b").close()
			s.expect(c.want...)
		})
	}
}

// Nothing tells whether the replica was restarted: that is no more than a
// perhaps, and none where its log shows that it lived.
func TestDatabaseAfterReconnect(t *testing.T) {
	for _, c := range []struct {
		name, version string
		lived         bool
		want          []string
	}{
		{"4.0.1", "4.0.1", false, []string{"1 commands in 0 for 7, certain false, only zero false"}},
		{"4.0.1 that lived", "4.0.1", true, nil},
		{"4.0.2", "4.0.2", false, nil},
		{"a version that is not known", "", false, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, c.version, Options{})
			s.full(idA, 0, dumpOf("")).send("SELECT 7").close()
			s.events = nil
			s.connect(session.Connection{Entry: session.SameProcess, Start: 8, Asked: 8, Lived: c.lived,
				Link: record.Link{Resync: record.Partial, ReplicationID: idA}}, nil)
			s.send("SET k v").close()
			s.expect(c.want...)
		})
	}
}

// A window that was open at the end of a connection goes on with the next.
func TestDatabaseStaysWrong(t *testing.T) {
	s := newScene(t, "4.0.1", Options{})
	s.partial(session.FromBase, 100, saved("4.0.1", 100, "")).send("SET k v").close()
	s.expect("started from 100", "1 commands in 0 for -1, certain true, only zero false")
	s.connect(session.Connection{Entry: session.SameProcess, Start: 107, Asked: 107, Lived: true,
		Link: record.Link{Resync: record.Partial, ReplicationID: idA}}, nil)
	if now := s.r.Now(); now.DB != 0 || now.StreamDB != record.Unknown || !s.r.Watches() {
		t.Errorf("%+v", now)
	}
	s.send("SET k v", "SET k v")
	if n := s.r.State().CommandsInWrongDB; n != 2 {
		t.Errorf("%d commands so far", n)
	}
	s.send("SELECT 3", "SET k v")
	s.expect("2 commands in 0 for -1, certain true, only zero false")
	if s.r.Watches() {
		t.Error("it is told where it is now")
	}
}

func TestDatabaseUnknown(t *testing.T) {
	s := newScene(t, "6.2.16", Options{})
	s.full(idA, 0, dumpOf("6.2.16")).send("PING", "GET k", "SET k v", "SET k v")
	s.expect("loaded at 0", "unknown database at 9, after full true")
	s = newScene(t, "6.2.16", Options{})
	s.partial(session.Unknown, 0, nil).send("SET k v").close()
	s.expect("unknown database at 0, after full false")
	s = newScene(t, "6.2.16", Options{})
	s.full(idA, 0, dumpOf("6.2.16", "repl-stream-db", "3")).send("SET k v").close()
	s.expect("loaded at 0")
	if now := s.r.Now(); now.DB != 3 || now.StreamDB != 3 {
		t.Errorf("%+v", now)
	}
}

func TestDatabasesSeen(t *testing.T) {
	s := newScene(t, "6.2.16", Options{})
	s.full(idA, 0, dumpOf("6.2.16")).send("SELECT 9", "SELECT 2", "SELECT 9", "SELECT x", "SELECT 12345678901", "SELECT")
	if got := s.r.Databases(); !slices.Equal(got, []int{2, 9}) {
		t.Errorf("%v", got)
	}
	if got := s.r.Databases(); len(got) != 0 {
		t.Errorf("%v again", got)
	}
}

func TestSelections(t *testing.T) {
	d := newDatabases()
	for i := range int64(5) {
		d.remember(10*i, int(i))
	}
	for offset, want := range map[int64]int{-1: record.Unknown, 0: 0, 9: 0, 10: 1, 40: 4, 1000: 4} {
		if got := d.at(offset); got != want {
			t.Errorf("at %d: %d, want %d", offset, got, want)
		}
	}
	if d.forgetAfter(25); d.lastSelect() != 20 || d.at(1000) != 2 {
		t.Errorf("%+v", d.selects)
	}
	if d.forgetAfter(-1); d.lastSelect() != record.Unknown {
		t.Errorf("%+v", d.selects)
	}
	for i := range int64(3 * maxSelections) {
		d.remember(i, 1)
	}
	if n := len(d.selects); n < maxSelections || n > 2*maxSelections {
		t.Errorf("%d are kept", n)
	}
}

// A file of a multi-part AOF is loaded by a client of its own.
func TestFilesOfAnAOF(t *testing.T) {
	s := newScene(t, "7.0.15", Options{})
	s.connect(session.Connection{Entry: session.Empty, Start: record.Unknown, Asked: record.Unknown,
		Link: record.Link{Resync: record.NoSync, AOF: true}}, nil)
	s.send("SELECT 5", "MULTI")
	s.r.Note(&record.Note{Kind: record.NoteFile, Link: &s.conn.Link, Text: []byte("two.aof")})
	if now := s.r.Now(); now.DB != 0 || now.StreamDB != 0 || now.Transaction {
		t.Errorf("%+v", now)
	}
	s.send("SET k v").expect()
}
