package damage

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/internal/rdbgen"
	"github.com/redsleuth/redsleuth/parse/input"
)

// TestDamage breaks what is made here and the repository's dumps, always in the
// same ways. scripts/damage breaks more.
func TestDamage(t *testing.T) {
	seeds, err := Seeds("../../parse/rdb/testdata", "../../testdata/appendonlydir-7.0.15")
	if err != nil {
		t.Fatal(err)
	}
	n := 1200
	if testing.Short() {
		n = 200
	}
	h := &Holder{Seeds: seeds, Dir: t.TempDir(), Every: 500}
	failed := func(err error) { t.Errorf("%v\n  (go run ./scripts/damage keeps such an input)", err) }
	if _, err := h.Run(1, n, 0, failed); err != nil {
		t.Fatal(err)
	}
	want := []string{"mended", "rdb", "aof", "aof-set", "monitor", "status 0", "status 3", "sound"}
	if testing.Short() {
		want = []string{"rdb", "mended"}
	}
	for _, what := range want { // what breaks nothing of a kind would prove nothing of it
		if h.Counts[what] == 0 {
			t.Errorf("nothing is %s among %v", what, h.Counts)
		}
	}
}

func TestSameSeedSameWreck(t *testing.T) {
	seeds := made()
	one := wreck(rand.New(rand.NewPCG(5, 7)), seeds)
	two := wreck(rand.New(rand.NewPCG(5, 7)), seeds)
	if !bytes.Equal(one.Data, two.Data) || one.Mended != two.Mended || one.Seed != two.Seed {
		t.Error("one seed broke an artefact in two ways")
	}
}

// TestSilence: what is held against inspect where it says nothing.
func TestSilence(t *testing.T) {
	dump := (&rdbgen.Dump{Magic: "REDIS", Version: 9, Databases: map[int]map[string]string{0: {"k": "v"}}}).Encode()
	unsummed := (&rdbgen.Dump{Magic: "REDIS", Version: 9}).Encode()
	unsummed = append(unsummed[:len(unsummed)-8], make([]byte, 8)...)
	const set = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n"
	for _, c := range []struct {
		name   string
		kind   input.Kind // of the artefact, and of what is there now unless a splice made it another
		whole  []byte
		data   []byte
		mended bool
		want   string
	}{
		{"a sum that was left", input.KindRDB, dump, dump[:9], false, "silent, and its checksum was left as it was"},
		{"a sum that was mended", input.KindRDB, dump, dump[:9], true, ""},
		{"a dump without a sum", input.KindRDB, unsummed, unsummed[:9], false, ""},
		{"commands as written", input.KindCommands, nil, []byte(set + set), false, ""},
		{"a heartbeat between", input.KindCommands, nil, []byte(set + "\n" + set), false, ""},
		{"a time between", input.KindAOF, nil, []byte(set + "#TS:1700000000\r\n" + set), false, ""},
		{"text between", input.KindCommands, nil, []byte(set + "ok\r\n" + set), false, "silent, and not what a server writes"},
		{"spliced into another", input.KindRDB, dump, []byte(set), false, ""},
		{"spliced into another, broken", input.KindRDB, dump, []byte(set + "ok\r\n" + set), false, "silent, and not what a server writes"},
		{"a command in another form", input.KindCommands, nil, []byte(set + "PING\r\n"), false, "silent, and not what a server writes"},
		{"a length in another form, of an AOF", input.KindAOF, nil, []byte("#TS:1700000000\r\n*03" + set[2:] + "#TS:1700000000\r\n"), false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "wreck")
			if err := os.WriteFile(path, c.data, 0o600); err != nil {
				t.Fatal(err)
			}
			h := &Holder{Counts: map[string]int{}}
			w := &Wreck{Seed: &Seed{Kind: c.kind, Data: c.whole}, Data: c.data, Mended: c.mended}
			now := c.kind
			if strings.HasPrefix(c.name, "spliced") {
				now, w.Ways = input.KindCommands, []string{"splice"}
			}
			if err := h.silence(w, path, now); fmt.Sprint(err) != c.want && (err != nil || c.want != "") {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// TestCovers: which records leave nothing out.
func TestCovers(t *testing.T) {
	for _, c := range []struct{ name, lines, want string }{
		{"one after another", `{"record":"header","byte":0,"bytes":9} {"record":"end","byte":9,"bytes":9}`, ""},
		{"text before", `{"record":"header","byte":5,"bytes":9} {"record":"leading-data","byte":0,"bytes":5} {"record":"end","byte":14,"bytes":4}`, ""},
		{"text before, untold", `{"record":"header","byte":5,"bytes":9} {"record":"end","byte":14,"bytes":4}`, "nothing is told of the 5 bytes before the header"},
		{"a hole", `{"record":"header","byte":0,"bytes":8} {"record":"end","byte":9,"bytes":9}`, "a end at byte 9, but the record before ends at 8"},
		{"a key that ends in damage", `{"record":"key","byte":0,"incomplete":true} {"record":"damage","byte":0,"bytes":18}`, ""},
		{"damage told of what is covered", `{"record":"key","byte":0,"bytes":18} {"record":"damage","byte":2,"bytes":3}`, ""},
		{"a rest", `{"record":"header","byte":0,"bytes":9}`, "the last record ends at byte 9 of 18"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := covers(strings.NewReader(strings.ReplaceAll(c.lines, "} {", "}\n{")), 18)
			if fmt.Sprint(err) != c.want && (err != nil || c.want != "") {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// TestGuard: a panic of a command is a failure of its input, and no end of all.
func TestGuard(t *testing.T) {
	h := &Holder{Dir: t.TempDir()} // without Counts, which hold writes to
	seed := made()[0]
	w := &Wreck{Seed: &seed, Data: seed.Data[:20]}
	path, err := w.leave(h.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if fault := h.guard(w, path, 1); fault == nil || !strings.HasPrefix(fault.Error(), "panic: ") {
		t.Errorf("%v", fault)
	}
	if kept, err := h.keep(path, 1); err != nil || filepath.Base(kept) != "failed-1" {
		t.Errorf("kept as %s, %v", kept, err)
	}
}
