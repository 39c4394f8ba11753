package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the transcripts in testdata/script")

// TestMain makes this binary serve as redsleuth within transcripts. Its
// streams are no terminals, and its clock stands still.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"redsleuth": func() {
			var written bytes.Buffer
			status := execute(context.Background(), environment{
				args:   os.Args[1:],
				stdin:  os.Stdin,
				stdout: io.MultiWriter(os.Stdout, &written),
				stderr: os.Stderr,
				getenv: os.Getenv,
				now:    func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) },
				width:  func(any) int { return 0 },
			})
			if err := hold(os.Args[1:], written.Bytes()); err != nil {
				fmt.Fprintf(os.Stderr, "against its schema: %v\n", err)
				os.Exit(98)
			}
			os.Exit(status)
		},
	})
}

// TestScripts runs the transcripts. $DATA is the repository's testdata folder;
// nothing in it may be changed by any command.
func TestScripts(t *testing.T) {
	data, err := filepath.Abs("../../testdata")
	if err != nil {
		t.Fatal(err)
	}
	before := digest(t, data)
	t.Run("scripts", func(t *testing.T) {
		testscript.Run(t, testscript.Params{
			Dir:           "testdata/script",
			UpdateScripts: *update,
			Setup: func(env *testscript.Env) error {
				env.Setenv("DATA", data)
				env.Setenv("HOME", env.WorkDir)
				return nil
			},
			Cmds: map[string]func(*testscript.TestScript, bool, []string){"status": status},
		})
	})
	if after := digest(t, data); after != before {
		t.Error("a command changed its inputs")
	}
}

// status CODE ARGS... runs redsleuth and wants that exit status. Its streams
// are compared as those of exec are.
func status(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: status CODE ARGS...")
	}
	err := ts.Exec("redsleuth", args[1:]...)
	got := "0"
	if err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if got != args[0] {
		ts.Fatalf("exit status %s, want %s", got, args[0])
	}
}

// digest sums up every file below dir, with its mode and time.
func digest(t *testing.T, dir string) [sha256.Size]byte {
	t.Helper()
	sum := sha256.New()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		io.WriteString(sum, path+info.Mode().String()+info.ModTime().String())
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.Copy(sum, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return [sha256.Size]byte(sum.Sum(nil))
}
