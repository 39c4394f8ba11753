//go:build unix

package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"

	"github.com/redsleuth/redsleuth/internal/program"
)

// onTerminal runs the program on a terminal of 80 columns and 24 lines, and
// returns all that was written there, and the exit status.
func onTerminal(t *testing.T, program program.Program, env []string, args ...string) (string, int) {
	t.Helper()
	cmd := exec.Command(program.Path, args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "TERM=xterm"}, env...)
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		t.Fatal(err)
	}
	defer tty.Close()
	var shown bytes.Buffer
	if _, err := io.Copy(&shown, tty); err != nil && !errors.Is(err, syscall.EIO) { // EIO: its end
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return shown.String(), cmd.ProcessState.ExitCode()
}

// TestPager: on a terminal the text goes through the pager, which is told what
// git tells it; the exit status stays that of the command.
func TestPager(t *testing.T) {
	built, err := program.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	pager := filepath.Join(t.TempDir(), "pager")
	script := "#!/bin/sh\necho paged LESS=$LESS\ncat\n"
	if err := os.WriteFile(pager, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	diff := []string{"diff", incident + "master.rdb", incident + "replica.rdb", "--engine", "none"}
	for _, c := range []struct {
		name      string
		env, args []string
		want, not string
	}{
		{"as git does it", []string{"PAGER=" + pager}, nil, "paged LESS=FRX", ""},
		{"with one's own LESS", []string{"PAGER=" + pager, "LESS=R"}, nil, "paged LESS=R", "FRX"},
		{"one for this program", []string{"PAGER=false", "REDSLEUTH_PAGER=" + pager}, nil, "paged", ""},
		{"colours go through", []string{"PAGER=" + pager}, nil, "\x1b[", ""},
		{"--no-pager", []string{"PAGER=" + pager}, []string{"--no-pager"}, "keys differ", "paged"},
		{"cat is none", []string{"PAGER=cat"}, nil, "keys differ", "paged"},
		{"one that is not there", []string{"PAGER=/no/such/pager"}, nil, "keys differ", "not found"},
		{"a dumb terminal", []string{"PAGER=" + pager, "TERM=dumb"}, nil, "keys differ", "paged"},
		{"one that is left at once", []string{"PAGER=true"}, nil, "", "error"},
	} {
		t.Run(c.name, func(t *testing.T) {
			shown, status := onTerminal(t, built, c.env, append(diff, c.args...)...)
			if status != exitFindings || !strings.Contains(shown, c.want) || c.not != "" && strings.Contains(shown, c.not) {
				t.Errorf("status %d, want %q and not %q in\n%s", status, c.want, c.not, shown)
			}
		})
	}
	t.Run("a long dump, left at once", func(t *testing.T) {
		shown, status := onTerminal(t, built, []string{"PAGER=true"}, "dump", chaos+"link.pcap.gz", "--output", "ndjson")
		if status != exitClean || shown != "" {
			t.Errorf("status %d, %q", status, shown)
		}
	})
}

// TestOutIsADevice: a pipe is written to, and stands where it stood; so would
// /dev/null, which root could replace.
func TestOutIsADevice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	read := make(chan string)
	go func() {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
		}
		read <- string(text)
	}()
	term := &terminal{}
	status := term.run(t.Context(), "inspect", incident+"master.rdb", "--out", path, "--force")
	if got := <-read; status != exitClean || !strings.Contains(got, "ends clean") {
		t.Errorf("status %d, %q, stderr %q", status, got, &term.stderr)
	}
	if info, err := os.Lstat(path); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		t.Errorf("%v, %v: it is no pipe any more", info, err)
	}
}
