package rdb

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/parse"
)

// TestBrokenValues: each is loadable by no server, or not by one that checks.
func TestBrokenValues(t *testing.T) {
	for _, c := range []struct{ name, header, key, want string }{
		{"gigabytes out of a few bytes", redis12, "00 01 6b c3 04 80 40000000 00 61 e0 ff", "MaxElement"},
		{"an LZF string that claims too much", redis12, "00 01 6b c3 04 80 00100000 00 61 e0 ff", "4 compressed bytes can't hold 1048576"},
		{"2^63 members", redis12, "02 01 6b 81 8000000000000000 01 61", "a count of 9223372036854775808 members"},
		{"more members than there are", redis12, "02 01 6b 81 1000000000000000 01 61", "0xff is no encoding of a string"},
		{"a string past all memory", redis12, "00 01 6b 81 00ffffffffffffff 61", "MaxElement"},
		{"a string past the end", redis12, "00 01 6b 80 00ffffff 61", "ends early"},
		{"a score in words", redis3, "03 01 6b 01 01 61 03 6f6e65", "a score that is no number while reading the value, member 0, score"},
		{"an empty score", redis3, "03 01 6b 01 01 61 00", "a score that is no number"},
		{"a ziplist in which a score is text", redis7, "0c 01 6b 13 13000000 0d000000 0200 00 01 61 03 03 782e35 ff", "a score that is no number"},
		{"a field without a value", redis12, "10 01 6b 0a 0a000000 0100 81 61 02 ff", "the last member has 1 of 2 entries"},
		{"a field without an expiry time", redis12, "17 01 6b 0d 0d000000 0200 81 61 02 81 31 02 ff", "the last member has 2 of 3 entries"},
		{"an expiry time in words", redis12, "17 01 6b 10 10000000 0300 81 61 02 81 31 02 81 37 02 ff", "an expiry time that is no number"},
		{"an expiry time before 1970", redis12, "17 01 6b 10 10000000 0300 81 61 02 81 31 02 dfff 02 ff", "no server would set"},
		{"an expiry time past the largest", redis12, "18 01 6b ffffffffffff0000 01 02 01 61 01 31", "no server would set"},
		{"a first expiry time below the smallest number", redis12, "18 01 6b 0000000000000080 01 02 01 61 01 31", "no server would set"},
		{"an expiry time before -1", valkey80, "16 01 6b 01 01 61 01 31 feffffffffffffff", "no server would set"},
		{"a node of no kind", redis12, "12 01 6b 01 03 01 61", "neither plain (1) nor packed (2) but 3"},
		{"an array without slots", redis14, "1c 01 6b 00 00", "an array of 0 slots"},
		{"an array with a strange mark", redis14, "1c 01 6b 01 02 00 03 01 78", "insert mark 2"},
		{"array indexes out of order", redis14, "1c 01 6b 02 00 05 03 01 78 05 03 01 79", "index 5 after 5"},
		{"an array index that is none", redis14, "1c 01 6b 01 00 81 ffffffffffffffff 03 01 78", "index 18446744073709551615"},
		{"a slot with an unknown tag", redis14, "1c 01 6b 01 00 00 04 01 78", "4 is no tag"},
		{"a template that is not there", redis15, "20 01 6b 03 01 78", "hash template 3 is not in the file"},
		{"too few values for a template", redis15, "f2 03 02 01 61 02 6262\n1e 01 6b 0b 0b000000 0200 03 01 07 01 ff", "a template of 2 fields"},
		{"too many values for a template", redis15, "f2 03 01 01 61\n1e 01 6b 0d 0d000000 0300 03 01 07 01 01 01 ff", "a template of 1 fields"},
		{"a template's id in words", redis15, "1e 01 6b 0a 0a000000 0100 81 61 02 ff", "does not begin with a template's id"},
		{"an item of no kind", redis12, "07 01 6b 81 45e25238df912c03 06 00", "6 is no opcode"},
		{"a vector of the wrong size", redis12, "07 01 6b 81 bde72da2bb1eb400 02 02 02 01 02 01 02 00 05 01 61 05 01 7f", "a vector of 1 bytes for 2 dimensions"},
		{"a quantization of no kind", redis12, "07 01 6b 81 bde72da2bb1eb400 02 02 02 01 02 03 02 00", "quantization 3"},
		{"an item of another kind", redis12, "07 01 6b 81 bde72da2bb1eb400 02 02 02 01 01 01 02 00", "opcode 1 where 2 must be"},
		{"elements after the last", redis12, "07 01 6b 81 bde72da2bb1eb400 02 02 02 00 02 01 02 00 05 01 61 00", "more than 0 elements"},
		{"a matrix of the wrong size", redis12, "07 01 6b 81 bde72da2bb1eb400 02 02 02 01 02 01 02 01 02 03 05 01 61", "a matrix of 3 by 2 in 1 bytes"},
		{"parameters that don't add up", redis12, `07 01 6b 81 bde72da2bb1eb400 02 02 02 01 02 01 02 00
05 01 61 05 02 7f81 02 07 02 07 02 80 01000000 02 00 02 20 02 00 02 00 00`, "7 parameters, and has 6"},
		{"a module of the release candidates", redis12, "06 01 6b 81 45e25238df912c03 00", "saved without opcodes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := elements(t, c.header, c.key)
			expectDamage(t, got, err, c.want)
		})
	}
}

