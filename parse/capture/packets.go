package capture

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/redsleuth/redsleuth/parse/input"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/redsleuth/redsleuth/parse"
)

// source reads packets; each comes with its link type.
type source func() ([]byte, gopacket.CaptureInfo, layers.LinkType, error)

const ngMagic = "\x0a\x0d\x0d\x0a"

func openPackets(c *parse.Cursor) (source, error) {
	head, err := c.Fill(4)
	if err != nil && len(head) == 0 {
		return nil, err
	}
	if bytes.HasPrefix(head, []byte(ngMagic)) {
		r, err := pcapgo.NewNgReader(c, pcapgo.NgReaderOptions{WantMixedLinkType: true, SkipUnknownVersion: true})
		if err != nil {
			return nil, err
		}
		return func() ([]byte, gopacket.CaptureInfo, layers.LinkType, error) {
			data, ci, err := r.ZeroCopyReadPacketData()
			kind := r.LinkType()
			if err == nil && len(ci.AncillaryData) > 0 {
				if k, ok := ci.AncillaryData[0].(layers.LinkType); ok {
					kind = k
				}
			}
			ci.AncillaryData = nil
			return data, ci, kind, err
		}, nil
	}
	r, err := pcapgo.NewReader(c)
	if err != nil {
		return nil, err
	}
	return func() ([]byte, gopacket.CaptureInfo, layers.LinkType, error) {
		data, ci, err := r.ZeroCopyReadPacketData()
		return data, ci, r.LinkType(), err
	}, nil
}

// readPackets feeds every TCP segment to its connection. A capture that ends
// within a packet, or is damaged, is read up to there, and cut says so.
func (t *table) readPackets(ctx context.Context, in *input.Input) (cut *parse.Error, err error) {
	c, err := in.Cursor()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	next, err := openPackets(c)
	if err != nil {
		return nil, parse.At(c.Offset(), parse.Damaged("the capture's header can't be read"))
	}
	for ctx.Err() == nil {
		data, ci, kind, err := next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			cut = &parse.Error{ByteOffset: c.Offset(), DB: -1, Err: why(err, t.packets)}
			break
		}
		t.packets++
		if err := t.packet(data, ci, kind); err != nil {
			return nil, err
		}
	}
	t.assembler.FlushAll()
	if t.packets > 0 && t.unread.links == t.packets {
		return nil, parse.At(0, parse.Unsupported("the packets are of link type %d, which can't be decoded", int(t.unread.kind)))
	}
	return cut, errors.Join(ctx.Err(), t.err)
}

func why(err error, packets int64) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return parse.Truncated("the capture ends within packet %d", packets+1)
	}
	return parse.Damaged("packet %d of the capture can't be read, and nothing behind it", packets+1)
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
