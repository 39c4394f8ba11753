package verify

import (
	"bytes"
	"io"
)

// A stream hands a long value to the goroutine that checks it.
type stream struct {
	chunks chan []byte
	left   []byte
	// Set before chunks is closed, and to be read after that.
	dropped bool // the value did not come whole
	of      head // with its size
}

func newStream() *stream { return &stream{chunks: make(chan []byte, chunksAhead)} }

// write hands over a copy of b.
func (s *stream) write(b []byte) {
	if len(b) > 0 {
		s.chunks <- bytes.Clone(b)
	}
}

// Read implements io.Reader.
func (s *stream) Read(p []byte) (int, error) {
	if len(s.left) == 0 {
		chunk, ok := <-s.chunks
		if !ok {
			return 0, io.EOF
		}
		s.left = chunk
	}
	n := copy(p, s.left)
	s.left = s.left[n:]
	return n, nil
}

// drain takes what nobody wants to read any more.
func (s *stream) drain() {
	for range s.chunks {
	}
}
