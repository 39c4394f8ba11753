package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/internal/redistest"
)

const compatibilityPage = "../../COMPATIBILITY.md"

// TestCompatibility takes each server at hand, and each of the dumps of others
// that testdata holds, through what the page says of it. -update writes the rows;
// those of servers that are not at hand stay.
func TestCompatibility(t *testing.T) {
	text, err := os.ReadFile(compatibilityPage)
	if err != nil {
		t.Fatal(err)
	}
	was := rowsOf(string(text))
	rows := maps.Clone(was)
	for _, program := range redistest.Servers(t) {
		t.Run(program.String(), func(t *testing.T) { rows[program.String()] = tried(t, program) })
	}
	dumps, err := filepath.Glob("../../testdata/dumps/types-*.rdb")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range dumps {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "types-"), ".rdb")
		t.Run(name, func(t *testing.T) {
			d := inspected(t, path)
			family, version, ok := strings.Cut(name, "-")
			if !ok {
				family, version = "redis", name
			}
			key := family + " " + version
			if r, ok := rows[key]; !ok || r[1] != "yes" || r[2] != "yes" {
				rows[key] = row{d.RDB.Magic + " " + strconv.Itoa(d.RDB.Version), "yes", "", "", "", ""}
			}
		})
	}
	if t.Failed() {
		return
	}
	if *update {
		if err := os.WriteFile(compatibilityPage, []byte(compatibility(rows)), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got := compatibility(was); got != string(text) {
		t.Errorf("%s is not as this test writes it (-update)", compatibilityPage)
	}
	for name, r := range rows {
		switch there, ok := was[name]; {
		case !ok: // of a server that came after the page
			t.Logf("%s has no row (-update)", name)
		case there != r:
			t.Errorf("%s: the page says %v, and it is %v (-update)", name, there, r)
		}
	}
}

// A row is what holds for a server: the version of its dumps, and of what was
// tried, whether it does.
type row [6]string

// columns are those of the page.
func columns() []string { return []string{"server", "dumps", "dump", "AOF", "link", "collect", "diff"} }

const compatibilityHead = `# Compatibility

Written by a test (` + "`go test ./cmd/redsleuth -run Compatibility -update`" + `) from the servers
that it ran. Of each server: the format version of its dumps; whether a dump and
an append-only file with a value of every type read whole; whether a recorded
link reads whole, up to the offset that INFO tells; whether ` + "`collect`" + ` takes
everything without a full sync; and whether ` + "`diff`" + ` finds its replica equal. Of
servers with a dump alone, testdata holds one with every type and encoding.

All tests are run on Linux. Of a release, ` + "`scripts/release snapshot`" + ` installs or unpacks
what is for Linux on amd64 and runs it, the image too; what is for arm64, macOS and
Windows is built and vetted, and not run.

`

// compatibility is the page.
func compatibility(rows map[string]row) string {
	var b strings.Builder
	b.WriteString(compatibilityHead)
	fmt.Fprintf(&b, "| %s |\n|%s\n", strings.Join(columns(), " | "), strings.Repeat(" --- |", len(columns())))
	for _, name := range slices.SortedFunc(maps.Keys(rows), byVersion) {
		r := rows[name]
		fmt.Fprintf(&b, "| %s | %s |\n", name, strings.Join(r[:], " | "))
	}
	return b.String()
}

// byVersion sorts Redis first, the oldest first.
func byVersion(a, b string) int {
	key := func(name string) string {
		family, version, _ := strings.Cut(name, " ")
		for _, part := range strings.FieldsFunc(version, func(c rune) bool { return c < '0' || c > '9' }) {
			family += fmt.Sprintf(" %6s", part)
		}
		return family
	}
	return strings.Compare(key(a), key(b))
}

// rowsOf reads the page.
func rowsOf(text string) map[string]row {
	rows := map[string]row{}
	for line := range strings.Lines(text) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if len(cells) == len(columns()) && cells[0] != columns()[0] && !strings.HasPrefix(cells[0], "-") {
			rows[cells[0]] = row(cells[1:])
		}
	}
	return rows
}

// compatible is what the document of inspect says of an artefact.
type compatible struct {
	RDB struct {
		Magic   string
		Version int
		Keys    int64
		End     string
		Values  struct{ Status string }
	}
	Links []struct {
		EndOffset int64 `json:"end_offset"`
		End       string
		Commands  int64
	}
	Findings []struct{ Code, Severity string }
}

