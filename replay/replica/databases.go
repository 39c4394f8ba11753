package replica

import (
	"slices"

	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay/session"
	"github.com/redsleuth/redsleuth/server"
)

// databases are the database that the replica's connection has selected and
// the one that the stream has, which its master means.
type databases struct {
	own, stream int // record.Unknown where not known
	// unselected: no write was seen since stream is unknown.
	unselected bool
	// wrong is the window in which the two differ, nil outside of one;
	// wrongBefore was open at the end of the connection before.
	wrong, wrongBefore *DatabaseLost
	// selects are the last SELECTs that were run.
	selects []selection
	// seen are the databases that were selected since list was last called.
	seen map[int]bool
}

// A selection is a database, selected by what ends at an offset.
type selection struct {
	offset int64
	db     int
}

const (
	maxSelections = 1 << 12 // that are remembered at least
	maxDatabases  = 1 << 10 // that are listed
)

func newDatabases() databases {
	return databases{own: record.Unknown, stream: record.Unknown, seen: map[int]bool{}}
}

// set makes both one that is known.
func (d *databases) set(own, stream int) { d.own, d.stream, d.unselected = own, stream, false }

// selectDB is a SELECT that ends at an offset.
func (d *databases) selectDB(db int, end int64) {
	d.set(db, db)
	if len(d.seen) < maxDatabases {
		d.seen[db] = true
	}
	if known(end) {
		d.remember(end, db)
	}
}

func (d *databases) remember(offset int64, db int) {
	if len(d.selects) >= 2*maxSelections {
		d.selects = append(d.selects[:0], d.selects[maxSelections:]...)
	}
	d.selects = append(d.selects, selection{offset, db})
}

// at is the database that the stream had selected at an offset that was passed.
func (d *databases) at(offset int64) int {
	for _, s := range slices.Backward(d.selects) {
		if s.offset <= offset {
			return s.db
		}
	}
	return record.Unknown
}

// lastSelect is the offset after the last SELECT.
func (d *databases) lastSelect() int64 {
	if n := len(d.selects); n > 0 {
		return d.selects[n-1].offset
	}
	return record.Unknown
}

func (d *databases) forgetAfter(offset int64) {
	for n := len(d.selects); n > 0 && d.selects[n-1].offset > offset; n-- {
		d.selects = d.selects[:n-1]
	}
}

// resume compares the databases of master and replica where a stream continues.
func (d *databases) resume(c *session.Connection, p *process) {
	d.unselected = d.stream == record.Unknown && d.own == record.Unknown
	before := d.wrongBefore
	switch {
	case d.stream != record.Unknown && d.own != record.Unknown && d.own != d.stream:
		d.startWrong(c, p, d.own, true)
	case c.Entry.IsRestart() && d.stream == record.Unknown && d.own == 0 &&
		server.RestoresDatabase.Of(p.version) == server.No:
		d.startWrong(c, p, 0, true)
	case c.Entry == session.SameProcess && before != nil && d.stream == record.Unknown:
		d.startWrong(c, p, before.DB, before.Certain)
		d.wrong.OnlyZero = before.OnlyZero
	case c.Entry == session.SameProcess && !c.Lived && d.lostByRestart(p):
		d.startWrong(c, p, 0, false)
	}
}

// lostByRestart reports whether a process that restarted now would continue in
// another database.
func (d *databases) lostByRestart(p *process) bool {
	return d.stream > 0 && server.LosesDatabaseOnRestart.Of(p.version) == server.Yes
}

// startWrong begins a window in which the replica's database is not the
// stream's.
func (d *databases) startWrong(c *session.Connection, p *process, own int, certain bool) {
	d.wrong = &DatabaseLost{
		DB: own, Expected: d.stream, At: c.Start, Certain: certain,
		OnlyZero: c.Base != nil && p.startedFrom.onlyDatabaseZero(),
	}
}

// endWrong ends it, and tells what ran in the wrong database.
func (d *databases) endWrong(p *process) {
	if d.wrong != nil && d.wrong.Commands > 0 {
		p.emit(d.wrong)
	}
	d.wrong = nil
}

// restore is what the start from a dump selects.
func (d *databases) restore(from *Dump, p *process, aof, resumes bool) {
	if d.stream = from.StreamDB; d.stream == record.Unknown {
		d.stream = d.at(from.Offset)
	}
	d.forgetAfter(from.Offset)
	switch answer := server.RestoresDatabase.Of(p.version); {
	case aof:
		d.own, d.stream = 0, 0
	case !resumes, answer == server.Yes:
		d.own = d.stream // without resuming, this is not how the stream was followed
	case answer == server.No:
		d.own = 0
	default:
		d.own = record.Unknown
	}
}

// restoreOlder is what the start from a dump at an offset selects that is no
// artefact.
func (d *databases) restoreOlder(offset int64, p *process) {
	d.stream = d.at(offset)
	d.forgetAfter(offset)
	d.own = d.stream
	if server.RestoresDatabase.Of(p.version) == server.No {
		d.own = 0
	}
}

// load is what a payload selects.
func (d *databases) load(payload *Dump, aof bool) {
	if known(payload.Offset) {
		d.remember(payload.Offset, payload.StreamDB)
	}
	if aof {
		d.set(0, 0)
		return
	}
	d.set(max(0, payload.StreamDB), payload.StreamDB)
	d.unselected = payload.StreamDB == record.Unknown
}

func (d *databases) list() []int {
	list := make([]int, 0, len(d.seen))
	for db := range d.seen {
		list = append(list, db)
	}
	slices.Sort(list)
	clear(d.seen)
	return list
}

// parseDB reads the argument of a SELECT.
func parseDB(b []byte) (n int, ok bool) {
	if len(b) == 0 || len(b) > 9 {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}