func TestBrokenStreams(t *testing.T) {
	for _, c := range []struct{ name, header, key, want string }{
		{"a node's id of 15 bytes", redis12, "0f 01 6b 01 0f 00000000000003e8 00000000000000", "has 15 bytes, not 16"},
		{"two nodes with one id", redis12, "0f 01 6b 02" + streamNode[2:] + "\n" + streamNode[3:] + "02 00 00 00", "two nodes with one id"},
		{"a count of entries that is wrong", redis12, "0f 01 6b " + strings.Replace(streamNode, "01 01 01 01 01 01 81 66", "02 01 01 01 01 01 81 66", 1), "2 entries and 1 deleted ones, and has 1 and 1"},
		{"no 0 after the fields", redis12, "0f 01 6b " + strings.Replace(streamNode, "81 66 02 00 01", "81 66 02 01 01", 1), "no 0 after the field names"},
		{"a field count in words", redis12, "0f 01 6b 01 10 00000000000003e8 0000000000000000 0e 0e000000 0300 01 01 01 01 81 66 02 ff", "text where a number must be"},
		{"more fields than entries", redis12, "0f 01 6b 01 10 00000000000003e8 0000000000000000 0f 0f000000 0400 01 01 01 01 7f 01 01 01 ff", "ends in the middle of an entry"},
		{"flags of no kind", redis12, "0f 01 6b " + strings.Replace(streamNode, "03 01 00 01 00 01", "07 01 00 01 00 01", 1), "flags that don't exist"},
		{"a length after an entry that is wrong", redis12, "0f 01 6b " + strings.Replace(streamNode, "81 76 02 04 01", "81 76 02 05 01", 1), "says it takes 5 listpack entries, and takes 4"},
		{"a consumer with what is not pending", redis12, "0f 01 6b " + streamNode + streamState1 + groupHead + "00 01 01 63 0b00000000000000 01 " + pendingID, "not pending in the group"},
		{"an entry with two owners", redis12, "0f 01 6b " + streamNode + streamState1 + groupHead + pending +
			"02 01 63 0b00000000000000 01 " + pendingID + "\n01 64 0b00000000000000 01 " + pendingID, "two owners"},
		{"an entry that nobody owns", redis12, "0f 01 6b " + streamNode + streamState1 + groupHead + pending + "00", "1 pending entries without an owner, where 0 were released"},
		{"an entry pending twice", redis12, "0f 01 6b " + streamNode + streamState1 + groupHead + "02 " + pending[3:] + pending[3:] + "00", "pending twice"},
		{"a released entry with an owner", redis14, "1b 01 6b " + streamNode + streamState2 + groupHead + "01 " + pending +
			"01 01 63 0b00000000000000 0c00000000000000 01 " + pendingID + "\n01 " + pendingID, "has an owner"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := elements(t, c.header, c.key)
			expectDamage(t, got, err, c.want)
		})
	}
}

