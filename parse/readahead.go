package parse

import (
	"io"
	"sync"

	"github.com/redsleuth/redsleuth/parse/crc64"
)

const (
	// BlockSize is how many bytes NewCursor reads at a time.
	BlockSize = 256 << 10
	// headroom is kept free in front of the data of each block, so that what
	// is left of the block before can be put there and the window stays in
	// one piece.
	headroom = 64 << 10
	// blocksAhead is how many blocks may be read before they are asked for.
	blocksAhead = 6
)

// A block is a piece of the input, with free space before it.
type block struct {
	buf   []byte
	start int // where the data begins
	err   error
}

// readAhead reads blocks in a goroutine of its own, so that reading and
// decompression overlap with decoding; or, where full is nil, when asked.
type readAhead struct {
	r    io.Reader
	size int // of a block, without its headroom
	full chan *block
	free chan *block
	stop chan struct{}
	once sync.Once
}

func newReadAhead(r io.Reader, size int) *readAhead {
	ra := &readAhead{
		r: r, size: size,
		full: make(chan *block, blocksAhead),
		free: make(chan *block, blocksAhead+3),
		stop: make(chan struct{}),
	}
	go ra.run()
	return ra
}

// newReadAsked is a readAhead that doesn't.
func newReadAsked(r io.Reader, size int) *readAhead {
	return &readAhead{r: r, size: size, free: make(chan *block, 1)}
}

func (ra *readAhead) run() {
	defer close(ra.full)
	for {
		select {
		case <-ra.stop:
			return
		default:
		}
		b := ra.read()
		err := b.err
		select {
		case ra.full <- b:
		case <-ra.stop:
			return
		}
		if err != nil {
			return
		}
	}
}

// next returns the next block; false where close was called.
func (ra *readAhead) next() (*block, bool) {
	if ra.full == nil {
		return ra.read(), true
	}
	b, ok := <-ra.full
	return b, ok
}

func (ra *readAhead) read() *block {
	room := min(headroom, ra.size)
	b := ra.block(room + ra.size)
	b.buf, b.start = b.buf[:room+ra.size], room
	n, err := io.ReadFull(ra.r, b.buf[room:])
	b.buf = b.buf[:room+n]
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	b.err = err
	return b
}

// block hands out a used block, or a new one.
func (ra *readAhead) block(size int) *block {
	select {
	case b := <-ra.free:
		return b
	default:
		return &block{buf: make([]byte, size)}
	}
}

// recycle takes back a block that nothing refers to. Blocks that grew for one
// large element are left to the garbage collector.
func (ra *readAhead) recycle(b *block, size int) {
	if cap(b.buf) != size {
		return
	}
	select {
	case ra.free <- b:
	default:
	}
}

func (ra *readAhead) close() {
	if ra.full != nil {
		ra.once.Do(func() { close(ra.stop) })
	}
}

// A summer computes a CRC-64 behind the reader's back, in a goroutine of its
// own, and gives blocks back when it is done with them.
type summer struct {
	jobs chan sumJob
	sum  chan uint64
}

type sumJob struct {
	bytes []byte
	done  *block // given back afterwards; may be nil
	last  bool   // the sum so far is wanted, and the goroutine ends
}

func newSummer(recycle func(*block)) *summer {
	s := &summer{jobs: make(chan sumJob, blocksAhead), sum: make(chan uint64, 1)}
	go func() {
		sum := uint64(0)
		for j := range s.jobs {
			sum = crc64.Update(sum, j.bytes)
			if j.done != nil {
				recycle(j.done)
			}
			if j.last {
				s.sum <- sum
				return
			}
		}
	}()
	return s
}
