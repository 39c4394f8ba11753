package tcp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/redsleuth/redsleuth/internal/pcaptest"
)

// ng puts frames into a pcapng, as Ethernet or as raw packets.
func ng(t *testing.T, ethernet bool, frames ...pcaptest.Frame) []byte {
	t.Helper()
	var b bytes.Buffer
	kind, wrap := layers.LinkTypeRaw, func(ip []byte, _ bool) []byte { return ip }
	if ethernet {
		kind, wrap = layers.LinkTypeEthernet, func(ip []byte, _ bool) []byte {
			return append([]byte("\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02\x08\x00"), ip...)
		}
	}
	w, err := pcapgo.NewNgWriter(&b, kind)
	pcaptest.WriteTo(t, w, err, 0, frames, wrap)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bigEndian is a classic capture in the other byte order, in microseconds.
func bigEndian(frames ...pcaptest.Frame) []byte {
	b := []byte("\xa1\xb2\xc3\xd4\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x65")
	for _, f := range frames {
		for _, n := range []int{int(f.Time.Unix()), f.Time.Nanosecond() / 1000, len(f.IP), len(f.IP)} {
			b = binary.BigEndian.AppendUint32(b, uint32(n))
		}
		b = append(b, f.IP...)
	}
	return b
}

// What people do to captures: several put together, of any format, also where
// the one before was cut; blocks of zeros. What is there of both is read.
func TestSeveralCapturesAndZeros(t *testing.T) {
	first, later := pcaptest.New(t), pcaptest.New(t)
	later.Port++
	one, two := talk(first).Frames, talk(later).Frames
	pcap := func(frames []pcaptest.Frame) []byte { return pcaptest.Write(t, 0, frames...) }
	zeros := func(n int) []byte { return make([]byte, n) }
	cat := func(parts ...[]byte) []byte { return slices.Concat(parts...) }
	cut := func(b []byte, n int) []byte { return b[:len(b)-n] }
	a, b := pcap(one), pcap(two)
	n := int64(len(a))
	hole := bytes.Clone(cat(a, b[fileSize:]))
	last := len(one[len(one)-1].IP)
	clear(hole[len(a)-last-recordSize : len(a)+recordSize+10]) // the last packet of one, the first of the other
	nga, ngb := ng(t, true, one...), ng(t, false, two...)
	for _, test := range []struct {
		name string
		data []byte
		want string // the flaws
		// connections, and packets of them
		connections int
		packets     int64
	}{
		{"one", a, "[]", 1, 7},
		{"two", cat(a, b), fmt.Sprint([]Flaw{{Joined, n, 0, 7}}), 2, 14},
		{"of the other byte order", cat(a, bigEndian(two...)), fmt.Sprint([]Flaw{{Joined, n, 0, 7}}), 2, 14},
		{"of the other byte order first", cat(bigEndian(one...), b), fmt.Sprint([]Flaw{{Joined, n, 0, 7}}), 2, 14},
		{"pcapng behind pcap", cat(a, ngb), fmt.Sprint([]Flaw{{Joined, n, 0, 7}}), 2, 14},
		{"pcap behind pcapng", cat(nga, b), fmt.Sprint([]Flaw{{Joined, int64(len(nga)), 0, 7}}), 2, 14},
		{"two of pcapng, of other link types", cat(nga, ngb), fmt.Sprint([]Flaw{{Joined, int64(len(nga)), 0, 7}}), 2, 14},
		{"behind one that was cut", cat(cut(a, 30), b),
			fmt.Sprint([]Flaw{{Skipped, n - int64(last) - recordSize, int64(last) + recordSize - 30, 6}, {Joined, n - 30, 0, 6}}), 2, 13},
		{"zeros behind", cat(a, zeros(512)), fmt.Sprint([]Flaw{{Zeros, n, 512, 7}}), 1, 7},
		{"a few zeros behind", cat(a, zeros(5)), fmt.Sprint([]Flaw{{Zeros, n, 5, 7}}), 1, 7},
		{"zeros behind pcapng", cat(nga, zeros(4096)), fmt.Sprint([]Flaw{{Zeros, int64(len(nga)), 4096, 7}}), 1, 7},
		{"zeros, and another", cat(a, zeros(700), b), fmt.Sprint([]Flaw{{Zeros, n, 700, 7}, {Joined, n + 700, 0, 7}}), 2, 14},
		{"zeros in the middle", hole, fmt.Sprint([]Flaw{
			{Zeros, n - int64(last) - recordSize, int64(last) + 2*recordSize + 10, 6},
			{Skipped, n + recordSize + 10, int64(len(two[0].IP)) - 10, 6}}), 2, 12},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := read(t, test.data, rules{})
			if got := fmt.Sprint(c.Flaws); got != test.want || c.Cut != nil {
				t.Errorf("flaws %s, want %s; cut %v", got, test.want, c.Cut)
			}
			if len(c.Connections) != test.connections || c.Packets != test.packets || len(c.Unread) > 0 {
				t.Errorf("%d connections of %d packets, %v", len(c.Connections), c.Packets, c.Unread)
			}
		})
	}
}

// A section whose header does not end as it begins is stepped over, once.
func TestBrokenSection(t *testing.T) {
	frames := talk(pcaptest.New(t)).Frames
	whole := ng(t, false, frames...)
	broken := bytes.Clone(ng(t, false, frames...))
	size := binary.LittleEndian.Uint32(broken[4:])
	broken[size-4]++
	c := read(t, slices.Concat(whole, broken), rules{})
	if c.Packets != 14 || c.Cut != nil || len(c.Flaws) != 2 || c.Flaws[1].Kind != Skipped {
		t.Errorf("%d packets, %v, %v", c.Packets, c.Flaws, c.Cut)
	}
}
