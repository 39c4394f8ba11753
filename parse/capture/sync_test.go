package capture

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket/layers"

	"github.com/redsleuth/redsleuth/internal/pcaptest"
)

// dump is an RDB with one key, whose value is large enough to be cut.
var dump = "REDIS0009\x00\x01k\x40\xc8" + strings.Repeat("v", 200) + "\xff" + strings.Repeat("\x00", 8)

const endMark = "mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm"

// full is a connection with a full resync at offset 500; a packet each for the
// header, two halves of the payload, and two commands.
func full(c *pcaptest.Conversation, header, end string) *pcaptest.Conversation {
	c.Open().Say(pcaptest.Replica, pcaptest.Command("PSYNC", "?", "-1")).Say(pcaptest.Master, "+FULLRESYNC "+id+" 500\r\n")
	return c.Say(pcaptest.Master, header, dump[:100], dump[100:]+end, pcaptest.Command("SELECT", "0"), pcaptest.Command("SET", "a", "1")).Ack(550)
}

// The packets of full, from 0.
const firstHalf, secondHalf = 5, 6

var byLength, byMark = fmt.Sprintf("$%d\r\n", len(dump)), "$EOF:" + endMark + "\r\n"

// together puts connections into one capture, by time.
func together(conns ...*pcaptest.Conversation) []pcaptest.Frame {
	var frames []pcaptest.Frame
	for _, c := range conns {
		frames = append(frames, c.Frames...)
	}
	slices.SortStableFunc(frames, func(a, b pcaptest.Frame) int { return a.Time.Compare(b.Time) })
	return frames
}

// twoChannels are the connections of a sync over two, of Redis 8 or Valkey 8.
func twoChannels(t testing.TB, valkey bool) (main, payload *pcaptest.Conversation) {
	main, payload = pcaptest.New(t), pcaptest.New(t)
	payload.Port = 40001
	payload.Rest(500 * time.Microsecond)
	main.Open().Say(pcaptest.Replica, pcaptest.Command("REPLCONF", "capa", "psync2")).Say(pcaptest.Master, "+OK\r\n").Say(pcaptest.Replica, pcaptest.Command("PSYNC", "?", "-1"))
	payload.Rest(10 * time.Millisecond).Open()
	if valkey {
		main.Say(pcaptest.Master, "+DUALCHANNELSYNC\r\n")
		payload.Say(pcaptest.Replica, pcaptest.Command("REPLCONF", "rdb-channel", "1"), "SYNC\r\n").Say(pcaptest.Master, "$ENDOFF:500 "+id+" 0 77\r\n")
		main.Rest(30*time.Millisecond).Say(pcaptest.Replica, pcaptest.Command("REPLCONF", "set-rdb-client-id", "77"), pcaptest.Command("PSYNC", id, "501"))
		main.Say(pcaptest.Master, "+CONTINUE "+id+"\r\n")
	} else {
		main.Say(pcaptest.Master, "+RDBCHANNELSYNC 77\r\n").Rest(40 * time.Millisecond)
		payload.Say(pcaptest.Replica, pcaptest.Command("REPLCONF", "rdb-channel", "1", "main-ch-client-id", "77"), pcaptest.Command("PSYNC", "?", "-1"))
		payload.Say(pcaptest.Master, "+FULLRESYNC "+id+" 500\r\n")
	}
	payload.Say(pcaptest.Master, byMark, dump[:100], dump[100:]+endMark).Close()
	main.Say(pcaptest.Master, pcaptest.Command("SELECT", "0"), pcaptest.Command("SET", "a", "1"), pcaptest.Command("SET", "b", "2")).Ack(577)
	return main, payload
}

const (
	begin   = "full " + id + "\n"
	oneKey  = "rdb of 1 keys\n"
	noKey   = "rdb of 0 keys: the file ends early while reading the header at byte 0\n"
	first   = "500-523 db -1 tx 0 [\"SELECT\" \"0\"]\n"
	second  = "523-550 db 0 tx 0 [\"SET\" \"a\" \"1\"]\n"
	adrift  = "-1--1 db -1 tx 0 [\"SELECT\" \"0\"]\n-1--1 db 0 tx 0 [\"SET\" \"a\" \"1\"]\n"
	allSeen = first + second + "ack 550\n2 commands, 50 bytes, to 550\n"
)

