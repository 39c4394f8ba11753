package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
)

// A terminal is a run of redsleuth whose streams are terminals of a width, or
// none.
type terminal struct {
	width  int // 0 for a pipe
	env    map[string]string
	stdout bytes.Buffer
	stderr bytes.Buffer
}

func (term *terminal) run(ctx context.Context, args ...string) (status int) {
	return execute(ctx, environment{
		args: args, stdin: strings.NewReader(""), stdout: &term.stdout, stderr: &term.stderr,
		getenv: func(name string) string { return term.env[name] },
		now:    time.Now, width: func(any) int { return term.width },
	})
}

const (
	fixtures = "../../testdata/"
	incident = fixtures + "incidents/evalsha-4.0.2/"
	chaos    = fixtures + "incidents/chaos-4.0.2/"
	lost     = fixtures + "incidents/select-lost-4.0.1/"
	failover = fixtures + "incidents/failover-7.2.6/"
)

func TestColours(t *testing.T) {
	for _, test := range []struct {
		flag  string
		width int
		env   map[string]string
		want  bool
	}{
		{"auto", 80, nil, true},
		{"auto", 0, nil, false},
		{"auto", 80, map[string]string{"NO_COLOR": "1"}, false},
		{"auto", 80, map[string]string{"NO_COLOR": ""}, true},
		{"auto", 80, map[string]string{"TERM": "dumb"}, false},
		{"auto", 80, map[string]string{"TERM": "xterm"}, true},
		{"never", 80, nil, false},
		{"always", 0, nil, true},
		{"always", 80, map[string]string{"NO_COLOR": "1", "TERM": "dumb"}, true},
	} {
		term := &terminal{width: test.width, env: test.env}
		status := term.run(t.Context(), "replay", incident+"link-1.psync", "--color", test.flag)
		if status != exitClean || strings.Contains(term.stdout.String(), "\x1b[") != test.want {
			t.Errorf("--color %s, width %d, %v: status %d, colours wanted: %v\n%s", test.flag, test.width, test.env, status, test.want, &term.stdout)
		}
	}
}

// No line of any command is wider than the terminal, and what colours add is
// nothing but colours.
func TestTerminalWidth(t *testing.T) {
	link, err := os.ReadFile(incident + "link-1.psync")
	if err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(t.TempDir(), "a-recording-with-a-long-name-of-a-link-that-is-damaged.psync")
	if err := os.WriteFile(damaged, append(append(link[:5000:5000], "*3\r\n$9999\r\nxx"...), link[5000:7000]...), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"inspect", incident + "master.rdb", incident + "link.pcap.gz"},
		{"inspect", fixtures + "appendonlydir-7.0.15"},
		{"inspect", fixtures + "dumps/types-8.8dev.rdb"},
		{"dump", incident + "master.rdb"},
		{"dump", incident + "link-1.psync"},
		{"dump", fixtures + "dumps/types-7.4.1.rdb"},
		{"dump", fixtures + "appendonlydir-7.0.15"},
		{"dump", damaged}, {"inspect", damaged}, {"replay", damaged},
		{"replay", incident + "link.pcap.gz", "--base", incident + "replica-before.rdb", "--key", "*", "--at", "14200"},
		{"replay", incident + "link.pcap.gz", "--base", incident + "replica-before.rdb", "--restarts", "--server-version", "3.2.13,4.0.2,4.0.6,7.0.15,valkey-8.0.1"},
		{"replay", chaos + "link.pcap.gz", "--base", chaos + "replica-before-1.rdb", "--key", "*", "--restarts"},
		{"replay", lost + "link-1.psync", lost + "link-2.psync", "--base", lost + "replica-before.rdb", "--key", "*", "--restarts"},
		{"replay", fixtures + "appendonlydir-7.0.15", "--key", "user:*"},
		{"diff", incident + "master.rdb", incident + "replica.rdb", "--stream", incident + "link.pcap.gz", "--replica-before", incident + "replica-before.rdb"},
		{"diff", lost + "master.rdb", lost + "replica.rdb", "--stream", lost + "link-1.psync", "--stream", lost + "link-2.psync", "--replica-before", lost + "replica-before.rdb"},
		{"diff", failover + "master.rdb", failover + "replica.rdb", "--log", failover + "b.log"},
		{"scripts", incident + "link-1.psync"},
		{"scripts", fixtures + "dumps/types-7.0.15.rdb"},
		{"explain"}, {"explain", "script-missing"}, {"explain", "transaction-stray"},
		{"--help"}, {"replay", "--help"}, {"diff", "--help"}, {"inspect", "--help"}, {"dump", "--help"}, {"scripts", "--help"}, {"version"},
	} {
		term, plain := &terminal{width: 80}, &terminal{width: 80}
		term.run(t.Context(), append(args, "--color", "always")...)
		plain.run(t.Context(), append(args, "--color", "never")...)
		for line := range strings.Lines(plain.stdout.String()) {
			path := strings.Contains(line, damaged) || strings.Contains(line, `from "`+fixtures) // these stay whole
			if w := twwidth.Width(strings.TrimSuffix(line, "\n")); w > 80 && !path {
				t.Errorf("%v: %d columns: %s", args, w, line)
			}
		}
		if plain.stdout.Len() == 0 || withoutColours(term.stdout.String()) != withoutColours(plain.stdout.String()) {
			t.Errorf("%v: with colours\n%s\nwithout\n%s", args, &term.stdout, &plain.stdout)
		}
	}
}

