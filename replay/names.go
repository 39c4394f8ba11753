package replay

import (
	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay/replica"
)

// maxNames bounds how many command names are counted apart.
const maxNames = 1 << 12

// otherNames counts the names beyond maxNames.
const otherNames = "(other)"

// nameCounts knows what the commands are, by their names, and counts them.
type nameCounts struct {
	byName map[string]*nameCount
	// recent finds short names without looking at the map.
	recent           [recentNames]recentName
	commands, writes int64
}

const (
	recentNames = 1 << recentBits
	recentBits  = 6
)

// recentName is a name with its record.Command.NameBits.
type recentName struct {
	bits uint64
	*nameCount
}

type nameCount struct {
	name string // as it is in the stream
	// what it is. Of a container, each command decides whether it writes.
	replica.What
	container bool
	count     int64 // on this link
	// uncounted: it is one of too many, and was counted with the others.
	uncounted bool
}

func newNameCounts() *nameCounts {
	n := &nameCounts{byName: map[string]*nameCount{}}
	for i := range n.recent {
		n.recent[i].nameCount = &nameCount{}
	}
	return n
}

// count tells what a command is.
func (n *nameCounts) count(c *record.Command) replica.What {
	if c.NameBits == 0 {
		l := n.find(c.Args[0])
		l.count++
		return n.whole(l, c)
	}
	r := &n.recent[(c.NameBits*0x9e3779b97f4a7c15)>>(64-recentBits)]
	if r.bits != c.NameBits || len(r.name) != len(c.Args[0]) {
		l := n.find(c.Args[0])
		if l.uncounted {
			return l.What
		}
		*r = recentName{c.NameBits, l}
	}
	r.count++
	if r.container {
		return n.whole(r.nameCount, c)
	}
	return r.What
}

// whole tells what a command is that its name alone does not tell.
func (n *nameCounts) whole(l *nameCount, c *record.Command) replica.What {
	w := l.What
	if l.container && command.Writes(c.Args...) {
		w.Writes = true
		n.writes++
	}
	return w
}

func (n *nameCounts) find(name []byte) *nameCount {
	if l := n.byName[string(name)]; l != nil {
		return l
	}
	l := &nameCount{name: string(name), container: command.Container(name)}
	l.What = replica.What{Class: command.ClassOf(name), Writes: command.Writes(name) && !l.container}
	if len(n.byName) < maxNames {
		l.What.Name = int32(len(n.byName) + 1)
		n.byName[l.name] = l
		return l
	}
	l.uncounted = true
	// Its count goes to the others, and what it is to the caller alone.
	other := n.byName[otherNames]
	if other == nil {
		other = &nameCount{name: otherNames}
		n.byName[otherNames] = other
	}
	other.count++
	n.tally(l.What, 1)
	return l
}

func (n *nameCounts) tally(w replica.What, count int64) {
	n.commands += count
	if w.Writes {
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
		total[upper(l.name)] += l.count
		if l.name != otherNames {
			n.tally(l.What, l.count)
		}
	}
	return total
}

// upper is a name in upper case, unless it is too long for one.
func upper(name string) string {
	if len(name) > 32 {
		return name
	}
	u := []byte(name)
	for i, c := range u {
		if 'a' <= c && c <= 'z' {
			u[i] = c - ('a' - 'A')
		}
	}
	return string(u)
}
