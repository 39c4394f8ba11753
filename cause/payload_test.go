package cause

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay"
)

// bytesOf reads hexadecimal digits with comments behind #.
func bytesOf(t *testing.T, commented string) []byte {
	t.Helper()
	digits := ""
	for text := range strings.Lines(commented) {
		text, _, _ = strings.Cut(text, "#")
		digits += strings.Join(strings.Fields(text), "")
	}
	b, err := hex.DecodeString(digits)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// payloadIn records the payload of the first link.
func payloadIn(t *testing.T, data []byte) *recording {
	t.Helper()
	r := recorded(t)
	h := payloadRecorder{r, "link"}
	l := &record.Link{Number: 1}
	d := rdb.NewDecoder(parse.NewCursor(bytes.NewReader(data), 0), rdb.Options{})
	for _, err := range []error{h.LinkStart(l), h.RDB(l, d), h.Command(nil), h.Note(nil), h.LinkEnd(l)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return r
}

var loaded = &begin{outcome: replay.Loaded, path: "link", link: 1}

const twoDatabases = `
	52 45 44 49 53 30 30 31 31              # REDIS0011
	fe 00                                   # database 0
	00 01 6b 03 61 62 63                    # a string: k is abc
	fe 03                                   # database 3
	fc 00 68 e5 cf 8b 01 00 00              # expires at 1700000000000
	00 01 6b c0 2a                          # k is 42
	02 01 73 02 01 78 01 79                 # a set: s holds x and y
	fa 03 6c 75 61 01 78                    # AUX lua: a script
	ff 00 00 00 00 00 00 00 00`

func TestPayload(t *testing.T) {
	r := payloadIn(t, bytesOf(t, twoDatabases))
	p := r.payloadOf(loaded)
	if p == nil || !p.whole {
		t.Fatalf("it is not recorded: %+v", p)
	}
	values, err := r.readPayload(p, 1<<20, func(key []byte) bool { return string(key) == "k" })
	if err != nil || len(values) != 2 {
		t.Fatalf("%d values, %v", len(values), err)
	}
	first, second := values[place{0, "k"}], values[place{3, "k"}]
	if first == nil || first.HasExpire || string(first.Elements[0].Member) != "abc" || string(first.Stored) != "\x03abc" {
		t.Errorf("database 0: %+v", first)
	}
	if second == nil || !second.HasExpire || second.ExpireAt != 1700000000000 || string(second.Elements[0].Member) != "42" {
		t.Errorf("database 3: %+v", second)
	}
	if body, err := r.body("11F6AD8EC52A2984ABAAFD7C3B516503785C2072", 1); err != nil || string(body) != "x" {
		t.Errorf("the script that it carries: %q, %v", body, err)
	}
}

// What is not known of a value is not taken for a key that is not there.
func TestPayloadsWithoutAValue(t *testing.T) {
	long := string(binary.BigEndian.AppendUint32([]byte{0x80}, 4000)) + strings.Repeat("x", 4000)
	all := func([]byte) bool { return true }
	for _, c := range []struct {
		name, key string // of the value's record
		limit     int64
		large     bool
	}{
		{"too large in the dump", "\x00\x01k" + long, 1500, true},
		{"too large in memory", "\x02\x01k\x05\x01a\x01b\x01c\x01d\x01e", 1500, true},
		{"within the limit", "\x00\x01k" + long, 1 << 20, false},
		{"its elements can't be decoded", "\x00\x01k\xc3\x02\x05\xe0\xff", 1 << 20, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := payloadIn(t, []byte("REDIS0011\xfe\x00"+c.key+"\x00\x01z\x01y\xff\x00\x00\x00\x00\x00\x00\x00\x00"))
			values, err := r.readPayload(r.payloadOf(loaded), c.limit, all)
			if err != nil {
				t.Fatal(err)
			}
			if v := values[place{0, "k"}]; v == nil || v.Large != c.large {
				t.Errorf("%+v", v)
			}
			if v := values[place{0, "z"}]; v == nil || v.Large {
				t.Errorf("the key after it: %+v", v)
			}
		})
	}
	t.Run("cut within the value", func(t *testing.T) {
		r := payloadIn(t, []byte("REDIS0011\xfe\x00\x00\x01z\x01y\x00\x01k\x09ab"))
		p := r.payloadOf(loaded)
		values, err := r.readPayload(p, 1<<20, all)
		if err != nil || p.whole || len(values) != 1 || values[place{0, "z"}] == nil {
			t.Errorf("%v, whole %v, %v", values, p.whole, err)
		}
	})
}

func TestPayloadOf(t *testing.T) {
	r := recorded(t)
	own, head, refers := &payload{from: 1}, &payload{from: 2}, &payload{templates: true}
	r.payloads = map[linkKey]*payload{{"link", 1}: own, {"aof", 0}: head, {"link", 2}: refers}
	for _, c := range []struct {
		name string
		of   begin
		want *payload
	}{
		{"a payload", *loaded, own},
		{"the head of an AOF", begin{outcome: replay.Loaded, path: "aof", link: 1}, head},
		{"a dump is read where it is", begin{outcome: replay.Started, path: "link", link: 1}, nil},
		{"hashes that refer to templates mean nothing outside", begin{outcome: replay.Loaded, path: "link", link: 2}, nil},
		{"another input", begin{outcome: replay.Loaded, path: "other", link: 1}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := r.payloadOf(&c.of); got != c.want {
				t.Errorf("%+v", got)
			}
		})
	}
}

// Of a payload that could not be read to its end, a key that was not found may
// be in the rest.
func TestAbsentKeysOfABrokenPayload(t *testing.T) {
	for _, c := range []struct {
		name, end string
		unknown   bool
	}{
		{"whole", "\xff\x00\x00\x00\x00\x00\x00\x00\x00", false},
		{"cut", "\x00\x01x\x09ab", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := payloadIn(t, []byte("REDIS0011\xfe\x03\x00\x01k\x01y"+c.end))
			s := subject(rdb.ObjectString, diff.ValueDiffers)
			s.DB = 3
			a := &attribution{Explainer: &Explainer{recording: r}, batch: []*diff.Subject{s}}
			a.MaxBytes = 1 << 20
			held, err := a.valuesAt(t.Context(), loaded, asked("k", "absent"))
			if err != nil {
				t.Fatal(err)
			}
			if v := held[place{3, "k"}]; v == nil || v.Large {
				t.Errorf("the key that it holds: %+v", v)
			}
			if v := held[place{0, "absent"}]; (v != nil && v.Large) != c.unknown {
				t.Errorf("the key that it does not hold: %+v", v)
			}
		})
	}
}
