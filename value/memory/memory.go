package memory

import (
	"strconv"

	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/server"
)

// A Model tells what keys cost in the memory of servers of one version. It is
// not safe for concurrent use.
type Model struct {
	layout *layout
	own    *Meter
	text   text
	list   list
	set    set
	zset   zset
	hash   hash
	stream stream
}

// For is the model of servers of version v with an allocator; false where none
// is known.
func For(v server.Version, a server.Allocator) (*Model, bool) {
	known, ok := v.Memory()
	m := &Model{layout: &layout{known, a}}
	m.own = NewMeter(m)
	return m, ok
}

// sizeof(robj), and of an entry of a dict.
const (
	objectHead = 16
	entryHead  = 24
)

// Key reads the value of the key that d is at, rec being what Next returned,
// and tells what the key costs in bytes, as MEMORY USAGE key SAMPLES 0 counts
// it after a load of the dump; false for a module's value, whose module alone
// can tell. visit, where it is not nil, sees the elements too.
func (m *Model) Key(d *rdb.Decoder, rec *rdb.Record, visit func(*rdb.Element) error) (int64, bool, error) {
	var room [1]int64
	costs, err := m.own.Key(room[:0], d, rec, visit)
	if err != nil || len(costs) == 0 {
		return 0, false, err
	}
	return costs[0], true, nil
}

// A Meter has several models measure a value in one reading of it. It is not safe
// for concurrent use.
type Meter struct {
	models  []*Model
	gauges  []gauge // of the value at hand
	visit   func(*rdb.Element) error
	blob    func(rdb.Blob)
	element func(*rdb.Element) error
}

// NewMeter makes one; with no models, it just reads.
func NewMeter(models ...*Model) *Meter {
	t := &Meter{models: models}
	t.blob = func(b rdb.Blob) {
		for _, g := range t.gauges {
			g.blob(b)
		}
	}
	t.element = func(e *rdb.Element) error {
		for _, g := range t.gauges {
			g.element(e)
		}
		if t.visit != nil {
			return t.visit(e)
		}
		return nil
	}
	return t
}

// Key is that of each model: it appends their costs, and none of a value that
// they can't tell.
func (t *Meter) Key(costs []int64, d *rdb.Decoder, rec *rdb.Record,
	visit func(*rdb.Element) error) ([]int64, error) {
	t.gauges, t.visit = t.gauges[:0], visit
	for _, m := range t.models {
		if g := m.gauge(rec); g != nil {
			t.gauges = append(t.gauges, g)
		}
	}
	d.Blobs(t.blob)
	err := d.Value(t.element)
	d.Blobs(nil)
	if err != nil {
		return costs, err
	}
	k := key{name: int64(len(rec.Key)), expires: rec.HasExpire}
	for i, g := range t.gauges {
		costs = append(costs, t.models[i].around(k, g.cost()))
	}
	return costs, nil
}

// Text is Key of a string of n bytes, all of which are in text where they may be
// a number.
func (t *Meter) Text(costs []int64, rec *rdb.Record, n int64, text []byte) []int64 {
	k, c := key{name: int64(len(rec.Key)), expires: rec.HasExpire}, cost{text: n, isText: true}
	if int64(len(text)) == n {
		if _, isInt := parseInt(text); isInt {
			c = cost{}
		}
	}
	for _, m := range t.models {
		costs = append(costs, m.around(k, c))
	}
	return costs
}

// A gauge takes a value's blobs and elements as they are read.
type gauge interface {
	blob(rdb.Blob)
	element(*rdb.Element)
	cost() cost
}

// A cost is what a value takes in bytes.
type cost struct {
	// beside is what is beside the object.
	beside float64
	// text is the bytes of a string that might be one with its object;
	// meaningful if isText.
	text   int64
	isText bool
}

