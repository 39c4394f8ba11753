package replay

import (
	"context"
	"fmt"
	"slices"

	"github.com/redsleuth/redsleuth/parse/artefact"
	"github.com/redsleuth/redsleuth/parse/record"
)

// A step is one walk through one input: the connections to be followed in it.
type step struct {
	stream int
	follow map[int]*connection // by number within the input; nil where there was no survey
	base   *artefact.Base
	later  map[int]*artefact.Base // of further links in the same bytes
}

// steps orders the walks so that each replica's connections come in order, with
// several connections to a walk where they follow one another.
func (r *runner) steps(surveyed bool) []step {
	if !surveyed {
		return []step{{base: r.soleBase()}}
	}
	var steps []step
	left := make([]connections, len(r.replicas))
	for i, rep := range r.replicas {
		left[i] = rep.connections
	}
	for {
		first := slices.IndexFunc(left, func(c connections) bool { return len(c) > 0 })
		if first < 0 {
			return steps
		}
		s := step{stream: left[first][0].stream, follow: map[int]*connection{}, later: map[int]*artefact.Base{}}
		for i := range left {
			number := 0
			for len(left[i]) > 0 && left[i][0].stream == s.stream && left[i][0].link.Number > number {
				c := left[i][0]
				number = c.link.Number
				s.follow[number] = c
				left[i] = left[i][1:]
				if !c.capture && known(c.start) && !c.full() {
					s.anchor(number, &artefact.Base{ReplicationID: c.link.ReplicationID, Offset: c.start, DB: record.Unknown})
				}
			}
		}
		steps = append(steps, s)
	}
}

func (s *step) anchor(number int, b *artefact.Base) {
	if number == 1 {
		s.base = b
		return
	}
	s.later[number] = b
}

func (r *runner) soleBase() *artefact.Base {
	for _, b := range r.bases {
		if known(b.offset) {
			return &artefact.Base{ReplicationID: b.id, Offset: b.offset, DB: b.streamDB}
		}
	}
	return nil
}

func (r *runner) walk(ctx context.Context, s step) error {
	r.step, r.stream, r.preamble = s, r.options.Streams[s.stream], nil
	o := artefact.Options{Base: s.base, Later: s.later}
	if s.stream == r.offsetStream {
		o.Offset = r.options.Offset
	}
	if _, err := artefact.Walk(ctx, r.stream, o, r); err != nil {
		return fmt.Errorf("%s: %w", r.stream.Path, err)
	}
	return nil
}

// offsetStream is the first stream that does not tell its offsets; those of the
// others are not told either then.
func offsetStream(all []*connection) int {
	first := -1
	for _, c := range all {
		switch {
		case c.link.Anchor != record.AnchorFlag:
		case first < 0:
			first = c.stream
		case c.stream != first:
			c.link.StartOffset, c.link.EndOffset, c.link.Anchor = record.Unknown, record.Unknown, record.AnchorNone
		}
	}
	return max(first, 0)
}
