package capture

import (
	"bytes"
	"errors"
	"regexp"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/resp"
	"github.com/redsleuth/redsleuth/parse/tcp"
)

// A sorter finds the connections that are links (tcp.Sorter).
type sorter struct {
	candidates map[*tcp.Connection]*candidate // those that are or may be links
	oneWay     int64                          // connections of which one direction alone was recorded
	encrypted  int64                          // connections that are TLS
	clients    *clients
	servers    map[string]bool // endpoints that somebody connected to
}

// serversKept bounds them.
const serversKept = 1 << 12

// serves notes that an endpoint was connected to.
func (s *sorter) serves(endpoint string) {
	if len(s.servers) < serversKept {
		s.servers[endpoint] = true
	}
}

// A candidate is a connection that may be a link.
type candidate struct {
	// not[d]: the side that sends in direction d is no replica.
	not [2]bool
	// master is the direction in which the master sends, once it is a link.
	master int
	// heard: both sides have said something.
	heard bool
}

// verdict says what is known of one side of a connection.
type verdict uint8

const (
	undecided verdict = iota
	isReplica
	isOther
)

// More looks at what direction d has sent so far.
func (s *sorter) More(c *tcp.Connection, d int) tcp.Verdict {
	k := s.candidates[c]
	if k == nil {
		k = &candidate{}
		s.candidates[c] = k
		s.clients.see(c)
		if c.Started {
			s.serves(c.Ends[1-c.Opener()])
		}
	}
	if !k.heard && len(c.Head(0)) > 0 && len(c.Head(1)) > 0 {
		k.heard = true
		if side := s.clientSide(c); side >= 0 {
			s.serves(c.Ends[1-side])
		}
	}
	if k.not[d] {
		return tcp.Undecided
	}
	classify := classifyMiddle
	if c.Started && !c.Torn(d) {
		classify = classifyStart
	}
	head := c.Head(d)
	switch classify(head, len(head) >= tcp.HeadSize) {
	case isReplica:
		k.master = 1 - d
		return tcp.Keep
	case isOther:
		k.not[d] = true
	}
	if !k.not[1-d] || !k.not[d] {
		return tcp.Undecided
	}
	return s.other(c)
}

// End decides what the capture left open: a side from which too little came
// is a replica if the other one can't be, and sent what only a master sends.
func (s *sorter) End(c *tcp.Connection) tcp.Verdict {
	k := s.candidates[c]
	if k == nil { // no bytes came
		return tcp.Drop
	}
	for d := range k.not {
		if !k.not[d] && masterLike(c.Head(1-d)) {
			k.master = 1 - d
			return tcp.Keep
		}
	}
	for d := range k.not {
		if sentByMaster(c, d, s.servers[c.Ends[d]]) {
			k.master = d
			return tcp.Keep
		}
	}
	for d := range k.not {
		if !c.Captured(1-d) && !asksServer(c, d) && hasCommands(c.Head(d)) {
			s.oneWay++
		}
	}
	return s.other(c)
}

// asksServer: the side that sends in direction d made the connection.
func asksServer(c *tcp.Connection, d int) bool {
	return c.Started && d == c.Opener() || serverPort(c, 1-d)
}

// other gives up a connection that is no link.
func (s *sorter) other(c *tcp.Connection) tcp.Verdict {
	delete(s.candidates, c)
	if isEncrypted(c) {
		s.encrypted++
		return tcp.Drop
	}
	return s.clients.verdict(s.clientSide(c))
}

// isEncrypted: both sides, or the one that was captured, send TLS, and to no
// server of web pages, which nobody wants to know of.
func isEncrypted(c *tcp.Connection) bool {
	const https = 443
	said := false
	for d := range 2 {
		if head := c.Head(d); len(head) > 0 {
			if !encrypted(head, c.Started && !c.Torn(d)) {
				return false
			}
			said = true
		}
	}
	return said && port(c.Ends[0]) != https && port(c.Ends[1]) != https
}

// hasCommands: somewhere in the bytes, commands follow one another.
func hasCommands(head []byte) bool {
	return resp.NewReader(parse.NewBytesCursor(head, 0), parse.Limits{}).Find(head, true) >= 0
}

// tornHandshake: a command of which only the beginning is there.
var tornHandshake = regexp.MustCompile(`^(?i)\*\d+\r\n(\$8\r\nREPLCONF|\$5\r\nPSYNC)\r\n`)

// classifyStart classifies the first bytes of a connection: a replica shakes hands
// with PING, AUTH, REPLCONF and PSYNC or SYNC, inline in old versions.
func classifyStart(head []byte, full bool) verdict {
	c := parse.NewBytesCursor(afterProxy(head), 0)
	r := resp.NewReader(c, parse.Limits{})
	for {
		item, err := r.Next()
		switch {
		case errors.Is(err, parse.ErrDamaged), errors.Is(err, parse.ErrLimit):
			return isOther
		case err != nil && tornHandshake.Match(c.Window()):
			return isReplica
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
		case len(item.Args) > 1 && is(name, "REPLCONF") && is(item.Args[1], "GETACK"):
			return isOther // the master's own
		case is(name, "PSYNC"), is(name, "SYNC"), is(name, "REPLCONF"):
			return isReplica
		case is(name, "PING"), is(name, "AUTH"), is(name, "HELLO"):
		default:
			return isOther
		}
	}
}

var ackStart = []byte("*3\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n")

// classifyMiddle classifies bytes from within a connection: a replica sends nothing
// but newlines and REPLCONF ACK.
func classifyMiddle(head []byte, full bool) verdict {
	if v := classifyStart(head, full); v == isReplica && !bytes.Contains(head, []byte("CLUSTER")) {
		return isReplica // the capture began just after the SYN
	}
	text := bytes.TrimLeft(head, "\n")
	i := bytes.Index(text, ackStart)
	switch {
	case i > len(ackStart)+30: // more before it than a torn ACK
		return isOther
	case i >= 0:
		return isReplica
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
