package cause

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/redsleuth/redsleuth/parse/tempfile"
)

// A scratch is a temporary file that is written to its end and read at will.
// Both its name and that of its folder are gone as soon as it is open: nothing
// is left behind, whatever way the program ends.
type scratch struct {
	file *os.File
	out  *bufio.Writer
	at   int64 // of the next byte to be written
}

const (
	scratchWrites = 1 << 20
	scratchReads  = 256 << 10
)

func newScratch() (*scratch, error) {
	f, err := tempfile.New("redsleuth-cause")
	if err != nil {
		return nil, err
	}
	return &scratch{file: f, out: bufio.NewWriterSize(f, scratchWrites)}, nil
}

func (s *scratch) close() error { return s.file.Close() }

func (s *scratch) write(b []byte) error {
	n, err := s.out.Write(b)
	s.at += int64(n)
	if err != nil {
		return &scratchError{err}
	}
	return nil
}

// A scratchError is one of a temporary file, such as a full disk. It may come up
// while a stream is read, and is none of that stream's.
type scratchError struct{ error }

func (e *scratchError) Unwrap() error { return e.error }

// ownError takes off what says that an error is a stream's, where it is none.
func ownError(err error) error {
	var own *scratchError
	if errors.As(err, &own) {
		return fmt.Errorf("diff's temporary file: %w", own.error)
	}
	return err
}

// read starts at a place and ends before another.
func (s *scratch) read(from, to int64) (*bufio.Reader, error) {
	if err := s.out.Flush(); err != nil {
		return nil, err
	}
	return bufio.NewReaderSize(io.NewSectionReader(s.file, from, to-from), scratchReads), nil
}

// readAt reads so many bytes from a place on.
func (s *scratch) readAt(from, size int64) ([]byte, error) {
	if err := s.out.Flush(); err != nil {
		return nil, err
	}
	b := make([]byte, size)
	_, err := s.file.ReadAt(b, from)
	return b, err
}

// skip steps over n bytes.
func skip(in *bufio.Reader, n int64) error {
	for n > 0 {
		done, err := in.Discard(int(min(n, 1<<30)))
		if n -= int64(done); err != nil {
			return err
		}
	}
	return nil
}
