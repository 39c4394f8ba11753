package repl

import (
	"fmt"
	"strings"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/server"
)

// A RefusedCommand is a command of its stream that a replica refused for what
// it is, whatever the data, as its log says. No ACL keeps one from it as a rule: the link
// of the master is no user's (replicationCreateMasterClient).
type RefusedCommand struct {
	Name string // "" where the line does not tell it
	Why  WhyRefused
}

// Reason says why a replica of version v refused it: of a name that the replica does
// not know whether its version has it, which is a matter of its configuration then.
func (c RefusedCommand) Reason(v server.Version) string {
	switch c.Why {
	case NoMemory:
		return "its memory was at the limit, maxmemory (OOM)"
	case NoPermission:
		return "an ACL forbids it (NOPERM)"
	case UnknownOption:
		return "it does not know an option of it (syntax error)"
	case UnknownSubcommand:
		return "it does not know the subcommand"
	case UnknownName:
		return c.unknown(v)
	}
	return ""
}

func (c RefusedCommand) unknown(v server.Version) string {
	since, newer := c.NewerThan(v)
	switch {
	case newer && since.IsZero():
		return fmt.Sprintf("no release of its family has it, and the replica is %s", v)
	case newer:
		return fmt.Sprintf("it came with %s, and the replica is %s", since, v)
	case c.Renamed(v):
		return "it is renamed or disabled on the replica (rename-command), whose version has it"
	}
	return "it knows no command of this name"
}

// NewerThan reports whether a server of version v lacks the command for its version,
// and the first of its family that has it; none where no release does.
func (c RefusedCommand) NewerThan(v server.Version) (since server.Version, newer bool) {
	if c.Why != UnknownName {
		return since, false
	}
	r := command.Refused([][]byte{[]byte(c.Name)}, v)
	return r.Since, r.Answer == server.Yes
}

// Renamed reports whether the version of a replica has the command, so that it was
// renamed or taken away there.
func (c RefusedCommand) Renamed(v server.Version) bool {
	return c.Why == UnknownName && c.Name != "" &&
		command.Refused([][]byte{[]byte(c.Name)}, v).Answer == server.No
}

// A RefusedPlace is where it was: Before are the bytes of the stream that the
// replica had run before it, the last 256 of them (showLatestBacklog).
type RefusedPlace struct {
	RefusedCommand
	Before []byte
}

// WhyRefused is why a replica refused a command.
type WhyRefused uint8

// The reasons.
const (
	NotRefused        WhyRefused = iota // it failed on the data
	NoMemory                            // maxmemory
	NoPermission                        // an ACL
	UnknownName                         // no command of this name
	UnknownSubcommand                   // no subcommand of this name
	UnknownOption                       // a syntax error
)

// refusals are what errors that refuse a command begin with.
var refusals = []struct {
	begins string
	why    WhyRefused
}{
	{"OOM ", NoMemory},
	{"NOPERM ", NoPermission},
	{"ERR unknown command", UnknownName},
	{"ERR unknown subcommand", UnknownSubcommand},
	{"ERR Unknown subcommand", UnknownSubcommand},
	{"ERR syntax error", UnknownOption},
}

// Refused tells what an error to the master says of a command: name is the one that the
// line gives, reason the error.
func Refused(name, reason string) RefusedCommand {
	reason = strings.TrimPrefix(reason, "-") // of errors that are kept ready, as OOM is
	for _, r := range refusals {
		// Lines of some versions lack the error's first word.
		if strings.HasPrefix(reason, r.begins) || strings.HasPrefix("ERR "+reason, r.begins) {
			return RefusedCommand{refusedName(name, reason), r.why}
		}
	}
	return RefusedCommand{}
}

// Aborted reports whether an error to the master only follows from a refusal: it is that
// of the EXEC of what was refused in part.
func Aborted(reason string) bool {
	return strings.HasPrefix(strings.TrimPrefix(reason, "-"), "EXECABORT ")
}

// refusedName is the name of a refused command. One that the server does not
// know stands in the error alone: unknown command 'LTRIM', with args …
func refusedName(name, reason string) string {
	_, rest, found := strings.Cut(reason, "unknown command ")
	if !found || len(rest) < 2 || rest[0] != '\'' && rest[0] != '`' {
		return name
	}
	if quoted, _, closed := strings.Cut(rest[1:], rest[:1]); closed {
		return quoted
	}
	return name
}
