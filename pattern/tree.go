package pattern

import (
	"maps"
	"slices"
	"strings"
)

const (
	// mostNodes is how many places of the tree there are at most.
	mostNodes = 16 << 10
	// learned is how many different parts come in one place before it is asked
	// whether ids stand there; mostLiteral is how many are told apart at all.
	learned     = 256
	mostLiteral = 2048
	// repeated is how often parts that are no ids come on average by then.
	repeated = 2
	// mostHeads bounds the words before an id that are told apart in one place.
	mostHeads = 32
)

// Sums are what the user of a Tree adds up for the keys of a pattern.
type Sums [8]int64

func (s *Sums) plus(o *Sums) {
	for i := range s {
		s[i] += o[i]
	}
}

// A Tree counts keys by the parts of their names.
type Tree struct {
	classes *classes
	root    *node
	nodes   int
	keys    int64
}

// A node is a place in the tree: a part, behind those of the nodes above it.
type node struct {
	text     string // of the part with its separators; of an id, what is around it
	word     int    // of text, without the separators; of an id, what is before it
	isID     bool
	learnt   bool // no literal parts are added any more,
	closed   bool // nor ids of another kind
	keys     int64
	sums     Sums // of the keys that end here
	weight   int64
	literals map[string]*node
	ids      []*node
}

// New makes a Tree whose parts end at these bytes.
func New(separators string) *Tree {
	return &Tree{classes: newClasses(separators), root: &node{}}
}

// Add finds the sums of the pattern of a key, for the caller to add to. They are
// borrowed until the next Add.
func (t *Tree) Add(key []byte) *Sums {
	if t.nodes > mostNodes {
		t.prune()
	}
	t.keys++
	n := t.root
	n.keys++
	rest := key[:min(len(key), mostBytes)]
	for parts := 0; len(rest) > 0; parts++ {
		var p part
		if parts == mostParts {
			p, rest = part{text: rest, word: len(rest), isID: true}, nil
		} else {
			p, rest = t.classes.cut(rest)
		}
		n = t.child(n, &p)
		n.keys++
	}
	return &n.sums
}

// child finds or makes the place of a part below n.
func (t *Tree) child(n *node, p *part) *node {
	if p.isID {
		return t.id(n, p.text[:p.head], p.sep())
	}
	if c := n.literals[string(p.text)]; c != nil {
		return c
	}
	if !n.learnt && len(n.literals) >= learned {
		t.learn(n)
	}
	if n.learnt {
		return t.id(n, t.headOf(p), p.sep())
	}
	if n.literals == nil {
		n.literals = map[string]*node{}
	}
	c := &node{text: string(p.text), word: p.word}
	n.literals[c.text] = c
	t.nodes++
	return c
}

// headOf is what stands before the digits at the end of a part that has no others.
func (t *Tree) headOf(p *part) []byte {
	n, ok := t.classes.numbered(string(p.text[:p.word]))
	if !ok {
		return nil
	}
	return p.text[:n]
}

// id finds or makes the place of ids behind head below n.
func (t *Tree) id(n *node, head, sep []byte) *node {
	for _, c := range n.ids {
		if len(c.text) == len(head)+len(sep) && c.word == len(head) &&
			c.text[:c.word] == string(head) && c.text[c.word:] == string(sep) {
			return c
		}
	}
	if len(n.ids) >= mostHeads || n.closed {
		head = nil
		if len(sep) > 1 {
			sep = sep[:1]
		}
		if len(n.ids) >= 4*mostHeads || n.closed {
			sep = nil
		}
		for _, c := range n.ids {
			if c.word == 0 && c.text == string(sep) {
				return c
			}
		}
	}
	c := &node{text: string(head) + string(sep), word: len(head), isID: true}
	n.ids = append(n.ids, c)
	t.nodes++
	return c
}

// learn decides whether ids stand below n, where many different parts have come.
func (t *Tree) learn(n *node) {
	came := int64(len(n.literals))
	switch {
	case n.keys < repeated*came:
		t.join(n, func(c *node) bool { return c.keys*16 < n.keys })
	case came >= mostLiteral:
		t.join(n, func(c *node) bool { return c.keys*learned < n.keys })
	}
}

