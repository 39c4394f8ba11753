package capture

import (
	"bytes"
	"context"
	"encoding/binary"
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

func TestEveryLinkType(t *testing.T) {
	for _, v6 := range []bool{false, true} {
		for _, w := range wrappings {
			t.Run(fmt.Sprintf("%s, IPv6 %v", w.name, v6), func(t *testing.T) {
				c := converse(t)
				c.v6 = v6
				partial(c).ack(604).close()
				var classic, ng bytes.Buffer
				p := pcapgo.NewWriter(&classic)
				writeAll(t, p, p.WriteFileHeader(65536, w.kind), 0, c.frames, w.wrap)
				n, err := pcapgo.NewNgWriter(&ng, w.kind)
				writeAll(t, n, err, 0, c.frames, w.wrap)
				if err := n.Flush(); err != nil {
					t.Fatal(err)
				}
				for _, data := range [][]byte{classic.Bytes(), ng.Bytes()} {
					if got := read(t, data); got.String() != whole {
						t.Errorf("%s", got)
					}
				}
			})
		}
	}
}

func TestByteOrders(t *testing.T) {
	c := partial(converse(t)).ack(604)
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		for _, magic := range []uint32{0xa1b2c3d4, 0xa1b23c4d} {
			b := order.AppendUint32(nil, magic)
			b = order.AppendUint16(order.AppendUint16(b, 2), 4)
			for _, v := range []uint32{0, 0, 65535, uint32(layers.LinkTypeRaw)} {
				b = order.AppendUint32(b, v)
			}
			for _, f := range c.frames {
				for _, v := range []uint32{uint32(f.time.Unix()), 5, uint32(len(f.ip)), uint32(len(f.ip))} {
					b = order.AppendUint32(b, v)
				}
				b = append(b, f.ip...)
			}
			if got := read(t, b); got.String() != whole {
				t.Errorf("%v %x: %s", order, magic, got)
			}
		}
	}
}

// What TCP mends leaves no trace.
func TestMendedByTCP(t *testing.T) {
	for name, edit := range map[string]func(*conversation) []frame{
		"as it was": func(c *conversation) []frame { return c.frames },
		"each packet twice": func(c *conversation) []frame {
			var twice []frame
			for _, f := range c.frames {
				twice = append(twice, f, f)
			}
			return twice
		},
		"out of order": func(c *conversation) []frame {
			f := c.frames
			f[8], f[11] = f[11], f[8]
			f[9], f[10] = f[10], f[9]
			return f
		},
		"sent again, joined": func(c *conversation) []frame {
			c.seq[master] -= 54
			return c.say(master, command("SET", "b", "2")+command("SET", "c", "3")).frames
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := converse(t)
			c.seq = [2]uint32{1<<32 - 20, 1<<32 - 70} // both wrap around
			got := read(t, pcap(t, 0, edit(partial(c).ack(604))...))
			if got.String() != whole {
				t.Errorf("%s", got)
			}
		})
	}
}

// Packet numbers of the conversation in partial, from 0.
const firstCommand = 8

func without(frames []frame, n ...int) []frame {
	var kept []frame
	for i, f := range frames {
		lost := false
		for _, k := range n {
			lost = lost || i == k
		}
		if !lost {
			kept = append(kept, f)
		}
	}
	return kept
}

func TestWhatIsLostIsNamed(t *testing.T) {
	big := strings.Repeat("4", 200)
	c := partial(converse(t)).say(master, command("SET", "d", big), command("SET", "e", "5")).ack(859)
	const begin = "partial " + id + "\n"
	const unknown = `-1--1 db -1 tx 0 ["SELECT" "3"]
-1--1 db 3 tx 0 ["SET" "a" "1"]
-1--1 db 3 tx 0 ["SET" "b" "2"]
-1--1 db 3 tx 0 ["SET" "c" "3"]
`
	const known = `500-523 db -1 tx 0 ["SELECT" "3"]
523-550 db 3 tx 0 ["SET" "a" "1"]
550-577 db 3 tx 0 ["SET" "b" "2"]
577-604 db 3 tx 0 ["SET" "c" "3"]
604-832 db 3 tx 0 ["SET" "d" "BIG"]
`
	const behindGap = `550-577 db -1 tx 0 ["SET" "b" "2"]
577-604 db -1 tx 0 ["SET" "c" "3"]
604-832 db -1 tx 0 ["SET" "d" "BIG"]
832-859 db -1 tx 0 ["SET" "e" "5"]
ack 859
`
	for _, test := range []struct {
		name string
		data []byte
		want string
	}{
		{"a command", pcap(t, 0, without(c.frames, firstCommand+1)...), begin + `500-523 db -1 tx 0 ["SELECT" "3"]
gap 87+27, 523-550
` + behindGap + "5 commands, 359 bytes, to 859\n"},
		{"a line of the handshake", pcap(t, 0, without(c.frames, 5)...), begin + "gap 7+5, -1--1\n" + known +
			"832-859 db 3 tx 0 [\"SET\" \"e\" \"5\"]\nack 859\n6 commands, 359 bytes, to 859\n"},
		{"the answer to PSYNC", pcap(t, 0, without(c.frames, 7)...), "none \ngap 12+52, -1--1\n" + unknown +
			"-1--1 db 3 tx 0 [\"SET\" \"d\" \"BIG\"]\n-1--1 db 3 tx 0 [\"SET\" \"e\" \"5\"]\nack 859\n6 commands, 411 bytes, to -1\n"},
		{"the request", pcap(t, 0, without(c.frames, 6)...), begin + unknown +
			"-1--1 db 3 tx 0 [\"SET\" \"d\" \"BIG\"]\n-1--1 db 3 tx 0 [\"SET\" \"e\" \"5\"]\nack 859\n6 commands, 359 bytes, to -1\n"},
		{"what was sent last", pcap(t, 0, without(c.frames, firstCommand+5)...), begin + known +
			"gap 396+27, 832-859\nack 859\n5 commands, 359 bytes, to 832\n"},
		{"all behind 96 bytes", pcap(t, 96, c.frames...), begin + unknown +
			"gap 168+228, -1--1\n-1--1 db -1 tx 0 [\"SET\" \"e\" \"5\"]\nack 859\n5 commands, 359 bytes, to -1\n"},
		{"all behind 96 bytes, the last packet too", pcap(t, 96, c.frames[:firstCommand+5]...), begin + unknown +
			"gap 168+228, -1--1\n4 commands, 332 bytes, to -1\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := strings.ReplaceAll(read(t, test.data).String(), big, "BIG"); got != test.want {
				t.Errorf("%s", got)
			}
		})
	}
}

