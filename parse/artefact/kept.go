package artefact

import (
	"context"
	"errors"

	"github.com/redsleuth/redsleuth/parse/capture"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/record"
)

const (
	// keptMemory and keptFiles bound what is held of captures from one Walk to the
	// next: as much as one of them takes while it is read.
	keptMemory = 32 << 20
	keptFiles  = 256
)

// Kept are the links of captures, held from a Walk to those that follow, which then
// read no packets (Options.Kept). What would take up too much memory or too many
// files is not held, and read again. The zero value holds nothing. Close it.
type Kept struct {
	captures      map[*input.Input]*capture.Capture
	memory, files int
}

// take holds a capture; false where it may not.
func (k *Kept) take(in *input.Input, c *capture.Capture) bool {
	memory, files := c.Held()
	if k == nil || k.memory+memory > keptMemory || k.files+files > keptFiles {
		return false
	}
	if k.captures == nil {
		k.captures = map[*input.Input]*capture.Capture{}
	}
	k.captures[in] = c
	k.memory, k.files = k.memory+memory, k.files+files
	return true
}

// of is the capture of an input; nil where it is not held.
func (k *Kept) of(in *input.Input) *capture.Capture {
	if k == nil {
		return nil
	}
	return k.captures[in]
}

// Close forgets all. A nil one holds nothing.
func (k *Kept) Close() error {
	if k == nil {
		return nil
	}
	var errs []error
	for _, c := range k.captures {
		errs = append(errs, c.Close())
	}
	*k = Kept{}
	return errors.Join(errs...)
}

// walkCapture reads a capture, or the links that were kept of it where nobody asks
// for more.
func walkCapture(ctx context.Context, in *input.Input, o Options, h record.Handler) (err error) {
	if c := o.Kept.of(in); c != nil && o.Clients == nil {
		return c.Walk(ctx, h)
	}
	c, err := openCapture(ctx, in, o)
	if err != nil {
		return err
	}
	if o.Kept.of(in) != nil || !o.Kept.take(in, c) {
		defer func() { err = errors.Join(err, c.Close()) }()
	}
	return c.Walk(ctx, h)
}

func openCapture(ctx context.Context, in *input.Input, o Options) (*capture.Capture, error) {
	cursor, err := in.Cursor()
	if err != nil {
		return nil, err
	}
	defer cursor.Close()
	options := capture.Options{Limits: in.Limits, Dumps: o.Dumps}
	if o.Clients != nil {
		options.Clients = o.client(ctx)
	}
	return capture.Open(ctx, cursor, options)
}
