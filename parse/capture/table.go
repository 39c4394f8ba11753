package capture

import (
	"errors"
	"net"
	"slices"
	"sort"
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
	// maxGenerations bounds how often a pair of endpoints is told apart.
	maxGenerations = 256
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
	packets int64
	err     error
	conns   []*connection // those that are or may be links
	ignored int           // connections that are none
	// assemblers[n] has the n-th connection of each pair of endpoints that
	// was used again without the one before having been closed.
	assemblers []*reassembly.Assembler
	used       map[flow]*reuse
	decoder    *decoder
	unread     unread
	oneWay     int64 // connections of which one direction alone was recorded
	room       room
	swept      int64 // number of the packet at which sweep ran last
}

// flow is a pair of endpoints, in one direction.
type flow struct{ net, tcp gopacket.Flow }

// reuse counts the connections between two endpoints.
type reuse struct {
	generation int
	syn        uint32 // sequence number of the SYN that began the latest
	known      bool
	last       time.Time
}

func newTable() *table { return &table{used: map[flow]*reuse{}, decoder: newDecoder()} }

// segment hands a TCP segment to the assembler.
// cut is how many bytes of its payload were not recorded.
func (t *table) segment(network gopacket.Flow, tcp *layers.TCP, ci gopacket.CaptureInfo, cut int) {
	r := t.follow(flow{network, tcp.TransportFlow()}, ci.Timestamp)
	if r == nil {
		t.unread.crowded++
		return
	}
	n := r.take(tcp, ci.Timestamp)
	for n >= len(t.assemblers) {
		a := reassembly.NewAssembler(reassembly.NewStreamPool(t))
		a.MaxBufferedPagesPerConnection, a.MaxBufferedPagesTotal = pagesPerConnection, pagesTotal
		t.assemblers = append(t.assemblers, a)
	}
	a := t.assemblers[n]
	a.AssembleWithContext(network, tcp, &packetContext{ci, cut})
	if t.packets%sweepEvery == 0 {
		t.sweep(ci.Timestamp, goneAfter)
	}
}

// sweep gives up what is waited for too long, so that memory does not grow
// with the connections of a long capture.
func (t *table) sweep(now time.Time, goneAfter time.Duration) {
	t.swept = t.packets
	for _, a := range t.assemblers {
		a.FlushWithOptions(reassembly.FlushOptions{T: now.Add(-staleAfter), TC: now.Add(-goneAfter)})
	}
	for f, r := range t.used {
		if r.last.Before(now.Add(-goneAfter)) {
			delete(t.used, f)
		}
	}
	t.conns = slices.DeleteFunc(t.conns, func(c *connection) bool { return c.verdict == isOther })
}

// packetContext is what the assembler keeps with each piece.
type packetContext struct {
	info gopacket.CaptureInfo
	cut  int
}

// GetCaptureInfo makes it a reassembly.AssemblerContext.
func (c *packetContext) GetCaptureInfo() gopacket.CaptureInfo { return c.info }

// follow finds what is known of a pair of endpoints; nil if there are too many.
func (t *table) follow(f flow, now time.Time) *reuse {
	if r := t.used[f]; r != nil {
		return r
	}
	if r := t.used[flow{f.net.Reverse(), f.tcp.Reverse()}]; r != nil {
		return r
	}
	if len(t.used) >= maxFlows {
		if t.packets-t.swept < sweepEvery {
			return nil
		}
		if t.sweep(now, busyGoneAfter); len(t.used) >= maxFlows {
			return nil
		}
	}
	r := &reuse{}
	t.used[f] = r
	return r
}

// take tells a new connection between known endpoints from a SYN that was sent
// again, and returns its generation.
func (r *reuse) take(tcp *layers.TCP, now time.Time) int {
	if tcp.SYN && !tcp.ACK {
		if r.known && r.syn != tcp.Seq {
			r.generation = (r.generation + 1) % maxGenerations
		}
		r.known, r.syn = true, tcp.Seq
	}
	r.last = now
	return r.generation
}

// New makes a connection (reassembly.StreamFactory).
func (t *table) New(network, transport gopacket.Flow, _ *layers.TCP, ac reassembly.AssemblerContext) reassembly.Stream {
	c := &connection{table: t, began: ac.GetCaptureInfo().Timestamp}
	src, dst := network.Endpoints()
	from, to := transport.Endpoints()
	c.ends[0] = endpoint(src, from)
	c.ends[1] = endpoint(dst, to)
	t.conns = append(t.conns, c)
	return c
}

func endpoint(host, port gopacket.Endpoint) string {
	return net.JoinHostPort(host.String(), port.String())
}

func (t *table) flush() {
	for _, a := range t.assemblers {
		a.FlushAll()
	}
}

// replication returns the connections that are links, in the order in which
// they began, and how many are none.
func (t *table) replication() (links []*connection, ignored int) {
	for _, c := range t.conns {
		c.decideAtEnd()
		if c.verdict == isLink {
			c.addTails()
			links = append(links, c)
		}
	}
	sort.SliceStable(links, func(i, j int) bool { return links[i].began.Before(links[j].began) })
	return links, t.ignored
}

func (t *table) close() error {
	var errs []error
	for _, c := range t.conns {
		errs = append(errs, c.drop())
	}
	return errors.Join(errs...)
}

func (t *table) fail(err error) {
	if t.err == nil {
		t.err = err
	}
}
