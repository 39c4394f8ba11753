package collect_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redsleuth/redsleuth/internal/redistest"
)

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// One node leads to the whole cluster, and each node's evidence is taken once.
func TestCluster(t *testing.T) {
	for _, family := range []string{"redis", "valkey"} {
		t.Run(family, func(t *testing.T) {
			t.Parallel()
			program := redistest.Newest(t, family, "a cluster")
			var nodes []*redistest.Server
			for range 3 {
				nodes = append(nodes, redistest.StartProgram(t, program, "--cluster-enabled", "yes", "--cluster-port", freePort(t)))
			}
			for i, n := range nodes {
				n.Do("CLUSTER", "ADDSLOTSRANGE", i*5462, min((i+1)*5462, 16384)-1)
			}
			for _, n := range nodes[1:] {
				nodes[0].Do("CLUSTER", "MEET", "127.0.0.1", n.Port, busPort(n))
			}
			for _, n := range nodes {
				n.WaitFor("the cluster", func() bool {
					text := n.Do("CLUSTER", "INFO").(string)
					return strings.Contains(text, "cluster_state:ok") && strings.Contains(text, "cluster_known_nodes:3")
				})
			}
			o := options(t)
			o.Topology, o.Backlog = true, false
			taken := map[string]bool{}
			for _, s := range runAll(t, o, nodes[1].Addr) {
				if len(s.Failed) > 0 {
					t.Errorf("%s: %+v", s.Addr, s.Failed)
				}
				if s.Folder != "" {
					taken[s.Addr] = true
				}
			}
			for _, n := range nodes {
				if !taken[n.Addr] {
					t.Errorf("%s was not taken: %v", n.Addr, taken)
				}
			}
		})
	}
}

// busPort is that of a node's own line of CLUSTER NODES.
func busPort(n *redistest.Server) string {
	for line := range strings.Lines(n.Do("CLUSTER", "NODES").(string)) {
		if strings.Contains(line, "myself") {
			_, rest, _ := strings.Cut(strings.Fields(line)[1], "@")
			port, _, _ := strings.Cut(rest, ",")
			return port
		}
	}
	return ""
}

// A Sentinel leads to the master that it watches, and to its replicas.
func TestSentinel(t *testing.T) {
	for _, family := range []string{"redis", "valkey"} {
		t.Run(family, func(t *testing.T) {
			t.Parallel()
			program := redistest.Newest(t, family, "a Sentinel")
			master := redistest.StartProgram(t, program, "--repl-diskless-sync-delay", "0")
			replica := redistest.StartProgram(t, program)
			replica.Do("REPLICAOF", "127.0.0.1", master.Port)
			replica.WaitFor("the link", func() bool { return stat(replica, "master_link_status") == "up" })
			sentinel := startSentinel(t, program, master)
			o := options(t)
			o.Topology, o.Backlog = true, false
			roles := map[string]int{}
			for _, s := range runAll(t, o, sentinel) {
				if len(s.Failed) > 0 {
					t.Errorf("%s: %+v", s.Addr, s.Failed)
				}
				if s.Folder != "" {
					roles[s.Role]++
				}
			}
			if roles["sentinel"] != 1 || roles["master"] != 1 || roles["replica"] != 1 {
				t.Errorf("%v", roles)
			}
		})
	}
}

// startSentinel starts one that knows the master's replica, and returns its
// address.
func startSentinel(t *testing.T, program redistest.Program, master *redistest.Server) string {
	t.Helper()
	dir, port := t.TempDir(), freePort(t)
	config := filepath.Join(dir, "sentinel.conf")
	text := fmt.Sprintf("port %s\nbind 127.0.0.1\ndir %s\nsentinel monitor shop 127.0.0.1 %d 1\n", port, dir, master.Port)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program.Path, config, "--sentinel")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	addr := net.JoinHostPort("127.0.0.1", port)
	c := redis.NewClient(&redis.Options{Addr: addr, Protocol: 2, DisableIdentity: true, MaxRetries: -1})
	defer c.Close()
	master.WaitFor("the Sentinel to find the replica", func() bool {
		list, err := c.Do(t.Context(), "SENTINEL", "SLAVES", "shop").Slice()
		return err == nil && len(list) == 1
	})
	return addr
}

// Over a Unix socket everything is as over TCP; a link that is cut there has
// connections that can be told apart.
func TestUnixSocket(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	master := redistest.Start(t, "--unixsocket", socket, "--repl-diskless-sync-delay", "0")
	replica := redistest.Start(t)
	replica.Do("REPLICAOF", "127.0.0.1", master.Port)
	replica.WaitFor("the link", func() bool { return stat(replica, "master_link_status") == "up" })
	master.Do("SET", "k", "over the socket")
	o := options(t)
	o.Follow, o.RDB = 2*time.Second, true
	go func() {
		time.Sleep(1200 * time.Millisecond)
		_ = redis.NewClient(&redis.Options{Addr: master.Addr, Protocol: 2, DisableIdentity: true}).
			Do(t.Context(), "CLIENT", "KILL", "TYPE", "replica").Err()
	}()
	s := run(t, o, "unix://"+socket)
	if s.Link == nil || s.Link.Connections < 2 || s.Dump == nil || !s.Dump.Whole {
		t.Fatalf("%+v, %+v", s.Link, s.Dump)
	}
	path := filepath.Join(o.Dir, s.Folder, "link.pcapng")
	list := conversations(t, path)
	if len(list) < 2 || !strings.Contains(string(list[0].stream), "over the socket") || list[1].asked <= list[0].asked {
		t.Errorf("%d conversations", len(list))
	}
	complaints(t, path)
}
