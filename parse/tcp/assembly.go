package tcp

import (
	"errors"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/reassembly"
)

// An assembly puts a connection together (reassembly.Stream).
type assembly struct {
	*Connection
	table   *table
	sides   [2]sequence
	verdict Verdict
	// dropped: nothing of it was wanted, and nothing will be.
	dropped bool
	// listener is that of a connection that is followed.
	listener Listener
}

// sequence follows the sequence numbers of one direction.
type sequence struct {
	known bool
	base  uint32 // number of the first byte
	// total counts the bytes that came out of the assembler, lost ones too.
	total int64
	// reach is the number after the last byte that is known to have been
	// sent: a segment held it, or the other side acknowledged it.
	reach uint32
	fin   bool
	end   uint32 // number of the FIN
}

func (q *sequence) upTo(number uint32) {
	if q.known && int32(number-q.reach) > 0 {
		q.reach = number
	}
}

// lost is how many bytes were sent after the last one that is there.
func (q *sequence) lost() int64 {
	reach := q.reach
	if q.fin && int32(reach-q.end) > 0 { // the FIN has a number of its own
		reach = q.end
	}
	if !q.known {
		return 0
	}
	return int64(max(0, int32(reach-q.base-uint32(q.total))))
}

// number keeps the sequence numbers of a segment in direction d, of whose
// payload cut bytes were not recorded.
func (a *assembly) number(d int, tcp *layers.TCP, cut int) {
	q := &a.sides[d]
	first := tcp.Seq
	if tcp.SYN {
		first++
	}
	if !q.known {
		q.known, q.base, q.reach = true, first, first
		a.seen[d] = true
	}
	after := first + uint32(len(tcp.Payload)+cut)
	if !tcp.RST {
		q.upTo(after)
	}
	if tcp.FIN {
		q.fin, q.end = true, after
	}
	if tcp.ACK && !tcp.RST {
		a.sides[1-d].upTo(tcp.Ack)
	}
}

// addTails names what was sent last and is not there.
func (a *assembly) addTails() {
	for d := range a.sides {
		if lost := a.sides[d].lost(); lost > 0 {
			a.stream(d).addGap(piece{missing: lost, time: a.Ended})
		}
	}
}

// Accept takes every segment. Without a SYN, the stream begins with the first
// segment that is seen.
func (a *assembly) Accept(tcp *layers.TCP, ci gopacket.CaptureInfo,
	direction reassembly.TCPFlowDirection, next reassembly.Sequence,
	start *bool, ac reassembly.AssemblerContext) bool {
	a.Ended = ci.Timestamp
	if p, ok := ac.(*packetContext); ok {
		a.number(side(direction), tcp, p.cut)
		if p.cut > 0 && ci.CaptureLength < p.length {
			a.snapped++
			a.snapLength = max(a.snapLength, ci.CaptureLength)
		}
	}
	if tcp.SYN {
		a.Started = true
		if tcp.ACK == (side(direction) == 0) { // who answers a SYN was connected to
			a.opener = 1
		}
	}
	if next == -1 && !tcp.SYN {
		*start = true
	}
	return a.verdict != Drop || tcp.FIN || tcp.RST
}

// ReassembledSG takes the next bytes of a direction, and the hole before them.
func (a *assembly) ReassembledSG(sg reassembly.ScatterGather, _ reassembly.AssemblerContext) {
	direction, _, _, skip := sg.Info()
	n, _ := sg.Lengths()
	v := delivery{assembly: a, side: side(direction), missing: int64(max(0, skip)), bytes: int64(n)}
	if a.verdict != Drop {
		v.pieces = a.pieces(sg, sg.Fetch(n), v.missing)
	}
	a.table.deliver(v)
}

