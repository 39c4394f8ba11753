package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// runLine executes a command line, and gives its status and what it wrote.
func runLine(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = execute(t.Context(), environment{
		args: args, stdin: strings.NewReader(""), stdout: &out, stderr: &errs,
		getenv: func(string) string { return "" }, width: func(any) int { return 0 },
		now: func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) },
	})
	return status, out.String(), errs.String()
}

// TestFlagsActOrAreRefused: a flag that can't act on an input is wrong usage, of
// one clear line; on the others it is taken.
func TestFlagsActOrAreRefused(t *testing.T) {
	dir := t.TempDir()
	write := func(name, data string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const set = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n"
	dump, err := os.ReadFile("../../testdata/dumps/hfe12.rdb")
	if err != nil {
		t.Fatal(err)
	}
	preamble := strings.Replace(string(dump), "\xfa", "\xfa\x0caof-preamble\xc0\x01\xfa", 1)
	inputs := map[string]string{
		"rdb":      "../../testdata/dumps/hfe12.rdb",
		"psync":    "../../testdata/incidents/evalsha-4.0.2/link-2.psync",
		"commands": write("commands", set),
		"aof":      write("aof", "#TS:1700000000\r\n"+set),
		"preamble": write("preamble", preamble+set),
		"aof-set":  "../../testdata/appendonlydir-7.0.15",
		"pcap":     "../../testdata/incidents/evalsha-4.0.2/link.pcap.gz",
		"monitor":  write("monitor", "1700000000.000001 [0 127.0.0.1:5] \"SET\" \"k\" \"v\"\n"),
	}
	base := "--base=../../testdata/incidents/evalsha-4.0.2/master.rdb"
	const streams = "psync commands aof preamble aof-set pcap monitor"
	for _, c := range []struct{ command, flag, acts string }{
		{"dump", "--command=set", streams},
		{"dump", "--from=2001-01-01T00:00:00Z", streams},
		{"dump", "--to=2001-01-01T00:00:00Z", streams},
		{"dump", "--type=hash", "rdb psync preamble aof-set pcap"},
		{"dump", "--expired", "rdb psync preamble aof-set pcap"},
		{"dump", "--no-ttl", "rdb psync preamble aof-set pcap"},
		{"dump", "--exclude=k", "rdb " + streams},
		{"dump", "--keys-only", "rdb psync preamble aof-set pcap"},
		{"dump", "--client=127.0.0.1", "pcap monitor"},
		{"dump", "--clients", "pcap monitor"},
		{"dump", "--offset=5", "psync commands"},
		{"dump", base, "psync commands"},
		{"dump", "--at-byte=9", "rdb psync commands aof preamble pcap monitor"},
		{"dump", "--db=0", "rdb " + streams},
		{"dump", "--match=k", "rdb " + streams},
		{"dump", "--min-size=1", "rdb " + streams},
		{"dump", "--full", "rdb " + streams},
		{"dump", "--hex", "rdb " + streams},
		{"inspect", "--cross-check", "rdb preamble"},
		{"inspect", "--prefixes", "rdb " + streams},
		{"inspect", "--memory", "rdb psync preamble aof-set pcap"},
		{"inspect", "--no-ttl", "rdb psync preamble aof-set pcap"},
		{"inspect", "--match=k", "rdb " + streams},
		{"inspect", "--command=set", streams},
		{"inspect", "--client=127.0.0.1", "pcap monitor"},
		{"inspect", "--offset=5", "psync commands"},
		{"inspect", base, "psync commands"},
		{"inspect", "--top=3", "rdb " + streams},
		{"inspect", "--quick", "rdb " + streams},
	} {
		for kind, path := range inputs {
			name, _, _ := strings.Cut(c.flag, "=")
			t.Run(c.command+" "+name+" "+kind, func(t *testing.T) {
				status, out, errs := runLine(t, c.command, path, c.flag)
				if strings.Contains(" "+c.acts+" ", " "+kind+" ") {
					if strings.Contains(errs, name+" ") && strings.Contains(errs, "is of kind") {
						t.Errorf("it acts on this kind: %s", errs)
					}
					return
				}
				if status != exitUsage || out != "" || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, name) {
					t.Errorf("status %d\nstdout %q\nstderr %s", status, out, errs)
				}
			})
		}
	}
}

// TestFlagsThatContradict: each of these is refused, in one line.
func TestFlagsThatContradict(t *testing.T) {
	const dump, link = "../../testdata/dumps/hfe12.rdb", "../../testdata/incidents/evalsha-4.0.2/link-2.psync"
	for _, line := range []string{
		"dump " + dump + " --keys-only --output resp",
		"dump " + dump + " --replace",
		"dump " + dump + " --hex --output ndjson",
		"dump " + dump + " --full --output json",
		"dump " + dump + " --show hex --output json",
		"dump " + dump + " --show base64 --output csv",
		"dump " + dump + " --show redacted --output resp",
		"dump " + dump + " --redact-key " + dump,
		"inspect " + dump + " --show size --output json",
		"replay " + link + " --show hex --output ndjson",
		"diff " + dump + " " + dump + " --show hex --output csv",
		"dump " + link + " --offset 3 --base ../../testdata/incidents/evalsha-4.0.2/master.rdb",
		"inspect " + link + " --offset 3 --base ../../testdata/incidents/evalsha-4.0.2/master.rdb",
	} {
		t.Run(line, func(t *testing.T) {
			status, out, errs := runLine(t, strings.Fields(line)...)
			if status != exitUsage || out != "" || strings.Count(errs, "\n") != 1 {
				t.Errorf("status %d\nstdout %q\nstderr %s", status, out, errs)
			}
		})
	}
}

// TestFilesHelp: the topic names every kind of input.
func TestFilesHelp(t *testing.T) {
	for _, kind := range kindNames() {
		if !strings.Contains(filesHelp, "\n  "+kind+" ") {
			t.Errorf("%s is not in redsleuth help files", kind)
		}
	}
}

// TestCompletedFormats: each format that is offered for --output is taken.
func TestCompletedFormats(t *testing.T) {
	args := map[string]string{"diff": "none none", "version": "", "explain": "", "schema": ""}
	for _, cmd := range newRootCommand(&globalOptions{}).Commands() {
		if cmd.GroupID == "" || cmd.RunE == nil || cmd.Name() == "man" || cmd.Name() == "collect" {
			continue
		}
		for _, format := range formatsOf(cmd) {
			files, ok := args[cmd.Name()]
			if !ok {
				files = "none"
			}
			line := cmd.Name() + " " + files + " --output " + format
			if _, _, errs := runLine(t, strings.Fields(line)...); strings.Contains(errs, "this command has") {
				t.Errorf("%s: %s", line, errs)
			}
		}
	}
}
