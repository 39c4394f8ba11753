package livetest

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/redsleuth/redsleuth/internal/redistest"
)

// TestRestoreExample: the example, which is a module of its own, builds against
// this tree, and what it makes of a server's dump leads the server there again.
func TestRestoreExample(t *testing.T) {
	servers := redistest.Servers(t)
	restore := filepath.Join(t.TempDir(), "restore")
	build := exec.Command("go", "build", "-o", restore, ".")
	build.Dir = "../../examples/restore"
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	for _, p := range servers {
		t.Run(p.String(), func(t *testing.T) {
			s := redistest.StartProgram(t, p)
			fill(s, rand.New(rand.NewPCG(seed, 2)))
			dump, err := os.Open(s.Save("random.rdb"))
			if err != nil {
				t.Fatal(err)
			}
			defer dump.Close()
			var commands, complaint bytes.Buffer
			run := exec.Command(restore)
			run.Stdin, run.Stdout, run.Stderr = dump, &commands, &complaint
			if err := run.Run(); err != nil {
				t.Fatalf("%v: %s", err, complaint.Bytes())
			}
			leadThere(t, s, commands.Bytes())
		})
	}
}