// pieces are what each packet brought of data, the hole before it with the first of
// them; borrowed until the next call.
func (a *assembly) pieces(sg reassembly.ScatterGather, data []byte, missing int64) []piece {
	all := a.table.pieces[:0]
	if len(data) == 0 && missing > 0 {
		all = append(all, piece{missing: missing, time: a.Ended})
	}
	for at := 0; at < len(data); {
		ci := sg.CaptureInfo(at)
		size := pieceLength(sg, at, len(data), ci)
		all = append(all, piece{missing, ci.Timestamp, int64(ci.InterfaceIndex), uint32(ci.Length), data[at : at+size]})
		at, missing = at+size, 0
	}
	a.table.pieces = all
	return all
}

// take the next bytes of a direction.
func (a *assembly) take(v *delivery) {
	d := v.side
	a.sides[d].total += v.bytes + v.missing
	switch {
	case a.verdict == Drop:
		return
	case a.listener != nil:
		a.listen(d, v.pieces)
		return
	}
	if err := a.keep(d, v.pieces); errors.Is(err, errNoRoom) {
		a.table.unread.crowded++
		a.ignore()
		return
	} else if err != nil {
		a.table.fail(err)
		return
	}
	if a.verdict != Undecided {
		return
	}
	if v.missing > 0 {
		a.torn[d], a.heads[d] = true, nil
	}
	if v.bytes == 0 {
		return
	}
	for _, p := range v.pieces {
		room := HeadSize - min(HeadSize, len(a.heads[d]))
		a.heads[d] = append(a.heads[d], p.data[:min(len(p.data), room)]...)
	}
	a.decide(a.table.sorter.More(a.Connection, d))
}

// keep adds to the stream of a direction, packet by packet.
func (a *assembly) keep(d int, pieces []piece) error {
	s := a.stream(d)
	for _, p := range pieces {
		if err := s.add(p); err != nil {
			return err
		}
	}
	return nil
}

func side(direction reassembly.TCPFlowDirection) int {
	if direction == reassembly.TCPDirServerToClient {
		return 1
	}
	return 0
}

// pieceLength is how many bytes from at on came with one packet.
func pieceLength(sg reassembly.ScatterGather, at, n int, ci gopacket.CaptureInfo) int {
	// The border is looked for by halves: all bytes of a packet lie together.
	if same(sg, n-1, ci) {
		return n - at
	}
	low, high := at, n-1 // low is of this packet, high is not
	for high-low > 1 {
		if mid := (low + high) / 2; same(sg, mid, ci) {
			low = mid
		} else {
			high = mid
		}
	}
	return low + 1 - at
}

func same(sg reassembly.ScatterGather, at int, ci gopacket.CaptureInfo) bool {
	return sg.CaptureInfo(at).InterfaceIndex == ci.InterfaceIndex
}

// ReassemblyComplete ends the connection.
func (a *assembly) ReassemblyComplete(reassembly.AssemblerContext) bool {
	a.table.open--
	a.table.deliver(delivery{assembly: a, end: true})
	return true
}

// complete ends the connection, once all that came of it was taken.
func (a *assembly) complete() {
	if a.verdict == Undecided {
		if v := a.table.sorter.End(a.Connection); v != Undecided {
			a.decide(v)
		} else {
			a.decide(Drop)
		}
	}
	a.endListening()
}

// stream is that of direction d, made when it is wanted.
func (a *assembly) stream(d int) *Stream {
	if a.streams[d] == nil {
		a.streams[d] = &Stream{room: &a.table.room}
	}
	return a.streams[d]
}

func (a *assembly) decide(v Verdict) {
	switch v {
	case Keep:
		a.verdict, a.heads = Keep, [2][]byte{}
	case Drop:
		a.ignore()
	case Follow:
		a.verdict = Follow
		a.follow()
	}
}

// ignore counts a connection, and keeps nothing of it.
func (a *assembly) ignore() {
	a.verdict, a.dropped = Drop, true
	if a.sides[0].total+a.sides[1].total > 0 {
		a.table.dropped++
	}
	if err := a.drop(); err != nil {
		a.table.fail(err)
	}
}
