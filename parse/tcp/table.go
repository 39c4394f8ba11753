package tcp

import (
	"encoding/binary"
	"errors"
	"net"
	"slices"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/reassembly"
)

const (
	// pagesPerConnection bounds what waits for a segment that is missing;
	// a page is about 1900 bytes. Past it, the segment counts as lost.
	pagesPerConnection = 2048
	pagesTotal         = 16384
	// staleAfter is when a segment that is missing counts as lost, and
	// sweepEvery how often that is looked for, in packets.
	staleAfter = 2 * time.Minute
	sweepEvery = 1 << 14
	// goneAfter is when a connection that was never closed counts as ended; a
	// link that is up has traffic every few seconds.
	goneAfter = 15 * time.Minute
	// maxFlows bounds the connections that are followed at a time, and
	// maxFiles those of them that are so large that they need a file. What
	// comes beyond is counted, and told.
	maxFlows = 1 << 17
	maxFiles = 512
	// busyGoneAfter is goneAfter for a capture with more connections.
	busyGoneAfter = time.Minute
)

// table holds the connections of a capture.
type table struct {
	sorter     Sorter
	packets    int64
	err        error
	assemblies []*assembly // those that are kept, or may be
	dropped    int
	flaws      []Flaw
	assembler  *reassembly.Assembler
	used       map[flow]*reuse
	open       int    // connections that the assembler holds
	begun      uint64 // connections that were told apart so far
	decoder    *decoder
	unread     unread
	room       room
	swept      int64  // number of the packet at which sweep ran last
	current    *reuse // that of the segment at hand
	// flushed is what waits for its turn while the assembler gives up; nil else.
	flushed map[*assembly][]delivery
	pieces  []piece // of what the assembler gives at a time
}

// flow is a pair of endpoints, in one direction.
type flow struct{ net, tcp gopacket.Flow }

// reuse is the latest connection between two endpoints.
type reuse struct {
	number uint64
	syn    uint32 // sequence number of the SYN that began it
	known  bool   // that SYN was seen
	last   time.Time
	// assembly puts it together; nil until a segment of it came.
	assembly *assembly
}

func newTable(s Sorter) *table {
	t := &table{sorter: s, used: map[flow]*reuse{}, decoder: newDecoder()}
	t.assembler = reassembly.NewAssembler(reassembly.NewStreamPool(t))
	t.assembler.MaxBufferedPagesPerConnection = pagesPerConnection
	t.assembler.MaxBufferedPagesTotal = pagesTotal
	return t
}

// segment hands a TCP segment to the assembler; cut is how many bytes of its
// payload were not recorded.
func (t *table) segment(network gopacket.Flow, tcp *layers.TCP, ci gopacket.CaptureInfo, cut int) {
	r, back := t.follow(flow{network, tcp.TransportFlow()}, tcp, ci.Timestamp)
	if r == nil {
		t.unread.crowded++
		return
	}
	// Of a connection that was dropped only the end is of interest.
	if r.assembly == nil || !r.assembly.dropped || tcp.SYN || tcp.FIN || tcp.RST {
		t.current = r
		// The assembler gives back the CaptureInfo of each piece; of it, nobody else
		// wants the length, and the number that was acknowledged takes its place.
		context := &packetContext{ci, cut, ci.Length, network}
		context.info.Length = int(tcp.Ack)
		t.assembler.AssembleWithContext(r.flow(back), tcp, context)
	}
	if t.packets%sweepEvery == 0 {
		t.sweep(ci.Timestamp, goneAfter)
	}
}

// flow stands for the hosts before the assembler, which tells connections
// apart by their endpoints alone: those of one number are one connection.
func (r *reuse) flow(back bool) gopacket.Flow {
	one := binary.BigEndian.AppendUint64(nil, r.number<<1)
	other := binary.BigEndian.AppendUint64(nil, r.number<<1|1)
	if back {
		one, other = other, one
	}
	return gopacket.NewFlow(gopacket.EndpointInvalid, one, other)
}

// sweep gives up what is waited for too long, so that memory does not grow
// with the connections of a long capture.
func (t *table) sweep(now time.Time, goneAfter time.Duration) {
	t.swept = t.packets
	t.flush(func() {
		t.assembler.FlushWithOptions(reassembly.FlushOptions{
			T: now.Add(-staleAfter), TC: now.Add(-goneAfter)})
	})
	for f, r := range t.used {
		if r.last.Before(now.Add(-goneAfter)) {
			delete(t.used, f)
		}
	}
	t.assemblies = slices.DeleteFunc(t.assemblies, func(a *assembly) bool { return a.verdict == Drop })
}

// packetContext is what the assembler keeps with each piece.
type packetContext struct {
	info    gopacket.CaptureInfo
	cut     int
	length  int // of the packet as it was sent
	network gopacket.Flow
}

// GetCaptureInfo makes it a reassembly.AssemblerContext.
func (c *packetContext) GetCaptureInfo() gopacket.CaptureInfo { return c.info }

// follow finds the connection to which a segment belongs, and whether it goes
// against the direction of the first one; nil if there are too many. A SYN
// that is not the same as before begins another one between known endpoints.
func (t *table) follow(f flow, tcp *layers.TCP, now time.Time) (r *reuse, back bool) {
	if r = t.used[f]; r == nil {
		reverse := flow{f.net.Reverse(), f.tcp.Reverse()}
		if r = t.used[reverse]; r != nil {
			f, back = reverse, true
		}
	}
	syn := tcp.SYN && !tcp.ACK
	if r == nil || syn && r.known && r.syn != tcp.Seq {
		if !t.hasRoom(now) {
			return nil, false
		}
		t.begun++
		r = &reuse{number: t.begun}
		t.used[f] = r
	}
	if syn {
		r.known, r.syn = true, tcp.Seq
	}
	r.last = now
	return r, back
}

// hasRoom reports whether one more connection may be followed.
func (t *table) hasRoom(now time.Time) bool {
	full := func() bool { return max(len(t.used), t.open) >= maxFlows }
	if full() && t.packets-t.swept >= sweepEvery {
		t.sweep(now, busyGoneAfter)
	}
	return !full()
}

// New makes a connection (reassembly.StreamFactory).
func (t *table) New(_, transport gopacket.Flow, _ *layers.TCP,
	ac reassembly.AssemblerContext) reassembly.Stream {
	c := &Connection{Began: ac.GetCaptureInfo().Timestamp}
	if p, ok := ac.(*packetContext); ok {
		src, dst := p.network.Endpoints()
		from, to := transport.Endpoints()
		c.Ends = [2]string{endpoint(src, from), endpoint(dst, to)}
	}
	a := &assembly{Connection: c, table: t}
	t.current.assembly = a
	t.assemblies = append(t.assemblies, a)
	t.open++
	return a
}

func endpoint(host, port gopacket.Endpoint) string {
	return net.JoinHostPort(host.String(), port.String())
}

// rest forgets all but the connections that are kept, once everything was read.
func (t *table) rest() {
	t.assemblies = slices.DeleteFunc(t.assemblies, func(a *assembly) bool { return a.verdict != Keep })
	t.sorter, t.assembler, t.decoder, t.used, t.current = nil, nil, nil, nil, nil
}

func (t *table) close() error {
	var errs []error
	for _, a := range t.assemblies {
		errs = append(errs, a.drop())
	}
	return errors.Join(errs...)
}

func (t *table) fail(err error) {
	if t.err == nil {
		t.err = err
	}
}
