package input

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
)

// A sum is the SHA-256 of an input's bytes as stored. A file is summed beside
// the reading, through a reader of its own, since not every reading goes to the
// end, and some go over parts twice; what comes through a pipe, as it comes.
type sum struct {
	done chan struct{} // closed once a file is summed
	pipe io.Reader     // what is left of a pipe
	hash hash.Hash
	// files are those of a set, which has no sum of its own.
	files []FileSum
	err   error
	// stopped: nobody waits for it any more.
	stopped atomic.Bool
}

// A stoppable reader ends when its sum is stopped.
type stoppable struct {
	io.Reader
	of *sum
}

func (r stoppable) Read(p []byte) (int, error) {
	if r.of.stopped.Load() {
		return 0, io.ErrClosedPipe
	}
	return r.Reader.Read(p)
}

// A FileSum is a file of a set, with its bytes as stored.
type FileSum struct {
	Name   string
	Bytes  int64
	SHA256 string // in hexadecimal
}

// StartSum begins to sum a file, or those of a set; SHA256 and FileSums wait for
// it. It does nothing for a pipe, of which only Options.Sum can tell.
func (in *Input) StartSum() {
	if in.file == nil && !in.Folder() || in.sum != nil {
		return
	}
	s := &sum{done: make(chan struct{}), hash: sha256.New()}
	in.sum = s
	go func() {
		defer close(s.done)
		if in.Folder() {
			s.err = s.folder(in.Path)
			return
		}
		_, s.err = s.read(io.NewSectionReader(in.file, 0, 1<<62))
	}()
}

// folder sums each file of a set, with the manifest, and whatever else lies
// beside them.
func (s *sum) folder(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !entry.Type().IsRegular() {
			continue
		}
		if err := s.member(dir, entry.Name()); err != nil {
			return err
		}
	}
	return nil
}

func (s *sum) member(dir, name string) error {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	defer f.Close()
	s.hash.Reset()
	n, err := s.read(f)
	s.files = append(s.files, FileSum{name, n, hex.EncodeToString(s.hash.Sum(nil))})
	return err
}

func (s *sum) read(r io.Reader) (n int64, err error) {
	return io.CopyBuffer(s.hash, stoppable{r, s}, make([]byte, sumBlock))
}

// sumBlock is how much is summed at a time.
const sumBlock = 256 << 10

// summed reads a pipe, and sums what comes.
func (in *Input) summed(pipe io.Reader) io.Reader {
	s := &sum{hash: sha256.New()}
	s.pipe = io.TeeReader(pipe, s.hash)
	in.sum = s
	return s.pipe
}

// FileSums are those of a set's files, by name; nil of any other input, and where
// nobody asked to sum.
func (in *Input) FileSums() ([]FileSum, error) {
	s := in.sum
	if s == nil || !in.Folder() {
		return nil, nil
	}
	<-s.done
	return s.files, s.err
}

// SHA256 is the sum of the bytes as stored, in hexadecimal; "" of a folder, whose
// files have one each, and of what nobody asked to sum. Of a pipe it reads what is
// left, so that nothing may read it at the same time.
func (in *Input) SHA256() (string, error) {
	s := in.sum
	if s == nil || in.Folder() {
		return "", nil
	}
	if s.done != nil {
		<-s.done
	} else if s.pipe != nil {
		_, s.err = io.Copy(io.Discard, s.pipe)
		s.pipe = nil
	}
	if s.err != nil {
		return "", s.err
	}
	return hex.EncodeToString(s.hash.Sum(nil)), nil
}
