package diff

import (
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/value"
)

// The bounds within which a minimal edit script of two lists is looked for:
// beyond them, memory (edits squared) and time (edits by length) grow too far.
const (
	scriptElements = 1 << 20
	scriptEdits    = 2000
)

// sequences compares values whose elements have an order.
func (c *changer) sequences(master, replica *value.Value) {
	m, r := c.digests(master.Elements), c.digests(replica.Elements)
	from := 0
	for from < len(m) && from < len(r) && m[from] == r[from] {
		from++
	}
	mEnd, rEnd := len(m), len(r)
	for mEnd > from && rEnd > from && m[mEnd-1] == r[rEnd-1] {
		mEnd--
		rEnd--
	}
	if mEnd == from && rEnd == from {
		return
	}
	edits, ok := editScript(r[from:rEnd], m[from:mEnd])
	if !ok {
		at := uint64(from)
		c.note = "too far apart for an edit script: the first difference is shown"
		c.add(Change{
			Op: Alter, At: &at, Master: elementAt(master, from), Replica: elementAt(replica, from),
		})
		c.total = -1
		return
	}
	c.edits(edits, from, master, replica)
}

// edits adds an edit script; a removal right before an addition is a change.
func (c *changer) edits(edits []edit, from int, master, replica *value.Value) {
	for i := 0; i < len(edits); i++ {
		e := edits[i]
		switch {
		case e.insert:
			at := uint64(from + e.at)
			c.add(Change{Op: Add, At: &at, Master: elementAt(master, int(at))})
		case i+1 < len(edits) && edits[i+1].insert && edits[i+1].after == e.at+1:
			at := uint64(from + edits[i+1].at)
			c.add(Change{
				Op: Alter, At: &at, Master: elementAt(master, int(at)), Replica: elementAt(replica, from+e.at),
			})
			i++
		default:
			at := uint64(from + e.at)
			c.add(Change{Op: Remove, At: &at, Replica: elementAt(replica, int(at))})
		}
	}
}

func (c *changer) digests(elements []rdb.Element) []value.Digest {
	d := make([]value.Digest, len(elements))
	for i := range elements {
		d[i] = c.digester.Element(&elements[i])
	}
	return d
}

func elementAt(v *value.Value, i int) *Datum {
	if i >= len(v.Elements) {
		return nil
	}
	return datum(&v.Elements[i])
}

// An edit takes away the element at of the old sequence, or inserts the
// element at of the new one after so many of the old.
type edit struct {
	at     int
	after  int
	insert bool
}

// editScript is the shortest script that turns old into new, by Myers' greedy
// algorithm ("An O(ND) Difference Algorithm and Its Variations", 1986); not
// ok where it is longer than scriptEdits.
func editScript(old, new []value.Digest) ([]edit, bool) {
	n, m := len(old), len(new)
	if n+m > scriptElements {
		return nil, false
	}
	most := min(n+m, scriptEdits)
	offset := most + 1
	furthest := make([]int32, 2*most+3) // x of the furthest path on diagonal k, at offset+k
	var trail [][]int32
	for d := 0; d <= most; d++ {
		trail = append(trail, append([]int32(nil), furthest[offset-d:offset+d+1]...))
		for k := -d; k <= d; k += 2 {
			x := int(furthest[offset+k-1]) + 1
			if k == -d || k != d && furthest[offset+k-1] < furthest[offset+k+1] {
				x = int(furthest[offset+k+1])
			}
			for x < n && x-k < m && old[x] == new[x-k] {
				x++
			}
			furthest[offset+k] = int32(x)
			if x >= n && x-k >= m {
				return backtrack(trail, n, m), true
			}
		}
	}
	return nil, false
}

// backtrack follows the paths of each number of edits back to the start.
func backtrack(trail [][]int32, x, y int) []edit {
	edits := make([]edit, 0, len(trail))
	for d := len(trail) - 1; d > 0; d-- {
		before := func(k int) int { return int(trail[d][d+k]) } // of the paths of d-1 edits
		k := x - y
		insert := k == -d || k != d && before(k-1) < before(k+1)
		prev := k - 1
		if insert {
			prev = k + 1
		}
		x = before(prev)
		y = x - prev
		if insert {
			edits = append(edits, edit{at: y, after: x, insert: true})
		} else {
			edits = append(edits, edit{at: x})
		}
	}
	for i, j := 0, len(edits)-1; i < j; i, j = i+1, j-1 {
		edits[i], edits[j] = edits[j], edits[i]
	}
	return edits
}