// A connection that began before the capture is tied to offsets by what the
// replica acknowledges, or, where that leaves a choice, not at all.
func TestBegunBefore(t *testing.T) {
	set := command("SET", "a", "1")
	rested := converse(t).say(master, set[5:], set).rest(2*time.Second).ack(549).say(master, command("PING"), set).rest(2 * time.Second).ack(590)
	got := read(t, pcap(t, 0, rested.frames...))
	if l := got.links[0]; l.Anchor != record.AnchorACK || l.StartOffset != 500 || l.EndOffset != 590 {
		t.Errorf("%+v\n%s", l, got)
	}
	busy := converse(t).say(master, set, set).ack(527).say(master, set, set).ack(554).say(master, set)
	if l := read(t, pcap(t, 0, busy.frames...)).links[0]; l.Anchor != record.AnchorNone || l.StartOffset != record.Unknown {
		t.Errorf("%+v", l)
	}
}

// A port that is used again makes another link, and clients make none.
func TestPortsAndClients(t *testing.T) {
	first := partial(converse(t)) // never closed
	again := converse(t).rest(time.Minute)
	again.seq = [2]uint32{5_000_000, 7_000_000}
	partial(again).close()
	client := converse(t)
	client.port = 50000
	client.open()
	for range 100 {
		client.say(replica, command("SET", "replconf", "PSYNC")).say(master, "+OK\r\n")
	}
	midway := converse(t)
	midway.port = 50001
	midway.say(replica, command("GET", "REPLCONF")).say(master, "$3\r\nabc\r\n").say(replica, command("PING"), command("PING"), command("PING"), command("PING"), command("PING"))
	frames := append(append(append(first.frames, again.frames...), client.frames...), midway.frames...)
	got := read(t, pcap(t, 0, frames...))
	if len(got.links) != 2 || got.links[0].Commands != 4 || got.links[1].Commands != 4 || !strings.HasSuffix(got.String(), "ignored 2\n") {
		t.Errorf("%s", got)
	}
}

// BenchmarkCapture reads a capture of Ethernet frames of ordinary size.
func BenchmarkCapture(b *testing.B) {
	c := converse(b).open().say(replica, command("PSYNC", id, "501")).say(master, "+CONTINUE "+id+"\r\n")
	one := strings.Repeat(command("SET", "key:1234", strings.Repeat("x", 60)), 14)
	for i := range 10_000 {
		c.say(master, one)
		if i%10 == 0 {
			c.ack(500 + i*len(one))
		}
	}
	var data bytes.Buffer
	w := pcapgo.NewWriter(&data)
	writeAll(b, w, w.WriteFileHeader(65536, layers.LinkTypeEthernet), 0, c.frames, wrappings[0].wrap)
	b.SetBytes(int64(data.Len()))
	b.ReportAllocs()
	for b.Loop() {
		in, err := parse.Open("-", parse.Options{Stdin: bytes.NewReader(data.Bytes())})
		if err != nil {
			b.Fatal(err)
		}
		if err := Walk(context.Background(), in, Options{}, &recorder{quiet: true}); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzCapture(f *testing.F) {
	f.Add(pcap(f, 0, partial(converse(f)).ack(604).close().frames...))
	f.Add(pcap(f, 60, partial(converse(f)).ack(604).frames...))
	var ng bytes.Buffer
	w, err := pcapgo.NewNgWriter(&ng, layers.LinkTypeRaw)
	writeAll(f, w, err, 0, partial(converse(f)).frames, func(ip []byte, _ bool) []byte { return ip })
	if err := w.Flush(); err != nil {
		f.Fatal(err)
	}
	f.Add(ng.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		in, err := parse.Open("-", parse.Options{As: parse.KindPCAP, Stdin: bytes.NewReader(data)})
		if err != nil {
			return
		}
		defer in.Close()
		_ = Walk(context.Background(), in, Options{Limits: parse.Limits{MaxElement: 1 << 20}}, &recorder{quiet: true}) // only that it ends
	})
}
