package replay

import (
	"slices"
)

// maxDatabases is how many databases of one link are listed.
const maxDatabases = 1 << 10

// databases are those that were selected on the link.
func (r *runner) databases() []int {
	if len(r.current) == 0 {
		return nil
	}
	f := r.current[0]
	list := make([]int, 0, len(f.databases))
	for db := range f.databases {
		list = append(list, db)
	}
	slices.Sort(list)
	clear(f.databases)
	return list
}

// maxScriptsReported is how many scripts a report lists.
const maxScriptsReported = 20_000

// scriptList is what was met, libraries first, in the order of their first
// sources, and how many more there are.
func (f *follower) scriptList() (list []Script, more int64) {
	for k := range f.bodies.all {
		s := f.describe(k)
		s.Name = f.names[s.SHA1]
		list = append(list, s)
	}
	for k := range f.scripts.all {
		if len(list) >= maxScriptsReported {
			more++
			continue
		}
		list = append(list, f.describe(k))
	}
	return list, more
}

func (f *follower) describe(k *knownScript) Script {
	s := Script{SHA1: k.sha, Bytes: k.bytes, Sources: []Place{k.first.place()}, Seen: k.seen, Calls: k.calls}
	for _, at := range k.sources {
		s.Sources = append(s.Sources, at.place())
	}
	if v := f.analyser.verdict(k.verdict); v != nil {
		s.Analysed, s.Writes, s.Danger = true, v.Writes, v.Danger
	}
	return s
}
