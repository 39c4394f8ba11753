package diff

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/value"
)

// A changer collects the changes between two values.
type changer struct {
	limit   int
	skew    time.Duration
	changes []Change
	total   int64
	note    string
	// expiredBefore is the time, in Unix milliseconds, from which on a hash field
	// has not expired; 0 where nothing tells. alive counts the changes that
	// are more than a field past its time on one side alone.
	expiredBefore int64
	alive         int64
	skewed        int64 // the largest difference of expiries that is within skew
	// vectors are the settings of the vector sets compared.
	vectors  [2]*rdb.VectorsState
	digester value.Digester
}

func (c *changer) add(change Change) {
	c.total++
	c.alive++
	if len(c.changes) < c.limit {
		c.changes = append(c.changes, change)
	}
}

// compare finds what tells two values of one type apart; both are held.
func (c *changer) compare(master, replica *value.Value) {
	switch master.Object {
	case rdb.ObjectString:
		c.strings(master, replica)
	case rdb.ObjectList, rdb.ObjectModule:
		c.sequences(master, replica)
	default:
		c.members(master.Elements, replica.Elements)
	}
}

func (c *changer) strings(master, replica *value.Value) {
	m, r := onlyBytes(master), onlyBytes(replica)
	if bytes.Equal(m, r) {
		return
	}
	at := uint64(commonPrefix(m, r))
	c.add(Change{Op: Alter, At: &at, Master: bytesDatum(m), Replica: bytesDatum(r)})
}

func onlyBytes(v *value.Value) []byte {
	if len(v.Elements) == 0 {
		return nil
	}
	return v.Elements[0].Member
}

func commonPrefix(a, b []byte) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// members compares values whose elements have no order.
func (c *changer) members(master, replica []rdb.Element) {
	var key []byte
	c.vectors = [2]*rdb.VectorsState{vectorsOf(master), vectorsOf(replica)}
	there := make(map[string]int, len(replica))
	again := map[string][]int{} // elements that are there already, which no server writes
	for i := range replica {
		key = value.AppendElementKey(key[:0], &replica[i])
		if _, ok := there[string(key)]; ok {
			again[string(key)] = append(again[string(key)], i)
			continue
		}
		there[string(key)] = i
	}
	for i := range master {
		key = value.AppendElementKey(key[:0], &master[i])
		j, ok := there[string(key)]
		if !ok {
			c.element(&master[i], nil)
			continue
		}
		delete(there, string(key))
		if more := again[string(key)]; len(more) > 0 {
			there[string(key)], again[string(key)] = more[0], more[1:]
		}
		c.element(&master[i], &replica[j])
	}
	for i := range replica {
		key = value.AppendElementKey(key[:0], &replica[i])
		if j, ok := there[string(key)]; ok && i == j || slices.Contains(again[string(key)], i) {
			c.element(nil, &replica[i])
		}
	}
}

// element adds what has to be done to make the replica's element the
// master's; either may be nil.
func (c *changer) element(m, r *rdb.Element) {
	if m != nil && r != nil && (c.digester.Element(m) == c.digester.Element(r) || c.withinSkew(m, r)) {
		return
	}
	e := m
	if m == nil {
		e = r
	}
	change := Change{Op: op(m != nil, r != nil)}
	switch e.Kind {
	case rdb.ElementBytes:
		change.Member = e.Member
	case rdb.ElementField:
		change.Field = e.Member
	case rdb.ElementScore, rdb.ElementVector:
		change.Member = e.Member
	case rdb.ElementIndex:
		change.At = new(e.Index)
	case rdb.ElementEntry:
		change.ID = new(e.ID)
	case rdb.ElementStream:
		change.Part = "last-id"
	case rdb.ElementArray:
		change.Part = "insert-index"
	case rdb.ElementVectors:
		change.Part = "vectors"
	case rdb.ElementGroup:
		c.group(m, r)
		return
	default:
		return // producers and their settings differ by right
	}
	change.Master, change.Replica = datum(m), datum(r)
	if e.Kind == rdb.ElementVector {
		c.floats(change.Master, m, 0)
		c.floats(change.Replica, r, 1)
	}
	c.add(change)
	if m == nil || r == nil {
		c.ignoreExpired(e)
	}
}

// vectorsOf finds the settings of a vector set, which come first.
func vectorsOf(elements []rdb.Element) *rdb.VectorsState {
	if len(elements) == 0 {
		return nil
	}
	return elements[0].Vectors
}

// floats shows a vector as it was added, where its settings are known.
func (c *changer) floats(d *Datum, e *rdb.Element, side int) {
	if e != nil && c.vectors[side] != nil {
		d.Vector = e.Vector.Floats(nil, c.vectors[side])
	}
}

// ignoreExpired takes back that a field past its time is a difference.
func (c *changer) ignoreExpired(e *rdb.Element) {
	if e.Kind == rdb.ElementField && e.ExpireAt != rdb.NoExpiry && e.ExpireAt < c.expiredBefore {
		c.alive--
	}
}

// withinSkew: two fields that differ by their expiry alone, and by no more
// than is allowed.
func (c *changer) withinSkew(m, r *rdb.Element) bool {
	if m.Kind != rdb.ElementField || !bytes.Equal(m.Value, r.Value) ||
		m.ExpireAt == rdb.NoExpiry || r.ExpireAt == rdb.NoExpiry {
		return false
	}
	apart := distance(m.ExpireAt, r.ExpireAt)
	if apart > c.skew.Milliseconds() {
		return false
	}
	c.skewed = max(c.skewed, apart)
	return true
}

// distance is how far apart two times are, without overflow.
func distance(a, b int64) int64 {
	d := max(a, b) - min(a, b)
	if d < 0 {
		return 1<<63 - 1
	}
	return d
}

