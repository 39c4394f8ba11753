package value

import (
	"slices"
	"strconv"

	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/resp"
)

// Loss says how far commands rebuild a value.
type Loss uint8

// The losses, each worse than the one before.
const (
	// Whole: the value that the commands build is equal.
	Whole Loss = iota
	// LosesAside: what is lost does not count for a Digest: idempotent
	// producers of a stream.
	LosesAside
	// LosesContent: no command makes some part of the value (a vector, a
	// module's value, an entry that is pending and deleted); RESTORE does.
	LosesContent
)

// A Builder writes the commands that build keys again, as RESP, while their
// elements are visited. They are such as servers of the RDB version given have:
// what is newer than Redis 2.4 is used only for values that need it. Methods
// append to dst; elements and keys are not kept.
//
//	b.Start(rec.Key, rec.Object)
//	err := decoder.Value(func(e *rdb.Element) error { out = b.Add(out, e); return nil })
//	out = b.End(out)
//
// Idle times, access frequencies and the times at which consumers were last
// seen have no command.
type Builder struct {
	// Version is the RDB version of the server that is to run the commands.
	Version int

	key    []byte
	object rdb.Object
	loss   Loss
	// batch holds the arguments of the next command for the key, after
	// commands that have to follow it.
	batch     []byte
	batchArgs int
	after     []byte
	pending   []rdb.StreamID // of all groups
	number    []byte
}

const (
	// batchMost and batchMostSize bound what one command adds to a key, in
	// arguments and in bytes.
	batchMost     = 64
	batchMostSize = 64 << 10
)

// RDB versions of the servers that brought what is used where it is needed.
const (
	firstWithHSET       = 8  // 4.0, whose HSET takes many fields
	firstWithStreamMeta = 10 // 7.0: ENTRIESADDED, ENTRIESREAD; CREATECONSUMER came with 6.2
)

// Start begins a key, which is borrowed until End.
func (b *Builder) Start(key []byte, object rdb.Object) {
	b.key, b.object, b.loss = key, object, Whole
	b.batch, b.batchArgs, b.after, b.pending = b.batch[:0], 0, b.after[:0], b.pending[:0]
	if !ByCommands(object) {
		b.loss = LosesContent
	}
}

// ByCommands reports whether commands build values of this type at all.
func ByCommands(object rdb.Object) bool {
	return object != rdb.ObjectVectorSet && object != rdb.ObjectModule
}

// Loss is what the commands so far leave out.
func (b *Builder) Loss() Loss { return b.loss }

// Pending lists the ids of the entries that are pending in the groups of the
// stream, in order. Servers from 7.0 on claim no entry that was deleted: where
// one of these is none of the stream's entries, only RESTORE rebuilds it. The
// slice is borrowed until Start.
func (b *Builder) Pending() []rdb.StreamID {
	slices.SortFunc(b.pending, rdb.StreamID.Compare)
	b.pending = slices.Compact(b.pending)
	return b.pending
}

// Add takes an element; commands are written when there are enough for one.
func (b *Builder) Add(dst []byte, e *rdb.Element) []byte {
	switch e.Kind {
	case rdb.ElementBytes:
		b.add(e.Member)
	case rdb.ElementField:
		b.add(e.Member, e.Value)
		if e.ExpireAt != rdb.NoExpiry {
			b.expireField(e)
		}
	case rdb.ElementScore:
		// The server reads inf and -inf, and refuses nan.
		b.number = strconv.AppendFloat(b.number[:0], e.Score, 'g', -1, 64)
		b.add(b.number, e.Member)
	case rdb.ElementIndex:
		b.number = strconv.AppendUint(b.number[:0], e.Index, 10)
		b.add(b.number, e.Value)
	case rdb.ElementArray:
		if e.Array.HasInsert {
			b.seek(e.Array.InsertIndex + 1)
		}
	default:
		return b.streamPart(dst, e)
	}
	if b.batchArgs >= batchMost || len(b.batch) >= batchMostSize {
		return b.sendBatch(dst)
	}
	return dst
}

// End writes what is left of the key.
func (b *Builder) End(dst []byte) []byte {
	dst = b.sendBatch(dst)
	b.key = nil
	return dst
}

func (b *Builder) add(args ...[]byte) {
	b.batchArgs += len(args)
	for _, arg := range args {
		b.batch = resp.AppendBulk(b.batch, arg)
	}
}

// expireField sets the expiry of a field, once the batch has made it.
func (b *Builder) expireField(e *rdb.Element) {
	b.after = resp.AppendArray(b.after, 6)
	b.after = resp.AppendBulk(resp.AppendBulk(b.after, "HPEXPIREAT"), b.key)
	b.after = resp.AppendBulk(b.after, b.int(e.ExpireAt))
	b.after = resp.AppendBulk(resp.AppendBulk(b.after, "FIELDS"), "1")
	b.after = resp.AppendBulk(b.after, e.Member)
}

// seek sets where ARINSERT goes on, once the batch has made the array.
func (b *Builder) seek(index uint64) {
	b.after = resp.AppendBulk(resp.AppendBulk(resp.AppendArray(b.after, 3), "ARSEEK"), b.key)
	b.number = strconv.AppendUint(b.number[:0], index, 10)
	b.after = resp.AppendBulk(b.after, b.number)
}

// int prints a number for an argument; the slice is valid until the next one.
func (b *Builder) int(n int64) []byte {
	b.number = strconv.AppendInt(b.number[:0], n, 10)
	return b.number
}

// command names what adds elements to a key of the type.
func (b *Builder) command() string {
	switch b.object {
	case rdb.ObjectString:
		return "SET"
	case rdb.ObjectList:
		return "RPUSH"
	case rdb.ObjectSet:
		return "SADD"
	case rdb.ObjectZSet:
		return "ZADD"
	case rdb.ObjectArray:
		return "ARMSET"
	}
	if b.Version < firstWithHSET {
		return "HMSET"
	}
	return "HSET"
}

func (b *Builder) sendBatch(dst []byte) []byte {
	if b.batchArgs > 0 {
		dst = resp.AppendArray(dst, 2+b.batchArgs)
		dst = resp.AppendBulk(resp.AppendBulk(dst, b.command()), b.key)
		dst = append(dst, b.batch...)
	}
	dst = append(dst, b.after...)
	b.batch, b.batchArgs, b.after = b.batch[:0], 0, b.after[:0]
	return dst
}
