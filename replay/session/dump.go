package session

import (
	"errors"
	"strconv"
	"time"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/server"
)

// maxOffset is more than any server reaches; sums of offsets stay within int64.
const maxOffset = 1 << 62

// A Dump is what the head of an RDB tells of whoever wrote it.
type Dump struct {
	Path    string // of the input that holds it
	Version server.Version
	Written string // the version in the writer's own words
	// Created is zero where it is not told.
	Created time.Time
	// ID is "" without a replication state; Offset and StreamDB are
	// record.Unknown where the dump doesn't tell them.
	ID       string
	Offset   int64
	StreamDB int
	// End is not clean where reading ended early, for Err.
	End record.End
	Err error
}

// NewDump is a dump that tells nothing.
func NewDump() Dump {
	return Dump{Offset: record.Unknown, StreamDB: record.Unknown, End: record.Clean}
}

// ReadHead reads the head of an RDB.
func ReadHead(in *input.Input) (*Dump, error) {
	c, err := in.Cursor()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	d := NewDump()
	d.Path = in.Path
	return &d, d.readHead(rdb.NewDecoder(c, rdb.Options{Limits: in.Limits}))
}

func (d *Dump) readHead(from *rdb.Decoder) error {
	for r, err := range from.Records() {
		switch {
		case err != nil:
			return d.Broken(err)
		case r.Kind == rdb.KindAux:
			d.Aux(r)
		case r.Kind != rdb.KindHeader:
			return nil
		}
	}
	return nil
}

// Broken makes damage a part of the dump; other errors come back.
func (d *Dump) Broken(err error) error {
	if !parse.IsDamage(err) {
		return err
	}
	d.Err, d.End = err, record.Damaged
	if errors.Is(err, parse.ErrTruncated) {
		d.End = record.Truncated
	}
	return nil
}

// Aux adds what an AUX field tells.
func (d *Dump) Aux(r *rdb.Record) {
	value := string(r.Value)
	switch string(r.Name) {
	case "redis-ver", "valkey-ver":
		d.Written = value
		if string(r.Name) == "valkey-ver" {
			value = "valkey " + value
		}
		if v, err := server.Parse(value); err == nil {
			d.Version = v
		}
	case "ctime":
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			d.Created = time.Unix(n, 0).UTC()
		}
	case "repl-id":
		d.ID = value
	case "repl-offset":
		if n, err := strconv.ParseInt(value, 10, 64); err == nil && n >= 0 && n < maxOffset {
			d.Offset = n
		}
	case "repl-stream-db":
		if n, err := strconv.Atoi(value); err == nil && n >= 0 {
			d.StreamDB = n
		}
	}
}
