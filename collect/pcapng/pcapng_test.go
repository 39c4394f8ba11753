package pcapng_test

import (
	"bytes"
	"io"
	"net/netip"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/redsleuth/redsleuth/collect/pcapng"
)

// What was sent comes out in order, every byte acknowledged, checksums right.
func TestConversation(t *testing.T) {
	for _, addrs := range [][2]string{{"10.0.0.2:40000", "10.0.0.1:6379"}, {"[fd00::2]:40000", "[fd00::1]:6379"}} {
		var file bytes.Buffer
		w, err := pcapng.New(&file)
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(2026, 11, 25, 3, 0, 0, 123456789, time.UTC)
		client, server := netip.MustParseAddrPort(addrs[0]), netip.MustParseAddrPort(addrs[1])
		c, err := w.Connect(at, client, server)
		if err != nil {
			t.Fatal(err)
		}
		large := bytes.Repeat([]byte("0123456789abcdef"), 10_000)
		for _, err := range []error{c.Sent(at, []byte("PSYNC")), c.Received(at, large), c.Close(at, true), w.Flush()} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if n := w.Written(); n < int64(len(large)) || n > int64(file.Len()) {
			t.Errorf("written %d, of %d", n, file.Len())
		}
		read(t, file.Bytes(), at, client, large)
	}
}

func read(t *testing.T, file []byte, at time.Time, client netip.AddrPort, want []byte) {
	t.Helper()
	r, err := pcapgo.NewNgReader(bytes.NewReader(file), pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	var next, acked [2]uint32 // of client and server
	var got [2][]byte
	for {
		data, info, err := r.ReadPacketData()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if !info.Timestamp.Equal(at) {
			t.Fatalf("a packet of %s", info.Timestamp)
		}
		first := layers.LayerTypeIPv4
		if client.Addr().Is6() {
			first = layers.LayerTypeIPv6
		}
		p := gopacket.NewPacket(data, first, gopacket.Default)
		if p.ErrorLayer() != nil {
			t.Fatal(p.ErrorLayer().Error())
		}
		tcp := p.Layer(layers.LayerTypeTCP).(*layers.TCP)
		if err := tcp.SetNetworkLayerForChecksum(p.NetworkLayer()); err != nil {
			t.Fatal(err)
		}
		if err, bad := p.VerifyChecksums(); err != nil || len(bad) > 0 {
			t.Fatalf("checksums: %v, %v", err, bad)
		}
		from := 0
		if uint16(tcp.SrcPort) != client.Port() {
			from = 1
		}
		if !tcp.SYN && tcp.Seq != next[from] {
			t.Fatalf("side %d: sequence %d after %d", from, tcp.Seq, next[from])
		}
		next[from] = tcp.Seq + uint32(len(tcp.Payload))
		if tcp.SYN || tcp.FIN {
			next[from]++
		}
		if tcp.ACK {
			acked[1-from] = tcp.Ack
		}
		got[from] = append(got[from], tcp.Payload...)
	}
	if string(got[0]) != "PSYNC" || !bytes.Equal(got[1], want) {
		t.Errorf("%q and %d bytes", got[0], len(got[1]))
	}
	if acked != next {
		t.Errorf("acknowledged up to %v of %v", acked, next)
	}
}
