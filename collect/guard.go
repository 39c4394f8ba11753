package collect

import (
	"errors"
	"net"
)

// A guard is a connection whose replies are looked at before the client library
// is: it reserves memory for any length that it reads.
type guard struct {
	net.Conn
	bulk   int64 // bytes of a string that are left
	digits []byte
	head   byte // the kind of reply whose line is being read; 0 between lines
	err    error
}

// What replies to the commands that are asked may claim.
const (
	longestReply = 64 << 20 // bytes of a string
	mostElements = 1 << 20
	mostDigits   = 20
)

// ErrReply is a reply that no server gives.
var ErrReply = errors.New("the server's reply claims more than any server would send")

// Read implements net.Conn.
func (g *guard) Read(p []byte) (int, error) {
	if g.err != nil {
		return 0, g.err
	}
	n, err := g.Conn.Read(p)
	if e := g.look(p[:n]); e != nil {
		g.err = e
		return 0, e
	}
	return n, err
}

func (g *guard) look(p []byte) error {
	for len(p) > 0 {
		if g.bulk > 0 {
			n := min(g.bulk, int64(len(p)))
			g.bulk -= n
			p = p[n:]
			continue
		}
		c := p[0]
		p = p[1:]
		if g.head == 0 {
			g.head, g.digits = c, g.digits[:0]
			continue
		}
		if c == '\n' {
			if err := g.line(); err != nil {
				return err
			}
			continue
		}
		if c != '\r' && g.counts() {
			if g.digits = append(g.digits, c); len(g.digits) > mostDigits {
				return ErrReply
			}
		}
	}
	return nil
}

// counts: the line is a length.
func (g *guard) counts() bool {
	switch g.head {
	case '$', '!', '=', '*', '%', '~', '>', '|':
		return true
	}
	return false
}

// line has read a whole line.
func (g *guard) line() error {
	defer func() { g.head = 0 }()
	if !g.counts() {
		return nil
	}
	n := int64(0)
	for _, c := range g.digits {
		if c == '-' {
			return nil // there is none
		}
		if c < '0' || c > '9' {
			return ErrReply
		}
		if n = n*10 + int64(c-'0'); n > longestReply {
			return ErrReply
		}
	}
	switch g.head {
	case '$', '!', '=':
		g.bulk = n + int64(len("\r\n"))
	default:
		if n > mostElements {
			return ErrReply
		}
	}
	return nil
}
