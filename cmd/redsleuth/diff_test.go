package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strconv"
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
