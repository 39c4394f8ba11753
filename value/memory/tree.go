package memory

import (
	"encoding/binary"
	"math/bits"

	"github.com/redsleuth/redsleuth/parse/rdb"
)

// A tree is the size of a radix tree of ids in ascending order (rax.c). A run
// of bytes without a branch is one node; so is a branch, whatever it leads to.
type tree struct {
	layout      *layout
	width       int // of keys, in bytes: 16, or the first 8
	keys, nodes int64
	bytes       int64 // as allocated
	last        [16]byte
	branches    []branch // from the root to the last key
}

// A branch is a node with several children that has not been left yet.
type branch struct{ depth, children int }

// treeHead is sizeof(rax): head, two counts, and what is allocated.
const treeHead = 32

func (t *tree) reset(l *layout) { *t = tree{layout: l, width: 16, branches: t.branches[:0]} }

// add takes the next key.
func (t *tree) add(id rdb.StreamID) {
	var key [16]byte
	binary.BigEndian.PutUint64(key[:], id.Ms)
	binary.BigEndian.PutUint64(key[8:], id.Seq)
	if t.keys > 0 {
		t.turn(common(&key, &t.last))
	}
	t.keys++
	t.last = key
}

// turn leaves the last key at the depth where the next one branches off.
func (t *tree) turn(depth int) {
	top := t.top()
	t.leaf(max(top, depth))
	for top > depth {
		b := t.branches[len(t.branches)-1]
		t.branches = t.branches[:len(t.branches)-1]
		top = t.top()
		t.close(b, max(top, depth))
	}
	if top == depth {
		t.branches[len(t.branches)-1].children++
		return
	}
	t.branches = append(t.branches, branch{depth, 2})
}

// top is the depth of the branch that the last key hangs on; -1 for none.
func (t *tree) top() int {
	if len(t.branches) == 0 {
		return -1
	}
	return t.branches[len(t.branches)-1].depth
}

// close counts a branch below another at the depth above; -1 for none.
func (t *tree) close(b branch, above int) {
	t.run(b.depth - above - 1)
	t.node(int64(b.children), int64(b.children), false)
}

// leaf counts a key below a branch; -1 for none.
func (t *tree) leaf(above int) {
	t.run(t.width - above - 1)
	t.node(0, 0, true)
}

// run counts the node for n bytes without a branch.
func (t *tree) run(n int) {
	if n > 0 {
		t.node(int64(n), 1, false)
	}
}

// node counts a node with so many bytes of keys, and children, and a value.
func (t *tree) node(size, children int64, value bool) {
	t.nodes++
	n := (4+size+7)&^7 + 8*children
	if value {
		n += 8
	}
	t.bytes += t.layout.allocated(n)
}

// finish counts what is open. An empty tree is one node.
func (t *tree) finish() {
	if t.keys == 0 {
		t.node(0, 0, false)
		return
	}
	t.leaf(t.top())
	for len(t.branches) > 0 {
		b := t.branches[len(t.branches)-1]
		t.branches = t.branches[:len(t.branches)-1]
		t.close(b, t.top())
	}
}

// common is how many bytes two keys have in common at their beginning.
func common(a, b *[16]byte) int {
	x := binary.BigEndian.Uint64(a[:]) ^ binary.BigEndian.Uint64(b[:])
	if x != 0 {
		return bits.LeadingZeros64(x) / 8
	}
	x = binary.BigEndian.Uint64(a[8:]) ^ binary.BigEndian.Uint64(b[8:])
	return 8 + bits.LeadingZeros64(x)/8
}