// A sync over two connections is one link, and what either loses is named.
func TestTwoChannelsAreOneLink(t *testing.T) {
	const third = "550-577 db %d tx 0 [\"SET\" \"b\" \"2\"]\nack 577\n%d commands, 77 bytes, to 577\n"
	for _, valkey := range []bool{false, true} {
		main, payload := twoChannels(t, valkey)
		command, half := len(main.Frames)-3, len(payload.Frames)-4
		at := map[bool][2]int{false: {48, 105}, true: {98, 106}}[valkey] // where either is lost
		for _, test := range []struct {
			name   string
			frames []pcaptest.Frame
			want   string
		}{
			{"whole", together(main, payload), begin + oneKey + first + second + fmt.Sprintf(third, 0, 3)},
			{"a command lost", together(&pcaptest.Conversation{Frames: without(main.Frames, command)}, payload),
				begin + oneKey + first + fmt.Sprintf("gap %d+27, 523-550\n", at[0]) + fmt.Sprintf(third, -1, 2)},
			{"half of the payload lost", together(main, &pcaptest.Conversation{Frames: without(payload.Frames, half)}),
				begin + noKey + fmt.Sprintf("gap %d+100, -1--1\n", at[1]) + first + second + fmt.Sprintf(third, 0, 3)},
		} {
			t.Run(fmt.Sprintf("Valkey %v, %s", valkey, test.name), func(t *testing.T) {
				if got := read(t, pcaptest.Write(t, 0, test.frames...)); got.String() != test.want {
					t.Errorf("%s", got)
				}
			})
		}
	}
}

// Where the payload's head is lost with all of it, nothing of its connection counts as
// bytes of the stream, whose offsets the ACKs tell.
func TestTwoChannelsWithoutPayload(t *testing.T) {
	main, payload := twoChannels(t, false)
	main.Rest(time.Second).Ack(577)
	half := len(payload.Frames) - 4
	for name, lost := range map[string][]int{
		"all":             {half - 2, half - 1, half, half + 1},
		"all but its end": {half - 2, half - 1, half},
	} {
		t.Run(name, func(t *testing.T) {
			kept := &pcaptest.Conversation{Frames: without(payload.Frames, lost...)}
			got := read(t, pcaptest.Write(t, 0, together(main, kept)...)).String()
			if !strings.Contains(got, first+second) || !strings.HasSuffix(got, "3 commands, 77 bytes, to 577\n") {
				t.Errorf("%s", got)
			}
			if gap := strings.Count(got, "gap "); gap == 0 || strings.Count(got, ", -1--1\n") != gap {
				t.Errorf("a hole of the payload has a place in the stream: %s", got)
			}
		})
	}
}

// A hole in front of the stream may have handshake and payload in it, so that the stream
// of a history that has just begun begins within the hole.
func TestHoleWithThePayload(t *testing.T) {
	ping := pcaptest.Command("PING")
	c := pcaptest.New(t).Open().Say(pcaptest.Replica, pcaptest.Command("PSYNC", "?", "-1"))
	lost := len(c.Frames)
	c.Say(pcaptest.Master, "+FULLRESYNC "+id+" 0\r\n"+byLength+dump)
	kept := len(c.Frames)
	c.Ack(0).Say(pcaptest.Master, pcaptest.Command("SELECT", "0"), pcaptest.Command("SET", "a", "1"))
	c.Rest(time.Second).Ack(50).Say(pcaptest.Master, ping).Rest(time.Second).Ack(64).Say(pcaptest.Master, ping)
	for name, test := range map[string]struct {
		frames []pcaptest.Frame
		want   string
	}{
		"lost": {append(slices.Clone(c.Frames[:lost]), c.Frames[kept:]...), "none \ngap 0+285, 0-0\nack 0\n"},
		"seen": {c.Frames, begin + oneKey + "ack 0\n"},
	} {
		t.Run(name, func(t *testing.T) {
			want := test.want + "0-23 db -1 tx 0 [\"SELECT\" \"0\"]\n23-50 db 0 tx 0 [\"SET\" \"a\" \"1\"]\nack 50\n" +
				"50-64 db 0 tx 0 [\"PING\"]\nack 64\n64-78 db 0 tx 0 [\"PING\"]\n4 commands, 78 bytes, to 78\n"
			if got := read(t, pcaptest.Write(t, 0, test.frames...)).String(); got != want {
				t.Errorf("%s\nwant %s", got, want)
			}
		})
	}
}

