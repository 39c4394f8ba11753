package livetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/internal/redistest"
	"github.com/redsleuth/redsleuth/parse/record"
)

const (
	setA     = "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n"
	setB     = "*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n2\r\n"
	manifest = "file a.1.base.aof seq 1 type b\nfile a.1.incr.aof seq 1 type i\nfile a.2.incr.aof seq 2 type i\n"
)

// sets are folders of a multi-part AOF, with what differs from a whole one.
var sets = []struct {
	name    string
	refused bool
	files   map[string]string
}{
	{"whole", false, nil},
	{"no last line end", true, map[string]string{"a.manifest": manifest[:len(manifest)-1]}},
	{"an empty line", true, map[string]string{"a.manifest": "\n" + manifest}},
	{"an empty line at the end", true, map[string]string{"a.manifest": manifest + "\n"}},
	{"CRLF", false, map[string]string{"a.manifest": strings.ReplaceAll(manifest, "\n", "\r\n")}},
	{"a comment", false, map[string]string{"a.manifest": "# by hand\n" + manifest}},
	{"a comment that is indented", true, map[string]string{"a.manifest": " # by hand\n" + manifest}},
	{"a comment at the end, without a line end", false, map[string]string{"a.manifest": manifest + "# by hand"}},
	{"zeros", true, map[string]string{"a.manifest": strings.Repeat("\x00", len(manifest))}},
	{"a tail of zeros", true, map[string]string{"a.manifest": manifest + strings.Repeat("\x00", 40)}},
	{"nothing", true, map[string]string{"a.manifest": ""}},
	{"a path", true, map[string]string{"a.manifest": strings.Replace(manifest, "a.2.incr", "./a.2.incr", 1)}},
	{"a word too many", true, map[string]string{"a.manifest": strings.Replace(manifest, "type b", "type b x", 1)}},
	{"no number", true, map[string]string{"a.manifest": strings.Replace(manifest, "seq 1 type b", "seq x type b", 1)}},
	{"a number and more", false, map[string]string{"a.manifest": strings.Replace(manifest, "seq 1 type b", "seq 1x type b", 1)}},
	{"a longer type", false, map[string]string{"a.manifest": strings.Replace(manifest, "type b", "type base", 1)}},
	{"tabs", false, map[string]string{"a.manifest": strings.ReplaceAll(manifest, " ", "\t")}},
	{"two bases", true, map[string]string{"a.manifest": manifest[:31] + manifest}},
	{"out of order", true, map[string]string{"a.manifest": strings.ReplaceAll(manifest, "seq 1 type i", "seq 3 type i")}},
	{"a long line", true, map[string]string{"a.manifest": manifest + "#" + strings.Repeat("x", 2000) + "\n"}},
	{"a missing part", true, map[string]string{"a.1.incr.aof": missing}},
	{"temporary files", false, map[string]string{"temp-a.manifest": "", "temp-rewriteaof-bg-7.aof": "x"}},
	{"an empty line between commands", true, map[string]string{"a.2.incr.aof": setA + "\n" + setB}},
	{"an empty line at the end of a part", true, map[string]string{"a.1.incr.aof": setA + "\r\n"}},
	{"text", true, map[string]string{"a.2.incr.aof": setA + "FLUSHALL\r\n" + setB}},
	{"text without a line end", true, map[string]string{"a.2.incr.aof": setA + "root@host:~# "}},
	{"comments", false, map[string]string{"a.2.incr.aof": "# by hand\n" + setA + "#TS:1700000000\r\n" + setB}},
	{"a comment without a line end", false, map[string]string{"a.2.incr.aof": setA + "# by hand"}},
	{"LF for CRLF", true, map[string]string{"a.2.incr.aof": strings.ReplaceAll(setA+setB, "\r\n", "\n")}},
	{"zeros behind the commands", true, map[string]string{"a.2.incr.aof": setA + strings.Repeat("\x00", 4096)}},
	{"one zero", true, map[string]string{"a.2.incr.aof": setA + "\x00"}},
	{"a command without arguments", true, map[string]string{"a.2.incr.aof": setA + "*0\r\n"}},
	{"cut within the set", true, map[string]string{"a.1.incr.aof": setA[:20]}},
	{"parts of no bytes", false, map[string]string{"a.1.incr.aof": "", "a.1.base.aof": ""}},
}

const missing = "\x00missing"

// A set that a server refuses is one that is damaged, and no other is.
func TestSetsThatServersRefuse(t *testing.T) {
	if testing.Short() {
		t.Skip("starts each server with each set")
	}
	for _, server := range redistest.Servers(t) {
		if server.Family == "redis" && strings.Compare(server.Version, "7") < 0 {
			continue // it keeps its AOF in one file
		}
		for _, c := range sets {
			t.Run(server.String()+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				dir := filepath.Join(t.TempDir(), "appendonlydir")
				writeSet(t, dir, c.files)
				if got := refused(t, dir); got != c.refused {
					t.Errorf("taken for refused: %v, want %v", got, c.refused)
				}
				if got := serverRefuses(t, server, filepath.Dir(dir)); got != c.refused {
					t.Errorf("the server refuses: %v, want %v", got, c.refused)
				}
			})
		}
	}
}

func writeSet(t *testing.T, dir string, other map[string]string) {
	t.Helper()
	files := map[string]string{"a.manifest": manifest, "a.1.base.aof": setA, "a.1.incr.aof": setB, "a.2.incr.aof": setA}
	for name, data := range other {
		files[name] = data
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, data := range files {
		if data == missing {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// refused is what is made of the set here.
func refused(t *testing.T, dir string) bool {
	t.Helper()
	k, _ := readFile(t, dir)
	return k.links[0].End == record.Damaged
}

// serverRefuses starts a server on the set, which answers or ends.
func serverRefuses(t *testing.T, server redistest.Program, dir string) bool {
	t.Helper()
	log := filepath.Join(dir, "log")
	cmd := exec.Command(server.Path, "--port", "0", "--unixsocket", "s", "--dir", dir, "--appendonly", "yes",
		"--appendfilename", "a", "--save", "", "--logfile", log)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	defer func() { _ = cmd.Process.Kill() }()
	for range 600 {
		select {
		case <-ended:
			return true
		case <-time.After(50 * time.Millisecond):
		}
		if b, _ := os.ReadFile(log); strings.Contains(string(b), "eady to accept connections") {
			_ = cmd.Process.Kill()
			<-ended
			return false
		}
	}
	t.Fatal("the server neither answers nor ends within 30 s")
	return false
}
