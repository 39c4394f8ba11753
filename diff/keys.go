package diff

import (
	"bytes"
	"context"
	"io"

	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/value"

	"github.com/redsleuth/redsleuth/parse/artefact"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// A KeyValue is a key of a dump with its value.
type KeyValue struct {
	DB    int
	Key   []byte
	Value *value.Value
}

// ReadKeys reads the keys that want asks for out of one RDB of an input: a
// dump where link is 0, else the payload of that link. Values of more than
// limit bytes are Large.
func ReadKeys(ctx context.Context, in *input.Input, link int, limit int64,
	want func(db int, key []byte) bool) ([]KeyValue, error) {
	r := &keyReader{ctx: ctx, in: in, link: link, limit: limit, want: want}
	_, err := artefact.Walk(ctx, in, artefact.Options{Offset: record.Unknown}, r)
	return r.found, err
}

// keyReader is the Handler behind ReadKeys.
type keyReader struct {
	ctx   context.Context
	in    *input.Input
	link  int
	limit int64
	want  func(int, []byte) bool
	found []KeyValue
}

func (r *keyReader) RDB(link *record.Link, d *rdb.Decoder) error {
	if link == nil && r.link != 0 || link != nil && link.Number != r.link {
		return nil
	}
	for n := 0; ; n++ {
		if n&1023 == 0 && r.ctx.Err() != nil {
			return r.ctx.Err()
		}
		rec, err := d.Next()
		if err == io.EOF {
			return record.Stop
		}
		if err != nil {
			return passDamage(err)
		}
		if rec.Kind != rdb.KindKey || !r.want(rec.DB, rec.Key) {
			continue
		}
		kv := KeyValue{DB: rec.DB, Key: bytes.Clone(rec.Key)}
		if kv.Value, err = value.ReadStored(d, rec, r.limit); err != nil {
			return passDamage(err)
		}
		r.found = append(r.found, kv)
	}
}

func (r *keyReader) LinkStart(*record.Link) error  { return nil }
func (r *keyReader) Command(*record.Command) error { return nil }
func (r *keyReader) Note(*record.Note) error       { return nil }
func (r *keyReader) LinkEnd(*record.Link) error    { return nil }

// ReadState reads where in a replication history a dump is; nil where it
// does not say.
func ReadState(ctx context.Context, in *input.Input) (*repl.State, error) {
	s := &dump{in: in, Side: Side{Origin: repl.NewOrigin()}}
	err := s.readHeadOf(ctx)
	return s.State, err
}

// readHeadOf reads what is before the keys of the first RDB of the side's input.
func (s *dump) readHeadOf(ctx context.Context) error {
	_, err := artefact.Walk(ctx, s.in, artefact.Options{Offset: record.Unknown}, &rdbReader{
		read: func(link *record.Link, d *rdb.Decoder) error {
			if err := s.readHead(d); err != nil {
				return err
			}
			s.place(link)
			return record.Stop
		},
	})
	return err
}

// readHead reads the AUX fields before the keys.
func (s *dump) readHead(d *rdb.Decoder) error {
	for rec, err := range d.Records() {
		if err != nil {
			return passDamage(err)
		}
		switch rec.Kind {
		case rdb.KindAux:
			s.Origin.Aux(rec.Name, rec.Value)
		case rdb.KindHeader, rdb.KindModuleAux:
		default:
			return nil
		}
	}
	return nil
}
