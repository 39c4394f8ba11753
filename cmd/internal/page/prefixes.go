package page

import (
	"fmt"
	"slices"

	"github.com/redsleuth/redsleuth/cmd/internal/chart"
	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/report"
)

// Prefixes are those that take the most room: memory of the server that loads the
// dump, where it is known of all keys, or else bytes of the dump, as By says.
type Prefixes struct {
	Of, By, Chart string
	Rows          []Prefix
}

// A Prefix is a row.
type Prefix struct{ Name, Keys, Size, Part string }

// prefixes shows whose keys take the room in the dumps of both sides; of the replica
// only where it is not what the master's are.
func (b *builder) prefixes() {
	for _, role := range []report.Role{report.Master, report.Replica} {
		for _, a := range b.r.Artefacts {
			if a.Role != role || a.Inspect == nil || a.Inspect.RDB == nil {
				continue
			}
			p := a.Inspect.RDB.Patterns
			if p == nil || len(p.List) == 0 {
				continue
			}
			shown := b.prefixesOf(a, p)
			same := func(other Prefixes) bool { return slices.Equal(other.Rows, shown.Rows) }
			if i := slices.IndexFunc(b.Prefixes, same); i >= 0 {
				b.Prefixes[i].Of = "on both sides"
				continue
			}
			b.Prefixes = append(b.Prefixes, shown)
		}
	}
}

func (b *builder) prefixesOf(a *report.Artefact, p *inspect.Patterns) Prefixes {
	shown := Prefixes{Of: "on the " + string(a.Role), By: "bytes of the dump"}
	size := func(bytes, _ int64) int64 { return bytes }
	if memoryKnown(a.Inspect.RDB, p) {
		shown.By = "memory"
		size = func(_, memory int64) int64 { return memory }
	}
	var whole, keys int64
	for _, t := range a.Inspect.RDB.Types {
		whole, keys = whole+size(t.Total.Bytes, t.Total.Memory), keys+t.Total.Keys
	}
	var areas []chart.Area
	all := whole
	add := func(name string, n, of int64) {
		part := 100 * float64(of) / float64(max(all, 1))
		row := Prefix{name, render.Count(n), render.Size(of), fmt.Sprintf("%.1f%%", part)}
		shown.Rows = append(shown.Rows, row)
		about := row.Size + ", " + render.Plural(n, "key", "keys")
		areas = append(areas, chart.Area{Label: name, About: about, Size: of})
		whole, keys = whole-of, keys-n
	}
	for _, x := range p.List[:min(len(p.List), mostPrefixes)] {
		of := size(x.Bytes, x.Memory)
		if x.Keys > 1 || of > all/20 { // of one key it is no prefix, but may be large
			add(b.cut(x.Glob), x.Keys, of)
		}
	}
	if whole > 0 && keys > 0 {
		add("other keys", keys, whole)
	}
	about := "the keys " + shown.Of + " by prefix"
	shown.Chart = chart.Treemap(about, areas, chart.Wide) + chart.Treemap(about, areas, chart.Narrow)
	return shown
}

// memoryKnown reports whether it is known of every key: a module's value tells none.
func memoryKnown(d *inspect.RDB, p *inspect.Patterns) bool {
	known := p.ByMemory
	for _, t := range d.Types {
		known = known && t.Total.Memory >= 0
	}
	for _, x := range p.List {
		known = known && x.Memory >= 0
	}
	return known
}
