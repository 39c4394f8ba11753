// Package capture finds the replication links in a packet capture.
package capture

import (
	"context"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
)

// Options of Walk.
type Options struct {
	Limits parse.Limits
}

// Walk reads every replication link of a capture, one after another in the
// order in which they began.
func Walk(ctx context.Context, in *parse.Input, o Options, h record.Handler) error { return nil }
