package tcp

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
	"github.com/redsleuth/redsleuth/parse/tempfile"
)

const (
	// memoryPerStream is what one direction may hold before it goes to disk.
	memoryPerStream = 1 << 20
	// memoryForAll is what all of them may hold.
	memoryForAll = 32 << 20
	pieceHeader  = 8 + 8 + 4 + 4 // time, packet, length, acknowledged
	keptMarks    = 8192          // before the one that was asked for last
)

// A piece is what one packet brought.
type piece struct {
	missing int64 // bytes lost before it
	time    time.Time
	packet  int64
	acked   uint32 // the sequence number that its packet acknowledged
	data    []byte
}

// room is what the streams of a capture take up together.
type room struct {
	memory int
	files  int
}

// errNoRoom: there are too many large connections.
var errNoRoom = errors.New("too many connections that are large")

// A Gap is a hole in a stream: bytes that were sent and are not there.
type Gap struct {
	// Byte is where they would be, counted from 0 in the bytes that are
	// there.
	Byte int64
	// Missing is how many there were.
	Missing int64
	// From and To are the times of the packets before the hole and after it,
	// and Packet is the number, from 1, of the one after.
	From, To time.Time
	Packet   int64
}

// A Stream holds what one side sent: its bytes without the holes, each piece
// with its time and packet before it, in memory or in a temporary file. A nil
// Stream is empty.
type Stream struct {
	room   *room
	memory bytes.Buffer
	file   *os.File // unlinked at once, so that nothing is left behind
	out    *bufio.Writer
	size   int64 // bytes of data
	gaps   []Gap
	last   time.Time
	packet int64
}

func (s *Stream) add(p piece) error {
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
	binary.LittleEndian.PutUint32(head[20:], p.acked)
	return errors.Join(s.write(head[:]), s.write(p.data))
}

// addGap notes a hole; two with no bytes between them are one.
func (s *Stream) addGap(p piece) {
	if n := len(s.gaps); n > 0 && s.gaps[n-1].Byte == s.size {
		s.gaps[n-1].Missing += p.missing
		s.gaps[n-1].To = p.time
		return
	}
	s.gaps = append(s.gaps,
		Gap{Byte: s.size, Missing: p.missing, From: s.last, To: p.time, Packet: p.packet})
}

func (s *Stream) write(b []byte) error {
	if s.file == nil && s.memory.Len()+len(b) <= memoryPerStream &&
		s.room.memory+len(b) <= memoryForAll {
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

// toFile continues in a file, what is in memory first.
func (s *Stream) toFile() error {
	if s.room.files >= maxFiles {
		return errNoRoom
	}
	file, err := tempfile.New("redsleuth-capture")
	if err != nil {
		return err
	}
	s.file, s.out = file, bufio.NewWriterSize(file, 1<<15)
	s.room.files++
	_, err = s.out.Write(s.memory.Bytes())
	s.room.memory -= s.memory.Len()
	s.memory = bytes.Buffer{}
	return err
}

func (s *Stream) close() error {
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

// Gaps returns the holes, in order.
func (s *Stream) Gaps() []Gap {
	if s == nil {
		return nil
	}
	return s.gaps
}

// Open reads the stream from its front, with none of its gaps. Close the
// reader. Several may be open at a time.
func (s *Stream) Open() (*Reader, error) {
	p, err := s.open(1 << 16)
	if err != nil {
		return nil, err
	}
	const smallest = 4 << 10
	block := smallest
	if s != nil {
		block = int(min(max(s.size, smallest), parse.BlockSize))
	}
	return &Reader{Cursor: parse.NewCursorSize(p, 0, block), pieces: p}, nil
}

// Prefix returns the first n bytes, or all where there are fewer.
func (s *Stream) Prefix(n int) ([]byte, error) {
	p, err := s.open(n)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(p, int64(n)))
}

// open reads the stream from its front, from a file so many bytes at a time.
func (s *Stream) open(buffer int) (*pieces, error) {
	switch {
	case s == nil:
		return &pieces{r: bytes.NewReader(nil)}, nil
	case s.file == nil:
		return &pieces{r: bytes.NewReader(s.memory.Bytes())}, nil
	}
	if err := s.out.Flush(); err != nil {
		return nil, err
	}
	return &pieces{r: bufio.NewReaderSize(io.NewSectionReader(s.file, 0, 1<<62), buffer)}, nil
}

// A Reader is a cursor over a stream that knows when each byte was sent.
type Reader struct {
	*parse.Cursor
	pieces *pieces
}

// When returns the time of the packet that brought a byte, and the packet's
// number in the capture, from 1. Bytes have to be asked for in ascending order,
// or nearly: what lies far before the last one is forgotten.
func (r *Reader) When(byte int64) (time.Time, int64) { return r.pieces.when(byte) }

// Acked returns the sequence number that the packet of a byte acknowledged: all
// before it had come to the sender's system. Bytes are asked for as of When, after
// it.
func (r *Reader) Acked(byte int64) uint32 { return r.pieces.markOf(byte).acked }

// pieces reads the bytes of a stream and remembers, for those that were read
// lately, the time and packet they came with. One goroutine may read while
// another one asks.
type pieces struct {
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
	acked  uint32
}

func (p *pieces) Read(b []byte) (int, error) {
	if p.left == 0 {
		var head [pieceHeader]byte
		if _, err := io.ReadFull(p.r, head[:]); err != nil {
			return 0, err
		}
		p.left = int(binary.LittleEndian.Uint32(head[16:]))
		p.mu.Lock()
		p.marks = append(p.marks, mark{
			byte:   p.at,
			time:   time.Unix(0, int64(binary.LittleEndian.Uint64(head[:]))).UTC(),
			packet: int64(binary.LittleEndian.Uint64(head[8:])),
			acked:  binary.LittleEndian.Uint32(head[20:]),
		})
		p.mu.Unlock()
	}
	n, err := p.r.Read(b[:min(len(b), p.left)])
	p.left -= n
	p.at += int64(n)
	return n, err
}

func (p *pieces) when(byte int64) (time.Time, int64) {
	m := p.markOf(byte)
	return m.time, m.packet
}

// markOf is the mark of a byte, empty where none is known.
func (p *pieces) markOf(byte int64) mark {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.current+1 < len(p.marks) && p.marks[p.current+1].byte <= byte {
		p.current++
	}
	for p.current > 0 && p.marks[p.current].byte > byte {
		p.current--
	}
	if p.current > keptMarks {
		forget := p.current - keptMarks/2
		p.marks = append(p.marks[:0], p.marks[forget:]...)
		p.current -= forget
	}
	if p.current >= len(p.marks) {
		return mark{}
	}
	return p.marks[p.current]
}
