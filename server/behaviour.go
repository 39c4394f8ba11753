package server

// A Behaviour is something that servers do or don't do, by version, and that
// decides what a replica holds.
type Behaviour int

// The behaviours, each explained by its row in Behaviours.
const (
	ResumesAfterRestart Behaviour = iota
	RestoresDatabase
	NeedsDatabase
	KeepsStaleOffset
	SavesScripts
	LoadsScripts
	DiesOfDuplicate
	HidesMissing
	ForgetsReadOnly
	ScriptsByName
	ScriptsUnsorted
	TrimsPings
	HasFunctions
	HasSecondaryID
	ResumesAtCommand
	NumBehaviours
)

// A Row of the table says what servers of some versions do.
type Row struct {
	Behaviour Behaviour
	Name      string // kebab case, as in reports
	Does      string
	Ranges    []Range
	Source    string
}

// Range is the versions of one family from From up to, and without, Before;
// a zero Before has no end.
type Range struct {
	From, Before Version
}

func redis(major, minor, patch int) Version {
	return Version{Flavor: Redis, Major: major, Minor: minor, Patch: patch}
}

func valkey(major, minor, patch int) Version {
	return Version{Flavor: Valkey, Major: major, Minor: minor, Patch: patch}
}

// anyValkey: Valkey began at 7.2.
var anyValkey = Range{From: valkey(7, 2, 0)}

// Behaviours is all that is known of versions, a row a behaviour.
// Where nothing else is said a row is about the replica, and was read in the
// source of the releases at both ends of its range.
var Behaviours = [NumBehaviours]Row{
	{
		ResumesAfterRestart, "resumes-after-restart",
		"a restarted replica takes id and offset from its RDB and asks for a partial resync",
		[]Range{{From: redis(4, 0, 0)}, anyValkey},
		"c loadDataFromDisk, replication.c replicationCacheMasterUsingMyself; before 4.0 it asks for a full one",
	},
	{
		RestoresDatabase, "restores-database",
		"a restarted replica goes on in the database that its RDB says the stream had selected, not in database 0",
		[]Range{{From: redis(4, 0, 2)}, anyValkey},
		"c loadDataFromDisk (selectDb); redis #4316",
	},
	{
		NeedsDatabase, "needs-database",
		"the replication state of an RDB counts only if it tells the selected database; else the replica asks for a full resync",
		[]Range{{From: redis(4, 0, 2)}, anyValkey},
		"c loadDataFromDisk (rsi.repl_stream_db != -1)",
	},
	{
		KeepsStaleOffset, "keeps-stale-offset",
		"a replica that resumed from its RDB goes on reporting and saving the offset of the restart until its next full resync",
		[]Range{{From: redis(4, 0, 0), Before: redis(4, 0, 2)}},
		"seen on replicas of 4.0.1 that had caught up; replication.c replicationCacheMasterUsingMyself",
	},
	{
		SavesScripts, "saves-scripts",
		"an RDB holds the script cache, as AUX fields \"lua\", wherever it holds a replication state",
		[]Range{{From: redis(4, 0, 4), Before: redis(7, 0, 0)}},
		"rdb.c rdbSaveRio; redis #4483, removed by #9812",
	},
	{
		LoadsScripts, "loads-scripts",
		"the scripts in an RDB's AUX fields become known; other versions step over them",
		[]Range{{From: redis(4, 0, 4), Before: redis(7, 0, 0)}},
		"rdb.c rdbLoadRio; redis #4483, removed by #9812",
	},
	{
		DiesOfDuplicate, "dies-of-duplicate-script",
		"an AUX field with a script that the process already knows kills it; 4.0.5 meant to mend this and looks up the wrong type of key",
		[]Range{{From: redis(4, 0, 4), Before: redis(4, 0, 6)}},
		"scripting.c luaCreateFunction (dictAdd assertion); redis #4505",
	},
	{
		HidesMissing, "hides-missing-script",
		"an EVALSHA without source from the master fails without a word in the log",
		[]Range{{From: redis(2, 8, 0), Before: redis(4, 0, 9)}},
		"networking.c addReplyError; from 4.0.9 the log says that the replica is sending an error to its master",
	},
	{
		ForgetsReadOnly, "forgets-read-only-evalsha",
		"a master takes a script for known to its replicas after an EVALSHA that wrote nothing and was never sent",
		[]Range{{From: redis(2, 8, 0), Before: redis(2, 8, 6)}},
		"scripting.c evalGenericCommand; redis #1549",
	},
	{
		ScriptsByName, "sends-scripts",
		"a master may send EVAL and EVALSHA instead of what they did: always up to 4.0, with lua-replicate-commands no up to 6.2",
		[]Range{{Before: redis(7, 0, 0)}},
		"scripting.c evalGenericCommand; redis #9812",
	},
	{
		ScriptsUnsorted, "unsorted-in-scripts",
		"within a script, KEYS, SMEMBERS, HGETALL and the like reply in an order of their own, which differs from an older master's",
		[]Range{{From: redis(7, 0, 0)}, anyValkey},
		"redis #10799",
	},
	{
		TrimsPings, "trims-pings",
		"a replica may ask for less than it has, by whole PINGs (\"meaningful offset\")",
		[]Range{{From: redis(6, 0, 0), Before: redis(6, 0, 4)}},
		"replication.c, master_repl_meaningful_offset; redis #7320",
	},
	{
		HasFunctions, "has-functions",
		"function libraries stand in the RDB, replace all others at a full resync, and come back at a restart",
		[]Range{{From: redis(7, 0, 0)}, anyValkey},
		"rdb.c rdbSaveFunctions, replication.c readSyncBulkPayload",
	},
	{
		HasSecondaryID, "has-secondary-id",
		"after a promotion the former id is honoured up to the offset of the change",
		[]Range{{From: redis(4, 0, 0)}, anyValkey},
		"replication.c masterTryPartialResynchronization",
	},
	{
		ResumesAtCommand, "resumes-at-command",
		"a replica asks for what follows its last command outside any transaction; before 4.0, for what follows the bytes it read",
		[]Range{{From: redis(4, 0, 0)}, anyValkey},
		"networking.c processInputBuffer (reploff)",
	},
}

