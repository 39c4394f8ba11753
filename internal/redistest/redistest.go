// Package redistest starts real servers for tests, of every version that is at
// hand: on loopback, in a folder of their own, stopped when the test ends.
package redistest

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// A Server is a running server.
type Server struct {
	Program
	Addr string
	Port int
	// Dir holds its dump.rdb, appendonlydir and log.
	Dir    string
	Client *redis.Client

	tb   testing.TB
	args []string
	cmd  *exec.Cmd
}

// Start runs the machine's redis-server; see StartProgram. Without one the test
// is skipped.
func Start(tb testing.TB, args ...string) *Server {
	tb.Helper()
	return StartProgram(tb, usual(tb), args...)
}

// StartProgram runs one of Servers with persistence off but on demand (SAVE).
// args are added to its command line, as "--appendonly", "yes".
func StartProgram(tb testing.TB, program Program, args ...string) *Server {
	tb.Helper()
	port := freePort(tb)
	s := &Server{
		Program: program,
		Addr:    net.JoinHostPort("127.0.0.1", strconv.Itoa(port)),
		Port:    port, Dir: tb.TempDir(), tb: tb, args: args,
	}
	s.Client = redis.NewClient(&redis.Options{Addr: s.Addr, Protocol: 2, MaxRetries: -1, DisableIdentity: true,
		ReadTimeout: time.Minute})
	s.Launch()
	tb.Cleanup(func() {
		_ = s.Client.Close()
		s.Kill()
	})
	return s
}

// Launch starts the process, again after Shutdown or Kill, in the same folder
// and on the same port.
func (s *Server) Launch() {
	s.tb.Helper()
	args := []string{
		"--port", strconv.Itoa(s.Port), "--bind", "127.0.0.1", "--dir", s.Dir, "--save", "",
		"--logfile", filepath.Join(s.Dir, "server.log"), "--daemonize", "no",
	}
	if s.major() >= 7 { // older ones don't know the setting, and allow DEBUG
		args = append(args, "--enable-debug-command", "yes")
	}
	s.cmd = exec.Command(s.Path, append(args, s.args...)...)
	if err := s.cmd.Start(); err != nil {
		s.tb.Fatal(err)
	}
	s.WaitFor("the server to answer", func() bool { return s.Client.Ping(s.tb.Context()).Err() == nil })
}

// Shutdown stops the server as an operator would, with a dump.
func (s *Server) Shutdown() {
	s.tb.Helper()
	s.Client.ShutdownSave(s.tb.Context())
	s.wait()
}

// Kill ends the process at once; it does nothing to one that has ended.
func (s *Server) Kill() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		s.wait()
	}
}

// Signal sends the process a signal, as SIGSTOP for a server that hangs.
func (s *Server) Signal(signal os.Signal) error { return s.cmd.Process.Signal(signal) }

func (s *Server) wait() {
	_ = s.cmd.Wait() // a killed process has no good status
	s.cmd = nil
}

// Do runs one command and fails the test on an error reply.
func (s *Server) Do(args ...any) any {
	s.tb.Helper()
	v, err := s.Client.Do(s.tb.Context(), args...).Result()
	if err != nil && err != redis.Nil {
		s.tb.Fatalf("%v: %v", args, err)
	}
	return v
}

// Knows reports whether the server has a command, so that a test asks for what
// it needs and compares no versions.
func (s *Server) Knows(command string) bool {
	s.tb.Helper()
	infos, ok := s.Do("COMMAND", "INFO", command).([]any)
	return ok && len(infos) == 1 && infos[0] != nil
}

// Save makes a dump and returns its path, under a name of its own.
func (s *Server) Save(name string) string {
	s.tb.Helper()
	s.Do("SAVE")
	data, err := os.ReadFile(filepath.Join(s.Dir, "dump.rdb"))
	if err != nil {
		s.tb.Fatal(err)
	}
	path := filepath.Join(s.tb.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		s.tb.Fatal(err)
	}
	return path
}

// WaitFor polls until done, or fails the test after 20 seconds.
func (s *Server) WaitFor(what string, done func() bool) {
	s.tb.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if done() {
			return
		}
	}
	log, _ := os.ReadFile(filepath.Join(s.Dir, "server.log"))
	s.tb.Fatalf("waited too long for %s; the server's log:\n%s", what, log)
}

func freePort(tb testing.TB) int {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		tb.Fatalf("no TCP address: %v", l.Addr())
	}
	return addr.Port
}
