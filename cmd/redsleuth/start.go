package main

import (
	"context"
	"errors"

	"github.com/redsleuth/redsleuth/parse/artefact"
)

// start works out where a stream begins from --base, --info and --offset,
// the last of which is the strongest.
func (g *globalOptions) start(ctx context.Context, base, info string, offset int64) (artefact.Options, error) {
	o := artefact.Options{Offset: offset}
	if offset < 0 {
		return o, errors.New("--offset: the first byte of a stream has number 1")
	}
	if base != "" {
		in, err := g.openInput(base)
		if err != nil {
			return o, err
		}
		if o.Base, err = artefact.ReadBase(ctx, in); err != nil {
			return o, err
		}
	}
	return o, nil
}
