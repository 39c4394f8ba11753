package main

import (
	"context"
	"fmt"

	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse/artefact"
	"github.com/redsleuth/redsleuth/replay"
)

// linkContents are links by where they stand: stream and number within it.
type linkContents map[[2]int]*inspect.Link

// duplicatesRoom is what the keys of payloads may cost: nothing here asks
// whether one comes twice.
const duplicatesRoom = 1 << 20

// maxLinkScripts is how many scripts of one link a document lists.
const maxLinkScripts = 10_000

// readContents reads once more the streams in which there is more than
// commands: a document tells what payloads and scripts hold.
func (g *globalOptions) readContents(ctx context.Context, r *replay.Report, o *replay.Options) (linkContents, error) {
	now, _, err := g.clock()
	if err != nil {
		return nil, err
	}
	all := linkContents{}
	for i, in := range o.Streams {
		if !holdsMore(r, i) {
			continue
		}
		limits := in.Limits.OrDefault()
		limits.MaxDistinct = min(limits.MaxDistinct, maxLinkScripts)
		inspector := inspect.New(inspect.Options{Limits: limits, Kind: in.Kind, Now: now, Memory: duplicatesRoom, Interrupted: ctx.Err})
		if _, err := artefact.Walk(ctx, in, artefact.Options{Offset: o.Offset}, inspector); err != nil {
			return nil, fmt.Errorf("%s: %w", in.Path, err)
		}
		for _, l := range inspector.Report().Links {
			all[[2]int{i, l.Number}] = l
		}
	}
	return all, nil
}

// holdsMore reports whether links of a stream have a payload or scripts.
func holdsMore(r *replay.Report, stream int) bool {
	for _, l := range r.Links {
		if l.Stream == stream && (l.Payload != nil || len(r.Scripts) > 0) {
			return true
		}
	}
	return false
}
