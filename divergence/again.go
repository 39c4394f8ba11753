package divergence

import "github.com/redsleuth/redsleuth/server"

// decidedAgain are commands that are sent as they ran and that the replica
// decides otherwise.
var decidedAgain = []*Row{
	{
		Name:     RestoreTTL,
		Title:    "RESTORE with a time to live that overflows is refused by the replica",
		Commands: []string{"RESTORE"},
		When:     "a time to live near 2^63 milliseconds, without ABSTTL",
		Differs: "the replica keeps what the key held; on the master it is replaced, and " +
			"expired at once",
		Behaviours: []server.Behaviour{server.OverflowsRestoreTTL},
		Dumps:      Hidden,
		Confirm: []string{
			"redis-cli -h MASTER SET probe 1",
			`redis-cli -h MASTER --no-raw EVAL "return redis.call('restore','probe2',9223372036854775807,redis.call('dump','probe'),'REPLACE')" 0`,
			"redis-cli -h REPLICA INFO errorstats",
		},
		Act:     "Give RESTORE 0, or a time with ABSTTL.",
		Reports: []string{"redis#15756 (the client's side only)"},
		fits:    fitsNegativeTTL,
	},
	{
		Name:     LexRangeScores,
		Title:    "ZREMRANGEBYLEX over several scores deletes by encoding",
		Commands: []string{"ZREMRANGEBYLEX"},
		When: "members have different scores, and the set is a skiplist on one side and a " +
			"listpack " +
			"on the other: it was large once, and the replica has loaded an RDB since",
		Differs:    "the replica keeps members that the master deleted, or the other way round",
		Behaviours: []server.Behaviour{server.DeletesLexByEncoding},
		Confirm: []string{
			"redis-cli -h MASTER OBJECT ENCODING KEY", "redis-cli -h REPLICA OBJECT ENCODING KEY",
			"redis-cli -h MASTER ZCARD KEY", "redis-cli -h REPLICA ZCARD KEY",
		},
		Act:     "Use lexical ranges only where all scores are equal, as their documentation asks.",
		Reports: []string{"redis#6870 (that such ranges are unspecified)"},
	},
	{
		Name:     SortTies,
		Title:    "SORT … BY … ALPHA STORE orders ties by each server's own hash seed",
		Commands: []string{"SORT"},
		When: "BY a pattern with *, ALPHA and STORE, of a set or sorted set, with equal or " +
			"missing weights",
		Differs:    "the stored lists have another order; with LIMIT, other elements",
		Behaviours: []server.Behaviour{server.SortsTiesBySeed},
		Confirm: []string{
			"redis-cli -h MASTER SADD probe a b c d e f g h",
			"redis-cli -h MASTER SORT probe BY 'w*' ALPHA STORE list",
			"redis-cli -h MASTER LRANGE list 0 -1", "redis-cli -h REPLICA LRANGE list 0 -1",
		},
		Act:  "Give every element a weight of its own, or sort in the client and RPUSH.",
		fits: fitsTies,
	},
	{
		Name:       ScriptSPop,
		Title:      "a script that is sent as it is pops other members on the replica",
		Commands:   []string{"EVAL", "EVALSHA"},
		When:       "the script calls SPOP, and is sent itself instead of what it did",
		Differs:    "the sets lack different members, and what the script makes of them differs",
		Behaviours: []server.Behaviour{server.ReplicatesScripts},
		Confirm: []string{
			"redis-cli -h MASTER SADD probe a b c d e f g h",
			`redis-cli -h MASTER EVAL "return redis.call('spop',KEYS[1])" 1 probe`,
			"redis-cli -h MASTER SMEMBERS probe", "redis-cli -h REPLICA SMEMBERS probe",
		},
		Act: "redis.replicate_commands() at the start of the script (3.2 and later), or run " +
			"5.0 or later.",
		Reports: []string{"redis#5292 (in general)"},
		fits:    fitsScript,
	},
	{
		Name:     ScriptUnsorted,
		Title:    "a script reads replies that the master sorts and the replica does not",
		Commands: []string{"EVAL", "EVALSHA"},
		When: "it reads KEYS, SMEMBERS, HKEYS, HVALS, SINTER, SUNION or SDIFF and writes " +
			"by their order",
		Differs:    "what the script writes depends on the order",
		Behaviours: []server.Behaviour{server.ReplicatesScripts, server.UnsortedScriptReplies},
		Confirm:    []string{"redsleuth replay STREAM --server-version VERSION"},
		Act: "Sort in the script; upgrade masters before replicas here. replay tells it " +
			"as script-unordered.",
		Reports: []string{"redis#10799"},
	},
	{
		Name:     DuplicateXAdd,
		Title:    "a duplicate of an idempotent XADD adds an entry on the replica",
		Commands: []string{"XADD"},
		When: "IDMP or IDMPAUTO with the id *, a duplicate, and the replica has forgotten the " +
			"first by " +
			"its own clock",
		Differs:    "the replica has an entry more, with an id of its own",
		Behaviours: []server.Behaviour{server.ResendsDuplicateXADD},
		Confirm:    []string{"redsleuth dump CAPTURE --command XADD"},
		Act: "Keep idmp-duration well above the lag of replicas. replay tells it as " +
			"id-made-up.",
	},
	{
		Name:       RedecidedCondition,
		Title:      "a condition is decided again on other data",
		Commands:   []string{"SET", "SETNX", "MSETNX", "MSETEX", "DELEX", "DELIFEQ"},
		When:       "NX, XX, IFEQ and the like, of a key that differs already",
		Differs:    "what the condition lets through on one side alone",
		Behaviours: []server.Behaviour{server.RedecidesConditions},
		Confirm:    []string{"redsleuth diff MASTER REPLICA --stream CAPTURE"},
		Act:        "Look for the first difference: this one follows from it.",
		Reports:    []string{"valkey#3500 (closed, not to be changed)"},
	},
}

