package session

import (
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/internal/pcaptest"
	"github.com/redsleuth/redsleuth/repl"
)

// A replica that was a master for a while ran what it says that the two share, and comes
// back as the same process, where nothing speaks for another one.
func TestTerms(t *testing.T) {
	const all = "abcdefgh" // 8 commands from offset 1000 on
	first := visit{6380, []string{"?", "-1"}, full(idA, 1000, ""), sets(all), 1000}
	back := visit{6380, []string{idB, "1251"}, full(idA, 1300, ""), sets("i"), 1327}
	blind := visit{6380, []string{"?", "-1"}, full(idA, 1300, ""), sets("i"), 1327}
	// The second connection begins a minute after the first.
	term := func(shared int64, ended time.Duration) repl.Term {
		began := pcaptest.New(t).Now
		return repl.Term{ID: idB, From: idA, Shared: shared, Process: 1, Began: began, Ended: began.Add(ended), Reached: 1250, Rejoined: true}
	}
	gone := term(1216, time.Minute)
	gone.Rejoined = false
	other := term(1216, time.Minute)
	other.From = idB
	for _, c := range []struct {
		name   string
		second visit
		term   repl.Term
		want   string
		after  bool
	}{
		{"it asks for its own history", back, term(1216, time.Minute), "1/1 fresh at 1000\n1/2 reconnect at 1300", true},
		{"not all had arrived", back, term(1108, time.Minute), "1/1 fresh at 1000 ran to 1108\n1/2 reconnect at 1300", true},
		{"it asks for everything, then", blind, term(1216, time.Minute), "1/1 fresh at 1000\n1/2 reconnect at 1300", true},
		{"it asks for everything, much later", blind, term(1216, time.Second), "1/1 fresh at 1000\n1/2 fresh at 1300", false},
		{"another process does", blind, gone, "1/1 fresh at 1000\n1/2 fresh at 1300", false},
		{"the log of another replica", blind, other, "1/1 fresh at 1000 ran to 1000\n1/2 fresh at 1300", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := planOf(t, Options{Terms: []repl.Term{c.term}}, visits(t, first, c.second))
			if got := describe(p); got != c.want {
				t.Errorf("\n%s\nwant\n%s", got, c.want)
			}
			if after := p.Replicas[0].Connections[1].After; (after != nil) != c.after {
				t.Errorf("after %+v", after)
			}
		})
	}
}

// Of several replicas of one master the one that listens where the log or INFO says was
// promoted; none, where nothing tells which. INFO of the master, restarted, is of none.
func TestTermOfOneReplica(t *testing.T) {
	const all = "abcdefgh" // 8 commands from offset 1000 on
	b := visit{6380, []string{"?", "-1"}, full(idA, 1000, ""), sets(all), 1000}
	c := visit{6381, []string{"?", "-1"}, full(idA, 1000, ""), sets(all), 1000}
	acked := b
	acked.acknowledged = 1216
	one, both := []visit{b}, []visit{b, c}
	const all1, all2 = "1/1 fresh at 1000", "1/1 fresh at 1000\n1/2 fresh at 1000"
	for _, test := range []struct {
		name      string
		visits    []visit
		port      int
		restarted bool
		want      string
	}{
		{"the first", both, 6380, false, "1/1 fresh at 1000 ran to 1108\n1/2 fresh at 1000"},
		{"the second", both, 6381, false, all2 + " ran to 1108"},
		{"no port", both, 0, false, all2},
		{"that of a third", both, 6382, false, all2},
		{"the only one", one, 0, false, all1 + " ran to 1108"},
		{"not the only one", one, 6381, false, all1},
		{"INFO of the second", both, 6381, true, all2 + " ran to 1108"},
		{"INFO of the only one, started from what it had long run", []visit{acked}, 6380, true, all1},
		{"INFO of the master", both, 6379, true, all2},
		{"INFO of the master, of the only one", one, 6379, true, all1},
		{"INFO without a port, of the only one", one, 0, true, all1},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := Options{Terms: []repl.Term{{
				ID: idB, From: idA, Shared: 1108, Reached: repl.Unknown, Port: test.port, Restarted: test.restarted,
			}}}
			if got := describe(planOf(t, o, visits(t, test.visits...))); got != test.want {
				t.Errorf("\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}
