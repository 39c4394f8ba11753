package memory

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/server"
)

// A tree counts what a radix tree that is written down in full has.
func TestTree(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	l := &layout{allocator: server.BundledAllocator()}
	for _, spread := range []uint64{1, 3, 300, 1 << 20, 1 << 60} {
		for _, n := range []int{0, 1, 2, 3, 7, 100, 1000} {
			t.Run(fmt.Sprintf("%d ids within %d", n, spread), func(t *testing.T) {
				var keys [][]byte
				for range n {
					key := binary.BigEndian.AppendUint64(nil, 1_700_000_000_000+r.Uint64N(spread))
					keys = append(keys, binary.BigEndian.AppendUint64(key, r.Uint64N(3)))
				}
				slices.SortFunc(keys, bytes.Compare)
				keys = slices.CompactFunc(keys, bytes.Equal)
				var got tree
				got.reset(l)
				for _, key := range keys {
					got.add(rdb.StreamID{Ms: binary.BigEndian.Uint64(key), Seq: binary.BigEndian.Uint64(key[8:])})
				}
				got.finish()
				want := tree{layout: l, keys: int64(len(keys))}
				plant(&want, keys, 0)
				if got.keys != want.keys || got.nodes != want.nodes || got.bytes != want.bytes {
					t.Errorf("%d keys, %d nodes, %d bytes; not %d, %d, %d",
						got.keys, got.nodes, got.bytes, want.keys, want.nodes, want.bytes)
				}
			})
		}
	}
}

// plant counts the nodes for keys that are the same up to depth.
func plant(t *tree, keys [][]byte, depth int) {
	if len(keys) == 0 {
		t.node(0, 0, false)
		return
	}
	if depth == len(keys[0]) {
		t.node(0, 0, true)
		return
	}
	run := depth
	for run < len(keys[0]) && keys[0][run] == keys[len(keys)-1][run] {
		run++
	}
	if run > depth {
		t.node(int64(run-depth), 1, false)
		plant(t, keys, run)
		return
	}
	children := int64(0)
	for len(keys) > 0 {
		same := 1
		for same < len(keys) && keys[same][depth] == keys[0][depth] {
			same++
		}
		plant(t, keys[:same], depth+1)
		keys = keys[same:]
		children++
	}
	t.node(children, children, false)
}
