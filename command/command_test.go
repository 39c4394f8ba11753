package command

import (
	"strings"
	"testing"
)

// split takes a line apart; ” is an empty argument.
func split(line string) (args [][]byte) {
	for _, w := range strings.Fields(line) {
		args = append(args, []byte(strings.ReplaceAll(w, "''", "")))
	}
	return args
}

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
	} {
		var got []string
		for _, k := range Keys(split(c.line)) {
			got = append(got, string(k))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", c.line, got, c.want)
		}
	}
}

func TestAccess(t *testing.T) {
	for _, c := range []struct {
		line string
		want []bool
	}{
		{"RENAME a b", []bool{true, true}},
		{"RENAMENX a b", []bool{false, false}},
		{"MSETNX a 1", []bool{false}},
		{"GETDEL a", []bool{true}},
		{"SUNIONSTORE d a b", []bool{true, false, false}},
		{"DEL a", []bool{true}},
		{"APPEND a x", []bool{false}},
	} {
		keys, ok := Find(nil, split(c.line))
		if !ok || len(keys) != len(c.want) {
			t.Fatalf("%s: %v", c.line, keys)
		}
		for i, k := range keys {
			if k.Access.Overwrites() != c.want[i] {
				t.Errorf("%s: key %d overwrites: %v", c.line, i, k.Access.Overwrites())
			}
		}
	}
}

func TestWrites(t *testing.T) {
	for _, name := range []string{"set", "EVAL", "evalsha", "FCALL", "xgroup", "FlushAll", "PFCOUNT", "nosuch", "VADD", "SORT", strings.Repeat("x", 100)} {
		if !Writes([]byte(name)) {
			t.Errorf("%s does not write", name)
		}
	}
	for _, name := range []string{"get", "EVAL_RO", "select", "ping", "MULTI", "EXEC", "replconf", "publish", "SCRIPT"} {
		if Writes([]byte(name)) {
			t.Errorf("%s writes", name)
		}
	}
}

func TestScope(t *testing.T) {
	for line, want := range map[string]Scope{
		"FLUSHDB": Database, "flushall ASYNC": Keyspace, "SWAPDB 0 1": Keyspace, "MOVE k 1": Keyspace,
		"GET k": Named, "COPY a b": Named, "COPY a b DB 1": Keyspace, "NOSUCH": Uncertain, "": Named,
	} {
		if got := ScopeOf(split(line)); got != want {
			t.Errorf("%s: %d, want %d", line, got, want)
		}
	}
}

func TestNoAllocation(t *testing.T) {
	args := split("HSET k f v")
	var buf [4]Key
	if n := testing.AllocsPerRun(100, func() { Writes(args[0]); Find(buf[:0], args) }); n > 0 {
		t.Errorf("%v allocations", n)
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

func BenchmarkWrites(b *testing.B) {
	name := []byte("HINCRBYFLOAT")
	for b.Loop() {
		Writes(name)
	}
}
