package hashjoin

import (
	"os"

	"github.com/redsleuth/redsleuth/parse/tempfile"
)

// A spill is a temporary file of blocks of equal size. It is in a private
// folder, and both names are removed as soon as it is open: nothing is left
// behind, whatever way the program ends.
type spill struct {
	file   *os.File
	block  int
	buf    []byte // blocks not yet written
	blocks int64  // all of them
	in     []byte
}

// spillBuffer is about how much is written at a time, in bytes.
const spillBuffer = 256 << 10

func newSpill(block int) (*spill, error) {
	f, err := tempfile.New("redsleuth-diff")
	if err != nil {
		return nil, err
	}
	return &spill{file: f, block: block}, nil
}

// add appends a block and returns its number. A block that is too short is
// filled up with zeros.
func (s *spill) add(b []byte) (int64, error) {
	s.buf = append(s.buf, b...)
	s.buf = append(s.buf, make([]byte, s.block-len(b))...)
	s.blocks++
	if len(s.buf) >= spillBuffer {
		return s.blocks - 1, s.flush()
	}
	return s.blocks - 1, nil
}

func (s *spill) flush() error {
	_, err := s.file.Write(s.buf)
	s.buf = s.buf[:0]
	return err
}

// read returns count blocks from number n on, borrowed until the next read.
func (s *spill) read(n int64, count int) ([]byte, error) {
	if len(s.buf) > 0 {
		if err := s.flush(); err != nil {
			return nil, err
		}
	}
	if size := count * s.block; cap(s.in) < size {
		s.in = make([]byte, size)
	}
	b := s.in[:count*s.block]
	_, err := s.file.ReadAt(b, n*int64(s.block))
	return b, err
}

func (s *spill) close() error { return s.file.Close() }
