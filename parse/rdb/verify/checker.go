package verify

import (
	"cmp"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/zeebo/xxh3"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

// errRepeated is the cause of a Fault of kind Repeated.
type errRepeated struct{ error }

func (e errRepeated) Unwrap() error { return e.error }

// A Checker looks at the elements of one value after another, for what reading
// them doesn't tell: Begin, See for each element, End. Close it.
type Checker struct {
	object  rdb.Object
	sorted  bool // an intset, whose order tells
	members members
	scratch []byte
	groups  uint64
	// entries of a stream
	entryID  rdb.StreamID
	hasEntry bool
	// links of a vector set's node, and the sum over all, which cancel out
	links   []rdb.VectorLink
	linkSum [2]uint64
	// expiries of a hash
	byExpiry bool
	last     int64
}

// NewChecker makes one; it can be used again and again.
func NewChecker() *Checker { return &Checker{members: members{seed: rand.Uint64()}} }

// Close removes what was written to a temporary file, if anything.
func (k *Checker) Close() { k.members.closeRuns() }

// Begin is to be called before the elements of rec's value are seen.
func (k *Checker) Begin(rec *rdb.Record) {
	k.object, k.sorted = rec.Object, rec.Type == rdb.TypeSetIntset
	k.members.reset()
	k.groups, k.hasEntry = 0, false
	k.linkSum = [2]uint64{}
	k.byExpiry, k.last = rec.Type == rdb.TypeHashListpackTTL, 0
}

// See checks an element. An error is the cause of a parse.Error, or of writing
// a temporary file.
func (k *Checker) See(e *rdb.Element) error {
	switch e.Kind {
	case rdb.ElementBytes:
		if k.object != rdb.ObjectSet || k.sorted {
			return nil
		}
		return k.member(e.Member, "a member")
	case rdb.ElementField:
		if k.byExpiry {
			if err := k.expiry(e); err != nil {
				return err
			}
		}
		return k.member(e.Member, "a field")
	case rdb.ElementScore:
		if math.IsNaN(e.Score) {
			return rdb.Flawed(rdb.FlawNaN, parse.Damaged("a score that is no number"))
		}
		return k.member(e.Member, "a member")
	case rdb.ElementVector:
		return k.vector(e)
	case rdb.ElementEntry, rdb.ElementStream, rdb.ElementGroup, rdb.ElementProducer:
		return k.stream(e)
	}
	return nil
}

// End checks what only the end of the value tells.
func (k *Checker) End() error {
	again, err := k.members.repeats()
	if err == nil && again {
		err = errRepeated{parse.Damaged("a member or field is there twice")}
	}
	if err == nil && k.linkSum != [2]uint64{} {
		err = parse.Damaged("a link between two nodes of the graph that leads one way only")
	}
	return err
}

func (k *Checker) member(name []byte, what string) error {
	again, err := k.members.add(name)
	if err == nil && again {
		err = errRepeated{parse.Damaged("%s is there twice", what)}
	}
	return err
}

// expiry: by ascending time, none before the first that the hash says, and
// fields without one last.
func (k *Checker) expiry(e *rdb.Element) error {
	at := e.ExpireAt
	if at == rdb.NoExpiry {
		k.last = math.MaxInt64
		return nil
	}
	if at < k.last || at < e.FirstExpiry {
		return parse.Damaged("a field that expires before one that is in front of it")
	}
	k.last = at
	return nil
}

// vector: no name or node twice, and each link is answered by one back. That is
// told by a sum of hashes, to which a link adds in one direction what it takes
// away in the other.
func (k *Checker) vector(e *rdb.Element) error {
	if err := k.unique('m', 0, e.Member, "an element"); err != nil {
		return errRepeated{err}
	}
	v := e.Vector
	var b [24]byte
	binary.LittleEndian.PutUint64(b[:], v.Node)
	if err := k.unique('n', 0, b[:8], "a node of the graph"); err != nil {
		return err
	}
	k.links = append(k.links[:0], v.Links...)
	slices.SortFunc(k.links, func(a, b rdb.VectorLink) int {
		return cmp.Or(cmp.Compare(a.Layer, b.Layer), cmp.Compare(a.Node, b.Node))
	})
	for i, link := range k.links {
		if i > 0 && link == k.links[i-1] {
			return parse.Damaged("a node with the same link twice")
		}
		if link.Node == v.Node {
			return parse.Damaged("a node with a link to itself")
		}
		binary.LittleEndian.PutUint64(b[:], min(link.Node, v.Node))
		binary.LittleEndian.PutUint64(b[8:], max(link.Node, v.Node))
		binary.LittleEndian.PutUint64(b[16:], uint64(link.Layer))
		h := xxh3.Hash128Seed(b[:], k.members.seed)
		if link.Node > v.Node {
			k.linkSum[0], k.linkSum[1] = k.linkSum[0]+h.Hi, k.linkSum[1]+h.Lo
		} else {
			k.linkSum[0], k.linkSum[1] = k.linkSum[0]-h.Hi, k.linkSum[1]-h.Lo
		}
	}
	return nil
}

func (k *Checker) stream(e *rdb.Element) error {
	switch e.Kind {
	case rdb.ElementEntry:
		if k.hasEntry && e.ID.Compare(k.entryID) <= 0 {
			return counts("an entry whose id is not above that of the one before")
		}
		k.entryID, k.hasEntry = e.ID, true
		return nil
	case rdb.ElementStream:
		return k.state(e.Stream)
	case rdb.ElementGroup:
		return k.group(e.Group)
	}
	if err := k.unique('p', 0, e.Producer.Name, "a producer"); err != nil {
		return err
	}
	k.groups++ // no two producers share ids
	for i := range e.Producer.Entries {
		if err := k.unique('i', k.groups, e.Producer.Entries[i].ID, "an id of a producer"); err != nil {
			return err
		}
	}
	return nil
}

func (k *Checker) state(s *rdb.StreamState) error {
	// Development versions of 5.0 let the two part, and servers before Valkey 9.1
	// load it.
	if s.Length != s.Entries {
		err := parse.Damaged("a stream that says it has %d entries, and has %d", s.Length, s.Entries)
		if s.Entries == 0 {
			return rdb.Flawed(rdb.FlawCounts, err)
		}
		return rdb.Flawed(rdb.FlawLength, err)
	}
	if k.hasEntry && k.entryID.Compare(s.LastID) > 0 {
		return counts("an entry whose id is above the stream's last id")
	}
	return nil
}

func (k *Checker) group(g *rdb.Group) error {
	if err := k.unique('g', 0, g.Name, "a consumer group"); err != nil {
		return err
	}
	k.groups++
	for i := range g.Consumers {
		if err := k.unique('c', k.groups, g.Consumers[i].Name, "a consumer"); err != nil {
			return err
		}
	}
	return nil
}

// unique checks a name among those of its kind and group.
func (k *Checker) unique(kind byte, group uint64, name []byte, what string) error {
	k.scratch = binary.LittleEndian.AppendUint64(append(k.scratch[:0], kind), group)
	k.scratch = append(k.scratch, name...)
	again, err := k.members.add(k.scratch)
	if err == nil && again {
		err = rdb.Flawed(rdb.FlawIndex, parse.Damaged("%s is there twice", what))
	}
	return err
}

func counts(format string, args ...any) error {
	return rdb.Flawed(rdb.FlawCounts, parse.Damaged(format, args...))
}

// KindOf says of what kind the fault is that err, which reading a value or a
// Checker returned, tells.
func KindOf(err error) Kind {
	var repeated errRepeated
	switch {
	case errors.As(err, &repeated):
		return Repeated
	case errors.Is(err, parse.ErrLimit), errors.Is(err, parse.ErrUnsupported):
		return Unread
	}
	return Broken
}