// join makes ids of the parts below n that are light, and of all that are to come.
func (t *Tree) join(n *node, light func(*node) bool) {
	n.learnt = true
	for _, c := range n.sorted() {
		if light(c) {
			delete(n.literals, c.text)
			t.nodes--
			t.merge(t.place(n, c), c)
		}
	}
}

// sorted has the literal parts below n in an order that is always the same.
func (n *node) sorted() []*node {
	all := slices.AppendSeq(make([]*node, 0, len(n.literals)), maps.Values(n.literals))
	slices.SortFunc(all, func(a, b *node) int { return strings.Compare(a.text, b.text) })
	return all
}

// place is that of ids for a literal part.
func (t *Tree) place(n, c *node) *node {
	p := part{text: []byte(c.text), word: c.word}
	return t.id(n, t.headOf(&p), p.sep())
}

// merge adds what is below and in c to n. Where ids stand below either, no parts are
// told apart any more: some of those of the one may be among the ids of the other.
func (t *Tree) merge(n, c *node) {
	n.keys += c.keys
	n.weight += c.weight
	n.sums.plus(&c.sums)
	if n.learnt || c.learnt {
		t.join(n, func(*node) bool { return true })
	}
	for _, below := range c.sorted() {
		switch same := n.literals[below.text]; {
		case same != nil:
			t.nodes--
			t.merge(same, below)
		case n.learnt:
			t.nodes--
			t.merge(t.place(n, below), below)
		default:
			if n.literals == nil {
				n.literals = map[string]*node{}
			}
			n.literals[below.text] = below
		}
	}
	for _, below := range c.ids {
		t.nodes--
		t.merge(t.id(n, []byte(below.text[:below.word]), []byte(below.text[below.word:])), below)
	}
	if !n.learnt && len(n.literals) >= learned {
		t.learn(n)
	}
}

// prune makes ids of parts with few keys until half of the places are left.
func (t *Tree) prune() {
	for least := max(t.keys/mostNodes, 2); t.nodes > mostNodes/2; least *= 2 {
		t.shrink(t.root, least)
		if least > t.keys {
			return
		}
	}
}

func (t *Tree) shrink(n *node, least int64) {
	few := func(c *node) bool { return c.keys < least }
	for _, c := range n.literals {
		if few(c) {
			t.join(n, few)
			break
		}
	}
	if len(n.ids) > 1 && (n.learnt || len(n.literals) == 0) {
		t.joinIDs(n, few)
	}
	for _, c := range n.literals {
		t.shrink(c, least)
	}
	for _, c := range n.ids {
		t.shrink(c, least)
	}
}

// joinSingles makes one of the ids below n that have one key each and end alike: a word
// before an id that only one key has names nothing.
func (t *Tree) joinSingles(n *node) {
	single := func(k *node) bool { return k.keys == 1 && k.word > 0 }
	endings := map[string]int{}
	for _, k := range n.ids {
		if single(k) {
			endings[k.text[k.word:]]++
		}
	}
	all := n.ids
	n.ids = nil
	var singles []*node
	for _, k := range all {
		if single(k) && endings[k.text[k.word:]] > 1 {
			singles = append(singles, k)
		} else {
			n.ids = append(n.ids, k)
		}
	}
	for _, k := range singles {
		t.nodes--
		t.merge(t.id(n, nil, []byte(k.text[k.word:])), k)
	}
}

// joinIDs makes one of the ids below n that are light, whatever is around them.
func (t *Tree) joinIDs(n *node, light func(*node) bool) {
	all := n.ids
	n.ids = nil
	var few []*node
	for _, c := range all {
		if light(c) {
			few = append(few, c)
		} else {
			n.ids = append(n.ids, c)
		}
	}
	if len(few) < 2 {
		n.ids = append(n.ids, few...)
		return
	}
	n.closed = true
	one := t.id(n, nil, nil)
	for _, c := range few {
		t.nodes--
		t.merge(one, c)
	}
}
