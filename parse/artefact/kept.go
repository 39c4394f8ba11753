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

// Kept is what was read of captures, held from a Walk to those that follow, which then
// read no packets (Options.Kept): their links. What would take up too much memory or
// too many files is not held, and read again. The zero value holds nothing. Close it.
type Kept struct {
	// Clients: what ordinary clients sent is held with the links, on disk, of a first
	// Walk that asks for it. Where it is not held, who asks for it has the packets read.
	Clients bool

	captures      map[*input.Input]*kept
	memory, files int
}

// kept is what is held of a capture.
type kept struct {
	links   *capture.Capture
	clients *transcript // nil where it is not held
}

// Memory is how many bytes of memory are held.
func (k *Kept) Memory() int64 {
	if k == nil {
		return 0
	}
	return int64(k.memory)
}

// Holds reports whether a Walk of an input has its packets read no more, whatever it
// asks for of what k is to hold.
func (k *Kept) Holds(in *input.Input) bool {
	held := k.of(in)
	return held != nil && (held.clients != nil || !k.Clients)
}

// take holds a capture, and what its clients sent unless that is nil; false where it
// may not.
func (k *Kept) take(in *input.Input, c *capture.Capture, said *transcript) bool {
	memory, files := c.Held()
	if said != nil {
		files++
	}
	switch {
	case k == nil, k.memory+memory > keptMemory, k.files+files > keptFiles:
		return false
	case said != nil && !said.end(): // as if there were no room
		return false
	case k.captures == nil:
		k.captures = map[*input.Input]*kept{}
	}
	k.captures[in] = &kept{c, said}
	k.memory, k.files = k.memory+memory, k.files+files
	return true
}

// of is what is held of an input; nil where nothing is.
func (k *Kept) of(in *input.Input) *kept {
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
		errs = append(errs, c.links.Close(), c.clients.close())
	}
	*k = Kept{Clients: k.Clients}
	return errors.Join(errs...)
}

// walkCapture reads a capture, or what was kept of it where nobody asks for more.
func walkCapture(ctx context.Context, in *input.Input, o Options, h record.Handler) (err error) {
	held := o.Kept.of(in)
	if held != nil && (o.Clients == nil || held.clients != nil) {
		if o.Clients != nil {
			if err := held.clients.tell(ctx, o.Clients); err != nil {
				return err
			}
		}
		held.links.SetDumps(o.Dumps)
		return held.links.Walk(ctx, h)
	}
	var said *transcript
	if held == nil {
		said = o.writeDown()
	}
	c, err := openCapture(ctx, in, o)
	if err != nil {
		return errors.Join(err, said.close())
	}
	if held != nil || !o.Kept.take(in, c, said) {
		defer func() { err = errors.Join(err, c.Close(), said.close()) }()
	}
	return c.Walk(ctx, h)
}

// writeDown has a transcript made of what clients send, where it is to be held; nil
// where it is not, or can't be made.
func (o *Options) writeDown() *transcript {
	clients := o.Clients
	if clients == nil || o.Kept == nil || !o.Kept.Clients {
		return nil
	}
	said, err := newTranscript()
	if err != nil {
		return nil // the packets are read again instead
	}
	o.Clients = func(c *record.ClientCommand) error {
		said.add(c)
		return clients(c)
	}
	return said
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