func expectDamage(t *testing.T, got string, err error, want string) {
	t.Helper()
	damage, ok := parse.AsDamage(err)
	if !ok || !strings.Contains(err.Error(), want) {
		t.Fatalf("%v, want %q; got\n%s", err, want, got)
	}
	inValue := len(damage.Path) > 0 && damage.Path[0] == "the value"
	if string(damage.Key) != "k" || !inValue || damage.ByteOffset < 9 {
		t.Errorf("%+v does not say the place", damage)
	}
}

// TestFlips: a file with any bit wrong ends in an error, or decodes as if
// nothing were, or at least has a wrong checksum; and so for every cut.
func TestFlips(t *testing.T) {
	for name, data := range smallDumps(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flipBits(t, data)
			for n := range data {
				if _, err := decode(t, data[:n], inMemory); !errors.Is(err, parse.ErrTruncated) {
					t.Errorf("cut at byte %d: %v", n, err)
				}
			}
		})
	}
}

func flipBits(t *testing.T, data []byte) {
	whole, err := decode(t, data, inMemory)
	if err != nil {
		t.Fatal(err)
	}
	bits := 8
	if len(data) > 1<<10 {
		bits = 1 // of each byte; all would take long
	}
	broken := bytes.Clone(data)
	for i := range bits * len(data) {
		at := i / bits
		broken[at] ^= 1 << (i % 8)
		got, err := decode(t, broken, inMemory)
		if err == nil && !slices.Equal(got, whole) && sumStatus(got) == "valid" {
			t.Errorf("a flip in byte %d is not noticed", at)
		}
		var placed *parse.Error
		if err != nil && (!errors.As(err, &placed) || placed.ByteOffset > int64(len(data))) {
			t.Errorf("a flip in byte %d: %v has no place", at, err)
		}
		broken[at] = data[at]
	}
}

func sumStatus(lines []string) string {
	last := lines[len(lines)-1]
	return last[strings.LastIndexByte(last, ' ')+1:]
}

// smallDumps are the values of other tests and the smaller real dumps.
func smallDumps(t *testing.T) map[string][]byte {
	all := map[string][]byte{}
	for _, c := range slices.Concat(valueTests, streamTests) {
		all[c.name] = oneKey(t, c.header, c.key)
	}
	for _, path := range fixtures(t) {
		if data := readFixture(t, path); len(data) < 8<<10 {
			all[path] = data
		}
	}
	return all
}

// TestNoBalloons: lengths that are only claimed cost no memory.
func TestNoBalloons(t *testing.T) {
	for _, key := range []string{
		"00 01 6b c3 04 80 3fffffff 00 61 e0 ff",             // LZF
		"00 01 6b 80 3fffffff 61",                            // string
		"01 01 6b 80 7fffffff 61",                            // list
		"0f 01 6b 80 7fffffff 10",                            // stream nodes
		"0f 01 6b 00 00 00 00 80 7fffffff 01 67",             // groups
		"0f 01 6b 00 00 00 00 01 01 67 00 00 80 7fffffff 00", // pending entries
		"1a 01 6b 00 00 00 00 00 00 00 00 00 00 00 00 80 7fffffff 01 61 80 7fffffff 01",
		"07 01 6b 81 bde72da2bb1eb400 02 80 7fffffff 02 80 7fffffff 02 01 02 00",
		"1c 01 6b 80 7fffffff 00 00 03 01 78",
	} {
		data := unhex(t, redis14+key+"\n"+noSum)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		c := parse.NewBytesCursor(data, 0)
		d := NewDecoder(c, Options{})
		var err error
		for err == nil {
			var rec *Record
			if rec, err = d.Next(); err == nil && rec.Kind == KindKey {
				err = d.Value(func(*Element) error { return nil })
			}
		}
		runtime.ReadMemStats(&after)
		if err == io.EOF {
			t.Errorf("%s decoded", key)
		}
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 1<<20 {
			t.Errorf("%s took %d bytes of memory", key, grown)
		}
	}
}
