package server

// A MemoryLayout is how servers lay out keys in memory, and what of it their
// MEMORY USAGE counts, as far as versions differ. Sources are beside the rows.
type MemoryLayout struct {
	// Packed is what small values are packed into.
	Packed Packing
	// Counted is whether MEMORY USAGE counts packed values as allocated.
	Counted bool
	// SmallSets: sets and lists can be one listpack (7.2).
	SmallSets bool
	// ShortScores: scores are written with as few digits as tell them apart
	// (7.2); before, with 17.
	ShortScores bool
	// FieldObjects: fields of hashes know their length, not their capacity,
	// and may have an expiry beside them (Redis 7.4).
	FieldObjects bool
	// Key is where the name of the key is.
	Key KeyPlace
	// Embed is the largest allocation of a string that is one with its value
	// (and with key and expiry, where these are in the object), in bytes.
	Embed int
	// Tables is how hash tables are laid out.
	Tables TableLayout
	// Skiplist is where members of sorted sets are.
	Skiplist SkiplistLayout
	// Trees is how radix trees are counted.
	Trees TreeCount
	// Fields is how fields and values of hashes stand together.
	Fields FieldLayout
	// StreamsCounted is the same for the listpacks of streams (6.2).
	StreamsCounted bool
	// LoneMembers: a member that is alone in its bucket of a set's table has
	// no entry (Valkey 8.0).
	LoneMembers bool
	// BareEntries: the table of a sorted set has no values (Redis 8.2).
	BareEntries bool
	// ListsByElement: what a list takes is averaged over its elements (Redis 7.4);
	// else over its nodes.
	ListsByElement bool
	// Structs are the sizes of structs that have grown.
	Structs Structs
}

// Structs are sizes in bytes, as far as they are counted.
type Structs struct {
	Dict, QuicklistNode, Stream, Group, Consumer, Pending int
}

// Packing is what small values are packed into.
type Packing uint8

// The packings.
const (
	Ziplists Packing = iota
	Listpacks
)

// KeyPlace is where a server has the name of a key.
type KeyPlace uint8

// The places of keys.
const (
	KeyApart    KeyPlace = iota // a string of its own
	KeyInEntry                  // in the entry of the database's table
	KeyInObject                 // in the object, with the expiry
	// KeyInObjectUncounted: there, and MEMORY USAGE forgets it but where the
	// value is in the object too (Valkey 8.1).
	KeyInObjectUncounted
)

// TableLayout is how a hash table is laid out.
type TableLayout uint8

// The layouts of hash tables.
const (
	Chained    TableLayout = iota // dict: an entry of its own for each member
	Bucketed                      // Valkey 8.1: buckets of seven
	Bucketed90                    // Valkey 9.0: with room for safe iterators
)

// SkiplistLayout is where a sorted set has its members.
type SkiplistLayout uint8

// The layouts of skip lists.
const (
	MembersApart  SkiplistLayout = iota // strings that nodes point to
	MembersInNode                       // in the node
)

// TreeCount is how MEMORY USAGE counts radix trees.
type TreeCount uint8

// The ways to count.
const (
	TreesEstimated TreeCount = iota // a fixed number of bytes a node
	TreesAllocated
)

// FieldLayout is how a hash table has fields and values.
type FieldLayout uint8

// The layouts of fields.
const (
	FieldsApart    FieldLayout = iota // two strings
	FieldsWithSame                    // Valkey 8.1: one allocation where both are small
	FieldsExpiring                    // Valkey 9.0: with the expiry in front
)

// Memory is the layout of servers of version v; false where it is not known,
// as before 4.0, which had no MEMORY USAGE.
func (v Version) Memory() (MemoryLayout, bool) {
	var found MemoryLayout
	ok := false
	for _, row := range memoryLayouts() {
		if row.from.family == v.family && !v.before(row.from) {
			found, ok = row.layout, true
		}
	}
	return found, ok && !v.IsZero()
}

// MemoryAssumed says why the layout that Memory tells of v may not be its own; ""
// where it was held against servers.
func (v Version) MemoryAssumed() string {
	switch {
	case v.family != redisFamily || v.before(redis(8, 2, 0)):
	case v.before(redis(8, 6, 0)):
		return "read in the sources of 8.2 and 8.4, and held against no server"
	default:
		return "taken to be as in 8.4: later servers add up what was asked for, not what " +
			"the allocator gave"
	}
	return ""
}

// CountsLua reports whether used_memory has in it what the interpreters of Lua take:
// since Redis 7.4 they have the server's allocator (script.c; object.c,
// getMemoryOverheadData). Those of Valkey have not.
func (v Version) CountsLua() bool { return v.family == redisFamily && !v.before(redis(7, 4, 0)) }

