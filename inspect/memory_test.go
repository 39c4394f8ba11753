package inspect

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redsleuth/redsleuth/filter"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/pattern"
	"github.com/redsleuth/redsleuth/server"
	"github.com/redsleuth/redsleuth/value/memory"
)

// TestMemory: what is measured beside the checking is what each key alone is told to
// cost, of every version and in each of them, and all else is as without it.
func TestMemory(t *testing.T) {
	files, err := filepath.Glob("../parse/rdb/testdata/*.rdb")
	if err != nil || len(files) == 0 {
		t.Fatal(len(files), err)
	}
	other, err := server.Parse("valkey-8.1.1")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			plain := inspectBytes(t, data, Options{Top: 5, Versions: []server.Version{other}})
			r := inspectBytes(t, data, Options{Top: 5, Versions: []server.Version{other}, Measure: true})
			m := r.RDB.Memory
			if len(m.Versions) == 0 {
				t.Fatal("no version to measure for")
			}
			for _, v := range m.Versions {
				if want := costs(t, data, v.Version); v.Keys != want {
					t.Errorf("%s: %d bytes, want %d", v.Version, v.Keys, want)
				}
			}
			if m.Measured+m.Unmeasured != r.RDB.Keys || r.RDB.Keys != plain.RDB.Keys {
				t.Errorf("%d measured and %d not, of %d keys", m.Measured, m.Unmeasured, r.RDB.Keys)
			}
			if fmt.Sprint(r.RDB.Biggest) != fmt.Sprint(plain.RDB.Biggest) ||
				!cmp.Equal(r.Findings, plain.Findings) || r.RDB.Expires != plain.RDB.Expires {
				t.Error("measuring changed what is told")
			}
			sum := int64(0)
			for _, typ := range r.RDB.Types {
				for _, e := range typ.Encodings {
					sum += max(e.Memory, 0)
				}
			}
			if m.Unmeasured == 0 && sum != m.Versions[0].Keys {
				t.Errorf("%d bytes by encoding, %d in all", sum, m.Versions[0].Keys)
			}
		})
	}
}

// costs sums what the keys of a dump cost, each read alone.
func costs(t *testing.T, data []byte, v server.Version) (sum int64) {
	model, ok := memory.For(v, v.Allocator())
	if !ok {
		t.Fatal(v)
	}
	d := rdb.NewReader(bytes.NewReader(data))
	defer d.Close()
	for rec, err := range d.Records() {
		if err != nil {
			t.Fatal(err)
		}
		if rec.Kind == rdb.KindKey {
			n, _, err := model.Key(d, rec, nil)
			if err != nil {
				t.Fatal(err)
			}
			sum += n
		}
	}
	return sum
}

// dumpOf makes a dump of records behind a version.
func dumpOf(records string) []byte {
	return []byte("REDIS0011\xfa\x09redis-ver\x057.2.4\xfa\x05ctime\xc2\x00\xe1\xf5\x05" +
		"\xfa\x08used-mem\xc2\x00\x00\x10\x00\xfe\x00" + records + "\xff" + strings.Repeat("\x00", 8))
}

// someKeys are a string of 5 bytes, one of 200 that has expired, a set, and one in
// database 1.
var someKeys = "\x00\x06user:1\x05hello" +
	"\xfc\x01\x00\x00\x00\x00\x00\x00\x00\x00\x06user:2\x40\xc8" + strings.Repeat("v", 200) +
	"\x02\x04tags\x02\x01a\x01b" + "\xfe\x01\x00\x05other\x011"

// TestFilter: what is counted is what passed; all is checked, and announced keys that
// did not pass are not missing.
func TestFilter(t *testing.T) {
	globs := func(g string) [][]byte { return [][]byte{[]byte(g)} }
	data := dumpOf("\xfb\x03\x01" + someKeys)
	broken := dumpOf("\x02\x01s\x02\x01a\x01a" + someKeys)
	for _, c := range []struct {
		name    string
		filter  filter.Filter
		keys    int64
		expires int64
	}{
		{"none", filter.Filter{}, 4, 1},
		{"a database", filter.Filter{DBs: []int{1}}, 1, 0},
		{"a glob", filter.Filter{Match: globs("user:*")}, 2, 1},
		{"all but a glob", filter.Filter{Exclude: globs("user:*")}, 2, 0},
		{"a type", filter.Filter{Types: []string{"set"}}, 1, 0},
		{"no expiry", filter.Filter{NoTTL: true}, 3, 0},
		{"expired", filter.Filter{Expired: true}, 1, 1},
		{"a size", filter.Filter{MinSize: 100}, 1, 1},
		{"memory", filter.Filter{MinMemory: 250}, 1, 1},
		{"commands", filter.Filter{Commands: []string{"set"}}, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := inspectBytes(t, data, Options{Top: 9, Filter: c.filter}).RDB
			if r.Keys != c.keys || r.Expires != c.expires || int64(len(r.Biggest)) != c.keys || r.Read != 4 ||
				r.Filtered != c.filter.Any() {
				t.Errorf("%d of %d keys, %d expire, %d named", r.Keys, r.Read, r.Expires, len(r.Biggest))
			}
			if missing, told := MissingKeys(r); missing != 0 || !told {
				t.Errorf("%d keys missing, %v", missing, told)
			}
			if r := inspectBytes(t, broken, Options{Filter: c.filter}); r.RDB.Values.Broken != 1 {
				t.Errorf("%+v", r.RDB.Values)
			}
		})
	}
}

// TestMemoryRest: what is no key is told where all is known.
func TestMemoryRest(t *testing.T) {
	r := inspectBytes(t, dumpOf(someKeys), Options{Measure: true}).RDB
	m := r.Memory
	if rest, ok := m.Rest(); !ok || rest != 1<<20-m.Versions[0].Keys-m.Versions[0].Tables {
		t.Errorf("%d, %v", rest, ok)
	}
	r = inspectBytes(t, dumpOf(someKeys), Options{Measure: true, Filter: filter.Filter{NoTTL: true}}).RDB
	if rest, ok := r.Memory.Rest(); ok {
		t.Errorf("%d of a part of the keys", rest)
	}
	unknown := bytes.Replace(dumpOf(someKeys), []byte("redis-ver"), []byte("other-ver"), 1)
	r = inspectBytes(t, unknown, Options{Measure: true}).RDB
	if len(r.Memory.Versions) != 0 || r.Keys != 4 {
		t.Errorf("%+v of %d keys", r.Memory, r.Keys)
	}
}

// TestPatterns: what is told of each pattern.
func TestPatterns(t *testing.T) {
	r := inspectBytes(t, dumpOf(someKeys), Options{Top: 9, Separators: pattern.Separators}).RDB
	want := []Pattern{
		{Glob: []byte("user:*"), Keys: 2, Bytes: 233, NoTTL: 1, Soon: 1, Idle: record.Unknown},
		{Glob: []byte("*"), Keys: 2, Bytes: 20, NoTTL: 2, Idle: record.Unknown},
	}
	got := r.Patterns.List
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i, p := range got {
		share := float64(want[i].Bytes) / 253
		p.Share, p.Memory = p.Share-share, 0
		if want[i].Share = 0; p.Share > 1e-9 || p.Share < -1e-9 {
			t.Errorf("%s: share is off by %v", p.Glob, p.Share)
		}
		p.Share = 0
		if fmt.Sprint(p) != fmt.Sprint(want[i]) {
			t.Errorf("got %+v, want %+v", p, want[i])
		}
	}
}
