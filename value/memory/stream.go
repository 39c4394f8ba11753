package memory

import (
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/server"
)

// A stream measures a stream: listpacks under a radix tree, and for each
// group the entries that were not acknowledged, once more a consumer.
type stream struct {
	layout *layout
	nodes  tree
	sum    int64
	groups float64
}

func (s *stream) begin(layout *layout) {
	nodes := s.nodes
	nodes.reset(layout)
	*s = stream{layout: layout, nodes: nodes}
}

func (s *stream) blob(b rdb.Blob) {
	s.nodes.add(b.ID)
	n := int64(b.Bytes)
	if s.layout.StreamsCounted {
		n = s.layout.allocated(n)
	}
	s.sum += n
}

func (s *stream) element(e *rdb.Element) {
	if e.Kind != rdb.ElementGroup {
		return
	}
	g := e.Group
	var all tree
	all.reset(s.layout)
	own := make([]tree, len(g.Consumers))
	for i := range own {
		own[i].reset(s.layout)
	}
	for _, p := range g.Pending {
		all.add(p.ID)
		if p.Consumer >= 0 && p.Consumer < len(own) {
			own[p.Consumer].add(p.ID)
		}
	}
	s.groups += float64(s.layout.Structs.Group) + s.tree(&all) + float64(s.layout.Structs.Pending*len(g.Pending))
	for i, c := range g.Consumers {
		s.groups += float64(s.layout.Structs.Consumer+len(c.Name)) + s.tree(&own[i])
	}
}

// tree is how a radix tree is counted: as allocated, or by a formula
// (streamRadixTreeMemoryUsage): its ids, and a node's head with 30 words.
func (s *stream) tree(t *tree) float64 {
	t.finish()
	if s.layout.Trees == server.TreesAllocated {
		return float64(treeHead + t.bytes)
	}
	return float64(16*t.keys + (4+30*8)*t.nodes)
}

func (s *stream) cost() cost {
	return cost{beside: float64(s.layout.Structs.Stream) + float64(s.sum) + s.tree(&s.nodes) + s.groups}
}
