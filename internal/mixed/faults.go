package mixed

import (
	"path/filepath"
	"strconv"
	"strings"
)

// A fault does its harm and notes the keys that it may have touched.
type fault struct {
	name string
	do   func(*night)
	// can: whether servers of this night can have it.
	can func(plan) bool
}

func always(plan) bool { return true }

// faults lists all there are. What a server of some version does not do after
// all leaves keys that don't differ, and those have no cause.
var faults = []fault{
	{"local_write", (*night).localWrite, always},
	{"not_propagated", (*night).notPropagated, always},
	{"out_of_memory", (*night).outOfMemory, always},
	{"renamed", (*night).refused, func(p plan) bool { return p.renamed != "" }},
	{"unknown_command", (*night).unknownCommand, plan.masterIsNewer},
	{"re_evaluated", (*night).reEvaluated, always},
	{"script_flush", (*night).scriptFlush, func(p plan) bool { return p.sendsScripts() && p.both }},
	{"restart", (*night).restart, always},
	{"reconnect", (*night).reconnect, always},
	{"bounce", (*night).bounce, always},
	{"expiry", (*night).expiry, always},
}

// seeded is a key of a kind that both sides hold, for a fault alone.
func (n *night) seeded(kind string) place {
	at := n.fresh(anyOf(n, []string{"cart", "idx", "job", "q", "user"}))
	c := anyOf(n, n.apps)
	switch kind {
	case "s":
		n.do(c, at.DB, "SET", at.Key, n.letters(5, 30))
	case "n":
		n.do(c, at.DB, "SET", at.Key, n.random.IntN(100))
	case "l":
		n.do(c, at.DB, "RPUSH", at.Key, "a", "b", "c", n.letters(5, 9))
	case "S":
		n.do(c, at.DB, "SADD", at.Key, "a", "b", n.letters(5, 9))
	case "h":
		n.do(c, at.DB, "HSET", at.Key, "f0", n.letters(5, 9), "f1", "b")
	case "z":
		n.do(c, at.DB, "ZADD", at.Key, 1, "a", 2, n.letters(5, 9))
	}
	return at
}

// added is a write that changes a seeded key of a kind for certain, and none
// that was renamed away.
func (n *night) added(kind, key string) []any {
	word := n.letters(10, 20)
	switch kind {
	case "n":
		return []any{"DECRBY", key, 1000 + n.random.IntN(1000)}
	case "l":
		return []any{"RPUSH", key, word}
	case "S":
		return []any{"SADD", key, word}
	case "h":
		return []any{"HSET", key, word, "x"}
	case "z":
		return []any{"ZADD", key, 5, word}
	}
	return []any{"SET", key, word}
}

var seededKinds = []string{"s", "n", "l", "S", "h", "z"}

// localWrite: a client of the replica writes, to keys of both or to its own.
func (n *night) localWrite() {
	for range 1 + n.random.IntN(4) {
		kind := anyOf(n, seededKinds)
		c := anyOf(n, n.locals)
		switch n.random.IntN(5) {
		case 0: // only here
			at := n.fresh("idx")
			n.do(c, at.DB, n.added(kind, at.Key)...)
			n.note(at, "local-write", c.port)
		case 1: // gone here
			at := n.seeded(kind)
			n.inStep()
			n.do(c, at.DB, "DEL", at.Key)
			n.note(at, "local-write", c.port)
		case 2: // another type, or an expiry
			at := n.seeded(kind)
			n.inStep()
			if n.random.IntN(2) == 0 {
				n.do(c, at.DB, "EXPIRE", at.Key, 70000)
			} else {
				n.transaction(c, at.DB, []any{"DEL", at.Key}, []any{"SADD", at.Key, "x", "y"})
			}
			n.note(at, "local-write", c.port)
		default:
			at := n.seeded(kind)
			n.inStep()
			n.do(c, at.DB, n.added(kind, at.Key)...)
			n.note(at, "local-write", c.port)
			if kind != "s" && n.random.IntN(3) == 0 { // and the master goes on
				n.do(anyOf(n, n.apps), at.DB, n.added(kind, at.Key)...)
			}
		}
	}
}