// Answer is whether servers of a version show a behaviour.
type Answer uint8

// The answers. Unknown stands where the version is not known.
const (
	Unknown Answer = iota
	No
	Yes
)

// Of tells whether a server of version v shows the behaviour.
func (b Behaviour) Of(v Version) Answer {
	if v.IsZero() {
		return Unknown
	}
	for _, r := range Behaviours[b].Ranges {
		if r.holds(v) {
			return Yes
		}
	}
	return No
}

func (r Range) holds(v Version) bool {
	family := r.From.Flavor
	if r.From.IsZero() {
		family = r.Before.Flavor
	}
	return v.Flavor == family && v.Compare(r.From) >= 0 && (r.Before.IsZero() || v.Compare(r.Before) < 0)
}

// formats are the newest RDB versions that servers load, by the first version
// that does. Source: RDB_VERSION in rdb.h of the releases.
var formats = []struct {
	from   Version
	newest int
}{
	{redis(2, 6, 0), 6},
	{redis(3, 2, 0), 7},
	{redis(4, 0, 0), 8},
	{redis(5, 0, 0), 9},
	{redis(7, 0, 0), 10},
	{redis(7, 2, 0), 11},
	{redis(7, 4, 0), 12},
	{redis(8, 6, 0), 13},
	{redis(8, 8, 0), 14},
	{redis(8, 10, 0), 15},
	{valkey(7, 2, 0), 11},
	{valkey(9, 0, 0), 80},
	{valkey(9, 2, 0), 81},
}

// NewestFormat is the newest RDB version with a magic that servers of v load; 0
// if that is not known. Those of Valkey load no version of Redis newer than 11.
func NewestFormat(v Version, magic string) int {
	newest := 0
	for _, row := range formats {
		if row.from.Flavor == v.Flavor && v.Compare(row.from) >= 0 {
			newest = row.newest
		}
	}
	const lastShared = 11
	if magic == "REDIS" && v.Flavor == Valkey {
		return min(newest, lastShared)
	}
	return newest
}

// String is the row's name.
func (b Behaviour) String() string { return Behaviours[b].Name }

// LossyRestart: a restart from the replica's own RDB goes on with the stream
// and without the scripts that the stream takes for known.
func LossyRestart(v Version) Answer {
	switch {
	case v.IsZero():
		return Unknown
	case ResumesAfterRestart.Of(v) == Yes && (SavesScripts.Of(v) == No || LoadsScripts.Of(v) == No):
		return Yes
	}
	return No
}
