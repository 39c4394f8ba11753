package command

import "bytes"

// Sent says how a command of a stream may have come of one that a client sent.
type Sent uint8

// How sure it is.
const (
	NotSent   Sent = iota // it did not
	Rewritten             // it is what masters send instead, as far as can be told
	AsItWas               // it is the same
)

// sentAs are the commands that masters send instead of one that ran, beside the
// command itself: what is random, relative or blocking is decided once, by the
// master. DEL and UNLINK stand for a value that is gone.
//
// Sources: the callers of rewriteClientCommandVector, replaceClientCommandVector
// and alsoPropagate in redis src/t_string.c, t_list.c, t_set.c, t_zset.c,
// t_hash.c, t_stream.c, expire.c, db.c and blocked.c, and in valkey's.
var sentAs = map[string][]string{
	"append":       {"set"},
	"blmove":       {"lmove", "rpoplpush"},
	"blmpop":       {"lpop", "rpop", "del", "unlink"},
	"blpop":        {"lpop"},
	"brpop":        {"rpop"},
	"brpoplpush":   {"rpoplpush", "lmove"},
	"bzmpop":       {"zpopmin", "zpopmax", "zrem", "zmpop"},
	"bzpopmax":     {"zpopmax", "zrem"},
	"bzpopmin":     {"zpopmin", "zrem"},
	"del":          {"unlink"},
	"delex":        {"del", "unlink"},
	"delifeq":      {"del", "unlink"},
	"expire":       {"pexpireat", "pexpire", "del", "unlink"},
	"expireat":     {"pexpireat", "del", "unlink"},
	"geoadd":       {"zadd"},
	"georadius":    {"zadd", "del", "unlink"},
	"getdel":       {"del", "unlink"},
	"getex":        {"pexpireat", "persist", "del", "unlink"},
	"getset":       {"set"},
	"hexpire":      {"hpexpireat", "hdel"},
	"hexpireat":    {"hpexpireat", "hdel"},
	"hgetdel":      {"hdel"},
	"hgetex":       {"hpexpireat", "hpersist", "hdel"},
	"hincrbyfloat": {"hset"},
	"hpexpire":     {"hpexpireat", "hdel"},
	"hpexpireat":   {"hdel"},
	"hsetex":       {"hset", "hpexpireat", "hdel"},
	"incrbyfloat":  {"set"},
	"increx":       {"set"},
	"lmove":        {"rpoplpush"},
	"lmpop":        {"lpop", "rpop"},
	"migrate":      {"del", "unlink"},
	"pexpire":      {"pexpireat", "del", "unlink"},
	"pexpireat":    {"del", "unlink"},
	"psetex":       {"set"},
	"rpoplpush":    {"lmove"},
	"set":          {"setex", "psetex", "pexpireat", "del", "unlink"},
	"setex":        {"set", "pexpireat"},
	"sinterstore":  {"del", "unlink"},
	"spop":         {"srem", "del", "unlink"},
	"unlink":       {"del"},
	"xack":         {"xackdel"},
	"xautoclaim":   {"xclaim", "xdel"},
	"xclaim":       {"xclaim", "xdel", "xgroup"},
	"xreadgroup":   {"xclaim", "xgroup", "xack"},
	"zmpop":        {"zpopmin", "zpopmax", "zrem"},
	"zpopmax":      {"zrem"},
	"zpopmin":      {"zrem"},
}

// MaySend reports whether a master on which a client ran asked may have sent
// the command sent for it: the same one, or one that stands for it and changes a
// key that asked names. What scripts and functions send is anything, of keys
// that the caller may not know.
func MaySend(asked, sent [][]byte) Sent {
	if same(asked, sent) {
		return AsItWas
	}
	known, other := Lookup(asked), Lookup(sent)
	if known == nil || other == nil {
		return NotSent
	}
	switch {
	case known.Kind == Script:
		if other.Kind == Write {
			return Rewritten
		}
		return NotSent
	case known == other:
		if !sharesKey(known, asked, other, sent) || !sharesValue(known, asked, sent) {
			return NotSent
		}
		return Rewritten
	}
	for _, name := range sentAs[known.root()] {
		if other.root() == name && sharesKey(known, asked, other, sent) {
			return Rewritten
		}
	}
	return NotSent
}

