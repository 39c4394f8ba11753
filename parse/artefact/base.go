package artefact

import (
	"context"
	"strconv"

	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// Base is where a stream is known to continue from.
type Base struct {
	ReplicationID string // "" where the dump has none
	Offset        int64  // or record.Unknown
	DB            int    // the database selected in the stream, or record.Unknown
	ServerVersion string // AUX redis-ver or valkey-ver, with "valkey " before the latter
}

// anchor gives a link id and offset.
func (b *Base) anchor(l *record.Link) {
	l.ReplicationID = b.ReplicationID
	if l.StartOffset = b.Offset; l.StartOffset != record.Unknown {
		l.Anchor = record.AnchorBase
	}
}

// ReadBase reads the replication state in the AUX fields of an RDB. Keys are
// stepped over only as far as fields are after them, which is nowhere for
// these.
func ReadBase(ctx context.Context, in *input.Input) (*Base, error) {
	r := &baseReader{base: Base{Offset: record.Unknown, DB: record.Unknown}}
	if _, err := Walk(ctx, in, Options{}, r); err != nil {
		return nil, err
	}
	return &r.base, r.err
}

// baseReader takes the AUX fields at the head of the first RDB.
type baseReader struct {
	base Base
	err  error
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
			r.base.Aux(rec.Name, rec.Value)
		}
	}
	return record.Stop
}

func (*baseReader) LinkStart(*record.Link) error  { return nil }
func (*baseReader) Command(*record.Command) error { return record.Stop }
func (*baseReader) Note(*record.Note) error       { return nil }
func (*baseReader) LinkEnd(*record.Link) error    { return nil }

// Aux takes one AUX field in, if it is about replication or the version.
func (b *Base) Aux(name, value []byte) {
	switch string(name) {
	case "redis-ver":
		b.ServerVersion = string(value)
	case "valkey-ver":
		b.ServerVersion = "valkey " + string(value)
	case "repl-id":
		b.ReplicationID = string(value)
	case "repl-offset":
		if n, err := strconv.ParseInt(string(value), 10, 64); err == nil && n >= 0 {
			b.Offset = n
		}
	case "repl-stream-db":
		if n, err := strconv.Atoi(string(value)); err == nil && n >= 0 {
			b.DB = n
		}
	}
}
