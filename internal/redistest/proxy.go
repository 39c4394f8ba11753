package redistest

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// A Proxy stands between a replica and its master and writes down what passes.
type Proxy struct {
	Port int

	tb       testing.TB
	dir      string
	target   string
	listener net.Listener
	running  sync.WaitGroup
	// gate is held for writing while nothing is passed on to the replica.
	gate sync.RWMutex

	mu      sync.Mutex
	conns   []net.Conn
	opened  int
	release []func()
}

// StartProxy forwards a port of its own to the server at target ("host:port")
// until the test ends. The bytes of each connection go to files in a folder
// of the test: see Recording.
func StartProxy(tb testing.TB, target string) *Proxy {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	p := &Proxy{tb: tb, dir: tb.TempDir(), target: target, listener: l}
	if p.Port, err = strconv.Atoi(port); err != nil {
		tb.Fatal(err)
	}
	p.running.Add(1)
	go p.accept()
	tb.Cleanup(p.close)
	return p
}

// Recording returns the paths of what the master sent on the n-th connection,
// counted from 1, and of what the replica sent. They grow while it is open.
func (p *Proxy) Recording(n int) (fromMaster, fromReplica string) {
	base := filepath.Join(p.dir, "link-"+strconv.Itoa(n))
	return base + ".psync", base + ".replica"
}

// Connections is how many were opened so far.
func (p *Proxy) Connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.opened
}

// Break closes every connection that is open; new ones are accepted.
func (p *Proxy) Break() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}

// Hold passes nothing on to the replica until release is called, so that it
// lags.
func (p *Proxy) Hold() (release func()) {
	p.gate.Lock()
	release = sync.OnceFunc(p.gate.Unlock)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.release = append(p.release, release)
	return release
}

// gated is what passes through the gate.
type gated struct {
	io.Writer
	gate *sync.RWMutex
}

func (g gated) Write(b []byte) (int, error) {
	g.gate.RLock()
	defer g.gate.RUnlock()
	return g.Writer.Write(b)
}

func (p *Proxy) close() {
	_ = p.listener.Close()
	for _, release := range p.release {
		release()
	}
	p.Break()
	p.running.Wait()
}

func (p *Proxy) accept() {
	defer p.running.Done()
	for {
		replica, err := p.listener.Accept()
		if err != nil {
			return // closed
		}
		master, err := net.Dial("tcp", p.target)
		if err != nil { // the master is down, which a test may want
			_ = replica.Close()
			continue
		}
		p.mu.Lock()
		p.opened++
		n := p.opened
		p.conns = append(p.conns, master, replica)
		p.mu.Unlock()
		fromMaster, fromReplica := p.Recording(n)
		p.running.Add(2)
		go p.copy(gated{replica, &p.gate}, replica, master, fromMaster)
		go p.copy(master, master, replica, fromReplica)
	}
}

// copy passes bytes on once they are written down, so that what a server has
// acknowledged is in the file.
func (p *Proxy) copy(to io.Writer, end io.Closer, from net.Conn, path string) {
	defer p.running.Done()
	defer end.Close()
	f, err := os.Create(path)
	if err != nil {
		p.tb.Error(err)
		return
	}
	_, err = io.Copy(io.MultiWriter(f, to), from)
	if err != nil && !errors.Is(err, net.ErrClosed) && !isReset(err) {
		p.tb.Errorf("proxy: %v", err)
	}
	if err := f.Close(); err != nil {
		p.tb.Error(err)
	}
}

// isReset: the other side went away with bytes on the way to it.
func isReset(err error) bool {
	return strings.Contains(err.Error(), "reset by peer") || strings.Contains(err.Error(), "broken pipe")
}
