package divergence

import "github.com/redsleuth/redsleuth/server"

// sentOtherwise are commands that masters send in another form, which does
// something else on the replica.
var sentOtherwise = []*Row{
	{
		Name:       XTrimMinIDAcked,
		Title:      "a stream that is trimmed by MINID ~ with ACKED or DELREF grows on the replica",
		Commands:   []string{"XTRIM", "XADD"},
		When:       "MINID ~ with ACKED or DELREF, of a stream whose first entry is deleted",
		Differs:    "the replica keeps entries, and pending ones, that the master trimmed",
		Behaviours: []server.Behaviour{server.MistrimsByMinID},
		Confirm: []string{
			"redis-cli -h MASTER XADD probe 2-1 f b", "redis-cli -h MASTER XADD probe 20-1 f c",
			"redis-cli -h MASTER XTRIM probe MINID '~' 8-0 ACKED",
			"redis-cli -h MASTER XLEN probe", "redis-cli -h REPLICA XLEN probe",
		},
		Act: "Trim by MAXLEN ~, or by MINID =; both are sent rightly. The replica's memory " +
			"grows until a full resync.",
		fits: fitsMinID,
	},
	{
		Name:       IncrByFloatExpiry,
		Title:      "INCRBYFLOAT takes the expiry of the replica's key away",
		Commands:   []string{"INCRBYFLOAT"},
		When:       "the key has a time to live",
		Differs:    "the master's key expires, the replica's does not",
		Behaviours: []server.Behaviour{server.IncrByFloatDropsExpiry},
		Confirm: []string{
			"redis-cli -h MASTER SETEX probe 1000 1", "redis-cli -h MASTER INCRBYFLOAT probe 1",
			"redis-cli -h MASTER TTL probe", "redis-cli -h REPLICA TTL probe",
		},
		Act:     "EXPIRE after each INCRBYFLOAT, or use INCRBY; run 6.0 or later.",
		Reports: []string{"redis#5256", "redis#7483"},
	},
	{
		Name:       HIncrByFloatTTL,
		Title:      "HINCRBYFLOAT takes the expiry of the replica's field away",
		Commands:   []string{"HINCRBYFLOAT"},
		When:       "the field has a time to live",
		Differs:    "the master's field expires, the replica's does not",
		Behaviours: []server.Behaviour{server.HincrByFloatDropsExpiry},
		Confirm: []string{
			"redis-cli -h MASTER HSET probe f 1",
			"redis-cli -h MASTER HEXPIRE probe 1000 FIELDS 1 f",
			"redis-cli -h MASTER HINCRBYFLOAT probe f 1",
			"redis-cli -h MASTER HTTL probe FIELDS 1 f",
			"redis-cli -h REPLICA HTTL probe FIELDS 1 f",
		},
		Act:     "HEXPIRE after each HINCRBYFLOAT.",
		Reports: []string{"redis#14218", "valkey#3060"},
	},
	{
		Name:       EntriesRead,
		Title:      "how many entries a group has read is not sent",
		Commands:   []string{"XREADGROUP"},
		When:       "> and something is delivered",
		Differs:    "entries-read, and with it the lag, of the replica's group is lower or unknown",
		Behaviours: []server.Behaviour{server.OmitsEntriesRead},
		Confirm: []string{
			"redis-cli -h MASTER XADD probe 1-1 a b", "redis-cli -h MASTER XGROUP CREATE probe g 0",
			"redis-cli -h MASTER XREADGROUP GROUP g m STREAMS probe '>'",
			"redis-cli -h MASTER XINFO GROUPS probe", "redis-cli -h REPLICA XINFO GROUPS probe",
		},
		Act: "Don't alert on the lag of a server that was a replica; a full resync makes the " +
			"two equal.",
		Reports: []string{"redis#12898"},
	},
	{
		Name:     RenamedFields,
		Title:    "the deletion of an expired field is sent for another key",
		Commands: []string{"RENAME", "RENAMENX", "MOVE", "COPY", "RESTORE"},
		When: "the hash had fields with a time to live before, none then, and gets some " +
			"again",
		Differs: "the replica keeps fields that expired; the stream has an HDEL of a freed " +
			"name, often \"\"",
		Behaviours: []server.Behaviour{server.MissendsRenamedFields},
		Confirm: []string{
			"redis-cli -h MASTER HSET probe a 1 b 2",
			"redis-cli -h MASTER HPEXPIRE probe 1 FIELDS 1 a",
			"redis-cli -h MASTER RENAME probe probe2",
			"redis-cli -h MASTER HPEXPIRE probe2 9 FIELDS 1 b",
			"redis-cli -h REPLICA HLEN probe2",
		},
		Act:     "Upgrade: masters crash of it too.",
		Reports: []string{"redis#13539"},
		Sent:    "HDEL", fitsSent: fitsFreedName,
	},
	{
		Name:       StrayExec,
		Title:      "an EXEC without MULTI",
		Commands:   []string{"EXEC"},
		When:       "a transaction of commands that change no data but count as writes, as PFCOUNT",
		Differs:    "nothing: the replica answers with an error that nobody reads, and counts it",
		Behaviours: []server.Behaviour{server.SendsStrayExec},
		Dumps:      Hidden,
		Confirm: []string{
			"redis-cli -h MASTER PFADD probe a b",
			`printf 'MULTI\nPFCOUNT probe\nEXEC\n' | redis-cli -h MASTER`,
			"redis-cli -h REPLICA INFO errorstats",
		},
		Act:     "Nothing; replay tells it as transaction-stray.",
		Reports: []string{"redis#13251", "redis#8097"},
	},
}
