package command

import (
	"bytes"
	"strings"
	"testing"
)

func TestKeys(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"GET k", "k"},
		{"set k v EX 1", "k"},
		{"DEL a b c", "a b c"},
		{"MSET a 1 b 2", "a b"},
		{"MSETEX 2 a 1 b 2 EX 5", "a b"},
		{"BLPOP a b 0", "a b"},
		{"BITOP AND d a b", "d a b"},
		{"EVAL return 2 a b x", "a b"},
		{"EVALSHA abc 0 x", ""},
		{"EVALSHA abc -1 x", ""},
		{"EVALSHA abc 99 x", ""},
		{"FCALL_RO f 1 a x", "a"},
		{"XREAD COUNT 2 STREAMS a b 0 0", "a b"},
		{"XREADGROUP GROUP g c STREAMS a >", "a"},
		{"XGROUP CREATE k g $", "k"},
		{"xinfo stream k", "k"},
		{"SORT k BY w_* STORE d", "k d"},
		{"SORT k STORE c STORE d", "k d"}, // the last one counts
		{"SORT store DESC", "store"},
		{"GEORADIUS k 1 2 3 m STORE d", "k d"},
		{"ZUNIONSTORE d 2 a b WEIGHTS 1 2", "d a b"},
		{"ZADD k 1 m", "k"},
		{"LMPOP 2 a b LEFT", "a b"},
		{"MIGRATE h 1 k 0 9", "k"},
		{"MIGRATE h 1 '' 0 9 REPLACE KEYS a b", "a b"},
		{"MIGRATE h 1 KEYS 0 9 COPY", "KEYS"},
		{"LMOVEM a b LEFT RIGHT 2", "a b"},
		{"RENAME a b", "a b"},
		{"JSON.MSET a . 1 b . 2", "a b"},
		{"OBJECT ENCODING k", "k"},
		{"SPUBLISH ch m", ""},
		{"SELECT 1", ""},
		{"PING", ""},
		{"NOSUCH a b", ""},
		{"GET", ""},
		{"HIMPORT SET k fs v", "k"},
		{"CLUSTERSCAN 0", ""},
		{"CLUSTER FLUSHSLOT 5", ""},
		{"SUNIONCARD 2 a b LIMIT 1", "a b"},
		{"PHSET k /a FIELDS 1 f v", "k"},
	} {
		t.Run(c.line, func(t *testing.T) {
			if got := bytes.Join(Keys(split(c.line)), []byte(" ")); string(got) != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// What a command sets outright needs no state before it.
func TestAccess(t *testing.T) {
	for _, c := range []struct {
		line string
		want string // of each key
	}{
		{"SET k v", "sets"},
		{"SET k v PX 5", "sets"},
		{"SET k v EX NX", "sets"}, // NX is the time, wrong though it is
		{"SET k KEEPTTL", "sets"},
		{"SET k v KEEPTTL", "changes"},
		{"SET k v PX 5 NX", "changes"},
		{"SET k v GET", "changes"},
		{"SET k v IFEQ GET", "changes"},
		{"SETNX k v", "changes"},
		{"SETEX k 1 v", "sets"},
		{"MSET a NX b XX", "sets sets"},
		{"MSETNX a 1", "changes"},
		{"MSETEX 1 a NX EX 5", "sets"},
		{"MSETEX 1 a v EX 5 NX", "changes"},
		{"MSETEX 2 a v b w KEEPTTL", "changes changes"},
		{"DEL a b", "removes removes"},
		{"UNLINK a", "removes"},
		{"DELEX a", "removes"},
		{"DELEX a IFEQ v", "changes"},
		{"DELIFEQ a v", "changes"},
		{"GETDEL a", "changes"},
		{"GETSET a v", "changes"},
		{"RESTORE k 0 REPLACE", "changes"}, // the payload
		{"RESTORE k 0 p REPLACE ABSTTL", "sets"},
		{"RESTORE k 0 p IDLETIME 5 REPLACE", "sets"},
		{"RENAME a b", "removes computes"},
		{"RENAMENX a b", "changes changes"},
		{"COPY a b", "reads changes"},
		{"COPY a b DB 1 REPLACE", "reads computes"},
		{"SUNIONSTORE d a b", "computes reads reads"},
		{"SORT k STORE d", "reads computes"},
		{"BITOP NOT d a", "computes reads"},
		{"HIMPORT SET k f v", "changes"},
		{"APPEND a x", "changes"},
		{"GET a", "reads"},
	} {
		t.Run(c.line, func(t *testing.T) {
			keys, ok := Find(nil, split(c.line))
			if !ok {
				t.Fatal("not known")
			}
			var got []string
			for _, k := range keys {
				name := []string{"", "reads", "changes", "computes", "sets", "removes"}[k.Access]
				if k.Access.Writes() == (name == "reads") || k.Access.Overwrites() != (name != "reads" && name != "changes") {
					t.Errorf("%s: writes %v, overwrites %v", name, k.Access.Writes(), k.Access.Overwrites())
				}
				if k.Access.Outright() != (name == "sets" || name == "removes") {
					t.Errorf("%s: outright %v", name, k.Access.Outright())
				}
				got = append(got, name)
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%v, want %s", got, c.want)
			}
		})
	}
}

func TestNoAllocation(t *testing.T) {
	var buf [4]Key
	old := version(t, "9.0")
	for _, line := range []string{"HSET k f v", "SET k v PX 5 NX", "XADD k MAXLEN = 5 KEEPREF * f v"} {
		args := split(line)
		n := testing.AllocsPerRun(100, func() {
			Writes(args[0])
			Find(buf[:0], args)
			ParseXAdd(args)
			Refused(args, old)
		})
		if n > 0 {
			t.Errorf("%s: %v allocations", line, n)
		}
	}
}

// FuzzFind: every key is an argument, whatever the arguments.
func FuzzFind(f *testing.F) {
	f.Add("ZUNIONSTORE d 2 a b")
	f.Add("XREAD STREAMS a b c")
	f.Add("MIGRATE KEYS")
	f.Add("EVAL x 9223372036854775807 a")
	f.Fuzz(func(t *testing.T, line string) {
		args := split(line)
		keys, _ := Find(nil, args)
		for _, k := range keys {
			if k.Index <= 0 || k.Index >= len(args) {
				t.Fatalf("key at %d of %d", k.Index, len(args))
			}
		}
	})
}

func BenchmarkFind(b *testing.B) {
	args := split("ZUNIONSTORE d 2 a b")
	var buf [4]Key
	for b.Loop() {
		Find(buf[:0], args)
	}
}

func BenchmarkFindConditional(b *testing.B) {
	args := split("SET k v PXAT 1700000000000")
	var buf [4]Key
	for b.Loop() {
		Find(buf[:0], args)
	}
}

func TestSetsOutright(t *testing.T) {
	for name, want := range map[string]bool{
		"SET": true, "del": true, "MSET": true, "INCR": false, "GET": false, "SINTERSTORE": false,
		"RENAME": false, "FLUSHALL": false, "XGROUP": false, "EVAL": false, "nosuch": false,
	} {
		if got := SetsOutright(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
