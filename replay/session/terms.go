package session

import (
	"time"

	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
)

// applyTerms gives each time as a master to the one replica that it is of: to none where
// several may be it, and nothing tells which.
func (p *Plan) applyTerms() {
	for i := range p.options.Terms {
		t := &p.options.Terms[i]
		var whose []*Replica
		for _, r := range p.Replicas {
			if r.promotedOn(t) >= 0 {
				whose = append(whose, r)
			}
		}
		if len(whose) == 1 {
			whose[0].applyTerm(t, p.options.Logged)
		}
	}
}

// applyTerm takes from the log of a replica that was promoted how far it had run the
// connection before, and that the same process came back, where it did.
func (r *Replica) applyTerm(t *repl.Term, logged []repl.LoggedResync) {
	at := r.promotedOn(t)
	c := r.Connections[at]
	c.Until = t
	if c.Arrival != Arrived && t.Shared > c.Start {
		c.Arrival = Arrived // it went on from the payload
	}
	c.RanTo = t.Shared
	if surveyed := c.Link.End != ""; surveyed && known(c.end()) && t.Shared >= c.end() {
		c.RanTo = record.Unknown
	}
	if at+1 < len(r.Connections) && r.Connections[at+1].comesBackFrom(t, logged) {
		r.Connections[at+1].comeBack(t)
	}
}

// promotedOn is the connection that a replica was promoted on or after, by where in
// which history it was then; negative where that is none of these, or it was another's.
func (r *Replica) promotedOn(t *repl.Term) int {
	at, listening := -1, 0
	for _, c := range r.Connections {
		listening = max(listening, c.Link.Replica.ListeningPort)
	}
	for i, c := range r.Connections {
		if c.Link.ReplicationID == t.From && known(c.Start) && c.Start <= t.Shared && !c.Link.AOF &&
			t.Of(listening, c.Link.From) {
			at = i
		}
	}
	if at >= 0 && t.Restarted && r.Connections[at].acked() > t.Shared {
		return -1 // it started from a dump older than what it had run
	}
	return at
}

// clocks is how far the clocks of a log and of a capture are believed to be apart.
const clocks = 2 * time.Second

// comesBackFrom reports whether the process asked for the connection right after a time
// as a master: by the history that it asks for, by the log's own account of its full
// resync, or else by the clock.
func (c *Connection) comesBackFrom(t *repl.Term, logged []repl.LoggedResync) bool {
	if !t.Rejoined || c.Base != nil {
		return false
	}
	if id := c.RequestedID(); id != "" && id != AnyID {
		return id == t.ID
	}
	for i := range logged {
		if l := &logged[i]; l.Full && l.Process == t.Process && c.isLogged(c.Start, l) {
			return true
		}
	}
	return !t.Ended.IsZero() && !c.Link.Began.IsZero() && c.Link.Began.Sub(t.Ended).Abs() <= clocks
}

// comeBack says that it did.
func (c *Connection) comeBack(t *repl.Term) {
	c.After, c.Entry, c.From, c.Lived = t, SameProcess, nil, true
	if c.Full() {
		c.Join = Join{} // it had got these bytes from no master
	}
}
