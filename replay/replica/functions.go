package replica

import (
	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/server"
)

// functions are the libraries of the process.
type functions struct {
	*process
	libraryTable
}

// run follows FUNCTION LOAD, DELETE, FLUSH and RESTORE.
func (f *functions) run(c Call) Outcome {
	if server.HasFunctions.Of(f.version) == server.No {
		f.emit(&FunctionsUnsupported{Call: c})
		return Dropped
	}
	if len(c.Args) < 2 {
		return Applied
	}
	defer func() { f.changed(c.EndOffset) }()
	switch command.Lookup(c.Args).Name {
	case "function load":
		f.load(c)
	case "function delete":
		f.remove(c)
	case "function flush":
		f.replace(nil)
		f.emit(&FunctionsFlushed{c})
	case "function restore":
		f.restore(c)
	}
	return Applied
}

func (f *functions) load(c Call) {
	if len(c.Args) < 3 {
		return
	}
	replace := command.Has(c.Args, "REPLACE")
	l := readLibrary(c.Args[len(c.Args)-1])
	if old, ok := f.byName[l.name]; ok && !replace {
		f.emit(&LibraryExists{c, old.sha})
		return
	}
	f.add(l)
	f.noteLibrary(l, f.place(c, SourceFunction))
}

func (f *functions) remove(c Call) {
	if len(c.Args) < 3 {
		return
	}
	name := string(c.Args[2])
	if _, ok := f.byName[name]; !ok && f.complete {
		f.emit(&LibraryMissing{c})
	}
	delete(f.byName, name)
}

func (f *functions) restore(c Call) {
	if len(c.Args) < 3 {
		return
	}
	policy := "APPEND"
	for _, word := range []string{"FLUSH", "REPLACE"} {
		if command.Has(c.Args, word) {
			policy = word
		}
	}
	all, err := dumpedLibraries(c.Args[2], f.options.Limits)
	if policy == "FLUSH" {
		f.replace(nil)
	}
	for _, l := range all {
		if old, there := f.byName[l.name]; there && policy == "APPEND" {
			f.emit(&LibraryExists{c, old.sha})
			return
		}
	}
	for _, l := range all {
		f.add(l)
		f.noteLibrary(l, f.place(c, SourceFunction))
	}
	if err != nil {
		f.lose()
	}
}

// dumpedLibraries reads a payload of FUNCTION DUMP, as far as it can be read.
func dumpedLibraries(payload []byte, limits parse.Limits) (all []library, err error) {
	err = rdb.Functions(payload, rdb.Options{Limits: limits}, func(source []byte) error {
		all = append(all, readLibrary(source))
		return nil
	})
	return all, err
}

// call checks that the function of an FCALL is there.
func (f *functions) call(c Call) Outcome {
	if server.HasFunctions.Of(f.version) == server.No {
		f.emit(&FunctionsUnsupported{Call: c, Fcall: true})
		return Dropped
	}
	if len(c.Args) < 2 {
		return Applied
	}
	if ok, sure := f.calls(string(c.Args[1])); !ok && sure {
		f.emit(&FunctionMissing{c})
		return Dropped
	}
	return Applied
}

// loadDump replaces the libraries with those of an RDB, of a link or of a dump
// that the process started from.
func (f *functions) loadDump(d *Dump, link int) {
	if server.HasFunctions.Of(f.version) == server.No {
		f.replace(nil)
	} else {
		f.replace(d.libraries)
	}
	f.changed(d.Offset)
	for _, l := range d.libraries {
		f.noteLibrary(l, Place{SourceFunction, link, d.Offset})
	}
}
