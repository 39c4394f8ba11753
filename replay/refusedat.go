package replay

import (
	"bytes"
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/parse/resp"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/server"
)

// refusedAt finds the commands that the replica's log says it refused by what the
// log shows of the stream before them.
type refusedAt struct {
	places []refusedPlace
	tail   []byte // of the stream before the next command, or its transaction
	// queued is the end of what came of the open transaction: servers take that into their
	// backlog with its EXEC (commandProcessed).
	queued            []byte
	link, transaction int     // 0 for none
	open              Aborted // where it is, if it comes to that
}

// Aborted is a transaction that was refused as a whole: its commands on the link are those
// whose offsets are From to To.
type Aborted struct {
	Path     string
	Link     int
	From, To int64
}

// A refusedPlace is one of them. Only one command can be it.
type refusedPlace struct {
	*repl.RefusedPlace
	found   int
	apart   bool // and not all in one transaction
	place   finding.Place
	keys    [][]byte // that the command names
	touches []int    // of the history
	// link and transaction are those it is in; 0 is no transaction. with is where that
	// is, if it was aborted; nil where it was not, or has no offsets.
	link, transaction int
	with              *Aborted
}

// leastBefore is of how many bytes before a command its place is believed. A
// backlog that has only begun shows fewer.
const leastBefore = 40

// longestBefore is how much servers show.
const longestBefore = 256

// newRefusedAt is nil where the log, or the version that wrote it, tells none.
func newRefusedAt(f *repl.Facts, version server.Version) *refusedAt {
	if server.LogsRefusedPlace.Of(version) != server.Yes {
		return nil
	}
	r := &refusedAt{}
	for i := range f.RefusedAt {
		if len(f.RefusedAt[i].Before) >= leastBefore {
			r.places = append(r.places, refusedPlace{RefusedPlace: &f.RefusedAt[i]})
		}
	}
	if len(r.places) == 0 {
		return nil
	}
	return r
}

// take looks at a command that the replica got on a link. Its touches are those of the
// history from a number on.
func (r *refusedAt) take(c *record.Command, place finding.Place, link, from, to int) {
	if c.Transaction != r.transaction || link != r.link {
		r.close()
		r.link, r.transaction = link, c.Transaction
	}
	if c.Transaction != 0 {
		r.open.extend(place)
	}
	for i := range r.places {
		p := &r.places[i]
		name, _, _ := strings.Cut(p.Name, "|")
		if !strings.EqualFold(name, string(c.Args[0])) || !bytes.HasSuffix(r.tail, p.Before) {
			continue
		}
		p.apart = p.found > 0 && (p.apart || p.link != link || p.transaction != c.Transaction || c.Transaction == 0)
		p.found++
		p.place, p.touches, p.link, p.transaction = place, nil, link, c.Transaction
		p.keys = cloneKeys(command.Keys(c.Args))
		for n := from; n < to; n++ {
			p.touches = append(p.touches, n)
		}
	}
	if c.Transaction != 0 {
		r.queued = lastOf(resp.AppendCommand(r.queued, c.Args...))
	} else {
		r.tail = lastOf(resp.AppendCommand(r.tail, c.Args...))
	}
}

// close ends a transaction: what was refused in it was so with all of it.
func (r *refusedAt) close() {
	for i := range r.places {
		if p := &r.places[i]; p.found > 0 && !p.apart && p.aborts() && p.link == r.link && p.transaction == r.transaction {
			if with := r.open; with.Link != 0 {
				p.with = &with
			}
		}
	}
	r.tail, r.queued, r.open = lastOf(append(r.tail, r.queued...)), r.queued[:0], Aborted{}
}

// extend takes in the next command of the transaction.
func (a *Aborted) extend(p finding.Place) {
	switch {
	case p.Offset == nil:
	case a.Link == 0:
		*a = Aborted{p.Path, p.Link, *p.Offset, *p.Offset}
	default:
		a.To = *p.Offset
	}
}

