package inspect

import "github.com/redsleuth/redsleuth/server"

// Answer is what is known of a question: yes, no, or not.
type Answer uint8

// The answers.
const (
	Unknown Answer = iota
	No
	Yes
)

// String is "unknown", "no" or "yes".
func (a Answer) String() string { return [...]string{"unknown", "no", "yes"}[a] }

func answer(yes bool) Answer {
	if yes {
		return Yes
	}
	return No
}

// Restored says what a server without AOF takes up again from its dump, when
// it is started as a replica: redis src/server.c, loadDataFromDisk, and
// src/rdb.c, rdbLoadRioWithLoadingCtx.
type Restored struct {
	// Position: it asks to go on from the id and offset.
	Position Answer
	// Database: it goes on in the database that was selected.
	Database Answer
	// Scripts: it has the scripts that it had.
	Scripts Answer
}

// restored judges by the version that wrote the dump.
func restored(v server.Version, r *Replication) Restored {
	if v.IsZero() {
		return Restored{}
	}
	first := v.Before(4, 0, 2) && v.Flavor == server.Redis // they take up id and offset whatever the database
	position := first || r.StreamDB >= 0
	return Restored{
		Position: answer(position && v.AtLeast(4, 0, 0)),
		Database: answer(position && !first),
		Scripts:  answer(position && v.AtLeast(4, 0, 4) && v.Before(7, 0, 0)),
	}
}
