package tcp

import (
	"encoding/binary"

	"github.com/gopacket/gopacket/layers"
)

// Headless reports whether bytes are from within a pcap file: packets follow one
// another in them, of which TCP's are of one link type.
func Headless(head []byte) bool {
	_, _, ok := headless(head)
	return ok
}

const (
	// chained packets are no accident. Fewer have to do where the bytes at hand end.
	chained      = 4
	leastChained = 2
	// searchedHead is how far behind the lost head packets have to begin: one may
	// be cut.
	searchedHead = 2 * maxCaptured
)

// headless finds where the packets of a pcap file begin whose header is gone, and
// what that header has said.
func headless(w []byte) (at int, h pcapHeader, ok bool) {
	for at := range w[:min(len(w), searchedHead)] {
		for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
			for _, nanos := range []uint32{1000, 1} {
				h := pcapHeader{order: order, nanos: nanos}
				if h.kind, ok = h.chainKind(w[at:]); ok {
					return at, h, true
				}
			}
		}
	}
	return 0, h, false
}

// chainKind is the link type of the packets that begin one after another at w.
func (h *pcapHeader) chainKind(w []byte) (kind layers.LinkType, ok bool) {
	const day = 86400
	var packets [chained][]byte
	n, first := 0, uint32(0)
	for ; n < chained; n++ {
		if len(w) < recordSize {
			break
		}
		p := h.packet(w)
		if n == 0 {
			first = p.seconds
		}
		if !h.believable(p) || p.captured == 0 || max(p.seconds, first)-min(p.seconds, first) > day {
			return 0, false
		}
		end := recordSize + int(p.captured)
		packets[n] = w[recordSize:min(len(w), end)]
		w = w[min(len(w), end):]
	}
	if n < leastChained {
		return 0, false
	}
	for _, kind := range []layers.LinkType{
		layers.LinkTypeEthernet, layers.LinkTypeLinuxSLL, linkTypeLinuxSLL2, layers.LinkTypeNull, layers.LinkTypeRaw,
	} {
		tcp := 0
		for _, data := range packets[:n] {
			if holdsTCP(data, kind) {
				tcp++
			}
		}
		if tcp >= leastChained {
			return kind, true
		}
	}
	return 0, false
}

// linkTypeLinuxSLL2 is LINKTYPE_LINUX_SLL2, of tcpdump -i any since 4.99.
const linkTypeLinuxSLL2 layers.LinkType = 276

// holdsTCP reports whether a frame of a link type holds a segment.
func holdsTCP(data []byte, kind layers.LinkType) bool {
	family, ip := -1, 0 // where the type of what it holds stands, and that itself
	switch kind {
	case layers.LinkTypeEthernet:
		family, ip = 12, 14
		if len(data) > 18 && binary.BigEndian.Uint16(data[12:]) == 0x8100 { // VLAN
			family, ip = 16, 18
		}
	case layers.LinkTypeLinuxSLL:
		family, ip = 14, 16
	case linkTypeLinuxSLL2:
		family, ip = 0, 20
	case layers.LinkTypeNull:
		ip = 4
	}
	if len(data) < ip+20 {
		return false
	}
	version := data[ip] >> 4
	if family >= 0 {
		switch t := binary.BigEndian.Uint16(data[family:]); {
		case t != 0x0800 && version == 4, t != 0x86dd && version == 6:
			return false
		}
	}
	const tcp = 6
	switch version {
	case 4:
		return data[ip]&15 >= 5 && data[ip+9] == tcp
	case 6:
		return data[ip+6] == tcp
	}
	return false
}
