package dump

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redsleuth/redsleuth/filter"
	"github.com/redsleuth/redsleuth/internal/redistest"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/parse/resp"
)

// ran writes commands to a Dumper, each in its database and transaction, and
// gives what came out, a command a line.
func ran(t *testing.T, options Options, commands ...record.Command) string {
	t.Helper()
	var out strings.Builder
	options.Format = RESP
	d := newDumper(t, &out, options)
	link := &record.Link{Number: 1, AOF: true}
	for i := range commands {
		if err := d.Command(&commands[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.LinkEnd(link); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for rest := out.String(); rest != ""; {
		var words []string
		for n := next(t, &rest, '*'); n > 0; n-- {
			size := next(t, &rest, '$')
			words, rest = append(words, rest[:size]), rest[size+2:]
		}
		lines = append(lines, strings.Join(words, " "))
	}
	return strings.Join(lines, "\n")
}

// next takes a line that begins with kind and holds a number.
func next(t *testing.T, rest *string, kind byte) (n int) {
	t.Helper()
	line, after, ok := strings.Cut(*rest, "\r\n")
	if !ok || line[0] != kind {
		t.Fatalf("%q is no command", *rest)
	}
	*rest = after
	for _, c := range line[1:] {
		n = 10*n + int(c-'0')
	}
	return n
}

func in(db, transaction int, words string) record.Command {
	c := record.Command{DB: db, Transaction: transaction, Offset: record.Unknown, EndOffset: record.Unknown}
	for _, w := range strings.Fields(words) {
		c.Args = append(c.Args, []byte(w))
	}
	return c
}

func TestCommandsStayInTheirDatabase(t *testing.T) {
	match := func(globs ...string) (f filter.Filter) {
		for _, g := range globs {
			f.Match = append(f.Match, []byte(g))
		}
		return f
	}
	stream := []record.Command{
		in(0, 0, "SELECT 0"), in(0, 0, "SET a 1"), in(0, 1, "MULTI"), in(0, 1, "SELECT 5"),
		in(5, 1, "SET b 2"), in(5, 1, "INCR n"), in(5, 1, "EXEC"), in(5, 0, "select 0"), in(0, 0, "DEL a"),
	}
	for _, c := range []struct {
		name     string
		filter   filter.Filter
		commands []record.Command
		want     string
	}{
		{"as they are", filter.Filter{}, stream,
			"SELECT 0\nSET a 1\nMULTI\nSELECT 5\nSET b 2\nINCR n\nEXEC\nselect 0\nDEL a"},
		{"a key of a transaction", match("b"), stream, "SELECT 5\nMULTI\nSET b 2\nEXEC"},
		{"keys of two databases", match("a", "n"), stream,
			"SELECT 0\nSET a 1\nSELECT 5\nMULTI\nINCR n\nEXEC\nSELECT 0\nDEL a"},
		{"a database", filter.Filter{DBs: []int{5}}, stream, "SELECT 5\nMULTI\nSET b 2\nINCR n\nEXEC"},
		{"a name", filter.Filter{Commands: []string{"del"}}, stream, "SELECT 0\nDEL a"},
		{"nothing of the transaction", match("a"), stream, "SELECT 0\nSET a 1\nDEL a"},
		{"without a SELECT", filter.Filter{}, []record.Command{in(3, 0, "SET a 1"), in(3, 0, "SET b 1")},
			"SELECT 3\nSET a 1\nSET b 1"},
		{"a transaction that is never run", match("a"),
			[]record.Command{in(0, 1, "MULTI"), in(0, 1, "SET a 1")}, "SELECT 0\nMULTI\nSET a 1\nDISCARD"},
		{"one that is torn before the next", filter.Filter{},
			[]record.Command{in(0, 1, "MULTI"), in(0, 1, "SET a 1"), in(2, 0, "SET b 1")},
			"SELECT 0\nMULTI\nSET a 1\nDISCARD\nSELECT 2\nSET b 1"},
		{"no known database", filter.Filter{}, []record.Command{in(record.Unknown, 0, "SET a 1")}, "SET a 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, ran(t, Options{Filter: c.filter}, c.commands...)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestUnknownDatabaseIsTold(t *testing.T) {
	var told []string
	ran(t, Options{Remark: func(m string, _ []byte) { told = append(told, m) }},
		in(record.Unknown, 0, "PING"), in(record.Unknown, 0, "SET a 1"), in(record.Unknown, 0, "SET b 1"))
	if len(told) != 1 || !strings.Contains(told[0], "SELECT") {
		t.Errorf("%q", told)
	}
}

// TestRebuildSets: the commands of a set of append-only files, its base with
// them, leave a server with what another has that wrote the set.
func TestRebuildSets(t *testing.T) {
	s := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always")
	random := rand.New(rand.NewPCG(7, 11))
	populate(s, random)
	s.Do("BGREWRITEAOF")
	s.WaitFor("the base", func() bool {
		return strings.Contains(s.Do("INFO", "persistence").(string), "aof_rewrite_in_progress:0")
	})
	for i, db := range []string{"9", "0", "3", "0"} {
		s.Do("SELECT", db)
		for n := range 20 {
			populateKey(s, random, fmt.Sprintf("later:%s:%d:%d", db, i, n), n%8, 9)
		}
		s.Do("EVAL", "redis.call('set', 'a', ARGV[1]) redis.call('select', 1) redis.call('incr', 'b')", "0", i)
	}
	if errs := feed(t, s, transaction("SET t 1", "SELECT 3", "INCR t")); len(errs) > 0 {
		t.Fatal(errs)
	}
	_, all := walk(t, filepath.Join(s.Dir, "appendonlydir"), Options{Format: RESP})
	built := redistest.Start(t)
	if errs := feed(t, built, all); len(errs) > 0 {
		t.Errorf("%d errors, first %s", len(errs), errs[0])
	}
	want := digests(t, s)
	if diff := cmp.Diff(want, digests(t, built)); diff != "" {
		t.Errorf("the whole (- written + built):\n%s", diff)
	}
	for _, c := range []struct {
		name, key string // key begins those of digests that are left
		filter    filter.Filter
	}{
		{"a database", "3 ", filter.Filter{DBs: []int{3}}},
		{"keys", `0 "later:`, filter.Filter{DBs: []int{0}, Match: [][]byte{[]byte("later:*")}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, some := walk(t, filepath.Join(s.Dir, "appendonlydir"), Options{Format: RESP, Filter: c.filter})
			part := redistest.Start(t)
			feed(t, part, some) // a SELECT within a script does not travel: no errors are expected
			left := map[string]any{}
			for key, sum := range want {
				if strings.HasPrefix(key, c.key) {
					left[key] = sum
				}
			}
			got := digests(t, part)
			delete(got, "")
			if diff := cmp.Diff(left, got); diff != "" || len(got) < 5 {
				t.Errorf("%d keys (- written + built):\n%s", len(got), diff)
			}
		})
	}
}

// transaction is MULTI, the commands, EXEC.
func transaction(commands ...string) string {
	var b []byte
	for _, c := range append(append([]string{"MULTI"}, commands...), "EXEC") {
		words := strings.Fields(c)
		b = resp.AppendArray(b, len(words))
		for _, w := range words {
			b = resp.AppendBulk(b, w)
		}
	}
	return string(b)
}
