package cause

import (
	"crypto/sha1"
	"encoding/binary"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/script"
)

// A named key of a command, and whether the command may change it.
type namedKey struct {
	name   string
	writes bool
}

// keysOf are the keys that a command names. Of an unknown command every
// argument that is a key in question counts as one.
func keysOf(args [][]byte, scope command.Scope, wanted map[string]bool) []namedKey {
	var keys []namedKey
	if scope == command.Uncertain {
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

// joins reports whether a command makes what one of its keys holds depend on
// another: RENAME does, MSET does not.
func joins(keys []command.Key) bool {
	if len(keys) < 2 {
		return false
	}
	writes, outright := false, true
	for _, k := range keys {
		writes = writes || k.Access.Writes()
		outright = outright && k.Access.Outright()
	}
	return writes && !outright
}

// reaches reports whether a script may change keys that it does not name.
func reaches(body []byte) bool {
	a := script.Analyse(body)
	for _, danger := range []string{
		script.Unparsed, script.ComputedKey, script.UndeclaredKey, script.NestedScript,
	} {
		if a.Has(danger) {
			return true
		}
	}
	return false
}

// appliable: an engine may be given it. What is not known to write data is
// not, whatever a stream holds, nor what reaches the network, needs a cluster
// or a function library.
func appliable(args [][]byte, scope command.Scope) bool {
	return scope != command.Nothing && scope != command.Uncertain &&
		!command.Is(args, "MIGRATE", "TRIMSLOTS", "SFLUSH", "CLUSTER", "FCALL")
}

// A reachCache remembers of scripts whether they reach out, of so many as there is room
// for: the first bytes of the SHA-1, whose last bit is the answer. The zero value is empty.
type reachCache []uint64

// reachesCached is how many: 2 MiB.
const reachesCached = 1 << 18

// of reports whether a script reaches out.
func (c *reachCache) of(name [sha1.Size]byte, body []byte) bool {
	const answer = 1
	if *c == nil {
		*c = make(reachCache, reachesCached)
	}
	sum := binary.LittleEndian.Uint64(name[:]) &^ answer
	slot := &(*c)[sum>>1%reachesCached]
	if *slot == 0 || *slot&^answer != sum {
		if *slot = sum; reaches(body) {
			*slot |= answer
		}
	}
	return *slot&answer != 0
}
