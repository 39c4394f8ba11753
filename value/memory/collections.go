package memory

import (
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/server"
)

// What servers pack unless they are told otherwise (redis.conf).
const (
	mostInIntset    = 512
	mostInSet       = 128
	mostInZSet      = 128
	mostInHash      = 512
	longestInPacked = 64
	nodeBytes       = 8 << 10 // list-max-listpack-size -2
)

// Sizes of the servers' structs, in bytes.
const (
	quicklistHead  = 40
	zsetHead       = 16
	skiplistHead   = 32
	skiplistNode   = 24 // member, score, backward
	skiplistLevel  = 16
	skiplistLevels = 32
)

// tableHead is what a hash table takes beside buckets and entries.
func tableHead(layout *layout) float64 {
	switch layout.Tables {
	case server.Bucketed:
		return hashtableHead
	case server.Bucketed90:
		return hashtableHead9
	}
	return float64(layout.Structs.Dict)
}

// packedBytes is how a packed value is counted.
func packedBytes(layout *layout, n int64) float64 {
	if layout.Counted {
		return float64(layout.allocated(n))
	}
	return float64(n)
}

// A list measures a list: a chain of nodes.
type list struct {
	layout   *layout
	kind     rdb.Type
	asStored bool // nodes are kept as they are in the dump
	n, nodes int64
	bytes    float64
	plain    bool
	first    int64 // bytes of the first node
	node     packing
	inNode   int64
}

func (l *list) begin(layout *layout, t rdb.Type) {
	*l = list{layout: layout, kind: t}
	l.node.reset()
	l.asStored = t == rdb.TypeListQuicklist2 && layout.Packed == server.Listpacks ||
		(t == rdb.TypeListQuicklist) && layout.Packed == server.Ziplists
}

func (l *list) blob(b rdb.Blob) {
	switch {
	case b.Plain:
		l.close()
		l.plain = true
		l.take(int64(b.Bytes))
	case l.asStored:
		l.take(int64(b.Bytes))
	case l.kind == rdb.TypeListQuicklist:
		l.close()
	}
}

// take counts a node.
func (l *list) take(n int64) {
	if l.nodes++; l.nodes == 1 {
		l.first = n
	}
	l.bytes += packedBytes(l.layout, n) + float64(l.layout.Structs.QuicklistNode)
}

func (l *list) element(e *rdb.Element) {
	l.n++
	if l.asStored {
		return
	}
	if l.kind != rdb.TypeListQuicklist && l.inNode > 0 && l.size()+int64(len(e.Member))+8 > nodeBytes {
		l.close()
	}
	l.node.add(e.Member)
	l.inNode++
}

func (l *list) size() int64 {
	if l.layout.Packed == server.Ziplists {
		return l.node.ziplist
	}
	return l.node.listpack
}

// close counts the node that elements were added to.
func (l *list) close() {
	if l.inNode > 0 {
		l.take(l.size())
	}
	l.inNode = 0
	l.node.reset()
}

func (l *list) cost() cost {
	if !l.asStored {
		l.close()
	}
	if l.layout.SmallSets && l.nodes == 1 && !l.plain && l.first <= nodeBytes {
		return cost{beside: packedBytes(l.layout, l.first)}
	}
	of := l.nodes
	if l.layout.ListsByElement {
		of = l.n
	}
	return cost{beside: quicklistHead + averaged(l.bytes, of)}
}

// A set measures a set: integers, a listpack, or a table.
type set struct {
	layout  *layout
	kept    bool // it is packed in the dump, and taken as it is
	intset  bool // in the dump
	n       int64
	ints    bool
	width   int64
	pack    packing
	stored  int64 // bytes of what is packed in the dump
	longest int
	members float64 // as strings
}

func (s *set) begin(layout *layout, rec *rdb.Record) {
	*s = set{layout: layout, kept: layout.SmallSets && layout.kept(rec.Type),
		intset: rec.Type == rdb.TypeSetIntset, ints: true, width: 2}
	s.pack.reset()
}

func (s *set) blob(b rdb.Blob) { s.stored = int64(b.Bytes) }

func (s *set) element(e *rdb.Element) {
	s.n++
	if s.ints && !s.intset && !s.kept {
		n, isInt := parseInt(e.Member)
		if s.ints = isInt; isInt {
			s.width = max(s.width, intWidth(n))
		}
	}
	s.longest = max(s.longest, len(e.Member))
	if s.layout.SmallSets && s.n <= mostInSet && !s.kept && !s.intset {
		s.pack.add(e.Member)
	}
	s.members += float64(s.layout.sds(int64(len(e.Member))))
}

