package tcp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/redsleuth/redsleuth/parse"
)

// A Flaw is a place of the input at which it is not as a capture is written.
type Flaw struct {
	Kind FlawKind
	// Byte and Bytes are its place in the input, Packet the number of packets
	// before it.
	Byte, Bytes, Packet int64
}

// FlawKind says what is at the place.
type FlawKind uint8

// The kinds of flaw.
const (
	// Joined: another capture begins, which is read too.
	Joined FlawKind = iota
	// Zeros: nothing but zeros, where packets were.
	Zeros
	// Skipped: no packets; reading continues after the bytes.
	Skipped
	// Beheaded: the header is gone, and the bytes before the first whole packet.
	Beheaded
)

const (
	// maxCaptured is what libpcap takes for the longest packet.
	maxCaptured = 262144
	recordSize  = 16 // header of a packet
	fileSize    = 24 // header of a pcap file
	minZeros    = 16 // of them in a row are no packet
	maxFlaws    = 1 << 10
	// searched is how far is looked at a time for a place where packets begin.
	searched = 4 * maxCaptured
)

// files reads the packets of all captures that the input holds, one after
// another.
type files struct {
	c       *parse.Cursor
	packets int64 // so far
	flaws   []Flaw
	pcap    *pcapHeader // of the file that is read; nil for pcapng
	ng      *pcapgo.NgReader
	blocks  *blocks
	last    uint32 // seconds of the last packet; 0 before the first
}

// pcapHeader is what the header of a pcap file tells.
type pcapHeader struct {
	order binary.ByteOrder
	nanos uint32 // of a unit of time
	kind  layers.LinkType
}

// openFiles reads the header of the first.
func openFiles(c *parse.Cursor) (*files, error) {
	f := &files{c: c}
	return f, f.open()
}

