package cause

import (
	"bytes"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/script"
)

// A class is what a command is to the keys in question.
type class uint8

const (
	other     class = iota // it changes no key
	plain                  // it changes keys that it names, in its database
	scripted               // a script, which may change keys that it does not name
	database               // it changes every key of its database
	keyspace               // it changes keys of every database
	crossing               // it changes keys that it names, in two databases
	uncertain              // nothing is known of it
)

// classOf says what a command is.
func classOf(args [][]byte) class {
	if isScript(args[0]) {
		return scripted
	}
	if named(args, "MOVE") || named(args, "COPY") {
		return crossing
	}
	switch command.ScopeOf(args) {
	case command.Database:
		return database
	case command.Keyspace:
		return keyspace
	case command.Uncertain:
		return uncertain
	}
	if c := command.Lookup(args); c != nil && c.Kind == command.Write {
		return plain
	}
	return other
}

func isScript(name []byte) bool {
	return bytes.EqualFold(name, []byte("EVAL")) || bytes.EqualFold(name, []byte("EVALSHA"))
}

// named reports whether a command has one of these names.
func named(args [][]byte, names ...string) bool {
	for _, n := range names {
		if bytes.EqualFold(args[0], []byte(n)) {
			return true
		}
	}
	return false
}

// has reports whether one of the words stands among the arguments behind the
// first from.
func has(args [][]byte, from int, words ...string) bool {
	for _, a := range args[min(from, len(args)):] {
		for _, w := range words {
			if bytes.EqualFold(a, []byte(w)) {
				return true
			}
		}
	}
	return false
}

// A named key of a command, and whether the command may change it.
type namedKey struct {
	name   string
	writes bool
}

// keysOf are the keys that a command names. Of an unknown command every
// argument that is a key in question counts as one.
func keysOf(args [][]byte, class class, wanted map[string]bool) []namedKey {
	var keys []namedKey
	if class == uncertain {
		for _, a := range args[1:] {
			if wanted[string(a)] {
				keys = append(keys, namedKey{string(a), true})
			}
		}
		return keys
	}
	var buf [8]command.Key
	found, _ := command.Find(buf[:0], args)
	for _, k := range found {
		keys = append(keys, namedKey{string(args[k.Index]), k.Access.Writes()})
	}
	return keys
}

// reaches reports whether a script may change keys that it does not name.
func reaches(body []byte) bool {
	a := script.Analyse(body)
	for _, danger := range []string{script.Unparsed, script.ComputedKey, script.UndeclaredKey, script.NestedScript} {
		if a.Has(danger) {
			return true
		}
	}
	return false
}

// appliable: an engine may be given it. What is not known to write data is
// not, whatever a stream holds, nor what reaches the network.
func appliable(args [][]byte, class class) bool {
	return class != other && class != uncertain && !named(args, "MIGRATE", "TRIMSLOTS")
}
