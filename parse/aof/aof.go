// Package aof reads append-only files: plain, with an RDB as preamble, and
// multi-part by manifest.
package aof

import (
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
)

// Walk reads a single file: commands, or an RDB and the commands behind it.
func Walk(c *parse.Cursor, limits parse.Limits, h record.Handler) error { return nil }

// WalkSet reads a multi-part AOF by its manifest as one stream. in is the
// manifest or the folder that holds it.
func WalkSet(in *parse.Input, h record.Handler) error { return nil }
