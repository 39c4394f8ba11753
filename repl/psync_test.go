package repl

import (
	"testing"

	"github.com/redsleuth/redsleuth/server"
)

const idC = "cccccccccccccccccccccccccccccccccccccccc"

// A master at offset 1000 of B, which parted from A behind 500.
func TestPSYNC(t *testing.T) {
	promoted := func(b Backlog) *Server { return &Server{Master, 0, idB, idA, 501, true, b} }
	held := Backlog{server.Yes, 401, 600}
	for _, c := range []struct {
		name    string
		version string
		server  *Server
		id      string
		offset  int64
		granted server.Answer
		why     Why
	}{
		{"all that is missing is in the backlog", "7.2.4", promoted(held), idB, 400, server.Yes, InBacklog},
		{"one byte is not", "7.2.4", promoted(held), idB, 399, server.No, BeforeBacklog},
		{"a replica of its former history", "7.2.4", promoted(held), idA, 500, server.Yes, InBacklog},
		{"one that wrote on in it", "7.2.4", promoted(held), idA, 501, server.No, PastSecondary},
		{"another history", "7.2.4", promoted(held), idC, 500, server.No, OtherHistory},
		{"another history than its only one", "7.2.4", &Server{Master, 0, idB, "", Unknown, true, held}, idA, 500, server.No, OtherHistory},
		{"nothing tells of a secondary id", "7.2.4", &Server{Master, 0, idB, "", Unknown, false, held}, idA, 500, server.Unknown, SecondaryUnsaid},
		{"nothing tells of the master", "", nil, idA, 500, server.Unknown, SecondaryUnsaid},
		{"masters before 4.0 have no secondary id", "3.2.13", nil, idA, 500, server.No, NoSecondaryID},
		{"the same offset", "", nil, idB, 1000, server.Yes, NothingMissing},
		{"ahead of it", "7.2.4", promoted(held), idB, 1001, server.No, PastMaster},
		{"nothing tells of a backlog", "7.2.4", nil, idB, 999, server.Unknown, BacklogUnsaid},
		{"there is none", "7.2.4", promoted(Backlog{Active: server.No, First: Unknown}), idB, 999, server.No, NoBacklog},
		{"what it can hold is enough", "7.2.4", promoted(Backlog{server.Yes, Unknown, 600}), idB, 400, server.Unknown, BacklogUnsaid},
		{"what it can hold is not", "7.2.4", promoted(Backlog{server.Yes, Unknown, 600}), idB, 399, server.No, BeyondBacklog},
		{"whether it is active is not told", "7.2.4", promoted(Backlog{server.Unknown, 401, 600}), idB, 400, server.Unknown, BacklogUnsaid},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := Position{ID: idB, Offset: 1000, Server: c.server}
			if c.version != "" {
				p.Version = version(t, c.version)
			}
			if got, want := p.PSYNC(c.id, c.offset), (Decision{c.granted, c.why}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
	t.Run("its offset is not known", func(t *testing.T) {
		p := Position{ID: idB, Offset: Unknown, Server: promoted(Backlog{server.Yes, Unknown, 600})}
		if got, want := p.PSYNC(idB, 10), (Decision{server.Unknown, BacklogUnsaid}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}

func TestFind(t *testing.T) {
	master := Server{Master, 0, idA, "", Unknown, true, noBacklog()}
	replica := Server{Replica, 0, idA, "", Unknown, true, noBacklog()}
	logged := Server{"", 0, idB, idA, 50, true, noBacklog()}
	info := Server{Master, 0, idB, "", Unknown, false, Backlog{server.Yes, 1, 10}}
	all := []Server{logged, replica, master, info}
	for _, c := range []struct {
		name, id, role string
		want           *Server
	}{
		{"the master", idA, Master, &master},
		{"its replica", idA, Replica, &replica},
		{"a log adds the secondary id", idB, Master, &Server{Master, 0, idB, idA, 50, true, Backlog{server.Yes, 1, 10}}},
		{"no other one is told of", idB, Replica, &logged},
		{"nobody", idC, Master, nil},
		{"an id that is not known", "", Master, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Find(all, c.id, c.role)
			if (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestParted(t *testing.T) {
	of := func(secondary string, at int64) *Server {
		return &Server{SecondaryID: secondary, SecondaryOffset: at, SecondaryKnown: true}
	}
	a, b := State{ID: idA}, State{ID: idB}
	for _, c := range []struct {
		name     string
		ofA, ofB *Server
		want     int64
		known    bool
	}{
		{"a was promoted", of(idB, 51), nil, 50, true},
		{"b was", nil, of(idA, 51), 50, true},
		{"both were, of the same master", of(idC, 61), of(idC, 51), 50, true},
		{"of different ones", of(idC, 61), of(idA[:39]+"x", 51), 0, false},
		{"neither was", of("", Unknown), of("", Unknown), 0, false},
		{"nothing tells", nil, nil, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if at, known := Parted(a, b, c.ofA, c.ofB); at != c.want || known != c.known {
				t.Errorf("%d, %v", at, known)
			}
		})
	}
}
