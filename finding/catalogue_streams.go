package finding

// streamEntries explains what is wrong with links, offsets and histories.
func streamEntries() []Entry {
	return []Entry{
		{
			Code: string(CaptureGap), Title: "bytes of the stream are not in the recording",
			Mechanism:  "Packets that were dropped or cut short (tcpdump -s), a recording that begins within a command, or a ring buffer that wrapped. Commands in the gap are unknown; so are the selected database and an open transaction behind it, until the stream tells them again.",
			Confirm:    "tcpdump's count of packets dropped by the kernel; another recording of the same link.",
			Act:        "Conclusions that need the missing bytes are not drawn. Capture with -s 0 and a larger buffer (-B).",
			References: []string{"tcpdump(8)"},
		},
		{
			Code: string(ResyncRefused), Title: "a request for a partial resync was answered with a full one",
			Mechanism:  "The master no longer has the bytes asked for in its backlog, or the replica comes from another history, or from behind the offset up to which the former one is shared.",
			Confirm:    "\"Partial resynchronization not accepted\" or \"for lack of backlog\" in the master's log (--log); repl_backlog_first_byte_offset, master_replid2 and second_repl_offset in its INFO (--info).",
			Act:        "None for the data: the full resync replaces it. Raise repl-backlog-size if replicas come back too late.",
			References: []string{"redis src/replication.c masterTryPartialResynchronization"},
		},
		{
			Code: string(ReplicaError), Title: "the replica's log says that it answered its master with an error",
			Affects:    "4.0.9 and later write such a line; before, nothing tells",
			Mechanism:  "A command of the stream failed on the replica: a script that it did not have, a database beyond its own number of databases, a type, a module or memory that only the master has. The replica drops it and goes on, and its offset with it.",
			Confirm:    "The lines with \"== CRITICAL ==\" in the replica's log name the error and the command.",
			Act:        "Compare the two states (diff); a full resync makes them equal again. Give both servers the same configuration.",
			References: []string{"redis src/networking.c afterErrorReply", "redis#4483"},
		},
		{
			Code: string(BaseUnused), Title: "a dump given as a start, from which nothing here starts",
			Mechanism:  "A process that starts from a dump asks for what follows the dump's offset, in the dump's history. No connection of these artefacts does, so the dump tells nothing about them.",
			Confirm:    "inspect shows the dump's replication id and offset, and what each connection asked for.",
			Act:        "Look for the recording of the restart, or for the dump that this replica did start from.",
			References: []string{"redis src/server.c loadDataFromDisk"},
		},
		{
			Code: string(DuplicateLink), Title: "a connection that two inputs hold",
			Mechanism:  "A capture and a raw recording, or two recordings, hold the same connection. It is followed once, from the one that tells more.",
			Confirm:    "Ids, offsets and commands are the same in both.",
			Act:        "None.",
			References: []string{"redis src/replication.c masterTryPartialResynchronization"},
		},
		{
			Code: string(FormatUnread), Title: "an RDB of a format that this version does not load",
			Mechanism:  "A server refuses an RDB of a newer version than its own (\"Can't handle RDB format version\"): a replica of this version would never have got the payload, and would not have started from the dump. What else is said of it supposes that it had.",
			Confirm:    "inspect shows the format's version; the server's log names it.",
			Act:        "Take versions that load it into the comparison only.",
			References: []string{"redis src/rdb.c rdbLoadRio"},
		},
		{
			Code: string(IDMadeUp), Title: "an XADD whose entry id each server makes up",
			Affects:    "Redis 8.8",
			Mechanism:  "Masters send the id that an entry got. A duplicate XADD with IDMP is sent as it was typed, with *; a replica that no longer remembers the original by then adds an entry, with an id of its own.",
			Confirm:    "The stream's length and last id on both servers.",
			Act:        "Compare the stream on both; a full resync makes them equal again. A longer idmp-duration makes it rarer.",
			References: []string{"redis src/t_stream.c xaddCommand"},
		},
		{
			Code: string(StreamText), Title: "a line of text where commands belong",
			Mechanism: "A reply such as -ERR in what the master sends. Replicas take it for an inline command and count its bytes, so their offset moves ahead of the master's.",
			Affects:   "masters up to 4.0.10 write them when a heartbeat and a REPLCONF arrive together", FixedIn: "4.0.11 and 5.0-rc4",
			Confirm:    "The replica's ACKs are larger than what the master sent.",
			Act:        "Force a full resync of the replica; look for proxies that write into the connection.",
			References: []string{"redis#5135"},
		},
		{
			Code: string(TransactionOpen), Title: "a MULTI without its EXEC",
			Mechanism:  "The stream ends, is cut or has a gap within a transaction. A replica that loses the link throws the queued commands away and asks again from before the MULTI, so a later connection usually brings them whole: info then.",
			Confirm:    "The next connection's request lies before the MULTI.",
			Act:        "None where a later connection resolves it. In an AOF a server cuts the file before the MULTI.",
			References: []string{"redis src/replication.c replicationCacheMaster", "redis#3836"},
		},
		{
			Code: string(TransactionStray), Title: "an EXEC without MULTI, or a MULTI within a transaction",
			Affects:    "masters up to 6.2, and of any version with a module that sends half a transaction",
			Mechanism:  "A master that changed nothing worth sending sends a bare EXEC, and a module may leave its own out. Replicas answer with an error, and nothing is lost; but commands behind a MULTI without EXEC wait for the EXEC of another transaction.",
			Confirm:    "dump --command MULTI,EXEC lists them with their offsets.",
			Act:        "None for the replica's data. Upgrade the master or the module, and mistrust tools that cut streams at EXEC.",
			References: []string{"redis#13251", "redis#8654", "redis#8097"},
		},
		{
			Code: string(OffsetGap), Title: "offsets jump, repeat or go back between connections",
			Mechanism:  "A replica asked for something else than what follows the bytes that these artefacts hold: bytes were sent and not recorded, were sent and did not arrive, or it went back to an older dump.",
			Confirm:    "The replica's log names the offset of each request; the master's how much it sent.",
			Act:        "Add the recording that is missing, or the dump that it started from (--base).",
			References: []string{"redis src/replication.c masterTryPartialResynchronization"},
		},
		{
			Code: string(OffsetStale), Title: "a dump tells an older offset than its keys have",
			Affects: "4.0.0 and 4.0.1", FixedIn: "4.0.2",
			Mechanism:  "A replica that resumed from its RDB keeps reporting and saving the offset of that restart until its next full sync. A restart from such a dump asks for bytes that it has applied already, and applies them twice.",
			Confirm:    "The offset in the dump equals that of the dump before, while its keys differ.",
			Act:        "Force a full resync before such a replica restarts again, and upgrade.",
			References: []string{"redis#4316"},
		},
		{
			Code: string(HistoryChanged), Title: "the replication id changed",
			Mechanism:  "A promotion, a restart of the master, a freed backlog or another master. Replicas may go on under a new id only up to the offset to which both histories are the same (the secondary id's limit).",
			Confirm:    "INFO of the new master: master_replid2 is the old id and second_repl_offset the first byte that is no longer shared.",
			Act:        "None where the new id's former history covers what the replica had. Otherwise compare the two states.",
			References: []string{"redis#4407", "redis#8015"},
		},
		{
			Code: string(RestartRefused), Title: "a restart from this dump can't resume",
			Mechanism:  "The dump lacks what a partial resync needs (id, offset, selected database), so a replica that starts from it asks for a full resync.",
			Affects:    "dumps of masters without a backlog, AOF bases, BGSAVE of 4.0.2, and everything before 4.0",
			Confirm:    "inspect shows the AUX fields repl-id, repl-offset and repl-stream-db.",
			Act:        "Expect a full sync at the next restart; save from a replica that is linked.",
			References: []string{"redis src/rdb.c rdbPopulateSaveInfo", "redis#4316"},
		},
	}
}

// databaseEntries explains what happens to the selected database.
func databaseEntries() []Entry {
	return []Entry{
		{
			Code: string(SelectLost), Title: "commands ran in the wrong database after a restart",
			Affects: "4.0.0 and 4.0.1", FixedIn: "4.0.2",
			Mechanism:  "A replica that resumes from its RDB goes on in database 0, since these versions neither save nor restore the database that the stream had selected. A master sends SELECT only when the database changes, so everything up to the next SELECT lands in database 0.",
			Confirm:    "Keys that the master has in another database stand in database 0 of the replica, and are stale where they belong.",
			Act:        "Force a full resync of the replica (it replaces everything), and upgrade. Don't promote it before.",
			References: []string{"redis#4316"},
		},
		{
			Code: string(SelectMissing), Title: "a write before any SELECT",
			Mechanism:  "Nothing in the artefacts tells in which database the first commands ran. A recording that begins in the middle has that; behind a full resync a master always sends SELECT first.",
			Confirm:    "Add the dump that the stream goes on from (--base): its repl-stream-db tells.",
			Act:        "Don't take it for database 0.",
			References: []string{"redis src/replication.c replicationFeedSlaves"},
		},
	}
}
