package collect_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/collect"
	"github.com/redsleuth/redsleuth/internal/redistest"
)

// smallDisk is a file system of so many bytes; without the right to make one the
// test is skipped.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		if errors.Is(err, syscall.EPERM) {
			t.Skip("a small file system needs root")
		}
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, 0) })
	return dir
}

// A full disk ends the link, or the dump, with what is there: a capture of whole
// packets, and what the report says of it.
func TestFullDisk(t *testing.T) {
	addr := gushing(t, 64<<20)
	o := options(t)
	o.Dir = filepath.Join(smallDisk(t, "2m"), "evidence")
	s := runAll(t, o, addr)[0]
	if s.Link == nil || s.Link.End != "cut" || s.Link.EndOffset == nil {
		t.Fatalf("%+v, %+v", s.Link, s.Failed)
	}
	path := filepath.Join(o.Dir, s.Folder, "link.pcapng")
	if list := conversations(t, path); len(list) != 1 || len(list[0].stream) < 256<<10 {
		t.Errorf("%d conversations", len(list))
	}
	complaints(t, path)
	told(t, o.Dir, s, "the stream", "no space left on device")
}

func TestFullDiskDump(t *testing.T) {
	master, _ := pair(t, redistest.Newest(t, "redis", "a dump"))
	workload(master, rand.New(rand.NewPCG(4, 4)), 40_000)
	o := options(t)
	o.Dir, o.RDB, o.Backlog = filepath.Join(smallDisk(t, "1m"), "evidence"), true, false
	s := runAll(t, o, master.Addr)[0]
	told(t, o.Dir, s, "dump.rdb", "no space left on device")
	if _, err := os.Stat(filepath.Join(o.Dir, s.Folder, "dump.rdb.part")); err != nil {
		t.Error(err)
	}
}

// --max-bytes ends both, and the rest is taken.
func TestMaxBytes(t *testing.T) {
	addr := gushing(t, 16<<20)
	o := options(t)
	o.MaxBytes = 1 << 20
	s := runAll(t, o, addr)[0]
	if s.Link == nil || s.Link.End != "max-bytes" {
		t.Fatalf("%+v", s.Link)
	}
	path := filepath.Join(o.Dir, s.Folder, "link.pcapng")
	if target, err := os.Stat(path); err != nil || target.Size() < 1<<20 || target.Size() > 1<<20+512<<10 {
		t.Errorf("%v, %v", target.Size(), err)
	}
	complaints(t, path)
	told(t, o.Dir, s, "the stream", "--max-bytes is reached")
}

// told: collect.json says what was not taken, and why.
func told(t *testing.T, dir string, s *collect.Server, what, why string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, s.Folder, "collect.json"))
	if err != nil {
		t.Fatal(err)
	}
	var report struct {
		Failed []struct{ What, Why string }
		To     time.Time
	}
	if err := json.Unmarshal(b, &report); err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Failed {
		if f.What == what && strings.Contains(f.Why, why) {
			return
		}
	}
	t.Errorf("%s, for %s, is not among %+v", what, why, report.Failed)
}
