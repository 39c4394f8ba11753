package replica

import "slices"

// SourceKind is the way in which a body came to the replica.
type SourceKind string

// The ways of a body.
const (
	SourceAux      SourceKind = "rdb-aux"
	SourceLoad     SourceKind = "script-load"
	SourceEval     SourceKind = "eval"
	SourceFunction SourceKind = "function-load"
)

// A Place is where a body was met. Link is 0 for a dump that a process started
// from; Offset is record.Unknown where not known.
type Place struct {
	Kind   SourceKind
	Link   int
	Offset int64
}

// spot is a Place in little room.
type spot struct {
	offset int64
	link   int32
	kind   uint8
}

var sourceKinds = [...]SourceKind{SourceAux, SourceLoad, SourceEval, SourceFunction}

func (p Place) spot() spot {
	return spot{p.Offset, int32(p.Link), uint8(slices.Index(sourceKinds[:], p.Kind))}
}

func (s spot) place() Place { return Place{sourceKinds[s.kind], int(s.link), s.offset} }

// A Script is a script or a library that was met.
type Script struct {
	SHA1    [20]byte
	Bytes   int64
	Name    string // of a library
	Sources []Place
	// Seen counts all sources, of which Sources holds the first.
	Seen  int64
	Calls int64
	// Writes names the commands that it may write with, Danger what else is
	// to be known; both nil where the body was not analysed.
	Analysed bool
	Writes   []string
	Danger   []string
}

// Scripts lists those that were met, libraries first, in the order of their
// first sources, up to limit where there are more scripts, and how many those
// are.
func (r *Replica) Scripts(limit int) (list []Script, more int64) {
	for k := range r.functions.bodies.all {
		s := r.scripting.describe(k)
		s.Name = r.functions.named[s.SHA1]
		list = append(list, s)
	}
	for k := range r.scripting.table.all {
		if len(list) >= limit {
			more++
			continue
		}
		list = append(list, r.scripting.describe(k))
	}
	return list, more
}

func (s *scripting) describe(k *knownScript) Script {
	out := Script{SHA1: k.sha, Bytes: k.bytes, Sources: []Place{k.first.place()}, Seen: k.seen, Calls: k.calls}
	for _, at := range k.sources {
		out.Sources = append(out.Sources, at.place())
	}
	if v := s.options.Analyser.verdict(k.verdict); v != nil {
		out.Analysed, out.Writes, out.Danger = true, v.Writes, v.Danger
	}
	return out
}
