package replica

import "github.com/redsleuth/redsleuth/parse/record"

// transaction is the MULTI that is open on the replica's connection.
type transaction struct {
	open bool
	at   int64 // offset of the MULTI
	// known: that it is open, or not, is certain.
	known bool
	// inside: the replica asked for what follows the middle of a transaction.
	inside bool
	// own and stream were selected when it began.
	own, stream int
}

// connect begins a connection; whole tells that it cannot begin within a
// transaction.
func (t *transaction) connect(whole bool) {
	*t = transaction{at: record.Unknown, known: whole && !t.inside}
}

// begin is a MULTI.
func (t *transaction) begin(offset int64, d *databases) {
	t.at, t.open, t.known = offset, true, true
	t.own, t.stream = d.own, d.stream
}

// isStray reports whether an EXEC has no MULTI.
func (t *transaction) isStray() bool { return !t.open && t.known }

// end is an EXEC.
func (t *transaction) end() { t.open, t.known = false, true }

// lose: what came is not known.
func (t *transaction) lose() { t.open, t.known = false, false }

// undo takes back what an open transaction selected: it never ran.
func (t *transaction) undo(d *databases) {
	if t.open {
		d.own, d.stream, t.open = t.own, t.stream, false
	}
}
