package replay

import (
	"crypto/sha1"
	"maps"
	"math"
	"sort"
	"strings"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/script"
	"github.com/redsleuth/redsleuth/server"
)

// maxLibraries bounds how many function libraries are kept.
const maxLibraries = 1 << 14

// A library is a function library.
type library struct {
	name  string
	sha   digest
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

func newLibraryTable() *libraryTable { return &libraryTable{byName: map[string]library{}} }

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

// runFunction follows FUNCTION LOAD, DELETE, FLUSH and RESTORE.
func (f *follower) runFunction(c *record.Command) record.Outcome {
	if server.HasFunctions.Of(f.version) == server.No {
		f.report(f.functionsUnknown(c, finding.Warning))
		return record.Dropped
	}
	if len(c.Args) < 2 {
		return record.Applied
	}
	defer func() { f.libraries.changed(c.EndOffset) }()
	switch cmd := command.Lookup(c.Args); cmd.Name {
	case "function load":
		f.functionLoad(c)
	case "function delete":
		f.functionDelete(c)
	case "function flush":
		f.libraries.replace(nil)
		f.report(f.functionFlush(c))
	case "function restore":
		f.functionRestore(c)
	}
	return record.Applied
}

func (f *follower) functionLoad(c *record.Command) {
	if len(c.Args) < 3 {
		return
	}
	replace := command.Has(c.Args, "REPLACE")
	l := readLibrary(c.Args[len(c.Args)-1])
	if old, ok := f.libraries.byName[l.name]; ok && !replace {
		f.report(f.libraryExists(c, old))
		return
	}
	f.libraries.add(l)
	f.meetLibrary(l, f.place(c, SourceFunction))
}

// meetLibrary notes where a library was met.
func (f *follower) meetLibrary(l library, at Place) {
	if k, _ := f.bodies.add(l.sha, l.bytes, at); k != nil {
		f.names[l.sha] = l.name
	}
}

func (f *follower) functionDelete(c *record.Command) {
	if len(c.Args) < 3 {
		return
	}
	name := string(c.Args[2])
	if _, ok := f.libraries.byName[name]; !ok && f.libraries.complete {
		f.report(f.libraryMissing(c))
	}
	delete(f.libraries.byName, name)
}

func (f *follower) functionRestore(c *record.Command) {
	if len(c.Args) < 3 {
		return
	}
	policy := "APPEND"
	for _, word := range []string{"FLUSH", "REPLACE"} {
		if command.Has(c.Args, word) {
			policy = word
		}
	}
	var all []library
	err := rdb.Functions(c.Args[2], rdb.Options{Limits: f.limits}, func(source []byte) error {
		all = append(all, readLibrary(source))
		return nil
	})
	if policy == "FLUSH" {
		f.libraries.replace(nil)
	}
	for _, l := range all {
		if old, there := f.libraries.byName[l.name]; there && policy == "APPEND" {
			f.report(f.libraryExists(c, old))
			return
		}
	}
	for _, l := range all {
		f.libraries.add(l)
		f.meetLibrary(l, f.place(c, SourceFunction))
	}
	if err != nil {
		f.libraries.complete = false
	}
}

// runFCall checks that the function is there.
func (f *follower) runFCall(c *record.Command) record.Outcome {
	if server.HasFunctions.Of(f.version) == server.No {
		f.report(f.functionsUnknown(c, finding.Error))
		return record.Dropped
	}
	if len(c.Args) < 2 {
		return record.Applied
	}
	if ok, sure := f.libraries.calls(string(c.Args[1])); !ok && sure {
		f.report(f.functionMissing(c))
		return record.Dropped
	}
	return record.Applied
}

// functionsUnknown: a command that servers of this version don't have.
func (f *follower) functionsUnknown(c *record.Command, severity finding.Severity) finding.Finding {
	n := f.at(c, finding.FunctionMissing, severity, "servers of %s have no functions: the command is unknown to the replica, which dropped it", f.version)
	n.Affects, n.FixedIn = server.HasFunctions.Lacking(), server.HasFunctions.Since()
	if severity == finding.Error {
		n.Keys = cloneKeys(command.Keys(c.Args))
	}
	return n
}

func (f *follower) functionMissing(c *record.Command) finding.Finding {
	n := f.at(c, finding.FunctionMissing, finding.Error, "no library of the replica registers this function")
	n.Keys = cloneKeys(command.Keys(c.Args))
	return n
}

func (f *follower) libraryMissing(c *record.Command) finding.Finding {
	return f.at(c, finding.FunctionMissing, finding.Warning, "FUNCTION DELETE of a library that the replica does not have")
}

func (f *follower) libraryExists(c *record.Command, old library) finding.Finding {
	n := f.at(c, finding.FunctionDuplicate, finding.Warning, "FUNCTION LOAD or RESTORE without REPLACE of a library that the replica has: it keeps the old one")
	n.SHA1 = old.sha.String()
	return n
}

func (f *follower) functionFlush(c *record.Command) finding.Finding {
	return f.at(c, finding.FunctionFlush, finding.Info, "all function libraries are dropped")
}
