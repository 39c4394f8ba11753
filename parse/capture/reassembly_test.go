package capture

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
)

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
