package dump

import (
	"bytes"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/parse/rdb"
)

// TestUnsound: a value that can be read and does not hold is written whole,
// told after it, and makes the dump a damaged one, however much of the value
// the format shows.
func TestUnsound(t *testing.T) {
	const end = "\xff\x00\x00\x00\x00\x00\x00\x00\x00"
	for _, c := range []struct {
		name, records string
		damaged       bool
	}{
		{"a set", "\x02\x01s\x02\x01a\x01b", false},
		{"a member twice", "\x02\x01s\x02\x01a\x01a", true},
		{"a member twice behind many", "\x02\x01s\x1a" + alphabet() + "\x01a", true},
		{"a zipmap of a count that newer servers refuse", "\x09\x01s\x07\xff\x01a\x01\x00x\xff", true},
		{"a score that is NaN", "\x05\x01z\x01\x01a\x00\x00\x00\x00\x00\x00\xf8\x7f", true},
	} {
		for _, format := range []Format{Text, NDJSON, RESP} {
			t.Run(c.name+"/"+string(format), func(t *testing.T) {
				var out bytes.Buffer
				told := ""
				d := newDumper(t, &out, Options{Format: format, Remark: func(m string, _ []byte) { told += m }})
				r := rdb.NewReader(strings.NewReader("REDIS0011\xfe\x00" + c.records + "\x00\x01k\x01v" + end))
				defer r.Close()
				if err := d.RDB(nil, r); err != nil {
					t.Fatal(err)
				}
				if err := d.Close(); err != nil {
					t.Fatal(err)
				}
				if d.Damaged() != c.damaged {
					t.Errorf("damaged: %v", d.Damaged())
				}
				if shown := out.String() + told; strings.Contains(shown, "the value") != c.damaged {
					t.Errorf("%s", shown)
				}
				if format == NDJSON && !strings.Contains(out.String(), `"key":"k"`) {
					t.Errorf("the key behind it is missing: %s", out.String())
				}
			})
		}
	}
}

func alphabet() (all string) {
	for c := 'a'; c < 'z'; c++ {
		all += "\x01" + string(c)
	}
	return all
}
