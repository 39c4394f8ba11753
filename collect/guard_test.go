package collect

import (
	"bytes"
	"errors"
	"net"
	"testing"
)

// piecesConn hands out bytes in small pieces.
type piecesConn struct {
	net.Conn
	rest []byte
	step int
}

func (c *piecesConn) Read(p []byte) (int, error) {
	n := copy(p[:min(c.step, len(p))], c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

func TestGuard(t *testing.T) {
	for reply, good := range map[string]bool{
		"+OK\r\n": true, "$3\r\nabc\r\n": true, "$-1\r\n": true, "*-1\r\n": true, ":99999999999999999999\r\n": true,
		"*2\r\n$1\r\n*\r\n:1\r\n": true, "-ERR $9999999999\r\n": true, "%1\r\n+a\r\n+b\r\n": true,
		// A string may hold what would be a length elsewhere.
		"$14\r\n$999999999999\n\r\n+OK\r\n": true,
		"$67108865\r\n":                     false, "*1048577\r\n": false, "$99999999999999999999999\r\n": false,
		"*1\r\n$9223372036854775807\r\n": false, "$x\r\n": false,
	} {
		for _, step := range []int{1, 3, 100} {
			g := &guard{Conn: &piecesConn{rest: []byte(reply), step: step}}
			var got []byte
			var err error
			for p := make([]byte, 64); err == nil && len(got) < len(reply); {
				var n int
				n, err = g.Read(p)
				got = append(got, p[:n]...)
			}
			if good && (err != nil || !bytes.Equal(got, []byte(reply))) {
				t.Errorf("%q in pieces of %d: %q, %v", reply, step, got, err)
			}
			if !good && !errors.Is(err, ErrReply) {
				t.Errorf("%q in pieces of %d: let through, %v", reply, step, err)
			}
		}
	}
}

// Whatever comes, the guard passes on what came, up to where it objects, and
// lets no length by for which the client library would reserve too much.
func FuzzGuard(f *testing.F) {
	for _, reply := range []string{
		"+OK\r\n", "$3\r\nabc\r\n", "*2\r\n$1\r\n*\r\n:1\r\n", "$67108865\r\n", "*1\r\n$9223372036854775807\r\n",
		"$14\r\n$999999999999\n\r\n+OK\r\n", "%1\r\n+a\r\n+b\r\n", "$-1\r\n",
	} {
		f.Add([]byte(reply))
	}
	f.Fuzz(func(t *testing.T, reply []byte) {
		var passed [2][]byte
		var objected [2]bool
		for i, step := range []int{1, 1 << 20} {
			g := &guard{Conn: &piecesConn{rest: reply, step: step}}
			for p := make([]byte, 64); len(passed[i]) < len(reply); {
				n, err := g.Read(p)
				passed[i] = append(passed[i], p[:n]...)
				if objected[i] = err != nil; objected[i] {
					break
				}
				if g.bulk > longestReply+2 {
					t.Fatalf("a string of %d bytes", g.bulk)
				}
			}
			if !bytes.HasPrefix(reply, passed[i]) {
				t.Fatalf("%q was passed on of %q", passed[i], reply)
			}
		}
		if objected[0] != objected[1] {
			t.Errorf("in pieces it objects: %v, at once: %v", objected[0], objected[1])
		}
	})
}