// However the payload of a full resync was recorded, the offsets after it are
// those of the master, or unknown.
func TestPayloads(t *testing.T) {
	frames := func(header, end string) []pcaptest.Frame { return full(pcaptest.New(t), header, end).Frames }
	length, mark := frames(byLength, ""), frames(byMark, endMark)
	reset := pcaptest.New(t)
	full(reset, byLength, "").Packet(pcaptest.Master, layers.TCP{RST: true}, "")
	sync := pcaptest.New(t).Open().Say(pcaptest.Replica, "SYNC\r\n").Say(pcaptest.Master, "\n", byLength, dump, pcaptest.Command("PING")).Close()
	midCommand := full(pcaptest.New(t), byLength, "").Say(pcaptest.Master, pcaptest.Command("SET", "b", "2")[9:], pcaptest.Command("PING")).Ack(600)
	for _, test := range []struct {
		name   string
		frames []pcaptest.Frame
		want   string
	}{
		{"length", length, begin + oneKey + allSeen},
		{"mark", mark, begin + oneKey + allSeen},
		{"length, a gap", without(length, firstHalf), begin + noKey + "gap 64+100, -1--1\n" + allSeen},
		{"mark, a gap", without(mark, firstHalf), begin + noKey + "gap 105+100, -1--1\n" + allSeen},
		{"mark, the end lost", without(mark, secondHalf), begin +
			"rdb of 1 keys: the file ends early while reading the value in database 0 at byte 100\n" +
			"gap 205+163, -1--1\ngap 205+0, -1--1\n" + adrift + "ack 550\n2 commands, 50 bytes, to -1\n"},
		{"length, begun within", length[secondHalf:], "none \ngap 0+123, -1--1\n" + adrift + "ack 550\n2 commands, 173 bytes, to -1\n"},
		{"mark, begun within", mark[secondHalf:], "none \ngap 0+163, -1--1\n" + adrift + "ack 550\n2 commands, 213 bytes, to -1\n"},
		{"begun within a command", midCommand.Frames[len(midCommand.Frames)-3:],
			"none \ngap 0+18, -1--1\n-1--1 db -1 tx 0 [\"PING\"]\nack 600\n1 commands, 32 bytes, to -1\n"},
		{"reset", reset.Frames, begin + oneKey + allSeen},
		{"SYNC without ACKs", sync.Frames, "full \n" + oneKey + "-1--1 db -1 tx 0 [\"PING\"]\n1 commands, 14 bytes, to -1\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := read(t, pcaptest.Write(t, 0, test.frames...)); got.String() != test.want {
				t.Errorf("%s", got)
			}
		})
	}
}

// A port that is used again and again, never closed, makes a link each time.
func TestPortUsedOften(t *testing.T) {
	const often = 300
	var frames []pcaptest.Frame
	for i := range often {
		c := pcaptest.New(t).Rest(time.Duration(i) * time.Second)
		c.Seq = [2]uint32{uint32(i+1) << 20, uint32(i+1) << 21}
		frames = append(frames, partial(c).Frames...)
	}
	got := read(t, pcaptest.Write(t, 0, frames...))
	if len(got.links) != often || got.links[often-1].EndOffset != 604 {
		t.Errorf("%d links", len(got.links))
	}
}

// Every ACK is told, however many there are, and the first and last of them
// sum them up.
func TestManyACKs(t *testing.T) {
	c := partial(pcaptest.New(t))
	for range 2 * anchorAcks {
		c.Ack(550)
	}
	got := read(t, pcaptest.Write(t, 0, c.Ack(604).Frames...))
	a := got.links[0].Acks
	if a == nil || a.Count != 2*anchorAcks+1 || a.First != 550 || a.Last != 604 || strings.Count(got.String(), "ack ") != int(a.Count) {
		t.Errorf("%+v", a)
	}
}
