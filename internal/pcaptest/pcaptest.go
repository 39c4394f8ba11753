// Package pcaptest makes captures of conversations that never took place, for
// tests.
package pcaptest

import (
	"bytes"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// Party is who sends.
type Party int

// The parties.
const (
	Replica Party = iota
	Master
)

// A Frame is an IP packet before it is wrapped for a link type.
type Frame struct {
	Time time.Time
	IP   []byte
	V6   bool
}

// A Conversation makes the packets of one TCP connection between a replica and
// a port of its master. Fields may be set before packets are made.
type Conversation struct {
	// Hosts are the addresses of replica and master.
	Hosts  [2]string
	Port   uint16 // of the replica
	Listen uint16 // of the master, 6379 unless set
	Seq    [2]uint32
	Now    time.Time
	Frames []Frame

	t  testing.TB
	v6 bool
}

// New is a conversation over IPv4, at noon of a day in May.
func New(t testing.TB) *Conversation {
	return &Conversation{
		t: t, Hosts: [2]string{"10.0.0.2", "10.0.0.1"},
		Port: 40000, Listen: 6379, Seq: [2]uint32{1000, 9000},
		Now: time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC),
	}
}

// NewV6 is New over IPv6.
func NewV6(t testing.TB) *Conversation {
	c := New(t)
	c.Hosts, c.v6 = [2]string{"fd00::2", "fd00::1"}, true
	return c
}

// Packet sends one packet, a millisecond after the last.
func (c *Conversation) Packet(from Party, tcp layers.TCP, data string) {
	c.t.Helper()
	c.Now = c.Now.Add(time.Millisecond)
	ports := [2]layers.TCPPort{layers.TCPPort(c.Port), layers.TCPPort(c.Listen)}
	tcp.SrcPort, tcp.DstPort = ports[from], ports[1-from]
	tcp.Seq, tcp.Ack, tcp.Window = c.Seq[from], c.Seq[1-from], 65535
	src, dst := net.ParseIP(c.Hosts[from]), net.ParseIP(c.Hosts[1-from])
	b := gopacket.NewSerializeBuffer()
	options := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	var err error
	if c.v6 {
		ip := &layers.IPv6{Version: 6, NextHeader: layers.IPProtocolTCP, HopLimit: 64, SrcIP: src, DstIP: dst}
		_ = tcp.SetNetworkLayerForChecksum(ip) // of a type that it takes
		err = gopacket.SerializeLayers(b, options, ip, &tcp, gopacket.Payload(data))
	} else {
		ip := &layers.IPv4{Version: 4, Protocol: layers.IPProtocolTCP, TTL: 64, SrcIP: src, DstIP: dst}
		_ = tcp.SetNetworkLayerForChecksum(ip)
		err = gopacket.SerializeLayers(b, options, ip, &tcp, gopacket.Payload(data))
	}
	if err != nil {
		c.t.Fatal(err)
	}
	c.Frames = append(c.Frames, Frame{c.Now, bytes.Clone(b.Bytes()), c.v6})
	c.Seq[from] += uint32(len(data))
	if tcp.SYN || tcp.FIN {
		c.Seq[from]++
	}
}

// Open is the first two packets of the three-way handshake.
func (c *Conversation) Open() *Conversation {
	c.Packet(Replica, layers.TCP{SYN: true}, "")
	c.Packet(Master, layers.TCP{SYN: true, ACK: true}, "")
	return c
}

// Close ends the connection from both sides.
func (c *Conversation) Close() *Conversation {
	c.Packet(Replica, layers.TCP{FIN: true, ACK: true}, "")
	c.Packet(Master, layers.TCP{FIN: true, ACK: true}, "")
	return c
}

// Say sends each text as a segment of its own.
func (c *Conversation) Say(from Party, texts ...string) *Conversation {
	for _, text := range texts {
		c.Packet(from, layers.TCP{ACK: true, PSH: true}, text)
	}
	return c
}

// Rest lets time pass.
func (c *Conversation) Rest(d time.Duration) *Conversation {
	c.Now = c.Now.Add(d)
	return c
}

// Ack sends the replica's offset.
func (c *Conversation) Ack(offset int) *Conversation {
	return c.Say(Replica, Command("REPLCONF", "ACK", fmt.Sprint(offset)))
}

// Command is a command as it travels.
func Command(args ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, a := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(a), a)
	}
	return b.String()
}

// Write makes a classic capture of raw IP packets, of which snap bytes each
// are kept; 0 is all.
func Write(t testing.TB, snap int, frames ...Frame) []byte {
	t.Helper()
	var b bytes.Buffer
	w := pcapgo.NewWriterNanos(&b)
	WriteTo(t, w, w.WriteFileHeader(65536, layers.LinkTypeRaw), snap, frames, func(ip []byte, _ bool) []byte { return ip })
	return b.Bytes()
}

// A PacketWriter writes a capture of some format.
type PacketWriter interface {
	WritePacket(gopacket.CaptureInfo, []byte) error
}

// WriteTo puts frames, wrapped for a link type, into a capture of which the
// header was written, with err.
func WriteTo(t testing.TB, w PacketWriter, err error, snap int, frames []Frame, wrap func(ip []byte, v6 bool) []byte) {
	t.Helper()
	for _, f := range frames {
		if err != nil {
			break
		}
		data := wrap(f.IP, f.V6)
		ci := gopacket.CaptureInfo{Timestamp: f.Time, Length: len(data), CaptureLength: len(data)}
		if snap > 0 && len(data) > snap {
			data, ci.CaptureLength = data[:snap], snap
		}
		err = w.WritePacket(ci, data)
	}
	if err != nil {
		t.Fatal(err)
	}
}