// open begins to read the file whose header is next.
func (f *files) open() error {
	w, err := f.c.Fill(fileSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	f.pcap, f.ng = nil, nil
	if h, ok := parseHeader(w); ok {
		f.pcap = &h
		f.c.Advance(fileSize)
		return nil
	}
	if _, ok := sectionOrder(w); !ok && f.c.Offset() == 0 {
		if more, err := f.beheaded(); more || err != nil {
			return err
		}
	}
	f.blocks = &blocks{files: f}
	f.ng, err = pcapgo.NewNgReader(f.blocks,
		pcapgo.NgReaderOptions{WantMixedLinkType: true, SkipUnknownVersion: true})
	return err
}

// beheaded goes to the first packet of a pcap file whose header is gone.
func (f *files) beheaded() (bool, error) {
	w, err := f.c.Fill(searched)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	at, h, ok := headless(w)
	if !ok {
		return false, nil
	}
	f.pcap = &h
	zeros := len(w[:at]) - len(bytes.TrimLeft(w[:at], "\x00"))
	if zeros >= minZeros {
		f.flaw(Zeros, 0, int64(zeros))
	} else {
		zeros = 0
	}
	f.flaw(Beheaded, int64(zeros), int64(at-zeros))
	f.c.Advance(at)
	return true, nil
}

// parseHeader parses the header of a pcap file.
func parseHeader(w []byte) (h pcapHeader, ok bool) {
	if len(w) < fileSize {
		return h, false
	}
	switch binary.LittleEndian.Uint32(w) {
	case 0xa1b2c3d4:
		h.order, h.nanos = binary.LittleEndian, 1000
	case 0xa1b23c4d:
		h.order, h.nanos = binary.LittleEndian, 1
	case 0xd4c3b2a1:
		h.order, h.nanos = binary.BigEndian, 1000
	case 0x4d3cb2a1:
		h.order, h.nanos = binary.BigEndian, 1
	default:
		return h, false
	}
	// The upper half of the link type tells of checksums behind the frames.
	h.kind = layers.LinkType(h.order.Uint32(w[20:]) & 0xffff)
	return h, h.order.Uint16(w[4:]) == 2 && h.order.Uint16(w[6:]) == 4
}

// beginsFile reports whether a capture begins at w.
func beginsFile(w []byte) bool {
	if _, ok := parseHeader(w); ok {
		return true
	}
	_, ok := sectionOrder(w)
	return ok
}

// findFile is where a capture begins in w, or -1.
func findFile(w []byte) int {
	for i := range w {
		switch w[i] {
		case 0xa1, 0xd4, 0x4d, 0x0a:
			if beginsFile(w[i:]) {
				return i
			}
		}
	}
	return -1
}

// next returns the next packet, borrowed, with its link type; io.EOF after the
// last.
func (f *files) next() ([]byte, gopacket.CaptureInfo, layers.LinkType, error) {
	for {
		data, ci, kind, err := f.nextOfFile()
		if err == nil {
			f.packets++
			return data, ci, kind, nil
		}
		if !errors.Is(err, errNextFile) {
			return nil, ci, kind, err
		}
		f.flaw(Joined, f.c.Offset(), 0)
		if err := f.open(); err != nil {
			return nil, ci, kind, err
		}
	}
}

// errNextFile: another capture begins at the cursor.
var errNextFile = errors.New("another capture")

func (f *files) nextOfFile() ([]byte, gopacket.CaptureInfo, layers.LinkType, error) {
	if f.pcap != nil {
		data, ci, err := f.nextRecord()
		return data, ci, f.pcap.kind, err
	}
	data, ci, err := f.ng.ZeroCopyReadPacketData()
	kind := f.ng.LinkType()
	if err == nil && len(ci.AncillaryData) > 0 {
		if k, ok := ci.AncillaryData[0].(layers.LinkType); ok {
			kind = k
		}
	}
	ci.AncillaryData = nil
	if errors.Is(err, io.EOF) && f.blocks.another {
		err = errNextFile
	}
	return data, ci, kind, err
}

// packetHeader is a packet's header in a pcap file.
type packetHeader struct{ seconds, fraction, captured, length uint32 }

func (h *pcapHeader) packet(w []byte) packetHeader {
	return packetHeader{h.order.Uint32(w), h.order.Uint32(w[4:]), h.order.Uint32(w[8:]), h.order.Uint32(w[12:])}
}

// believable: tcpdump may have written such a header.
func (h *pcapHeader) believable(p packetHeader) bool {
	return p.captured <= maxCaptured && p.captured <= p.length && p.length > 0 &&
		uint64(p.fraction)*uint64(h.nanos) < uint64(time.Second)
}

// nextRecord reads a packet of a pcap file.
func (f *files) nextRecord() (data []byte, ci gopacket.CaptureInfo, err error) {
	for {
		w, err := f.c.Fill(fileSize)
		switch {
		case err != nil && !errors.Is(err, io.EOF):
			return nil, ci, err
		case len(w) == 0:
			return nil, ci, io.EOF
		case beginsFile(w):
			return nil, ci, errNextFile
		case allZero(w[:min(len(w), minZeros)]):
			if more, err := f.overZeros(); err != nil || !more {
				return nil, ci, orEnd(err)
			}
			if err := f.resume(0, f.chain); err != nil {
				return nil, ci, err
			}
			continue
		case len(w) < recordSize:
			f.c.Advance(len(w))
			return nil, ci, io.ErrUnexpectedEOF
		}
		p := f.pcap.packet(w)
		if p.captured > maxCaptured {
			if err := f.resume(1, f.chain); err != nil {
				return nil, ci, err
			}
			continue
		}
		data, again, err := f.take(p)
		if err != nil || !again {
			return data, gopacket.CaptureInfo{
				Timestamp:     time.Unix(int64(p.seconds), int64(p.fraction)*int64(f.pcap.nanos)).UTC(),
				CaptureLength: len(data), Length: int(p.length),
			}, err
		}
	}
}

// take takes a packet, after a look at what is behind it: a capture that was
// cut, with another one put after it, or zeros. again: there was none.
func (f *files) take(p packetHeader) (data []byte, again bool, err error) {
	end := recordSize + int(p.captured)
	w, err := f.c.Fill(end + fileSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, false, err
	}
	after := w[min(len(w), end):]
	switch {
	case len(w) >= end && f.follows(after):
	case len(w) >= end && allZero(after[:min(len(after), minZeros)]):
		if zeros := trailingZeros(w[recordSize:end]); zeros >= minZeros {
			b, err := f.c.Take(end - zeros) // the rest of it is what comes next
			return b[min(len(b), recordSize):], end-zeros == recordSize, err
		}
	default:
		if i := findFile(w[recordSize:]); i >= 0 {
			f.flaw(Skipped, f.c.Offset(), int64(recordSize+i))
			f.c.Advance(recordSize + i)
			return nil, true, nil
		}
		if len(w) < end {
			f.c.Advance(len(w))
			return nil, false, io.ErrUnexpectedEOF
		}
	}
	f.last = p.seconds
	b, err := f.c.Take(end)
	return b[min(len(b), recordSize):], false, err
}

// follows: a packet, a capture or the end follows at w.
func (f *files) follows(w []byte) bool {
	return len(w) < recordSize && !allZero(w) || len(w) == 0 || beginsFile(w) ||
		len(w) >= recordSize && f.pcap.believable(f.pcap.packet(w))
}

// overZeros moves over a run of zeros, and reports whether anything follows.
func (f *files) overZeros() (more bool, err error) {
	from := f.c.Offset()
	for {
		w, err := f.c.Fill(searched)
		if err != nil && !errors.Is(err, io.EOF) {
			return false, err
		}
		i := len(w) - len(bytes.TrimLeft(w, "\x00"))
		f.c.Advance(i)
		if i < len(w) || len(w) == 0 {
			f.flaw(Zeros, from, f.c.Offset()-from)
			return len(w) > 0, nil
		}
	}
}

// resume goes to the next place where begins says that packets do, and is
// damage where none does. whole: the input ends with w. known of the bytes that
// come begin nothing.
func (f *files) resume(known int, begins func(w []byte, whole bool) bool) error {
	from := f.c.Offset()
	for {
		w, err := f.c.Fill(searched)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		whole := err != nil
		last := len(w)
		if !whole {
			last /= 2
		}
		for i := min(known, last); i < last; i++ {
			if beginsFile(w[i:]) || begins(w[i:], whole) {
				f.c.Advance(i)
				if n := f.c.Offset() - from; n > 0 {
					f.flaw(Skipped, from, n)
				}
				return nil
			}
		}
		known = 0
		f.c.Advance(last)
		if whole {
			return parse.At(from, parse.Damaged(
				"packet %d of the capture can't be read, and nothing after it", f.packets+1))
		}
	}
}

// chain: three packets begin one after another at w, or as many as there are,
// at times near that of the last.
func (f *files) chain(w []byte, whole bool) bool {
	const enough, day = 3, 86400
	for n := range enough {
		if len(w) == 0 {
			return n > 0
		}
		if len(w) < recordSize {
			return n > 0 && whole
		}
		p := f.pcap.packet(w)
		if !f.pcap.believable(p) || p.captured == 0 ||
			f.last > 0 && max(p.seconds, f.last)-min(p.seconds, f.last) > 30*day {
			return n > 1 && (beginsFile(w) || allZero(w[:minZeros]))
		}
		end := recordSize + int(p.captured)
		if end > len(w) {
			return n > 0 && whole
		}
		w = w[end:]
	}
	return true
}

func (f *files) flaw(kind FlawKind, byte, n int64) {
	if len(f.flaws) < maxFlaws {
		f.flaws = append(f.flaws, Flaw{kind, byte, n, f.packets})
	}
}

// orEnd is the error, or the end of the input.
func orEnd(err error) error {
	if err == nil {
		return io.EOF
	}
	return err
}

func allZero(b []byte) bool { return trailingZeros(b) == len(b) }

func trailingZeros(b []byte) int { return len(b) - len(bytes.TrimRight(b, "\x00")) }
