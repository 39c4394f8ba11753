package collect_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/redsleuth/redsleuth/collect"
	"github.com/redsleuth/redsleuth/internal/redistest"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

func options(t *testing.T) collect.Options {
	return collect.Options{
		Dir: filepath.Join(t.TempDir(), "evidence"), Backlog: true, Timeout: 5 * time.Second, Now: time.Now,
		Say: func(server, message string) { t.Logf("%s: %s", server, message) },
	}
}

// run collects from one server, and wants nothing to have failed.
func run(t *testing.T, o collect.Options, addr string) *collect.Server {
	t.Helper()
	s := runAll(t, o, addr)[0]
	for _, f := range s.Failed {
		if f.What != "ACL LOG" { // 6.0
			t.Errorf("%s: %s", f.What, f.Why)
		}
	}
	return s
}

func runAll(t *testing.T, o collect.Options, addrs ...string) []*collect.Server {
	t.Helper()
	var targets []collect.Target
	for _, a := range addrs {
		target, err := collect.ParseTarget(a)
		if err != nil {
			t.Fatal(err)
		}
		targets = append(targets, target)
	}
	servers, err := collect.Run(context.Background(), o, targets)
	if err != nil {
		t.Fatal(err)
	}
	return servers
}

// pair is a master and its replica, with a proxy between them.
func pair(t *testing.T, p redistest.Program, args ...string) (master *redistest.Server, proxy *redistest.Proxy) {
	master = redistest.StartProgram(t, p, append([]string{"--repl-ping-replica-period", "3600", "--repl-diskless-sync-delay", "0"}, args...)...)
	proxy = redistest.StartProxy(t, master.Addr)
	replica := redistest.StartProgram(t, p)
	replica.Do("REPLICAOF", "127.0.0.1", proxy.Port)
	replica.WaitFor("the replica to be in step", func() bool {
		return strings.Contains(replica.Do("INFO", "replication").(string), "master_link_status:up")
	})
	return master, proxy
}

func workload(s *redistest.Server, r *rand.Rand, n int) {
	pipe := s.Client.Pipeline()
	for range n {
		value := make([]byte, r.IntN(200))
		for i := range value {
			value[i] = byte(r.IntN(256))
		}
		key := fmt.Sprint("k", r.IntN(500))
		switch r.IntN(3) {
		case 0:
			pipe.Do(context.Background(), "SET", "s:"+key, value)
		case 1:
			pipe.Do(context.Background(), "RPUSH", "l:"+key, value)
		default:
			pipe.Do(context.Background(), "HSET", "h:"+key, value, "*3\r\n$3\r\nSET\r\n")
		}
	}
	_, _ = pipe.Exec(context.Background())
}

func stat(s *redistest.Server, name string) string {
	_, rest, _ := strings.Cut(s.Do("INFO").(string), name+":")
	value, _, _ := strings.Cut(rest, "\r")
	return value
}

// The backlog is what went over the link, to the byte, and no full sync is
// set off for it.
func TestBacklog(t *testing.T) {
	for _, program := range redistest.Servers(t) {
		for _, size := range []string{"1mb", "64kb"} { // holds all of it, or the end
			t.Run(program.String()+" "+size, func(t *testing.T) {
				t.Parallel()
				master, proxy := pair(t, program, "--repl-backlog-size", size)
				workload(master, rand.New(rand.NewPCG(3, 5)), 3000)
				offset := stat(master, "master_repl_offset")
				full, refused := stat(master, "sync_full"), stat(master, "sync_partial_err")
				o := options(t)
				s := run(t, o, master.Addr)
				if now := stat(master, "sync_full"); now != full {
					t.Errorf("%s full syncs, not %s", now, full)
				}
				if n := stat(master, "sync_partial_err"); n != refused {
					t.Errorf("%s partial syncs were refused, not %s", n, refused)
				}
				if got := fmt.Sprint(*s.Link.EndOffset); got != offset {
					t.Errorf("up to offset %s, not %s", got, offset)
				}
				link := conversations(t, filepath.Join(o.Dir, s.Folder, "link.pcapng"))[0]
				// The replica may be behind for a moment, and sent more later.
				sent := func() bool { return bytes.Contains(recording(t, proxy), link.stream) }
				if len(link.stream) == 0 {
					t.Error("nothing of the stream")
				}
				master.WaitFor("the replica to be sent what was collected", sent)
				if n := *s.Link.EndOffset - *s.Link.StartOffset; int64(len(link.stream)) != n {
					t.Errorf("%d bytes between offsets %d apart", len(link.stream), n)
				}
				complaints(t, filepath.Join(o.Dir, s.Folder, "link.pcapng"))
			})
		}
	}
}

// recording is what the proxy's last connection to speak of was sent.
func recording(t *testing.T, p *redistest.Proxy) []byte {
	t.Helper()
	var longest []byte
	for n := 1; n <= p.Connections(); n++ {
		path, _ := p.Recording(n)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) > len(longest) {
			longest = b
		}
	}
	return longest
}

