package input

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"sync/atomic"
)

// A sum is the SHA-256 of an input's bytes as stored. A file is summed beside
// the reading, through a reader of its own, since not every reading goes to the
// end, and some go over parts twice; what comes through a pipe, as it comes.
type sum struct {
	done chan struct{} // closed once a file is summed
	pipe io.Reader     // what is left of a pipe
	hash hash.Hash
	err  error
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

// StartSum begins to sum a file; SHA256 waits for it. It does nothing for a
// folder, and for a pipe, of which only Options.Sum can tell.
func (in *Input) StartSum() {
	if in.file == nil || in.sum != nil {
		return
	}
	s := &sum{done: make(chan struct{}), hash: sha256.New()}
	in.sum = s
	go func() {
		defer close(s.done)
		_, s.err = io.CopyBuffer(s.hash, stoppable{io.NewSectionReader(in.file, 0, 1<<62), s}, make([]byte, sumBlock))
	}()
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

// SHA256 is the sum of the bytes as stored, in hexadecimal; "" of a folder, and
// of what nobody asked to sum. Of a pipe it reads what is left, so that nothing
// may read it at the same time.
func (in *Input) SHA256() (string, error) {
	s := in.sum
	if s == nil {
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