// notPropagated: the master changes, and sends nothing.
func (n *night) notPropagated() {
	c := anyOf(n, n.apps)
	switch n.random.IntN(4) {
	case 0:
		at := n.fresh("job")
		for i := range 1 + n.random.IntN(3) {
			n.note(place{at.DB, at.Key + ":" + strconv.Itoa(i)}, "not-propagated")
			n.do(c, at.DB, "DEBUG", "POPULATE", i+1, at.Key)
		}
	case 1:
		at := n.seeded("n")
		n.do(c, at.DB, "BITFIELD", at.Key, "OVERFLOW", "FAIL", "SET", "u8", 800, 300)
		n.note(at, "not-propagated", c.port)
	case 2:
		at := n.fresh("q")
		n.do(c, at.DB, "XADD", at.Key, "*", "f", "v")
		n.do(c, at.DB, "XGROUP", "CREATE", at.Key, "g", "0")
		n.do(c, at.DB, "XREADGROUP", "GROUP", "g", "alice", "STREAMS", at.Key, "0")
		n.note(at, "not-propagated", c.port)
	default:
		at := n.seeded("s")
		script := "redis.set_repl(redis.REPL_NONE) return redis.call('set',KEYS[1],ARGV[1])"
		if n.plan.sendsScripts() {
			script = "redis.replicate_commands() " + script
		}
		n.do(c, at.DB, "EVAL", script, 1, at.Key, n.letters(40, 50))
		n.note(at, "not-propagated", c.port)
	}
}

// outOfMemory: for a while the replica refuses what asks for memory.
func (n *night) outOfMemory() {
	kinds := []string{}
	var at []place
	for range 1 + n.random.IntN(4) {
		kind := anyOf(n, seededKinds)
		kinds, at = append(kinds, kind), append(at, n.seeded(kind))
	}
	n.inStep()
	n.replica.Do("CONFIG", "SET", "replica-ignore-maxmemory", "no")
	n.replica.Do("CONFIG", "SET", "maxmemory", "1")
	for i := range at {
		c := anyOf(n, n.apps)
		if i > 0 && n.random.IntN(4) == 0 { // and one that is not made there at all
			made := n.fresh("job")
			n.do(c, made.DB, n.added(kinds[i], made.Key)...)
			n.note(made, "re-evaluated", c.port)
		}
		n.do(c, at[i].DB, n.added(kinds[i], at[i].Key)...)
		n.note(at[i], "re-evaluated", c.port)
	}
	n.inStep()
	n.replica.Do("CONFIG", "SET", "maxmemory", "0")
	for i := range at { // what comes to some of them afterwards
		if kinds[i] != "s" && n.random.IntN(4) == 0 {
			n.do(anyOf(n, n.apps), at[i].DB, n.added(kinds[i], at[i].Key)...)
		}
	}
}

// bounce: the replica is a master for a while, both are written to, and a full
// resync heals everything.
func (n *night) bounce() {
	n.inStep()
	n.replica.Do("REPLICAOF", "NO", "ONE")
	for range 1 + n.random.IntN(3) {
		at := n.fresh("user")
		n.do(anyOf(n, n.locals), at.DB, "SET", at.Key, n.letters(5, 20))
		n.do(anyOf(n, n.apps), at.DB, "SET", at.Key, n.letters(21, 30))
	}
	n.replica.Do("REPLICAOF", "127.0.0.1", strconv.Itoa(n.toMaster.port))
	n.inStep()
}

// refusable are commands that a replica may have renamed away, with the
// arguments behind the key and the kind of the key.
var refusable = map[string]struct {
	kind string
	rest []any
}{
	"LTRIM":    {"l", []any{1, 1}},
	"APPEND":   {"s", []any{"more"}},
	"SETRANGE": {"s", []any{2, "within"}},
	"HINCRBY":  {"h", []any{"n", 7}},
	"ZINCRBY":  {"z", []any{3, "a"}},
	"INCRBY":   {"n", []any{5}},
}

