package inspect

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/internal/redistest"
	"github.com/redsleuth/redsleuth/parse/crc64"
	"github.com/redsleuth/redsleuth/server"
)

var faults = flag.Int("faults", 24, "how many dumps with a fault TestLoadsLikeServers starts servers from")

// TestLoadsLikeServers starts every server at hand from dumps with a random
// fault under a right checksum, and holds Loads against what it does. A fault
// in the code of a function library is left out: nothing here compiles any.
func TestLoadsLikeServers(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many servers")
	}
	programs := redistest.Servers(t)
	var files []string
	for _, pattern := range []string{"../parse/rdb/testdata/mixed-*.rdb", "../parse/rdb/testdata/peers/*.rdb"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%d files, %v", len(found), err)
		}
		files = append(files, found...)
	}
	random := rand.New(rand.NewPCG(7, uint64(*faults)))
	counts := map[string]int{}
	for n := range *faults {
		name := files[random.IntN(len(files))]
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if len(file) < 30 || len(file) > 60000 {
			continue // nothing to change, or slow
		}
		at := 10 + random.IntN(len(file)-19)
		file = changed(file, at, random)
		for _, p := range programs {
			v, err := server.Parse(p.String())
			if err != nil {
				t.Fatal(err)
			}
			r := inspectBytes(t, file, Options{Versions: []server.Version{v}})
			if r.RDB == nil || inLibrary(r.RDB, int64(at)) {
				continue
			}
			got := r.RDB.Loads[len(r.RDB.Loads)-1]
			for _, l := range r.RDB.Loads {
				if l.Version == v {
					got = l
				}
			}
			loaded, log := start(t, p, file)
			counts[fmt.Sprintf("%s where the server loads it: %v", got.Answer, loaded)]++
			if got.Answer == server.Yes && !loaded || got.Answer == server.No && loaded {
				kept := filepath.Join(os.TempDir(), fmt.Sprintf("loads-%d.rdb", n))
				_ = os.WriteFile(kept, file, 0o600)
				t.Errorf("%s with byte %d changed (%s) on %s: loads %s (%s), loaded %v: %s\n%v",
					name, at, kept, p, got.Answer, got.Why, loaded, log, r.Findings)
			}
		}
	}
	t.Log(counts)
	if counts["yes where the server loads it: true"] == 0 || counts["no where the server loads it: false"] == 0 {
		t.Errorf("%v: the faults prove nothing", counts)
	}
}

func inLibrary(r *RDB, at int64) bool {
	for _, l := range r.Functions {
		if at >= l.Byte && at <= l.Byte+l.Bytes+8 {
			return true
		}
	}
	return false
}

// changed is the file with a byte changed and the checksum made right again.
func changed(file []byte, at int, random *rand.Rand) []byte {
	file = bytes.Clone(file)
	switch random.IntN(3) {
	case 0:
		file[at] ^= 1 << random.IntN(8)
	case 1:
		file[at]++
	default:
		file[at], file[at-1] = file[at-1], file[at]
	}
	if string(file[:5]) == "REDIS" && string(file[5:9]) < "0005" {
		return file
	}
	body := file[:len(file)-8]
	sum := crc64.Update(0, body)
	for i := range 8 {
		file[len(body)+i] = byte(sum >> (8 * i))
	}
	return file
}

// start starts a server from a dump and reports whether it came to listen, and
// the last of what it said.
func start(t *testing.T, p redistest.Program, file []byte) (loaded bool, log string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "dump.rdb"), file, 0o600); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "s")
	cmd := exec.Command(p.Path, "--dir", dir, "--port", "0", "--unixsocket", socket, "--save", "",
		"--crash-log-enabled", "no")
	if strings.Contains(p.String(), "6.0") {
		cmd.Args = cmd.Args[:len(cmd.Args)-2]
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	defer func() { _ = cmd.Process.Kill(); <-ended }()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); {
		select {
		case <-ended:
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			return false, strings.Join(lines[max(0, len(lines)-8):], "\n")
		case <-time.After(5 * time.Millisecond):
		}
		if pong(socket) {
			return true, ""
		}
	}
	return false, "it neither listens nor ends"
}

// pong reports whether the server answers, and not with -LOADING.
func pong(socket string) bool {
	conn, err := net.DialTimeout("unix", socket, time.Second)
	if err != nil {
		return false
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return false
	}
	var reply [5]byte
	n, _ := conn.Read(reply[:])
	return strings.HasPrefix(string(reply[:n]), "+PONG")
}
