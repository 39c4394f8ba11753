package command

import "slices"

// Administers reports whether the command is one of those by which somebody
// acts on a server rather than on keys that it names: its role, its settings,
// users, libraries and scripts, the slots it serves, the clients it listens to,
// what it saved, whole databases, its life, or the traces that it keeps of what
// happened. Reading is none of it; neither is the upkeep of a connection.
func Administers(args [][]byte) bool {
	c := Lookup(args)
	if c == nil {
		return false
	}
	if c.Name == "debug" {
		return len(args) > 1 && !Is(args[1:], debugReads[:]...)
	}
	return administers(c.Name)
}

// MayAdminister reports whether some command of this name, the container's of a
// subcommand, is one that Administers.
func MayAdminister(name []byte) bool {
	c := find(name)
	return c != nil && (c.container || c.Name == "debug" || administers(c.Name))
}

// debugReads are the subcommands of DEBUG that only look (redis src/debug.c).
var debugReads = [...]string{"OBJECT", "DIGEST", "DIGEST-VALUE", "SDSLEN", "HTSTATS", "HTSTATS-KEY",
	"ZIPLIST", "LISTPACK", "QUICKLIST", "STREAM", "PROTOCOL", "STRINGMATCH-LEN", "CLIENT-EVICTION",
	"DICT-STATS", "LOG", "HELP"}

func administers(name string) bool { return slices.Contains(administrative[:], name) }

// administrative are the commands that Administers; those of DEBUG are told by what they
// are not.
var administrative = [...]string{
	"replicaof", "slaveof", "failover", "shutdown",
	"flushall", "flushdb", "sflush", "swapdb", "trimslots",
	"save", "bgsave", "bgrewriteaof",
	"config set", "config rewrite", "config resetstat",
	"acl setuser", "acl deluser", "acl load", "acl save",
	"client kill", "client pause", "client unpause",
	"script flush", "script kill", "script debug",
	"function load", "function delete", "function flush", "function restore", "function kill",
	"module load", "module loadex", "module unload",
	"slowlog reset", "commandlog reset", "latency reset", "memory purge",
	"cluster addslots", "cluster addslotsrange", "cluster bumpepoch", "cluster cancelslotmigrations",
	"cluster delslots", "cluster delslotsrange", "cluster failover", "cluster flushslot",
	"cluster flushslots", "cluster forget", "cluster meet", "cluster migrateslots",
	"cluster migration", "cluster replicate", "cluster reset", "cluster set-config-epoch",
	"cluster setslot", "cluster syncslots",
}
