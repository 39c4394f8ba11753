package verify

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// dump is an RDB of version 11 with these records, without a checksum.
func dump(records ...[]byte) []byte {
	b := append([]byte("REDIS0011"), bytes.Join(records, nil)...)
	return append(b, 0xff, 0, 0, 0, 0, 0, 0, 0, 0)
}

// faults verifies a dump, with so many batches under way.
func faults(file []byte, workers int) (found []Fault, err error) {
	d := rdb.NewReader(bytes.NewReader(file))
	defer d.Close()
	s := New(Options{Workers: workers, Found: func(f Fault) error {
		found = append(found, f)
		return nil
	}})
	defer s.Close()
	for rec, err := range d.Records() {
		if err == nil && rec.Kind == rdb.KindKey {
			err = s.Value(d, rec)
		}
		if err != nil {
			return found, err
		}
	}
	return found, s.Finish()
}

// A value of each row is a type, the key "k" (01 6b) and what follows.
var values = []struct {
	name, hex string
	kind      Kind // 0 for sound
}{
	{"a set", "02 016b 02 0161 0162", 0},
	{"a set with a member twice", "02 016b 02 0161 0161", Repeated},
	{"a set with an integer and its text", "02 016b 02 c001 0131", Repeated},
	{"a list with an element twice", "01 016b 02 0161 0161", 0},
	{"a hash with a field twice", "04 016b 02 0161 0178 0161 0179", Repeated},
	{"a hash with a value twice", "04 016b 02 0161 0178 0162 0178", 0},
	// member, then 8 bytes: 1.0, and a NaN
	{"a sorted set", "05 016b 02 0161 000000000000f03f 0162 000000000000f03f", 0},
	{"a sorted set with a member twice",
		"05 016b 02 0161 000000000000f03f 0161 0000000000000040", Repeated},
	{"a score that is NaN", "05 016b 01 0161 000000000000f87f", Broken},
	{"a score in text that is NaN", "03 016b 01 0161 fd", Broken},
	{"a score in text that is none", "03 016b 01 0161 01 78", Broken},
	// c3, 4 bytes for 3: 3 as they are
	{"a compressed string", "00 016b c3 04 03 02616263", 0},
	{"a compressed string that gives less", "00 016b c3 04 04 02616263", Broken},
	// width 2, count 2: 1, 2
	{"an intset", "0b 016b 0c 02000000 02000000 0100 0200", 0},
	{"an intset out of order", "0b 016b 0c 02000000 02000000 0200 0100", Broken},
	{"an intset with another count", "0b 016b 0c 02000000 03000000 0100 0200", Broken},
	// listpack: 13 bytes, 2 entries, "a", "x", end
	{"a listpack", "10 016b 0d 0d000000 0200 816102 817802 ff", 0},
	{"a listpack with an odd entry", "10 016b 0a 0a000000 0100 816102 ff", Broken},
	{"a listpack of another length", "10 016b 0d 0e000000 0200 816102 817802 ff", Broken},
	{"a listpack with another count", "10 016b 0d 0d000000 0400 816102 817802 ff", Broken},
	{"a listpack with a wrong length after an entry",
		"10 016b 0d 0d000000 0200 816103 817802 ff", Broken},
	{"a listpack without its end", "10 016b 0d 0d000000 0200 816102 817802 fe", Broken},
	{"a listpack with a member twice", "14 016b 0d 0d000000 0200 816102 816102 ff", Repeated},
	// ziplist: 17 bytes, the last at 13, 2 entries, "a", "x", end
	{"a ziplist", "0d 016b 11 11000000 0d000000 0200 00 0161 03 0178 ff", 0},
	{"a ziplist with a wrong length before an entry",
		"0d 016b 11 11000000 0d000000 0200 00 0161 04 0178 ff", Broken},
	{"a ziplist with a wrong tail", "0d 016b 11 11000000 0e000000 0200 00 0161 03 0178 ff", Broken},
	{"a zipmap", "09 016b 07 01 0161 01 00 78 ff", 0},
	{"a zipmap with another count", "09 016b 07 02 0161 01 00 78 ff", Broken},
	{"a zipmap with a count that only old servers take", "09 016b 07 ff 0161 01 00 78 ff", Broken},
	{"a zipmap with a count that is not known", "09 016b 07 fe 0161 01 00 78 ff", 0},
	{"a zipmap past its end", "09 016b 07 01 0161 05 00 78 ff", Broken},
	// first expiry 10, listpack of 3 or 6: field, value, expiry
	{"fields by expiry", "19 016b 0a00000000000000 15 15000000 0600 816102 0101 0a01 816202 0101 0b01 ff", 0},
	{"fields out of their order",
		"19 016b 0a00000000000000 15 15000000 0600 816102 0101 0c01 816202 0101 0b01 ff", Broken},
	{"a field without expiry before one with it",
		"19 016b 0a00000000000000 15 15000000 0600 816102 0101 0001 816202 0101 0b01 ff", Broken},
	{"a field that expires before the first time",
		"19 016b 0b00000000000000 15 15000000 0600 816102 0101 0a01 816202 0101 0b01 ff", Broken},
	// nodes 0; length, last id; groups: name, last id, pending, consumers
	{"a stream", "0f 016b 00 00 0500 01 0167 0500 00 00", 0},
	{"a stream that says it has entries", "0f 016b 00 01 0500 00", Broken},
	{"a group twice", "0f 016b 00 00 0500 02 0167 0500 00 00 0167 0500 00 00", Broken},
	{"a consumer twice",
		"0f 016b 00 00 0500 01 0167 0500 00 02 0163 0000000000000000 00 0163 0000000000000000 00", Broken},
	{"the same consumer in two groups",
		"0f 016b 00 00 0500 02 0167 0500 00 01 0163 0000000000000000 00" +
			"0168 0500 00 01 0163 0000000000000000 00", 0},
	// id; dimension 1, 2 elements; each: name, vector, 6 parameters: node, level 0,
	// 1 link of at most 32, to the other node
	{"a vector set", vectorSet("01", "02", "02", "01"), 0},
	{"a link that leads one way only", vectorSet("01", "02", "02", "03"), Broken},
	{"a link of a node to itself", vectorSet("01", "01", "02", "02"), Broken},
	{"a node of a vector set twice", vectorSet("01", "02", "01", "02"), Broken},
	{"an element of a vector set twice",
		strings.Replace(vectorSet("01", "02", "02", "01"), "0162", "0161", 1), Repeated},
	{"a pending entry that nobody owns",
		"0f 016b 00 00 0500 01 0167 0500 01 0000000000000001 0000000000000000 0000000000000000 01 00", Broken},
}

