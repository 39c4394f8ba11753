package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// withVersion is a dump of 4.0.2 with another version in its AUX fields, and
// so without a checksum.
func withVersion(t *testing.T, dump []byte, field, version string) []byte {
	t.Helper()
	text := func(s string) string { return string(rune(len(s))) + s } // a length below 64 is itself
	was, becomes := text("redis-ver")+text("4.0.2"), text(field)+text(version)
	if bytes.Count(dump, []byte(was)) != 1 {
		t.Fatalf("the dump is not of 4.0.2")
	}
	altered := bytes.Replace(dump, []byte(was), []byte(becomes), 1)
	clear(altered[len(altered)-8:])
	return altered
}

// A difference as the document tells it.
type difference struct {
	Cause      string
	Confidence *string
	Evidence   []struct{ Code, Message string }
}

// differences compares two dumps by what the links hold.
func differences(t *testing.T, master, replica []byte, streams ...string) []difference {
	t.Helper()
	dir := t.TempDir()
	args := []string{"diff", "--output", "json"}
	for name, b := range map[string][]byte{"master.rdb": master, "replica.rdb": replica} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args = append(args, filepath.Join(dir, "master.rdb"), filepath.Join(dir, "replica.rdb"))
	for _, s := range streams {
		args = append(args, "--stream", s)
	}
	var stdout, stderr bytes.Buffer
	status := execute(t.Context(), environment{
		args: args, stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr,
		getenv: os.Getenv, now: time.Now, width: func(any) int { return 0 },
	})
	if status != exitFindings && status != exitClean {
		t.Fatalf("exit status %d: %s", status, stderr.String())
	}
	var document struct{ Differences []difference }
	if err := json.Unmarshal(stdout.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	return document.Differences
}

// What the versions in two dumps say of a replica that resumed, perhaps as
// another process, and holds something else than its master.
func TestDiffVersions(t *testing.T) {
	read := func(name string) []byte {
		b, err := os.ReadFile(incident + name)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	master, replica := read("master.rdb"), read("replica.rdb")
	const restart = "restart-unseen"
	for _, c := range []struct {
		name                   string
		master, field, replica string
		evidence               string // of every difference
	}{
		{"as it was", "4.0.2", "redis-ver", "4.0.2", restart},
		{"Valkey loses scripts", "unknown", "valkey-ver", "8.0.1", restart},
		{"and so does 7.2, with nothing to sort", "6.2.16", "redis-ver", "7.2.4", restart},
		{"a version that keeps them", "4.0.14", "redis-ver", "6.2.16", "local-write"},
		{"a version that is not known", "4.0.2", "redis-ver", "unknown", restart},
	} {
		t.Run(c.name, func(t *testing.T) {
			all := differences(t,
				withVersion(t, master, "redis-ver", c.master), withVersion(t, replica, c.field, c.replica),
				incident+"link-1.psync", incident+"link-2.psync")
			if len(all) == 0 {
				t.Fatal("no differences")
			}
			for _, d := range all {
				if got := d.Evidence[0].Code; got != c.evidence {
					t.Errorf("%s by %s, want %s", d.Cause, got, c.evidence)
				}
			}
		})
	}
}

// TestDiffUnsortedReplies: a replica of 7.0 and later does not sort what a
// script reads, and what the script does not read it does not sort either.
func TestDiffUnsortedReplies(t *testing.T) {
	dump := func(version string, end int, list string) []byte {
		return newStagedDump(9, version, stagedID, end).set("list", list).bytes()
	}
	const sorted = "redis.call('rpush',KEYS[1],unpack(redis.call('smembers',KEYS[2])))"
	for _, c := range []struct{ name, script, master, replica string }{
		{"sorted on the master", sorted, "6.2.16", "7.2.4"},
		{"not read", "redis.call('rpush',KEYS[1],ARGV[1])", "6.2.16", "7.2.4"},
		{"never sorted", "redis.call('rpush',KEYS[1],unpack(redis.call('hgetall',KEYS[2])))", "6.2.16", "7.2.4"},
		{"sorted on both", sorted, "6.2.16", "6.2.16"},
		{"sorted on neither", sorted, "7.0.0", "7.2.4"},
	} {
		t.Run(c.name, func(t *testing.T) {
			link, end := stagedLink(stagedID, newStagedDump(9, c.master, stagedID, 0),
				"SELECT 0", "EVAL "+c.script+" 2 list set x")
			path := filepath.Join(t.TempDir(), "link.psync")
			if err := os.WriteFile(path, link, 0o600); err != nil {
				t.Fatal(err)
			}
			all := differences(t, dump(c.master, end, "one"), dump(c.replica, end, "two"), path)
			if len(all) != 1 {
				t.Fatalf("%d differences", len(all))
			}
			got := strings.Contains(all[0].Evidence[0].Message, "did not sort")
			if want := c.name == "sorted on the master"; got != want {
				t.Errorf("blamed on the order: %v, %+v", got, all[0])
			}
		})
	}
}
