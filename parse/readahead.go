package parse

import (
	"io"
	"sync"

	"github.com/redsleuth/redsleuth/parse/crc64"
)

const (
	blockSize = 256 << 10
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
// decompression overlap with decoding.
type readAhead struct {
	full chan *block
	free chan *block
	stop chan struct{}
	once sync.Once
}

func newReadAhead(r io.Reader, size int) *readAhead {
	ra := &readAhead{
		full: make(chan *block, blocksAhead),
		free: make(chan *block, blocksAhead+3),
		stop: make(chan struct{}),
	}
	go ra.run(r, size)
	return ra
}

func (ra *readAhead) run(r io.Reader, size int) {
	defer close(ra.full)
	room := min(headroom, size)
	for {
		b := ra.block(room + size)
		if b == nil {
			return
		}
		b.buf, b.start = b.buf[:room+size], room
		n, err := io.ReadFull(r, b.buf[room:])
		b.buf = b.buf[:room+n]
		if err == io.ErrUnexpectedEOF {
			err = io.EOF
		}
		b.err = err
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

// block hands out a used block, or a new one; nil when stopped.
func (ra *readAhead) block(size int) *block {
	select {
	case <-ra.stop:
		return nil
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

func (ra *readAhead) close() { ra.once.Do(func() { close(ra.stop) }) }

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
