package capture

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
)

// party is who sends.
type party int

const (
	replica party = iota
	master
)

// frame is a packet before it is wrapped for a link type.
type frame struct {
	time time.Time
	ip   []byte
	v6   bool
}

// conversation makes the packets of one TCP connection.
type conversation struct {
	t      testing.TB
	v6     bool
	port   uint16 // of the replica
	seq    [2]uint32
	now    time.Time
	frames []frame
}

func converse(t testing.TB) *conversation {
	return &conversation{t: t, port: 40000, seq: [2]uint32{1000, 9000}, now: time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)}
}

func (c *conversation) packet(from party, tcp layers.TCP, data string) {
	c.t.Helper()
	c.now = c.now.Add(time.Millisecond)
	ports := [2]layers.TCPPort{layers.TCPPort(c.port), 6379}
	hosts := [2]string{"10.0.0.2", "10.0.0.1"}
	if c.v6 {
		hosts = [2]string{"fd00::2", "fd00::1"}
	}
	tcp.SrcPort, tcp.DstPort = ports[from], ports[1-from]
	tcp.Seq, tcp.Ack, tcp.Window = c.seq[from], c.seq[1-from], 65535
	src, dst := net.ParseIP(hosts[from]), net.ParseIP(hosts[1-from])
	b := gopacket.NewSerializeBuffer()
	options := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	var err error
	if c.v6 {
		ip := &layers.IPv6{Version: 6, NextHeader: layers.IPProtocolTCP, HopLimit: 64, SrcIP: src, DstIP: dst}
		_ = tcp.SetNetworkLayerForChecksum(ip) // of a type that it takes
		err = gopacket.SerializeLayers(b, options, ip, &tcp, gopacket.Payload(data))
	} else {
		ip := &layers.IPv4{Version: 4, Protocol: layers.IPProtocolTCP, TTL: 64, SrcIP: src, DstIP: dst}
		_ = tcp.SetNetworkLayerForChecksum(ip)
		err = gopacket.SerializeLayers(b, options, ip, &tcp, gopacket.Payload(data))
	}
	if err != nil {
		c.t.Fatal(err)
	}
	c.frames = append(c.frames, frame{c.now, bytes.Clone(b.Bytes()), c.v6})
	c.seq[from] += uint32(len(data))
	if tcp.SYN || tcp.FIN {
		c.seq[from]++
	}
}

func (c *conversation) open() *conversation {
	c.packet(replica, layers.TCP{SYN: true}, "")
	c.packet(master, layers.TCP{SYN: true, ACK: true}, "")
	return c
}

func (c *conversation) close() *conversation {
	c.packet(replica, layers.TCP{FIN: true, ACK: true}, "")
	c.packet(master, layers.TCP{FIN: true, ACK: true}, "")
	return c
}

// say sends each text as a segment of its own.
func (c *conversation) say(from party, texts ...string) *conversation {
	for _, text := range texts {
		c.packet(from, layers.TCP{ACK: true, PSH: true}, text)
	}
	return c
}

func (c *conversation) rest(d time.Duration) *conversation {
	c.now = c.now.Add(d)
	return c
}

func (c *conversation) ack(offset int) *conversation {
	return c.say(replica, command("REPLCONF", "ACK", fmt.Sprint(offset)))
}

func command(args ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, a := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(a), a)
	}
	return b.String()
}

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

// pcap writes frames as a classic capture of raw IP packets, of which snap
// bytes each are kept; 0 is all.
func pcap(t testing.TB, snap int, frames ...frame) []byte {
	t.Helper()
	var b bytes.Buffer
	w := pcapgo.NewWriterNanos(&b)
	writeAll(t, w, w.WriteFileHeader(65536, layers.LinkTypeRaw), snap, frames, func(ip []byte, _ bool) []byte { return ip })
	return b.Bytes()
}

type packetWriter interface {
	WritePacket(gopacket.CaptureInfo, []byte) error
}

func writeAll(t testing.TB, w packetWriter, err error, snap int, frames []frame, wrap func([]byte, bool) []byte) {
	t.Helper()
	for _, f := range frames {
		if err != nil {
			break
		}
		data := wrap(f.ip, f.v6)
		ci := gopacket.CaptureInfo{Timestamp: f.time, Length: len(data), CaptureLength: len(data)}
		if snap > 0 && len(data) > snap {
			data, ci.CaptureLength = data[:snap], snap
		}
		err = w.WritePacket(ci, data)
	}
	if err != nil {
		t.Fatal(err)
	}
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
	in, err := parse.Open(path, parse.Options{})
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
func partial(c *conversation) *conversation {
	c.open().say(replica, command("PING")).say(master, "+PONG\r\n")
	c.say(replica, command("REPLCONF", "listening-port", "6380", "capa", "psync2")).say(master, "+OK\r\n")
	c.say(replica, command("PSYNC", id, "501")).say(master, "+CONTINUE "+id+"\r\n")
	return c.say(master, command("SELECT", "3"), command("SET", "a", "1"), command("SET", "b", "2"), command("SET", "c", "3"))
}

const whole = "partial " + id + `
500-523 db -1 tx 0 ["SELECT" "3"]
523-550 db 3 tx 0 ["SET" "a" "1"]
550-577 db 3 tx 0 ["SET" "b" "2"]
577-604 db 3 tx 0 ["SET" "c" "3"]
ack 604
4 commands, 104 bytes, to 604
`
