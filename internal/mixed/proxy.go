package mixed

import (
	"bytes"
	"io"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gopacket/gopacket/layers"

	"github.com/redsleuth/redsleuth/internal/pcaptest"
)

// A tape is what a capture of every proxy holds, in the order it passed.
type tape struct {
	mu     sync.Mutex
	tb     testing.TB
	frames []frame
	links  []*connection // that asked for PSYNC, in order
}

// frame is a packet, and what it carries of a link towards the replica.
type frame struct {
	pcaptest.Frame
	sent []byte
}

// A connection is one that went through a proxy.
type connection struct {
	tape     *tape
	talk     *pcaptest.Conversation
	sent     bytes.Buffer // by the server
	asked    bytes.Buffer // by the client, its first bytes
	link     bool
	finished bool
}

// open records the handshake of a connection from a port to another.
func (t *tape) open(client, server int) *connection {
	c := &connection{tape: t, talk: pcaptest.New(t.tb)}
	c.talk.Hosts = [2]string{"127.0.0.1", "127.0.0.1"}
	c.talk.Port, c.talk.Listen = uint16(client), uint16(server)
	t.mu.Lock()
	defer t.mu.Unlock()
	c.packet(pcaptest.Replica, layers.TCP{SYN: true}, nil)
	c.packet(pcaptest.Master, layers.TCP{SYN: true, ACK: true}, nil)
	c.packet(pcaptest.Replica, layers.TCP{ACK: true}, nil)
	return c
}

// say records bytes before they are passed on; false where the other direction
// has closed the connection.
func (c *connection) say(from pcaptest.Party, data []byte) bool {
	c.tape.mu.Lock()
	defer c.tape.mu.Unlock()
	if c.finished {
		return false
	}
	if from == pcaptest.Master {
		c.sent.Write(data)
	} else if !c.link && c.asked.Len() < 4096 {
		c.asked.Write(data)
		if c.link = bytes.Contains(c.asked.Bytes(), []byte("PSYNC")); c.link {
			c.tape.links = append(c.tape.links, c)
		}
	}
	for len(data) > 0 {
		n := min(len(data), 1400)
		c.packet(from, layers.TCP{ACK: true, PSH: n == len(data)}, data[:n])
		data = data[n:]
	}
	return true
}

// packet records one at the time it is, which never goes back.
func (c *connection) packet(from pcaptest.Party, tcp layers.TCP, data []byte) {
	c.talk.Now = time.Now().Add(-time.Millisecond) // Packet comes a millisecond after the last
	c.talk.Packet(from, tcp, string(data))
	f := frame{Frame: c.talk.Frames[0]}
	if c.link && from == pcaptest.Master {
		f.sent = bytes.Clone(data)
	}
	c.talk.Frames = nil
	c.tape.frames = append(c.tape.frames, f)
}

// end records that both sides closed.
func (c *connection) end() {
	c.tape.mu.Lock()
	defer c.tape.mu.Unlock()
	if !c.finished {
		c.finished = true
		c.packet(pcaptest.Replica, layers.TCP{FIN: true, ACK: true}, nil)
		c.packet(pcaptest.Master, layers.TCP{FIN: true, ACK: true}, nil)
	}
}

// A proxy stands in front of a server. In the capture its clients talk to the
// server itself.
type proxy struct {
	port     int
	server   int
	tape     *tape
	listener net.Listener
	running  sync.WaitGroup

	mu    sync.Mutex
	conns map[*connection][2]net.Conn
	held  bool // what the server sends on links is recorded and not passed on
	shut  bool // new connections are closed at once
}

// startProxy forwards a port of its own to the server at a port.
func startProxy(tb testing.TB, t *tape, server int) *proxy {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	p := &proxy{port: portOf(l.Addr()), server: server, tape: t, listener: l, conns: map[*connection][2]net.Conn{}}
	p.running.Go(p.accept)
	tb.Cleanup(p.close)
	return p
}

func (p *proxy) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	for _, pair := range p.conns {
		_, _ = pair[0].Close(), pair[1].Close()
	}
	p.mu.Unlock()
	p.running.Wait()
}

// hold keeps back what links carry from now on, or no longer.
func (p *proxy) hold() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = true
}

// cut closes the links, and refuses others until mend.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shut = true
	for c, pair := range p.conns {
		if c.isLink() {
			_, _ = pair[0].Close(), pair[1].Close()
		}
	}
}

func (p *proxy) mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shut = false
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // closed
		}
		p.mu.Lock()
		shut := p.shut
		p.mu.Unlock()
		server, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(p.server)))
		if err != nil || shut {
			if err == nil {
				_ = server.Close()
			}
			_ = client.Close()
			continue
		}
		c := p.tape.open(portOf(client.RemoteAddr()), p.server)
		p.mu.Lock()
		p.conns[c] = [2]net.Conn{client, server}
		p.mu.Unlock()
		p.running.Go(func() { p.pass(c, pcaptest.Replica, client, server) })
		p.running.Go(func() { p.pass(c, pcaptest.Master, server, client) })
	}
}

// pass copies one direction until either side closes.
func (p *proxy) pass(c *connection, from pcaptest.Party, source, to net.Conn) {
	buffer := make([]byte, 16<<10)
	for {
		n, err := source.Read(buffer)
		if n > 0 && !c.say(from, buffer[:n]) {
			err = io.EOF
		} else if n > 0 && (from == pcaptest.Replica || !p.keepsBack(c)) {
			if _, e := to.Write(buffer[:n]); e != nil {
				err = io.EOF
			}
		}
		if err != nil {
			break
		}
	}
	c.end()
	_, _ = source.Close(), to.Close()
	p.mu.Lock()
	delete(p.conns, c)
	p.mu.Unlock()
}

func (p *proxy) keepsBack(c *connection) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.held && c.isLink()
}

func (c *connection) isLink() bool {
	c.tape.mu.Lock()
	defer c.tape.mu.Unlock()
	return c.link
}

func portOf(a net.Addr) int {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.Port
	}
	return 0
}
