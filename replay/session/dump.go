package session

import (
	"errors"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
)

// A Dump is what the head of an RDB tells of whoever wrote it.
type Dump struct {
	Path string // of the input that holds it
	repl.Origin
	// End is not clean where reading ended early, for Err.
	End record.End
	Err error
}

// NewDump is a dump that tells nothing.
func NewDump() Dump { return Dump{Origin: repl.NewOrigin(), End: record.Clean} }

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
			d.Aux(r.Name, r.Value)
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