type memoryRow struct {
	from   Version
	layout MemoryLayout
}

// memoryLayouts are the layouts, by the first version that has them. Sources:
// object.c (objectComputeSize, createStringObject), sds.c, dict.c, hashtable.c,
// entry.c, t_zset.c, rax.c of the releases.
func memoryLayouts() []memoryRow {
	four := MemoryLayout{Embed: embedAlone, Structs: Structs{96, 32, 0, 32, 24, 24}}
	sixTwo := four
	sixTwo.StreamsCounted, sixTwo.Structs.Stream = true, 40
	seven := sixTwo
	seven.Packed, seven.Counted = Listpacks, true
	seven.Structs = Structs{56, 40, 80, 40, 24, 24}
	sevenTwo := seven
	sevenTwo.SmallSets, sevenTwo.ShortScores, sevenTwo.Structs.Consumer = true, true, 32
	sevenFour := sevenTwo
	sevenFour.FieldObjects, sevenFour.ListsByElement = true, true
	eightTwo := sevenFour
	eightTwo.Key, eightTwo.BareEntries = KeyInObject, true
	eightTwo.Structs.Stream, eightTwo.Structs.Pending = 112, 32 // with cgroups_ref (stream.h)
	eightFour := eightTwo
	eightFour.Structs.Group = 48 // with pel_by_time
	eightV := sevenTwo
	eightV.Key, eightV.LoneMembers = KeyInEntry, true
	eightOneV := sevenTwo
	eightOneV.Key, eightOneV.Tables, eightOneV.Fields = KeyInObjectUncounted, Bucketed, FieldsWithSame
	eightOneV.Trees = TreesAllocated
	nineV := eightOneV
	nineV.Tables, nineV.Fields = Bucketed90, FieldsExpiring
	nineOneV := nineV
	nineOneV.Key, nineOneV.Embed, nineOneV.Skiplist = KeyInObject, embedTwoLines, MembersInNode
	return []memoryRow{
		{redis(4, 0, 0), four},
		{redis(6, 2, 0), sixTwo},
		{redis(7, 0, 0), seven},
		{redis(7, 2, 0), sevenTwo},
		{redis(7, 4, 0), sevenFour},
		// Read in the sources and held against no server; 8.6 has changed again.
		{redis(8, 2, 0), eightTwo},
		{redis(8, 4, 0), eightFour},
		{valkey(7, 2, 0), sevenTwo},
		{valkey(8, 0, 0), eightV},
		{valkey(8, 1, 0), eightOneV},
		{valkey(9, 0, 0), nineV},
		{valkey(9, 1, 0), nineOneV},
	}
}

// The largest allocation of a string that is one with its object: a cache
// line, or two (OBJ_ENCODING_EMBSTR_SIZE_LIMIT, shouldEmbedStringObject).
const (
	embedAlone    = 64
	embedTwoLines = 128
)

// An Allocator is the jemalloc that a server was built with. No dump tells it.
type Allocator struct {
	// Quantum is the smallest step between two sizes, in bytes.
	Quantum int
	// Pages: large allocations are whole pages (5.3.1); before, there are four
	// sizes between any two powers of two there too.
	Pages bool
}

// BundledAllocator is the one in the servers' own sources (deps/Makefile,
// --with-lg-quantum=3). SharedAllocator is the library of Debian and Ubuntu, as
// its version, "5.3.0", says; "" for those before 5.3.1.
func BundledAllocator() Allocator { return Allocator{Quantum: 8} }

// SharedAllocator is the library of Debian and Ubuntu.
func SharedAllocator(version string) Allocator {
	return Allocator{Quantum: 16, Pages: version >= "5.3.1"}
}

// Allocator is the one that servers of version v most likely have: the shared
// one where Debian or Ubuntu have packaged just this version.
func (v Version) Allocator() Allocator {
	for _, p := range packaged() {
		if v == p.version {
			return SharedAllocator(p.jemalloc)
		}
	}
	return BundledAllocator()
}

// A packagedServer is one of Debian or Ubuntu, with the jemalloc beside it.
type packagedServer struct {
	version  Version
	jemalloc string
}

func packaged() []packagedServer {
	return []packagedServer{
		{redis(4, 0, 9), ""}, {redis(5, 0, 7), ""}, {redis(5, 0, 14), ""}, {redis(6, 0, 16), ""},
		{redis(7, 0, 15), ""}, {redis(8, 0, 2), ""}, {redis(8, 0, 5), "5.3.1"}, {redis(8, 0, 6), "5.3.1"},
		{valkey(8, 0, 1), ""}, {valkey(8, 0, 2), ""}, {valkey(8, 1, 1), ""}, {valkey(8, 1, 4), ""},
		{valkey(9, 1, 2), "5.3.1"},
	}
}