// vectorSet has two nodes, each with one link.
func vectorSet(node1, link1, node2, link2 string) string {
	const state = "07 016b 81bde72da2bb1eb400 0201 0202 0200 0200"
	element := func(name, node, link string) string {
		return " 05 " + name + " 05 04 0000803f 0206 02" + node + " 0200 0201 0220 02" + link + " 0200"
	}
	return state + element("0161", node1, link1) + element("0162", node2, link2) + " 00"
}

func TestValues(t *testing.T) {
	sound := unhex(t, "00 0161 0178")
	for _, v := range values {
		t.Run(v.name, func(t *testing.T) {
			record := unhex(t, v.hex)
			found, err := faults(dump(sound, record, sound), 2)
			if err != nil {
				t.Fatal(err)
			}
			if v.kind == 0 {
				if len(found) > 0 {
					t.Fatalf("%v", found[0].Err)
				}
				return
			}
			if len(found) != 1 {
				t.Fatalf("%d faults", len(found))
			}
			f := found[0]
			if f.Kind != v.kind || string(f.Key) != "k" || f.Byte != 14 || f.Bytes != int64(len(record)) {
				t.Errorf("%+v", f)
			}
			if !errors.Is(f.Err, parse.ErrDamaged) || f.Err.ByteOffset < 14 {
				t.Errorf("%v", f.Err)
			}
		})
	}
}

func str(s string) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{0x80}, uint32(len(s))), s...)
}

// set is a set of n members, of which the last is member again.
func set(n, again int) []byte {
	b := binary.BigEndian.AppendUint32([]byte{2, 1, 'k', 0x80}, uint32(n))
	for i := range n - 1 {
		b = append(b, str(fmt.Sprintf("member %d", i))...)
	}
	return append(b, str(fmt.Sprintf("member %d", again))...)
}

// TestSizes: a member that is there twice is found whatever has to be held for
// it, and no other is.
func TestSizes(t *testing.T) {
	for _, n := range []int{2, fewMembers, fewMembers + 1, 100, 20000, mostMembers, mostMembers + 1,
		2*mostMembers + 1, 3 * mostMembers} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			found, err := faults(dump(set(n, n)), 2)
			if err != nil || len(found) > 0 {
				t.Fatalf("all are different: %d faults, %v", len(found), err)
			}
			for _, again := range []int{0, n - 2} {
				found, err := faults(dump(set(n, again)), 2)
				if err != nil || len(found) != 1 || found[0].Kind != Repeated {
					t.Errorf("member %d again: %d faults, %v", again, len(found), err)
				}
			}
		})
	}
}

// TestOrder: faults come in file order, however many batches are under way.
func TestOrder(t *testing.T) {
	var records [][]byte
	for i := range 60 {
		records = append(records, set(10+i%7*3000, i%5)) // some longer than a batch
	}
	want := ""
	for _, workers := range []int{1, 2, 7} {
		found, err := faults(dump(records...), workers)
		if err != nil || len(found) != len(records) {
			t.Fatalf("%d faults, %v", len(found), err)
		}
		got := ""
		for _, f := range found {
			got += fmt.Sprintln(f.Byte, f.Bytes, f.Err)
		}
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("with %d batches under way:\n%s\nwant\n%s", workers, got, want)
		}
	}
}

// TestCut: a dump that ends within a value ends with the error of Skip, and
// what came before is told.
func TestCut(t *testing.T) {
	for _, n := range []int{3, 50000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			file := dump(unhex(t, "02 0161 02 0161 0161"), set(n, n))
			_, err := faults(file[:len(file)-12], 2)
			if !errors.Is(err, parse.ErrTruncated) {
				t.Errorf("%v", err)
			}
		})
	}
}

// FuzzStage: whatever the bytes, it ends, and tells the same twice.
func FuzzStage(f *testing.F) {
	for _, v := range values {
		f.Add(dump(unhex(f, v.hex)))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		a, _ := faults(file, 1)
		b, _ := faults(file, 3)
		if len(a) != len(b) {
			t.Errorf("%d faults, and %d", len(a), len(b))
		}
	})
}
