// Package link reads the bytes of a replication connection, master to
// replica.
package link

import (
	"time"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
)

// Options of Walk.
type Options struct {
	Limits parse.Limits
	// Link is filled by the caller with what it knows (number, endpoints,
	// the replica's request, the anchor) and by Walk with the rest.
	Link *record.Link
	// DB is the database selected at the first byte, or record.Unknown.
	DB int
	// At tells the time and the packet (from 1) of a byte of the input;
	// nil outside captures.
	At func(offset int64) (time.Time, int64)
}

// Walk reads one link from the cursor to its end.
func Walk(c *parse.Cursor, o Options, h record.Handler) error { return nil }
