package replica

import (
	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/divergence"
	"github.com/redsleuth/redsleuth/server"
)

// divergences knows which commands of the stream these versions of master and
// replica run otherwise. Which rows a name is of is looked up once.
type divergences struct {
	master, replica server.Version // that byName is for
	learnt          int            // process.learnt then
	byName          [][]*divergence.Row
	looked          []bool // by What.Name
	event           Divergent
}

// none reports whether a name is known to have no rows.
func (d *divergences) none(p *process, w What) bool {
	return d.learnt == p.learnt && int(w.Name) < len(d.looked) && d.looked[w.Name] && d.byName[w.Name] == nil
}

// rows are those of a name; most names have none.
func (d *divergences) rows(p *process, c Call, w What) []*divergence.Row {
	if w.Name == 0 { // one of too many
		return nil
	}
	master, replica := p.masterOf(p.conn), p.version
	if master.IsZero() {
		master = replica
	}
	if master != d.master || replica != d.replica {
		d.master, d.replica = master, replica
		clear(d.looked)
	}
	d.learnt = p.learnt
	for int(w.Name) >= len(d.looked) {
		d.looked, d.byName = append(d.looked, false), append(d.byName, nil)
	}
	if !d.looked[w.Name] {
		d.looked[w.Name] = true
		if w.Class != command.Eval && w.Class != command.EvalSHA { // whose scripts tell
			d.byName[w.Name] = divergence.InStreamOf(c.Args[0], master, replica)
		}
	}
	return d.byName[w.Name]
}

// check emits Divergent for each row that c speaks for by its arguments, or by the
// script that it runs.
func (d *divergences) check(p *process, c Call, w What) {
	for _, r := range d.rows(p, c, w) {
		if fit := r.Fits(divergence.Command{Args: c.Args, Time: c.Time}); fit >= divergence.Doubtful {
			d.event = Divergent{c, r, fit == divergence.Certain}
			p.emit(&d.event)
		}
	}
}
