package diff

import (
	"cmp"
	"context"
	"slices"

	"github.com/redsleuth/redsleuth/cluster"
	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/filter"
	"github.com/redsleuth/redsleuth/internal/hashjoin"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/value"
	"github.com/redsleuth/redsleuth/value/memory"
)

// A side is one of the two states: a dump, or those of the shards of a cluster,
// whose keys go into one table.
type side struct {
	*Side  // of the one dump, or of all together
	dumps  []*dump
	filter func(db int, key []byte) bool
	table  *hashjoin.Table
	// sizes is a filter by them, or nil; measures are what measures the keys of each
	// dump for it, or nil.
	sizes    *filter.Filter
	measures []*memory.Model
	// rawBytes: values are compared by their stored bytes where that may do.
	rawBytes bool
	// hasher makes the one of a dump.
	hasher func(*dump) *hasher
	// slots, and found of them once all was read, are nil for one dump. layout is
	// what an earlier reading found, if there was one.
	slots         *cluster.Map
	found, layout *cluster.Layout
	// twice are the keys in two dumps, by their places in the second: that to which
	// the slot does not belong, where this is known.
	twice map[[2]int]*noted
}

// newSide is a side that is yet to be read.
func newSide(in []*input.Input, budget int64, filter func(int, []byte) bool, rawBytes bool) *side {
	s := &side{
		Side: &Side{}, filter: filter, table: hashjoin.NewTable(budget), rawBytes: rawBytes,
		twice:  map[[2]int]*noted{},
		hasher: func(d *dump) *hasher { return newHasher(rawBytes, d.unsound) },
	}
	for i, in := range in {
		s.dumps = append(s.dumps, &dump{
			Side: Side{Path: in.Path, Kind: in.Kind, Origin: repl.NewOrigin()},
			in:   in, number: i, of: s, libraries: map[string]value.Digest{}, scripts: map[string]bool{},
		})
	}
	if len(in) == 1 {
		s.Side = &s.dumps[0].Side
	} else {
		s.slots = cluster.New()
	}
	return s
}

// several reports whether the side is more than one dump.
func (s *side) several() bool { return len(s.dumps) > 1 }

// close frees what the side holds on disk.
// close frees the entries, which nobody needs once they are joined.
func (s *side) close() error {
	if s.table == nil {
		return nil
	}
	err := s.table.Close()
	s.table = nil
	return err
}

// read goes over the dumps, one after the other.
func (s *side) read(ctx context.Context) error {
	for _, d := range s.dumps {
		d.hasher = s.hasher(d)
		if s.measures != nil {
			d.hasher.model = s.measures[d.number]
		}
		err := d.read(ctx)
		d.hasher.close()
		d.hasher = nil // what it holds is needed by the next
		if err != nil {
			return err
		}
		if s.slots != nil {
			s.slots.EndDump()
		}
	}
	if s.several() {
		s.found = s.slots.Layout()
		s.sum()
	}
	return nil
}

// sum tells what the dumps are together.
func (s *side) sum() {
	first := &s.dumps[0].Side
	sum := Side{Kind: first.Kind, Origin: repl.NewOrigin(), End: record.Clean,
		Checksum: first.Checksum}
	sum.Written, sum.Version = first.Written, first.Version
	for i, layout := range s.found.Shards {
		d := &s.dumps[i].Side
		sum.Shards = append(sum.Shards, &Shard{Side: d, Shard: layout})
		sum.add(d)
	}
	*s.Side = sum
}

// add adds a dump to a sum of several; what they don't say alike is left out.
func (s *Side) add(d *Side) {
	s.Keys += d.Keys
	s.Read += d.Read
	s.Broken += d.Broken
	s.Trailing = s.Trailing || d.Trailing
	if d.Created.After(s.Created) {
		s.Created = d.Created
	}
	if s.End == record.Clean {
		s.End = d.End
	}
	if s.Checksum.Status == rdb.ChecksumValid || d.Checksum.Status == rdb.ChecksumInvalid {
		s.Checksum = rdb.Checksum{Status: d.Checksum.Status}
	}
	if d.Kind != s.Kind {
		s.Kind = ""
	}
	if d.Written != s.Written {
		created := s.Created
		s.Origin = repl.NewOrigin()
		s.Created = created
	}
}

