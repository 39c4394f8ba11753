package capture

import (
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
)

// unread counts the packets that may have held part of a link and could not
// be decoded. What is neither TCP nor damaged is not counted.
type unread struct {
	links     int64 // of a link type that is not known: kind
	kind      layers.LinkType
	fragments int64 // of an IP packet that holds TCP
	broken    int64 // cut, or wrong, before the end of the TCP header
	crowded   int64 // of connections beyond the limits on how many there are
}

// notes says what was not read, and why.
func (u *unread) notes(h record.Handler) error {
	for _, n := range []struct {
		count int64
		err   error
	}{
		{u.links, parse.Unsupported("%d packets are of link type %d, which can't be decoded", u.links, int(u.kind))},
		{u.fragments, parse.Unsupported("%d packets are fragments of larger ones, which are not put together", u.fragments)},
		{u.broken, parse.Damaged("%d packets are cut or damaged before the end of their TCP header", u.broken)},
		{u.crowded, parse.TooLarge("%d packets belong to more connections than are followed at a time (%d, of which %d may be large)", u.crowded, maxFlows, maxFiles)},
	} {
		if n.count == 0 {
			continue
		}
		if err := h.Note(&record.Note{Kind: record.NoteUnread, Byte: record.Unknown, Bytes: record.Unknown, Count: n.count,
			Offset: record.Unknown, EndOffset: record.Unknown, Err: parse.At(0, n.err)}); err != nil {
			return err
		}
	}
	return nil
}

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
	for _, first := range []gopacket.LayerType{layers.LayerTypeEthernet, layers.LayerTypeLinuxSLL, layers.LayerTypeLoopback,
		layers.LayerTypeIPv4, layers.LayerTypeIPv6} {
		p := gopacket.NewDecodingLayerParser(first, &d.ethernet, &d.vlan, &d.cooked, &d.loopback, &d.ip4, &d.ip6, &d.tcp)
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

// count takes in a packet without a whole TCP header.
func (u *unread) count(p gopacket.Packet, kind layers.LinkType) {
	decoded := p.Layers()
	if len(decoded) == 0 || decoded[0].LayerType() == gopacket.LayerTypeDecodeFailure {
		u.links++
		u.kind = kind
		return
	}
	holdsTCP, fragment := false, false
	for _, layer := range decoded {
		switch ip := layer.(type) {
		case *layers.IPv4:
			holdsTCP = ip.Protocol == layers.IPProtocolTCP
			fragment = ip.Flags&layers.IPv4MoreFragments != 0 || ip.FragOffset != 0
		case *layers.IPv6:
			holdsTCP = ip.NextHeader == layers.IPProtocolTCP
		case *layers.IPv6Fragment:
			holdsTCP, fragment = ip.NextHeader == layers.IPProtocolTCP, true
		}
	}
	switch {
	case !holdsTCP:
	case fragment:
		u.fragments++
	default:
		u.broken++
	}
}
