package verify

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/redsleuth/redsleuth/internal/redistest"
	"github.com/redsleuth/redsleuth/parse/crc64"
)

// TestChecker: of dumps with a byte changed and the checksum made right again,
// none that redis-check-rdb or valkey-check-rdb refuses is called sound, of
// whichever version there is.
func TestChecker(t *testing.T) {
	for _, p := range redistest.Servers(t) {
		if checker := p.Tool("check-rdb"); checker != "" {
			t.Run(p.String(), func(t *testing.T) { hold(t, checker) })
		}
	}
}

func hold(t *testing.T, checker string) {
	files, err := filepath.Glob("../testdata/mixed-*.rdb")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	path := filepath.Join(t.TempDir(), "changed.rdb")
	refuses := func(file []byte) bool {
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		return exec.Command(checker, path).Run() != nil
	}
	random := rand.New(rand.NewPCG(1, 2))
	refused, sound := 0, 0
	for _, name := range files {
		whole, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if refuses(whole) { // of a later version
			continue
		}
		for range 25 {
			file := append([]byte{}, whole[:len(whole)-8]...)
			at := 9 + random.IntN(len(file)-10)
			file[at] ^= 1 << random.IntN(8)
			sum := crc64.Update(0, file)
			for i := range 8 {
				file = append(file, byte(sum>>(8*i)))
			}
			found, err := faults(file, 2)
			switch {
			case !refuses(file):
				sound++
			case err == nil && len(found) == 0:
				t.Errorf("%s with byte %d changed is refused by %s, and called sound", name, at, checker)
			default:
				refused++
			}
		}
	}
	if refused == 0 || sound == 0 {
		t.Errorf("%d refused and %d not: the changes prove nothing", refused, sound)
	}
}
