package inspect

import (
	"cmp"
	"slices"

	"github.com/redsleuth/redsleuth/command"
)

// CommandCount counts a command by its name, in upper case.
type CommandCount struct {
	Name            string // untrusted
	Commands, Bytes int64
	writes          bool
	container       bool // each of its commands decides whether it writes
	administers     bool // some command of the name does
	first           int64
	part            []byte // of a set, that first has it
}

// writesBy reports whether the command, which has this name, may change data.
func (n *CommandCount) writesBy(args [][]byte) bool {
	return n.writes || n.container && command.Writes(args...)
}

const (
	maxNames   = 4 << 10 // command names told apart
	longName   = 64      // a longer one is cut
	otherNames = "(other)"
)

// names counts commands by their names.
type names map[string]*CommandCount

// of finds the counter of a command.
func (all names) of(name []byte) *CommandCount {
	var room [longName]byte
	upper := room[:0]
	for _, b := range name[:min(len(name), longName)] {
		if 'a' <= b && b <= 'z' {
			b -= 'a' - 'A'
		}
		upper = append(upper, b)
	}
	if n := all[string(upper)]; n != nil {
		return n
	}
	return all.add(string(upper))
}

func (all names) add(name string) *CommandCount {
	if len(all) >= maxNames {
		name = otherNames
		if n := all[name]; n != nil {
			return n
		}
	}
	word := []byte(name)
	n := &CommandCount{Name: name, writes: command.Writes(word), container: command.Container(word),
		administers: command.MayAdminister(word)}
	all[name] = n
	return n
}

// list has the most frequent command first.
func (all names) list() (list []CommandCount) {
	for _, n := range all {
		list = append(list, *n)
	}
	slices.SortFunc(list, func(a, b CommandCount) int {
		return cmp.Or(
			cmp.Compare(b.Commands, a.Commands), cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Name, b.Name),
		)
	})
	return list
}
