package server

import "slices"

// A Behaviour is something that servers do or don't do, by version, and that
// decides what a replica holds.
type Behaviour int

// A Row of the table says what servers of some versions do.
type Row struct {
	Name   string // kebab case, as in reports
	Role   Role   // whose version counts
	Does   string
	Ranges []Range
	Under  []Behaviour // what the other side has to do for it to matter
	Source string
}

// Role is the side of a replication link whose version decides.
type Role string

// The roles.
const (
	Replica Role = "replica"
	Master  Role = "master"
)

// Range is the versions of one family from From up to, and without, Before;
// a zero Before has no end, and a zero From no beginning.
type Range struct {
	From, Before Version
}

func redis(major, minor, patch int) Version {
	return Version{family: redisFamily, major: major, minor: minor, patch: patch}
}

func valkey(major, minor, patch int) Version {
	return Version{family: valkeyFamily, major: major, minor: minor, patch: patch}
}

// anyValkey: Valkey began at 7.2.
var anyValkey = Range{From: valkey(7, 2, 0)}

// Answer is whether servers of a version show a behaviour.
type Answer uint8

// The answers. Unknown stands where the version is not known.
const (
	Unknown Answer = iota
	No
	Yes
)

// String is "unknown", "no" or "yes".
func (a Answer) String() string { return [...]string{"unknown", "no", "yes"}[a] }

// And is Yes where both are, and No where either is.
func (a Answer) And(b Answer) Answer {
	switch {
	case a == No || b == No:
		return No
	case a == Yes && b == Yes:
		return Yes
	}
	return Unknown
}

// Of tells whether a server of version v shows the behaviour.
func (b Behaviour) Of(v Version) Answer {
	if v.IsZero() {
		return Unknown
	}
	if _, ok := b.rangeOf(v); ok {
		return Yes
	}
	if v == unstable && b.endedLately() {
		return Unknown
	}
	return No
}

// unstable is what builds of Redis between releases call themselves.
var unstable = redis(255, 255, 255)

// endedLately reports whether a build between releases may still show it: it was
// there in a release line that such builds led to not long ago.
func (b Behaviour) endedLately() bool {
	return slices.ContainsFunc(Behaviours[b].Ranges, func(r Range) bool {
		return r.family() == redisFamily && !r.Before.before(redis(8, 0, 0))
	})
}

// OfFormat tells whether the servers that write RDBs of a version, as its
// header gives it, show the behaviour; Unknown where some do, or none are known.
func (b Behaviour) OfFormat(magic string, version int) Answer {
	var answer Answer
	for i, row := range formats {
		if row.newest != version || (magic == magicValkey) != row.own() {
			continue
		}
		next := Version{} // the first that writes another
		if i+1 < len(formats) && formats[i+1].from.family == row.from.family {
			next = formats[i+1].from
		}
		of := b.ofAll(row.from, next)
		if of == Unknown || answer != Unknown && of != answer {
			return Unknown
		}
		answer = of
	}
	return answer
}

// ofAll answers for the versions from one up to, and without, another.
func (b Behaviour) ofAll(from, next Version) Answer {
	some := false
	for _, r := range Behaviours[b].Ranges {
		if r.family() != from.family || !next.IsZero() && !r.From.before(next) ||
			!r.Before.IsZero() && !from.before(r.Before) {
			continue
		}
		ends := r.Before.IsZero() || !next.IsZero() && !r.Before.before(next)
		if !from.before(r.From) && ends {
			return Yes
		}
		some = true
	}
	if some {
		return Unknown
	}
	return No
}

// rangeOf finds the range that holds v.
func (b Behaviour) rangeOf(v Version) (Range, bool) {
	for _, r := range Behaviours[b].Ranges {
		if r.holds(v) {
			return r, true
		}
	}
	return Range{}, false
}

func (r Range) family() family {
	if r.From.IsZero() {
		return r.Before.family
	}
	return r.From.family
}

func (r Range) holds(v Version) bool {
	return v.family == r.family() && !v.before(r.From) && (r.Before.IsZero() || v.before(r.Before))
}

// String is the row's name.
func (b Behaviour) String() string { return Behaviours[b].Name }

// ByName finds a behaviour by the name of its row.
func ByName(name string) (Behaviour, bool) {
	for b, row := range Behaviours {
		if row.Name == name {
			return Behaviour(b), true
		}
	}
	return 0, false
}
