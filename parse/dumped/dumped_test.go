package dumped

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

// ofServer is what redis-server 7.0.15 replied to DUMP of the string "v\n1".
//
//	00            a string
//	03 76 0a 31   of three bytes
const ofServer = "\x00\x03v\n1\x0a\x00uin\x8c\x93\xea\xcd\xac"

// What the same payload may look like in a file, and what is none.
func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name, data string
		want       string
	}{
		{"as redis-cli --raw writes it", ofServer + "\n", "{10 5 12451866464186427765 true true}"},
		{"without the line end", ofServer, "{10 5 12451866464186427765 true false}"},
		{"as on a terminal", `"\x00\x03v\n1\n\x00uin\x8c\x93\xea\xcd\xac"` + "\n", "{10 5 12451866464186427765 true false}"},
		{"another value", strings.Replace(ofServer, "v", "w", 1), "{10 5 12451866464186427765 false false}"},
		{"two line ends", ofServer + "\n\n", "false"},
		{"cut", ofServer[:len(ofServer)-1], "false"},
		{"too short", ofServer[:10], "unexpected EOF"},
		{"an escape that nobody writes", `"\x00\x03v\q1\n\x00uin\x8c\x93\xea\xcd\xac"`, "unexpected EOF"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := Check(iotest.OneByteReader(strings.NewReader(c.data)))
			got := fmt.Sprint(p)
			if err != nil {
				got = err.Error()
			}
			if got != c.want && (c.want != "false" || err != nil || p.Valid) {
				t.Errorf("%s", got)
			}
		})
	}
}

// A payload reads as a dump of its value, with a sum that is right if its own is.
func TestRDB(t *testing.T) {
	for data, want := range map[string]rdb.ChecksumStatus{
		ofServer: rdb.ChecksumValid, `"` + `\x00\x03v\n1\n\x00uin\x8c\x93\xea\xcd\xac"`: rdb.ChecksumValid,
		strings.Replace(ofServer, "v", "w", 1): rdb.ChecksumInvalid,
	} {
		p, err := Check(strings.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		r, err := p.RDB(strings.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		all, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		keys, sum := 0, rdb.ChecksumAbsent
		for rec, err := range rdb.NewDecoder(parse.NewBytesCursor(all, 0), rdb.Options{}).Records() {
			if err != nil {
				t.Fatal(err)
			}
			switch rec.Kind {
			case rdb.KindKey:
				keys++
			case rdb.KindEnd:
				sum = rec.Checksum.Status
			}
		}
		if keys != 1 || sum != want {
			t.Errorf("%q: %d keys, %v", data, keys, sum)
		}
	}
	if _, err := (&Payload{Version: 1 << 15}).RDB(strings.NewReader(ofServer)); !errors.Is(err, parse.ErrUnsupported) {
		t.Errorf("%v", err)
	}
}

// FuzzCheck finds nothing that reads otherwise the second time.
func FuzzCheck(f *testing.F) {
	f.Add([]byte(ofServer))
	f.Add([]byte(`"\x00\x03v\n1\n\x00uin\x8c\x93\xea\xcd\xac"`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Check(bytes.NewReader(data))
		again, errAgain := Check(iotest.HalfReader(bytes.NewReader(data)))
		if p != again || fmt.Sprint(err) != fmt.Sprint(errAgain) {
			t.Errorf("%v, %v; %v, %v", p, err, again, errAgain)
		}
		if err != nil {
			return
		}
		if r, err := p.RDB(bytes.NewReader(data)); err == nil {
			if _, err := io.Copy(io.Discard, r); err != nil {
				t.Error(err)
			}
		}
	})
}
