package rdb

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/redsleuth/redsleuth/parse"
)

// salvage reads all that can be read of data.
func salvage(t testing.TB, data []byte) (keys []string, lost []Lost) {
	t.Helper()
	at := func(offset int64) (*parse.Cursor, error) {
		return parse.NewCursorSize(bytes.NewReader(data[offset:]), offset, 4096), nil
	}
	c, _ := at(0)
	d := NewDecoder(c, Options{})
	for {
		rec, err := d.Next()
		if err == nil && rec.Kind == KindKey {
			key := string(rec.Key)
			if err = d.Value(func(*Element) error { return nil }); err == nil {
				keys = append(keys, key)
			}
		}
		if err == io.EOF {
			return keys, lost
		}
		if err != nil {
			next, range_, err := Resume(d, err, at)
			lost = append(lost, range_)
			if err == io.EOF {
				return keys, lost
			}
			if err != nil {
				t.Fatal(err)
			}
			d = next
		}
	}
}

func TestResumeFindsTheNextRecord(t *testing.T) {
	data := mixed(t, 200)
	whole, err := heads(t, data, 1<<18)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(3, 3))
	for range 60 {
		victim := whole[5+random.IntN(150)]
		if victim.HasExpire { // its length is elsewhere
			continue
		}
		broken := bytes.Clone(data)
		// A length that points past the end of the file, where the key's
		// own length was.
		copy(broken[victim.Byte+1:], "\x80\x7f\xff\xff\xff")
		keys, lost := salvage(t, broken)
		if len(lost) != 1 || lost[0].Byte != victim.Byte || lost[0].Err == nil {
			t.Fatalf("lost %+v, the damage is at byte %d", lost, victim.Byte)
		}
		if missing := len(whole) - 4 - len(keys); missing < 1 || missing > 3 { // all but header, aux, database, end
			t.Errorf("%d keys are missing after damage at byte %d (%s %s)", missing, victim.Byte, victim.Object, victim.Encoding)
		}
		if lost[0].Records < enoughRecords && !lost[0].ToEnd {
			t.Errorf("went on after %d records", lost[0].Records)
		}
	}
}

func TestResumeOverNoise(t *testing.T) {
	data := mixed(t, 200)
	random := rand.New(rand.NewPCG(4, 4))
	for i := 4000; i < 7000; i++ {
		data[i] = byte(random.Uint32())
	}
	keys, lost := salvage(t, data)
	if len(lost) != 1 || lost[0].Byte > 4100 || lost[0].Byte+lost[0].Bytes < 7000 {
		t.Errorf("lost %+v", lost)
	}
	if len(keys) < 100 {
		t.Errorf("%d keys", len(keys))
	}
}

func TestResumeAtTheVeryEnd(t *testing.T) {
	data := mixed(t, 20)
	for i := len(data) - 30; i < len(data)-9; i++ {
		data[i] = 0xd0 // no type, no opcode
	}
	_, lost := salvage(t, data)
	if len(lost) != 1 || !lost[0].ToEnd || lost[0].Byte+lost[0].Bytes != int64(len(data))-9 {
		t.Errorf("lost %+v of %d bytes", lost, len(data))
	}
}

func TestResumeWhereNothingComes(t *testing.T) {
	data := append([]byte("REDIS0009\x00\x01a\x01b"), bytes.Repeat([]byte{0xd0}, 5000)...)
	keys, lost := salvage(t, data)
	if len(keys) != 1 || len(lost) != 1 || lost[0].Byte+lost[0].Bytes != int64(len(data)) {
		t.Errorf("%d keys, lost %+v", len(keys), lost)
	}
}

