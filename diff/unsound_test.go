package diff

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/input"
)

// TestUnsound: a value that is not sound is told of either side, also where
// both hold the same bytes, and a key without elements is a key.
func TestUnsound(t *testing.T) {
	const (
		sound = "\x02\x01s\x02\x01a\x01b"
		twice = "\x02\x01s\x02\x01a\x01a"
		// a listpack whose entry ends in a wrong length: 13 bytes, "a", "x"
		broken = "\x10\x01s\x0d\x0d\x00\x00\x00\x02\x00\x81a\x03\x81x\x02\xff"
		// a zipmap that says 255 pairs: "a", "x"
		pairs = "\x09\x01s\x07\xff\x01a\x01\x00x\xff"
		empty = "\x02\x01s\x00"
		// first expiry 9; a listpack of 15 bytes: "f", "v", expires at 5
		early = "\x19\x01s\x09\x00\x00\x00\x00\x00\x00\x00\x0f" +
			"\x0f\x00\x00\x00\x03\x00\x81f\x02\x81v\x02\x05\x01\xff"
	)
	for _, c := range []struct {
		name, master, replica string
		broken                [2]int64
		different             int64
		code                  finding.Code
	}{
		{"sound", sound, sound, [2]int64{0, 0}, 0, ""},
		{"a member twice", sound, twice, [2]int64{0, 1}, 1, finding.MemberDuplicate},
		{"a member twice on both", twice, twice, [2]int64{1, 1}, 0, finding.MemberDuplicate},
		{"equal and broken", broken, broken, [2]int64{1, 1}, 0, finding.ValueBroken},
		{"a field before the first to expire", early, early, [2]int64{1, 1}, 0, finding.ValueBroken},
		{"a zipmap of a count that newer servers refuse", pairs, "", [2]int64{1, 0}, 1, finding.ValueBroken},
		{"an empty key", empty, "", [2]int64{0, 0}, 1, finding.EmptyKey},
	} {
		t.Run(c.name, func(t *testing.T) {
			report, err := Compare(t.Context(), one(openDump(t, c.master)), one(openDump(t, c.replica)), Options{MaxMemory: 64 << 20})
			if err != nil {
				t.Fatal(err)
			}
			if got := [2]int64{report.Master.Broken, report.Replica.Broken}; got != c.broken {
				t.Errorf("%v values broken", got)
			}
			if report.Summary.Different != c.different || report.Summary.SkewedKeys > 0 {
				t.Errorf("%+v", report.Summary)
			}
			found := false
			for _, f := range report.Findings {
				found = found || f.Code == c.code && len(f.Keys) > 0 && string(f.Keys[0]) == "s"
			}
			if found != (c.code != "") {
				t.Errorf("%+v", report.Findings)
			}
		})
	}
}

// TestBehindTheBase: an AOF is not whole where its commands are not.
func TestBehindTheBase(t *testing.T) {
	const ping = "*1\r\n$4\r\nPING\r\n"
	for _, c := range []struct {
		name, commands string
		code           finding.Code
		trailing       bool
	}{
		{"whole", ping + ping, finding.CommandsNotCompared, false},
		{"noise", ping + "\x0fnoise\n" + ping, finding.Damaged, true},
		{"cut", ping + ping[:9], finding.Truncated, true},
		{"zeros", ping + "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" + ping, finding.ZeroFilled, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := openFile(t, base("\xfa\x08aof-base\xc0\x01")+c.commands)
			report, err := Compare(t.Context(), one(in), one(openFile(t, base(""))), Options{MaxMemory: 64 << 20})
			if err != nil {
				t.Fatal(err)
			}
			if got := report.Master.Trailing; got != c.trailing || report.Findings[0].Code != c.code {
				t.Errorf("%v, %+v", got, report.Findings)
			}
		})
	}
}

func openDump(t *testing.T, records string) *input.Input {
	t.Helper()
	return openFile(t, base("\xfe\x00"+records))
}

func base(records string) string {
	return "REDIS0011" + records + "\x00\x01k\x01v\xff\x00\x00\x00\x00\x00\x00\x00\x00"
}

func openFile(t *testing.T, file string) *input.Input {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dump.rdb")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := input.Open(path, input.Options{Limits: parse.Limits{}.OrDefault()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	return in
}
