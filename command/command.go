// Package command knows the commands of Redis and Valkey: whether they write,
// which of their arguments are keys and what becomes of those, which of their
// arguments are options, and since which version of either family a command
// or an option is there.
//
// All of it stands in one table, which scripts/commands generates from the
// servers' own descriptions (src/commands/*.json), with what those leave out
// or say otherwise from an overlay that gives a reason for each deviation.
// table_gen.go says which versions were read.
//
// Limitations: the keys that SORT reads through BY and GET patterns are
// computed by the server and not told; neither are those that a script makes
// up. Commands of modules are known by their keys alone: modules have versions
// of their own.
package command

import (
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/server"
)

//go:generate go run ../scripts/commands -o table_gen.go $REDIS_SOURCE $VALKEY_SOURCE

// Kind says what a command does.
type Kind uint8

// The kinds of command.
const (
	Control Kind = iota + 1 // about the connection or the server: SELECT, MULTI, PING
	Read
	Write
	Script // runs a script, which may write
)

// Class is the part that a command plays for who follows a stream.
type Class uint8

// The classes. Most commands are Ordinary.
const (
	Ordinary    Class = iota
	Quiet             // PING, REPLCONF: nothing to a replica's data
	Select            // SELECT
	Multi             // MULTI
	Exec              // EXEC
	Eval              // EVAL, EVAL_RO
	EvalSHA           // EVALSHA, EVALSHA_RO
	ScriptCache       // SCRIPT
	Functions         // FUNCTION
	Fcall             // FCALL, FCALL_RO
	Flush             // FLUSHALL, FLUSHDB
	XAdd              // XADD
)

// Scope says which keys a command may change.
type Scope uint8

// The scopes.
const (
	Nothing      Scope = iota // none
	Named                     // keys that it names, in the selected database
	Scripted                  // keys that its script names or makes up
	TwoDatabases              // keys that it names, in two databases: MOVE, COPY
	Database                  // every key of the selected database
	Keyspace                  // keys of every database
	Uncertain                 // an unknown command: nothing can be said
)

// A Command is a row of the table.
type Command struct {
	Name      string // in lower case, a subcommand's after its container's and a space
	Kind      Kind
	Class     Class
	scope     Scope
	undated   bool // its versions are not known: a module's, or in some builds alone
	container bool // it has subcommands
	sub       bool // it is one
	memory    bool // refused where there is none to be had
	since     server.Since
	keys      specs
	// With one of unless among the options, or none of only, what a key holds
	// before matters to what it holds after.
	unless, only []string
	args         []arg // the syntax, where options matter
}

// in is what the table calls the first versions of the families that have
// something.
type in = server.Since

// longestName bounds what is looked up.
const longestName = 32

// Lookup finds the command that args call, subcommand included; nil if it is
// not known. Of a container with an unknown subcommand it is the container.
// The case of names does not matter.
func Lookup(args [][]byte) *Command {
	if len(args) == 0 || len(args[0]) > longestName {
		return nil
	}
	var buf [2*longestName + 1]byte
	n := lower(buf[:], args[0])
	c := table[string(buf[:n])]
	if c == nil || !c.container || len(args) < 2 || len(args[1]) > longestName {
		return c
	}
	buf[n] = ' '
	m := n + 1 + lower(buf[n+1:], args[1])
	if sub := table[string(buf[:m])]; sub != nil {
		return sub
	}
	return c
}

func lower(dst, name []byte) int {
	for i, c := range name {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		dst[i] = c
	}
	return len(name)
}

// find is Lookup by the name alone: of a container, the container.
func find(name []byte) *Command { return Lookup([][]byte{name}) }

// ClassOf is the class of the commands of this name.
func ClassOf(name []byte) Class {
	if c := find(name); c != nil {
		return c.Class
	}
	return Ordinary
}

// Container reports whether the commands of this name are told apart by their
// first argument.
func Container(name []byte) bool {
	c := find(name)
	return c != nil && c.container
}

// Writes reports whether a command may change data; args may be its name
// alone. Scripts may; of an unknown command nothing is known, and it is said
// that it may.
func Writes(args ...[]byte) bool {
	c := Lookup(args)
	return c == nil || c.Kind == Write || c.Kind == Script
}

// NeedsMemory reports whether servers refuse args where maxmemory is reached
// and nothing can be evicted: the flag denyoom.
func NeedsMemory(args [][]byte) bool { return Lookup(args).NeedsMemory() }

// NeedsMemory is NeedsMemory for a command that was looked up.
func (c *Command) NeedsMemory() bool { return c != nil && c.memory }

// ScopeOf says which keys args may change.
func ScopeOf(args [][]byte) Scope { return Lookup(args).Scope() }

// Scope is ScopeOf for a command that was looked up; nil is one that is not
// known.
func (c *Command) Scope() Scope {
	switch {
	case c == nil:
		return Uncertain
	case c.scope != Nothing:
		return c.scope
	case c.Kind == Write:
		return Named
	case c.Kind == Script:
		return Scripted
	}
	return Nothing
}

// Is reports whether args call a command of one of these names, in upper case.
func Is(args [][]byte, names ...string) bool {
	for _, n := range names {
		if len(args) > 0 && equalFold(args[0], n) {
			return true
		}
	}
	return false
}

// equalFold compares a word with one in upper case, folding ASCII letters.
func equalFold(word []byte, upper string) bool {
	if len(word) != len(upper) {
		return false
	}
	for i, c := range word {
		if c != upper[i] && (c < 'a' || c > 'z' || c-('a'-'A') != upper[i]) {
			return false
		}
	}
	return true
}

// Names lists the commands that the table knows, in upper case, sorted; those with
// subcommands once.
func Names() []string {
	var all []string
	for name, c := range table {
		if !c.sub {
			all = append(all, strings.ToUpper(name))
		}
	}
	slices.Sort(all)
	return all
}
