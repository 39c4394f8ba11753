package artefact

import (
	"context"

	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
)

// anchor gives a link the id and offset of a state.
func anchor(l *record.Link, s *repl.State) {
	l.ReplicationID = s.ID
	if l.StartOffset = s.Offset; l.StartOffset != record.Unknown {
		l.Anchor = record.AnchorBase
	}
}

// ReadBase reads the replication state in the AUX fields of an RDB. Keys are
// stepped over only as far as fields are after them, which is nowhere for
// these.
func ReadBase(ctx context.Context, in *input.Input) (*repl.State, error) {
	r := &baseReader{origin: repl.NewOrigin()}
	if _, err := Walk(ctx, in, Options{}, r); err != nil {
		return nil, err
	}
	return &r.origin.State, r.err
}

// baseReader takes the AUX fields at the head of the first RDB.
type baseReader struct {
	origin repl.Origin
	err    error
}

func (r *baseReader) RDB(_ *record.Link, d *rdb.Decoder) error {
	for rec, err := range d.Records() {
		if err != nil {
			r.err = err
			break
		}
		if k := rec.Kind; k == rdb.KindSelectDB || k == rdb.KindKey {
			break
		}
		if rec.Kind == rdb.KindAux {
			r.origin.Aux(rec.Name, rec.Value)
		}
	}
	return record.Stop
}

func (*baseReader) LinkStart(*record.Link) error  { return nil }
func (*baseReader) Command(*record.Command) error { return record.Stop }
func (*baseReader) Note(*record.Note) error       { return nil }
func (*baseReader) LinkEnd(*record.Link) error    { return nil }
