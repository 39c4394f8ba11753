package repl

import "strings"

// A RefusedCommand is a command of its stream that a replica refused for what
// it is, whatever the data, as its log says.
type RefusedCommand struct {
	Name string // "" where the line does not tell it
	Why  WhyRefused
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
	NotRefused    WhyRefused = iota // it failed on the data
	NoMemory                        // maxmemory
	NoPermission                    // an ACL
	UnknownName                     // no command, or subcommand, of this name
	UnknownOption                   // a syntax error
)

// refusals are what errors that refuse a command begin with.
var refusals = []struct {
	begins string
	why    WhyRefused
}{
	{"OOM ", NoMemory},
	{"NOPERM ", NoPermission},
	{"ERR unknown command", UnknownName},
	{"ERR unknown subcommand", UnknownName},
	{"ERR Unknown subcommand", UnknownName},
	{"ERR syntax error", UnknownOption},
}

// refusedCommand tells what an error to the master says of a command.
func refusedCommand(name, reason string) RefusedCommand {
	reason = strings.TrimPrefix(reason, "-") // of errors that are kept ready, as OOM is
	for _, r := range refusals {
		// Lines of some versions lack the error's first word.
		if strings.HasPrefix(reason, r.begins) || strings.HasPrefix("ERR "+reason, r.begins) {
			return RefusedCommand{refusedName(name, reason), r.why}
		}
	}
	return RefusedCommand{}
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
