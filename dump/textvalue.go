package dump

import (
	"fmt"
	"strconv"

	"github.com/redsleuth/redsleuth/internal/appendjson"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

// appendElement appends what a person reads of an element.
func (p *textPrinter) appendElement(dst []byte, e *rdb.Element) []byte {
	switch e.Kind {
	case rdb.ElementField:
		dst = p.appendPair(dst, e.Member, e.Value)
		if e.ExpireAt != rdb.NoExpiry {
			dst = appendTime(append(dst, " until "...), e.ExpireAt)
		}
		return dst
	case rdb.ElementScore:
		dst = append(p.appendShown(dst, e.Member, p.width), ": "...)
		return strconv.AppendFloat(dst, e.Score, 'g', -1, 64)
	case rdb.ElementIndex:
		dst = append(strconv.AppendUint(dst, e.Index, 10), ": "...)
		return p.appendShown(dst, e.Value, p.width)
	case rdb.ElementArray:
		if !e.Array.HasInsert {
			return append(dst, "no insert position"...)
		}
		return fmt.Appendf(dst, "inserts after %d", e.Array.InsertIndex)
	case rdb.ElementEntry:
		dst = append(append(dst, e.ID.String()...), ' ')
		for i := 0; i+1 < len(e.Fields); i += 2 {
			if i > 0 {
				dst = append(dst, ' ')
			}
			dst = p.appendPair(dst, e.Fields[i], e.Fields[i+1])
		}
		return dst
	case rdb.ElementModule:
		return p.appendItem(dst, &e.Module)
	case rdb.ElementVectors:
		p.vectors = *e.Vectors
		p.vectors.Projection = nil // borrowed
		return fmt.Appendf(dst, "dimension %d, quantization %s", e.Vectors.Dimension, e.Vectors.Quantization)
	case rdb.ElementVector:
		return p.appendVector(dst, e)
	case rdb.ElementBytes:
		return p.appendShown(dst, e.Member, p.width)
	}
	return p.appendStreamPart(dst, e)
}

func (p *textPrinter) appendPair(dst, key, value []byte) []byte {
	dst = append(p.appendShown(dst, key, p.width), ": "...)
	return p.appendShown(dst, value, p.width)
}

func (p *textPrinter) appendStreamPart(dst []byte, e *rdb.Element) []byte {
	switch e.Kind {
	case rdb.ElementStream:
		dst = fmt.Appendf(dst, "last id %s", e.Stream.LastID)
		if e.Stream.HasMeta {
			dst = fmt.Appendf(dst, ", %d added", e.Stream.EntriesAdded)
		}
	case rdb.ElementGroup:
		dst = p.appendGroup(dst, e.Group)
	case rdb.ElementProducer:
		dst = append(dst, "producer "...)
		dst = p.appendShown(dst, e.Producer.Name, p.width)
		dst = fmt.Appendf(dst, " with %d ids", len(e.Producer.Entries))
	case rdb.ElementIdempotence:
		dst = fmt.Appendf(dst, "ids kept for %ds, %d at most", e.Idempotence.Seconds, e.Idempotence.MaxEntries)
	}
	return dst
}

func (p *textPrinter) appendGroup(dst []byte, g *rdb.Group) []byte {
	dst = append(dst, "group "...)
	dst = p.appendShown(dst, g.Name, p.width)
	dst = fmt.Appendf(dst, " at %s, %d pending", g.LastID, len(g.Pending))
	for i := range g.Consumers {
		dst = append(dst, ", consumer "...)
		dst = p.appendShown(dst, g.Consumers[i].Name, p.width)
		dst = fmt.Appendf(dst, " with %d", g.Consumers[i].Pending)
	}
	if !p.whole {
		return dst
	}
	between := ", pending "
	if p.full {
		between = "\n" + indent + "  pending "
	}
	for i := range g.Pending {
		e := &g.Pending[i]
		dst = append(append(dst, between...), e.ID.String()...)
		if e.Consumer >= 0 {
			dst = append(dst, " with "...)
			dst = p.appendShown(dst, g.Consumers[e.Consumer].Name, p.width)
		}
		dst = appendTime(append(dst, ", delivered "...), e.DeliveredAt)
		dst = fmt.Appendf(dst, ", %d times", e.Deliveries)
	}
	return dst
}

func (p *textPrinter) appendVector(dst []byte, e *rdb.Element) []byte {
	dst = append(p.appendShown(dst, e.Member, p.width), ": ["...)
	p.floats = e.Vector.Floats(p.floats[:0], &p.vectors)
	shown := p.floats
	if !p.whole && len(shown) > 4 {
		shown = shown[:4]
	}
	for i, f := range shown {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = appendjson.Float32(dst, f)
	}
	if len(shown) < len(p.floats) {
		dst = append(dst, " …"...)
	}
	dst = append(dst, ']')
	if e.Value != nil {
		dst = p.appendShown(append(dst, ' '), e.Value, p.width)
	}
	return dst
}

func (p *textPrinter) appendItem(dst []byte, item *rdb.ModuleItem) []byte {
	switch item.Op {
	case 1:
		return strconv.AppendInt(dst, int64(item.Int), 10)
	case 2:
		return strconv.AppendUint(dst, item.Int, 10)
	case 3, 4:
		return strconv.AppendFloat(dst, item.Float, 'g', -1, 64)
	}
	return p.appendShown(dst, item.String, p.width)
}
