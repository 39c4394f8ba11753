package finding

// causeEntries explains the causes that diff gives; script-missing stands
// among the codes.
func causeEntries() []Entry {
	return []Entry{
		{
			Code: "expired", Title: "only expiry tells the two sides apart",
			Mechanism:  "The key's time had come when the later dump was made. Masters delete at expiry and send DEL; replicas hide the key and keep it until the DEL arrives. Masters up to 4.0.9 also leave expired keys out of dumps.",
			Confirm:    "Both servers answer TTL -2 for it.",
			Act:        "None: clients see no difference.",
			References: []string{"redis#1766", "redis#4950"},
		},
		{
			Code: "different-history", Title: "one side wrote after the histories parted",
			Mechanism:  "A replica was promoted while its old master still took writes, or two servers started from the same dump. Up to the point of parting the data is the same.",
			Confirm:    "INFO of the promoted one: master_replid2 and second_repl_offset are the other one's id and the first byte that is no longer shared.",
			Act:        "Decide which side is right key by key; a full resync throws the other one's writes away.",
			References: []string{"redis#4407", "redis#4316"},
		},
		{
			Code: "wrong-database", Title: "the replica applied commands to another database",
			Affects: "4.0.0 and 4.0.1", FixedIn: "4.0.2",
			Mechanism:  "See select-lost: after a restart from its dump the replica goes on in database 0.",
			Confirm:    "The key stands in the replica's database 0 with what the master has in another one.",
			Act:        "Full resync, upgrade.",
			References: []string{"redis#4316"},
		},
		{
			Code: "lag", Title: "the replica had not run the commands yet",
			Mechanism:  "The commands that explain the difference are in the stream behind the replica's offset, and nothing shows that it has run them.",
			Confirm:    "The difference goes away when the replica reaches the master's offset.",
			Act:        "None, if the lag is what you expect: see lag_bytes.",
			References: []string{"redis src/replication.c replicationCron"},
		},
		{
			Code: "re-evaluated", Title: "both ran the same command, and it ended otherwise on the replica",
			Mechanism:  "Some commands are decided again by the replica: conditions (NX, XX, IFEQ) on data that already differs, scripts that read the clock, random values or an order that is not promised, relative expiries before 7.0, duplicate XADD with an idempotence id (Redis 8.8) that the replica has forgotten.",
			Confirm:    "The evidence names the command.",
			Act:        "Use effects replication (5.0 and later by default); full resync to heal.",
			References: []string{"redis#10799", "redis#8370", "valkey#3500"},
		},
		{
			Code: "not-propagated", Title: "something changed the master and never travelled",
			Mechanism:  "The stream is complete and explains the replica's state, not the master's: VADD on an existing element (Redis 8.0 to 8.8), DEBUG commands, a module that does not replicate, or an eviction or expiry that was not sent.",
			Confirm:    "Apply the stream to the replica's earlier state: it arrives at the replica's value.",
			Act:        "Write the value on the master again by a command that is replicated, or resync.",
			References: []string{"redis modules/vector-sets/vset.c", "redis#9863"},
		},
		{
			Code: "local-write", Title: "something changed the replica itself",
			Mechanism:  "The stream is complete and explains the master's state, not the replica's: a client wrote to a replica with replica-read-only no, or the replica evicted by its own maxmemory.",
			Confirm:    "CONFIG GET replica-read-only, INFO commandstats and evicted_keys on the replica.",
			Act:        "Set replica-read-only yes, full resync.",
			References: []string{"redis#6842", "redis#4954"},
		},
		{
			Code: "unexplained", Title: "the artefacts don't tell",
			Mechanism:  "Nothing in them explains the difference; the evidence says what is lacking: the stream from a full sync on, the dump that the replica started from, INFO or a log.",
			Confirm:    "Add what is lacking and compare again.",
			Act:        "Keep all artefacts.",
			References: []string{"redis#14535"},
		},
	}
}