func (s *set) cost() cost {
	switch {
	case s.kept && s.n <= mostInSet && s.longest <= longestInPacked:
		return cost{beside: packedBytes(s.layout, s.stored)}
	case s.intset && s.n <= mostInIntset:
		return cost{beside: packedBytes(s.layout, s.stored)}
	case s.ints && !s.intset && s.n <= mostInIntset:
		return cost{beside: packedBytes(s.layout, intsetFrame+s.width*s.n)}
	case s.layout.SmallSets && !s.intset && s.n <= mostInSet && s.longest <= longestInPacked:
		return cost{beside: packedBytes(s.layout, s.pack.listpack)}
	}
	entries := float64(entryOf(s.layout) * s.n)
	if s.layout.LoneMembers {
		entries = bareEntry * (float64(s.n) - filled(s.n, buckets(s.n)))
	}
	return cost{beside: tableHead(s.layout) + tableOf(s.layout, s.n) + averaged(s.members+entries, s.n)}
}

// bareEntry is an entry that has no value: member and next.
const bareEntry = 16

// tableOf is the buckets of a table that was made for n members.
func tableOf(layout *layout, n int64) float64 {
	if layout.Tables != server.Chained {
		return hashtable(n)
	}
	return float64(8 * buckets(n))
}

// entryOf is the entry of a member, where entries are apart from buckets.
func entryOf(layout *layout) int64 {
	if layout.Tables != server.Chained {
		return 0
	}
	return entryHead
}

// averaged is what servers make of the sum over all members: the average times
// their number, which can lose a byte.
func averaged(sum float64, n int64) float64 {
	if n == 0 {
		return 0
	}
	return sum / float64(n) * float64(n)
}

// A zset measures a sorted set.
type zset struct {
	layout  *layout
	packed  bool // in the dump,
	kept    bool // and taken as it is
	n       int64
	stored  int64
	pack    packing
	longest int
	members float64
	node    float64 // the mean of a node without the member, once asked for
	digits  []byte
}

func (z *zset) begin(layout *layout, t rdb.Type) {
	*z = zset{layout: layout, packed: t == rdb.TypeZSetZiplist || t == rdb.TypeZSetListpack,
		kept: layout.kept(t), digits: z.digits}
	z.pack.reset()
}

func (z *zset) blob(b rdb.Blob) { z.stored = int64(b.Bytes) }

func (z *zset) element(e *rdb.Element) {
	z.n++
	z.longest = max(z.longest, len(e.Member))
	if !z.kept && z.n <= mostInZSet {
		z.pack.add(e.Member)
		z.digits = scoreText(z.digits[:0], e.Score, z.layout.ShortScores && !z.packed)
		z.pack.add(z.digits)
	}
	z.members += z.member(int64(len(e.Member)))
}

// member is a member with its node. Its levels are drawn: each is there for a
// quarter of those that have the one below, so what is told is the mean.
func (z *zset) member(n int64) float64 {
	if z.layout.Skiplist == server.MembersInNode {
		return z.nodeMean(skiplistNode - 8 + 1 + sdsKeyed(n))
	}
	if z.node == 0 {
		z.node = z.nodeMean(skiplistNode)
	}
	return float64(z.layout.sds(n)) + z.node
}

// nodeMean is the mean of what is allocated for so many bytes and the levels.
func (z *zset) nodeMean(head int64) float64 {
	const most = 12
	mean, chance := 0.0, 1.0
	for level := int64(1); level < most; level++ {
		mean += chance * .75 * float64(z.layout.allocated(head+skiplistLevel*level))
		chance /= 4
	}
	return mean + chance*float64(z.layout.allocated(head+skiplistLevel*most))
}

func (z *zset) cost() cost {
	if z.n <= mostInZSet && (z.packed || z.longest <= longestInPacked) {
		return cost{beside: z.small()}
	}
	entry := entryOf(z.layout)
	if z.layout.BareEntries {
		entry = bareEntry
	}
	n := tableHead(z.layout) + tableOf(z.layout, z.n) + averaged(z.members+float64(entry*z.n), z.n)
	if z.layout.Skiplist == server.MembersInNode {
		return cost{beside: n + zsetHead + skiplistNode - 8 + skiplistLevel*skiplistLevels}
	}
	header := z.layout.allocated(skiplistNode + skiplistLevel*skiplistLevels)
	return cost{beside: n + float64(zsetHead+skiplistHead+header)}
}

func (z *zset) small() float64 {
	n := z.pack.listpack
	if z.layout.Packed == server.Ziplists {
		n = z.pack.ziplist
	}
	if z.kept {
		n = z.stored
	}
	return packedBytes(z.layout, n)
}
