package divergence

import "github.com/redsleuth/redsleuth/server"

// unsent are what changes the master and is not sent: only the master's
// clients show the command.
var unsent = []*Row{
	{
		Name:     BitfieldOverflowFail,
		Title:    "BITFIELD that fails makes or lengthens the string on the master only",
		Commands: []string{"BITFIELD"},
		When: "OVERFLOW FAIL, every write of the command overflows, and the key is not there or " +
			"shorter than the bits named",
		Differs: "the master holds the string, or zero bytes at its end, that the replica " +
			"does not",
		Behaviours: []server.Behaviour{server.OmitsBitfieldGrowth},
		Confirm: []string{
			"redis-cli -h MASTER BITFIELD probe OVERFLOW FAIL SET u8 0 300",
			"redis-cli -h MASTER STRLEN probe", "redis-cli -h REPLICA STRLEN probe",
		},
		Act:     "SETBIT the last bit first, which is sent, or check the range in the client.",
		Reports: []string{"redis#15599", "redis#15699 (fix, merged 2026-08)", "valkey#4121"},
		fits:    fitsBitfield,
	},
	{
		Name:     DebugWrites,
		Title:    "DEBUG changes the master's keys and is not sent",
		Commands: []string{"DEBUG"},
		When:     "POPULATE; RELOAD and LOADAOF where keys have expired",
		Differs: "the master holds keys that the replica does not, or the replica keys that " +
			"expired",
		Behaviours: []server.Behaviour{
			server.OmitsDebugWrites,
		},
		Confirm: []string{
			"redis-cli -h MASTER DEBUG POPULATE 3 probe", "redis-cli -h MASTER DBSIZE",
			"redis-cli -h REPLICA DBSIZE",
		},
		Act:     "Keep DEBUG off (enable-debug-command no) where there are replicas.",
		Reports: []string{"redis#9863"},
		fits:    fitsDebug,
	},
	{
		Name:     VAddExisting,
		Title:    "VADD of an element that is there changes it on the master only",
		Commands: []string{"VADD"},
		When:     "the element is there with another vector or other attributes",
		Differs: "the master's element has another vector or other attributes (SETATTR) than " +
			"the replica's",
		Behaviours: []server.Behaviour{server.OmitsVADDUpdates},
		Confirm: []string{
			"redis-cli -h MASTER VADD probe VALUES 2 1 2 a",
			"redis-cli -h MASTER VADD probe VALUES 2 2 1 a",
			"redis-cli -h MASTER VEMB probe a", "redis-cli -h REPLICA VEMB probe a",
		},
		Act: "VREM the element first; change attributes by VSETATTR, which is sent.",
	},
	{
		Name:       VAddEmptyAttribute,
		Title:      `the attribute "" of VADD is gone after any load of an RDB`,
		Commands:   []string{"VADD"},
		When:       `SETATTR "" of a new element; then a full resync or a restart of one side`,
		Differs:    `VGETATTR replies "" on one side and nil on the one that loaded an RDB`,
		Behaviours: []server.Behaviour{server.DropsEmptyAttributes},
		Dumps:      Hidden,
		Confirm: []string{
			`redis-cli -h MASTER VADD probe VALUES 2 1 2 a SETATTR ""`,
			"redis-cli -h REPLICA REPLICAOF NO ONE", "redis-cli -h REPLICA REPLICAOF MASTER 6379",
			"redis-cli -h MASTER VGETATTR probe a", "redis-cli -h REPLICA VGETATTR probe a",
		},
		Act:  "Leave SETATTR out instead of giving it an empty string.",
		fits: fitsEmptyAttribute,
	},
	{
		Name:       HSetEXPast,
		Title:      "HSETEX with a time that has passed leaves a hash without fields",
		Commands:   []string{"HSETEX"},
		When:       "the time has passed and the key is not there",
		Differs:    "the master holds a hash without fields, the replica no key",
		Behaviours: []server.Behaviour{server.LeavesHashOfPastTime},
		Confirm: []string{
			"redis-cli -h MASTER HSETEX probe EXAT 1 FIELDS 1 a b",
			"redis-cli -h MASTER EXISTS probe", "redis-cli -h REPLICA EXISTS probe",
		},
		Act:     "Run Valkey 9.0.2 or later; DEL the key on the master, which is sent.",
		Reports: []string{"valkey#2998"},
		fits:    fitsPastHSetEX,
	},
	{
		Name:       HIncrByFloatInfinity,
		Title:      "HINCRBYFLOAT by infinity leaves a hash without fields",
		Commands:   []string{"HINCRBYFLOAT"},
		When:       "the increment is infinite and the key is not there",
		Differs:    "the master holds a hash without fields, the replica no key",
		Behaviours: []server.Behaviour{server.LeavesHashOfInfinity},
		Confirm: []string{
			"redis-cli -h MASTER HINCRBYFLOAT probe f inf",
			"redis-cli -h MASTER EXISTS probe", "redis-cli -h REPLICA EXISTS probe",
		},
		Act:     "Check increments in the client; DEL the key on the master, which is sent.",
		Reports: []string{"redis#11149"},
		fits:    fitsInfinity,
	},
}

