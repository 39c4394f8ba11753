// Package artefact reads an input of any kind through one Handler.
package artefact

import (
	"context"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
)

// Options of Walk.
type Options struct {
	// Offset is the replication offset of the first byte of a stream that
	// doesn't tell it (--offset, --info), or record.Unknown.
	Offset int64
	// Base is the replication state in the AUX fields of an RDB that the
	// user named (--base): its id, offset and selected database.
	Base *Base
}

// Base is where a stream is known to go on from.
type Base struct {
	ReplicationID string
	Offset        int64
	DB            int // or record.Unknown
}

// Walk reads in from front to back. Handler.RDB is called for a dump, for
// each payload and for the head of an AOF. Errors are those of the operating
// system, of the handler, and *parse.Error where nothing can be read at all;
// damage within comes out of decoders and notes.
func Walk(ctx context.Context, in *parse.Input, o Options, h record.Handler) error { return nil }
