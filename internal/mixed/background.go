package mixed

import (
	"fmt"
	"slices"
	"strconv"
)

// A place is a key of a database.
type place struct {
	DB  int
	Key string
}

// letters is a short random word.
func (n *night) letters(least, most int) string {
	b := make([]byte, least+n.random.IntN(most-least+1))
	for i := range b {
		b[i] = byte('a' + n.random.IntN(26))
	}
	return string(b)
}

// anyOf picks one.
func anyOf[T any](n *night, of []T) T { return of[n.random.IntN(len(of))] }

// fresh is a key that nothing has touched.
func (n *night) fresh(prefix string) place {
	n.names++
	return place{anyOf(n, n.dbs), prefix + ":" + n.letters(4, 4) + strconv.Itoa(n.names)}
}

// kinds are the prefixes of the background's keys, each with one type.
var kinds = []string{"s", "n", "l", "S", "h", "z", "x", "pf", "t"}

// write makes a command that writes to a key of a kind. Whatever it is, master
// and replica make the same of it.
func (n *night) write(kind, key string) []any {
	word := n.letters(3, 60)
	num := n.random.IntN(100000) - 50000
	small := strconv.Itoa(n.random.IntN(9))
	var ways [][]any
	switch kind {
	case "s":
		ways = [][]any{
			{"SET", key, word}, {"SET", key, word}, {"APPEND", key, word}, {"SETRANGE", key, small, word},
			{"GETSET", key, word}, {"MSET", key, word}, {"SETBIT", key, num + 50000, 1}, {"DEL", key},
		}
	case "n":
		ways = [][]any{{"INCRBY", key, num}, {"INCR", key}, {"DECRBY", key, num}, {"INCRBYFLOAT", key, "1.25"}, {"SET", key, num}}
	case "l":
		ways = [][]any{
			{"RPUSH", key, word, "b", "c"}, {"LPUSH", key, word}, {"LPOP", key}, {"LTRIM", key, 0, 8},
			{"RPOPLPUSH", key, key}, {"LREM", key, 1, "b"},
		}
	case "S":
		ways = [][]any{{"SADD", key, word, "m" + small, "n" + small}, {"SREM", key, "m" + small}, {"SPOP", key}, {"SUNIONSTORE", key, key}}
	case "h":
		ways = [][]any{{"HSET", key, "f" + small, word}, {"HINCRBY", key, "n" + small, num}, {"HDEL", key, "f" + small}, {"HSETNX", key, "f" + small, word}}
	case "z":
		ways = [][]any{
			{"ZADD", key, num, "m" + small}, {"ZINCRBY", key, num, "m" + small}, {"ZREM", key, "m" + small},
			{"ZREMRANGEBYRANK", key, 20, -1}, {"ZPOPMIN", key},
		}
	case "x":
		ways = [][]any{{"XADD", key, "*", "f", word}, {"XADD", key, "MAXLEN", 20, "*", "f", word, "g", small}, {"XTRIM", key, "MAXLEN", 15}}
	case "pf":
		ways = [][]any{{"PFADD", key, word, small}}
	case "t":
		ways = [][]any{{"SET", key, word, "EX", 50000}, {"PEXPIRE", key, 90000000}, {"SETEX", key, 40000, word}, {"PERSIST", key}}
	}
	ways = slices.DeleteFunc(ways, func(args []any) bool { return args[0] == n.renamed })
	return anyOf(n, ways)
}

// key is one of the background's: often one that was written to before.
func (n *night) key() (kind string, at place) {
	kind = anyOf(n, kinds)
	if kind == "t" && n.linkDown && n.plan.sendsLifetimes() {
		kind = "s" // a life time that is sent late lasts longer
	}
	if known := n.known[kind]; len(known) > 0 && n.random.IntN(3) > 0 {
		return kind, anyOf(n, known)
	}
	at = n.fresh(kind)
	n.known[kind] = append(n.known[kind], at)
	return kind, at
}

// background has clients of the master write and read for a while, and returns
// who may have written to which key.
func (n *night) background(commands int) map[place][]int {
	wrote := map[place][]int{}
	note := func(c *client, at place) {
		if !slices.Contains(wrote[at], c.port) {
			wrote[at] = append(wrote[at], c.port)
		}
	}
	for i := 0; i < commands; {
		c := anyOf(n, n.apps)
		kind, at := n.key()
		switch n.random.IntN(10) {
		case 0, 1: // several keys of one database at once
			var batch [][]any
			for range 2 + n.random.IntN(4) {
				if other, where := n.key(); where.DB == at.DB {
					batch = append(batch, n.write(other, where.Key))
					note(c, where)
				}
			}
			batch = append(batch, n.write(kind, at.Key))
			note(c, at)
			i += len(batch)
			if n.random.IntN(2) == 0 {
				n.transaction(c, at.DB, batch...)
			} else {
				n.pipeline(c, at.DB, batch...)
			}
		case 2:
			n.do(c, at.DB, "TYPE", at.Key)
		case 3:
			if n.renamed != "SET" {
				at = n.fresh("s")
				n.known["s"] = append(n.known["s"], at)
				n.do(c, at.DB, "EVAL", "return redis.call('set',KEYS[1],ARGV[1])", 1, at.Key, fmt.Sprint("by script ", i))
				note(c, at)
				i++
			}
		default:
			n.do(c, at.DB, n.write(kind, at.Key)...)
			note(c, at)
			i++
		}
	}
	return wrote
}
