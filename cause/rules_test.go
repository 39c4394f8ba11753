package cause_test

import (
	"testing"

	"github.com/redsleuth/redsleuth/repl"
)

// outside is what is said where the commands explain the master alone, and
// reEvaluated where the replica decided one of them again, or refused it.
const (
	outside     = "local-write, likely: local-write"
	reEvaluated = "re-evaluated, likely: re-evaluated"
	refused     = "re-evaluated, likely: command-refused"
	noEngine    = "unexplained: no-engine"
)

// A condition is decided again on the replica's data; where an engine shows
// that the commands lead to the master's value, they are not why.
func TestConditions(t *testing.T) {
	local := []string{"SET k y"}
	again := map[string]string{"0 k": reEvaluated}
	rule(t, []ruling{
		{"SETNX", incident{sent: []string{"SETNX k x"}, local: local, noEngine: true}, again},
		{"SET NX", incident{sent: []string{"SET k x NX"}, local: local, noEngine: true}, again},
		{"MSETNX", incident{sent: []string{"MSETNX k x other y"}, local: local, noEngine: true}, again},
		{"an engine shows otherwise", incident{sent: []string{"SETNX k x"}, local: local}, map[string]string{"0 k": outside}},
		{"no condition", incident{sent: []string{"SET k x"}, local: local, noEngine: true}, map[string]string{"0 k": outside}},
		{"what a model does not follow", incident{sent: []string{"APPEND k x"}, local: local, noEngine: true}, map[string]string{"0 k": noEngine}},
		{"NX is the value", incident{sent: []string{"SET k NX"}, local: local, noEngine: true}, map[string]string{"0 k": outside}},
		{
			"of another key",
			incident{sent: []string{"SETNX other x", "SET k x"}, local: local, noEngine: true},
			map[string]string{"0 k": outside},
		},
		{
			"of another database",
			incident{sent: []string{"SELECT 1", "SETNX k x", "SELECT 0", "SET k x"}, local: local, noEngine: true},
			map[string]string{"0 k": outside},
		},
	})
}

// What replay says that a replica refuses, by its version or its log, is no
// write of somebody else.
func TestRefusedCommands(t *testing.T) {
	start, sent, local := []string{"SET k 1"}, []string{"GETDEL k"}, []string{"SET k 1"}
	logged := func(name string) repl.Facts {
		return repl.Facts{RefusedCommands: map[repl.RefusedCommand]int64{{Name: name, Why: repl.UnknownName}: 1}}
	}
	pushed := []string{"SET same a-value-of-some-length", "LPUSH l a", "SET same b"}
	shown := func(name, before string) repl.Facts {
		refused := repl.RefusedCommand{Name: name, Why: repl.NoMemory}
		return repl.Facts{
			RefusedCommands: map[repl.RefusedCommand]int64{refused: 1},
			RefusedAt: []repl.RefusedPlace{{
				RefusedCommand: refused, Before: []byte(resp(before)),
			}},
		}
	}
	counted := func(n int64) repl.Facts {
		return repl.Facts{RefusedCommands: map[repl.RefusedCommand]int64{{Name: "sadd", Why: repl.NoMemory}: n}}
	}
	full := incident{start: append([]string{"SADD s x"}, start...),
		sent: []string{"SADD s a", "SADD same b", "SET k 2", "SADD gone a"}}
	full.ran, full.local = full.sent[1:], []string{"DEL gone"}
	with := func(facts repl.Facts) incident {
		i := full
		i.facts = facts
		return i
	}
	beside := incident{start: full.start, sent: []string{"SADD same b", "SADD s a", "RPUSH gone a"},
		ran: []string{"SADD same b", "RPUSH gone a"}}
	beside.local = full.local
	told := beside
	told.facts = counted(1)
	rule(t, []ruling{
		{
			"beside one that was refused, as it seems, for want of memory",
			beside,
			map[string]string{"0 s": refused, "0 gone": refused},
		},
		{
			"and the log, which tells of that, does not tell of it",
			told,
			map[string]string{"0 s": refused, "0 gone": outside},
		},
		{
			"one for want of memory, as the log says, and it is known which",
			with(counted(1)),
			map[string]string{"0 s": refused, "0 gone": outside},
		},
		{
			"two for want of memory, as the log says, and one is known",
			with(counted(2)),
			map[string]string{"0 s": refused, "0 gone": refused},
		},
		{
			"newer than the replica",
			incident{replica: "5.0.14", start: start, sent: sent, local: local},
			map[string]string{"0 k": refused},
		},
		{
			"known to the replica",
			incident{replica: "6.2.16", start: start, sent: sent, local: local},
			map[string]string{"0 k": outside},
		},
		{
			"an option newer than the replica",
			incident{replica: "5.0.14", start: start, sent: []string{"SET k 2 KEEPTTL"}, local: local},
			map[string]string{"0 k": refused},
		},
		{
			"of another key",
			incident{replica: "5.0.14", start: start, sent: []string{"GETDEL other", "SET k 2"}, local: local},
			map[string]string{"0 k": outside},
		},
		{
			"renamed, as the log says",
			incident{replica: "6.2.16", start: start, sent: sent, local: local, facts: logged("getdel")},
			map[string]string{"0 k": refused},
		},
		{
			"renamed, and sent after the replica's offset",
			incident{replica: "6.2.16", start: start, sent: []string{"PING", "GETDEL k"}, behind: 1, facts: logged("getdel")},
			map[string]string{"0 k": "lag, proved: lag applied"},
		},
		{
			"the log is about another command",
			incident{replica: "6.2.16", start: start, sent: sent, local: local, facts: logged("SET")},
			map[string]string{"0 k": outside},
		},
		{
			"its place, as the log shows it",
			incident{start: start, sent: pushed, ran: []string{pushed[0], pushed[2]}, facts: shown("LPUSH", pushed[0])},
			map[string]string{"0 l": "re-evaluated, proved: command-refused applied"},
		},
		{
			"and somebody wrote on the replica as well",
			incident{start: start, sent: pushed, local: []string{"LPUSH l z"}, facts: shown("LPUSH", pushed[0])},
			map[string]string{"0 l": "re-evaluated, likely: command-refused"},
		},
		{
			"the log does not tell the command",
			incident{replica: "6.2.16", start: start, sent: sent, local: local, facts: logged("")},
			map[string]string{"0 k": outside},
		},
	})
}