func op(master, replica bool) Op {
	switch {
	case !replica:
		return Add
	case !master:
		return Remove
	}
	return Alter
}

// group compares two consumer groups part by part; either may be nil.
func (c *changer) group(m, r *rdb.Element) {
	if m == nil || r == nil {
		e := m
		if m == nil {
			e = r
		}
		c.add(Change{
			Op: op(m != nil, r != nil), Part: "group", Group: e.Group.Name, Master: datum(m), Replica: datum(r),
		})
		return
	}
	a, b := m.Group, r.Group
	if a.LastID != b.LastID {
		c.add(Change{
			Op: Alter, Part: "group-last-id", Group: a.Name,
			Master: textDatum(a.LastID.String()), Replica: textDatum(b.LastID.String()),
		})
	}
	if a.HasEntriesRead && b.HasEntriesRead && a.EntriesRead != b.EntriesRead {
		c.add(Change{
			Op: Alter, Part: "entries-read", Group: a.Name,
			Master: textDatum(entriesRead(a)), Replica: textDatum(entriesRead(b)),
		})
	}
	c.groupParts(a.Name, "consumer", consumers(a), consumers(b))
	c.groupParts(a.Name, "pending", pendings(a), pendings(b))
}

// entriesRead is a group's count in words.
func entriesRead(g *rdb.Group) string {
	if g.EntriesRead == rdb.EntriesReadUnknown {
		return "unknown"
	}
	return fmt.Sprint(g.EntriesRead)
}

// A groupPart is a consumer or a pending entry of a group.
type groupPart struct {
	name  string
	id    *rdb.StreamID
	datum *Datum
}

func (c *changer) groupParts(group []byte, part string, master, replica []groupPart) {
	there := make(map[string]*groupPart, len(replica))
	for i := range replica {
		there[replica[i].name] = &replica[i]
	}
	change := func(m, r *groupPart) {
		e, x := m, Change{Op: op(m != nil, r != nil), Part: part, Group: group}
		if m == nil {
			e = r
		} else {
			x.Master = m.datum
		}
		if r != nil {
			x.Replica = r.datum
		}
		x.ID = e.id
		if e.id == nil {
			x.Member = []byte(e.name)
		}
		c.add(x)
	}
	seen := make(map[string]bool, len(master))
	for i := range master {
		m := &master[i]
		seen[m.name] = true
		if r := there[m.name]; r == nil || m.id != nil && !sameDatum(m.datum, r.datum) {
			change(m, r)
		}
	}
	for i := range replica {
		if !seen[replica[i].name] {
			change(nil, &replica[i])
		}
	}
}

func sameDatum(a, b *Datum) bool { return a.Text == b.Text && bytes.Equal(a.Bytes, b.Bytes) }

func consumers(g *rdb.Group) []groupPart {
	var parts []groupPart
	for i := range g.Consumers {
		name := g.Consumers[i].Name
		parts = append(parts, groupPart{name: string(name), datum: bytesDatum(name)})
	}
	return parts
}

// pendings are identified by id; what is compared of them is the owner (Bytes) and
// the number of deliveries (Text).
func pendings(g *rdb.Group) []groupPart {
	var parts []groupPart
	for i := range g.Pending {
		p := &g.Pending[i]
		text := fmt.Sprintf("%d deliveries", p.Deliveries)
		if p.Deliveries == 1 {
			text = "1 delivery"
		}
		d := textDatum(text)
		if p.Consumer >= 0 && p.Consumer < len(g.Consumers) {
			d.Bytes = g.Consumers[p.Consumer].Name
		}
		parts = append(parts, groupPart{name: p.ID.String(), id: &p.ID, datum: d})
	}
	return parts
}

func bytesDatum(b []byte) *Datum { return &Datum{Bytes: b, ExpireAt: rdb.NoExpiry} }

func textDatum(s string) *Datum { return &Datum{Text: s, ExpireAt: rdb.NoExpiry} }

// datum is what a side holds in an element; nil for none.
func datum(e *rdb.Element) *Datum {
	if e == nil {
		return nil
	}
	d := &Datum{ExpireAt: rdb.NoExpiry}
	switch e.Kind {
	case rdb.ElementBytes:
		d.Bytes = e.Member
	case rdb.ElementField:
		d.Bytes, d.ExpireAt = e.Value, e.ExpireAt
	case rdb.ElementScore:
		d.Score, d.IsScore = e.Score, true
	case rdb.ElementIndex:
		d.Bytes = e.Value
	case rdb.ElementEntry:
		d.Fields, d.IsFields = e.Fields, true
	case rdb.ElementStream:
		d.Text = e.Stream.LastID.String()
	case rdb.ElementArray:
		d.Text = "none"
		if e.Array.HasInsert {
			d.Text = fmt.Sprint(e.Array.InsertIndex)
		}
	case rdb.ElementVectors:
		d.Text = fmt.Sprintf("%d dimensions, %s", e.Vectors.Dimension, e.Vectors.Quantization)
	case rdb.ElementVector:
		d.IsVector, d.Attributes = true, e.Value
	case rdb.ElementModule:
		d.Text = moduleText(&e.Module)
		d.Bytes = e.Module.String
	case rdb.ElementGroup:
		d.Text = fmt.Sprintf("last id %s, %d consumers, %d pending",
			e.Group.LastID, len(e.Group.Consumers), len(e.Group.Pending))
	}
	return d
}

func moduleText(m *rdb.ModuleItem) string {
	switch m.Op {
	case 1:
		return fmt.Sprint(int64(m.Int))
	case 2:
		return fmt.Sprint(m.Int)
	case 3, 4:
		return strings.TrimSpace(fmt.Sprint(m.Float))
	}
	return ""
}
