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
	return &Model{layout: &layout{known, a}}, ok
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
	k := key{name: int64(len(rec.Key)), expires: rec.HasExpire}
	meter := m.meter(rec)
	if meter == nil {
		return 0, false, d.Value(orNothing(visit))
	}
	d.Blobs(meter.blob)
	defer d.Blobs(nil)
	err := d.Value(func(e *rdb.Element) error {
		meter.element(e)
		if visit != nil {
			return visit(e)
		}
		return nil
	})
	if err != nil {
		return 0, false, err
	}
	return m.around(k, meter.cost()), true, nil
}

func orNothing(visit func(*rdb.Element) error) func(*rdb.Element) error {
	if visit != nil {
		return visit
	}
	return func(*rdb.Element) error { return nil }
}

// A meter takes a value's blobs and elements as they are read.
type meter interface {
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

func (m *Model) meter(rec *rdb.Record) meter {
	switch rec.Object {
	case rdb.ObjectString:
		return &text{}
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
func scoreText(b []byte, score float64, layout *layout) []byte {
	if score == float64(int64(score)) && score > -1e17 && score < 1e17 {
		return strconv.AppendInt(b, int64(score), 10)
	}
	digits := 17
	if layout.ShortScores {
		digits = -1
	}
	return strconv.AppendFloat(b, score, 'g', digits, 64)
}
