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

// scriptList is what was met, scripts first, in the order of their first
// sources.
func (f *follower) scriptList() []Script {
	list := make([]Script, 0, len(f.scripts.scripts)+len(f.bodies.scripts))
	for i := range f.scripts.scripts {
		list = append(list, f.describe(&f.scripts.scripts[i]))
	}
	for i := range f.bodies.scripts {
		s := f.describe(&f.bodies.scripts[i])
		s.Name = f.names[s.SHA1]
		list = append(list, s)
	}
	return list
}

func (f *follower) describe(k *knownScript) Script {
	s := Script{SHA1: k.sha, Bytes: k.bytes, Sources: k.sources, Seen: k.seen, Calls: k.calls}
	if v := f.analyser.verdict(k.verdict); v != nil {
		s.Analysed, s.Writes, s.Danger = true, v.Writes, v.Danger
	}
	return s
}
