package livetest

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/internal/redistest"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/monitor"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/parse/resp"
)

// What a server's MONITOR tells is what its client sent, of every version.
func TestMonitor(t *testing.T) {
	for _, p := range redistest.Servers(t) {
		t.Run(p.String(), func(t *testing.T) { monitored(t, p) })
	}
}

func monitored(t *testing.T, p redistest.Program) {
	s := redistest.StartProgram(t, p)
	watching, sending := dial(t, s.Addr), dial(t, s.Addr)
	every := make([]byte, 0, 256)
	for i := range 256 {
		if i != '\\' { // which some versions write as it is
			every = append(every, byte(i))
		}
	}
	const body = "return redis.call('incr', KEYS[1])"
	sent := [][]string{{"SET", "k", string(every)}, {"EVAL", body, "1", "n"}, {"ECHO", "end"}}
	var want strings.Builder
	ask(t, watching, "MONITOR")
	for _, args := range sent {
		ask(t, sending, args...)
		fmt.Fprintf(&want, "%s %q\n", sending.LocalAddr(), args)
		if args[0] == "EVAL" {
			fmt.Fprintf(&want, "%s scripted %q\n", sending.LocalAddr(), []string{"incr", "n"})
		}
	}
	var text []byte
	for block := make([]byte, 4096); !bytes.Contains(text, []byte(`"ECHO" "end"`)); {
		n, err := watching.Read(block)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, block[:n]...)
	}
	var got strings.Builder
	err := monitor.Walk(parse.NewBytesCursor(text, 0), monitor.Options{Command: func(c *record.ClientCommand) error {
		scripted := ""
		if c.Scripted {
			scripted = " scripted"
		}
		fmt.Fprintf(&got, "%s%s %q\n", c.Addr, scripted, c.Args)
		return nil
	}})
	if err != nil || got.String() != want.String() {
		t.Errorf("%v\n%swant\n%s", err, got.String(), want.String())
	}
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// ask sends a command and waits for some of the reply.
func ask(t *testing.T, c net.Conn, args ...string) {
	t.Helper()
	b := resp.AppendArray(nil, len(args))
	for _, a := range args {
		b = resp.AppendBulk(b, a)
	}
	if _, err := c.Write(b); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAtLeast(c, make([]byte, 512), 1); err != nil {
		t.Fatal(err)
	}
}
