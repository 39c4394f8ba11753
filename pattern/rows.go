package pattern

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
)

// A Row is a pattern and what was added up for its keys.
type Row struct {
	Pattern []byte // a glob
	Sums    Sums
}

const (
	// rowShare is how many times as many patterns as are told are looked at: one
	// that holds less of the whole is no row of its own.
	rowShare = 5
	// numberedSiblings behind the same word are ids.
	numberedSiblings = 3
	// alikeSiblings with the same parts below them, and alikeKeys each on average,
	// are ids.
	alikeSiblings, alikeKeys = 8, 32
)

// Rows are the patterns, heaviest first. They are as fine as it takes to show the n
// that weigh most, and a few times as many. weight must be positive for what is to be
// told; that of a place is that of all below it together. The tree is used up by it.
func (t *Tree) Rows(n int, weight func(*Sums) int64) (rows []Row) {
	t.root.weigh(weight)
	c := collector{tree: t, least: max(t.root.weight/int64(max(rowShare*n, 1)), 1),
		rows: map[string]*Sums{}}
	c.collect(t.root, nil)
	for name, sums := range c.rows {
		rows = append(rows, Row{[]byte(name), *sums})
	}
	slices.SortFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(weight(&b.Sums), weight(&a.Sums)), bytes.Compare(a.Pattern, b.Pattern))
	})
	return rows
}

// Cut keeps the first n rows, and sums the others, of which there are so many.
func Cut(rows []Row, n int) (first []Row, others Sums, left int) {
	if len(rows) <= n {
		return rows, others, 0
	}
	for i := range rows[n:] {
		others.plus(&rows[n+i].Sums)
	}
	return rows[:n], others, len(rows) - n
}

// weigh sums the weight of what is below a node, ends included.
func (n *node) weigh(weight func(*Sums) int64) int64 {
	n.weight = max(weight(&n.sums), 0)
	for _, c := range n.literals {
		n.weight += c.weigh(weight)
	}
	for _, c := range n.ids {
		n.weight += c.weigh(weight)
	}
	return n.weight
}

// A collector turns the tree into rows.
type collector struct {
	tree  *Tree
	least int64 // what a row weighs
	rows  map[string]*Sums
}

// collect makes rows of the keys in and below n; path is the pattern of n.
func (c *collector) collect(n *node, path []byte) {
	if n.sums != (Sums{}) {
		c.add(path, &n.sums)
	}
	c.joinAlike(n)
	light := func(k *node) bool { return k.weight < c.least }
	for _, k := range n.literals {
		if light(k) {
			c.tree.join(n, light)
			break
		}
	}
	var rest Sums
	some := false
	for _, k := range n.ids {
		if light(k) {
			k.total(&rest)
			some = true
		}
	}
	for _, k := range n.sorted() {
		c.collect(k, k.appendTo(path))
	}
	for _, k := range n.ids {
		if !light(k) {
			c.collect(k, k.appendTo(path))
		}
	}
	if some {
		c.add(append(slices.Clip(path), '*'), &rest)
	}
}

// total adds up what is in and below a node.
func (n *node) total(into *Sums) {
	into.plus(&n.sums)
	for _, k := range n.literals {
		k.total(into)
	}
	for _, k := range n.ids {
		k.total(into)
	}
}

// add makes a row, or adds to the one of the same pattern.
func (c *collector) add(path []byte, sums *Sums) {
	name := string(tidy(path))
	if c.rows[name] == nil {
		c.rows[name] = &Sums{}
	}
	c.rows[name].plus(sums)
}

// appendTo makes the pattern of a node out of that of the node above it.
func (n *node) appendTo(path []byte) []byte {
	path = slices.Clip(path)
	if !n.isID {
		return escape(path, n.text)
	}
	return escape(append(escape(path, n.text[:n.word]), '*'), n.text[n.word:])
}

func escape(dst []byte, text string) []byte {
	for _, b := range []byte(text) {
		if strings.IndexByte(`*?[]\`, b) >= 0 {
			dst = append(dst, '\\')
		}
		dst = append(dst, b)
	}
	return dst
}

// tidy makes one "*" of ids in a row with nothing but a dash, a dot or an
// underscore between them, such as dates and addresses.
func tidy(path []byte) []byte {
	out := make([]byte, 0, len(path))
	for i := 0; i < len(path); i++ {
		switch {
		case path[i] == '\\' && i+1 < len(path):
			out = append(out, path[i], path[i+1])
			i++
			continue
		case path[i] == '*' && wild(out):
			continue
		case path[i] == '*' && len(out) > 1 && strings.IndexByte("-._", out[len(out)-1]) >= 0 &&
			wild(out[:len(out)-1]):
			out = out[:len(out)-1]
			continue
		}
		out = append(out, path[i])
	}
	return out
}

// wild reports whether a pattern ends in a "*" that is not escaped.
func wild(pattern []byte) bool {
	n := len(pattern)
	return n > 0 && pattern[n-1] == '*' && (n < 2 || pattern[n-2] != '\\')
}

// joinAlike makes ids of siblings that few keys show to be some.
func (c *collector) joinAlike(n *node) {
	single := func(k *node) bool { return k.keys == 1 }
	groups := map[string]int{}
	singles := 0
	for _, k := range n.literals {
		groups[c.numberedAs(k)]++
		groups[k.shape()]++
		if single(k) {
			singles++
		}
	}
	delete(groups, "")
	alike := func(k *node) bool {
		return singles > 1 && single(k) || groups[c.numberedAs(k)] >= numberedSiblings ||
			groups[k.shape()] >= alikeSiblings && k.keys <= alikeKeys
	}
	for _, k := range n.literals {
		if alike(k) {
			c.tree.join(n, alike)
			break
		}
	}
	c.tree.joinSingles(n)
}

// numberedAs is what siblings have in common that are a word and a number; "" for
// others.
func (c *collector) numberedAs(n *node) string {
	head, ok := c.tree.classes.numbered(n.text[:n.word])
	if !ok {
		return ""
	}
	return "#" + n.text[:head] + "\x00" + n.text[n.word:]
}

// shape is which parts are below a node; "" for none.
func (n *node) shape() string {
	if len(n.literals) == 0 && len(n.ids) == 0 || len(n.literals) > alikeKeys {
		return ""
	}
	var b strings.Builder
	b.WriteString("/" + n.text[n.word:])
	for _, k := range n.sorted() {
		b.WriteString("\x00" + k.text)
	}
	for _, k := range n.ids {
		b.WriteString("\x01" + k.text)
	}
	return b.String()
}