// unsentOfGroups are those of consumer groups.
var unsentOfGroups = []*Row{
	{
		Name:       XReadGroupHistory,
		Title:      "reading a consumer's history counts a delivery on the master only",
		Commands:   []string{"XREADGROUP"},
		When:       "an id instead of >, and entries are pending behind it",
		Differs:    "the master counts more deliveries of the pending entries than the replica",
		Behaviours: []server.Behaviour{server.OmitsHistoryReads},
		Confirm: append(withGroup(), "redis-cli -h MASTER XREADGROUP GROUP g alice STREAMS probe 0",
			"redis-cli -h MASTER XPENDING probe g - + 9",
			"redis-cli -h REPLICA XPENDING probe g - + 9"),
		Act: "Don't let a rule that gives up after so many deliveries rest on the count alone: " +
			"after a failover it is lower.",
		fits: fitsHistory,
	},
	{
		Name:       XReadGroupConsumer,
		Title:      "the consumer that reads its history first is on the master only",
		Commands:   []string{"XREADGROUP"},
		When:       "an id instead of >, of a consumer that is new",
		Differs:    "the master's group has a consumer that the replica's has not",
		Behaviours: []server.Behaviour{server.OmitsHistoryConsumers},
		Confirm:    consumersAfter("XREADGROUP GROUP g bob STREAMS probe 0"),
		Act:        makeConsumers + "It matters for who lists consumers to find work to take over.",
		Reports:    []string{"redis#14963"},
	},
	{
		Name:       XReadGroupIdle,
		Title:      "the consumer whose first read finds nothing is on the master only",
		Commands:   []string{"XREADGROUP"},
		When:       "> of a consumer that is new, and there is nothing to deliver",
		Differs:    "the master's group has a consumer that the replica's has not",
		Behaviours: []server.Behaviour{server.OmitsIdleConsumers},
		Confirm:    consumersAfter("XREADGROUP GROUP g bob STREAMS probe '>'"),
		Act:        makeConsumers + "Its first delivery makes it on the replica too.",
		Reports:    []string{"redis#14963"},
	},
	{
		Name:       XReadGroupNoack,
		Title:      "the consumer that reads with NOACK is on the master only",
		Commands:   []string{"XREADGROUP"},
		When:       "NOACK, of a consumer that is new",
		Differs:    "the master's group has a consumer that the replica's has not",
		Behaviours: []server.Behaviour{server.OmitsNoackConsumers},
		Confirm:    consumersAfter("XREADGROUP GROUP g bob NOACK STREAMS probe '>'"),
		Act:        "Nothing is lost: such a consumer has no pending entries.",
		Reports:    []string{"redis#7140"},
	},
	{
		Name:       XReadGroupBlocked,
		Title:      "what a blocked XREADGROUP delivers is not sent in whole",
		Commands:   []string{"XREADGROUP"},
		When:       "BLOCK, and the command waited",
		Differs:    "the replica's group has a lower last id, and lacks pending entries",
		Behaviours: []server.Behaviour{server.OmitsBlockedReads},
		Confirm: append(withGroup()[:2], "redis-cli -h MASTER XREADGROUP GROUP g alice BLOCK "+
			"9999 STREAMS probe '>' &",
			"redis-cli -h MASTER XADD probe '*' a b", "redis-cli -h MASTER XPENDING probe g",
			"redis-cli -h REPLICA XPENDING probe g"),
		Act:     "Upgrade: after a failover entries are delivered twice.",
		Reports: []string{"release notes of 5.0.9 and 5.0.10"},
		fits:    fitsBlocked,
	},
	{
		Name: XClaimConsumer,
		Title: "XCLAIM or XAUTOCLAIM that claims nothing makes the consumer on the master " +
			"only",
		Commands:   []string{"XCLAIM", "XAUTOCLAIM"},
		When:       "the consumer is new and nothing is idle for long enough",
		Differs:    "the master's group has a consumer that the replica's has not",
		Behaviours: []server.Behaviour{server.OmitsClaimConsumers},
		Confirm:    consumersAfter("XCLAIM probe g bob 100000 1-1"),
		Act:        makeConsumers + "It matters for who lists consumers to find work to take over.",
		Reports:    []string{"redis#6744 (closed in 2020; it has come back in 7.2)"},
	},
}

// makeConsumers is the advice on consumers that reading makes.
const makeConsumers = "Make consumers by XGROUP CREATECONSUMER, which is sent. "

// withGroup makes a stream and a group with one pending entry of alice.
func withGroup() []string {
	return []string{
		"redis-cli -h MASTER XADD probe 1-1 a b", "redis-cli -h MASTER XGROUP CREATE probe g 0",
		"redis-cli -h MASTER XREADGROUP GROUP g alice STREAMS probe '>'",
	}
}

// consumersAfter shows the consumers of that group after a command.
func consumersAfter(command string) []string {
	return append(withGroup(), "redis-cli -h MASTER "+command,
		"redis-cli -h MASTER XINFO CONSUMERS probe g",
		"redis-cli -h REPLICA XINFO CONSUMERS probe g")
}

// mark sets what rows of a way share.
func mark(rows []*Row, w Way, seen Seen) []*Row {
	for _, r := range rows {
		r.Way = w
		if r.Seen == "" {
			r.Seen = seen
		}
		if r.Dumps == "" {
			r.Dumps = Shown
		}
	}
	return rows
}