// strays reports whether a key of a dump is known to belong to another one.
func (s *side) strays(number int, key []byte) bool {
	if s.layout == nil {
		return false
	}
	owner, known := s.layout.Owner(command.Slot(key))
	return known && owner != number
}

// again is called with the entries of a key that comes twice, and reports whether
// the first is the one that counts: of two in one dump the last, as when a server
// loads it, and of two in different ones that of the shard to which the slot
// belongs.
func (s *side) again(first, second *hashjoin.Entry) (keepFirst bool) {
	s.Keys--
	a, b := spotOf(first), spotOf(second)
	if d := s.dumps[a.dump()]; a.dump() == b.dump() {
		if s.several() {
			d.Keys--
		}
		d.duplicates.add(a.byte())
		return false
	}
	keepFirst = b.isAstray() && !a.isAstray()
	kept, other := a, b
	if a.isAstray() && !b.isAstray() {
		kept, other = b, a
	}
	pair := [2]int{kept.dump(), other.dump()}
	if s.twice[pair] == nil {
		s.twice[pair] = &noted{}
	}
	s.twice[pair].add(other.byte())
	return keepFirst
}

// dumpAt and databaseAt are those of a key.
func (s *side) dumpAt(at spot) *dump { return s.dumps[at.dump()] }

func (s *side) databaseAt(at spot) int { return s.dumpAt(at).layout.databaseAt(at.byte()) }

// whole reports whether every dump can be read to its end, as it was written.
func (s *side) whole() bool {
	return !slices.ContainsFunc(s.dumps, func(d *dump) bool {
		return d.End != record.Clean || d.Checksum.Status == rdb.ChecksumInvalid
	})
}

// fetch reads keys again by their places, which ascend, and calls see with each.
func (s *side) fetch(ctx context.Context, places []int64, see seeFunc) error {
	for from := 0; from < len(places); {
		number := spotAt(places[from]).dump()
		to := from
		var bytes []int64
		for ; to < len(places) && spotAt(places[to]).dump() == number; to++ {
			bytes = append(bytes, spotAt(places[to]).byte())
		}
		first, stopped := from, false
		err := s.dumps[number].fetch(ctx, bytes, func(i int, rec *rdb.Record, d *rdb.Decoder) error {
			err := see(first+i, rec, d)
			stopped = err == record.Stop
			return err
		})
		if err != nil || stopped {
			return err
		}
		from = to
	}
	return nil
}

// libraries are those of all dumps by name; one that the dumps hold otherwise has
// a digest of its own.
func (s *side) libraries() map[string]value.Digest {
	type library struct {
		name   string
		digest value.Digest
	}
	seen := map[library]bool{}
	sums := map[string]value.Digest{}
	for _, d := range s.dumps {
		for name, digest := range d.libraries {
			if id := (library{name, digest}); !seen[id] {
				seen[id] = true
				sums[name] = sums[name].Plus(digest)
			}
		}
	}
	return sums
}

// scripts are those of all dumps.
func (s *side) scripts() map[string]bool {
	all := map[string]bool{}
	for _, d := range s.dumps {
		for sha := range d.scripts {
			all[sha] = true
		}
	}
	return all
}

// pairsOf are the pairs of dumps with keys in common.
func (s *side) pairsOf() [][2]int {
	var all [][2]int
	for pair := range s.twice {
		all = append(all, pair)
	}
	slices.SortFunc(all, func(a, b [2]int) int { return cmp.Or(a[0]-b[0], a[1]-b[1]) })
	return all
}
