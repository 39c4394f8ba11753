package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/server"
)

// servers are the programs looked for on PATH, in this order.
var servers = []string{"redis-server", "valkey-server"}

// forbidden are commands that the own server does not have: scripts of an
// artefact must reach neither the network nor the disk.
var forbidden = []string{
	"MIGRATE", "REPLICAOF", "SLAVEOF", "SAVE", "BGSAVE", "BGREWRITEAOF", "MODULE", "DEBUG", "CONFIG",
	"CLUSTER", "FAILOVER", "PSYNC", "SYNC", "MONITOR", "ACL", "SUBSCRIBE", "PSUBSCRIBE",
}

// Start finds a server on PATH and starts it in a private folder on a socket
// of its own, without persistence; the embedded engine where there is none.
// It ends with the context, or with Close.
func Start(ctx context.Context, databases int) (*Engine, error) {
	for _, name := range servers {
		if path, err := exec.LookPath(name); err == nil {
			return startServer(ctx, path, databases)
		}
	}
	return startEmbedded(ctx)
}

func startServer(ctx context.Context, path string, databases int) (*Engine, error) {
	dir, err := os.MkdirTemp("", "redsleuth-engine-*")
	if err != nil {
		return nil, err
	}
	socket := filepath.Join(dir, "engine.sock")
	args := []string{
		"--port", "0", "--unixsocket", socket, "--unixsocketperm", "700", "--dir", dir, "--save", "", "--appendonly", "no",
		"--daemonize", "no", "--databases", strconv.Itoa(max(databases, 16)), "--logfile", "", "--loglevel", "warning",
	}
	for _, name := range forbiddenOf(ctx, path) {
		args = append(args, "--rename-command", name, "")
	}
	cmd := exec.CommandContext(ctx, path, args...)
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("starting %s: %w", path, err), os.RemoveAll(dir))
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // a killed process has no good status
		close(ended)
	}()
	stop := func() error {
		_ = cmd.Process.Kill() // it may have ended by itself
		<-ended
		return os.RemoveAll(dir)
	}
	if err := waitForFile(ctx, socket, ended); err != nil {
		return nil, errors.Join(fmt.Errorf("%s does not listen: %w", path, err), stop())
	}
	client := redis.NewClient(options("unix", socket))
	if err := waitFor(ctx, client); err != nil {
		return nil, errors.Join(fmt.Errorf("%s does not answer: %w", path, err), client.Close(), stop())
	}
	return open(ctx, client, filepath.Base(path), true, stop)
}

func options(network, address string) *redis.Options {
	return &redis.Options{
		Network: network, Addr: address, Protocol: 2, MaxRetries: -1, DisableIdentity: true,
		ReadTimeout: 30 * time.Second, PoolSize: 1,
	}
}

// forbiddenOf are the forbidden commands that a server has: one that is older
// than a command refuses to start where it is to be renamed. Of a server that
// does not tell its version it is all of them.
func forbiddenOf(ctx context.Context, path string) []string {
	out, err := exec.CommandContext(ctx, path, "--version").Output()
	words := strings.Fields(string(out)) // Redis server v=7.0.15 sha=…
	if err != nil || len(words) < 3 {
		return forbidden
	}
	version, err := server.Parse(words[0] + " " + strings.TrimPrefix(words[2], "v="))
	if err != nil {
		return forbidden
	}
	return slices.DeleteFunc(slices.Clone(forbidden), func(name string) bool {
		return command.Refused([][]byte{[]byte(name)}, version).Answer == server.Yes
	})
}

// patience is how long a server may take to start.
const patience = 10 * time.Second

// waitForFile waits for the socket, unless the server ends: the client library
// would write about each attempt that fails before it is there.
func waitForFile(ctx context.Context, path string, ended <-chan struct{}) error {
	deadline := time.Now().Add(patience)
	for {
		_, err := os.Stat(path)
		if err == nil || ctx.Err() != nil || time.Now().After(deadline) {
			return errors.Join(err, ctx.Err())
		}
		select {
		case <-ended:
			return errors.New("it ended at once")
		case <-time.After(time.Millisecond):
		}
	}
}

// waitFor pings until the server answers.
func waitFor(ctx context.Context, client *redis.Client) error {
	deadline := time.Now().Add(patience)
	for {
		err := client.Ping(ctx).Err()
		if err == nil || ctx.Err() != nil || time.Now().After(deadline) {
			return errors.Join(err, ctx.Err())
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func startEmbedded(ctx context.Context) (*Engine, error) {
	mini := miniredis.NewMiniRedis()
	if err := mini.StartAddr("127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("starting the embedded engine: %w", err)
	}
	client := redis.NewClient(options("tcp", mini.Addr()))
	return open(ctx, client, "miniredis", false, func() error {
		mini.Close()
		return nil
	})
}

// Connect uses the server at a URL such as redis://127.0.0.1:6390. It must be
// empty, since it is emptied; and on this machine, unless remote says that it
// need not be.
func Connect(ctx context.Context, url string, remote bool) (*Engine, error) {
	parsed, err := redis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("--engine: %w", err)
	}
	if !remote && !loopback(parsed.Network, parsed.Addr) {
		return nil, fmt.Errorf("--engine %s is not on this machine: commands of the artefacts would travel there; --engine-remote insists", parsed.Addr)
	}
	o := options(parsed.Network, parsed.Addr)
	o.Username, o.Password, o.TLSConfig = parsed.Username, parsed.Password, parsed.TLSConfig
	client := redis.NewClient(o)
	size, err := totalKeys(ctx, client)
	if err == nil && size != "" {
		err = fmt.Errorf("--engine %s holds keys, and an engine is emptied: it must be an empty one", parsed.Addr)
	}
	if err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return open(ctx, client, "server at "+parsed.Addr, true, func() error { return nil })
}

// totalKeys is what INFO says of the databases that hold keys; "" if none do.
func totalKeys(ctx context.Context, client *redis.Client) (string, error) {
	info, err := client.Info(ctx, "keyspace").Result()
	if err != nil {
		return "", fmt.Errorf("--engine: %w", err)
	}
	for i := 0; i+2 < len(info); i++ {
		if info[i] == 'd' && info[i+1] == 'b' && info[i+2] >= '0' && info[i+2] <= '9' {
			return info[i:], nil
		}
	}
	return "", nil
}

func loopback(network, address string) bool {
	if network == "unix" {
		return true
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
