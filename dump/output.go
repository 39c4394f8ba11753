package dump

import "io"

// An output gathers what is appended to its buffer and writes it in large
// pieces, from a goroutine of its own, so that reading continues meanwhile.
type output struct {
	buf         []byte
	full        chan []byte
	free        chan []byte
	done        chan error
	err         error
	isHeld      bool
	from        int   // where in buf the held bytes begin
	before      int64 // bytes handed over
	most        int   // bytes that are gathered before they are handed over
	scratch     []byte
	interrupted func() error
}

// outputSize is how much is gathered before it is written.
const outputSize = 128 << 10

func newOutput(w io.Writer, interrupted func() error) *output {
	if interrupted == nil {
		interrupted = func() error { return nil }
	}
	o := &output{
		buf:         make([]byte, 0, outputSize+outputSize/4),
		full:        make(chan []byte, 1),
		free:        make(chan []byte, 2),
		done:        make(chan error, 1),
		most:        outputSize,
		interrupted: interrupted,
	}
	o.free <- make([]byte, 0, cap(o.buf))
	go o.write(w)
	return o
}

// write ends at the first error; who hands over the next piece gets it.
func (o *output) write(w io.Writer) {
	var err error
	for piece := range o.full {
		if err == nil {
			_, err = w.Write(piece)
		}
		if err != nil {
			select {
			case o.done <- err:
			default:
			}
		}
		if cap(piece) > 8*outputSize { // one huge string; its memory is not kept
			piece = make([]byte, 0, outputSize+outputSize/4)
		}
		o.free <- piece[:0]
	}
	close(o.done)
}

// flush hands the buffer over once it is full. Printers call it wherever they
// may be interrupted by an error.
func (o *output) flush() error {
	if len(o.buf) < o.most || o.isHeld {
		return o.err
	}
	return o.handOver()
}

func (o *output) handOver() error {
	if o.err == nil {
		o.err = o.interrupted()
	}
	if o.err != nil {
		return o.err
	}
	o.before += int64(len(o.buf))
	o.full <- o.buf
	o.buf = <-o.free
	select {
	case o.err = <-o.done:
	default:
	}
	return o.err
}

// put takes in a piece that was gathered elsewhere, and returns a buffer in
// exchange for its.
func (o *output) put(piece []byte) ([]byte, error) {
	if len(o.buf)+len(piece) < o.most {
		o.buf = append(o.buf, piece...)
		return piece[:0], o.err
	}
	if len(o.buf) > 0 {
		if err := o.handOver(); err != nil {
			return piece[:0], err
		}
	}
	o.buf, piece = piece, o.buf
	return piece, o.handOver()
}

// aside returns what write appends, borrowed until the next call; it does not
// become part of the output.
func (o *output) aside(write func() error) ([]byte, error) {
	kept, before := o.buf, o.before
	o.before += int64(len(o.buf))
	o.buf, o.isHeld = o.scratch[:0], true
	err := write()
	o.scratch = o.buf
	o.buf, o.before, o.isHeld = kept, before, false
	return o.scratch, err
}

// size is how many bytes the output has so far.
func (o *output) size() int64 { return o.before + int64(len(o.buf)) }

// hold keeps what is appended from now on until release or drop.
func (o *output) hold() { o.isHeld, o.from = true, len(o.buf) }

func (o *output) heldBytes() int {
	if !o.isHeld {
		return 0
	}
	return len(o.buf) - o.from
}

// release lets go what was held; it does nothing a second time.
func (o *output) release() error {
	o.isHeld = false
	return o.flush()
}

// drop forgets what was held.
func (o *output) drop() {
	if o.isHeld {
		o.buf, o.isHeld = o.buf[:o.from], false
	}
}

// close writes the rest and waits for it.
func (o *output) close() error {
	if o.err == nil && len(o.buf) > 0 {
		o.err = o.handOver()
	}
	close(o.full)
	for err := range o.done {
		if o.err == nil {
			o.err = err
		}
	}
	return o.err
}
