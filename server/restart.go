package server

// Restart says what a replica without AOF takes up again from an RDB when it
// is restarted from it. Source: redis src/server.c, loadDataFromDisk, and
// src/rdb.c, rdbLoadRioWithLoadingCtx.
type Restart struct {
	// Position: it asks to continue from the replication id and offset.
	Position Answer
	// Database: it continues in the database that was selected.
	Database Answer
	// Scripts: it has the scripts that it had.
	Scripts Answer
}

// RestartFrom answers for an RDB with a replication state, which tells the
// selected database or does not, and that a server of v wrote and loads.
func RestartFrom(v Version, database bool) Restart {
	position := ResumesAfterRestart.Of(v)
	if !database && NeedsDatabase.Of(v) != No {
		position = position.And(NeedsDatabase.Of(v).not())
	}
	return Restart{
		Position: position,
		Database: position.And(RestoresDatabase.Of(v)),
		Scripts:  position.And(SavesScripts.Of(v)).And(LoadsScripts.Of(v)),
	}
}

func (a Answer) not() Answer { return [...]Answer{Unknown: Unknown, No: Yes, Yes: No}[a] }
