package tcp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/redsleuth/redsleuth/internal/pcaptest"
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

func TestEveryLinkType(t *testing.T) {
	for _, v6 := range []bool{false, true} {
		for _, w := range wrappings {
			t.Run(fmt.Sprintf("%s, IPv6 %v", w.name, v6), func(t *testing.T) {
				c := pcaptest.New(t)
				if v6 {
					c = pcaptest.NewV6(t)
				}
				talk(c).Close()
				var classic, ng bytes.Buffer
				p := pcapgo.NewWriter(&classic)
				pcaptest.WriteTo(t, p, p.WriteFileHeader(65536, w.kind), 0, c.Frames, w.wrap)
				n, err := pcapgo.NewNgWriter(&ng, w.kind)
				pcaptest.WriteTo(t, n, err, 0, c.Frames, w.wrap)
				if err := n.Flush(); err != nil {
					t.Fatal(err)
				}
				for _, data := range [][]byte{classic.Bytes(), ng.Bytes()} {
					wantSides(t, data, asked, answered)
				}
			})
		}
	}
}

// The header of a classic capture, 24 bytes in the order of its writer, then
// per packet: seconds, fraction, length captured, length sent.
func TestByteOrders(t *testing.T) {
	c := talk(pcaptest.New(t))
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		for _, magic := range []uint32{0xa1b2c3d4, 0xa1b23c4d} { // micro- and nanoseconds
			t.Run(fmt.Sprintf("%v %x", order, magic), func(t *testing.T) {
				b := order.AppendUint32(nil, magic)
				b = order.AppendUint16(order.AppendUint16(b, 2), 4)
				for _, v := range []uint32{0, 0, 65535, uint32(layers.LinkTypeRaw)} {
					b = order.AppendUint32(b, v)
				}
				for _, f := range c.Frames {
					for _, v := range []uint32{uint32(f.Time.Unix()), 5, uint32(len(f.IP)), uint32(len(f.IP))} {
						b = order.AppendUint32(b, v)
					}
					b = append(b, f.IP...)
				}
				wantSides(t, b, asked, answered)
			})
		}
	}
}

// The packets of one connection may come through interfaces of several kinds.
func TestInterfacesOfSeveralKinds(t *testing.T) {
	c := talk(pcaptest.New(t))
	var b bytes.Buffer
	w, err := pcapgo.NewNgWriter(&b, layers.LinkTypeRaw)
	if err != nil {
		t.Fatal(err)
	}
	kinds := wrappings[:4]
	for _, k := range kinds {
		if _, err := w.AddInterface(pcapgo.NgInterface{LinkType: k.kind}); err != nil {
			t.Fatal(err)
		}
	}
	for i, f := range c.Frames {
		k := i % len(kinds)
		data := kinds[k].wrap(f.IP, f.V6)
		ci := gopacket.CaptureInfo{Timestamp: f.Time, Length: len(data), CaptureLength: len(data),
			InterfaceIndex: 1 + k}
		if err := w.WritePacket(ci, data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	wantSides(t, b.Bytes(), asked, answered)
}
