package replay

import (
	"slices"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay/replica"
	"github.com/redsleuth/redsleuth/server"
)

// Verdict is what all that happened to a replica comes to.
type Verdict string

// The verdicts, mildest first.
const (
	// Safe: it ran every command that it received, where it belongs.
	Safe Verdict = "safe"
	// Unknown: something leaves open whether it did, or its version is not
	// known.
	Unknown Verdict = "unknown"
	// LosesWrites: it dropped commands, or ran them in another database.
	LosesWrites Verdict = "loses-writes"
	// Crashes: a process of it died.
	Crashes Verdict = "crashes"
)

// rank orders the verdicts; "" is none.
func (v Verdict) rank() int {
	return slices.Index([]Verdict{"", Safe, Unknown, LosesWrites, Crashes}, v)
}

// worst is the worse of two verdicts.
func worst(a, b Verdict) Verdict {
	if a.rank() >= b.rank() {
		return a
	}
	return b
}

// verdictOf is what an event says of a replica of a version.
func verdictOf(e replica.Event, version server.Version) Verdict {
	switch e := e.(type) {
	case *replica.DuplicateOnLoad:
		switch server.PanicsOnDuplicateScript.Of(version) {
		case server.Yes:
			return Crashes
		case server.No:
			return Safe
		}
		return Unknown
	case *replica.ScriptMissing:
		if e.Nested { // the master could not run it either
			return Safe
		}
		return LosesWrites
	case *replica.CommandRefused:
		if e.Answer == server.Yes {
			return LosesWrites
		}
		return Unknown
	case *replica.Divergent:
		if e.Certain {
			return LosesWrites
		}
		return Unknown
	case *replica.FunctionMissing, *replica.FunctionsUnsupported, *replica.ResumedInside:
		return LosesWrites
	case *replica.DatabaseLost:
		if e.Certain && e.Expected != record.Unknown {
			return LosesWrites
		}
		return Unknown
	case *replica.ScriptAtRisk, *replica.ScriptsUnseen, *replica.ScriptUnordered, *replica.IDMadeUp,
		*replica.LibraryExists, *replica.OffsetStale, *replica.FormatUnread, *replica.PayloadBroken:
		return Unknown
	}
	return Safe
}

// isOfArtefacts reports whether an event is about offsets or histories that
// don't join, whose finding says how much that matters.
func isOfArtefacts(e replica.Event) bool {
	switch e.(type) {
	case *replica.Rejoined, *replica.HistoryChanged, *replica.DatabaseUnknown:
		return true
	}
	return false
}

// verdictOfFinding is what a finding says that is about the artefacts: what is
// missing or wrong in them may hide anything.
func verdictOfFinding(f *finding.Finding) Verdict {
	switch {
	case f.Severity == finding.Info, f.Code == finding.WritesDiscarded, f.Code == finding.DivergentCommand:
		return Safe // it ran all that it was sent: what clients did at a server is none of that
	case f.Code == finding.CommandRefused: // by the replica's log
		return LosesWrites
	}
	return Unknown
}
