package tcp

import (
	"fmt"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"github.com/redsleuth/redsleuth/parse"
)

// unread counts the packets that may have held part of a connection and
// could not be decoded. What is neither TCP nor damaged is not counted.
type unread struct {
	links     int64 // of a link type that is not known: kind
	kind      layers.LinkType
	fragments int64 // of an IP packet that holds TCP
	broken    int64 // cut, or wrong, before the end of the TCP header
	crowded   int64 // of connections beyond the limits on how many there are
}

// list says what was not read, and why.
func (u *unread) list() (all []Unread) {
	for _, n := range []Unread{
		{u.links, unknownLinkType(fmt.Sprintf("%d packets are", u.links), u.kind)},
		{u.fragments, parse.Unsupported(
			"%d packets are fragments of larger ones, which are not put together", u.fragments)},
		{u.broken, parse.Damaged(
			"%d packets are cut or damaged before the end of their TCP header", u.broken)},
		{u.crowded, parse.TooLarge("%d packets belong to more connections than are followed at a time "+
			"(%d, of which %d may be large)", u.crowded, maxFlows, maxFiles)},
	} {
		if n.Count > 0 {
			all = append(all, n)
		}
	}
	return all
}

func unknownLinkType(which string, kind layers.LinkType) error {
	return parse.Unsupported("%s of link type %d, which can't be decoded", which, int(kind))
}

// count records a packet without a whole TCP header.
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
