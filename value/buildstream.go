package value

import (
	"strconv"

	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/resp"
)

// streamPart writes the commands for a part of a stream.
func (b *Builder) streamPart(dst []byte, e *rdb.Element) []byte {
	switch e.Kind {
	case rdb.ElementEntry:
		dst = resp.AppendArray(dst, 3+len(e.Fields))
		dst = resp.AppendBulk(resp.AppendBulk(dst, "XADD"), b.key)
		dst = resp.AppendBulk(dst, b.id(e.ID))
		for _, f := range e.Fields {
			dst = resp.AppendBulk(dst, f)
		}
	case rdb.ElementStream:
		dst = b.streamState(dst, e.Stream)
	case rdb.ElementGroup:
		dst = b.group(dst, e.Group)
	case rdb.ElementProducer:
		b.loss = max(b.loss, LosesAside)
	case rdb.ElementIdempotence:
		if e.Idempotence.IDsAdded > 0 {
			b.loss = max(b.loss, LosesAside)
		}
	default:
		b.loss = LosesContent
	}
	return dst
}

// id prints an id; the slice is valid until the next number.
func (b *Builder) id(id rdb.StreamID) []byte {
	b.number = append(strconv.AppendUint(b.number[:0], id.Ms, 10), '-')
	b.number = strconv.AppendUint(b.number, id.Seq, 10)
	return b.number
}

// streamState sets what the entries don't tell. A stream without entries is
// made by adding one that is trimmed at once, as servers do when they rewrite
// an AOF.
func (b *Builder) streamState(dst []byte, s *rdb.StreamState) []byte {
	if s.Entries == 0 {
		dst = b.appendCommand(dst, "XADD", 5)
		for _, arg := range []string{"MAXLEN", "0", "0-1", "x", "y"} {
			dst = resp.AppendBulk(dst, arg)
		}
	}
	if !s.HasMeta || b.Version < firstWithStreamMeta {
		return resp.AppendBulk(b.appendCommand(dst, "XSETID", 1), b.id(s.LastID))
	}
	dst = resp.AppendBulk(b.appendCommand(dst, "XSETID", 5), b.id(s.LastID))
	dst = resp.AppendBulk(resp.AppendBulk(dst, "ENTRIESADDED"), b.int(int64(s.EntriesAdded)))
	return resp.AppendBulk(resp.AppendBulk(dst, "MAXDELETEDID"), b.id(s.MaxDeletedID))
}

// appendCommand begins a command on the key, with so many arguments to follow.
func (b *Builder) appendCommand(dst []byte, name string, args int) []byte {
	return resp.AppendBulk(resp.AppendBulk(resp.AppendArray(dst, 2+args), name), b.key)
}

// appendGroup begins a subcommand of XGROUP.
func (b *Builder) appendGroup(dst []byte, sub string, g *rdb.Group, args int) []byte {
	dst = resp.AppendBulk(resp.AppendBulk(resp.AppendArray(dst, 4+args), "XGROUP"), sub)
	return resp.AppendBulk(resp.AppendBulk(dst, b.key), g.Name)
}

func (b *Builder) group(dst []byte, g *rdb.Group) []byte {
	modern := g.HasEntriesRead && b.Version >= firstWithStreamMeta
	if modern {
		dst = resp.AppendBulk(b.appendGroup(dst, "CREATE", g, 3), b.id(g.LastID))
		dst = resp.AppendBulk(resp.AppendBulk(dst, "ENTRIESREAD"), b.int(int64(g.EntriesRead))) // unknown is -1
	} else {
		dst = resp.AppendBulk(b.appendGroup(dst, "CREATE", g, 1), b.id(g.LastID))
	}
	for i := range g.Consumers {
		// XCLAIM makes a consumer too, in servers that lack this command; one
		// that has nothing pending could not be made in them.
		if c := &g.Consumers[i]; modern || c.Pending == 0 {
			dst = resp.AppendBulk(b.appendGroup(dst, "CREATECONSUMER", g, 1), c.Name)
		}
	}
	for i := range g.Pending {
		dst = b.claim(dst, g, &g.Pending[i])
	}
	if len(g.Released) > 0 {
		b.loss = LosesContent
	}
	return dst
}

// claim gives an entry to its consumer; one of nobody is left out, which
// Released tells.
func (b *Builder) claim(dst []byte, g *rdb.Group, e *rdb.Pending) []byte {
	if e.Consumer < 0 || e.Consumer >= len(g.Consumers) {
		b.loss = LosesContent
		return dst
	}
	b.pending = append(b.pending, e.ID)
	dst = resp.AppendBulk(b.appendCommand(dst, "XCLAIM", 10), g.Name)
	dst = resp.AppendBulk(resp.AppendBulk(dst, g.Consumers[e.Consumer].Name), "0")
	dst = resp.AppendBulk(dst, b.id(e.ID))
	dst = resp.AppendBulk(resp.AppendBulk(dst, "TIME"), b.int(e.DeliveredAt))
	dst = resp.AppendBulk(resp.AppendBulk(dst, "RETRYCOUNT"), b.int(int64(min(e.Deliveries, 1<<63-1))))
	return resp.AppendBulk(resp.AppendBulk(dst, "JUSTID"), "FORCE")
}
