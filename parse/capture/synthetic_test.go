package capture

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/redsleuth/redsleuth/parse/input"

	"github.com/gopacket/gopacket/layers"

	"github.com/redsleuth/redsleuth/internal/pcaptest"
	"github.com/redsleuth/redsleuth/parse/record"
)

// wrappings put a packet into a frame of each link type.
var wrappings = []struct {
	name string
	kind layers.LinkType
	wrap func(ip []byte, v6 bool) []byte
}{
	{"ethernet", layers.LinkTypeEthernet, func(ip []byte, v6 bool) []byte {
		return append(append(make([]byte, 12), etherType(v6)...), ip...)
	}},
	{"vlan", layers.LinkTypeEthernet, func(ip []byte, v6 bool) []byte {
		return append(append(append(make([]byte, 12), 0x81, 0, 0, 7), etherType(v6)...), ip...)
	}},
	{"two vlan tags", layers.LinkTypeEthernet, func(ip []byte, v6 bool) []byte {
		return append(append(append(make([]byte, 12), 0x88, 0xa8, 0, 9, 0x81, 0, 0, 7), etherType(v6)...), ip...)
	}},
	{"linux cooked", layers.LinkTypeLinuxSLL, func(ip []byte, v6 bool) []byte {
		return append(append([]byte{0, 0, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0}, etherType(v6)...), ip...)
	}},
	{"linux cooked 2", layers.LinkType(276), func(ip []byte, v6 bool) []byte {
		return append(append(etherType(v6), 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0), ip...)
	}},
	{"null", layers.LinkTypeNull, func(ip []byte, v6 bool) []byte {
		return append([]byte{map[bool]byte{false: 2, true: 30}[v6], 0, 0, 0}, ip...)
	}},
	{"loop", layers.LinkTypeLoop, func(ip []byte, v6 bool) []byte {
		return append([]byte{0, 0, 0, map[bool]byte{false: 2, true: 24}[v6]}, ip...)
	}},
	{"raw", layers.LinkTypeRaw, func(ip []byte, _ bool) []byte { return ip }},
}

func etherType(v6 bool) []byte {
	if v6 {
		return []byte{0x86, 0xdd}
	}
	return []byte{8, 0}
}

// scribe writes down a walk with everything that the package adds to it.
type scribe struct{ recorder }

func (s *scribe) Note(n *record.Note) error {
	fmt.Fprintf(s, "%s", n.Kind)
	switch n.Kind {
	case record.NoteAck:
		fmt.Fprintf(s, " %d", n.Offset)
	case record.NoteIgnored:
		fmt.Fprintf(s, " %d", n.Count)
	default:
		fmt.Fprintf(s, " %d+%d, %d-%d", n.Byte, n.Bytes, n.Offset, n.EndOffset)
	}
	s.WriteByte('\n')
	return nil
}

func read(t testing.TB, data []byte) *scribe {
	t.Helper()
	path := filepath.Join(t.TempDir(), "capture")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	s := &scribe{}
	in, err := input.Open(path, input.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if err := Walk(context.Background(), in, Options{}, s); err != nil {
		t.Fatal(err)
	}
	return s
}

const id = "0123456789012345678901234567890123456789"

// partial is a connection on which a replica goes on at offset 500.
func partial(c *pcaptest.Conversation) *pcaptest.Conversation {
	c.Open().Say(pcaptest.Replica, pcaptest.Command("PING")).Say(pcaptest.Master, "+PONG\r\n")
	c.Say(pcaptest.Replica, pcaptest.Command("REPLCONF", "listening-port", "6380", "capa", "psync2")).Say(pcaptest.Master, "+OK\r\n")
	c.Say(pcaptest.Replica, pcaptest.Command("PSYNC", id, "501")).Say(pcaptest.Master, "+CONTINUE "+id+"\r\n")
	return c.Say(pcaptest.Master, pcaptest.Command("SELECT", "3"), pcaptest.Command("SET", "a", "1"), pcaptest.Command("SET", "b", "2"), pcaptest.Command("SET", "c", "3"))
}

const whole = "partial " + id + `
500-523 db -1 tx 0 ["SELECT" "3"]
523-550 db 3 tx 0 ["SET" "a" "1"]
550-577 db 3 tx 0 ["SET" "b" "2"]
577-604 db 3 tx 0 ["SET" "c" "3"]
ack 604
4 commands, 104 bytes, to 604
`
