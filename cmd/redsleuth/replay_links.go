package main

import (
	"context"
	"fmt"
	"time"

	"github.com/redsleuth/redsleuth/cmd/internal/document"
	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse/artefact"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay"
)

// linkContents are links by where they are.
type linkContents = map[document.LinkPlace]*inspect.Link

// duplicatesRoom is what the keys of payloads may cost: nothing here asks
// whether one comes twice.
const duplicatesRoom = 1 << 20

// maxLinkScripts is how many scripts of one link a document lists.
const maxLinkScripts = 10_000

// A contentReader takes in what payloads and scripts of streams hold, which a
// document tells.
type contentReader struct {
	ctx        context.Context
	now        time.Time
	inspectors map[int]*inspect.Inspector // by stream
}

func (g *globalOptions) contentReader(ctx context.Context) (*contentReader, error) {
	now, _, err := g.clock()
	return &contentReader{ctx: ctx, now: now, inspectors: map[int]*inspect.Inspector{}}, err
}

// beside makes the handler that sees what the survey of a stream reads.
func (c *contentReader) beside(stream int, in *input.Input) record.Handler {
	limits := in.Limits.OrDefault()
	limits.MaxDistinct = min(limits.MaxDistinct, maxLinkScripts)
	inspector := inspect.New(inspect.Options{
		Limits: limits, Kind: in.Kind, Now: c.now, Memory: duplicatesRoom, Interrupted: c.ctx.Err,
	})
	c.inspectors[stream] = inspector
	return inspector
}

// contents are those of all links. A stream of which there was no survey, as
// it holds one link alone, is read once more if there is more than commands.
func (c *contentReader) contents(r *replay.Report, o *replay.Options) (linkContents, error) {
	all := linkContents{}
	for i, in := range o.Streams {
		if c.inspectors[i] == nil {
			if !holdsMore(r, i) {
				continue
			}
			_, err := artefact.Walk(c.ctx, in, artefact.Options{Offset: o.Offset}, c.beside(i, in))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", in.Path, err)
			}
		}
		for _, l := range c.inspectors[i].Report().Links {
			all[document.LinkPlace{Stream: i, Link: l.Number}] = l
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
