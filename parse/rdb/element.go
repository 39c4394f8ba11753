package rdb

// ElementKind says which fields of an Element are set.
type ElementKind uint8

// The kinds of element. A value is a sequence of them, in file order.
const (
	// ElementBytes is the bytes of a string, an element of a list, or a
	// member of a set: Member.
	ElementBytes ElementKind = iota + 1
	// ElementField is a field of a hash: Member, Value, ExpireAt.
	ElementField
	// ElementScore is a member of a sorted set: Member, Score.
	ElementScore
	// ElementIndex is a slot of an array: Index, Value. Value is the text
	// that clients see, whatever its tag.
	ElementIndex
	// ElementArray comes first in an array: Array.
	ElementArray
	// ElementEntry is an entry of a stream that was not deleted: ID, Fields.
	ElementEntry
	// ElementStream comes once, after the entries and before the groups:
	// Stream.
	ElementStream
	// ElementGroup is a consumer group, whole: Group. It is the one element
	// that is put together in memory, since owners are after what they
	// own; it grows with the bytes present.
	ElementGroup
	// ElementProducer is an idempotent producer of a stream: Producer. They
	// are after the groups.
	ElementProducer
	// ElementIdempotence comes last in a stream of type 26 or later:
	// Idempotence.
	ElementIdempotence
	// ElementVectors comes first in a vector set: Vectors.
	ElementVectors
	// ElementVector is an element of a vector set: Member, Value (the
	// attributes, nil if none), Vector.
	ElementVector
	// ElementModule is a value that a module wrote: Module.
	ElementModule
)

// NoExpiry is the ExpireAt of a hash field that does not expire.
const NoExpiry = -1

// An Element is one member of a value. It and its slices are borrowed: valid
// until the visitor returns.
type Element struct {
	Kind          ElementKind
	Member, Value []byte
	Score         float64
	ExpireAt      int64 // Unix milliseconds, or NoExpiry
	// FirstExpiry is what a hash of type 25 says is the first of its fields to
	// expire, in Unix milliseconds; 0 for none, and for every other type.
	FirstExpiry int64
	Index       uint64
	ID          StreamID
	Fields      [][]byte // field, value, field, value, …
	Array       ArrayState
	Stream      *StreamState
	Group       *Group
	Producer    *Producer
	Idempotence *IdempotenceState
	Vectors     *VectorsState
	Vector      *Vector
	Module      ModuleItem
}

// StreamID is the id of a stream's entry.
type StreamID struct{ Ms, Seq uint64 }

// ArrayState is what an array holds beside its slots.
type ArrayState struct {
	// InsertIndex is the last position of ARINSERT; meaningful if HasInsert.
	InsertIndex uint64
	HasInsert   bool
	Count       uint64
}

// StreamState is what a stream holds beside entries and groups.
type StreamState struct {
	// Length is XLEN, as the file has it; Entries is how many entries that
	// are not deleted are there. Development versions of 5.0 let the two part,
	// and loaders before 8.8 don't compare them.
	Length, Entries uint64
	LastID          StreamID
	// HasMeta: the next three are in the file (type 19 and later).
	HasMeta      bool
	FirstID      StreamID
	MaxDeletedID StreamID
	EntriesAdded uint64
	Groups       uint64
}

// IdempotenceState is what a stream holds beside its idempotent producers:
// for how long and how many of their ids it remembers, and what it has seen.
type IdempotenceState struct {
	Seconds, MaxEntries  uint64
	Producers            uint64
	IDsAdded, Duplicates uint64
}

// EntriesReadUnknown stands for a group whose count of entries read the
// server itself does not know.
const EntriesReadUnknown = ^uint64(0)

// Group is a consumer group.
type Group struct {
	Name           []byte
	LastID         StreamID
	HasEntriesRead bool
	EntriesRead    uint64
	Pending        []Pending // by id
	Consumers      []Consumer
	Released       []StreamID // XNACKed, owned by nobody, in release order
}

// Pending is an entry delivered and not acknowledged.
type Pending struct {
	ID          StreamID
	DeliveredAt int64 // Unix milliseconds
	Deliveries  uint64
	Consumer    int // index into Consumers; -1 for none
}

// Consumer is a consumer of a group.
type Consumer struct {
	Name      []byte
	SeenAt    int64 // Unix milliseconds
	HasActive bool
	ActiveAt  int64 // Unix milliseconds; -1 for never
	Pending   int   // how many of the group's pending entries are its
}

// Producer is a producer of a stream that adds with idempotence ids.
type Producer struct {
	Name    []byte
	Entries []ProducerEntry
}

// ProducerEntry ties an idempotence id to the entry that it made.
type ProducerEntry struct {
	ID    []byte
	Entry StreamID
}

// Quantization is how a vector set stores its vectors.
type Quantization uint8

// The quantizations (redis modules/vector-sets/hnsw.h).
const (
	QuantizationNone Quantization = iota
	QuantizationQ8
	QuantizationBin
)

// String returns the name that VINFO's argument uses: none, q8 or bin.
func (q Quantization) String() string {
	switch q {
	case QuantizationNone:
		return "none"
	case QuantizationQ8:
		return "q8"
	case QuantizationBin:
		return "bin"
	}
	return "unknown"
}

// VectorsState is what a vector set holds beside its elements.
type VectorsState struct {
	Dimension    uint64
	Elements     uint64
	Quantization Quantization
	Links        uint64 // M of the graph
	InputDim     uint64 // before the projection; 0 without one
	Projection   []byte // InputDim*Dimension float32, little endian
	Attributes   bool
}

// Vector is a stored, normalised vector.
type Vector struct {
	Raw   []byte  // as in the file
	L2    float32 // the length before it was normalised
	Range float32 // of the quantization
	// Node and Level, and the graph's links, differ between replicas by
	// right.
	Node  uint64
	Level int
	// Links are those of the graph.
	Links []VectorLink
}

// A VectorLink leads to another node, on a layer of the graph.
type VectorLink struct {
	Layer int
	Node  uint64
}

// ModuleItem is one value written by a module.
type ModuleItem struct {
	Op     uint64 // 1 signed, 2 unsigned, 3 float, 4 double, 5 string
	Int    uint64
	Float  float64
	String []byte
}