// The end is no member of the value that broke in front of it: a list that says
// it has 5 members, of which one can be read.
func TestResumeAtTheEndOfABrokenList(t *testing.T) {
	data := append([]byte("REDIS0009\x01\x01l\x05\x01a\xc9\x00\x01k\x01v"), 0xff, 0, 0, 0, 0, 0, 0, 0, 0)
	_, lost := salvage(t, data)
	if len(lost) != 1 || !lost[0].ToEnd || lost[0].Byte+lost[0].Bytes != int64(len(data))-9 {
		t.Errorf("lost %+v of %d bytes", lost, len(data))
	}
}

// An end within the file, as of a dump that was copied into another, ends
// nothing: the records behind it are found too.
func TestResumeBehindAnEnd(t *testing.T) {
	data := mixed(t, 200)
	whole, err := heads(t, data, 1<<18)
	if err != nil {
		t.Fatal(err)
	}
	at := whole[100].Byte
	broken := slices.Concat(data[:at], []byte("\xd0\xd0"), data[at:], data[at:])
	keys, lost := salvage(t, broken)
	end := lost[len(lost)-1]
	if len(lost) != 2 || lost[0].Byte != at || end.Byte != int64(len(data))+2 {
		t.Errorf("lost %+v", lost)
	}
	if len(keys) < len(whole)+90 {
		t.Errorf("%d keys of a dump with %d records, and its second half again", len(keys), len(whole))
	}
}

func TestResumeSelectsNoDatabase(t *testing.T) {
	data := mixed(t, 50)
	whole, err := heads(t, data, 1<<18)
	if err != nil {
		t.Fatal(err)
	}
	data[whole[10].Byte] = 0xd0
	c := parse.NewBytesCursor(data, 0)
	d := NewDecoder(c, Options{})
	for err == nil {
		_, err = d.Next()
	}
	next, _, err := Resume(d, err, func(at int64) (*parse.Cursor, error) { return parse.NewBytesCursor(data[at:], at), nil })
	if err != nil {
		t.Fatal(err)
	}
	rec, err := next.Next()
	if err != nil || rec.DB != -1 || rec.Byte != whole[11].Byte {
		t.Errorf("%+v, %v", rec, err)
	}
	for err == nil {
		rec, err = next.Next()
	}
	if !errors.Is(err, io.EOF) || rec != nil {
		t.Errorf("ended with %v", err)
	}
}

// Crafted bytes must not cost more than a constant for each.
func TestResumeIsNearLinear(t *testing.T) {
	// Everywhere a list of many short strings seems to begin.
	hostile := bytes.Repeat([]byte{1, 1}, 2<<20)
	d := NewDecoderAt(parse.NewBytesCursor(hostile, 9), Options{}, Header{magicRedis, 9}, 9, 0)
	if _, _, err := Resume(d, parse.ErrDamaged, nil); err != nil && err != io.EOF {
		t.Fatal(err)
	}
}

// TestResumeInventsNoKeys: after damage, the insides of values are hardly
// ever taken for keys. The fields of a hash with expiry look just like keys
// with a string.
func TestResumeInventsNoKeys(t *testing.T) {
	for _, path := range []string{"testdata/mixed-7.4.1.rdb", "testdata/hash-ttl-7.4.1.rdb", "testdata/vectors-8.8dev.rdb"} {
		data := readFixture(t, path)
		real := map[string]bool{}
		whole, lost := salvage(t, data)
		for _, key := range whole {
			real[key] = true
		}
		if len(lost) > 0 {
			t.Fatalf("%s: lost %+v", path, lost)
		}
		damaged, inventive := 0, 0
		broken := bytes.Clone(data)
		for at := headerSize; at < len(data); at += 1 + len(data)/500 {
			broken[at] ^= 0x80
			keys, lost := salvage(t, broken)
			broken[at] ^= 0x80
			if len(lost) == 0 {
				continue
			}
			damaged++
			if slices.ContainsFunc(keys, func(key string) bool { return !real[key] }) {
				inventive++
			}
		}
		if damaged < 20 || inventive > damaged/50 {
			t.Errorf("%s: of %d damaged files, %d have keys that were never there", path, damaged, inventive)
		}
	}
}
