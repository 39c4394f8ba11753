package capture

import (
	"bytes"
	"errors"
	"regexp"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/reassembly"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/resp"
)

// verdict says what is known of a connection.
type verdict uint8

const (
	undecided verdict = iota
	isLink
	isOther
)

// headSize is how much of each direction may be looked at to decide.
const headSize = 16 << 10

// connection is a TCP connection, with what both sides sent. Direction 0 is
// that of the first packet seen.
type connection struct {
	table        *table
	ends         [2]string // of direction 0: from, to
	began, ended time.Time
	sides        [2]sequence
	heads        [2][]byte
	spools       [2]*spool
	seenStart    bool // its SYN was captured
	verdict      verdict
	master       int     // direction in which the master sends, once it is a link
	torn         [2]bool // bytes were lost, and heads begin behind them
	// not[d]: the side that sends in direction d is no replica.
	not [2]bool
}

// sequence follows the sequence numbers of one direction.
type sequence struct {
	known bool
	base  uint32 // number of the first byte
	// total counts the bytes that came out of the assembler, lost ones too.
	total int64
	// reach is the number behind the last byte that is known to have been
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

// lost is how many bytes were sent behind the last one that is there.
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

// number keeps the sequence numbers of a segment in direction d.
func (c *connection) number(d int, tcp *layers.TCP, cut int) {
	q := &c.sides[d]
	first := tcp.Seq
	if tcp.SYN {
		first++
	}
	if !q.known {
		q.known, q.base, q.reach = true, first, first
	}
	behind := first + uint32(len(tcp.Payload)+cut)
	if !tcp.RST {
		q.upTo(behind)
	}
	if tcp.FIN {
		q.fin, q.end = true, behind
	}
	if tcp.ACK && !tcp.RST {
		c.sides[1-d].upTo(tcp.Ack)
	}
}

// addTails names what was sent last and is not there.
func (c *connection) addTails() {
	for d := range c.sides {
		if lost := c.sides[d].lost(); lost > 0 {
			c.spool(d).addGap(piece{missing: lost, time: c.ended})
		}
	}
}

// Accept takes every segment (reassembly.Stream). Without a SYN, the stream
// begins with the first segment that is seen.
func (c *connection) Accept(tcp *layers.TCP, ci gopacket.CaptureInfo, direction reassembly.TCPFlowDirection, next reassembly.Sequence, start *bool, ac reassembly.AssemblerContext) bool {
	c.ended = ci.Timestamp
	if p, ok := ac.(*packetContext); ok {
		c.number(side(direction), tcp, p.cut)
	}
	if tcp.SYN {
		c.seenStart = true
	}
	if next == -1 && !tcp.SYN {
		*start = true
	}
	return c.verdict != isOther || tcp.FIN || tcp.RST
}

// ReassembledSG takes the next bytes of a direction, and the hole before them
// (reassembly.Stream).
func (c *connection) ReassembledSG(sg reassembly.ScatterGather, _ reassembly.AssemblerContext) {
	direction, _, _, skip := sg.Info()
	n, _ := sg.Lengths()
	d := side(direction)
	c.sides[d].total += int64(n) + int64(max(0, skip))
	if c.verdict == isOther {
		return
	}
	s := c.spool(d)
	data := sg.Fetch(n)
	for at := 0; at < n; {
		ci := sg.CaptureInfo(at)
		size := pieceLength(sg, at, n, ci)
		var missing int64
		if at == 0 && skip > 0 {
			missing = int64(skip)
		}
		err := s.add(piece{missing, ci.Timestamp, int64(ci.InterfaceIndex), data[at : at+size]})
		if errors.Is(err, errNoRoom) {
			c.table.unread.crowded++
			c.ignore()
			return
		}
		if err != nil {
			c.table.fail(err)
			return
		}
		at += size
	}
	if n == 0 && skip > 0 {
		if err := s.add(piece{missing: int64(skip), time: c.ended}); err != nil {
			c.table.fail(err)
		}
	}
	if c.verdict == undecided {
		if skip > 0 {
			c.torn[d], c.heads[d] = true, nil
		}
		c.heads[d] = append(c.heads[d], data[:min(n, headSize-min(headSize, len(c.heads[d])))]...)
		c.decide(d)
	}
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

// ReassemblyComplete ends the connection (reassembly.Stream).
func (c *connection) ReassemblyComplete(reassembly.AssemblerContext) bool {
	c.table.open--
	c.decideAtEnd()
	return true
}

func (c *connection) spool(d int) *spool {
	if c.spools[d] == nil {
		c.spools[d] = &spool{room: &c.table.room}
	}
	return c.spools[d]
}

// drop forgets what was kept.
func (c *connection) drop() error {
	var errs []error
	for d, s := range c.spools {
		if s != nil {
			errs = append(errs, s.close())
			c.spools[d] = nil
		}
	}
	c.heads = [2][]byte{}
	return errors.Join(errs...)
}

// decide looks at what direction d has sent so far.
func (c *connection) decide(d int) {
	if c.not[d] {
		return
	}
	judge := judgeMiddle
	if c.seenStart && !c.torn[d] {
		judge = judgeStart
	}
	switch judge(c.heads[d], len(c.heads[d]) >= headSize) {
	case isLink:
		c.verdict, c.master = isLink, 1-d
		c.heads = [2][]byte{}
	case isOther:
		c.not[d] = true
		if c.not[1-d] {
			c.ignore()
		}
	}
}

// ignore counts a connection that is no link, and keeps nothing of it.
func (c *connection) ignore() {
	c.verdict = isOther
	if c.sides[0].total+c.sides[1].total > 0 {
		c.table.ignored++
	}
	if err := c.drop(); err != nil {
		c.table.fail(err)
	}
}

// decideAtEnd settles what the capture left open: a side from which too
// little came is a replica if the other one can't be, and sent what only a
// master sends.
func (c *connection) decideAtEnd() {
	if c.verdict != undecided {
		return
	}
	for d := range c.heads {
		if !c.not[d] && masterLike(c.heads[1-d]) {
			c.verdict, c.master = isLink, 1-d
			return
		}
	}
	for d := range c.sides {
		if !c.sides[1-d].known && hasCommands(c.heads[d]) {
			c.table.oneWay++
		}
	}
	c.ignore()
}

// hasCommands: somewhere in the bytes, commands follow one another.
func hasCommands(head []byte) bool {
	return resp.NewReader(parse.NewBytesCursor(head, 0), parse.Limits{}).Find(head, true) >= 0
}

// tornHandshake: a command of which only the beginning is there.
var tornHandshake = regexp.MustCompile(`^(?i)\*\d+\r\n(\$8\r\nREPLCONF|\$5\r\nPSYNC)\r\n`)

// judgeStart judges the first bytes of a connection: a replica shakes hands
// with PING, AUTH, REPLCONF and PSYNC or SYNC, inline in old versions.
func judgeStart(head []byte, full bool) verdict {
	c := parse.NewBytesCursor(head, 0)
	r := resp.NewReader(c, parse.Limits{})
	for {
		item, err := r.Next()
		switch {
		case errors.Is(err, parse.ErrDamaged), errors.Is(err, parse.ErrLimit):
			return isOther
		case err != nil && tornHandshake.Match(c.Window()):
			return isLink
		case err != nil && full:
			return isOther
		case err != nil:
			return undecided
		case item.Kind == resp.Newline:
			continue
		case item.Kind != resp.Command && item.Kind != resp.Inline:
			return isOther
		}
		switch name := item.Args[0]; {
		case is(name, "PSYNC"), is(name, "SYNC"), is(name, "REPLCONF"):
			return isLink
		case is(name, "PING"), is(name, "AUTH"), is(name, "HELLO"):
		default:
			return isOther
		}
	}
}

var ackStart = []byte("*3\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n")

// judgeMiddle judges bytes from within a connection: a replica sends nothing
// but newlines and REPLCONF ACK.
func judgeMiddle(head []byte, full bool) verdict {
	if v := judgeStart(head, full); v == isLink && !bytes.Contains(head, []byte("CLUSTER")) {
		return isLink // the capture began just after the SYN
	}
	text := bytes.TrimLeft(head, "\n")
	i := bytes.Index(text, ackStart)
	switch {
	case i > len(ackStart)+30: // more before it than a torn ACK
		return isOther
	case i >= 0:
		return isLink
	case len(text) > len(ackStart)+30:
		return isOther
	}
	return undecided
}

// masterLike: the other side sends commands that only a master sends, or the
// header of a payload.
func masterLike(head []byte) bool {
	for _, mark := range []string{"$6\r\nGETACK\r\n", "+FULLRESYNC ", "+CONTINUE", "$EOF:"} {
		if bytes.Contains(head, []byte(mark)) {
			return true
		}
	}
	return false
}

func is(name []byte, word string) bool {
	return len(name) == len(word) && bytes.EqualFold(name, []byte(word))
}
