package repl

import (
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/server"
)

// What the replica's log says of commands that it refused, and of others.
func TestRefusedCommands(t *testing.T) {
	const head = "1:S 23 Nov 2026 17:11:08.650 # == CRITICAL == This replica is sending an error to its master: "
	for _, c := range []struct {
		name, line string
		want       RefusedCommand
	}{
		{"a renamed command, which the error alone names",
			"'unknown command 'LTRIM', with args beginning with: 'q' '1' ' after processing the command '<unknown>'",
			RefusedCommand{"LTRIM", UnknownName}},
		{"in other quotes",
			"'unknown command `LTRIM`, with args beginning with: `q`, ' after processing the command '<unknown>'",
			RefusedCommand{"LTRIM", UnknownName}},
		{"a subcommand",
			"'ERR unknown subcommand 'FOO'. Try XGROUP HELP.' after processing the command 'xgroup'",
			RefusedCommand{"xgroup", UnknownSubcommand}},
		{"memory",
			"'OOM command not allowed when used memory > 'maxmemory'.' after processing the command 'set'",
			RefusedCommand{"set", NoMemory}},
		{"memory, with the dash of the reply, as from 6.0 on",
			"'-OOM command not allowed when used memory > 'maxmemory'.' after processing the command 'set'",
			RefusedCommand{"set", NoMemory}},
		{"an ACL",
			"'NOPERM User default has no permissions to run the 'set' command' after processing the command 'set'",
			RefusedCommand{"set", NoPermission}},
		{"an option", "'ERR syntax error' after processing the command 'xadd'", RefusedCommand{"xadd", UnknownOption}},
		{"an option, before 7.0", "'syntax error' after processing the command 'xadd'", RefusedCommand{"xadd", UnknownOption}},
		{"data", "'WRONGTYPE Operation against a key' after processing the command 'lpush'", RefusedCommand{}},
		{"a database", "'DB index is out of range' after processing the command 'select'", RefusedCommand{}},
		{"a script", "'NOSCRIPT No matching script.'", RefusedCommand{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var f Facts
			if err := f.ReadLog(strings.NewReader(strings.Repeat(head+c.line+"\n", 2))); err != nil {
				t.Fatal(err)
			}
			if f.ErrorCount() != 2 {
				t.Errorf("%d errors", f.ErrorCount())
			}
			if c.want.Why == NotRefused {
				if len(f.RefusedCommands) > 0 {
					t.Errorf("%+v", f.RefusedCommands)
				}
				return
			}
			if len(f.RefusedCommands) != 1 || f.RefusedCommands[c.want] != 2 {
				t.Errorf("%+v", f.RefusedCommands)
			}
		})
	}
}

// What the log shows of the stream before a command that was refused; another
// line between, and an error on the data, are none of it.
func TestRefusedAt(t *testing.T) {
	const (
		at      = "1:S 23 Nov 2026 17:11:08.650 # "
		oom     = at + "== CRITICAL == This replica is sending an error to its master: '-OOM command not allowed' after processing the command 'set'\n"
		wrong   = at + "== CRITICAL == This replica is sending an error to its master: 'WRONGTYPE Operation' after processing the command 'set'\n"
		backlog = at + `Latest backlog is: '"*1\r\n$1\r\n\x00\"\\\a\r\n"'` + "\n"
	)
	for _, c := range []struct {
		name, log string
		want      int
	}{
		{"behind it", oom + backlog, 1},
		{"each of two", oom + backlog + oom + backlog, 2},
		{"another line between", oom + at + "Connection with master lost.\n" + backlog, 0},
		{"of an error on the data", wrong + backlog, 0},
		{"cut", oom + backlog[:len(backlog)-6] + "\n", 0},
		{"hidden", oom + at + "hide-user-data-from-log is on, skip logging backlog content to avoid spilling user data.\n", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var f Facts
			if err := f.ReadLog(strings.NewReader(c.log)); err != nil {
				t.Fatal(err)
			}
			if len(f.RefusedAt) != c.want {
				t.Fatalf("%+v", f.RefusedAt)
			}
			for _, p := range f.RefusedAt {
				if p.Name != "set" || p.Why != NoMemory || string(p.Before) != "*1\r\n$1\r\n\x00\"\\\a\r\n" {
					t.Errorf("%+v, %q", p, p.Before)
				}
			}
		})
	}
}

// Why a replica refused a command, by its version: what is newer than it was not renamed.
func TestReason(t *testing.T) {
	version := func(s string) server.Version {
		v, err := server.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		name    string
		command RefusedCommand
		version string
		want    string
		renamed bool
	}{
		{"newer than the replica", RefusedCommand{"HSETEX", UnknownName}, "valkey 8.1.1",
			"it came with valkey 9.0.0, and the replica is valkey 8.1.1", false},
		{"newer than a replica of the other family", RefusedCommand{"hsetex", UnknownName}, "7.0.15",
			"it came with 8.0.0, and the replica is 7.0.15", false},
		{"in every version", RefusedCommand{"HINCRBY", UnknownName}, "valkey 8.1.1",
			"it is renamed or disabled on the replica (rename-command), whose version has it", true},
		{"of no release", RefusedCommand{"FOO.BAR", UnknownName}, "7.0.15", "it knows no command of this name", false},
		{"a version that is not known", RefusedCommand{"HINCRBY", UnknownName}, "", "it knows no command of this name", false},
		{"memory, of a command that is newer than that", RefusedCommand{"HSETEX", NoMemory}, "7.0.15",
			"its memory was at the limit, maxmemory (OOM)", false},
		{"a subcommand of what every version has", RefusedCommand{"xgroup", UnknownSubcommand}, "7.0.15",
			"it does not know the subcommand", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := server.Version{}
			if c.version != "" {
				v = version(c.version)
			}
			if got := c.command.Reason(v); got != c.want {
				t.Errorf("%q", got)
			}
			if got := c.command.Renamed(v); got != c.renamed {
				t.Errorf("renamed: %v", got)
			}
		})
	}
}