// emptyAs are the commands that have changed nothing where their reply is the
// number 0, or an array of nothing. Those that count what is new and may change
// what is not (ZADD, HSET), or what they leave (INCR, SINTERSTORE), are none.
var emptyAs = map[string]bool{
	"copy": true, "del": true, "delex": true, "delifeq": true, "expire": true, "expireat": true,
	"hdel": true, "hsetnx": true, "linsert": true, "lpushx": true, "lrem": true, "move": true,
	"msetnx": true, "persist": true, "pexpire": true, "pexpireat": true, "pfadd": true,
	"renamenx": true, "rpushx": true, "sadd": true, "setnx": true, "smove": true, "spop": true,
	"srem": true, "unlink": true, "xack": true, "xdel": true, "xgroup destroy": true, "xtrim": true,
	"zpopmax": true, "zpopmin": true, "zrem": true, "zremrangebylex": true, "zremrangebyrank": true,
	"zremrangebyscore": true,
}

// IdleWhenEmpty reports whether a command has changed nothing if its reply is the
// number 0, or an array of nothing.
func IdleWhenEmpty(args [][]byte) bool {
	c := Lookup(args)
	return c != nil && emptyAs[c.Name]
}

// root is the name without a subcommand.
func (c *Command) root() string {
	name, _, _ := bytes.Cut([]byte(c.Name), []byte(" "))
	return string(name)
}

// same compares commands; the case of their names does not matter.
func same(a, b [][]byte) bool {
	if len(a) != len(b) || len(a) == 0 || !bytes.EqualFold(a[0], b[0]) {
		return false
	}
	for i := 1; i < len(a); i++ {
		if !bytes.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

// sharesKey: one changes a key that the other does.
func sharesKey(known *Command, asked [][]byte, other *Command, sent [][]byte) bool {
	var room [2][8]Key
	for _, k := range known.Find(room[0][:0], asked) {
		for _, l := range other.Find(room[1][:0], sent) {
			if l.Access.Writes() && bytes.Equal(asked[k.Index], sent[l.Index]) {
				return true
			}
		}
	}
	return false
}

// sharesValue: a command that is sent with other options keeps what it writes.
// SET has its value after the key; XADD gets an id, and limits that are exact,
// and keeps its last field and value; RESTORE keeps the payload.
func sharesValue(known *Command, asked, sent [][]byte) bool {
	at := func(args [][]byte, i int) []byte {
		if i < 0 {
			i += len(args)
		}
		if i < 0 || i >= len(args) {
			return nil
		}
		return args[i]
	}
	switch known.Name {
	case "set", "hset":
		return bytes.Equal(at(asked, 2), at(sent, 2))
	case "restore":
		return bytes.Equal(at(asked, 3), at(sent, 3))
	case "xadd":
		return bytes.Equal(at(asked, -1), at(sent, -1)) && bytes.Equal(at(asked, -2), at(sent, -2))
	case "xclaim", "xtrim", "hsetex", "hpexpireat", "zadd", "geoadd":
		return true
	}
	return len(sentAs[known.Name]) > 0 && len(asked) != len(sent)
}

// Populates are the keys that DEBUG POPULATE makes, which are in no stream: so
// many, from prefix and ":0" on; false for any other command.
func Populates(args [][]byte) (prefix []byte, count int64, ok bool) {
	if len(args) < 3 || !Is(args, "DEBUG") || !equalFold(args[1], "POPULATE") {
		return nil, 0, false
	}
	for _, c := range args[2] {
		if c < '0' || c > '9' || count > 1<<40 {
			return nil, 0, false
		}
		count = count*10 + int64(c-'0')
	}
	prefix = []byte("key")
	if len(args) > 3 {
		prefix = args[3]
	}
	return prefix, count, true
}
