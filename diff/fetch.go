package diff

import (
	"context"
	"io"

	"github.com/redsleuth/redsleuth/parse/input"

	"github.com/redsleuth/redsleuth/parse/artefact"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// seekGap is the distance between two keys, in bytes, from which on it is
// cheaper to start anew than to step over what is between them.
const seekGap = 32 << 10

// fetch reads keys again by their places, which ascend. Keys of a dump are
// read one by one; those of a payload or of an AOF set, whose bytes may be
// anywhere in the input, in another walk over it. see may return record.Stop.
func (s *dump) fetch(ctx context.Context, places []int64, see seeFunc) error {
	if len(places) == 0 {
		return nil
	}
	r := &fetcher{places: places, see: see}
	var err error
	switch {
	case s.in.Kind == input.KindRDB && !s.layout.templates:
		err = r.seek(ctx, s)
	default:
		_, err = artefact.Walk(ctx, s.in, artefact.Options{Offset: record.Unknown}, &rdbReader{
			ordinal: s.ordinal,
			read: func(_ *record.Link, d *rdb.Decoder) error {
				if err := r.follow(ctx, d); err != nil {
					return err
				}
				return record.Stop
			},
		})
	}
	if err == record.Stop {
		return nil
	}
	return err
}

// A seeFunc is shown the key at the i-th place, with its value yet to be read.
type seeFunc func(i int, rec *rdb.Record, d *rdb.Decoder) error

type fetcher struct {
	places []int64
	next   int // of places
	see    seeFunc
}

// seek starts a decoder at each place that the one before is far from.
func (r *fetcher) seek(ctx context.Context, s *dump) error {
	for r.next < len(r.places) {
		place := r.places[r.next]
		c, err := s.in.RecordCursor(place)
		if err != nil {
			return err
		}
		d := rdb.NewDecoderAt(c, rdb.Options{Limits: s.in.Limits}, s.layout.header, 0, s.layout.databaseAt(place))
		err = r.run(ctx, d, seekGap)
		c.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// follow steps through the whole RDB.
func (r *fetcher) follow(ctx context.Context, d *rdb.Decoder) error { return r.run(ctx, d, -1) }

// run continues with d until the last place, or the next one that is more than
// gap bytes away, where gap is not -1.
func (r *fetcher) run(ctx context.Context, d *rdb.Decoder, gap int64) error {
	for n := 0; r.next < len(r.places); n++ {
		if n&255 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		rec, err := d.Next()
		if err == io.EOF {
			r.next = len(r.places)
			return nil
		}
		if err != nil {
			return err
		}
		if rec.Kind != rdb.KindKey || rec.Byte != r.places[r.next] {
			continue
		}
		if err := r.see(r.next, rec, d); err != nil {
			return err
		}
		from := r.places[r.next]
		r.next++
		if gap >= 0 && r.next < len(r.places) && r.places[r.next]-from > gap {
			return nil
		}
	}
	return nil
}