var (
	colour = regexp.MustCompile("\x1b\\[[0-9;]*m")
	blanks = regexp.MustCompile(`(?m) +$`)
)

// withoutColours takes off blanks at the ends of lines, too: some are painted.
func withoutColours(s string) string {
	return blanks.ReplaceAllString(colour.ReplaceAllString(s, ""), "")
}

// slow is a dump that comes slowly, so that progress is shown, and is cut.
type slow struct{ n int }

func (s *slow) Read(p []byte) (int, error) {
	if s.n++; s.n > 12 {
		return 0, io.EOF
	}
	time.Sleep(progressDelay / 4)
	if s.n == 1 {
		return copy(p, "REDIS0009\xfe\x00"), nil
	}
	return copy(p, "\x00\x01k\x01v"), nil
}

func TestProgress(t *testing.T) {
	for _, test := range []struct {
		width int
		args  []string
		want  bool
	}{
		{80, nil, true}, {0, nil, false}, {80, []string{"--quiet"}, false},
	} {
		t.Run(fmt.Sprint(test.width, test.args), func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			status := execute(t.Context(), environment{
				args: append([]string{"inspect", "-"}, test.args...), stdin: &slow{}, stdout: &stdout, stderr: &stderr,
				getenv: func(string) string { return "" }, now: time.Now, width: func(any) int { return test.width },
			})
			if status != exitDamaged || stderr.Len() > 0 != test.want {
				t.Errorf("status %d, stderr %q", status, stderr.String())
			}
			if strings.Contains(stdout.String(), "\r") {
				t.Errorf("progress in the results: %q", stdout.String())
			}
		})
	}
}

// An interrupted run says so, and leaves no result that looks whole.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, command := range []string{"inspect", "replay", "dump"} {
		term := &terminal{}
		out := filepath.Join(t.TempDir(), "out")
		status := term.run(ctx, command, incident+"link-1.psync", "--out", out)
		left, err := filepath.Glob(filepath.Join(filepath.Dir(out), "*"))
		if status != exitInterrupted || !strings.Contains(term.stderr.String(), "interrupted") || err != nil || len(left) > 0 {
			t.Errorf("%s: status %d, stderr %q, left %v", command, status, &term.stderr, left)
		}
	}
}

// TestReportOnTerminal: nobody can read a page's source off a terminal.
func TestReportOnTerminal(t *testing.T) {
	for _, c := range []struct {
		name  string
		width int
		args  []string
		want  string
	}{
		{"a terminal", 80, nil, "\x1b[1mThe replica is NOT consistent"},
		{"a pipe", 0, nil, "<!DOCTYPE html>"},
		{"asked for", 80, []string{"--output", "html"}, "<!DOCTYPE html>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			term := &terminal{width: c.width}
			status := term.run(t.Context(), append([]string{"report", incident}, c.args...)...)
			if status != exitFindings || !strings.HasPrefix(term.stdout.String(), c.want) {
				t.Errorf("status %d, want %q at the beginning of\n%.200s", status, c.want, &term.stdout)
			}
			if c.args != nil || c.width == 0 {
				return
			}
			for line := range strings.Lines(term.stdout.String()) {
				line = regexp.MustCompile(`\x1b\[[0-9;]*m`).ReplaceAllString(strings.TrimSpace(line), "")
				if twwidth.Width(line) > c.width && !strings.HasPrefix(line, "red") { // commands are whole
					t.Errorf("%d columns: %s", twwidth.Width(line), line)
				}
			}
		})
	}
}
