package finding

// comparisonEntries explains what diff could not take in.
func comparisonEntries() []Entry {
	return []Entry{
		{
			Code: "keys-unread", Title: "one dump ends early, and keys of the other are not counted",
			Mechanism:  "A dump that is damaged or cut holds an unknown rest. A key that the other dump alone holds may stand in that rest, and is counted apart, as neither equal nor different.",
			Confirm:    "The finding truncated or damaged on the same dump says where reading ended.",
			Act:        "Fetch the dump again, or take what can be saved with dump --salvage.",
			References: []string{"redis src/rdb.c rdbLoadRio"},
		},
		{
			Code: "commands-not-compared", Title: "commands behind the RDB are not part of the state",
			Mechanism:  "An AOF set is its base and what was written since. diff compares the base; the commands are counted, and not applied.",
			Confirm:    "inspect shows how many commands the AOF holds.",
			Act:        "Load the AOF into a server and compare its dump.",
			References: []string{"redis src/aof.c"},
		},
		{
			Code: "several-keyspaces", Title: "the input holds more than one whole RDB",
			Mechanism:  "A capture with several full resyncs holds a payload for each. The last whole one is compared.",
			Confirm:    "inspect lists the payloads.",
			Act:        "Compare another one by cutting the capture before the last full resync.",
			References: []string{"redis src/replication.c"},
		},
	}
}

// evidenceEntries explains the codes of evidence; those that bear the name of
// a cause are explained there.
func evidenceEntries() []Entry {
	return append(lackingEntries(), []Entry{
		{
			Code: "applied", Title: "an engine applied the commands",
			Mechanism:  "The commands of the stream were applied to what the key held before, and led to what the sides hold.",
			Confirm:    "The message names the engine and its version.",
			Act:        "None: it is what makes a cause proved.",
			References: []string{"redis src/cluster.c restoreCommand"},
		},
		{
			Code: "wrote-after", Title: "a command on the key behind the point of parting",
			Mechanism:  "The stream of one side holds a write to the key after the last offset that both histories share.",
			Confirm:    "dump shows the command at that offset.",
			Act:        "See different-history.",
			References: []string{"redis#4407"},
		},
		{
			Code: "both-wrote", Title: "both sides hold what the stream does not lead to",
			Affects:    "dumps without a replication id: before 4.0, or of a server without replicas",
			Mechanism:  "Some keys of the master and some of the replica are not what the stream leads to by its end: both took writes of their own, as after a failover.",
			Confirm:    "The logs of both servers: which was promoted, and when.",
			Act:        "See different-history.",
			References: []string{"redis#4407"},
		},
		{
			Code: "expired-at", Title: "the time of the key had passed",
			Mechanism:  "One side alone holds the key, and its expiry lies before the later of the two dumps, or before --now.",
			Confirm:    "The evidence bears the time.",
			Act:        "See expired.",
			References: []string{"redis#1766", "redis#4950"},
		},
		{
			Code: "relative-expiry", Title: "the replica ran a relative expiry later than its master",
			Affects: "masters before 7.0", FixedIn: "7.0",
			Mechanism:  "EXPIRE, SETEX and SET EX travel as they were typed, and count from when the replica runs them: a replica that was behind keeps the key that much longer.",
			Confirm:    "The replica's expiry is the later one, and no later than the time of its dump plus the lifetime in the command.",
			Act:        "None for the data; --ttl-skew takes in what is usual on this link.",
			References: []string{"redis#8474"},
		},
	}...)
}

// lackingEntries explains what a difference stays unexplained for.
func lackingEntries() []Entry {
	return []Entry{
		{
			Code: "no-stream", Title: "no replication stream was given",
			Mechanism:  "Two dumps show that a key differs, not why.",
			Confirm:    "No --stream on the command line.",
			Act:        "Add a capture or the raw bytes of the link with --stream.",
			References: []string{"redis src/replication.c"},
		},
		{
			Code: "no-start", Title: "what the key held before the stream is not known",
			Mechanism:  "Commands lead somewhere only from somewhere: the stream begins in the middle, with no full resync in it.",
			Confirm:    "inspect of the stream shows a partial resync, or none.",
			Act:        "Add the dump from which the replica started, with --replica-before.",
			References: []string{"redis src/replication.c"},
		},
		{
			Code: "no-engine", Title: "nothing was there to apply the commands with",
			Mechanism:  "Causes are proved by a server that applies the commands to the values before; none was found, or --engine none was given.",
			Confirm:    "redis-server is not on PATH.",
			Act:        "Put one on PATH, or name an empty one with --engine.",
			References: []string{"redis src/cluster.c restoreCommand"},
		},
		{
			Code: "incomplete-stream", Title: "bytes of the stream are missing",
			Mechanism:  "Between the state before and the offsets compared, the artefacts do not hold every byte.",
			Confirm:    "inspect shows the offsets of each link, and gaps of a capture.",
			Act:        "Add the missing links with further --stream.",
			References: []string{"redis src/replication.c"},
		},
		{
			Code: "too-many-commands", Title: "more commands name the keys than memory allows",
			Mechanism:  "The commands on the differing keys are held in memory, up to a quarter of --max-memory.",
			Confirm:    "It was said while diff ran.",
			Act:        "Raise --max-memory, or compare fewer keys with --match.",
			References: []string{"redis src/replication.c"},
		},
		{
			Code: "not-applicable", Title: "the commands lead to neither state",
			Mechanism:  "The engine applied the commands and arrived at what neither side holds, or does not know one of them.",
			Confirm:    "dump --match shows the commands on the key.",
			Act:        "Use an engine of the version of the servers with --engine.",
			References: []string{"redis#14535"},
		},
		{
			Code: "restart-unseen", Title: "the replica may have been restarted between two connections",
			Affects:    "replicas of 4.0.0 to 4.0.3, and of 7.0 and later under masters that send scripts",
			Mechanism:  "A replica that starts from its dump goes on with a partial resync, as one does whose link was cut. The restarted one has lost its scripts (before 4.0.4) and the selected database (before 4.0.2).",
			Confirm:    "The log of the replica, or its uptime in INFO.",
			Act:        "Add the dump that it started from with --replica-before, or its log.",
			References: []string{"redis#4483", "redis#4316"},
		},
		{
			Code: "end-unknown", Title: "the dump may be later than the end of the stream",
			Affects:    "dumps without a replication offset: before 4.0, or of a server without replicas",
			Mechanism:  "The stream explains the replica, and not the master, whose dump does not tell its offset: what is missing may have been sent after the stream ends.",
			Confirm:    "Compare the time of the dump with that of the last packet.",
			Act:        "Add the rest of the stream.",
			References: []string{"redis src/rdb.c rdbSaveInfoAuxFields"},
		},
		{
			Code: "expiry-unplaced", Title: "when a relative expiry began is not known",
			Mechanism:  "The commands lead to both states but for the expiry, which counts from when each server ran the command.",
			Confirm:    "dump --match shows the command on the key.",
			Act:        "Compare TTL on both servers; set it again with an absolute time.",
			References: []string{"redis#8474"},
		},
	}
}