// A conversation is one connection of a capture.
type conversation struct {
	asked  int64  // the offset before what PSYNC asked for
	stream []byte // after the server's answer to it
}

func conversations(t *testing.T, path string) []*conversation {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := pcapgo.NewNgReader(f, pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	type both struct{ client, server bytes.Buffer }
	var order []string
	all := map[string]*both{}
	for {
		data, _, err := r.ReadPacketData()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		p := gopacket.NewPacket(data, layers.LayerTypeIPv4, gopacket.Default)
		tcp := p.Layer(layers.LayerTypeTCP).(*layers.TCP)
		if tcp.SYN && !tcp.ACK {
			order = append(order, tcp.SrcPort.String())
			all[tcp.SrcPort.String()] = &both{}
		}
		if b := all[tcp.SrcPort.String()]; b != nil {
			b.client.Write(tcp.Payload)
		} else {
			all[tcp.DstPort.String()].server.Write(tcp.Payload)
		}
	}
	var list []*conversation
	for _, port := range order {
		c := &conversation{}
		if _, rest, ok := strings.Cut(all[port].client.String(), "PSYNC\r\n$40\r\n"); ok {
			words := strings.Split(rest, "\r\n")
			asked, err := strconv.ParseInt(words[2], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			c.asked = asked - 1
		}
		if _, rest, ok := bytes.Cut(all[port].server.Bytes(), []byte("+CONTINUE")); ok {
			_, c.stream, _ = bytes.Cut(rest, []byte("\r\n"))
			list = append(list, c)
		}
	}
	return list
}

// complaints has the tools that others use read a capture.
func complaints(t *testing.T, path string) {
	t.Helper()
	for _, tool := range [][]string{
		{"tshark", "-r", path, "-q", "-z", "expert,warn"}, {"tcpdump", "-r", path, "-w", os.DevNull},
	} {
		if _, err := exec.LookPath(tool[0]); err != nil {
			t.Logf("%s is not here, so it has not read the capture", tool[0])
			continue
		}
		out, err := exec.Command(tool[0], tool[1:]...).CombinedOutput()
		if err != nil || bytes.Contains(out, []byte("Errors (")) || bytes.Contains(out, []byte("Warnings (")) {
			t.Errorf("%s: %v\n%s", tool[0], err, out)
		}
	}
}

// A link that is cut again and again is taken without a gap, and each
// connection continues after a whole command.
func TestFollow(t *testing.T) {
	program := redistest.Servers(t)[len(redistest.Servers(t))-1]
	master, _ := pair(t, program)
	proxy := redistest.StartProxy(t, master.Addr)
	workload(master, rand.New(rand.NewPCG(1, 1)), 100)
	o := options(t)
	o.Follow = 6 * time.Second
	ctx, cancel := context.WithCancel(context.Background())
	var writing sync.WaitGroup
	writing.Go(func() {
		r := rand.New(rand.NewPCG(9, 9))
		for ctx.Err() == nil {
			workload(master, r, 50)
			time.Sleep(5 * time.Millisecond)
		}
	})
	writing.Go(func() {
		// The first connection is for ordinary commands.
		for n := 2; n < 12 && ctx.Err() == nil; time.Sleep(50 * time.Millisecond) {
			if proxy.Connections() >= n {
				time.Sleep(200 * time.Millisecond)
				proxy.Break()
				n++
			}
		}
	})
	s := runAll(t, o, "127.0.0.1:"+strconv.Itoa(proxy.Port))[0]
	cancel()
	writing.Wait()
	if s.Link == nil || s.Link.End != "complete" || s.Link.Connections < 11 {
		t.Fatalf("link %+v, failed %+v", s.Link, s.Failed)
	}
	list := conversations(t, filepath.Join(o.Dir, s.Folder, "link.pcapng"))
	at, whole := list[0].asked, []byte(nil)
	start := at
	for i, c := range list {
		if c.asked > at {
			t.Fatalf("connection %d asks for offset %d, where %d had come", i, c.asked, at)
		}
		overlap := at - c.asked
		if !bytes.HasSuffix(whole, c.stream[:min(overlap, int64(len(c.stream)))]) || overlap > 4096 {
			t.Fatalf("connection %d has %d bytes again, other ones", i, overlap)
		}
		whole = append(whole[:c.asked-start], c.stream...)
		at = c.asked + int64(len(c.stream))
	}
	if at != *s.Link.EndOffset {
		t.Errorf("up to offset %d, where the report says %d", at, *s.Link.EndOffset)
	}
	if full := stat(master, "sync_full"); full != "1" {
		t.Errorf("%s full syncs", full)
	}
}

// A dump that is taken while the server is written to holds what had been
// written by its offset, and nothing else.
func TestDump(t *testing.T) {
	for _, program := range redistest.Servers(t) {
		t.Run(program.String(), func(t *testing.T) {
			t.Parallel()
			master, _ := pair(t, program)
			ctx, cancel := context.WithCancel(context.Background())
			var writing sync.WaitGroup
			writing.Go(func() {
				for n := 0; ctx.Err() == nil; n++ {
					master.Client.Do(context.Background(), "SET", fmt.Sprintf("k%08d", n), n)
				}
			})
			o := options(t)
			o.RDB, o.Backlog = true, false
			s := run(t, o, master.Addr)
			cancel()
			writing.Wait()
			f, err := os.Open(filepath.Join(o.Dir, s.Folder, "dump.rdb"))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			keys, most := map[string]bool{}, ""
			for rec, err := range rdb.NewReader(f).Records() {
				if err != nil {
					t.Fatal(err)
				}
				if rec.Kind == rdb.KindKey {
					keys[string(rec.Key)] = true
					most = max(most, string(rec.Key))
				}
			}
			if want := fmt.Sprintf("k%08d", len(keys)-1); len(keys) == 0 || most != want {
				t.Errorf("%d keys, the last %s, not %s", len(keys), most, want)
			}
			if s.Dump.Checksum != "valid" || s.Dump.Keys != int64(len(keys)) {
				t.Errorf("%+v of %d keys", s.Dump, len(keys))
			}
		})
	}
}

// Where a backlog can't be had without a full sync, none is asked for.
func TestNoFullSync(t *testing.T) {
	s := redistest.Start(t)
	workload(s, rand.New(rand.NewPCG(1, 2)), 10)
	o := options(t)
	got := runAll(t, o, s.Addr)[0]
	if len(got.Failed) != 1 || !strings.Contains(got.Failed[0].Why, "no backlog") {
		t.Errorf("failed: %+v", got.Failed)
	}
	if full := stat(s, "sync_full"); full != "0" {
		t.Errorf("%s full syncs", full)
	}
}

func TestPasswords(t *testing.T) {
	const secret = "correct horse battery"
	s := redistest.Start(t)
	s.Do("SLOWLOG", "RESET")
	s.Do("CONFIG", "SET", "slowlog-log-slower-than", "0")
	s.Do("ACL", "SETUSER", "sleuth", "on", ">"+secret, "+info", "+client|list", "+slowlog|get", "+acl|log",
		"+latency|latest", "+config|get", "+ping", "+replconf", "+psync")
	s.Do("CONFIG", "SET", "repl-backlog-size", "1mb")
	o := options(t)
	o.User, o.Password = "sleuth", secret
	got := runAll(t, o, s.Addr)[0]
	if len(got.Failed) != 1 || !strings.Contains(got.Failed[0].Why, "no backlog") {
		t.Errorf("failed: %+v", got.Failed)
	}
	hasNot(t, o.Dir, secret)
	o = options(t)
	o.User, o.Password = "sleuth", "wrong "+secret
	if got := runAll(t, o, s.Addr)[0]; got.Taken() || len(got.Failed) != 1 {
		t.Errorf("with a wrong password: %+v", got)
	}
}

// The password is not in the link's recording either.
func TestPasswordInLink(t *testing.T) {
	const secret = "correct horse battery"
	program := redistest.Servers(t)[0]
	master, _ := pair(t, program)
	workload(master, rand.New(rand.NewPCG(1, 2)), 10)
	master.Do("CONFIG", "SET", "requirepass", secret)
	o := options(t)
	o.Password = secret
	s := run(t, o, master.Addr)
	if s.Link == nil || s.Link.Bytes == 0 {
		t.Fatalf("no link: %+v", s)
	}
	hasNot(t, o.Dir, secret)
}

func hasNot(t *testing.T, dir, secret string) {
	t.Helper()
	files := 0
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		files++
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", path, info.Mode().Perm())
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte(secret)) {
			t.Errorf("%s holds the password", path)
		}
		return err
	})
	if err != nil || files < 4 {
		t.Errorf("%d files, %v", files, err)
	}
}

// The replicas of a master are found, and its master by a replica; each server
// is taken once.
func TestTopology(t *testing.T) {
	master := redistest.Start(t)
	replica := redistest.Start(t)
	replica.Do("REPLICAOF", "127.0.0.1", master.Port)
	replica.WaitFor("the link", func() bool { return stat(replica, "master_link_status") == "up" })
	for _, from := range []string{master.Addr, replica.Addr, "localhost:" + strconv.Itoa(master.Port)} {
		o := options(t)
		o.Topology, o.Backlog = true, false
		roles := map[string]int{}
		for _, s := range runAll(t, o, from) {
			if s.Folder != "" {
				roles[s.Role]++
			}
		}
		if roles["master"] != 1 || roles["replica"] != 1 {
			t.Errorf("from %s: %v", from, roles)
		}
	}
}

func TestNotEmpty(t *testing.T) {
	o := options(t)
	o.Dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(o.Dir, "mine"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := collect.Run(context.Background(), o, nil); !errors.Is(err, collect.ErrNotEmpty) {
		t.Errorf("a folder with something in it: %v", err)
	}
}
