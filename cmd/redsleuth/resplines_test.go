package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What a terminal is shown is the same however it was cut, and holds no byte that it
// would act on.
func TestRESPLines(t *testing.T) {
	const in = "*3\r\n$3\r\nSET\r\n$7\r\na\x00\x1b[\"\\\n\r\n$6\r\né\xff \u202e\r\n*1\r\n$0\r\n\r\n"
	const want = `SET "a\x00\x1b[\"\\\x0a" "é\xff ` // and the mark that turns text around
	for _, step := range []int{1, 2, 3, 7, len(in)} {
		var out bytes.Buffer
		l := &respLines{to: &out}
		for at := 0; at < len(in); at += step {
			if _, err := l.Write([]byte(in[at:min(at+step, len(in))])); err != nil {
				t.Fatal(err)
			}
		}
		if got := out.String(); !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "\n\"\"\n") {
			t.Errorf("in steps of %d: %q", step, got)
		}
	}
}

// A word that there is no room to hold is shown as it comes.
func TestRESPLinesLong(t *testing.T) {
	long := strings.Repeat("é", wordRoom)
	in := "*2\r\n$3\r\nDEL\r\n$131072\r\n" + long + "\r\n"
	var out bytes.Buffer
	l := &respLines{to: &out}
	for len(in) > 0 {
		n := min(len(in), 4097)
		if _, err := l.Write([]byte(in[:n])); err != nil {
			t.Fatal(err)
		}
		if in = in[n:]; len(l.word) > 2*wordRoom || len(l.line) > 2*wordRoom {
			t.Fatalf("%d and %d bytes are held", len(l.word), len(l.line))
		}
	}
	if got := out.String(); got != `DEL "`+long+"\"\n" {
		t.Errorf("%d bytes: %.40q", len(got), got)
	}
}

// --output resp is bytes for a server. A terminal is shown the same commands, and how to
// send them.
func TestRESPOnTerminal(t *testing.T) {
	term := &terminal{width: 80}
	dump := fixtures + "dumps/types-7.0.15.rdb"
	if status := term.run(t.Context(), "dump", dump, "--type", "string", "--output", "resp", "--replace"); status != exitClean {
		t.Fatalf("status %d: %s", status, &term.stderr)
	}
	for line := range strings.Lines(term.stdout.String()) {
		if strings.HasPrefix(line, "*") || strings.ContainsAny(line, "\x00\x1b\r") {
			t.Errorf("%q", line)
		}
	}
	if !strings.Contains(term.stdout.String(), "SELECT 0\nDEL ") {
		t.Errorf("%s", &term.stdout)
	}
	want := "redsleuth dump " + dump + " --type string --output resp --replace | redis-cli -h HOST -p PORT --pipe"
	if !strings.Contains(term.stderr.String(), want) {
		t.Errorf("no %q in %s", want, &term.stderr)
	}
	piped := &terminal{}
	piped.run(t.Context(), "dump", dump, "--type", "string", "--output", "resp")
	if !strings.HasPrefix(piped.stdout.String(), "*2\r\n$6\r\nSELECT\r\n") || strings.Contains(piped.stderr.String(), "redis-cli") {
		t.Errorf("through a pipe: %.40q, %s", piped.stdout.String(), &piped.stderr)
	}
}

// The line that sends a key has the master's port where INFO beside the dump tells it, and
// puts the key in the place of what is there, whatever was typed.
func TestRESPLineToMaster(t *testing.T) {
	dump, err := os.ReadFile(fixtures + "dumps/types-7.0.15.rdb")
	if err != nil {
		t.Fatal(err)
	}
	const master, replica = "redis_version:7.0.15\nrole:master\ntcp_port:7001\nused_memory:1\nrun_id:a\n",
		"redis_version:7.0.15\nrole:slave\ntcp_port:7002\nmaster_host:10.0.0.5\nmaster_port:7001\nused_memory:1\n"
	for _, c := range []struct {
		name  string
		infos []string
		want  string
	}{
		{"nothing tells", nil, "a server; each key"},
		{"nothing tells a port", nil, "-h HOST -p PORT --pipe"},
		{"the master's", []string{master}, "-h HOST -p 7001 --pipe"},
		{"the replica's", []string{replica}, "-h 10.0.0.5 -p 7001 --pipe"},
		{"both", []string{replica, master}, "-h 10.0.0.5 -p 7001 --pipe"},
		{"two masters", []string{master, strings.Replace(master, "7001", "7002", 1)}, "-h HOST -p PORT --pipe"},
		{"a proxy between", []string{strings.Replace(replica, "7001", "7009", 1), master}, "-h HOST -p 7001 --pipe"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "a.rdb")
			files := map[string][]byte{file: dump}
			for i, text := range c.infos {
				files[filepath.Join(dir, fmt.Sprintf("%d.txt", i))] = []byte(text)
			}
			for path, data := range files {
				if err := os.WriteFile(path, data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			term := &terminal{width: 80}
			term.run(t.Context(), "dump", file, "--match", "hll", "--output", "resp")
			got := strings.ReplaceAll(term.stderr.String(), "\n  ", " ")
			if !strings.Contains(got, c.want) || !strings.Contains(got, "--output resp --replace | ") {
				t.Errorf("no %q in %s", c.want, got)
			}
			for line := range strings.Lines(term.stderr.String()) { // but for the command, all is wrapped
				if len(line) > 81 && !strings.Contains(line, " | redis-cli ") {
					t.Errorf("%d columns: %s", len(line)-1, line)
				}
			}
		})
	}
}