// A command name without which the stream leads to what the replica holds was
// refused there, unless the replica shows that it ran the name elsewhere.
func TestOmittedCommands(t *testing.T) {
	start := []string{"RPUSH a 1 2 3 4", "RPUSH b 5 6 7 8", "RPUSH same 1 2 3"}
	sent := []string{"SET x 1", "LTRIM a 1 2", "RPUSH a 9", "LTRIM b 0 1"}
	dropped := []string{"SET x 1", "RPUSH a 9"}
	also := append([]string{"LTRIM same 0 1"}, sent...)
	alsoTwice := append([]string{"LTRIM same 0 1", "LTRIM same 0 0"}, sent...)
	adds := []string{"SADD p 1", "SADD q 1", "SADD r 1"}
	rule(t, []ruling{
		{
			"without LTRIM its keys are what the replica holds",
			incident{start: start, sent: sent, ran: dropped},
			map[string]string{"0 a": refused, "0 b": refused},
		},
		{
			"beside a write of somebody else",
			incident{start: start, sent: sent, ran: dropped, local: []string{"SET x 2"}},
			map[string]string{"0 a": refused, "0 b": refused, "0 x": outside},
		},
		{
			"the replica holds something else",
			incident{start: start, sent: sent, local: []string{"RPUSH a y", "RPUSH b y"}},
			map[string]string{"0 a": outside, "0 b": outside},
		},
		{
			"it ran LTRIM on as many keys",
			incident{
				start: start, sent: alsoTwice,
				ran: append([]string{"LTRIM same 0 1", "LTRIM same 0 0"}, dropped...),
			},
			map[string]string{"0 a": outside, "0 b": outside},
		},
		{
			"it ran LTRIM once, and two keys say that it did not",
			incident{start: start, sent: also, ran: append([]string{"LTRIM same 0 1"}, dropped...)},
			map[string]string{"0 a": refused, "0 b": refused},
		},
		{
			"one key alone may have been put back by somebody else",
			incident{start: start, sent: sent, ran: []string{"SET x 1", "RPUSH a 9", "LTRIM b 0 1"}},
			map[string]string{"0 a": outside},
		},
		{
			"a key that is gone may have been deleted",
			incident{sent: []string{"SADD p 1"}, local: []string{"DEL p"}},
			map[string]string{"0 p": outside},
		},
		{
			"one that is gone and one that is behind, and none that the name made",
			incident{
				start: []string{"SADD p 1"}, sent: []string{"SADD p 2", "SADD q 1", "SET x 1"},
				ran: []string{"SET x 1"},
			},
			map[string]string{"0 p": refused, "0 q": refused},
		},
		{
			"the same, and one that it made afterwards: there was memory again",
			incident{
				start: []string{"SADD p 1"}, sent: []string{"SADD p 2", "SADD q 1", "SADD kept 1"},
				ran: []string{"SADD kept 1"},
			},
			map[string]string{"0 p": refused, "0 q": refused},
		},
		{
			"three of them, and no key that the name made",
			incident{sent: adds, ran: []string{"PING"}},
			map[string]string{"0 p": refused, "0 q": refused, "0 r": refused},
		},
		{
			"three of them, and one that it made",
			incident{
				sent: append([]string{"SADD kept 1"}, adds...), ran: []string{"SADD kept 1"},
			},
			map[string]string{"0 p": outside, "0 q": outside, "0 r": outside},
		},
	})
}

