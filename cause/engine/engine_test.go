package engine

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/value"

	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/internal/redistest"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

func engines(t *testing.T) map[string]*Engine {
	t.Helper()
	server, err := Start(t.Context(), 64)
	if err != nil {
		t.Fatal(err)
	}
	embedded, err := startEmbedded(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*Engine{"server": server, "embedded": embedded}
	t.Cleanup(func() {
		for name, e := range all {
			if err := e.Close(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	return all
}

// saved makes a dump of what the commands lead to and reads all its keys.
func saved(t *testing.T, commands ...[]any) []diff.KeyValue {
	t.Helper()
	s := redistest.Start(t)
	for _, c := range commands {
		s.Do(c...)
	}
	in, err := input.Open(s.Save("dump.rdb"), input.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	keys, err := diff.ReadKeys(t.Context(), in, 0, 1<<20, func(int, []byte) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// TestHoldsWhatItIsGiven: by RESTORE and by commands, an engine gives back the
// values of a dump.
func TestHoldsWhatItIsGiven(t *testing.T) {
	at := time.Now().Add(-time.Hour).UnixMilli() // past, but not when it was saved
	keys := saved(t,
		[]any{"SET", "string", "a\x00b"}, []any{"SET", "int", 42},
		[]any{"RPUSH", "list", "a", "b", "a"}, []any{"SADD", "set", "x", "y"}, []any{"SADD", "intset", 1, 2},
		[]any{"ZADD", "zset", "0.1", "a", "-inf", "b"}, []any{"HSET", "hash", "f", "v", "g", "w"},
		[]any{"XADD", "stream", "1-1", "f", "v"}, []any{"XADD", "stream", "2-1", "f", "v"}, []any{"XDEL", "stream", "2-1"},
		[]any{"XGROUP", "CREATE", "stream", "g", "0"}, []any{"XREADGROUP", "GROUP", "g", "alice", "STREAMS", "stream", ">"},
		[]any{"XGROUP", "CREATE", "empty", "g", "$", "MKSTREAM"},
	)
	for name, e := range engines(t) {
		for _, raw := range []bool{true, false} {
			if err := e.Reset(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, kv := range keys {
				v := *kv.Value
				if !raw {
					v.Stored = nil
				}
				v.HasExpire, v.ExpireAt = true, at
				err := e.Put(t.Context(), 3, kv.Key, &v)
				if name == "embedded" && v.Object == rdb.ObjectStream {
					if !errors.Is(err, ErrUnfit) { // it has no XSETID, and says so
						t.Errorf("%s: put %s: %v", name, kv.Key, err)
					}
					continue
				}
				if err != nil {
					t.Errorf("%s: put %s: %v", name, kv.Key, err)
					continue
				}
				got, err := e.Get(t.Context(), 3, kv.Key)
				if err != nil || !value.Same(got, kv.Value) {
					t.Errorf("%s, raw %v: %s came back as %+v, %v", name, raw, kv.Key, got, err)
					continue
				}
				if apart := got.ExpireAt - at; !got.HasExpire || apart < -1000 || apart > 1000 {
					t.Errorf("%s, raw %v: %s expires at %d, want %d", name, raw, kv.Key, got.ExpireAt, at)
				}
			}
		}
		if v, err := e.Get(t.Context(), 3, []byte("absent")); v != nil || err != nil {
			t.Errorf("%s: an absent key is %+v, %v", name, v, err)
		}
	}
}

func args(words ...string) [][]byte {
	var a [][]byte
	for _, w := range words {
		a = append(a, []byte(w))
	}
	return a
}

func TestApplies(t *testing.T) {
	for name, e := range engines(t) {
		refused, err := e.Apply(t.Context(), []Step{
			{1, args("SET", "k", "1")}, {2, args("INCR", "k")}, {1, args("INCR", "k")}, {1, args("LPUSH", "k", "x")}, {1, args("NOSUCH", "k")},
			{1, args("EVAL", "return redis.call('incr', KEYS[1])", "1", "k")},
		})
		if err != nil || len(refused) != 2 || refused[3] == nil || refused[4] == nil {
			t.Errorf("%s: refused %v, %v", name, refused, err)
		}
		v, err := e.Get(t.Context(), 1, []byte("k"))
		if err != nil || string(v.Elements[0].Member) != "3" {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
	}
}

// TestTheServerIsShutIn: what scripts of an artefact could harm is not there.
func TestTheServerIsShutIn(t *testing.T) {
	e := engines(t)["server"]
	steps := []Step{
		{0, args("MIGRATE", "127.0.0.1", "1", "k", "0", "100")}, {0, args("CONFIG", "GET", "dir")}, {0, args("SAVE")},
		{0, args("EVAL", "return redis.call('MIGRATE', '127.0.0.1', '1', 'k', '0', '100')", "0")},
	}
	refused, err := e.Apply(t.Context(), steps)
	if err != nil || len(refused) != len(steps) {
		t.Errorf("refused %v, %v", refused, err)
	}
}

func TestStartLeavesNothingBehind(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	e, err := Start(t.Context(), 16)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestConnectWantsAnEmptyServerNearby(t *testing.T) {
	s := redistest.Start(t)
	url := "redis://" + s.Addr
	e, err := Connect(t.Context(), url, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	s.Do("SET", "precious", "1")
	if _, err := Connect(t.Context(), url, false); err == nil {
		t.Error("a server that holds keys was taken")
	}
	if s.Do("GET", "precious") != "1" {
		t.Error("a server that holds keys was emptied")
	}
	if _, err := Connect(t.Context(), "redis://192.0.2.1:6379", false); err == nil {
		t.Error("a server on another machine was taken")
	}
}

func TestLater(t *testing.T) {
	ms := func(n int64) string { return strconv.FormatInt(n+shift, 10) }
	s := func(n int64) string { return strconv.FormatInt(n+shift/1000, 10) }
	for _, c := range []struct {
		in, out  []string
		relative bool
	}{
		{[]string{"SET", "k", "EX"}, []string{"SET", "k", "EX"}, false},
		{[]string{"set", "k", "v", "px", "100"}, []string{"set", "k", "v", "px", ms(100)}, true},
		{[]string{"SET", "k", "v", "PXAT", "1700000000000"}, []string{"SET", "k", "v", "PXAT", ms(1700000000000)}, false},
		{[]string{"EXPIRE", "k", "10"}, []string{"EXPIRE", "k", s(10)}, true},
		{[]string{"PEXPIREAT", "k", "5", "GT"}, []string{"PEXPIREAT", "k", ms(5), "GT"}, false},
		{[]string{"EXPIRE", "k", "-1"}, []string{"EXPIRE", "k", "-1"}, true},
		{[]string{"SETEX", "k", "10", "v"}, []string{"SETEX", "k", s(10), "v"}, true},
		{[]string{"RESTORE", "k", "10", "x", "ABSTTL"}, []string{"RESTORE", "k", ms(10), "x", "ABSTTL"}, false},
		{[]string{"HSETEX", "k", "PXAT", "7", "FIELDS", "1", "EX", "1"}, []string{"HSETEX", "k", "PXAT", ms(7), "FIELDS", "1", "EX", "1"}, false},
		{[]string{"MSETEX", "1", "k", "EX", "PXAT", "7"}, []string{"MSETEX", "1", "k", "EX", "PXAT", ms(7)}, false},
		{[]string{"GETEX", "k", "EX", "7"}, []string{"GETEX", "k", "EX", s(7)}, true},
		{[]string{"HGETEX", "k", "PX", "7", "FIELDS", "1", "f"}, []string{"HGETEX", "k", "PX", ms(7), "FIELDS", "1", "f"}, true},
		{[]string{"SET", "PX", "5"}, []string{"SET", "PX", "5"}, false},
		{[]string{"GET", "k"}, []string{"GET", "k"}, false},
		{[]string{"EXPIRE", "k"}, []string{"EXPIRE", "k"}, false},
	} {
		got, relative := Later(args(c.in...))
		if relative != c.relative || len(got) != len(c.out) {
			t.Errorf("%v: %q, %v", c.in, got, relative)
			continue
		}
		for i := range got {
			if string(got[i]) != c.out[i] {
				t.Errorf("%v: %q, want %q", c.in, got, c.out)
			}
		}
	}
}

// TestStartsEveryServer: also those that lack a command which is forbidden, and
// refuse to start where it is renamed.
func TestStartsEveryServer(t *testing.T) {
	for _, program := range redistest.Servers(t) {
		t.Run(program.String(), func(t *testing.T) {
			e, err := startServer(t.Context(), program.Path, 16)
			if err != nil {
				t.Fatal(err)
			}
			refused, err := e.Apply(t.Context(), []Step{
				{0, args("SET", "k", "v")}, {0, args("CONFIG", "GET", "*")}, {0, args("SAVE")},
			})
			if err != nil || refused[0] != nil || refused[1] == nil || refused[2] == nil {
				t.Errorf("%v, %v", refused, err)
			}
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestSaysThatItEnded: nobody waits for a server that is none.
func TestSaysThatItEnded(t *testing.T) {
	_, err := startServer(t.Context(), "/bin/false", 16)
	if err == nil || !strings.Contains(err.Error(), "it ended at once") {
		t.Errorf("%v", err)
	}
}

func TestSeveralScores(t *testing.T) {
	for name, e := range engines(t) {
		t.Run(name, func(t *testing.T) {
			_, err := e.Apply(t.Context(), []Step{
				{0, args("ZADD", "one", "1", "a", "1", "b")}, {2, args("ZADD", "two", "1", "a", "2", "b")},
				{0, args("SET", "string", "1")},
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range []struct {
				db   int
				key  string
				want bool
			}{{0, "one", false}, {2, "two", true}, {0, "two", false}, {0, "string", false}} {
				if got, err := e.SeveralScores(t.Context(), c.db, []byte(c.key)); got != c.want || err != nil {
					t.Errorf("%d %s: %v, %v", c.db, c.key, got, err)
				}
			}
		})
	}
}