// lastOf is as much of a stream as servers show.
func lastOf(b []byte) []byte {
	if over := len(b) - longestBefore; over > 0 {
		return slices.Delete(b, 0, over)
	}
	return b
}

// reset: a full resync begins another backlog.
func (r *refusedAt) reset() {
	if r != nil {
		r.close()
		r.tail, r.transaction = r.tail[:0], 0
	}
}

// finish says of the history what was refused: the command, or all of the transaction
// that it was in, as EXEC does nothing then (EXECABORT).
func (r *refusedAt) finish(t *touches) {
	if r == nil {
		return
	}
	r.close()
	for i := range r.places {
		p := &r.places[i]
		if p.found == 0 || p.apart {
			continue
		}
		for _, n := range p.touches {
			if p.found == 1 && t.list[n].Outcome == Applied {
				t.list[n].Outcome = Refused
			}
		}
		for n := range t.list {
			touch := &t.list[n]
			if p.aborts() && touch.within(p.link, p.transaction) && touch.Outcome == Applied {
				touch.Outcome = Refused
			}
		}
	}
}

// aborts reports whether a transaction was refused with the command: one that is not
// queued aborts it. Options are looked at when a command runs.
func (p *refusedPlace) aborts() bool { return p.transaction > 0 && p.Why != repl.UnknownOption }

// within reports whether a touch is of a transaction; 0 is none.
func (t *Touch) within(link, transaction int) bool {
	return transaction > 0 && t.Link == link && t.Transaction == transaction
}

// doubt says of the history which commands may have been refused: those of a name
// that the log counts more often than it shows where, and those queued with one.
func (r *refusedAt) doubt(t *touches, f *repl.Facts) {
	for c, count := range f.RefusedCommands {
		if r.shown(c) >= count {
			continue
		}
		name, _, _ := strings.Cut(c.Name, "|")
		for i := range t.list {
			if touch := &t.list[i]; touch.Client == nil && touch.Outcome == Applied && touch.Command != "" &&
				strings.EqualFold(touch.Command, name) {
				touch.Outcome = Doubtful
			}
		}
		for _, q := range t.queued {
			if c.Why != repl.UnknownOption && strings.EqualFold(q.name, name) {
				t.doubtWithin(q.link, q.transaction)
			}
		}
	}
}

// shown counts the refusals of a command of which the log shows the place, or at least
// the transaction.
func (r *refusedAt) shown(c repl.RefusedCommand) (n int64) {
	if r == nil {
		return 0
	}
	for i := range r.places {
		p := &r.places[i]
		if p.RefusedCommand == c && (p.found == 1 || p.found > 0 && !p.apart && p.aborts()) {
			n++
		}
	}
	return n
}

// doubtWithin says of the commands of a transaction what is said of one.
func (t *touches) doubtWithin(link, transaction int) {
	for n := range t.list {
		if touch := &t.list[n]; touch.within(link, transaction) && touch.Outcome == Applied {
			touch.Outcome = Doubtful
		}
	}
}

// aborted are the transactions that were refused as a whole, each once.
func (r *refusedAt) aborted() (all []Aborted) {
	if r == nil {
		return nil
	}
	for i := range r.places {
		if p := &r.places[i]; !p.apart && p.with != nil && !slices.Contains(all, *p.with) {
			all = append(all, *p.with)
		}
	}
	return all
}

// refused are the commands that were, with what the log says of each.
func (r *refusedAt) refused() (all []RefusedPlace) {
	if r == nil {
		return nil
	}
	for _, p := range r.places {
		if p.found == 1 {
			all = append(all, RefusedPlace{p.RefusedPlace, p.place})
		}
	}
	return all
}

// foundOf are those of a command that were found.
func (r *refusedAt) foundOf(c repl.RefusedCommand) (found []*refusedPlace) {
	if r == nil {
		return nil
	}
	for i := range r.places {
		if p := &r.places[i]; p.found == 1 && p.RefusedCommand == c {
			found = append(found, p)
		}
	}
	return found
}