func (m *Model) gauge(rec *rdb.Record) gauge {
	switch rec.Object {
	case rdb.ObjectString:
		m.text = text{}
		return &m.text
	case rdb.ObjectList:
		m.list.begin(m.layout, rec.Type)
		return &m.list
	case rdb.ObjectSet:
		m.set.begin(m.layout, rec)
		return &m.set
	case rdb.ObjectZSet:
		m.zset.begin(m.layout, rec.Type)
		return &m.zset
	case rdb.ObjectHash:
		m.hash.begin(m.layout, rec)
		return &m.hash
	case rdb.ObjectStream:
		m.stream.begin(m.layout)
		return &m.stream
	}
	return nil
}

// A key is what stands around a value.
type key struct {
	name    int64
	expires bool
}

// around adds object, key and entry of the database to a value.
func (m *Model) around(k key, c cost) int64 {
	if m.layout.Key >= server.KeyInObject {
		return m.object(k, c) + int64(c.beside)
	}
	n := int64(c.beside)
	switch {
	case !c.isText:
		n += objectHead
	case m.alone(c.text) <= int64(m.layout.Embed):
		n += m.embedded(c.text)
	default:
		n += objectHead + m.layout.sds(c.text)
	}
	if m.layout.Key == server.KeyInEntry {
		// The value, the next entry, the size of the header, the key.
		return n + m.layout.allocated(8+8+1+sdsNeeds(k.name))
	}
	return n + entryHead + m.layout.sds(k.name)
}

// alone is a string of n bytes in one allocation with its object.
func (m *Model) alone(n int64) int64 { return objectHead + sds8 + n + 1 }

// embedded is how such a string is counted. Before 7.0 it is its bytes, the
// object, and two.
func (m *Model) embedded(n int64) int64 {
	if m.layout.Counted {
		return m.layout.allocated(m.alone(n))
	}
	return objectHead + n + 2
}

// object is an object with key and expiry in it, and the value too where that
// is a short string (Valkey object.c, createObjectWithKeyAndExpire).
func (m *Model) object(k key, c cost) int64 {
	name := 1 + sdsKeyed(k.name)
	n := objectHead + name
	if k.expires || k.name >= longKey {
		n += 8
	}
	if n = m.layout.allocated(n); m.layout.Key == server.KeyInObjectUncounted {
		n = objectHead
	}
	if !c.isText {
		return n
	}
	whole, limit := objectHead+name+sds8+c.text+1, whole(k, c.text)
	if m.layout.Embed > embedLine {
		whole -= 8 // no pointer to the value
		limit = whole
	}
	if k.expires {
		whole += 8
		limit += 8
	}
	if limit <= int64(m.layout.Embed) && c.text < 1<<8 {
		return m.layout.allocated(whole)
	}
	return n + m.layout.sds(c.text)
}

// whole is how Valkey 8.1 reckons before it puts a value into its object: with
// three bytes around any key.
func whole(k key, text int64) int64 { return objectHead + k.name + 3 + sds8 + text + 1 }

const (
	// embedLine is a cache line, the limit before Valkey 9.1.
	embedLine = 64
	// longKey is a key that has room for an expiry in any case (object.c,
	// KEY_SIZE_TO_INCLUDE_EXPIRE_THRESHOLD).
	longKey = 128
)

// sdsKeyed is a string within something else.
func sdsKeyed(n int64) int64 { return sdsHeader(n) + n + 1 }

// A text measures a string.
type text struct {
	n     int64
	isInt bool
}

func (t *text) blob(rdb.Blob) {}

func (t *text) element(e *rdb.Element) {
	t.n = int64(len(e.Member))
	_, t.isInt = parseInt(e.Member)
}

func (t *text) cost() cost {
	if t.isInt {
		return cost{}
	}
	return cost{text: t.n, isText: true}
}

// scoreText is a score as a listpack or ziplist holds it (d2string).
func scoreText(b []byte, score float64, short bool) []byte {
	if score == float64(int64(score)) && score > -1e17 && score < 1e17 {
		return strconv.AppendInt(b, int64(score), 10)
	}
	digits := 17
	if short {
		digits = -1
	}
	return strconv.AppendFloat(b, score, 'g', digits, 64)
}
