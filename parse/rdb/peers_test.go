package rdb

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hdt3213/rdb/encoder"
	"github.com/hdt3213/rdb/model"
)

var update = flag.Bool("update", false, "rewrite golden files")

// TestPeersDumps decodes the small dumps that other decoders are tested with:
// old encodings that no server of today writes.
func TestPeersDumps(t *testing.T) {
	paths, err := filepath.Glob("testdata/peers/*.rdb")
	if err != nil || len(paths) == 0 {
		t.Fatal("no dumps", err)
	}
	var got strings.Builder
	for _, path := range paths {
		lines, err := decode(t, readFixture(t, path), inMemory)
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		fmt.Fprintf(&got, "-- %s --\n", filepath.Base(path))
		for _, l := range lines {
			fmt.Fprintf(&got, "%q\n", l)
		}
	}
	golden := "testdata/peers/records.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := strings.Split(string(readFixture(t, golden)), "\n")
	for i, l := range strings.Split(got.String(), "\n") {
		if i >= len(want) || l != want[i] {
			t.Fatalf("line %d of %s: got %s", i+1, golden, l)
		}
	}
}

// TestEncodedByPeer: what hdt3213/rdb writes decodes to what it was given.
func TestEncodedByPeer(t *testing.T) {
	var out bytes.Buffer
	enc := encoder.NewEncoder(&out)
	long := bytes.Repeat([]byte("long enough to be compressed "), 20)
	for _, err := range []error{
		enc.WriteHeader(), enc.WriteAux("redis-ver", "7.2.0"), enc.WriteDBHeader(3, 6, 1),
		enc.WriteStringObject("text", long),
		enc.WriteStringObject("number", []byte("-70000"), encoder.WithTTL(4102444800000)),
		enc.WriteListObject("list", [][]byte{[]byte("a"), long, []byte("17")}),
		enc.WriteSetObject("set", [][]byte{[]byte("3"), []byte("1"), []byte("2")}),
		enc.WriteHashMapObject("hash", map[string][]byte{"field": []byte("value")}),
		enc.WriteZSetObject("zset", []*model.ZSetEntry{{Member: "m", Score: -1.5}}),
		enc.WriteEnd(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	told := map[string]string{
		"3/text":   fmt.Sprintf("string expires false 1 [%q]", long),
		"3/number": `string expires true 1 ["-70000"]`,
		"3/list":   fmt.Sprintf(`list expires false 3 ["a" %q "17"]`, long),
		"3/set":    `set expires false intset 3 ["1" "2" "3"]`,
		"3/hash":   `hash expires false ziplist 1 ["field=value"]`,
		"3/zset":   `zset expires false ziplist 1 ["m:-1.5"]`,
	}
	got := decodedKeys(t, out.Bytes())
	if len(got) != len(told) {
		t.Errorf("%d keys, want %d", len(got), len(told))
	}
	for key, want := range told {
		if got[key] != want {
			t.Errorf("%s is %s, want %s", key, got[key], want)
		}
	}
}