// decidedAgainOfFields are those of hash fields that expire.
var decidedAgainOfFields = []*Row{
	{
		Name:     LateHPersist,
		Title:    "a late replica deletes a field instead of persisting it",
		Commands: []string{"HPERSIST", "HGETEX"},
		When:     "the replica runs it after the field's time, which the master did not",
		Differs: "the master holds a field that the replica does not: after a failover it is " +
			"lost",
		Behaviours: []server.Behaviour{server.TakesFieldsForGone},
		Confirm: []string{
			"redis-cli -h MASTER HSET probe f 1 k 2",
			"kill -STOP the replica; redis-cli -h MASTER HPEXPIRE probe 800 FIELDS 1 f",
			"redis-cli -h MASTER HPERSIST probe FIELDS 1 f; sleep 1; kill -CONT the replica",
			"redis-cli -h MASTER HKEYS probe", "redis-cli -h REPLICA HKEYS probe",
		},
		Act: "Give fields a longer time by HEXPIRE instead of taking it away shortly before it " +
			"ends; " +
			"HSET the field again, which is sent.",
	},
	{
		Name:       CopyExpiredFields,
		Title:      "COPY copies expired fields on the replica",
		Commands:   []string{"COPY"},
		When:       "of a hash with fields that have expired and are not reclaimed yet",
		Differs:    "the replica's copy has fields that the master's has not",
		Behaviours: []server.Behaviour{server.ReadsExpiredFields},
		Confirm:    fieldsAfter("copy", "redis-cli -h MASTER COPY probe copy"),
		Act:        "HDEL the fields of the copy on the master, which is sent.",
	},
	{
		Name:     SortExpiredField,
		Title:    "SORT with a pattern of a field reads expired fields on the replica",
		Commands: []string{"SORT"},
		When: "BY or GET *->field with STORE, where the field has expired and is not " +
			"reclaimed yet",
		Differs:    "the stored lists differ in elements or order",
		Behaviours: []server.Behaviour{server.ReadsExpiredFields},
		Confirm: append(withExpired(), "redis-cli -h MASTER RPUSH l probe",
			"redis-cli -h MASTER SORT l BY nosort GET '*->f' STORE d",
			"redis-cli -h MASTER LRANGE d 0 -1", "redis-cli -h REPLICA LRANGE d 0 -1"),
		Act: "Sort in the client and RPUSH.",
	},
	{
		Name:     RevivedFields,
		Title:    "HPERSIST or HEXPIRE brings expired fields back on the replica",
		Commands: []string{"HPERSIST", "HEXPIRE", "HPEXPIRE", "HEXPIREAT", "HPEXPIREAT", "HGETEX"},
		When: "it names a field that has expired and is not reclaimed yet, and one that the " +
			"master " +
			"changes",
		Differs:    "the replica holds a field that the master does not",
		Behaviours: []server.Behaviour{server.RevivesExpiredFields},
		Confirm:    fieldsAfter("probe", "redis-cli -h MASTER HPEXPIRE probe 9999 FIELDS 2 f k"),
		Act:        "Name one field a command; HDEL the field on the master, which is sent.",
		Reports:    []string{"valkey#4732", "valkey#3036"},
	},
	{
		Name:       RedecidedFields,
		Title:      "HSETNX, HINCRBY and HSETEX FNX or FXX find expired fields on the replica",
		Commands:   []string{"HSETNX", "HINCRBY", "HSETEX"},
		When:       "of a field that has expired and is not reclaimed yet",
		Differs:    "the replica keeps the field's old value, or counts on from it",
		Behaviours: []server.Behaviour{server.RedecidesHashFields},
		Confirm:    fieldsAfter("probe", "redis-cli -h MASTER HSETNX probe f new"),
		Act:        "Run Valkey 9.0.2 or later.",
		Reports:    []string{"valkey#3060"},
	},
}

