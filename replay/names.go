package replay

import (
	"github.com/redsleuth/redsleuth/command"
)

// maxNames bounds how many command names are counted apart.
const maxNames = 1 << 12

// otherNames counts the names beyond maxNames.
const otherNames = "(other)"

// nameCounts knows what the commands are, by their names, and counts them.
type nameCounts struct {
	byName           map[string]*nameCount
	last             *nameCount
	commands, writes int64
}

type nameCount struct {
	name string // as it stands in the stream
	what
	count int64 // on this link
}

func newNameCounts() *nameCounts {
	return &nameCounts{byName: map[string]*nameCount{}, last: &nameCount{}}
}

// count tells what a command is. Most commands are of the name of the one
// before.
func (n *nameCounts) count(name []byte) what {
	l := n.last
	if string(name) != l.name {
		l = n.find(name)
		n.last = l
	}
	l.count++
	return l.what
}

func (n *nameCounts) find(name []byte) *nameCount {
	if l := n.byName[string(name)]; l != nil {
		return l
	}
	l := &nameCount{name: string(name), what: what{classify(name), command.Writes(name)}}
	if len(n.byName) < maxNames {
		n.byName[l.name] = l
		return l
	}
	// Its count goes to the others, and what it is to the caller alone.
	other := n.byName[otherNames]
	if other == nil {
		other = &nameCount{name: otherNames}
		n.byName[otherNames] = other
	}
	other.count++
	n.tally(l.what, 1)
	return l
}

func (n *nameCounts) tally(w what, count int64) {
	n.commands += count
	if w.writes {
		n.writes += count
	}
}

// reset begins a link.
func (n *nameCounts) reset() {
	for _, l := range n.byName {
		l.count = 0
	}
}

// total ends a link: its commands by name in upper case.
func (n *nameCounts) total() map[string]int64 {
	total := map[string]int64{}
	for _, l := range n.byName {
		if l.count == 0 {
			continue
		}
		total[upperName(l.name)] += l.count
		if l.name != otherNames {
			n.tally(l.what, l.count)
		}
	}
	return total
}

func upperName(name string) string {
	if u := upper([]byte(name)); u != "" {
		return u
	}
	return name
}