// refused: the replica does not have the command, which also spoils the
// transaction that it is in.
func (n *night) refused() {
	how := refusable[n.renamed]
	for range 1 + n.random.IntN(3) {
		c := anyOf(n, n.apps)
		at := n.seeded(how.kind)
		command := append([]any{n.renamed, at.Key}, how.rest...)
		if n.random.IntN(4) > 0 {
			n.do(c, at.DB, command...)
			n.note(at, "re-evaluated", c.port)
			continue
		}
		with := place{at.DB, at.Key + ":with"}
		n.transaction(c, at.DB, []any{"SET", with.Key, n.letters(4, 9)}, command)
		n.note(at, "re-evaluated", c.port)
		n.note(with, "re-evaluated", c.port)
	}
}

// unknownCommand: the replica's version does not have the command.
func (n *night) unknownCommand() {
	for range 1 + n.random.IntN(3) {
		c := anyOf(n, n.apps)
		at := n.seeded("h")
		n.do(c, at.DB, "HSETEX", at.Key, "EX", 30000, "FIELDS", 1, "g"+n.letters(2, 2), "v")
		n.note(at, "re-evaluated", c.port)
	}
}

// reEvaluated: both run the command, and it is chance what they make of it.
func (n *night) reEvaluated() {
	c := anyOf(n, n.apps)
	from := n.fresh("S")
	members := []any{"SADD", from.Key}
	for range 40 {
		members = append(members, n.letters(4, 8))
	}
	n.do(c, from.DB, members...)
	if n.plan.sendsScripts() && n.random.IntN(2) == 0 {
		n.do(c, from.DB, "EVAL", "return redis.call('spop',KEYS[1])", 1, from.Key)
		n.note(from, "re-evaluated", c.port)
		return
	}
	to := place{from.DB, "q:" + strings.TrimPrefix(from.Key, "S:")}
	n.do(c, from.DB, "SORT", from.Key, "BY", "w*", "ALPHA", "STORE", to.Key)
	n.note(to, "re-evaluated", c.port)
}

// scriptFlush: the replica loses its scripts, and the master does not know.
func (n *night) scriptFlush() {
	c, text := anyOf(n, n.apps), "return redis.call('rpush',KEYS[1],ARGV[1],'"+n.letters(6, 6)+"')"
	at := n.seeded("l")
	sha, _ := n.do(c, at.DB, "SCRIPT", "LOAD", text).(string)
	n.do(c, at.DB, "EVALSHA", sha, 1, at.Key, "before") // travels as EVAL
	n.inStep()
	n.do(anyOf(n, n.locals), 0, "SCRIPT", "FLUSH")
	for range 1 + n.random.IntN(3) {
		n.do(c, at.DB, "EVALSHA", sha, 1, at.Key, n.letters(3, 9))
		n.note(at, "script-missing", c.port)
		at = n.seeded("l")
	}
}

// restart: the replica starts again from its dump, while the master is written to.
func (n *night) restart() {
	n.inStep()
	n.replica.Shutdown()
	n.befores++
	n.keep("replica-before-"+strconv.Itoa(n.befores)+".rdb", filepath.Join(n.replica.Dir, "dump.rdb"))
	n.linkDown = true
	n.background(5 + n.random.IntN(10))
	n.replica.Launch()
	n.writable()
	n.inStep()
	n.linkDown = false
	n.locals = n.callLocals()
}

// reconnect: the link is cut for a moment, while the master is written to.
func (n *night) reconnect() {
	n.toMaster.cut()
	n.linkDown = true
	n.background(5 + n.random.IntN(10))
	n.toMaster.mend()
	n.inStep()
	n.linkDown = false
}

// expiry: keys that live shortly, and are gone on both sides.
func (n *night) expiry() {
	for range 3 {
		c, at := anyOf(n, n.apps), n.fresh("t")
		n.do(c, at.DB, "SET", at.Key, "short", "PX", 50+n.random.IntN(200))
		n.mortal = append(n.mortal, at)
	}
}

// expire waits until they are gone, and the master has said so.
func (n *night) expire() {
	for _, at := range n.mortal {
		n.master.WaitFor("keys to expire", func() bool { return n.do(n.apps[0], at.DB, "EXISTS", at.Key) == int64(0) })
	}
}
