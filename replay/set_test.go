package replay

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/replay/replica"

	"github.com/redsleuth/redsleuth/finding"
)

// absent stands for a file that the manifest names and that is not there.
const absent = "not there"

// replaySet follows a multi-part AOF of these files, the first of which is the
// base.
func replaySet(t *testing.T, o Options, files ...string) *Report {
	t.Helper()
	dir := t.TempDir()
	manifest := ""
	for i, data := range files {
		name, kind := fmt.Sprintf("a.aof.%d.incr.aof", i), "i"
		if i == 0 {
			name, kind = "a.aof.1.base.rdb", "b"
			if data == "" { // as of a server that never rewrote
				name = "a.aof.1.base.aof"
			}
		}
		manifest += fmt.Sprintf("file %s seq %d type %s\n", name, max(i, 1), kind)
		if data == absent {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "a.aof.manifest"), []byte(manifest), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := input.Open(dir, input.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	o.Streams = []*input.Input{in}
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	checkTotals(t, r)
	return r
}

// Each part is loaded by a client of its own: in database 0, outside any
// transaction. The base brings version and libraries.
func TestSets(t *testing.T) {
	base := rdbOf(aux("redis-ver", "7.0.15"), "\xf5"+str(text(myLibrary)))
	all := Options{Key: func([]byte) bool { return true }}
	r := replaySet(t, all, base, wire("SET a 1", "SELECT 3", "SET b 1"), wire("SET c 1", "FUNCTION DELETE mylib"))
	var got []string
	for _, c := range r.Touches {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s %d", c.File, c.Command, c.Key, c.DB)))
	}
	want := "a.aof.1.base.rdb   -1|a.aof.1.incr.aof SET a 0|a.aof.1.incr.aof SET b 3|a.aof.2.incr.aof SET c 0"
	if strings.Join(got, "|") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "|"), want)
	}
	if r.ReplicaVersion != "7.0.15" || r.VersionSource != replica.VersionBase || r.MasterVersion != "" || finding.HasProblems(r.Findings) || r.Damaged {
		t.Errorf("%+v", r)
	}
	for _, f := range r.Findings {
		if f.Code == finding.SelectMissing {
			t.Errorf("%+v", f)
		}
	}

	r = replaySet(t, Options{}, base, wire("MULTI", "SET a 1"), wire("MULTI", "SET b 1", "EXEC"))
	if len(r.Findings) != 1 || r.Findings[0].Code != finding.Damaged || string(r.Findings[0].File) != "a.aof.1.incr.aof" || !r.Damaged {
		t.Errorf("%+v", r.Findings)
	}
	r = replaySet(t, Options{}, base[:len(base)-20], wire("SET b 1"))
	if len(r.Findings) != 1 || r.Findings[0].Code != finding.Truncated || string(r.Findings[0].File) != "a.aof.1.base.rdb" {
		t.Errorf("%+v", r.Findings)
	}

	// What a server cuts off did not happen, and an empty base is nothing wrong.
	r = replaySet(t, all, "", wire("SELECT 3", "SET a 1", "MULTI", "SELECT 5", "SET b 1"))
	last := r.Touches[len(r.Touches)-1]
	if r.Summary.Errors != 1 || !r.Damaged || string(last.Key) != "b" || last.Outcome != Undelivered {
		t.Errorf("%+v, %+v", r.Findings, r.Touches)
	}
	if r = replaySet(t, Options{}, "", wire("SELECT 3", "SET a 1")); len(r.Findings) > 0 || r.Damaged {
		t.Errorf("%+v", r.Findings)
	}
	r = replaySet(t, Options{}, base, absent, wire("SELECT 3", "SET a 1"))
	if f := findingOf(r, finding.AOFFile); f == nil || f.Severity != finding.Error || string(f.File) != "a.aof.1.incr.aof" {
		t.Errorf("%+v", r.Findings)
	}
}
