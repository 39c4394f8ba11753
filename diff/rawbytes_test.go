package diff

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

func TestHowStoredBytesAreCutMakesNoDifference(t *testing.T) {
	value := []byte(strings.Repeat("some value ", 50))
	var h rawHash
	whole := h.end(rdb.TypeString, value)
	for cut := range value {
		h.add(value[:cut])
		h.add(nil)
		if got := h.end(rdb.TypeString, value[cut:]); got != whole {
			t.Fatalf("cut at %d: %x, want %x", cut, got, whole)
		}
	}
	if h.end(rdb.TypeList, value) == whole {
		t.Error("two types with equal bytes are taken for equal")
	}
}

// run compares two dumps and also returns what it went by.
func run(t *testing.T, master, replica string) (*Report, bool) {
	t.Helper()
	c, err := Open(t.Context(), one(open(t, master)), one(open(t, replica)), Options{MaxMemory: 64 << 20, TTLSkew: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	r, err := c.Finish(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r, c.master.rawBytes
}

// TestStoredBytesAndContentAgree: two dumps of one configuration are told
// apart by their bytes, those of two by content once too much differs, and the
// edits are found either way.
func TestStoredBytesAndContentAgree(t *testing.T) {
	for name, settings := range map[string][]string{"by bytes": nil, "by content": otherEncodings()} {
		master, replica, want := staged(t, 11, 12000, 200, settings...)
		r, stored := run(t, master, replica)
		if stored != (settings == nil) {
			t.Errorf("%s: told apart by bytes: %v", name, stored)
		}
		if d := cmp.Diff(want, kindsOf(r)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
		missing := r.Summary.ByKind[MissingOnReplica]
		if sum := r.Summary.Equal + r.Summary.Different; sum != r.Summary.ReplicaKeys+missing {
			t.Errorf("%s: %d equal and different keys, of %d and %d missing", name, sum, r.Summary.ReplicaKeys, missing)
		}
	}
}

// dumpFile writes a dump given in hex with comments behind "//": what is
// between its header and the end-of-file opcode, without a checksum.
func dumpFile(t *testing.T, version, records string) string {
	t.Helper()
	digits := ""
	for line := range strings.Lines(records) {
		code, _, _ := strings.Cut(line, "//")
		digits += strings.Join(strings.Fields(code), "")
	}
	b, err := hex.DecodeString(digits)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "dump.rdb")
	file := append([]byte("REDIS"+version), b...)
	if err := os.WriteFile(path, append(file, 0xff, 0, 0, 0, 0, 0, 0, 0, 0), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A value of the replica whose bytes differ can't be decoded: what stands
// before it counts, and what follows is unread.
func TestDamageWithinAValueThatDiffers(t *testing.T) {
	const (
		before = "fe 00  00 01 61 01 31 " // a: 1
		// h: a listpack of field f with value v.
		hash = "10 01 68  0d  0d000000 0200 8166 02 8176 02 ff "
		// The same, where the field claims 63 bytes.
		broken = "10 01 68  0d  0d000000 0200 bf66 02 8176 02 ff "
		after  = "00 01 7a 01 32 " // z: 2
	)
	r, stored := run(t, dumpFile(t, "0011", before+hash+after), dumpFile(t, "0011", before+broken+after))
	if stored || r.Replica.End != record.Damaged || r.Replica.EndByte == 0 {
		t.Errorf("by bytes: %v; the replica ends %s at byte %d", stored, r.Replica.End, r.Replica.EndByte)
	}
	if r.Summary.Equal != 1 || r.Summary.Different != 0 || r.Summary.Unread != 2 {
		t.Errorf("%d equal, %d different, %d unread; want 1, 0, 2", r.Summary.Equal, r.Summary.Different, r.Summary.Unread)
	}
}

func TestDumpsOfTwoFormatsAreReadByContent(t *testing.T) {
	const records = "fe 00  00 01 61 01 31"
	if r, stored := run(t, dumpFile(t, "0011", records), dumpFile(t, "0012", records)); stored || r.Summary.Equal != 1 {
		t.Errorf("by bytes: %v; %d equal", stored, r.Summary.Equal)
	}
	if r, stored := run(t, dumpFile(t, "0011", records), dumpFile(t, "0011", records)); !stored || r.Summary.Equal != 1 {
		t.Errorf("by bytes: %v; %d equal", stored, r.Summary.Equal)
	}
}
