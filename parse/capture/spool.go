package capture

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/link"
)

const (
	// memoryPerSpool is what one direction may hold before it goes to disk.
	memoryPerSpool = 1 << 20
	// memoryForAll is what all of them may hold.
	memoryForAll = 32 << 20
	pieceHeader  = 8 + 8 + 4 // time, packet, length
	keptMarks    = 8192      // behind the one that was asked for last
)

// A piece is what one packet brought.
type piece struct {
	missing int64 // bytes lost before it
	time    time.Time
	packet  int64
	data    []byte
}

// room is what the spools of a capture take up together.
type room struct {
	memory int
	files  int
}

// errNoRoom: there are too many large connections.
var errNoRoom = errors.New("too many connections that are large")

// A spool holds what one side sent: its bytes without the holes, each piece
// with its time and packet before it, in memory or in a temporary file.
type spool struct {
	room   *room
	memory bytes.Buffer
	file   *os.File // unlinked at once, so that nothing is left behind
	out    *bufio.Writer
	size   int64 // bytes of data
	gaps   []link.Gap
	last   time.Time
	packet int64
}

func (s *spool) add(p piece) error {
	if p.missing > 0 {
		s.addGap(p)
	}
	s.last, s.packet = p.time, p.packet
	if len(p.data) == 0 {
		return nil
	}
	s.size += int64(len(p.data))
	var head [pieceHeader]byte
	binary.LittleEndian.PutUint64(head[:], uint64(p.time.UnixNano()))
	binary.LittleEndian.PutUint64(head[8:], uint64(p.packet))
	binary.LittleEndian.PutUint32(head[16:], uint32(len(p.data)))
	return errors.Join(s.write(head[:]), s.write(p.data))
}

// addGap notes a hole; two with no bytes between them are one.
func (s *spool) addGap(p piece) {
	if n := len(s.gaps); n > 0 && s.gaps[n-1].Byte == s.size {
		s.gaps[n-1].Missing += p.missing
		s.gaps[n-1].To = p.time
		return
	}
	s.gaps = append(s.gaps, link.Gap{Byte: s.size, Missing: p.missing, From: s.last, To: p.time, Packet: p.packet})
}

func (s *spool) write(b []byte) error {
	if s.file == nil && s.memory.Len()+len(b) <= memoryPerSpool && s.room.memory+len(b) <= memoryForAll {
		s.room.memory += len(b)
		s.memory.Write(b)
		return nil
	}
	if s.file == nil {
		if err := s.toFile(); err != nil {
			return err
		}
	}
	_, err := s.out.Write(b)
	return err
}

// toFile goes on in a file, what is in memory first.
func (s *spool) toFile() error {
	if s.room.files >= maxFiles {
		return errNoRoom
	}
	file, err := os.CreateTemp("", "redsleuth-capture-*")
	if err != nil {
		return err
	}
	if err := os.Remove(file.Name()); err != nil {
		return errors.Join(err, file.Close())
	}
	s.file, s.out = file, bufio.NewWriterSize(file, 1<<15)
	s.room.files++
	_, err = s.out.Write(s.memory.Bytes())
	s.room.memory -= s.memory.Len()
	s.memory = bytes.Buffer{}
	return err
}

func (s *spool) close() error {
	s.room.memory -= s.memory.Len()
	s.memory = bytes.Buffer{}
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file = nil
	s.room.files--
	return err
}

// open reads the spool from its front.
func (s *spool) open() (*spoolReader, error) {
	if s == nil {
		return &spoolReader{r: bytes.NewReader(nil)}, nil
	}
	if s.file == nil {
		return &spoolReader{r: bytes.NewReader(s.memory.Bytes())}, nil
	}
	if err := s.out.Flush(); err != nil {
		return nil, err
	}
	return &spoolReader{r: bufio.NewReaderSize(io.NewSectionReader(s.file, 0, 1<<62), 1<<16)}, nil
}

// cursor goes over what r reads of the spool, with blocks no larger than that.
func (s *spool) cursor(r *spoolReader) *parse.Cursor {
	const smallest, largest = 4 << 10, 256 << 10
	size := int64(0)
	if s != nil {
		size = s.size
	}
	return parse.NewCursorSize(r, 0, int(min(max(size, smallest), largest)))
}

// A spoolReader reads the bytes of a spool and remembers, for those that were
// read lately, the time and packet they came with. One goroutine may read
// while another one asks.
type spoolReader struct {
	r    io.Reader
	left int // of the piece that is being read
	at   int64

	mu      sync.Mutex
	marks   []mark
	current int // the mark that answered last
}

// mark: the bytes from byte on came with this packet.
type mark struct {
	byte   int64
	time   time.Time
	packet int64
}

func (s *spoolReader) Read(p []byte) (int, error) {
	if s.left == 0 {
		var head [pieceHeader]byte
		if _, err := io.ReadFull(s.r, head[:]); err != nil {
			return 0, err
		}
		s.left = int(binary.LittleEndian.Uint32(head[16:]))
		s.mu.Lock()
		s.marks = append(s.marks, mark{
			byte:   s.at,
			time:   time.Unix(0, int64(binary.LittleEndian.Uint64(head[:]))).UTC(),
			packet: int64(binary.LittleEndian.Uint64(head[8:])),
		})
		s.mu.Unlock()
	}
	n, err := s.r.Read(p[:min(len(p), s.left)])
	s.left -= n
	s.at += int64(n)
	return n, err
}

// when tells the time and packet of a byte. Bytes have to be asked for in
// ascending order, or nearly: what lies far before the last one is forgotten.
func (s *spoolReader) when(byte int64) (time.Time, int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.current+1 < len(s.marks) && s.marks[s.current+1].byte <= byte {
		s.current++
	}
	for s.current > 0 && s.marks[s.current].byte > byte {
		s.current--
	}
	if s.current > keptMarks {
		forget := s.current - keptMarks/2
		s.marks = append(s.marks[:0], s.marks[forget:]...)
		s.current -= forget
	}
	if s.current >= len(s.marks) {
		return time.Time{}, 0
	}
	return s.marks[s.current].time, s.marks[s.current].packet
}