func inspected(t *testing.T, path string) (d compatible) {
	t.Helper()
	_, out, errs := runLine(t, "inspect", path, "--output", "json")
	if err := json.Unmarshal([]byte(out), &d); err != nil {
		t.Fatalf("%v: %s", err, errs)
	}
	for _, f := range d.Findings {
		if f.Severity != "info" {
			t.Errorf("%s: %s %s", filepath.Base(path), f.Severity, f.Code)
		}
	}
	if d.RDB.Magic != "" && (d.RDB.End != "clean" || d.RDB.Values.Status != "sound") {
		t.Errorf("%s: ends %s, values %s", filepath.Base(path), d.RDB.End, d.RDB.Values.Status)
	}
	return d
}

// tried takes a server and its replica through everything.
func tried(t *testing.T, program redistest.Program) row {
	master := redistest.StartProgram(t, program, "--appendonly", "yes", "--repl-diskless-sync-delay", "0")
	proxy := redistest.StartProxy(t, master.Addr)
	replica := redistest.StartProgram(t, program)
	// A sync over two connections tells its offset on the other one; servers that
	// don't know it refuse the setting.
	_ = replica.Client.ConfigSet(t.Context(), "repl-rdb-channel", "no").Err()
	replica.Do("REPLICAOF", "127.0.0.1", proxy.Port)
	field := func(s *redistest.Server, name string) string {
		_, rest, _ := strings.Cut(s.Do("INFO").(string), "\n"+name+":")
		value, _, _ := strings.Cut(rest, "\r")
		return value
	}
	replica.WaitFor("the link", func() bool { return field(replica, "master_link_status") == "up" })
	keys := everyType(master)
	replica.WaitFor("the replica to be in step", func() bool {
		return field(replica, "slave_repl_offset") == field(master, "master_repl_offset")
	})
	master.WaitFor("the save for the replica to end", func() bool {
		return field(master, "rdb_bgsave_in_progress") == "0" && field(master, "aof_rewrite_in_progress") == "0"
	})

	dump := inspected(t, master.Save("master.rdb"))
	if dump.RDB.Keys != keys {
		t.Errorf("%d keys in the dump, not %d", dump.RDB.Keys, keys)
	}
	aof := filepath.Join(master.Dir, "appendonlydir")
	if _, err := os.Stat(aof); err != nil {
		aof = filepath.Join(master.Dir, "appendonly.aof")
	}
	inspected(t, aof)
	full := field(master, "sync_full")
	dir := filepath.Join(t.TempDir(), "evidence")
	if status, out, errs := runLine(t, "collect", master.Addr, "-o", dir); status != exitClean {
		t.Errorf("collect: status %d\n%s%s", status, out, errs)
	}
	if now := field(master, "sync_full"); now != full {
		t.Errorf("%s full syncs after collect, not %s", now, full)
	}
	if status, out, _ := runLine(t, "diff", master.Save("m.rdb"), replica.Save("r.rdb")); status != exitClean {
		t.Errorf("diff: status %d\n%s", status, out)
	}
	recorded, _ := proxy.Recording(1)
	link := inspected(t, recorded)
	if n := len(link.Links); n != 1 || link.Links[0].End != "clean" ||
		strconv.FormatInt(link.Links[0].EndOffset, 10) != field(master, "master_repl_offset") {
		t.Errorf("the link: %+v, the master's offset %s", link.Links, field(master, "master_repl_offset"))
	}
	return row{dump.RDB.Magic + " " + strconv.Itoa(dump.RDB.Version), "yes", "yes", "yes", "yes", "yes"}
}

// everyType gives a server a value of every type that its version has, and
// returns how many keys that are.
func everyType(s *redistest.Server) int64 {
	s.Do("SET", "string", "v")
	s.Do("RPUSH", "list", "a", "b")
	s.Do("SADD", "set", "a", "b")
	s.Do("ZADD", "zset", 1.5, "a", 2, "b")
	s.Do("HSET", "hash", "f", "v")
	s.Do("XADD", "stream", "1-1", "f", "v")
	s.Do("PFADD", "hyperloglog", "a", "b")
	s.Do("SET", "expiring", "v", "PX", 100_000_000)
	if s.Knows("HPEXPIRE") {
		s.Do("HSET", "fields", "f", "v")
		s.Do("HPEXPIRE", "fields", 100_000_000, "FIELDS", 1, "f")
	}
	if s.Knows("VADD") {
		s.Do("VADD", "vectors", "VALUES", 2, 0.5, 1.5, "a")
	}
	return s.Do("DBSIZE").(int64)
}
