package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// files are the inputs: a dump, the same with one key in a thousand changed,
// and a command stream.
type files struct{ dump, changed, stream string }

// makeFiles makes what is not there yet.
func makeFiles(dir string, keys, commands int) (files, error) {
	f := files{
		dump:    filepath.Join(dir, fmt.Sprintf("mixed-%d.rdb", keys)),
		changed: filepath.Join(dir, fmt.Sprintf("mixed-%d-changed.rdb", keys)),
		stream:  filepath.Join(dir, fmt.Sprintf("stream-%d.aof", commands)),
	}
	if !exists(f.stream) {
		if err := makeStream(f.stream, commands); err != nil {
			return f, err
		}
	}
	if exists(f.dump) && exists(f.changed) {
		return f, nil
	}
	return f, makeDumps(f, dir, keys)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func makeStream(path string, commands int) (err error) {
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	g := newGenerator(out)
	g.command("SELECT", "0")
	for i := range commands {
		g.write(i)
	}
	return g.out.Flush()
}

// makeDumps fills a redis-server and has it save, twice.
func makeDumps(f files, dir string, keys int) error {
	socket := filepath.Join(dir, "bench.sock")
	server := exec.Command("redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--dir", dir, "--dbfilename", "bench.rdb")
	if err := server.Start(); err != nil {
		return fmt.Errorf("a redis-server is needed: %w", err)
	}
	defer func() {
		_ = server.Process.Kill()
		_ = server.Wait() // it was killed
	}()
	var conn net.Conn
	for range 200 {
		var err error
		if conn, err = net.Dial("unix", socket); err == nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if conn == nil {
		return errors.New("redis-server did not start")
	}
	defer conn.Close()
	save := func(path string, fill func(g *generator)) error {
		done := make(chan error, 1)
		go func() { done <- drain(conn) }()
		g := newGenerator(conn)
		fill(g)
		g.command("SAVE")
		g.command("ECHO", "bench-done")
		if err := errors.Join(g.out.Flush(), <-done); err != nil {
			return err
		}
		return os.Rename(filepath.Join(dir, "bench.rdb"), path)
	}
	err := save(f.dump, func(g *generator) {
		for i := range keys {
			g.key(i)
		}
	})
	if err != nil {
		return err
	}
	return save(f.changed, func(g *generator) {
		for i := 0; i < keys; i += 1000 {
			g.command("SET", "str:"+strconv.Itoa(i), "changed")
		}
	})
}

// drain reads replies up to that of the last command.
func drain(r io.Reader) error {
	lines := bufio.NewReaderSize(r, 1<<20)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return err
		}
		if line == "bench-done\r\n" {
			return nil
		}
		if line[0] == '-' {
			return fmt.Errorf("redis-server: %s", line)
		}
	}
}

// A generator writes commands, the same for the same seed.
type generator struct {
	out    *bufio.Writer
	random *rand.Rand
}

func newGenerator(w io.Writer) *generator {
	return &generator{bufio.NewWriterSize(w, 1<<20), rand.New(rand.NewPCG(2017, 11))}
}

// command writes one; errors come out of Flush.
func (g *generator) command(args ...string) {
	fmt.Fprintf(g.out, "*%d\r\n", len(args))
	for _, a := range args {
		fmt.Fprintf(g.out, "$%d\r\n%s\r\n", len(a), a)
	}
}

// key adds the i-th key: nine kinds in turn, small ones mostly, as in life.
func (g *generator) key(i int) {
	n := strconv.Itoa(i)
	switch i % 9 {
	case 0, 1, 2:
		g.command("SET", "str:"+n, g.text(20+g.random.IntN(180)))
	case 3:
		g.command("SET", "num:"+n, strconv.Itoa(g.random.IntN(1<<40)), "EX", strconv.Itoa(100000+g.random.IntN(1000000)))
	case 4:
		g.command(append([]string{"RPUSH", "list:" + n}, g.words(5+g.random.IntN(20))...)...)
	case 5:
		g.command(append([]string{"SADD", "set:" + n}, g.words(g.size())...)...)
	case 6:
		g.command(append([]string{"HSET", "hash:" + n}, g.words(2*g.size())...)...)
	case 7:
		args := []string{"ZADD", "zset:" + n}
		for _, w := range g.words(g.size()) {
			args = append(args, strconv.FormatFloat(g.random.Float64()*1000, 'g', 6, 64), w)
		}
		g.command(args...)
	case 8:
		for j := range 4 {
			g.command("XADD", "stream:"+n, strconv.Itoa(1+j)+"-1", "sensor", g.text(8), "value", strconv.Itoa(j))
		}
	}
}

// size is small, but for one in fifty past the limit of a listpack.
func (g *generator) size() int {
	if g.random.IntN(50) == 0 {
		return 130 + g.random.IntN(200)
	}
	return 3 + g.random.IntN(12)
}

// write is the i-th command of the stream.
func (g *generator) write(i int) {
	key := strconv.Itoa(g.random.IntN(1_000_000))
	switch i % 5 {
	case 0, 1:
		g.command("SET", "str:"+key, g.text(20+g.random.IntN(60)))
	case 2:
		g.command("HSET", "hash:"+key, g.text(6), g.text(12))
	case 3:
		g.command("LPUSH", "list:"+key, g.text(10))
	case 4:
		g.command("INCR", "num:"+key)
	}
}

func (g *generator) words(n int) []string {
	words := make([]string, n)
	for i := range words {
		words[i] = g.text(4 + g.random.IntN(12))
	}
	return words
}

// text has no f: redis-check-aof takes a file in which any line begins with
// "file" for a manifest, and reads no more of it.
func (g *generator) text(n int) string {
	const letters = "abcdeghijklmnopqrstuvwxyz0123456789"
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[g.random.IntN(len(letters))]
	}
	return string(b)
}
