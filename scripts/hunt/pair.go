package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

// A node is a server that was started here.
type node struct {
	path   string
	dir    string
	port   int
	client *redis.Client
	cmd    *exec.Cmd
	ended  chan struct{}
}

// start runs a server in a folder of its own.
func start(ctx context.Context, dir, path string) (*node, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	n := &node{path: path, dir: dir, port: l.Addr().(*net.TCPAddr).Port, ended: make(chan struct{})}
	if err := errors.Join(l.Close(), os.MkdirAll(dir, 0o700)); err != nil {
		return nil, err
	}
	args := []string{
		"--port", strconv.Itoa(n.port), "--bind", "127.0.0.1", "--dir", dir, "--save", "",
		"--logfile", filepath.Join(dir, "log"), "--repl-diskless-sync", "yes",
		"--repl-diskless-sync-delay", "0", "--loglevel", "warning",
	}
	n.cmd = exec.CommandContext(ctx, path, append(args, "--enable-debug-command", "yes")...)
	if !hasSetting(ctx, path) {
		n.cmd = exec.CommandContext(ctx, path, args...)
	}
	if err := n.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = n.cmd.Wait() // a killed process has no good status
		close(n.ended)
	}()
	n.client = redis.NewClient(&redis.Options{
		Addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(n.port)), Protocol: 2, MaxRetries: -1,
		DisableIdentity: true, ReadTimeout: 10 * time.Second, PoolSize: 1,
	})
	return n, poll(ctx, "a server to answer", func() bool {
		c, err := net.Dial("tcp", n.client.Options().Addr)
		if err == nil {
			_ = c.Close()
			err = n.client.Ping(ctx).Err()
		}
		return err == nil
	})
}

// hasSetting: servers before 7.0 refuse a setting that they don't know, and allow
// DEBUG.
func hasSetting(ctx context.Context, path string) bool {
	out, err := exec.CommandContext(ctx, path, "--version").Output()
	_, version, ok := strings.Cut(string(out), "v=")
	return err == nil && ok && version[0] >= '7'
}

func (n *node) stop() {
	_ = n.client.Close()
	_ = n.cmd.Process.Kill() // it may have crashed
	<-n.ended
}

// save makes a dump and returns its path. A child of the last full resync may be
// in its way for a moment.
func (n *node) save(ctx context.Context) (string, error) {
	var failed error
	err := poll(ctx, "a dump", func() bool {
		failed = n.client.Do(ctx, "SAVE").Err()
		return failed == nil || !isReply(failed)
	})
	return filepath.Join(n.dir, "dump.rdb"), errors.Join(err, failed)
}

// info is a field of INFO replication; "" where it is not there.
func (n *node) info(ctx context.Context, field string) string {
	text, _ := n.client.Info(ctx, "replication").Result() // a server that is stopped has none
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, field+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// A pair is a master and a replica that follows it through a tap.
type pair struct {
	dir             string
	paths           [2]string
	master, replica *node
	tap             *tap
	started         int
	// first is the connection of the last full resync that began a round, and rounds
	// how many it and those after it hold.
	first, rounds int
}

func startPair(ctx context.Context, dir, master, replica string) (*pair, error) {
	p := &pair{dir: dir, paths: [2]string{master, replica}}
	return p, p.start(ctx)
}

func (p *pair) start(ctx context.Context) (err error) {
	p.started++
	p.first = 0
	dir := filepath.Join(p.dir, strconv.Itoa(p.started))
	if p.master, err = start(ctx, filepath.Join(dir, "master"), p.paths[0]); err != nil {
		return err
	}
	if p.replica, err = start(ctx, filepath.Join(dir, "replica"), p.paths[1]); err != nil {
		return err
	}
	p.tap, err = newTap(dir, p.master.client.Options().Addr)
	return err
}

func (p *pair) restart(ctx context.Context) error {
	p.close()
	return p.start(ctx)
}

func (p *pair) close() {
	p.tap.close()
	p.replica.stop()
	p.master.stop()
}

// String names the two.
func (p *pair) String() string {
	return filepath.Base(p.paths[0]) + " with " + filepath.Base(p.paths[1])
}

// resync has the replica take everything anew; what the master sends from there on
// is recorded in a file of its own.
func (p *pair) resync(ctx context.Context) error {
	c := p.replica.client
	if err := c.Do(ctx, "REPLICAOF", "NO", "ONE").Err(); err != nil {
		return err
	}
	if err := c.Do(ctx, "REPLICAOF", "127.0.0.1", p.tap.port).Err(); err != nil {
		return err
	}
	return p.settle(ctx)
}

// settle waits until the replica has run what the master sent.
func (p *pair) settle(ctx context.Context) error {
	return poll(ctx, "the replica to catch up", func() bool {
		at := p.master.info(ctx, "master_repl_offset")
		return p.replica.info(ctx, "master_link_status") == "up" && at != "" &&
			p.replica.info(ctx, "slave_repl_offset") == at
	})
}

// pause stops the replica's process, or has it go on.
func (p *pair) pause(stop bool) error {
	signal := syscall.SIGCONT
	if stop {
		signal = syscall.SIGSTOP
	}
	return p.replica.cmd.Process.Signal(signal)
}

func poll(ctx context.Context, what string, done func() bool) error {
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		if done() {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(3 * time.Millisecond):
		}
	}
	return fmt.Errorf("waited too long for %s", what)
}

// A tap forwards connections to a master and writes down what it sends, a file a
// connection.
type tap struct {
	port     int
	dir      string
	master   string
	listener net.Listener
	running  sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn
	count int
}

func newTap(dir, master string) (*tap, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	t := &tap{port: l.Addr().(*net.TCPAddr).Port, dir: dir, master: master, listener: l}
	t.running.Add(1)
	go t.accept()
	return t, nil
}

func (t *tap) close() {
	_ = t.listener.Close()
	t.mu.Lock()
	for _, c := range t.conns {
		_ = c.Close()
	}
	t.mu.Unlock()
	t.running.Wait()
}

// connections is how many there were.
func (t *tap) connections() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count
}

// recording is the file of a connection, by its number from 1.
func (t *tap) recording(n int) string { return filepath.Join(t.dir, fmt.Sprintf("link-%d.psync", n)) }

func (t *tap) accept() {
	defer t.running.Done()
	for {
		from, err := t.listener.Accept()
		if err != nil {
			return // closed
		}
		to, err := net.Dial("tcp", t.master)
		if err != nil {
			_ = from.Close()
			continue
		}
		t.mu.Lock()
		_ = os.Remove(t.recording(t.count - 100))
		t.count++
		file, err := os.Create(t.recording(t.count))
		t.conns = append(t.conns, from, to)
		t.mu.Unlock()
		if err != nil {
			_, _ = from.Close(), to.Close()
			continue
		}
		t.running.Add(2)
		go t.copy(to, from, nil)
		go t.copy(from, to, file)
	}
}

func (t *tap) copy(to, from net.Conn, file *os.File) {
	defer t.running.Done()
	defer to.Close()
	w := io.Writer(to)
	if file != nil {
		defer file.Close()
		w = io.MultiWriter(file, to)
	}
	_, _ = io.Copy(w, from) // either end may go away
}
