package livetest

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/parse/input"

	"github.com/redsleuth/redsleuth/internal/redistest"
	"github.com/redsleuth/redsleuth/parse/artefact"
	"github.com/redsleuth/redsleuth/parse/record"
)

// readFile walks an artefact of any kind.
func readFile(t *testing.T, path string) (*tally, input.Kind) {
	t.Helper()
	in, err := input.Open(path, input.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	k := &tally{names: map[string]int{}}
	kind, err := artefact.Walk(t.Context(), in, artefact.Options{}, k)
	if err != nil {
		t.Fatal(err)
	}
	return k, kind
}

// rewritten starts a server with an AOF that it has rewritten once, and writes
// to it before and after.
func rewritten(t *testing.T) *redistest.Server {
	t.Helper()
	s := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always", "--aof-timestamp-enabled", "yes")
	for i := range 100 {
		s.Do("SET", "before:"+strconv.Itoa(i), "v")
	}
	s.Do("BGREWRITEAOF")
	s.WaitFor("the rewriting", func() bool {
		info, err := s.Client.Info(t.Context(), "persistence").Result()
		return err == nil && strings.Contains(info, "aof_rewrite_in_progress:0") && strings.Contains(info, "aof_rewrite_scheduled:0") &&
			strings.Contains(info, "aof_last_bgrewrite_status:ok")
	})
	s.Do("SELECT", 3)
	for range 10 {
		s.Do("INCR", "n")
	}
	return s
}

func TestAppendOnlyDir(t *testing.T) {
	s := rewritten(t)
	k, kind := readFile(t, filepath.Join(s.Dir, "appendonlydir"))
	if kind != input.KindAOFSet || k.keys != 100 || k.names["INCR"] != 10 || len(k.links) != 1 || k.links[0].End != record.Clean {
		t.Errorf("%s: %d keys, %v, %+v", kind, k.keys, k.names, k.links)
	}
	for _, n := range k.notes {
		if n != record.NoteFile {
			t.Errorf("a note of %s", n)
		}
	}
}

// An AOF as servers before 7.0 wrote it is the base, with what came after it
// at its end.
func TestAppendOnlyFileWithPreamble(t *testing.T) {
	s := rewritten(t)
	var whole []byte
	for _, pattern := range []string{"*.base.rdb", "*.incr.aof"} {
		names, err := filepath.Glob(filepath.Join(s.Dir, "appendonlydir", pattern))
		if err != nil || len(names) != 1 {
			t.Fatalf("%v, %v", names, err)
		}
		data, err := os.ReadFile(names[0])
		if err != nil {
			t.Fatal(err)
		}
		whole = append(whole, data...)
	}
	for _, c := range []struct {
		name string
		cut  int
		end  record.End
		n    int
	}{{"whole", 0, record.Clean, 10}, {"cut", 3, record.Truncated, 9}} {
		path := filepath.Join(t.TempDir(), "appendonly.aof")
		if err := os.WriteFile(path, whole[:len(whole)-c.cut], 0o600); err != nil {
			t.Fatal(err)
		}
		k, kind := readFile(t, path)
		if kind != input.KindAOF || k.keys != 100 || k.names["INCR"] != c.n || len(k.links) != 1 || k.links[0].End != c.end {
			t.Errorf("%s: %s, %d keys, %v, %+v", c.name, kind, k.keys, k.names, k.links)
		}
	}
}