// beside are those that no command makes.
var beside = []*Row{
	{
		Name:  "dual-channel-rdb11",
		Title: "a dual-channel sync breaks off at the first hash with expiring fields",
		When:  "dual-channel-replication-enabled yes, and the master holds such a hash",
		Differs: "the full resync fails and is tried again without end: the replica holds " +
			"what it held before",
		Behaviours: []server.Behaviour{server.AsksForOldFormat},
		Confirm: []string{
			"redis-cli -h REPLICA INFO replication | grep master_link",
		},
		Act:     "Turn dual-channel-replication-enabled off on the replica.",
		Reports: []string{"valkey#4103", "valkey#4105"},
	},
	{
		Name:       "expired-keys-omitted",
		Title:      "a full resync leaves out keys that have expired",
		When:       "keys have expired and are still there when the RDB is made",
		Differs:    "replicas that were there before keep them, once promoted for ever",
		Behaviours: []server.Behaviour{server.OmitsExpiredKeys},
		Confirm:    []string{"redis-cli -h MASTER DBSIZE", "redis-cli -h REPLICA DBSIZE"},
		Act: "Nothing while the master lives, which sends their DEL; upgrade before a " +
			"failover.",
		Reports: []string{"redis#1766", "redis#2015", "redis#4950"},
	},
	{
		Name:       "freed-backlog",
		Title:      "a master without replicas writes on under the same id and offset",
		When:       "no replica for repl-backlog-ttl, then writes, then a replica that resumes",
		Differs:    "the replica lacks what was written while nobody was there",
		Behaviours: []server.Behaviour{server.KeepsFreedHistory},
		Confirm:    []string{"redis-cli -h MASTER CONFIG GET repl-backlog-ttl"},
		Act:        "repl-backlog-ttl 0, or upgrade; a full resync makes the two equal.",
	},
	{
		Name:       "replica-evicts",
		Title:      "a replica removes keys for its own maxmemory",
		When:       "the replica's maxmemory is lower than what the master's keys take in it",
		Differs:    "the replica lacks keys for which the stream has no DEL",
		Behaviours: []server.Behaviour{server.EvictsOnItsOwn},
		Confirm: []string{
			"redis-cli -h REPLICA INFO stats | grep evicted_keys",
			"redis-cli -h REPLICA CONFIG GET maxmemory",
		},
		Act:     "maxmemory 0 on replicas, or well above the master's.",
		Reports: []string{"redis#4954", "redis#1875", "redis#1393"},
	},
	{
		Name:       "module-order",
		Title:      "what modules write comes behind the command that made the key again",
		When:       "a module writes on keyspace notifications, or meets an expired key",
		Differs:    "the replica lacks the key, or holds the older value",
		Behaviours: []server.Behaviour{server.ReordersModuleWrites},
		Confirm:    []string{"redsleuth dump CAPTURE --match KEY"},
		Act:        "Run 7.2 or later.",
		Reports:    []string{"redis#10969", "redis#8816", "redis#8617"},
	},
}

// withExpired makes a hash with a field that has expired and is not reclaimed.
func withExpired() []string {
	return []string{
		"redis-cli -h MASTER DEBUG SET-ACTIVE-EXPIRE 0", "redis-cli -h MASTER HSET probe f 1 k 2",
		"redis-cli -h MASTER HPEXPIRE probe 3 FIELDS 1 f; sleep 1",
	}
}

// fieldsAfter shows the fields of a key after a command.
func fieldsAfter(key, command string) []string {
	return append(withExpired(), command,
		"redis-cli -h MASTER HKEYS "+key, "redis-cli -h REPLICA HKEYS "+key)
}
