package dump

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/filter"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

// twoDatabases has keys of several types, sizes and expiry times.
const twoDatabases = header + `
fa 05 6374696d65 c2 00 e1 f5 05                # ctime = 100000000
fe 00
00 01 61 01 31                                 # a: 5 bytes
fc e8 03 00 00 00 00 00 00 00 02 6162 01 32    # ab, expired since 1970: 15 bytes
fc 00 00 00 00 00 01 00 00 00 02 6163 01 33    # ac, expires in 2004: 15 bytes
01 01 6c 02 01 78 01 79                        # l, a list: 8 bytes
fe 01
00 01 61 05 6c6f6e6765                         # a: 9 bytes
00 02 ff00 01 34                               # a binary key: 6 bytes
ff 00 00 00 00 00 00 00 00`

var keyOf = regexp.MustCompile(`"db":(\d+),"key":("[^"]*"|\{[^}]*\})`)

// keysOf names the keys of an NDJSON output.
func keysOf(text string) string {
	var keys []string
	for _, m := range keyOf.FindAllStringSubmatch(text, -1) {
		keys = append(keys, m[1]+m[2])
	}
	return strings.Join(keys, " ")
}

func TestFilterOfKeys(t *testing.T) {
	data := fromHex(t, twoDatabases)
	again := func(offset int64) (*parse.Cursor, error) {
		return parse.NewBytesCursor(data[offset:], offset), nil
	}
	for _, c := range []struct {
		name   string
		filter filter.Filter
		want   string
	}{
		{"none", filter.Filter{}, `0"a" 0"ab" 0"ac" 0"l" 1"a" 1{"base64":"/wA="}`},
		{"a database", filter.Filter{DBs: []int{1}}, `1"a" 1{"base64":"/wA="}`},
		{"a database that is not there", filter.Filter{DBs: []int{7}}, ``},
		{"a type", filter.Filter{Types: []string{"list"}}, `0"l"`},
		{"a glob", filter.Filter{Match: [][]byte{[]byte("a?")}}, `0"ab" 0"ac"`},
		{"one of two globs", filter.Filter{Match: [][]byte{[]byte("l"), []byte("ab")}}, `0"ab" 0"l"`},
		{"a glob for bytes", filter.Filter{Match: [][]byte{[]byte("\xff*")}}, `1{"base64":"/wA="}`},
		{"expired when the dump was made", filter.Filter{Expired: true}, `0"ab"`},
		{"without an expiry", filter.Filter{NoTTL: true}, `0"a" 0"l" 1"a" 1{"base64":"/wA="}`},
		{"all but a glob", filter.Filter{Exclude: [][]byte{[]byte("a?"), []byte("l")}}, `0"a" 1"a" 1{"base64":"/wA="}`},
		{"a size that one has just so", filter.Filter{MinSize: 9}, `0"ab" 0"ac" 1"a"`},
		{"a size that one just misses", filter.Filter{MinSize: 10}, `0"ab" 0"ac"`},
		{"a size beyond all", filter.Filter{MinSize: 16}, ``},
		{"all at once", filter.Filter{DBs: []int{0}, Types: []string{"string"}, Match: [][]byte{[]byte("*b")}, Expired: true, MinSize: 15}, `0"ab"`},
		{"commands only", filter.Filter{Commands: []string{"set"}}, ``},
	} {
		_, got := dumpBytes(t, data, Options{Format: NDJSON, Filter: c.filter, Again: again})
		if keys := keysOf(got); keys != c.want {
			t.Errorf("%s: %s, want %s", c.name, keys, c.want)
		}
	}
	_, got := dumpBytes(t, data, Options{Format: NDJSON, Filter: filter.Filter{Expired: true}, Now: time.Date(2005, 1, 1, 0, 0, 0, 0, time.UTC)})
	if keys := keysOf(got); keys != `0"ab" 0"ac"` {
		t.Errorf("expired in 2005: %s", keys)
	}
}

// A size is known only behind a value. What is written of one is held back
// until then; of one that is too large for that, the value is read again.
func TestMinSizeReadsLargeKeysAgain(t *testing.T) {
	const elements, each = 1 << 16, 63 // more than heldMost bytes of base64 before all of them are read
	data := fromHex(t, header+"01 01 6c 80 00010000")
	data = append(data, bytes.Repeat(append([]byte{each}, bytes.Repeat([]byte{0xff}, each)...), elements)...)
	data = append(data, fromHex(t, "ff 00 00 00 00 00 00 00 00")...)
	size := int64(8 + (1+each)*elements)
	reread := 0
	options := Options{Format: NDJSON, Again: func(offset int64) (*parse.Cursor, error) {
		reread++
		return parse.NewBytesCursor(data[offset:], offset), nil
	}}
	options.Filter.MinSize = size
	if _, got := dumpBytes(t, data, options); reread != 1 || strings.Count(got, "base64") != elements {
		t.Errorf("read again %d times, %d elements", reread, strings.Count(got, "base64"))
	}
	options.Filter.MinSize = size + 1
	if _, got := dumpBytes(t, data, options); reread != 1 || got != "" {
		t.Errorf("read again %d times, for a key that is too small; %d bytes written", reread, len(got))
	}
	failed := errors.New("the disk is gone")
	options.Filter.MinSize = size
	options.Again = func(int64) (*parse.Cursor, error) { return nil, failed }
	d := newDumper(t, &bytes.Buffer{}, options)
	if err := d.RDB(nil, rdb.NewDecoder(parse.NewBytesCursor(data, 0), rdb.Options{})); !errors.Is(err, failed) {
		t.Errorf("it could not be read again, and the dump ended with %v", err)
	}
}
