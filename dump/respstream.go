package dump

import (
	"slices"

	"github.com/redsleuth/redsleuth/parse/rdb"
)

// A streamRebuild is what is remembered of a stream while it is rebuilt.
type streamRebuild struct {
	pending []rdb.StreamID // of all groups
}

func (s *streamRebuild) reset() { s.pending = s.pending[:0] }

// streamPart writes the commands for a part of a stream.
func (p *respPrinter) streamPart(rec *rdb.Record, e *rdb.Element) {
	switch e.Kind {
	case rdb.ElementEntry:
		b := appendArray(p.out.buf, 3+len(e.Fields))
		b = appendBulk(appendBulk(b, "XADD"), rec.Key)
		b = appendBulk(b, p.id(e.ID))
		for _, f := range e.Fields {
			b = appendBulk(b, f)
		}
		p.out.buf = b
	case rdb.ElementStream:
		p.streamState(rec.Key, e.Stream)
	case rdb.ElementGroup:
		p.group(rec.Key, e.Group)
	case rdb.ElementProducer:
		p.opaque = true
	case rdb.ElementIdempotence:
		p.opaque = p.opaque || e.Idempotence.IDsAdded > 0
	}
}

func (p *respPrinter) id(id rdb.StreamID) []byte {
	p.number = appendID(p.number[:0], id)
	return p.number[1 : len(p.number)-1]
}

// streamState sets what the entries don't tell. A stream without entries is
// made by adding one that is trimmed at once, as servers do when they rewrite
// an AOF.
func (p *respPrinter) streamState(key []byte, s *rdb.StreamState) {
	if s.Entries == 0 {
		p.strings("XADD")
		p.send(key, []byte("MAXLEN"), []byte("0"), []byte("0-1"), []byte("x"), []byte("y"))
	}
	p.strings("XSETID")
	last := slices.Clone(p.id(s.LastID))
	if !s.HasMeta {
		p.send(key, last)
		return
	}
	deleted := slices.Clone(p.id(s.MaxDeletedID))
	p.send(key, last, []byte("ENTRIESADDED"), p.text(int64(s.EntriesAdded)), []byte("MAXDELETEDID"), deleted)
}

func (p *respPrinter) group(key []byte, g *rdb.Group) {
	last := slices.Clone(p.id(g.LastID))
	p.strings("XGROUP", "CREATE")
	if g.HasEntriesRead {
		p.send(key, g.Name, last, []byte("ENTRIESREAD"), p.text(int64(g.EntriesRead))) // unknown is -1
	} else {
		p.send(key, g.Name, last)
	}
	for i := range g.Consumers {
		// XCLAIM makes a consumer too, in servers that lack this command; one
		// that has nothing pending could not be made in them.
		if c := &g.Consumers[i]; g.HasEntriesRead || c.Pending == 0 {
			p.strings("XGROUP", "CREATECONSUMER")
			p.send(key, g.Name, c.Name)
		}
	}
	for i := range g.Pending {
		p.claim(key, g, &g.Pending[i])
	}
	p.opaque = p.opaque || len(g.Released) > 0
}

func (p *respPrinter) claim(key []byte, g *rdb.Group, e *rdb.Pending) {
	if e.Consumer < 0 {
		return
	}
	p.stream.pending = append(p.stream.pending, e.ID)
	id := slices.Clone(p.id(e.ID))
	delivered := slices.Clone(p.text(e.DeliveredAt))
	p.strings("XCLAIM")
	p.send(key, g.Name, g.Consumers[e.Consumer].Name, []byte("0"), id,
		[]byte("TIME"), delivered, []byte("RETRYCOUNT"), p.text(int64(min(e.Deliveries, 1<<63-1))),
		[]byte("JUSTID"), []byte("FORCE"))
}

// finishStream: servers from 7.0 on claim no entry that is not in the stream
// any more, so a stream that has such a one pending is restored whole.
func (p *respPrinter) finishStream(rec *rdb.Record) error {
	pending := p.stream.pending
	if len(pending) == 0 || p.opaque {
		return nil
	}
	slices.SortFunc(pending, rdb.StreamID.Compare)
	pending = slices.Compact(pending)
	if p.d.options.Again == nil {
		p.d.leftOut("pending entries that are deleted, if there are any", rec.Key)
		return nil
	}
	found := 0
	err := p.d.visitAgain(rec, func(e *rdb.Element) error {
		if e.Kind != rdb.ElementEntry || found == len(pending) {
			return rdb.SkipRest
		}
		for found < len(pending) && pending[found].Compare(e.ID) < 0 {
			p.opaque = true
			found++
		}
		if found < len(pending) && pending[found] == e.ID {
			found++
		}
		return nil
	})
	p.opaque = p.opaque || found < len(pending)
	return err
}
