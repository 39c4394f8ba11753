package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/internal/rdbgen"
	"github.com/redsleuth/redsleuth/internal/redistest"
)

// A testCluster is three servers with a third of the slots each.
type testCluster struct {
	*testing.T
	nodes []*redistest.Server
	saved int
}

func newTestCluster(t *testing.T) *testCluster {
	c := &testCluster{T: t}
	for i := range 3 {
		s := redistest.Start(t, "--cluster-enabled", "yes", "--cluster-require-full-coverage", "no")
		args := []any{"CLUSTER", "ADDSLOTS"}
		for slot := i * 5462; slot < min((i+1)*5462, command.Slots); slot++ {
			args = append(args, slot)
		}
		s.Do(args...)
		c.nodes = append(c.nodes, s)
	}
	for _, s := range c.nodes {
		s.WaitFor("the cluster", func() bool {
			return strings.Contains(s.Do("CLUSTER", "INFO").(string), "cluster_state:ok")
		})
	}
	return c
}

// do runs a command where its key's slot is.
func (c *testCluster) do(name, key string, args ...any) {
	c.nodes[command.Slot([]byte(key))/5462].Do(append([]any{name, key}, args...)...)
}

// save saves every node.
func (c *testCluster) save() (paths []string) {
	c.saved++
	for i, s := range c.nodes {
		paths = append(paths, s.Save(fmt.Sprintf("%d-%d.rdb", c.saved, i)))
	}
	return paths
}

// fill sets keys of several types, some with an expiry, some with hash tags.
func (c *testCluster) fill(keys int) {
	for i := range keys {
		key := fmt.Sprintf([]string{"user:%d", "cart:{%d}:items", "bin\xff:%d"}[i%3], i)
		switch i % 4 {
		case 0:
			c.do("SET", key, i)
		case 1:
			c.do("RPUSH", key, i, "b")
		case 2:
			c.do("HSET", key, "f", i, "g", strings.Repeat("v", i%90))
		case 3:
			c.do("ZADD", key, i, "m")
		}
		if i%5 == 0 {
			c.do("PEXPIREAT", key, 4_000_000_000_000+i)
		}
	}
}

// edit changes some keys, and returns how they then differ from what was saved
// before, seen from the edited side as the master.
func (c *testCluster) edit(keys int) map[string]string {
	differ := map[string]string{}
	for i := 0; i < keys-4; i += 20 {
		at := func(n int) string {
			return fmt.Sprintf([]string{"user:%d", "cart:{%d}:items", "bin\xff:%d"}[n%3], n)
		}
		c.do("SET", fmt.Sprintf("new:%d", i), i)
		differ[fmt.Sprintf("new:%d", i)] = "missing-on-replica"
		c.do("DEL", at(i+1))
		differ[at(i+1)] = "extra-on-replica"
		c.do("HSET", at(i+2), "f", "changed")
		differ[at(i+2)] = "value"
		c.do("PERSIST", at(i))
		differ[at(i)] = "ttl"
		c.do("DEL", at(i+3))
		c.do("SET", at(i+3), "of another type")
		differ[at(i+3)] = "type"
	}
	return differ
}

// sides are the flags of two sides of several dumps.
func sides(masters, replicas []string) (args []string) {
	for _, path := range masters {
		args = append(args, "--master", path)
	}
	for _, path := range replicas {
		args = append(args, "--replica", path)
	}
	return args
}

// clusterDiff is what the tests look at in the document of diff.
type clusterDiff struct {
	Master, Replica struct {
		Keys   int
		Shards []struct {
			Path        string
			Keys, Slots int
			Ranges      [][2]int
			WrongShard  int `json:"wrong_shard_keys"`
		}
	}
	Replication struct {
		Pairs []struct{ Master, Replica string }
	}
	Summary     struct{ Equal, Different int }
	Differences []struct {
		Key             json.RawMessage
		Slot            int
		Kind            string
		Master, Replica *struct{ File string }
	}
	Findings []struct{ Code, File string }
}

