package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/internal/redistest"
)

// A duck runs SQL in DuckDB, in a folder of its own.
type duck struct {
	dir, modules string
	statements   map[string]string // of docs/fleet.md, by name
}

// newDuck skips the test where scripts/duckdb has fetched none.
func newDuck(t *testing.T) *duck {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skip(err)
	}
	d := &duck{dir: t.TempDir(), modules: filepath.Join(cache, "redsleuth", "duckdb")}
	if _, err := os.Stat(filepath.Join(d.modules, "node_modules", "@duckdb", "node-api")); err != nil {
		t.Skip("no DuckDB here (scripts/duckdb): the SQL of docs/fleet.md was not run")
	}
	page, err := os.ReadFile("../../docs/fleet.md")
	if err != nil {
		t.Fatal(err)
	}
	d.statements = map[string]string{}
	for _, block := range strings.Split(string(page), "```sql\n-- ")[1:] {
		block, _, _ = strings.Cut(block, "```")
		name, statement, _ := strings.Cut(block, "\n")
		d.statements[name] = statement
	}
	return d
}

// quack reads statements, and writes the rows of the last as JSON.
const quack = `
const { DuckDBInstance } = require('@duckdb/node-api');
(async () => {
  const db = await (await DuckDBInstance.create(':memory:')).connect();
  const [dir, sql] = JSON.parse(require('fs').readFileSync(0, 'utf8'));
  await db.run("SET file_search_path = '" + dir + "'");
  await db.run("SET TimeZone = 'UTC'");
  const r = await db.runAndReadAll(sql);
  console.log(JSON.stringify(r.getRowObjectsJson()));
})().catch(e => { console.error(String(e)); process.exit(1); });`

