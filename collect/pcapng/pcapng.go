// Package pcapng writes what went over connections as a capture that any tool
// reads: the bytes and their times are those of the connections, the packets
// around them are made up. Each connection is opened, acknowledged and closed
// as TCP asks, so that Wireshark and tcpdump see nothing amiss.
//
// What is written is what the program sent and received itself, after TLS: a
// capture of the wire would have held it encrypted.
package pcapng

import (
	"io"
	"net/netip"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// A Writer writes a capture. It is not safe for concurrent use.
type Writer struct {
	ng      *pcapgo.NgWriter
	written int64
	buffer  gopacket.SerializeBuffer
}

// New begins a capture.
func New(w io.Writer) (*Writer, error) {
	options := pcapgo.DefaultNgWriterOptions
	options.SectionInfo.Application = "redsleuth collect"
	options.SectionInfo.Comment = "Bytes and times as sent and received; the packets are made up."
	ng, err := pcapgo.NewNgWriterInterface(w, pcapgo.NgInterface{
		Name: "redsleuth", LinkType: layers.LinkTypeRaw, TimestampResolution: 9,
	}, options)
	return &Writer{ng: ng, buffer: gopacket.NewSerializeBuffer()}, err
}

// Flush writes out what is buffered.
func (w *Writer) Flush() error { return w.ng.Flush() }

// Written is about how large the capture is, in bytes.
func (w *Writer) Written() int64 { return w.written }

// blockFrame is what a packet takes in the file beside its bytes.
const blockFrame = 32

// A side of a connection.
type side struct {
	addr netip.AddrPort
	seq  uint32
}

// A Conn is one connection in a capture.
type Conn struct {
	w              *Writer
	client, server side
}

// Where the sequence numbers of both sides begin, how much is sent at once,
// and the window: 65535 shifted by seven bits.
const (
	clientISN   = 1000
	serverISN   = 9000
	segment     = 32 << 10
	window      = 65535
	windowShift = 7
	largest     = 65495 // segment, as over loopback
)

// Connect writes the handshake of a connection. Both addresses have to be of
// one family.
func (w *Writer) Connect(at time.Time, client, server netip.AddrPort) (*Conn, error) {
	c := &Conn{w: w, client: side{client, clientISN}, server: side{server, serverISN}}
	shift := []layers.TCPOption{
		{
			OptionType: layers.TCPOptionKindMSS, OptionLength: 4,
			OptionData: []byte{largest >> 8, largest & 0xff},
		},
		{OptionType: layers.TCPOptionKindWindowScale, OptionLength: 3, OptionData: []byte{windowShift}},
	}
	open := layers.TCP{SYN: true, Options: shift}
	if err := c.packet(at, &c.client, &c.server, open, nil); err != nil {
		return nil, err
	}
	c.client.seq++
	answer := layers.TCP{SYN: true, ACK: true, Options: shift}
	if err := c.packet(at, &c.server, &c.client, answer, nil); err != nil {
		return nil, err
	}
	c.server.seq++
	return c, c.packet(at, &c.client, &c.server, layers.TCP{ACK: true}, nil)
}

// Sent writes what the client sent.
func (c *Conn) Sent(at time.Time, b []byte) error { return c.data(at, &c.client, &c.server, b) }

// Received writes what the client received.
func (c *Conn) Received(at time.Time, b []byte) error { return c.data(at, &c.server, &c.client, b) }

func (c *Conn) data(at time.Time, from, to *side, b []byte) error {
	for len(b) > 0 {
		n := min(len(b), segment)
		push := layers.TCP{ACK: true, PSH: n == len(b)}
		if err := c.packet(at, from, to, push, b[:n]); err != nil {
			return err
		}
		from.seq += uint32(n)
		if err := c.packet(at, to, from, layers.TCP{ACK: true}, nil); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// Close writes the end of the connection; by the client, or by the server.
func (c *Conn) Close(at time.Time, byServer bool) error {
	first, second := &c.client, &c.server
	if byServer {
		first, second = second, first
	}
	for _, s := range []struct{ from, to *side }{{first, second}, {second, first}} {
		if err := c.packet(at, s.from, s.to, layers.TCP{ACK: true, FIN: true}, nil); err != nil {
			return err
		}
		s.from.seq++
	}
	return c.packet(at, first, second, layers.TCP{ACK: true}, nil)
}

func (c *Conn) packet(at time.Time, from, to *side, tcp layers.TCP, data []byte) error {
	tcp.SrcPort, tcp.DstPort = layers.TCPPort(from.addr.Port()), layers.TCPPort(to.addr.Port())
	tcp.Seq, tcp.Window = from.seq, window
	if tcp.ACK {
		tcp.Ack = to.seq
	}
	options := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	ip, err := network(from.addr.Addr(), to.addr.Addr(), &tcp)
	if err != nil {
		return err
	}
	err = gopacket.SerializeLayers(c.w.buffer, options, ip, &tcp, gopacket.Payload(data))
	if err != nil {
		return err
	}
	frame := c.w.buffer.Bytes()
	c.w.written += int64(len(frame)) + blockFrame
	return c.w.ng.WritePacket(gopacket.CaptureInfo{
		Timestamp: at, CaptureLength: len(frame), Length: len(frame),
	}, frame)
}

// network is the layer below TCP.
func network(from, to netip.Addr, tcp *layers.TCP) (gopacket.SerializableLayer, error) {
	if from.Is4() {
		ip := &layers.IPv4{
			Version: 4, Protocol: layers.IPProtocolTCP, TTL: 64, SrcIP: from.AsSlice(), DstIP: to.AsSlice(),
		}
		return ip, tcp.SetNetworkLayerForChecksum(ip)
	}
	ip := &layers.IPv6{
		Version: 6, NextHeader: layers.IPProtocolTCP, HopLimit: 64,
		SrcIP: from.AsSlice(), DstIP: to.AsSlice(),
	}
	return ip, tcp.SetNetworkLayerForChecksum(ip)
}

// Addresses are those of a connection as a capture needs them: of one family,
// without zones. What has none, as a Unix socket, gets a made-up one, in which the
// client's port is that of the n-th connection.
func Addresses(local, remote netip.AddrPort, n int) (client, server netip.AddrPort) {
	if !local.IsValid() || !remote.IsValid() {
		loopback := netip.AddrFrom4([4]byte{127, 0, 0, 1})
		return netip.AddrPortFrom(loopback, firstPort+uint16(n%mostPorts)), netip.AddrPortFrom(loopback, 6379)
	}
	plain := func(a netip.AddrPort) netip.AddrPort {
		return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
	}
	return plain(local), plain(remote)
}

// The ports of clients that have none.
const (
	firstPort = 40000
	mostPorts = 20000
)
