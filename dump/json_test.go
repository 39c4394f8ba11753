package dump

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/filter"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// fromHex reads hexadecimal text with # comments.
func fromHex(t *testing.T, text string) []byte {
	t.Helper()
	var digits strings.Builder
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		digits.WriteString(strings.Join(strings.Fields(line), ""))
	}
	b, err := hex.DecodeString(digits.String())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const header = "52 45 44 49 53 30 30 31 31 # REDIS0011\n"

// dumpBytes dumps an RDB as format says.
func dumpBytes(t *testing.T, data []byte, options Options) (*Dumper, string) {
	t.Helper()
	var out bytes.Buffer
	d := newDumper(t, &out, options)
	if err := d.RDB(nil, rdb.NewDecoder(parse.NewBytesCursor(data, 0), rdb.Options{})); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return d, out.String()
}

func TestJSONOfKeys(t *testing.T) {
	for _, c := range []struct{ name, hex, want string }{
		{"string", "00 01 6b 01 76", `{"record":"key","db":0,"key":"k","type":"string","encoding":"embstr","byte":9,"value":"v","elements":1,"bytes":5}`},
		{"binary", "00 01 ff 02 00 fe", `{"record":"key","db":0,"key":{"base64":"/w=="},"type":"string","encoding":"embstr","byte":9,"value":{"base64":"AP4="},"elements":1,"bytes":6}`},
		{
			"expiry and frequency", "fc e8 03 00 00 00 00 00 00 # 1000 ms\n f9 07 00 01 6b c0 05",
			`{"record":"key","db":0,"key":"k","type":"string","encoding":"int","byte":9,"expire_at":"1970-01-01T00:00:01.000Z","lfu":7,"value":"5","elements":1,"bytes":16}`,
		},
		{
			"scores", "05 01 7a 03 01 61 00 00 00 00 00 00 f0 7f 01 62 00 00 00 00 00 00 00 80 01 63 9a 99 99 99 99 99 b9 3f",
			`{"record":"key","db":0,"key":"z","type":"zset","encoding":"skiplist","byte":9,"value":[["a","inf"],["b",-0.0],["c",0.1]],"elements":3,"bytes":34}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, got := dumpBytes(t, fromHex(t, header+c.hex), Options{Format: NDJSON})
			lines := strings.Split(got, "\n")
			if lines[1] != c.want {
				t.Errorf("got  %s\nwant %s", lines[1], c.want)
			}
		})
	}
}

// However a dump ends, what is written is a document, all before the damage
// is in it, and the damage has its range.
func TestEveryCutIsADocument(t *testing.T) {
	data := fromHex(t, header+"fa 05 63 74 69 6d 65 c0 05 # ctime 5\n fc 00 00 00 00 00 00 00 00 # expired\n 04 01 68 02 01 61 01 62 01 63 01 64 # a hash\n"+
		"00 01 6b 01 76 ff 00 00 00 00 00 00 00 00")
	for cut := 9; cut < len(data); cut++ {
		d, got := dumpBytes(t, data[:cut], Options{Format: JSON})
		var records []map[string]any
		if err := json.Unmarshal([]byte(got), &records); err != nil {
			t.Fatalf("cut at %d: %v\n%s", cut, err, got)
		}
		last := records[len(records)-1]
		if !d.Damaged() || last["record"] != "damage" || last["end"] != "truncated" || last["byte"].(float64)+last["bytes"].(float64) != float64(cut) {
			t.Errorf("cut at %d: %v", cut, last)
		}
	}
	d, got := dumpBytes(t, data, Options{Format: NDJSON, Filter: filter.Filter{Expired: true}})
	if d.Damaged() || strings.Count(got, "\n") != 1 || !strings.Contains(got, `"expired":true`) {
		t.Errorf("expired keys: %s", got)
	}
}

// Bytes behind the end of a dump are damage, as a wrong checksum is; in a
// recording, which may end anywhere, they are not.
func TestTrailingBytesAreDamage(t *testing.T) {
	for _, l := range []*record.Link{nil, {AOF: true}, {Number: 1}} {
		var out bytes.Buffer
		d := newDumper(t, &out, Options{Format: NDJSON})
		note := &record.Note{Kind: record.NoteTrailing, Link: l, Byte: 18, Bytes: 3, Offset: record.Unknown, EndOffset: record.Unknown}
		if err := errors.Join(d.Note(note), d.Close()); err != nil {
			t.Fatal(err)
		}
		if want := l == nil || l.AOF; d.Damaged() != want || !strings.Contains(out.String(), `"trailing-data"`) {
			t.Errorf("%+v: damaged %v\n%s", l, d.Damaged(), out.String())
		}
	}
}
