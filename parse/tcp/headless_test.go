package tcp

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/redsleuth/redsleuth/internal/pcaptest"
)

// of puts frames into a pcap, each with a head of its link type.
func of(t *testing.T, kind layers.LinkType, head string, nanos bool, frames []pcaptest.Frame) []byte {
	t.Helper()
	var b bytes.Buffer
	w := pcapgo.NewWriter(&b)
	if nanos {
		w = pcapgo.NewWriterNanos(&b)
	}
	err := w.WriteFileHeader(1<<16, kind)
	pcaptest.WriteTo(t, w, err, 0, frames, func(ip []byte, _ bool) []byte { return append([]byte(head), ip...) })
	return b.Bytes()
}

// A capture whose header is gone tells by its packets what they are: of any usual
// link type, byte order and unit, cut anywhere, or under zeros.
func TestHeadless(t *testing.T) {
	frames := talk(pcaptest.New(t)).Frames
	const ethernet = "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02\x08\x00"
	whole := of(t, layers.LinkTypeEthernet, ethernet, false, frames)
	first := recordSize + len(ethernet) + len(frames[0].IP)
	for _, c := range []struct {
		name    string
		data    []byte
		flaws   []Flaw
		packets int64
	}{
		{"Ethernet", whole[fileSize:], []Flaw{{Beheaded, 0, 0, 0}}, 7},
		{"within the header", whole[8:], []Flaw{{Beheaded, 0, fileSize - 8, 0}}, 7},
		{"within a packet", whole[fileSize+recordSize+9:], []Flaw{{Beheaded, 0, int64(first - recordSize - 9), 0}}, 6},
		{"zeros", append(make([]byte, fileSize+20), whole[fileSize+20:]...), []Flaw{
			{Zeros, 0, fileSize + 21, 0}, {Beheaded, fileSize + 21, int64(first - 21), 0}}, 6},
		{"VLAN", of(t, layers.LinkTypeEthernet, ethernet[:12]+"\x81\x00\x00\x05\x08\x00", false, frames)[fileSize:], []Flaw{{Beheaded, 0, 0, 0}}, 7},
		{"nanoseconds", of(t, layers.LinkTypeEthernet, ethernet, true, frames)[fileSize:], []Flaw{{Beheaded, 0, 0, 0}}, 7},
		{"of any device", of(t, layers.LinkTypeLinuxSLL, "\x00\x00\x00\x01\x00\x06\x02\x00\x00\x00\x00\x01\x00\x00\x08\x00", false, frames)[fileSize:], []Flaw{{Beheaded, 0, 0, 0}}, 7},
		{"loopback of BSD", of(t, layers.LinkTypeNull, "\x02\x00\x00\x00", false, frames)[fileSize:], []Flaw{{Beheaded, 0, 0, 0}}, 7},
		{"bare IP, big-endian", bigEndian(frames...)[fileSize:], []Flaw{{Beheaded, 0, 0, 0}}, 7},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !Headless(c.data) {
				t.Fatal("not recognised")
			}
			got := read(t, c.data, rules{})
			if fmt.Sprint(got.Flaws) != fmt.Sprint(c.flaws) || got.Packets != c.packets || len(got.Unread) > 0 {
				t.Errorf("flaws %v, want %v; %d packets; %v", got.Flaws, c.flaws, got.Packets, got.Unread)
			}
		})
	}
	one := whole[fileSize : fileSize+first]
	for name, data := range map[string][]byte{
		"one packet": one, "no packets of TCP": slices.Repeat(one[:recordSize], 9), "text": []byte("what happened at three"), "nothing": nil,
	} {
		if Headless(data) {
			t.Errorf("%s is taken for a capture", name)
		}
	}
}
