package command

import "strconv"

// Access says what a command does to a key.
type Access uint8

const (
	reads    Access = iota + 1
	changes         // what it holds after depends on what it held before
	computes        // it holds what other keys decide
	sets            // it holds what the arguments say
	removes         // it is gone
)

// Writes reports whether the key may be changed.
func (a Access) Writes() bool { return a != reads }

// Overwrites reports whether the value before has no part in the one after.
func (a Access) Overwrites() bool { return a >= computes }

// Outright reports whether the value after is known from the command alone:
// whatever was there before, in this key or in any other, has no part in it.
func (a Access) Outright() bool { return a >= sets }

// SetsOutright reports whether the commands of a name only set or remove the keys
// that they name, and read none: SET does, whatever its conditions, INCR does not.
func SetsOutright(name string) bool {
	c := find([]byte(name))
	if c == nil || c.Kind != Write || c.container || len(c.keys) == 0 {
		return false
	}
	for _, s := range c.keys {
		if !s.access.Outright() {
			return false
		}
	}
	return true
}

// A Key is an argument that is a key.
type Key struct {
	Index  int // of the argument
	Access Access
}

// Find appends to keys those that args name, in the order of the key
// specifications. It is false where the command is not known.
func Find(keys []Key, args [][]byte) ([]Key, bool) {
	c := Lookup(args)
	if c == nil {
		return keys, false
	}
	return c.Find(keys, args), true
}

// Find is Find for a command that was looked up.
func (c *Command) Find(keys []Key, args [][]byte) []Key {
	first := len(keys)
	for _, s := range c.keys {
		keys = s.find(keys, args)
	}
	if !c.conditional(args) {
		return keys
	}
	for i := first; i < len(keys); i++ {
		if keys[i].Access.Writes() {
			keys[i].Access = changes
		}
	}
	return keys
}

// conditional reports whether the options of args make what was there before
// matter.
func (c *Command) conditional(args [][]byte) bool {
	if c.unless == nil && c.only == nil {
		return false
	}
	p := parser{args: args}
	o := p.parse(c)
	return o.has(c.unless) || c.only != nil && !o.has(c.only)
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

// A spec says where keys are.
type spec struct {
	access Access
	from   int    // place of the first key, or where the search for word begins
	word   string // the keys follow this word; "" if their place is fixed
	or     string // or this one; "" if there is no other
	atLast bool   // of several such words the last one counts
	last   int    // of the last key: from the first if positive, from the end if negative
	step   int
	part   int  // 2: only the first half of the arguments are keys
	count  bool // the number of keys is at from, the keys follow it
	orNone bool // an empty argument is no key: the keys are elsewhere
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

// counted: the number of keys is at i.
func counted(a Access, i, step int) spec { return spec{access: a, from: i, step: step, count: true} }

// after: keys after a word that is looked for from i on.
func after(a Access, word string, i, last, part int) spec {
	return spec{access: a, from: i, word: word, last: last, step: 1, part: part}
}

// afterLast: a key after a word, or another, that is looked for from i on; after
// the last of them if there are several.
func afterLast(a Access, word, or string, i int) spec {
	return spec{access: a, from: i, word: word, or: or, step: 1, atLast: true}
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

// search returns the place after the word; -1 if it is not there.
func (s spec) search(args [][]byte) int {
	found := -1
	for i := s.from; i < len(args); i++ {
		if equalFold(args[i], s.word) || s.or != "" && equalFold(args[i], s.or) {
			if found = i + 1; !s.atLast {
				break
			}
		}
	}
	return found
}
