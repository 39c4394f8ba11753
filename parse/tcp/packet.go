package tcp

import (
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// decoder decodes the layers that nearly every packet has into the same
// memory again and again. The TCP layer is not valid longer than its packet.
type decoder struct {
	ethernet layers.Ethernet
	vlan     layers.Dot1Q
	cooked   layers.LinuxSLL
	loopback layers.Loopback
	ip4      layers.IPv4
	ip6      layers.IPv6
	tcp      layers.TCP
	parsers  map[gopacket.LayerType]*gopacket.DecodingLayerParser
	found    []gopacket.LayerType
}

func newDecoder() *decoder {
	d := &decoder{parsers: map[gopacket.LayerType]*gopacket.DecodingLayerParser{}}
	for _, first := range []gopacket.LayerType{layers.LayerTypeEthernet, layers.LayerTypeLinuxSLL,
		layers.LayerTypeLoopback, layers.LayerTypeIPv4, layers.LayerTypeIPv6} {
		p := gopacket.NewDecodingLayerParser(first,
			&d.ethernet, &d.vlan, &d.cooked, &d.loopback, &d.ip4, &d.ip6, &d.tcp)
		p.IgnoreUnsupported = true // what TCP carries, and what has no TCP layer
		d.parsers[first] = p
	}
	return d
}

// fast decodes a packet of the ordinary layers; nil for any other.
func (d *decoder) fast(data []byte, kind layers.LinkType) gopacket.NetworkLayer {
	p := d.parsers[firstLayer(data, kind)]
	if p == nil || p.DecodeLayers(data, &d.found) != nil || p.Truncated {
		return nil
	}
	n := len(d.found)
	if n < 2 || d.found[n-1] != layers.LayerTypeTCP {
		return nil
	}
	switch d.found[n-2] {
	case layers.LayerTypeIPv4:
		return &d.ip4
	case layers.LayerTypeIPv6:
		return &d.ip6
	}
	return nil
}

func firstLayer(data []byte, kind layers.LinkType) gopacket.LayerType {
	switch kind {
	case layers.LinkTypeEthernet:
		return layers.LayerTypeEthernet
	case layers.LinkTypeLinuxSLL:
		return layers.LayerTypeLinuxSLL
	case layers.LinkTypeNull, layers.LinkTypeLoop:
		return layers.LayerTypeLoopback
	case layers.LinkTypeRaw:
		if len(data) > 0 && data[0]>>4 == 6 {
			return layers.LayerTypeIPv6
		}
		return layers.LayerTypeIPv4
	}
	return gopacket.LayerTypeZero
}

// packet decodes one packet and hands its TCP segment on. Of a tunnel, the
// innermost addresses count.
func (t *table) packet(data []byte, ci gopacket.CaptureInfo, kind layers.LinkType) error {
	tcp := &t.decoder.tcp
	network := t.decoder.fast(data, kind)
	if network == nil {
		p := gopacket.NewPacket(data, kind, gopacket.DecodeOptions{Lazy: true, NoCopy: true})
		var ok bool
		// One that can't be decoded is there all the same, and empty.
		if tcp, ok = p.Layer(layers.LayerTypeTCP).(*layers.TCP); !ok || len(tcp.Contents) == 0 {
			t.unread.count(p, kind)
			return nil
		}
		for _, layer := range p.Layers() {
			if n, ok := layer.(gopacket.NetworkLayer); ok {
				network = n
			}
		}
		if network == nil {
			return nil
		}
	}
	// The assembler gives back the CaptureInfo of each piece, and the packet's
	// number is what is wanted of it.
	ci.InterfaceIndex = int(t.packets)
	t.segment(network.NetworkFlow(), tcp, ci, cutOff(network, tcp))
	return t.err
}

// cutOff is how many bytes of a segment's payload were not recorded, by the
// length that its IP header tells.
func cutOff(network gopacket.NetworkLayer, tcp *layers.TCP) int {
	there := len(tcp.Contents) + len(tcp.Payload)
	switch ip := network.(type) {
	case *layers.IPv4:
		if ip.Length > 0 { // 0 where a network card cuts the segments
			return max(0, int(ip.Length)-len(ip.Contents)-there)
		}
	case *layers.IPv6:
		if ip.Length > 0 && ip.NextHeader == layers.IPProtocolTCP {
			return max(0, int(ip.Length)-there)
		}
	}
	return 0
}