// A refused command takes the transaction with it that it was queued in.
func TestOmittedTransactions(t *testing.T) {
	start := []string{"RPUSH a 1 2 3 4"}
	sent := []string{"MULTI", "SET with word", "LTRIM a 1 2", "EXEC", "SET x 1"}
	rule(t, []ruling{
		{
			"what was queued with LTRIM is gone as well",
			incident{start: start, sent: sent, ran: []string{"SET x 1"}},
			map[string]string{"0 a": refused, "0 with": refused},
		},
		{
			"it was not, and somebody deleted it",
			incident{start: start, sent: append([]string{"SET with word", "LTRIM a 1 2"}, sent[4:]...),
				ran: []string{"SET with word", "SET x 1"}, local: []string{"DEL with"}},
			map[string]string{"0 a": refused, "0 with": outside},
		},
	})
}

// A replica without memory leaves out what asks for some, and runs the rest.
func TestOmittedForMemory(t *testing.T) {
	start := []string{"SET s before", "SADD m 1", "RPUSH l a b", "SET gone 1"}
	rule(t, []ruling{
		{
			"of several names, and others of each ran before and after",
			incident{
				start: start,
				sent:  []string{"SET ok 1", "SET s after", "SET new 1", "RPUSH l c", "LPOP l", "SET ok 2", "RPUSH l d"},
				ran:   []string{"SET ok 1", "LPOP l", "SET ok 2", "RPUSH l d"},
			},
			map[string]string{"0 s": refused, "0 l": refused, "0 new": refused},
		},
		{
			"what is gone by itself may have been deleted",
			incident{
				start: start,
				sent:  []string{"SET ok 1", "SET s after", "SET ok 2", "SET new 1"},
				ran:   []string{"SET ok 1", "SET ok 2"},
			},
			map[string]string{"0 s": refused, "0 new": outside},
		},
		{
			"a flag that was set back",
			incident{start: start, sent: []string{"SET ok 1", "SET gone 2"}, local: []string{"SET gone 1"}},
			map[string]string{"0 gone": outside},
		},
		{
			"what takes an expiry away undoes what gave it",
			incident{start: start, sent: []string{"PEXPIREAT s 1900000000000"}, local: []string{"PERSIST s"}},
			map[string]string{"0 s": outside},
		},
		{
			"it ran what asks for none, and nothing else explains it",
			incident{
				start: start, sent: []string{"RPUSH ok 1", "LPOP l", "RPUSH ok 2"},
				local: []string{"LPUSH l y"},
			},
			map[string]string{"0 l": outside},
		},
	})
}

func TestConditionalExpiry(t *testing.T) {
	const plain, later = "PEXPIREAT k 1900000000000", "PEXPIREAT k 1900000900000"
	start := []string{"SET k 1"}
	rule(t, []ruling{
		{
			"GT is decided on the replica's own expiry",
			incident{start: start, sent: []string{plain + " NX"}, local: []string{later}},
			map[string]string{"0 k": reEvaluated},
		},
		{
			"without a condition nothing is decided",
			incident{start: start, sent: []string{plain}, local: []string{later}},
			map[string]string{"0 k": outside},
		},
		{
			"it does not change the value",
			incident{start: start, sent: []string{plain + " NX"}, local: []string{"SET k 2 KEEPTTL"}},
			map[string]string{"0 k": outside},
		},
	})
}

func TestConditionalHashFields(t *testing.T) {
	sent := []string{"HSET h a 1", "HSETNX h f 1"}
	rule(t, []ruling{
		{
			"decided on a field that the replica holds as expired",
			incident{master: "valkey-9.0.1", replica: "valkey-9.0.1", sent: sent, local: []string{"HSET h f 0"}},
			map[string]string{"0 h": reEvaluated},
		},
		{
			"mended in 9.0.2",
			incident{master: "valkey-9.0.1", replica: "valkey-9.0.2", sent: sent, local: []string{"HSET h f 0"}},
			map[string]string{"0 h": outside},
		},
		{
			"Redis never did",
			incident{sent: sent, local: []string{"HSET h f 0"}},
			map[string]string{"0 h": outside},
		},
		{
			"HSET decides nothing",
			incident{master: "valkey-9.0.1", replica: "valkey-9.0.1", sent: []string{"HSET h f 1"}, local: []string{"HSET h f 0"}},
			map[string]string{"0 h": outside},
		},
	})
}

