package capture

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/redsleuth/redsleuth/internal/pcaptest"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
)

// Packet numbers of the conversation in partial, from 0.
const firstCommand = 8

func without(frames []pcaptest.Frame, n ...int) []pcaptest.Frame {
	var kept []pcaptest.Frame
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
	c := partial(pcaptest.New(t)).Say(pcaptest.Master, pcaptest.Command("SET", "d", big), pcaptest.Command("SET", "e", "5")).Ack(859)
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
	const afterGap = `550-577 db -1 tx 0 ["SET" "b" "2"]
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
		{"a command", pcaptest.Write(t, 0, without(c.Frames, firstCommand+1)...), begin + `500-523 db -1 tx 0 ["SELECT" "3"]
gap 87+27, 523-550
` + afterGap + "5 commands, 359 bytes, to 859\n"},
		{"a line of the handshake", pcaptest.Write(t, 0, without(c.Frames, 5)...), begin + "gap 7+5, -1--1\n" + known +
			"832-859 db 3 tx 0 [\"SET\" \"e\" \"5\"]\nack 859\n6 commands, 359 bytes, to 859\n"},
		{"the answer to PSYNC", pcaptest.Write(t, 0, without(c.Frames, 7)...), "none \ngap 12+52, -1--1\n" + unknown +
			"-1--1 db 3 tx 0 [\"SET\" \"d\" \"BIG\"]\n-1--1 db 3 tx 0 [\"SET\" \"e\" \"5\"]\nack 859\n6 commands, 411 bytes, to -1\n"},
		{"the request", pcaptest.Write(t, 0, without(c.Frames, 6)...), begin + unknown +
			"-1--1 db 3 tx 0 [\"SET\" \"d\" \"BIG\"]\n-1--1 db 3 tx 0 [\"SET\" \"e\" \"5\"]\nack 859\n6 commands, 359 bytes, to -1\n"},
		{"what was sent last", pcaptest.Write(t, 0, without(c.Frames, firstCommand+5)...), begin + known +
			"gap 396+27, 832-859\nack 859\n5 commands, 359 bytes, to 832\n"},
		{"all after 96 bytes", pcaptest.Write(t, 96, c.Frames...), begin + unknown +
			"gap 168+228, -1--1\n-1--1 db -1 tx 0 [\"SET\" \"e\" \"5\"]\nack 859\n5 commands, 359 bytes, to -1\nunread -1+-1, -1--1\n"},
		{"all after 96 bytes, the last packet too", pcaptest.Write(t, 96, c.Frames[:firstCommand+5]...), begin + unknown +
			"gap 168+228, -1--1\n4 commands, 332 bytes, to -1\nunread -1+-1, -1--1\n"},
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
	set := pcaptest.Command("SET", "a", "1")
	rested := pcaptest.New(t).Say(pcaptest.Master, set[5:], set).Rest(2*time.Second).Ack(549).Say(pcaptest.Master, pcaptest.Command("PING"), set).Rest(2 * time.Second).Ack(590)
	got := read(t, pcaptest.Write(t, 0, rested.Frames...))
	if l := got.links[0]; l.Anchor != record.AnchorACK || l.StartOffset != 500 || l.EndOffset != 590 {
		t.Errorf("%+v\n%s", l, got)
	}
	busy := pcaptest.New(t).Say(pcaptest.Master, set, set).Ack(527).Say(pcaptest.Master, set, set).Ack(554).Say(pcaptest.Master, set)
	if l := read(t, pcaptest.Write(t, 0, busy.Frames...)).links[0]; l.Anchor != record.AnchorNone || l.StartOffset != record.Unknown {
		t.Errorf("%+v", l)
	}
}

// One moment of rest is enough to tie a connection to offsets: the replica had run
// all that its system had received. Where it never rested, or what it says lies
// within a command, nothing does.
func TestOneMomentOfRest(t *testing.T) {
	type conversation = *pcaptest.Conversation
	const master = pcaptest.Master
	set, ping := pcaptest.Command("SET", "a", "1"), pcaptest.Command("PING") // 27 and 14 bytes
	getack := pcaptest.Command("REPLCONF", "GETACK", "*")                    // 37 bytes
	for _, test := range []struct {
		name string
		say  func(c conversation)
		want int64
	}{
		{"idle at first", func(c conversation) { c.Ack(500).Rest(time.Second).Ack(500).Say(master, set, set).Ack(527) }, 500},
		{"one ACK while idle", func(c conversation) { c.Ack(500).Rest(time.Second).Say(master, set, set).Ack(527) }, 500},
		{"one ACK, and commands at once", func(c conversation) { c.Ack(500).Say(master, set, set).Ack(527) }, record.Unknown},
		{"idle once, in between", func(c conversation) {
			c.Say(master, set, ping).Ack(500).Rest(2*time.Second).Ack(541).Say(master, set, set).Ack(541)
		}, 500},
		{"twice the same", func(c conversation) {
			c.Say(master, set, ping).Ack(541).Rest(time.Second).Ack(541).Say(master, set).Ack(541)
		}, 500},
		{"two pauses", func(c conversation) {
			c.Say(master, set).Rest(300*time.Millisecond).Ack(527).Say(master, ping).Rest(300 * time.Millisecond).Ack(541)
		}, 500},
		{"two short pauses, after what came alone", func(c conversation) {
			c.Say(master, set).Rest(time.Second).Say(master, ping).Rest(60 * time.Millisecond).Ack(541)
			c.Rest(time.Second).Say(master, ping).Rest(60*time.Millisecond).Ack(555).Say(master, set)
		}, 500},
		{"one short pause, after what came alone", func(c conversation) {
			c.Say(master, set).Rest(time.Second).Say(master, ping).Rest(60*time.Millisecond).Ack(541).Say(master, ping, set)
		}, record.Unknown},
		{"two short pauses of a busy stream", func(c conversation) {
			c.Say(master, set, ping).Rest(60*time.Millisecond).Ack(541).Say(master, ping).Rest(60*time.Millisecond).Ack(555).Say(master, set)
		}, record.Unknown},
		{"one pause of half a second", func(c conversation) {
			c.Say(master, set).Rest(700*time.Millisecond).Ack(527).Say(master, ping)
		}, 500},
		{"one pause that is shorter", func(c conversation) {
			c.Say(master, set).Rest(300*time.Millisecond).Ack(527).Say(master, ping)
		}, record.Unknown},
		{"a GETACK, answered at once, and the next ACK", func(c conversation) {
			c.Say(master, set, getack).Ack(527).Say(master, ping).Ack(578)
		}, 500},
		{"a GETACK, and an ACK long after it", func(c conversation) {
			c.Say(master, set, getack).Rest(150*time.Millisecond).Ack(527).Say(master, ping).Ack(578)
		}, record.Unknown},
		{"a GETACK, and ACKs that are behind", func(c conversation) {
			c.Say(master, set, getack).Ack(500).Say(master, ping).Ack(527)
		}, record.Unknown},
		{"always behind by as much", func(c conversation) {
			c.Say(master, set, set).Ack(527).Say(master, set).Ack(554).Say(master, set).Ack(581)
		}, record.Unknown},
		{"newlines, which don't count", func(c conversation) {
			c.Say(master, "\n", set, "\n", ping).Rest(2*time.Second).Ack(541).Say(master, set)
		}, 500},
		{"sequence numbers that wrap around", func(c conversation) {
			c.Seq[master] = 0xffff_fff0
			c.Ack(500).Rest(time.Second).Ack(500).Say(master, set, set).Ack(554)
		}, 500},
		{"within a command", func(c conversation) { c.Say(master, set, ping).Rest(2*time.Second).Ack(541).Say(master, set).Ack(545) }, record.Unknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := pcaptest.New(t)
			test.say(c)
			if l := read(t, pcaptest.Write(t, 0, c.Frames...)).links[0]; l.StartOffset != test.want {
				t.Errorf("%d, by %s", l.StartOffset, l.Anchor)
			}
		})
	}
}

// A port that is used again makes another link, and clients make none.
func TestPortsAndClients(t *testing.T) {
	first := partial(pcaptest.New(t)) // never closed
	again := pcaptest.New(t).Rest(time.Minute)
	again.Seq = [2]uint32{5_000_000, 7_000_000}
	partial(again).Close()
	client := pcaptest.New(t)
	client.Port = 50000
	client.Open()
	for range 100 {
		client.Say(pcaptest.Replica, pcaptest.Command("SET", "replconf", "PSYNC")).Say(pcaptest.Master, "+OK\r\n")
	}
	midway := pcaptest.New(t)
	midway.Port = 50001
	midway.Say(pcaptest.Replica, pcaptest.Command("GET", "REPLCONF")).Say(pcaptest.Master, "$3\r\nabc\r\n").Say(pcaptest.Replica, pcaptest.Command("PING"), pcaptest.Command("PING"), pcaptest.Command("PING"), pcaptest.Command("PING"), pcaptest.Command("PING"))
	frames := append(append(append(first.Frames, again.Frames...), client.Frames...), midway.Frames...)
	got := read(t, pcaptest.Write(t, 0, frames...))
	if len(got.links) != 2 || got.links[0].Commands != 4 || got.links[1].Commands != 4 || !strings.HasSuffix(got.String(), "ignored 2\n") {
		t.Errorf("%s", got)
	}
}

// BenchmarkCapture reads a capture of Ethernet frames of ordinary size.
func BenchmarkCapture(b *testing.B) {
	c := pcaptest.New(b).Open().Say(pcaptest.Replica, pcaptest.Command("PSYNC", id, "501")).Say(pcaptest.Master, "+CONTINUE "+id+"\r\n")
	one := strings.Repeat(pcaptest.Command("SET", "key:1234", strings.Repeat("x", 60)), 14)
	for i := range 10_000 {
		c.Say(pcaptest.Master, one)
		if i%10 == 0 {
			c.Ack(500 + i*len(one))
		}
	}
	var data bytes.Buffer
	w := pcapgo.NewWriter(&data)
	ethernet := func(ip []byte, _ bool) []byte { return append([]byte{12: 8, 13: 0}, ip...) }
	pcaptest.WriteTo(b, w, w.WriteFileHeader(65536, layers.LinkTypeEthernet), 0, c.Frames, ethernet)
	b.SetBytes(int64(data.Len()))
	b.ReportAllocs()
	for b.Loop() {
		c := parse.NewCursor(bytes.NewReader(data.Bytes()), 0)
		if err := Walk(b.Context(), c, Options{}, &recorder{quiet: true}); err != nil {
			b.Fatal(err)
		}
		c.Close()
	}
}

func FuzzCapture(f *testing.F) {
	f.Add(pcaptest.Write(f, 0, partial(pcaptest.New(f)).Ack(604).Close().Frames...))
	f.Add(pcaptest.Write(f, 60, partial(pcaptest.New(f)).Ack(604).Frames...))
	var ng bytes.Buffer
	w, err := pcapgo.NewNgWriter(&ng, layers.LinkTypeRaw)
	pcaptest.WriteTo(f, w, err, 0, partial(pcaptest.New(f)).Frames, func(ip []byte, _ bool) []byte { return ip })
	if err := w.Flush(); err != nil {
		f.Fatal(err)
	}
	f.Add(ng.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		o := Options{Limits: parse.Limits{MaxElement: 1 << 20}}
		_ = Walk(t.Context(), parse.NewBytesCursor(data, 0), o, &recorder{quiet: true}) // only that it ends
	})
}
