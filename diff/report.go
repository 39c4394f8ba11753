package diff

import (
	"time"

	"github.com/redsleuth/redsleuth/cluster"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/repl"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// A Report is all that a comparison found.
type Report struct {
	Master, Replica *Side
	Replication     Replication
	Summary         Summary
	// Differences are sorted by database and key; there are no more than
	// Options.Limit, while the summary counts all.
	Differences []*Difference
	Libraries   []LibraryDifference
	Scripts     []ScriptDifference
	Findings    []finding.Finding
	// Suspects counts the keys that were read again; a few of them may be
	// equal after all.
	Suspects int64
	// Filtered: keys were left out by a filter.
	Filtered bool
	// Engine is what applied commands to prove causes, with its version; ""
	// where nothing did.
	Engine string
}

// A Side is one of the two states.
type Side struct {
	Path string
	Kind input.Kind
	// Origin is what the AUX fields say.
	repl.Origin
	// State is where in which history the state is, by the AUX fields or else
	// by the full resync that brought it; nil where neither tells.
	State *repl.State
	Keys  int64
	// Read counts the keys that a filter left out too.
	Read     int64
	Checksum rdb.Checksum
	End      record.End
	// EndByte is how far a dump could be read that did not end cleanly.
	EndByte int64
	// Trailing: bytes follow the end of a dump, or the compressed data around it is
	// cut or broken.
	Trailing bool
	// Broken counts the values that are not sound.
	Broken int64
	// Shards are the dumps of a side that is more than one; nil of one. Then what is
	// said above is of all of them, as far as they say the same, Path and State are
	// empty, and Created is the last.
	Shards []*Shard
}

// Sharded reports whether a side is more than one dump.
func (r *Report) Sharded() bool { return r.Master.Shards != nil || r.Replica.Shards != nil }

// A Shard is one dump of a side that is more than one.
type Shard struct {
	*Side
	cluster.Shard
}

// Verdict says how the two states are related.
type Verdict string

// The verdicts.
const (
	SameOffset       Verdict = "same-offset"
	ReplicaBehind    Verdict = "replica-behind"
	ReplicaAhead     Verdict = "replica-ahead"
	DifferentHistory Verdict = "different-history"
	UnknownVerdict   Verdict = "unknown"
)

// Replication is what the artefacts claim of the two states.
type Replication struct {
	Verdict Verdict
	// LagBytes is the master's offset less the replica's; nil without a
	// common history.
	LagBytes *int64
	// PartedAt is the last offset that the two histories share, where
	// something tells it; PartedBetween are bounds on it.
	PartedAt      *int64
	PartedBetween *[2]int64
	// Promoted is the side that became a master there, "master" or "replica", by its log,
	// and PartedTime when; "" and zero where none tells.
	Promoted   string
	PartedTime time.Time
	// StaleOffset: the replica is of a version that keeps reporting the
	// offset from which it resumed, and lags less than it seems.
	StaleOffset bool
	// LagCommands and LagTime tell the lag in commands and in time, where a
	// stream holds it.
	LagCommands *int64
	LagTime     *time.Duration
	// LagFrom is when the first of these commands was sent, LagTo the last; zero where
	// no stream tells.
	LagFrom, LagTo time.Time
	// Resync says whether a partial resync from the one to the other would
	// have been possible.
	Resync Resync
	// Notes are sentences for a person; they hold no bytes of the artefacts.
	Notes []string
	// Pairs are the shards of both sides, where one is more than one dump; the
	// verdict is that of all, where they agree.
	Pairs []ShardPair
}

// A ShardPair is a shard on both sides: dumps of one history, or else of the same
// slots. Master or Replica is nil where nothing shows a counterpart.
type ShardPair struct {
	Master, Replica *Side
	Replication
}

// Resync is the answer a replica in this state would get from that master.
type Resync struct {
	Possible *bool // nil where nothing tells
	Why      string
}

// Summary counts all differences, shown or not.
type Summary struct {
	MasterKeys, ReplicaKeys int64
	Equal, Different        int64
	ByKind                  map[Kind]int64
	ByCause                 map[finding.Cause]int64
	// ExpiredOnly counts the differences that are none but for keys past
	// their time.
	ExpiredOnly int64
	// SkewedKeys counts the keys whose expiry differs by no more than is
	// allowed, SkewMax the largest such difference in milliseconds.
	SkewedKeys, SkewMax int64
	// Unread counts keys that one side alone holds, where the other's dump
	// ends early and may have held them.
	Unread int64
}

// Kind is what kind of difference it is, seen from the master.
type Kind string

// The kinds, the first that applies.
const (
	MissingOnReplica Kind = "missing-on-replica"
	ExtraOnReplica   Kind = "extra-on-replica"
	TypeDiffers      Kind = "type"
	ValueDiffers     Kind = "value"
	TTLDiffers       Kind = "ttl"
)

// Kinds lists them in the order in which they are shown.
func Kinds() []Kind {
	return []Kind{MissingOnReplica, ExtraOnReplica, TypeDiffers, ValueDiffers, TTLDiffers}
}

// A Difference is a key that the two sides don't hold alike.
type Difference struct {
	DB         int
	Key        []byte
	Kind       Kind
	Cause      finding.Cause
	Confidence finding.Confidence // "" where unexplained
	Evidence   []finding.Evidence
	// WrittenBy are the clients whose commands made the difference, where a
	// capture or MONITOR shows them.
	WrittenBy []Writer
	// Master and Replica are nil where the side does not hold the key.
	Master, Replica *Held
	// Changes are what has to be done to the replica, at most
	// Options.Limit; ChangesTotal counts all, -1 where that was not counted.
	Changes      []Change
	ChangesTotal int64
	// Note says why there are no changes, where one would expect some.
	Note string
}

// A Writer is a client, and its last command that had a part in a difference.
type Writer struct {
	Side       string // "master" or "replica"
	Addr       string // "" where unknown
	Name, User string // untrusted; "" where unknown
	Time       time.Time
	Command    []byte // its name. Untrusted
}

// Explain sets the cause, and adds to the evidence.
func (d *Difference) Explain(c finding.Cause, sure finding.Confidence, evidence ...finding.Evidence) {
	d.Cause, d.Confidence = c, sure
	d.Evidence = append(d.Evidence, evidence...)
}

// Unexplained says what is lacking to explain it.
func (d *Difference) Unexplained(code finding.EvidenceCode, message string) {
	d.Explain(finding.CauseUnexplained, "", finding.Evidence{Code: code, Message: message})
}

// Held is a key as one side holds it.
type Held struct {
	// Path is that of the dump, where the side is more than one.
	Path        string
	Object      rdb.Object
	Encoding    string
	Elements    int64
	Bytes, Byte int64
	HasExpire   bool
	ExpireAt    int64 // Unix milliseconds
}

// Op is what has to be done to the replica.
type Op string

// The operations.
const (
	Add    Op = "add"
	Remove Op = "remove"
	Alter  Op = "change"
)

// A Change is one edit that brings the replica's value nearer to the
// master's.
type Change struct {
	Op Op
	// At is a position: of a list's element (in the master's list for what
	// is added, in the replica's for what is removed), of an array's slot,
	// or of the first byte in which two strings differ. Nil where the type
	// has none.
	At *uint64
	// Field names a field of a hash, or what of a stream or a vector set is
	// meant ("last-id", "group", "pending", …: then Part is set instead).
	Field, Member []byte
	ID            *rdb.StreamID
	// Part names a part of a value that is no element of it.
	Part  string
	Group []byte // of a stream
	// Master and Replica are what the sides hold; nil for nothing.
	Master, Replica *Datum
}

// A Datum is one thing held: bytes, a score, or a list of byte strings.
type Datum struct {
	Bytes    []byte
	Score    float64
	IsScore  bool
	Fields   [][]byte
	IsFields bool
	// ExpireAt is the expiry of a hash field, or rdb.NoExpiry.
	ExpireAt int64
	// Vector and Attributes are those of an element of a vector set.
	Vector     []float32
	Attributes []byte
	IsVector   bool
	// Text is a value of the program's own words and numbers.
	Text string
}

// LibraryDifference is a function library that the sides don't hold alike.
type LibraryDifference struct {
	Name  []byte
	Kind  Kind
	Cause finding.Cause
}

// ScriptDifference is a script that only one dump carries.
type ScriptDifference struct {
	SHA1   string
	OnlyOn string // "master" or "replica"
}
