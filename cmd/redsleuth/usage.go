package main

import (
	"fmt"
	"slices"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/parse/input"
)

// A formatRule says in which output formats a flag acts.
type formatRule struct {
	flag    string
	formats []string
	is      string // what the flag is about, after its name
}

// formatRules are those of all commands. A flag that can't act is wrong usage:
// whoever gives it would take the result for what it is not.
var formatRules = []formatRule{
	{"full", []string{formatText}, "is about text, which cuts values short"},
	{"hex", []string{formatText}, "is text"},
	{"csv-safe", []string{formatCSV}, "is about cells of CSV"},
	{"replace", []string{formatRESP}, "is a DEL in front of each key"},
	{"memory", []string{formatText, formatJSON, formatNDJSON, formatCSV, formatParquet},
		"tells what keys cost"},
	{"keys-only", []string{formatText, formatJSON, formatNDJSON, formatCSV, formatParquet},
		"leaves out the values"},
}

// formatUse checks the flags that were given against the format.
func (g *globalOptions) formatUse() error {
	for _, r := range formatRules {
		if g.isGiven(r.flag) && !slices.Contains(r.formats, g.format) {
			return fmt.Errorf("--%s %s: not with --output %s", r.flag, r.is, g.format)
		}
	}
	switch lossless := g.format != formatText; {
	case g.show == render.Redacted && (g.format == formatRESP || g.format == formatRaw):
		return fmt.Errorf("--show redacted: --output %s is the bytes themselves", g.format)
	case lossless && g.show != render.Quoted && g.show != render.Redacted:
		return fmt.Errorf("--show %s is about text: --output %s has byte strings whole, in one way",
			g.show, g.format)
	case g.redactKey != "" && g.show != render.Redacted:
		return fmt.Errorf("--redact-key is the key of --show redacted, and --show is %s", g.show)
	}
	return nil
}

// A kindRule says on which kinds of input a flag acts.
type kindRule struct {
	flags []string
	does  string // what the flag does, after its name
	kinds []input.Kind
	lacks string // what inputs of other kinds don't have
	// head: it acts on an AOF with an RDB at its head as well.
	head bool
}

var (
	withCommands = []input.Kind{input.KindPSYNC, input.KindCommands, input.KindAOF, input.KindAOFSet,
		input.KindPCAP, input.KindMonitor, input.KindSlowlog}
	withKeys = []input.Kind{input.KindRDB, input.KindPSYNC, input.KindAOFSet, input.KindPCAP,
		input.KindDumpPayload}
)

// kindRules are those of inspect and dump. An AOF with an RDB at its head has
// keys and commands both.
var kindRules = []kindRule{
	{[]string{"command", "from", "to"}, "selects commands", withCommands, "has no commands", true},
	{[]string{"type", "expired", "no-ttl", "keys-only", "memory", "min-memory"}, "is about keys with values",
		withKeys, "has none", true},
	{[]string{"client", "clients"}, "is about ordinary clients",
		[]input.Kind{input.KindPCAP, input.KindMonitor, input.KindSlowlog}, "has none", false},
	{[]string{"base", "offset", "info"}, "says where a bare stream begins",
		[]input.Kind{input.KindPSYNC, input.KindCommands}, "is none", false},
	{[]string{"cross-check"}, "reads an RDB file twice", []input.Kind{input.KindRDB}, "is none", false},
	{[]string{"at-byte"}, "is a place in one file", slices.Concat(withCommands[:3],
		[]input.Kind{input.KindRDB, input.KindPCAP, input.KindMonitor, input.KindSlowlog, input.KindDumpPayload}), "is several", false},
}

// actsOn checks the flags that were given against the kind of an input.
func (g *globalOptions) actsOn(in *input.Input) error {
	for _, r := range kindRules {
		if slices.Contains(r.kinds, in.Kind) || r.head && in.Preamble {
			continue
		}
		for _, flag := range r.flags {
			if g.isGiven(flag) && !(flag == "info" && g.isGiven("memory")) {
				return fmt.Errorf("--%s %s: %s is of kind %s, and %s", flag, r.does, in.Path, in.Kind,
					r.lacks)
			}
		}
	}
	return nil
}

// isGiven reports whether a flag is on the command line.
func (g *globalOptions) isGiven(flag string) bool {
	return g.given != nil && g.given(flag)
}
