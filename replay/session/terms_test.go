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
