package server

// Behaviours is all that is known of versions, a row a behaviour.
// Each was read in the source of the releases at both ends of its ranges.
var Behaviours = [NumBehaviours]Row{
	ResumesAfterRestart: {
		Name: "resumes-after-restart", Role: Replica,
		Does: "when restarted, takes replication id and offset from its RDB and asks for a " +
			"partial resync",
		Ranges: []Range{{From: redis(4, 0, 0)}, anyValkey},
		Source: "server.c loadDataFromDisk, replication.c replicationCacheMasterUsingMyself",
	},
	RestoresDatabase: {
		Name: "restores-database", Role: Replica,
		Does: "when restarted, continues in the database that its RDB says the stream had " +
			"selected, not in database 0",
		Ranges: []Range{{From: redis(4, 0, 2)}, anyValkey},
		Source: "server.c loadDataFromDisk (selectDb); redis#4316",
	},
	NeedsDatabase: {
		Name: "needs-database", Role: Replica,
		Does: "ignores the replication state of an RDB that does not tell the selected " +
			"database, and asks for a full resync",
		Ranges: []Range{{From: redis(4, 0, 2)}, anyValkey},
		Source: "server.c loadDataFromDisk (rsi.repl_stream_db != -1)",
	},
	KeepsStaleOffset: {
		Name: "keeps-stale-offset", Role: Replica,
		Does: "having resumed from its RDB, keeps reporting and saving the offset of the " +
			"restart until its next full resync",
		Ranges: []Range{{From: redis(4, 0, 0), Before: redis(4, 0, 2)}},
		Source: "seen on replicas of 4.0.1 that had caught up; replication.c " +
			"replicationCacheMasterUsingMyself",
	},
	SavesScripts: {
		Name: "saves-scripts", Role: Replica,
		Does: "writes the script cache into an RDB, as AUX fields \"lua\", wherever it " +
			"writes a replication state",
		Ranges: []Range{{From: redis(4, 0, 4), Before: redis(7, 0, 0)}},
		Source: "rdb.c rdbSaveRio; redis#4483, removed by redis#9812",
	},
	LoadsScripts: {
		Name: "loads-scripts", Role: Replica,
		Does: "knows the scripts in the AUX fields of an RDB after loading it; others step " +
			"over these fields",
		Ranges: []Range{{From: redis(4, 0, 4), Before: redis(7, 0, 0)}},
		Source: "rdb.c rdbLoadRio; redis#4483, removed by redis#9812",
	},
	LosesScriptsOnRestart: {
		Name: "loses-scripts-on-restart", Role: Replica,
		Does: "when restarted, resumes the stream without the scripts that EVALSHAs in it name",
		Ranges: []Range{
			{From: redis(4, 0, 0), Before: redis(4, 0, 4)}, {From: redis(7, 0, 0)}, anyValkey,
		},
		Under:  []Behaviour{ReplicatesScripts},
		Source: "follows from resumes-after-restart, saves-scripts and loads-scripts; redis#4483",
	},
	LosesDatabaseOnRestart: {
		Name: "loses-database-on-restart", Role: Replica,
		Does:   "when restarted, resumes the stream in database 0, whichever was selected",
		Ranges: []Range{{From: redis(4, 0, 0), Before: redis(4, 0, 2)}},
		Source: "follows from resumes-after-restart and restores-database; redis#4316",
	},
	PanicsOnDuplicateScript: {
		Name: "panics-on-duplicate-script", Role: Replica,
		Does: "crashes (assertion failure) on an AUX field with a script that the process " +
			"already knows",
		Ranges: []Range{{From: redis(4, 0, 4), Before: redis(4, 0, 6)}},
		Source: "scripting.c luaCreateFunction (dictAdd assertion); redis#4505, whose first fix " +
			"looks up the wrong type of key",
	},
	LogsErrorsToMaster: {
		Name: "logs-errors-to-master", Role: Replica,
		Does:   "writes a == CRITICAL == line into its log where a command of its master fails",
		Ranges: []Range{{From: redis(4, 0, 9)}, anyValkey},
		Source: "networking.c addReplyError",
	},
	ForgetsReadOnlyEvalsha: {
		Name: "forgets-read-only-evalsha", Role: Master,
		Does: "takes a script for known to its replicas after an EVALSHA that wrote " +
			"nothing and was never sent",
		Ranges: []Range{{From: redis(2, 8, 0), Before: redis(2, 8, 6)}},
		Source: "scripting.c evalGenericCommand; redis#1549",
	},
	ReplicatesScripts: {
		Name: "replicates-scripts", Role: Master,
		Does: "may send EVAL and EVALSHA instead of what they did: always up to 4.0, with " +
			"lua-replicate-commands no up to 6.2",
		Ranges: []Range{{Before: redis(7, 0, 0)}},
		Source: "scripting.c evalGenericCommand; redis#9812",
	},
	UnsortedScriptReplies: {
		Name: "unsorted-script-replies", Role: Replica,
		Does: "does not sort what KEYS, SMEMBERS, HKEYS, HVALS, SINTER, SUNION and SDIFF " +
			"reply to a script",
		Ranges: []Range{{From: redis(7, 0, 0)}, anyValkey},
		Under:  []Behaviour{ReplicatesScripts},
		Source: "redis#10799; before, the flag CMD_SORT_FOR_SCRIPT in server.c",
	},
	MeaningfulOffset: {
		Name: "meaningful-offset", Role: Replica,
		Does:   "may ask for less than it has, by whole PINGs at the end of its history",
		Ranges: []Range{{From: redis(6, 0, 0), Before: redis(6, 0, 4)}},
		Source: "replication.c, master_repl_meaningful_offset; redis#7320",
	},
	HasFunctions: {
		Name: "has-functions", Role: Replica,
		Does: "has function libraries: they are in the RDB, replace all others at a full " +
			"resync, and come back at a restart",
		Ranges: []Range{{From: redis(7, 0, 0)}, anyValkey},
		Source: "rdb.c rdbSaveFunctions, replication.c readSyncBulkPayload",
	},
	HasSecondaryID: {
		Name: "has-secondary-id", Role: Master,
		Does: "after its promotion, grants partial resyncs under the former id up to the " +
			"offset of the change",
		Ranges: []Range{{From: redis(4, 0, 0)}, anyValkey},
		Source: "replication.c masterTryPartialResynchronization",
	},
	ResumesAtCommand: {
		Name: "resumes-at-command", Role: Replica,
		Does: "asks for what follows its last command outside any transaction; others ask " +
			"for what follows the bytes they read",
		Ranges: []Range{{From: redis(4, 0, 0)}, anyValkey},
		Source: "networking.c processInputBuffer (reploff)",
	},
	RelativeExpiries: {
		Name: "relative-expiries", Role: Master,
		Does: "sends EXPIRE, SETEX and SET EX as they were typed, so that they count from " +
			"when the replica runs them",
		Ranges: []Range{{Before: redis(7, 0, 0)}},
		Source: "redis#8474",
	},
	IncrByFloatDropsExpiry: {
		Name: "incrbyfloat-drops-expiry", Role: Master,
		Does: "sends INCRBYFLOAT as SET without KEEPTTL, which takes the expiry of the " +
			"replica's key away",
		Ranges: []Range{{Before: redis(6, 0, 0)}},
		Source: "t_string.c incrbyfloatCommand; redis#5256, redis#6679",
	},
	HincrByFloatDropsExpiry: {
		Name: "hincrbyfloat-drops-expiry", Role: Master,
		Does: "sends HINCRBYFLOAT as HSET, which takes the expiry of the replica's field away",
		Ranges: []Range{
			{From: redis(7, 4, 0), Before: redis(8, 0, 4)},
			{From: valkey(9, 0, 0), Before: valkey(9, 0, 2)},
		},
		Source: "t_hash.c hincrbyfloatCommand; redis#14218, valkey#3060; seen on 8.0.2, not on 8.0.6",
	},
	RedecidesHashFields: {
		Name: "redecides-hash-fields", Role: Replica,
		Does: "decides HINCRBY, HSETNX and HSETEX FNX or FXX again, on fields that it " +
			"still holds as expired",
		Ranges: []Range{{From: valkey(9, 0, 0), Before: valkey(9, 0, 2)}},
		Source: "t_hash.c of 9.0.2, which sends what they did",
	},
	ResendsDuplicateXADD: {
		Name: "resends-duplicate-xadd", Role: Master,
		Does: "sends a duplicate of an idempotent XADD with the id *, for the replica to " +
			"find the first or to add an entry",
		Ranges: []Range{{From: redis(8, 8, 0)}},
		Source: "t_stream.c xaddCommand",
	},
	OmitsVADDUpdates: {
		Name: "omits-vadd-updates", Role: Master,
		Does: "does not send a VADD of an element that is there, which changes its vector " +
			"or attributes",
		Ranges: []Range{{From: redis(8, 0, 0)}},
		Source: "modules/vector-sets vset.c VADD_RedisCommand; seen on 8.0 to 8.8",
	},
	OmitsPayloadChecksum: {
		Name: "omits-payload-checksum", Role: Master,
		Does:   "sends the payload of a full resync without a checksum to a replica that asks for none",
		Ranges: []Range{{From: redis(8, 8, 0)}, {From: valkey(8, 1, 0)}},
		Source: "rdb.c rdbSaveRio (skip-rdb-checksum in Valkey, rdb-no-checksum in Redis)",
	},
	AnswersIntoStream: {
		Name: "answers-into-stream", Role: Master,
		Does: "writes an error reply into the stream where a heartbeat and a REPLCONF of " +
			"the replica arrive together",
		Ranges: []Range{{From: redis(2, 8, 0), Before: redis(4, 0, 11)}},
		Source: "networking.c processInlineBuffer; redis#5135",
	},
	SendsStrayExec: {
		Name: "sends-stray-exec", Role: Master,
		Does:   "may send an EXEC without MULTI, or a MULTI within a transaction",
		Ranges: []Range{{Before: redis(7, 0, 0)}},
		Source: "multi.c execCommand; redis#13251, redis#8097",
	},
	TakesFieldsForGone: {
		Name: "takes-fields-for-gone", Role: Replica,
		Does: "does not persist a field whose time has passed when the HPERSIST of its master " +
			"reaches it, and deletes the field",
		Ranges: []Range{{From: redis(7, 4, 0)}},
		Source: "t_hash.c hpersistCommand, which makes no exception for the master's client",
	},
	MistrimsByMinID: {
		Name: "mistrims-by-minid", Role: Master,
		Does: "sends XTRIM and XADD with MINID ~ and ACKED or DELREF with the id of the first " +
			"entry, one that is deleted included, so that the replica trims less or nothing",
		Ranges: []Range{{From: redis(8, 6, 0)}},
		Source: "t_stream.c streamRewriteTrimArgument (streamGetEdgeID), since redis#14623",
	},
	DeletesLexByEncoding: {
		Name: "deletes-lex-by-encoding", Role: Master,
		Does: "deletes other members by ZREMRANGEBYLEX from a skiplist than from a listpack or " +
			"ziplist, where members have different scores",
		Ranges: []Range{{From: redis(2, 8, 9)}, anyValkey},
		Source: "t_zset.c zslDeleteRangeByLex has no range check, zzlDeleteRangeByLex has one; " +
			"redis#6870",
	},
	SortsTiesBySeed: {
		Name: "sorts-ties-by-seed", Role: Master,
		Does: "leaves elements of equal weight in SORT BY ALPHA in the order of its hash table, " +
			"which each server seeds for itself",
		Ranges: []Range{{}, anyValkey},
		Source: "sort.c sortCompare: the branch of ALPHA with BY has no tie break",
	},
	OmitsHistoryReads: {
		Name: "omits-history-reads", Role: Master,
		Does: "counts a delivery of each entry that a consumer reads again from its history, and " +
			"sends nothing of it",
		Ranges: []Range{{From: redis(5, 0, 0)}, anyValkey},
		Source: "t_stream.c streamReplyWithRangeFromConsumerPEL",
	},
	OmitsHistoryConsumers: {
		Name: "omits-history-consumers", Role: Master,
		Does:   "does not send the consumer that an XREADGROUP of its history makes",
		Ranges: []Range{{From: redis(5, 0, 0), Before: redis(8, 8, 0)}, anyValkey},
		Source: "t_stream.c xreadCommand; redis#14963",
	},
	OmitsIdleConsumers: {
		Name: "omits-idle-consumers", Role: Master,
		Does:   "does not send the consumer that an XREADGROUP makes which delivers nothing",
		Ranges: []Range{{From: redis(7, 2, 0), Before: redis(8, 8, 0)}, anyValkey},
		Source: "t_stream.c xreadCommand; redis#14963",
	},
	OmitsNoackConsumers: {
		Name: "omits-noack-consumers", Role: Master,
		Does:   "does not send the consumer that an XREADGROUP with NOACK makes",
		Ranges: []Range{{From: redis(5, 0, 0), Before: redis(6, 2, 0)}},
		Source: "t_stream.c xreadCommand; redis#7140",
	},
	OmitsClaimConsumers: {
		Name: "omits-claim-consumers", Role: Master,
		Does: "does not send the consumer that an XCLAIM or XAUTOCLAIM makes which claims nothing",
		Ranges: []Range{
			{From: redis(5, 0, 0), Before: redis(5, 0, 8)}, {From: redis(7, 2, 0)}, anyValkey,
		},
		Source: "t_stream.c xclaimCommand, xautoclaimCommand (preventCommandPropagation); redis#6744",
	},
	OmitsBlockedReads: {
		Name: "omits-blocked-reads", Role: Master,
		Does: "does not send all of what an XREADGROUP delivers that was blocked: pending " +
			"entries (to 5.0.8), the group's last id (to 5.0.9)",
		Ranges: []Range{{From: redis(5, 0, 0), Before: redis(5, 0, 10)}},
		Source: "release notes of 5.0.9 and 5.0.10",
	},
	OmitsEntriesRead: {
		Name: "omits-entries-read", Role: Master,
		Does: "does not send how many entries a group has read when XREADGROUP moves it on",
		Ranges: []Range{
			{From: redis(7, 0, 0), Before: redis(7, 4, 0)},
			{From: valkey(7, 2, 0), Before: valkey(8, 0, 0)},
		},
		Source: "t_stream.c streamPropagateGroupID, streamPropagateXCLAIM; redis#12898",
	},
	ReadsExpiredFields: {
		Name: "reads-expired-fields", Role: Replica,
		Does: "copies and reads, for COPY and for patterns of SORT that name a field, fields " +
			"that have expired and that its master leaves out",
		Ranges: []Range{{From: valkey(9, 0, 0)}},
		Source: "t_hash.c hashTypeDup, sort.c lookupKeyByPattern (POLICY_IGNORE_EXPIRE); of the " +
			"family of valkey#4732",
	},
	RevivesExpiredFields: {
		Name: "revives-expired-fields", Role: Replica,
		Does: "gives another time, or none, to expired fields that a HPERSIST or HEXPIRE names " +
			"and that its master takes for gone",
		Ranges: []Range{{From: valkey(9, 0, 0)}},
		Source: "t_hash.c hpersistCommand, hexpireGenericCommand; valkey#4732",
	},
	DropsEmptyAttributes: {
		Name: "drops-empty-attributes", Role: Replica,
		Does:   "loads the attribute \"\" of a vector set's element as none, which VADD keeps",
		Ranges: []Range{{From: redis(8, 0, 0)}},
		Source: "modules/vector-sets vset.c VectorSetRdbLoad",
	},
	OmitsBitfieldGrowth: {
		Name: "omits-bitfield-growth", Role: Master,
		Does: "makes or lengthens the string of a BITFIELD whose every write fails by OVERFLOW " +
			"FAIL, and does not send it",
		Ranges: []Range{{From: redis(7, 0, 0)}, anyValkey},
		Source: "bitops.c bitfieldGeneric (if (changes)); redis#15599, valkey#4121",
	},
	LeavesHashOfPastTime: {
		Name: "leaves-hash-of-past-time", Role: Master,
		Does:   "makes a hash without fields by an HSETEX whose time has passed, and does not send it",
		Ranges: []Range{{From: valkey(9, 0, 0), Before: valkey(9, 0, 2)}},
		Source: "t_hash.c hsetexCommand; valkey#2998",
	},
	LeavesHashOfInfinity: {
		Name: "leaves-hash-of-infinity", Role: Master,
		Does: "makes a hash without fields by an HINCRBYFLOAT by infinity, which is answered " +
			"with an error and not sent",
		Ranges: []Range{{From: redis(2, 6, 0), Before: redis(7, 0, 5)}},
		Source: "t_hash.c hincrbyfloatCommand; redis#11149",
	},
	MissendsRenamedFields: {
		Name: "missends-renamed-fields", Role: Master,
		Does: "may send the HDEL of an expired field for another name than that of its hash, " +
			"where the hash was renamed, moved or restored",
		Ranges: []Range{{From: redis(7, 4, 0), Before: redis(8, 0, 0)}},
		Source: "t_hash.c hashTypeGetMinExpire, listpackExExpire; redis#13539",
	},
	OverflowsRestoreTTL: {
		Name: "overflows-restore-ttl", Role: Master,
		Does: "adds the present time to the time to live of a RESTORE without looking for an " +
			"overflow, and sends a negative time, which the replica refuses",
		Ranges: []Range{
			{From: redis(7, 2, 0), Before: redis(8, 4, 0)}, {From: valkey(7, 2, 0), Before: valkey(9, 0, 0)},
		},
		Source: "cluster.c restoreCommand; redis#15756; seen on 7.2 to 8.0 and Valkey 8, not on others",
	},
	AsksForOldFormat: {
		Name: "asks-for-old-format", Role: Replica,
		Does: "tells no version on the second connection of a dual-channel sync, and so is sent " +
			"RDB 11, which can't hold hashes with expiring fields",
		Ranges: []Range{{From: valkey(9, 1, 0)}},
		Source: "replication.c dualChannelFullSyncWithPrimary; valkey#4103",
	},
	OmitsExpiredKeys: {
		Name: "omits-expired-keys", Role: Master,
		Does:   "leaves keys that have expired and are still there out of the RDB of a full resync",
		Ranges: []Range{{Before: redis(4, 0, 10)}},
		Source: "rdb.c rdbSaveKeyValuePair; redis#1766, redis#2015, redis#4950",
	},
	KeepsFreedHistory: {
		Name: "keeps-freed-history", Role: Master,
		Does: "keeps its replication id when repl-backlog-ttl frees the backlog, and continues " +
			"writing without counting offsets",
		Ranges: []Range{{From: redis(4, 0, 0), Before: redis(4, 0, 3)}},
		Source: "replication.c replicationCron",
	},
	EvictsOnItsOwn: {
		Name: "evicts-on-its-own", Role: Replica,
		Does: "removes keys for its own maxmemory (from 5.0 on only with " +
			"replica-ignore-maxmemory no)",
		Ranges: []Range{{Before: redis(5, 0, 0)}},
		Source: "server.c processCommand (freeMemoryIfNeeded); redis#4954, redis#1875, redis#1393",
	},
	ReordersModuleWrites: {
		Name: "reorders-module-writes", Role: Master,
		Does: "may send what a module writes on a keyspace notification, or the DEL of an expired " +
			"key that a module meets, behind the command that made the key again, or not at all",
		Ranges: []Range{{Before: redis(7, 2, 0)}},
		Source: "module.c; redis#10969, redis#8816",
	},
	OmitsDebugWrites: {
		Name: "omits-debug-writes", Role: Master,
		Does: "does not send the keys of DEBUG POPULATE, nor those that DEBUG RELOAD and DEBUG " +
			"LOADAOF drop as expired",
		Ranges: []Range{{}, anyValkey},
		Source: "debug.c debugCommand; redis#9863",
	},
	RedecidesConditions: {
		Name: "redecides-conditions", Role: Replica,
		Does: "decides NX, XX, IFEQ and other conditions again, on its own data: where that " +
			"differs, so does what the command does",
		Ranges: []Range{{}, anyValkey},
		Source: "t_string.c setGenericCommand; valkey#3500",
	},
	DropsEmptyKeys: {
		Name: "drops-empty-keys", Role: Replica,
		Does: "drops a list, set, hash or sorted set without elements while it loads an " +
			"RDB; others hold it as a key",
		Ranges: []Range{{From: redis(6, 2, 6)}, anyValkey},
		Source: "rdb.c rdbLoadRio (RDB_LOAD_ERR_EMPTY_KEY); redis#9297; seen on 6.2.16 and " +
			"later, and not on 5.0.14 and 6.0.16",
	},
	ChecksEnvelopes: {
		Name: "checks-envelopes", Role: Replica,
		Does:   "refuses an RDB with a packed value whose length or end mark is wrong",
		Ranges: []Range{{From: redis(6, 2, 0)}, anyValkey},
		Source: "rdb.c rdbLoadObject (lpValidateIntegrity, ziplistValidateIntegrity, " +
			"intsetValidateIntegrity); redis#7807",
	},
	ConvertsZiplists: {
		Name: "converts-ziplists", Role: Replica,
		Does: "turns ziplists and zipmaps into listpacks while it loads an RDB, and refuses " +
			"one in which an entry is wrong or a field is there twice",
		Ranges: []Range{{From: redis(7, 0, 0)}, anyValkey},
		Source: "rdb.c rdbLoadObject (ziplistPairsConvertAndValidateIntegrity); redis#8887, redis#9740",
	},
	ChecksMembers: {
		Name: "checks-members", Role: Replica,
		Does: "refuses an RDB with a set or sorted set, not packed, that holds a member twice, " +
			"or with a score that is no number",
		Ranges: []Range{{From: redis(6, 2, 0)}, anyValkey},
		Source: "rdb.c rdbLoadObject (Duplicate set members, Zset with NAN score); redis#7807",
	},
	ChecksStreamNames: {
		Name: "checks-stream-names", Role: Replica,
		Does: "refuses an RDB with a stream in which a node, group, consumer or pending entry " +
			"is there twice",
		Ranges: []Range{{From: redis(7, 0, 0)}, anyValkey},
		Source: "rdb.c rdbLoadObject (Duplicated consumer group name, Duplicate stream consumer)",
	},
	ChecksOwners: {
		Name: "checks-owners", Role: Replica,
		Does:   "refuses an RDB with a stream in which a pending entry has two owners",
		Ranges: []Range{{From: redis(8, 0, 2)}, {From: valkey(8, 1, 1)}},
		Source: "rdb.c rdbLoadObject; seen on 8.0.2 and Valkey 8.1.1, not on 7.0.15 and Valkey 8.0.1",
	},
	ChecksValues: {
		Name: "checks-values", Role: Replica,
		Does:   "checks every value while it loads an RDB as RESTORE would, and refuses one that is not sound",
		Ranges: []Range{{From: valkey(9, 1, 0)}},
		Source: "rdb.c rdbLoadObject (deep_integrity_validation); seen on Valkey 9.1.2",
	},
	HasVectorSets: {
		Name: "has-vector-sets", Role: Replica,
		Does:   "loads vector sets without a module; others refuse an RDB that holds one",
		Ranges: []Range{{From: redis(8, 0, 0)}},
		Source: "redis modules/vector-sets, built in; seen on 8.0.2 and 8.0.6",
	},
	LogsRefusedPlace: {
		Name: "logs-refused-place", Role: Replica,
		Does: "has run all of the stream that its log shows as its latest backlog, up to the " +
			"command that it answers its master with an error",
		Ranges: []Range{{From: redis(6, 0, 0)}, anyValkey},
		Source: "networking.c commandProcessed, replication.c showLatestBacklog; before, the backlog " +
			"took what had been read at once",
	},
}
