package dump

import (
	"strconv"

	"github.com/redsleuth/redsleuth/internal/appendjson"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

// A jsonValue is how far the value of a key has been written.
type jsonValue struct {
	section section
	count   int // elements written in the section
	vectors rdb.VectorsState
	floats  []float32
}

// A section is a part of a value that is closed in its own way.
type section uint8

const (
	sectionNone section = iota // an object that is empty so far
	sectionBare                // one element, or null if there is none
	sectionList                // [ elements ]
	sectionEntries
	sectionGroups
	sectionProducers
	sectionVectors
	sectionModule
	sectionClosed // everything but the last brace
)

func (p *jsonPrinter) startValue(rec *rdb.Record) {
	p.value.count = 0
	switch rec.Object {
	case rdb.ObjectString:
		p.value.section = sectionBare
	case rdb.ObjectStream:
		p.value.section = sectionEntries
		p.raw(`{"entries":[`)
	case rdb.ObjectVectorSet:
		if rec.ModuleVersion != 0 { // a form that is not known: shown as any module's
			p.startModule(rec)
			break
		}
		p.value.section = sectionNone
		p.raw("{")
	case rdb.ObjectModule:
		p.startModule(rec)
	default:
		p.value.section = sectionList
		p.raw("[")
	}
}

func (p *jsonPrinter) startModule(rec *rdb.Record) {
	p.value.section = sectionModule
	p.raw(`{"module":`)
	p.out.buf = appendjson.Text(p.out.buf, rec.Module)
	p.int("version", int64(rec.ModuleVersion))
	p.raw(`,"items":[`)
}

// endValue closes whatever is open, also where the value broke off.
func (p *jsonPrinter) endValue() {
	switch p.value.section {
	case sectionBare:
		if p.value.count == 0 {
			p.raw("null")
		}
	case sectionList:
		p.raw("]")
	case sectionNone, sectionClosed:
		p.raw("}")
	default:
		p.raw("]}")
	}
	p.value.section = sectionNone
}

// next separates an element from the one before.
func (p *jsonPrinter) next() {
	if p.value.count > 0 {
		p.out.buf = append(p.out.buf, ',')
	}
	p.value.count++
}

func (p *jsonPrinter) element(_ *rdb.Record, e *rdb.Element) error {
	switch e.Kind {
	case rdb.ElementBytes:
		p.next()
		p.out.buf = p.show.AppendJSON(p.out.buf, e.Member)
	case rdb.ElementField:
		p.field(e)
	case rdb.ElementScore:
		p.next()
		p.pair(e.Member)
		p.out.buf = append(appendjson.Score(p.out.buf, e.Score), ']')
	case rdb.ElementIndex:
		p.next()
		b := append(p.out.buf, '[', '"')
		b = strconv.AppendUint(b, e.Index, 10)
		b = append(b, '"', ',')
		p.out.buf = append(p.show.AppendJSON(b, e.Value), ']')
	case rdb.ElementEntry:
		p.entry(e)
	case rdb.ElementArray:
		// the insert position is no part of what an array holds
	default:
		p.rareElement(e)
	}
	return p.out.flush()
}

// pair opens a row with its first column.
func (p *jsonPrinter) pair(b []byte) {
	p.out.buf = append(p.show.AppendJSON(append(p.out.buf, '['), b), ',')
}

func (p *jsonPrinter) field(e *rdb.Element) {
	p.next()
	b := append(p.show.AppendJSON(append(p.out.buf, '['), e.Member), ',')
	b = p.show.AppendJSON(b, e.Value)
	if e.ExpireAt != rdb.NoExpiry {
		b = appendjson.Millis(append(b, ','), e.ExpireAt)
	}
	p.out.buf = append(b, ']')
}

func (p *jsonPrinter) entry(e *rdb.Element) {
	p.next()
	b := append(appendID(append(p.out.buf, '['), e.ID), ',', '[')
	for i, f := range e.Fields {
		if i > 0 {
			b = append(b, ',')
		}
		b = p.show.AppendJSON(b, f)
	}
	p.out.buf = append(b, ']', ']')
}

func (p *jsonPrinter) rareElement(e *rdb.Element) {
	switch e.Kind {
	case rdb.ElementStream:
		p.streamState(e.Stream)
	case rdb.ElementGroup:
		p.next()
		p.group(e.Group)
	case rdb.ElementProducer:
		if p.value.section != sectionProducers {
			p.openSection(sectionProducers, "producers")
		}
		p.next()
		p.producer(e.Producer)
	case rdb.ElementIdempotence:
		p.idempotence(e.Idempotence)
	case rdb.ElementVectors:
		p.vectorsState(e.Vectors)
	case rdb.ElementVector:
		p.next()
		p.vector(e)
	case rdb.ElementModule:
		p.next()
		p.moduleItem(&e.Module)
	}
}

// openSection closes one list within an object and opens the next.
func (p *jsonPrinter) openSection(s section, name string) {
	p.raw("]")
	p.name(name)
	p.raw("[")
	p.value.section, p.value.count = s, 0
}

func (p *jsonPrinter) streamState(s *rdb.StreamState) {
	p.raw("]")
	p.uint("length", s.Length)
	p.id("last_id", s.LastID)
	if s.HasMeta {
		p.id("first_id", s.FirstID)
		p.id("max_deleted_id", s.MaxDeletedID)
		p.uint("entries_added", s.EntriesAdded)
	} else {
		p.raw(`,"first_id":null,"max_deleted_id":null,"entries_added":null`)
	}
	p.name("groups")
	p.raw("[")
	p.value.section, p.value.count = sectionGroups, 0
}

func (p *jsonPrinter) group(g *rdb.Group) {
	p.raw(`{"name":`)
	p.out.buf = p.show.AppendJSON(p.out.buf, g.Name)
	p.id("last_id", g.LastID)
	if g.HasEntriesRead && g.EntriesRead != rdb.EntriesReadUnknown {
		p.uint("entries_read", g.EntriesRead)
	} else {
		p.raw(`,"entries_read":null`)
	}
	p.name("pending")
	p.raw("[")
	for i := range g.Pending {
		p.pending(g, i)
	}
	p.raw(`],"consumers":[`)
	for i := range g.Consumers {
		p.consumer(&g.Consumers[i], i)
	}
	p.raw("]")
	if len(g.Released) > 0 {
		p.name("released")
		p.raw("[")
		for i, id := range g.Released {
			if i > 0 {
				p.raw(",")
			}
			p.out.buf = appendID(p.out.buf, id)
		}
		p.raw("]")
	}
	p.raw("}")
}

func (p *jsonPrinter) pending(g *rdb.Group, i int) {
	if i > 0 {
		p.raw(",")
	}
	e := &g.Pending[i]
	p.raw(`{"id":`)
	p.out.buf = appendID(p.out.buf, e.ID)
	if e.Consumer >= 0 {
		p.bytes("consumer", g.Consumers[e.Consumer].Name)
	} else {
		p.raw(`,"consumer":null`)
	}
	p.time("delivered_at", e.DeliveredAt)
	p.uint("deliveries", e.Deliveries)
	p.raw("}")
}

func (p *jsonPrinter) consumer(c *rdb.Consumer, i int) {
	if i > 0 {
		p.raw(",")
	}
	p.raw(`{"name":`)
	p.out.buf = p.show.AppendJSON(p.out.buf, c.Name)
	p.time("seen_at", c.SeenAt)
	switch {
	case c.HasActive && c.ActiveAt >= 0:
		p.time("active_at", c.ActiveAt)
	case c.HasActive: // never
		p.raw(`,"active_at":null`)
	}
	p.raw("}")
}

func (p *jsonPrinter) producer(producer *rdb.Producer) {
	p.raw(`{"name":`)
	p.out.buf = p.show.AppendJSON(p.out.buf, producer.Name)
	p.name("entries")
	p.raw("[")
	for i := range producer.Entries {
		if i > 0 {
			p.raw(",")
		}
		p.pair(producer.Entries[i].ID)
		p.out.buf = append(appendID(p.out.buf, producer.Entries[i].Entry), ']')
	}
	p.raw("]}")
}

func (p *jsonPrinter) idempotence(s *rdb.IdempotenceState) {
	p.raw("]")
	p.value.section = sectionClosed
	p.name("idempotence")
	p.raw(`{"duration_seconds":`)
	p.out.buf = strconv.AppendUint(p.out.buf, s.Seconds, 10)
	p.uint("max_entries", s.MaxEntries)
	p.uint("producers", s.Producers)
	p.uint("ids_added", s.IDsAdded)
	p.uint("ids_duplicates", s.Duplicates)
	p.raw("}")
}

func (p *jsonPrinter) vectorsState(s *rdb.VectorsState) {
	p.value.vectors = *s
	p.value.vectors.Projection = nil // borrowed
	p.raw(`"dimension":`)
	p.out.buf = strconv.AppendUint(p.out.buf, s.Dimension, 10)
	p.text("quantization", s.Quantization.String())
	if s.InputDim > 0 {
		p.uint("input_dimension", s.InputDim)
	}
	p.name("elements")
	p.raw("[")
	p.value.section, p.value.count = sectionVectors, 0
}

func (p *jsonPrinter) vector(e *rdb.Element) {
	p.raw(`{"element":`)
	p.out.buf = p.show.AppendJSON(p.out.buf, e.Member)
	p.value.floats = e.Vector.Floats(p.value.floats[:0], &p.value.vectors)
	p.name("vector")
	p.raw("[")
	for i, f := range p.value.floats {
		if i > 0 {
			p.raw(",")
		}
		p.out.buf = appendjson.Float32(p.out.buf, f)
	}
	p.raw("]")
	if e.Value != nil {
		p.bytes("attributes", e.Value)
	}
	p.raw("}")
}

// moduleItem: a number or a string as it is; what kind of number does not
// show in JSON and is beside it.
func (p *jsonPrinter) moduleItem(item *rdb.ModuleItem) {
	switch item.Op {
	case 1:
		p.raw(`{"signed":`)
		p.out.buf = strconv.AppendInt(p.out.buf, int64(item.Int), 10)
	case 2:
		p.raw(`{"unsigned":`)
		p.out.buf = strconv.AppendUint(p.out.buf, item.Int, 10)
	case 3:
		p.raw(`{"float":`)
		p.out.buf = appendjson.Float32(p.out.buf, float32(item.Float))
	case 4:
		p.raw(`{"double":`)
		p.out.buf = appendjson.Score(p.out.buf, item.Float)
	default:
		p.raw(`{"string":`)
		p.out.buf = p.show.AppendJSON(p.out.buf, item.String)
	}
	p.raw("}")
}
