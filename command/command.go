// Package command knows the commands of Redis and Valkey: whether they write,
// and which of their arguments are keys, by the servers' own key
// specifications (redis src/commands/*.json).
//
// Limitations: the keys that SORT reads through BY and GET patterns are
// computed by the server and not told; neither are those that a script makes
// up.
package command

import (
	"bytes"
	"strconv"
)

// Kind says what a command does.
type Kind uint8

// The kinds of command.
const (
	Control Kind = iota + 1 // about the connection or the server: SELECT, MULTI, PING
	Read
	Write
	Script // runs a script, which may write
)

// Access says what a command does to a key.
type Access uint8

const (
	read Access = iota + 1
	write
	overwrite
	remove
)

// Writes reports whether the key may be changed.
func (a Access) Writes() bool { return a != read }

// Overwrites reports whether the value before has no part in the one after.
func (a Access) Overwrites() bool { return a == overwrite || a == remove }

// Scope says how much of the keyspace a command concerns beyond the keys that
// it names.
type Scope uint8

// The scopes.
const (
	Named     Scope = iota // the named keys alone
	Database               // every key of the selected database
	Keyspace               // keys of every database
	Uncertain              // an unknown command: nothing can be said
)

// A Command is a row of the table.
type Command struct {
	Kind Kind
	keys specs
}

// A Key is an argument that is a key.
type Key struct {
	Index  int // of the argument
	Access Access
}

// longestName bounds what is looked up.
const longestName = 32

// Lookup finds the command that args call, subcommand included; nil if it is
// not known. The case of names does not matter.
func Lookup(args [][]byte) *Command {
	if len(args) == 0 || len(args[0]) > longestName {
		return nil
	}
	var buf [2*longestName + 1]byte
	n := lower(buf[:], args[0])
	if len(args) > 1 && len(args[1]) <= longestName && hasSubcommands(buf[:n]) {
		buf[n] = ' '
		m := n + 1 + lower(buf[n+1:], args[1])
		if c := table[string(buf[:m])]; c != nil {
			return c
		}
	}
	return table[string(buf[:n])]
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

func hasSubcommands(name []byte) bool {
	switch string(name) {
	case "xgroup", "xinfo", "object", "memory":
		return true
	}
	return false
}

// Writes reports whether a command of this name may change data. Scripts may;
// of an unknown command nothing is known, and it is said that it may.
func Writes(name []byte) bool {
	if len(name) > longestName {
		return true
	}
	var buf [longestName]byte
	c, ok := table[string(buf[:lower(buf[:], name)])]
	return !ok || c.Kind == Write || c.Kind == Script || string(buf[:6]) == "xgroup"
}

// Find appends to keys those that args name, in the order of the key
// specifications. It is false where the command is not known.
func Find(keys []Key, args [][]byte) ([]Key, bool) {
	c := Lookup(args)
	if c == nil {
		return keys, false
	}
	for _, s := range c.keys {
		keys = s.find(keys, args)
	}
	return keys, true
}

// Keys returns the keys that args name, borrowed from args.
func Keys(args [][]byte) [][]byte {
	found, _ := Find(nil, args)
	if len(found) == 0 {
		return nil
	}
	names := make([][]byte, len(found))
	for i, k := range found {
		names[i] = args[k.Index]
	}
	return names
}

// ScopeOf says what args concern beyond the keys that they name.
func ScopeOf(args [][]byte) Scope {
	if len(args) == 0 {
		return Named
	}
	is := func(name string) bool { return bytes.EqualFold(args[0], []byte(name)) }
	switch {
	case is("FLUSHDB"):
		return Database
	case is("FLUSHALL"), is("SWAPDB"), is("TRIMSLOTS"), is("MOVE"):
		return Keyspace
	case is("COPY") && len(args) > 3:
		return Keyspace // into another database
	case Lookup(args) == nil:
		return Uncertain
	}
	return Named
}

// A spec says where keys stand.
type spec struct {
	access Access
	from   int    // place of the first key, or where the search for word begins
	word   string // the keys stand behind this word; "" if their place is fixed
	atLast bool   // of several such words the last one counts
	last   int    // of the last key: from the first if positive, from the end if negative
	step   int
	part   int  // 2: only the first half of the arguments are keys
	count  bool // the number of keys stands at from, the keys behind it
	orNone bool // an empty argument is no key: the keys stand elsewhere
}

type specs []spec

// at: one key.
func at(a Access, i int) spec { return spec{access: a, from: i, step: 1} }

// keyOr: one key, unless it is empty.
func keyOr(a Access, i int) spec { return spec{access: a, from: i, step: 1, orNone: true} }

// rest: keys to the end.
func rest(a Access, i int) spec { return spec{access: a, from: i, last: -1, step: 1} }

// span: from i to last, every step-th argument.
func span(a Access, i, last, step int) spec {
	return spec{access: a, from: i, last: last, step: step}
}

// counted: the number of keys stands at i.
func counted(a Access, i, step int) spec { return spec{access: a, from: i, step: step, count: true} }

// behind: keys behind a word that is looked for from i on.
func behind(a Access, word string, i, last, part int) spec {
	return spec{access: a, from: i, word: word, last: last, step: 1, part: part}
}

// behindLast: a key behind a word that is looked for from i on, the last of
// them if there are several.
func behindLast(a Access, word string, i int) spec {
	return spec{access: a, from: i, word: word, step: 1, atLast: true}
}

func (s spec) find(keys []Key, args [][]byte) []Key {
	first := s.from
	if s.word != "" {
		if first = s.search(args); first < 0 {
			return keys
		}
	}
	last := first + s.last
	if s.last < 0 {
		last = len(args) + s.last
	}
	switch {
	case s.count:
		if first >= len(args) {
			return keys
		}
		n, err := strconv.Atoi(string(args[first]))
		if err != nil || n < 0 || n > len(args) {
			return keys
		}
		first++
		last = first + (n-1)*s.step
	case s.part == 2:
		last = first + (len(args)-first)/2 - 1
	}
	for i := first; i <= last && i < len(args); i += s.step {
		if s.orNone && len(args[i]) == 0 {
			continue
		}
		keys = append(keys, Key{i, s.access})
	}
	return keys
}

// search returns the place behind the word; -1 if it is not there.
func (s spec) search(args [][]byte) int {
	behind := -1
	for i := s.from; i < len(args); i++ {
		if bytes.EqualFold(args[i], []byte(s.word)) {
			if behind = i + 1; !s.atLast {
				break
			}
		}
	}
	return behind
}