// query returns the rows of a statement.
func (d *duck) query(t *testing.T, sql string) []map[string]any {
	t.Helper()
	in, err := json.Marshal([]string{d.dir, sql})
	if err != nil {
		t.Fatal(err)
	}
	node := exec.Command("node", "-e", quack)
	node.Dir, node.Stdin, node.Stderr = d.modules, bytes.NewReader(in), os.Stderr
	out, err := node.Output()
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	var rows []map[string]any
	if err := json.Unmarshal(out, &rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

// add dumps an input into a file of the folder.
func (d *duck) add(t *testing.T, name, path string, args ...string) {
	t.Helper()
	to := filepath.Join(d.dir, name)
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		t.Fatal(err)
	}
	if out := output(t, append([]string{"dump", path, "--output", "parquet", "--out", to}, args...)...); len(out) > 0 {
		t.Fatalf("%s", out)
	}
	if _, err := os.Stat(to); err != nil {
		t.Fatal(err)
	}
}

// fill gives a server keys of every type, and has some otherwise on the side that
// is edited.
func fill(t *testing.T, s *redistest.Server, keys int, edited bool) {
	t.Helper()
	random := rand.New(rand.NewPCG(5, 6)) // the same numbers on both sides
	const far = 4_000_000_000_000
	for from := 0; from < keys; from += 2000 {
		p := s.Client.Pipeline()
		do := func(args ...any) { p.Do(t.Context(), args...) }
		for i := from; i < min(from+2000, keys); i++ {
			key, n, edit := fmt.Sprintf("kind%d:%d", i%7, i), random.IntN(1000), random.IntN(600)
			if i%50 == 0 {
				key = fmt.Sprintf("bin\xff:%d", i)
			}
			if !edited {
				edit = -1
			}
			switch edit {
			case 0: // it is not there
				continue
			case 1: // it is of another type
				do("LPUSH", key, "other", "type")
				continue
			case 2: // another is there
				do("SET", key+":extra", n)
			case 3: // another value
				n++
			}
			switch i % 7 {
			case 0:
				do("SET", key, n)
			case 1:
				do("SET", key, strings.Repeat("x", n%90)+fmt.Sprint(n))
			case 2:
				do("RPUSH", key, n, "b", "c", strings.Repeat("d", n%80))
			case 3:
				do("SADD", key, n, "m", i)
			case 4:
				do("HSET", key, "f", n, "g", strings.Repeat("v", n%70))
			case 5:
				do("ZADD", key, float64(n)/3, "m", -n, "k", 0.1, n)
			case 6:
				do("XADD", key, "5-1", "f", n)
				if i%2 == 0 {
					do("XGROUP", "CREATE", key, "g", "0")
				}
			}
			at := far + i
			switch edit {
			case 4: // within what is taken for the same
				at += 1500
			case 5:
				at += 5000
			}
			if i%3 > 0 || edit == 6 {
				do("PEXPIREAT", key, at)
			}
		}
		if _, err := p.Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFleetDiff: what the SQL of docs/fleet.md says of two dumps of different
// versions and encodings is what diff says, both ways round.
func TestFleetDiff(t *testing.T) {
	d := newDuck(t)
	servers := redistest.Servers(t)
	keys := 300_000
	if testing.Short() {
		keys = 30_000
	}
	oldest := redistest.StartProgram(t, servers[0], "--hash-max-ziplist-entries", "1",
		"--zset-max-ziplist-entries", "1")
	newest := redistest.StartProgram(t, servers[len(servers)-1])
	fill(t, oldest, keys, false)
	fill(t, newest, keys, true)
	sides := [2]string{oldest.Save("a.rdb"), newest.Save("b.rdb")}
	for _, way := range [][2]int{{0, 1}, {1, 0}} {
		master, replica := sides[way[0]], sides[way[1]]
		d.add(t, "master/a.parquet", master, "--force")
		d.add(t, "replica/a.parquet", replica, "--force")
		var told struct {
			Summary struct {
				Different int
				ByKind    map[string]int `json:"by_kind"`
			}
			Differences []struct {
				DB   int
				Key  json.RawMessage
				Kind string
			}
		}
		out := output(t, "diff", master, replica, "--output", "json", "--limit", "0")
		if err := json.Unmarshal(out, &told); err != nil {
			t.Fatal(err)
		}
		want := map[string]string{}
		for _, x := range told.Differences {
			var compact bytes.Buffer
			if err := json.Compact(&compact, x.Key); err != nil {
				t.Fatal(err)
			}
			key := compact.String()
			if key[0] == '"' { // as SQL tells it
				if err := json.Unmarshal(x.Key, &key); err != nil {
					t.Fatal(err)
				}
			}
			want[fmt.Sprint(x.DB, " ", key)] = x.Kind
		}
		if len(told.Summary.ByKind) != 5 || len(want) < keys/200 {
			t.Fatalf("%d keys differ, by %v: that would prove little", len(want), told.Summary.ByKind)
		}
		got := map[string]string{}
		for _, row := range d.query(t, d.statements["diff"]) {
			got[fmt.Sprint(row["db"], " ", row["key"])] = row["kind"].(string)
		}
		if !maps.Equal(got, want) {
			for key := range want {
				if got[key] != want[key] {
					t.Errorf("%q: %q, diff says %q", key, got[key], want[key])
				}
				delete(got, key)
			}
			t.Errorf("SQL alone tells %v", slices.Collect(maps.Keys(got)))
		}
	}
}

// TestFleetStatements: the other statements of docs/fleet.md run, and say what
// inspect says where it says the same.
func TestFleetStatements(t *testing.T) {
	d := newDuck(t)
	dumps, err := filepath.Glob("../../testdata/incidents/*/master.rdb")
	if err != nil || len(dumps) < 4 {
		t.Fatalf("%d dumps, %v", len(dumps), err)
	}
	keys := 0
	for i, path := range dumps {
		d.add(t, fmt.Sprintf("fleet/%d.parquet", i), path, "--memory")
		var inspected struct{ RDB struct{ Keys int } }
		if err := json.Unmarshal(output(t, "inspect", path, "--output", "json"), &inspected); err != nil {
			t.Fatal(err)
		}
		keys += inspected.RDB.Keys
	}
	d.add(t, "yesterday/a.parquet", dumps[0])
	d.add(t, "today/a.parquet", dumps[1])
	d.add(t, "clients/monitor.parquet", monitorText(t))
	if keys == 0 {
		t.Fatal("no keys")
	}
	for name := range d.statements {
		if name == "diff" {
			continue
		}
		rows := d.query(t, d.statements[name])
		if len(rows) == 0 {
			t.Errorf("%s: no rows", name)
		}
		if name == "prefixes" && len(rows) == 20 || name == "no-ttl" {
			continue
		}
		sum := 0
		for _, row := range rows {
			n := 0
			fmt.Sscan(fmt.Sprint(row["keys"]), &n)
			sum += n
		}
		if (name == "prefixes" || name == "balance") && sum != keys {
			t.Errorf("%s: %d keys, and inspect says %d", name, sum, keys)
		}
	}
	who := d.query(t, d.statements["writers"])
	if len(who) != 1 || who[0]["client"] != "10.0.0.7:51034" || who[0]["command"] != "SET" ||
		who[0]["commands"] != "2" || who[0]["keys"] != "1" {
		t.Errorf("writers: %v", who)
	}
}

// monitorText is the output of MONITOR.
func monitorText(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "monitor.txt")
	text := `OK
1700000000.000001 [0 10.0.0.7:51034] "set" "cart:1" "a"
1700000000.500000 [0 10.0.0.7:51034] "SET" "cart:1" "b"
1700000001.000000 [0 10.0.0.8:51035] "GET" "cart:1"
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
