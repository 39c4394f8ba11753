package inspect

import (
	"bytes"
	"slices"
	"time"

	"github.com/redsleuth/redsleuth/parse/info"
	"github.com/redsleuth/redsleuth/parse/input"

	"github.com/redsleuth/redsleuth/filter"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/server"
)

// Options of an Inspector.
type Options struct {
	Limits parse.Limits
	// Kind is what the input was recognised as. It decides whether an early
	// end is damage: a recording ends wherever it was stopped.
	Kind input.Kind
	// Now is when "expired" is judged; zero for the end of the second in
	// which a dump was made.
	Now time.Time
	// Top is how many of the largest keys, commands and patterns are kept.
	Top int
	// Server is what INFO says that the server of a dump uses memory for; nil for
	// not told. It is handed on, beside what the keys cost.
	Server *info.Memory
	// Separators, where not empty, asks for how keys are named: patterns whose
	// parts end at any of these characters.
	Separators string
	// Filter says which keys and commands are counted. What is checked is not
	// bounded by it.
	Filter filter.Filter
	// Measure asks for what keys cost in the memory of the server that wrote a
	// dump, and in those of Versions.
	Measure bool
	// Memory bounds the table that tells whether a key comes twice, in bytes.
	Memory int64
	// Salvage continues after damage.
	Salvage bool
	// Again opens the input once more at a place of it; nil where that can't
	// be done, and salvage then begins where reading stopped.
	Again parse.Opener
	// CrossCheck compares each key of a dump with what a second decoder makes
	// of it. It needs Again.
	CrossCheck bool
	// Versions are asked whether they would load a dump, beside the one that
	// wrote it.
	Versions []server.Version
	// Quick leaves values alone: they are stepped over, and not checked.
	Quick bool
	// Interrupted is asked now and then within an RDB, and ends the walk with
	// the error that it returns; nil for never.
	Interrupted func() error
}

// DefaultMemory is what Options.Memory is where nothing is asked for.
const DefaultMemory = 36 << 20

// A Report is what one artefact holds.
type Report struct {
	// Kind is that of the input, corrected by what came out of it: an RDB
	// with commands after it is an AOF.
	Kind  input.Kind
	RDB   *RDB // of a dump, or at the head of an AOF; nil without one
	Links []*Link
	// Clients is nil where no command of an ordinary client was seen.
	Clients *Clients
	Files   []*File // of a multi-part AOF, in the order in which they are read
	// Ignored counts the connections of a capture that are no links.
	Ignored  int64
	Findings []finding.Finding
	// Damaged: a dump or an AOF is damaged or ends early.
	Damaged bool
}

// Looked is how many keys and commands there were, and how many of them passed the
// filter.
func (r *Report) Looked() (keys, commands, passed int64) {
	count := func(x *RDB) {
		if x != nil {
			keys, passed = keys+x.Read, passed+x.Keys
		}
	}
	count(r.RDB)
	for _, l := range r.Links {
		count(l.Payload)
		commands, passed = commands+l.Link.Commands, passed+l.Passed
	}
	if c := r.Clients; c != nil {
		commands, passed = commands+c.Read, passed+c.Commands
	}
	return keys, commands, passed
}

// A File is part of a multi-part AOF.
type File struct {
	Name []byte
	Err  error // why servers don't take it as the manifest says; nil if they do
	// Findings are the warnings and errors about its bytes.
	Findings []finding.Code
}

// An Inspector takes in what a walk tells it.
type Inspector struct {
	options Options
	report  Report
	links   map[*record.Link]*linkState // those that have not ended
	// The link of the last command, and its state.
	lastLink  *record.Link
	lastState *linkState
	clients   *clientState
	part      *File // of a set, that is being read; nil in other inputs
	settled   bool  // what only all links together tell has been found
}

// New begins an inspection.
func New(options Options) *Inspector {
	if options.Memory == 0 {
		options.Memory = DefaultMemory
	}
	options.Limits = options.Limits.OrDefault()
	return &Inspector{options: options, report: Report{Kind: options.Kind}, links: map[*record.Link]*linkState{}}
}

// Report is complete when the walk has ended.
func (in *Inspector) Report() *Report {
	in.report.tie()
	if !in.settled {
		in.settled = true
		for _, f := range in.report.failedSyncs() {
			in.find(f)
		}
	}
	in.report.Clients = in.clients.report(in.options.Top)
	return &in.report
}

// recording reports whether the input is one that ends wherever it was
// stopped.
func (in *Inspector) recording() bool { return in.report.Kind.Recording() }

// find adds a finding, which is about the part of a set that is being read
// where it doesn't name another one.
func (in *Inspector) find(f finding.Finding) {
	if in.part != nil && f.File == nil {
		f.File = in.part.Name
	}
	if in.part != nil && bytes.Equal(f.File, in.part.Name) {
		if f.Severity != finding.Info && !slices.Contains(in.part.Findings, f.Code) {
			in.part.Findings = append(in.part.Findings, f.Code)
		}
	}
	if len(in.report.Findings) < in.options.Limits.MaxDistinct {
		in.report.Findings = append(in.report.Findings, f)
	}
}

// broken adds a finding on an artefact that is no recording.
func (in *Inspector) broken(f finding.Finding) {
	in.report.Damaged = true
	in.find(f)
}
