package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/internal/rdbgen"
)

// TestDiffLeavesNothingBehind interrupts diff at many moments: while it reads,
// spills, joins, and while its engine runs.
func TestDiffLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	generate := func(name string, every int) string {
		path := filepath.Join(dir, name)
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := rdbgen.Write(f, rdbgen.Options{Keys: 200_000, Every: every, Seed: 1}); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		return path
	}
	incident := filepath.Join("..", "..", "testdata", "incidents", "lag-7.2.6")
	for name, args := range map[string][]string{
		"spilling": {"diff", generate("a.rdb", 0), generate("b.rdb", 100), "--max-memory", "1MiB", "--out", filepath.Join(dir, "result")},
		"proving": {"diff", filepath.Join(incident, "master.rdb"), filepath.Join(incident, "replica.rdb"),
			"--stream", filepath.Join(incident, "link-1.psync"), "--out", filepath.Join(dir, "result")},
	} {
		t.Run(name, func(t *testing.T) {
			temp := t.TempDir()
			t.Setenv("TMPDIR", temp)
			interrupted := 0
			for delay := time.Millisecond; delay < 2*time.Second; delay *= 2 {
				ctx, cancel := context.WithCancel(t.Context())
				timer := time.AfterFunc(delay, cancel)
				status := execute(ctx, environment{
					args: args, stdin: os.Stdin, stdout: io.Discard, stderr: io.Discard,
					getenv: os.Getenv, now: time.Now, width: func(any) int { return 0 },
				})
				timer.Stop()
				cancel()
				left, err := os.ReadDir(temp)
				if err != nil || len(left) > 0 {
					t.Errorf("after %v: left behind %v, %v", delay, left, err)
				}
				_, err = os.Stat(filepath.Join(dir, "result"))
				switch {
				case status == exitInterrupted && err == nil:
					t.Errorf("after %v: a result of an interrupted run", delay)
				case status == exitInterrupted:
					interrupted++
				case status != exitFindings:
					t.Errorf("after %v: exit status %s", delay, strconv.Itoa(status))
				}
				if err == nil {
					break
				}
			}
			if interrupted == 0 {
				t.Error("it was never interrupted")
			}
		})
		if err := os.RemoveAll(filepath.Join(dir, "result")); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDiffTellsAll: no format stops where nobody asked for a limit; --limit and
// a terminal are told how many more there are.
func TestDiffTellsAll(t *testing.T) {
	dir := t.TempDir()
	var paths []string
	for name, every := range map[string]int{"a.rdb": 0, "b.rdb": 1} {
		path := filepath.Join(dir, name)
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := rdbgen.Write(f, rdbgen.Options{Keys: 11_000, Every: every, Seed: 1}); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	_, summary, _ := runLine(t, "diff", paths[0], paths[1], "--output", "json", "--limit", "1")
	var doc struct {
		Summary struct{ Different, Shown int }
	}
	if err := json.Unmarshal([]byte(summary), &doc); err != nil || doc.Summary.Different <= terminalDifferences {
		t.Fatalf("%v: %+v", err, doc)
	}
	for format, sign := range map[string]string{
		"csv": "\n", "ndjson": `{"record":"difference"`, "json": `"changes_total":`, "text": "\ndb ",
	} {
		_, all, _ := runLine(t, "diff", paths[0], paths[1], "--output", format)
		want := doc.Summary.Different
		if format == "csv" {
			want++ // its heading
		}
		if n := strings.Count(all, sign); n != want {
			t.Errorf("%s: %d of %d", format, n, want)
		}
		if format == "csv" {
			continue
		}
		_, some, _ := runLine(t, "diff", paths[0], paths[1], "--output", format, "--limit", "5")
		if n := strings.Count(some, sign); n != 5 || !strings.Contains(some, "more") && !strings.Contains(some, `"shown"`) {
			t.Errorf("%s: %d with --limit 5", format, n)
		}
	}
}
