package replica

import (
	"crypto/sha1"
	"maps"
	"math"
	"sort"
	"strings"

	"github.com/redsleuth/redsleuth/script"
)

// maxLibraries bounds how many function libraries are kept.
const maxLibraries = 1 << 14

// A library is a function library.
type library struct {
	name  string
	sha   Digest
	bytes int64
	// functions that it registers under names that its text shows; partial
	// where it may register others.
	functions []string
	partial   bool
}

// libraryTable is a server's function libraries, by name.
type libraryTable struct {
	byName map[string]library
	// complete: the server has no other libraries.
	complete bool
	overflow bool
	// states are what it was before, oldest first, and held how many libraries
	// they hold in all.
	states []libraryState
	held   int
	// bodies are the sources that were met, names their libraries'.
	bodies *scriptTable
	named  map[Digest]string
}

// libraryState is the table from an offset on.
type libraryState struct {
	offset   int64
	byName   map[string]library
	complete bool
}

// maxLibraryStates and maxLibrariesHeld bound what is kept of the past.
const (
	maxLibraryStates    = 1 << 10
	maxLibrariesHeld    = 1 << 15
	maxLibrariesTracked = 1 << 8
)

// changed keeps the table as it is from an offset on.
func (t *libraryTable) changed(offset int64) {
	if len(t.byName) > maxLibrariesTracked { // then the past is not known
		t.states, t.held = nil, 0
		return
	}
	t.states = append(t.states, libraryState{offset, maps.Clone(t.byName), t.complete})
	t.held += len(t.byName)
	for len(t.states) > 1 && (len(t.states) > maxLibraryStates || t.held > maxLibrariesHeld) {
		t.held -= len(t.states[0].byName)
		t.states = t.states[1:]
	}
}

// rewind makes the table what it was at an offset.
func (t *libraryTable) rewind(offset int64) {
	t.byName, t.complete = map[string]library{}, false
	latest := int64(math.MinInt64)
	for _, s := range t.states { // not in order, where a process went back before
		if s.offset <= offset && s.offset >= latest {
			t.byName, t.complete, latest = maps.Clone(s.byName), s.complete, s.offset
		}
	}
}

func newLibraryTable() libraryTable {
	return libraryTable{byName: map[string]library{}, bodies: newScriptTable(maxLibraries), named: map[Digest]string{}}
}

// noteLibrary notes where a library was met.
func (t *libraryTable) noteLibrary(l library, at Place) {
	if k, _ := t.bodies.add(l.sha, l.bytes, at); k != nil {
		t.named[l.sha] = l.name
	}
}

// newHistory forgets what the table was before, at offsets of another history.
func (t *libraryTable) newHistory() { t.states, t.held = nil, 0 }

// lose: what came is not known.
func (t *libraryTable) lose() { t.complete = false }

// replace makes the table hold these libraries and no other.
func (t *libraryTable) replace(all []library) {
	t.byName, t.complete, t.overflow = map[string]library{}, true, false
	for _, l := range all {
		t.add(l)
	}
}

func (t *libraryTable) add(l library) {
	if len(t.byName) >= maxLibraries {
		t.overflow, t.complete = true, false
		return
	}
	t.byName[l.name] = l
}

// calls reports whether a function of that name can be called; sure is false
// where the artefacts don't tell.
func (t *libraryTable) calls(function string) (ok, sure bool) {
	sure = t.complete
	for _, l := range t.byName {
		for _, f := range l.functions {
			if strings.EqualFold(f, function) { // as servers look them up
				return true, true
			}
		}
		sure = sure && !l.partial
	}
	return false, sure
}

func (t *libraryTable) names() []string {
	names := make([]string, 0, len(t.byName))
	for name := range t.byName {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// readLibrary takes a library's source apart.
func readLibrary(source []byte) library {
	l := library{sha: sha1.Sum(source), bytes: int64(len(source)), partial: true}
	a := script.Analyse(source)
	if a.Library == nil {
		return l
	}
	l.name, l.partial = a.Library.Name, !a.Library.Certain
	for _, f := range a.Library.Functions {
		l.functions = append(l.functions, f.Name)
	}
	return l
}
