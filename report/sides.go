package report

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/redsleuth/redsleuth/parse/input"
)

// Sides are the two states that a folder of evidence is about, and what led to
// them.
type Sides struct {
	Master, Replica *Artefact
	// Streams are recordings of links, Befores dumps that the replica started
	// from, Infos and Logs what the servers say of themselves.
	Streams, Befores, Infos, Logs []*Artefact
	// Ending is how things stood where the artefacts end, Refusals what the replica refused
	// by its log.
	Ending   Ending
	Refusals []Refusal
	// Saved is when the state of the replica's dump was; zero where nothing tells.
	Saved Moment
}

// FindSides says which artefacts of a folder are the two sides, and what the
// others are to them. It opens no values. The error says what to name where
// nothing tells the sides apart.
func FindSides(ctx context.Context, o Options) (*Sides, error) {
	r, err := find(ctx, o)
	if err != nil {
		return nil, err
	}
	s := r.found()
	if s.Master == nil || s.Replica == nil {
		return nil, r.untold()
	}
	return s, nil
}

// FindStreams is FindSides for who follows the stream alone: there may be one side
// or none. It is an error if there is no stream.
func FindStreams(ctx context.Context, o Options) (*Sides, error) {
	r, err := find(ctx, o)
	if err != nil {
		return nil, err
	}
	s := r.found()
	if len(s.Streams) == 0 {
		return nil, errors.New("no stream is in it: neither a recorded link nor a capture")
	}
	return s, nil
}

// find looks at the artefacts of a folder and says whose each is.
func find(ctx context.Context, o Options) (*run, error) {
	r := &run{Options: o, quick: true}
	if err := r.gather(ctx); err != nil {
		return nil, err
	}
	// An earlier dump may be from elsewhere.
	if err := cmp.Or(r.misnamed(Master, o.Masters), r.misnamed(Replica, o.Replicas)); err != nil {
		return nil, err
	}
	for _, a := range r.Artefacts {
		if err := r.inspect(ctx, a); err != nil {
			return nil, err
		}
	}
	r.roles()
	r.ending()
	r.refusals()
	return r, nil
}

// found is what the artefacts are to one another.
func (r *run) found() *Sides {
	s := &Sides{Master: r.with(Master), Replica: r.with(Replica), Ending: r.Ending, Refusals: r.Refusals}
	if a := s.Replica; a != nil && a.Inspect != nil && a.Inspect.RDB != nil {
		s.Saved = r.savedAt(a)
	}
	streams, _ := r.streams()
	for _, in := range streams {
		s.Streams = append(s.Streams, r.of(in))
	}
	for _, a := range r.Artefacts {
		switch {
		case a.Role == ReplicaBefore && a.Input != nil:
			s.Befores = append(s.Befores, a)
		case a.Kind == KindInfo:
			s.Infos = append(s.Infos, a)
		case a.Kind == KindLog:
			s.Logs = append(s.Logs, a)
		}
	}
	return s
}

func (r *run) of(in *input.Input) *Artefact {
	for _, a := range r.Artefacts {
		if a.Input == in {
			return a
		}
	}
	return nil
}

// untold says why there are no two sides.
func (r *run) untold() error {
	dumps := r.dumps()
	open := 0
	for _, d := range dumps {
		if d.Role == Unknown {
			open++
		}
	}
	switch {
	case len(dumps) < 2:
		return fmt.Errorf("a comparison needs the master's dump and the replica's; in it: %d", len(dumps))
	case open > 0:
		return fmt.Errorf("of %d of the %d dumps in it nothing tells whose they are", open, len(dumps))
	}
	return fmt.Errorf("none of the %d dumps in it is of the one side, or none of the other", len(dumps))
}