// TestClusterDiff: the whole of a cluster against an earlier state of it, in any
// order of the dumps, within 16 MiB, as the SQL of docs/fleet.md has it too.
func TestClusterDiff(t *testing.T) {
	const keys = 3000
	c := newTestCluster(t)
	c.fill(keys)
	before := c.save()
	want := c.edit(keys)
	after := c.save()
	line := append([]string{"diff", "--limit", "0", "--max-memory", "16MiB"},
		sides(after, []string{before[2], before[0], before[1]})...)

	var told clusterDiff
	line = append(line, "--output", "json")
	document := output(t, line...)
	if err := json.Unmarshal(document, &told); err != nil {
		t.Fatal(err)
	}
	if err := hold(line, document); err != nil {
		t.Errorf("against the schema: %v", err)
	}
	got := map[string]string{}
	for _, d := range told.Differences {
		key := keyText(t, d.Key)
		got[key] = d.Kind
		if d.Slot != command.Slot([]byte(key)) {
			t.Errorf("%q in slot %d", key, d.Slot)
		}
		for side, files := range map[*struct{ File string }][]string{d.Master: after, d.Replica: before} {
			if side != nil && side.File != files[d.Slot/5462] {
				t.Errorf("%q is said to be in %s", key, side.File)
			}
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("%d keys differ, and %d were made to", len(got), len(want))
	}
	for i, s := range told.Master.Shards {
		if s.Path != after[i] || s.Keys == 0 || s.Slots == 0 || len(s.Ranges) != 1 ||
			s.Ranges[0][0] < i*5462 || s.Ranges[0][1] >= (i+1)*5462 || s.WrongShard != 0 {
			t.Errorf("shard %d: %+v", i, s)
		}
		if p := told.Replication.Pairs[i]; p.Master != after[i] || p.Replica != before[i] {
			t.Errorf("pair %d: %+v", i, p)
		}
	}
	if len(told.Findings) > 0 {
		t.Errorf("%+v", told.Findings)
	}
	c.csv(line, want, after)
	t.Run("SQL", func(t *testing.T) { sqlDiff(t, before, after, want) })
}

// csv holds the CSV of the same comparison against it.
func (c *testCluster) csv(line []string, want map[string]string, after []string) {
	table := output(c.T, append(line[:len(line)-1], "csv")...)
	rows, err := csv.NewReader(bytes.NewReader(table)).ReadAll()
	if err != nil || len(rows) != len(want)+1 {
		c.Fatalf("%d rows, %v", len(rows), err)
	}
	at := func(name string) int { return slices.Index(rows[0], name) }
	for _, row := range rows[1:] {
		slot, _ := strconv.Atoi(row[at("slot")])
		file := row[at("master_file")]
		if row[at("kind")] != "extra-on-replica" && file != after[slot/5462] {
			c.Errorf("%v", row)
		}
	}
}

// keyText is a key as a byte string.
func keyText(t *testing.T, document json.RawMessage) string {
	var text string
	if json.Unmarshal(document, &text) == nil {
		return text
	}
	var b struct{ Base64 []byte }
	if err := json.Unmarshal(document, &b); err != nil {
		t.Fatal(err)
	}
	return string(b.Base64)
}

// sqlDiff asks DuckDB the same.
func sqlDiff(t *testing.T, before, after []string, want map[string]string) {
	d := newDuck(t)
	for i := range before {
		d.add(t, fmt.Sprintf("master/%d.parquet", i), after[i])
		d.add(t, fmt.Sprintf("replica/%d.parquet", i), before[i])
	}
	got := map[string]string{}
	for _, row := range d.query(t, d.statements["diff"]) {
		key := json.RawMessage(fmt.Sprint(row["key"]))
		if row["key_base64"] == nil {
			key, _ = json.Marshal(row["key"])
		}
		got[keyText(t, key)] = row["kind"].(string)
	}
	if !maps.Equal(got, want) {
		t.Errorf("SQL tells %d differences, want %d", len(got), len(want))
	}
}

// TestClusterStrays: a shard that holds keys of others, as a restore into the wrong
// one leaves them, is named with them, and the copies in the right one are compared.
func TestClusterStrays(t *testing.T) {
	c := newTestCluster(t)
	c.fill(3000)
	good := c.save()
	plain := redistest.Start(t) // takes any key
	keys := plain.Client
	for i := range 3000 {
		key := fmt.Sprintf([]string{"user:%d", "cart:{%d}:items", "bin\xff:%d"}[i%3], i)
		own := command.Slot([]byte(key))/5462 == 1
		if !own && i%400 > 0 {
			continue
		}
		from := c.nodes[command.Slot([]byte(key))/5462]
		dumped := from.Do("DUMP", key).(string)
		if err := keys.Do(t.Context(), "RESTORE", key, 0, dumped).Err(); err != nil {
			t.Fatal(err)
		}
		if i%5 == 0 && own {
			keys.Do(t.Context(), "PEXPIREAT", key, 4_000_000_000_000+i)
		}
	}
	mixed := []string{good[0], plain.Save("mixed.rdb"), good[2]}
	status, text, _ := runLine(t, append([]string{"diff"}, sides(good, mixed)...)...)
	for _, want := range []string{"Consistent: ", `warning wrong-shard  "` + mixed[1], "keys of this dump, in ",
		"warning key-in-two-shards", "redsleuth explain wrong-shard key-in-two-shards", "Shards of the replica"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if status != 1 {
		t.Errorf("status %d", status)
	}
	for _, way := range [][2][]string{{good, mixed}, {mixed, good}} {
		var told clusterDiff
		args := append([]string{"diff", "--output", "json"}, sides(way[0], way[1])...)
		if err := json.Unmarshal(output(t, args...), &told); err != nil {
			t.Fatal(err)
		}
		if told.Summary.Different != 0 || told.Summary.Equal != 3000 {
			t.Errorf("%+v", told.Summary)
		}
	}
}

// TestClusterGrowth: what grew in a whole cluster.
func TestClusterGrowth(t *testing.T) {
	c := newTestCluster(t)
	c.fill(300)
	before := c.save()
	for i := range 50 {
		c.do("SET", fmt.Sprintf("session:%d", i), "x")
	}
	args := append([]string{"diff", "--growth", "--output", "json"}, sides(before, c.save())...)
	status, text, _ := runLine(t, args...)
	var told struct {
		Growth struct {
			Keys struct{ Before, After int }
			List []struct{ Pattern string }
		}
	}
	if err := json.Unmarshal([]byte(text), &told); err != nil || status != 0 {
		t.Fatal(status, err)
	}
	if g := told.Growth; g.Keys.Before != 300 || g.Keys.After != 350 || len(g.List) != 1 ||
		g.List[0].Pattern != "session:*" {
		t.Errorf("%+v", g)
	}
}

// TestClusterRefuses: what has no use for several dumps on a side.
func TestClusterRefuses(t *testing.T) {
	dump := filepath.Join("..", "..", "testdata", "dumps", "hfe12.rdb")
	two := []string{"diff", "--master", dump, "--master", dump, "--replica", dump}
	for _, c := range []struct {
		args []string
		want string
	}{
		{append(two, "--stream", dump), "--stream is of one history"},
		{append(two, "--replica-before", dump), "--replica-before is of one history"},
		{[]string{"diff", "--master", dump, "--master", dump}, "go together"},
		{append(two, t.TempDir()), "the sides of a folder are one dump each"},
	} {
		status, _, errs := runLine(t, c.args...)
		if status != 2 || !strings.Contains(errs, c.want) {
			t.Errorf("%v: status %d, %s", c.args, status, errs)
		}
	}
}

// TestInspectCluster: inspect tells of the shards of a cluster what diff does of a side.
func TestInspectCluster(t *testing.T) {
	dir := t.TempDir()
	var paths []string
	for i := range 3 {
		keys := map[string]string{}
		for n := range 3000 {
			key := fmt.Sprintf("key:%d", n)
			shard := command.Slot([]byte(key)) / 5462
			if shard == i || i == 2 && n%1000 == 5 { // 5, 1005 and 2005 are in the third too
				keys[key] = "x"
			}
		}
		d := rdbgen.Dump{Magic: "REDIS", Version: 11, Databases: map[int]map[string]string{0: keys}}
		paths = append(paths, filepath.Join(dir, fmt.Sprintf("shard-%d.rdb", i)))
		if err := os.WriteFile(paths[i], d.Encode(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	line := append([]string{"inspect", "--cluster", "--output", "json"}, paths...)
	document := output(t, line...)
	if err := hold(line, document); err != nil {
		t.Errorf("against the schema: %v", err)
	}
	var told []struct {
		RDB struct {
			Keys  int
			Shard struct {
				Slots      int
				Ranges     [][2]int
				WrongShard int `json:"wrong_shard_keys"`
			}
		}
		Findings []struct {
			Code, File string
			Count      int
			Keys       []string
		}
	}
	if err := json.Unmarshal(document, &told); err != nil || len(told) != 3 {
		t.Fatal(err, len(told))
	}
	var found []string
	for i, one := range told {
		if s := one.RDB.Shard; s.Slots == 0 || len(s.Ranges) != 1 || s.Ranges[0][0]/5462 != i {
			t.Errorf("shard %d: %+v", i, s)
		}
		for _, f := range one.Findings {
			found = append(found, fmt.Sprint(filepath.Base(f.File), " ", f.Code, " ", f.Count, " ", f.Keys))
		}
	}
	strays := 0 // in the third
	for _, n := range []int{5, 1005, 2005} {
		if command.Slot(fmt.Appendf(nil, "key:%d", n))/5462 != 2 {
			strays++
		}
	}
	if told[2].RDB.Shard.WrongShard != strays || strays == 0 || len(found) < 2 ||
		!strings.HasPrefix(found[0], "shard-2.rdb wrong-shard "+fmt.Sprint(strays)) {
		t.Errorf("%d strays, %q", strays, found)
	}
	status, text, _ := runLine(t, append([]string{"inspect", "--cluster"}, paths...)...)
	if status != 1 || !strings.Contains(text, "\nShards\n") ||
		!strings.Contains(text, "warning key-in-two-shards") {
		t.Errorf("status %d, %s", status, text)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"inspect", "--cluster", paths[0]}, "here are not two"},
		{append([]string{"inspect", "--cluster", "--type", "set"}, paths...), "--cluster goes by"},
	} {
		if status, _, errs := runLine(t, c.args...); status != 2 || !strings.Contains(errs, c.want) {
			t.Errorf("%v: status %d, %s", c.args, status, errs)
		}
	}
	// Without the flag nothing is read twice, and nothing is told.
	if plain := output(t, append([]string{"inspect", "--output", "json"}, paths...)...); bytes.Contains(plain, []byte(`"shard"`)) {
		t.Error("shards were told unasked")
	}
}