func TestComputedStores(t *testing.T) {
	start := []string{"RPUSH l 2 1"}
	rule(t, []ruling{
		{
			"SORT STORE reads what the replica holds",
			incident{start: start, sent: []string{"SORT l STORE to"}, local: []string{"RPUSH to 3"}, noEngine: true},
			map[string]string{"0 to": reEvaluated},
		},
		{
			"an engine shows otherwise",
			incident{start: start, sent: []string{"SORT l STORE to"}, local: []string{"RPUSH to 3"}},
			map[string]string{"0 to": outside},
		},
		{
			"it does not change what it reads",
			incident{start: start, sent: []string{"RPUSH l 3", "SORT l STORE to"}, local: []string{"RPUSH l 4"}, noEngine: true},
			map[string]string{"0 l": noEngine},
		},
	})
}

func TestGroupsAtTheLastID(t *testing.T) {
	start := []string{"XADD s 1-1 f v", "XADD s 2-1 f v"}
	local := []string{"XGROUP SETID s g 1-1"}
	rule(t, []ruling{
		{
			"$ is the replica's own last id",
			incident{start: start, sent: []string{"XGROUP CREATE s g $"}, local: local, noEngine: true},
			map[string]string{"0 s": reEvaluated},
		},
		{
			"an id is the same everywhere",
			incident{start: start, sent: []string{"XGROUP CREATE s g 2-1"}, local: local, noEngine: true},
			map[string]string{"0 s": noEngine},
		},
		{
			"it decides nothing of the entries",
			incident{start: start, sent: []string{"XGROUP CREATE s g $"}, local: []string{"XADD s 3-1 f v"}, noEngine: true},
			map[string]string{"0 s": noEngine},
		},
	})
}

func TestScripts(t *testing.T) {
	const (
		readsSet = `EVAL "for _, m in ipairs(redis.call('smembers', KEYS[1])) do redis.call('rpush', KEYS[2], m) end" 2 set l`
		readsAll = `EVAL "redis.call('rpush', KEYS[1], ARGV[1])" 1 l a`
	)
	start := []string{"SADD set a b c d e f g h"}
	local := []string{"RPUSH l x"}
	rule(t, []ruling{
		{
			"replies that the master sorted and the replica did not",
			incident{master: "6.2.16", replica: "7.2.4", start: start, sent: []string{readsSet}, local: local},
			map[string]string{"0 l": reEvaluated},
		},
		{
			"a script that reads none of them",
			incident{master: "6.2.16", replica: "7.2.4", sent: []string{readsAll}, local: local},
			map[string]string{"0 l": outside},
		},
		{
			"both sort, or neither does",
			incident{master: "7.2.4", replica: "7.2.4", start: start, sent: []string{readsAll}, local: local},
			map[string]string{"0 l": outside},
		},
		{
			"without an engine one that reads may have ended otherwise",
			incident{
				sent:  []string{`EVAL "if redis.call('get', 'x') then redis.call('rpush', KEYS[1], ARGV[1]) end" 1 l a`},
				local: local, noEngine: true,
			},
			map[string]string{"0 l": reEvaluated},
		},
		{
			"one that decides nothing comes to the same",
			incident{sent: []string{readsAll}, local: local, noEngine: true},
			map[string]string{"0 l": noEngine},
		},
		{
			"of one whose source is nowhere nothing is said",
			incident{sent: []string{"EVALSHA " + historyID + " 1 l a"}, held: []string{"RPUSH l a"}, ran: local, noStart: true},
			map[string]string{"0 l": "unexplained: no-start"},
		},
		{
			"a script that names another key, and no more than that",
			incident{sent: []string{`EVAL "redis.call('rpush', KEYS[1], ARGV[1])" 1 other a`, "RPUSH l y"}, local: local, noEngine: true},
			map[string]string{"0 l": noEngine},
		},
	})
}

// A replica that has forgotten the first of two idempotent XADDs adds again.
func TestDuplicateXADD(t *testing.T) {
	held, ran := []string{"XADD s 1-1 f v"}, []string{"XADD s 1-1 f v", "XADD s 2-1 f v"}
	sent := []string{"XADD s IDMP p 1 * f v"}
	rule(t, []ruling{
		{
			"the replica holds an entry more",
			incident{master: "8.8.0", replica: "8.8.0", sent: sent, held: held, ran: ran},
			map[string]string{"0 s": reEvaluated},
		},
		{
			"the master does",
			incident{master: "8.8.0", replica: "8.8.0", sent: sent, held: ran, ran: held},
			map[string]string{"0 s": "unexplained: not-applicable"},
		},
		{
			"it was told the id",
			incident{master: "8.8.0", replica: "8.8.0", sent: []string{"XADD s IDMP p 1 1-1 f v"}, held: held, ran: ran},
			map[string]string{"0 s": "unexplained: not-applicable"},
		},
		{
			"IDMP is a field",
			incident{master: "8.8.0", replica: "8.8.0", sent: held, ran: ran},
			map[string]string{"0 s": outside},
		},
	})
}
