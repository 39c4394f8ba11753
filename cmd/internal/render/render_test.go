package render

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"github.com/redsleuth/redsleuth/finding"
)

// hostile has an escape sequence, DEL, a C1 control, a bidi override, a byte
// that is no UTF-8, quotes and a line break.
const hostile = "\x1b[31m\x7f\u009b\u202e\xff\"\\\n\u00e9"

func TestShower(t *testing.T) {
	for _, c := range []struct {
		mode Mode
		want string
	}{
		{Quoted, `"\x1b[31m\x7f\u{9b}\u{202e}\xff\"\\\né"`},
		{Hex, "0x1b5b33316d7fc29be280aeff225c0ac3a9"},
		{Base64, "G1szMW1/wpvigK7/IlwKw6k="},
		{SizeOnly, "<17 bytes>"},
	} {
		if got := NewShower(c.mode, nil).Text([]byte(hostile)); got != c.want {
			t.Errorf("%s: %s, want %s", c.mode, got, c.want)
		}
	}
}

func TestRedacted(t *testing.T) {
	s, other := NewShower(Redacted, []byte("k")), NewShower(Redacted, []byte("l"))
	a := s.Text([]byte("secret"))
	if strings.Contains(a, "secret") || a != s.Text([]byte("secret")) || a == s.Text([]byte("secres")) || a == other.Text([]byte("secret")) {
		t.Errorf("%s is no keyed hash", a)
	}
	for _, shown := range []string{
		s.commandText("HUNTER2"), string(s.command("HUNTER2")), s.commandName("HUNTER2"), string(s.Bytes([]byte("HUNTER2"))),
	} {
		if strings.Contains(shown, "HUNTER2") {
			t.Errorf("%s: what is no command may be a secret", shown)
		}
	}
	if s.commandText("GET") != "GET" || s.commandName("GET") != "GET" {
		t.Error("the name of a command is no secret")
	}
}

func TestAppendString(t *testing.T) {
	const text = "\x1b\x7f\u009b\u202e\U000e0001\"\\\n\u00e9"
	out := AppendString(nil, []byte(text))
	if want := `"\u001b\u007f\u009b\u202e\udb40\udc01\"\\\né"`; string(out) != want {
		t.Errorf("%s, want %s", out, want)
	}
	var back string
	if err := json.Unmarshal(out, &back); err != nil || back != text {
		t.Errorf("reads back as %q, %v", back, err)
	}
}

func TestTableFits(t *testing.T) {
	columns := []Column{Right("bytes"), Cutting("key"), Left("type")}
	rows := [][]string{{"1", strings.Repeat("k", 200), "string"}, {"1,234", "short", "hash"}}
	var b bytes.Buffer
	if err := Table(&b, NewStyle(false, 0), columns, rows); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(b.String(), "\n")
	for _, line := range lines {
		if twwidth.Width(line) > defaultWidth {
			t.Errorf("%d columns: %s", twwidth.Width(line), line)
		}
	}
	if !strings.HasPrefix(lines[0], "bytes  key") || !strings.HasPrefix(lines[1], "    1  kkk") || !strings.Contains(lines[1], "…  string") {
		t.Errorf("\n%s", b.String())
	}
	if len(rows[0][1]) != 200 {
		t.Error("the caller's rows were changed")
	}
}

func TestWrap(t *testing.T) {
	st := NewStyle(false, 12)
	for _, c := range [][2]string{
		{"one two three", "one two\n  three"},
		{`key "a  b"`, `key "a  b"`},
		{"a-word-that-is-too-long x", "a-word-that-is-too-long\n  x"},
		{"", ""},
	} {
		if got := st.Wrap(c[0], "  "); got != c[1] {
			t.Errorf("%q: %q, want %q", c[0], got, c[1])
		}
	}
}

func TestNumbers(t *testing.T) {
	for n, want := range map[int64]string{0: "0", -1234: "-1,234", 1234567: "1,234,567"} {
		if got := Count(n); got != want {
			t.Errorf("Count(%d) is %s", n, got)
		}
	}
	for n, want := range map[int64]string{1023: "1023 B", 1536: "1.5 KiB", 1 << 40: "1.0 TiB"} {
		if got := Size(n); got != want {
			t.Errorf("Size(%d) is %s", n, got)
		}
	}
	if got := Spark([]float64{0, 1, 8}); got != " ▂█" {
		t.Errorf("%q", got)
	}
}

func TestFindings(t *testing.T) {
	lost := finding.Finding{Code: "script-missing", Severity: finding.Error, Message: "it was not known", SHA1: strings.Repeat("ab", 20)}
	first, second := lost, lost
	first.Offset, first.Keys = finding.At[int64](10), [][]byte{[]byte("k\x1b")}
	second.Offset, second.Keys = finding.At[int64](20), [][]byte{[]byte("k\x1b"), []byte("l")}
	note := finding.Finding{Code: "truncated", Severity: finding.Info, Message: "the end is missing", ExpectedDBUnknown: true}
	all := []finding.Finding{note, first, second}

	var b bytes.Buffer
	sh := NewShower(Quoted, nil)
	if err := Findings(&b, NewStyle(false, 0), sh, all); err != nil {
		t.Fatal(err)
	}
	want := `error script-missing  offsets 10, 20, script abababababab
  it was not known; keys "k\x1b", "l"
info truncated
  the end is missing
`
	if b.String() != want {
		t.Errorf("%s\nwant\n%s", b.String(), want)
	}
	documents := FindingsJSON(all, sh)
	if len(documents) != 3 || string(documents[0].ExpectedDB) != "null" || string(documents[1].Keys[0]) != `"k\u001b"` {
		t.Errorf("%+v", documents)
	}
	if out := FindingsJSON(nil, sh); out == nil {
		t.Error("no findings are an empty list, not null")
	}
}

func TestModes(t *testing.T) {
	for _, name := range Modes() {
		var m Mode
		if err := m.Set(name); err != nil || m.String() != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	var m Mode
	if m.Set("raw") == nil || slices.Contains(Modes(), "raw") {
		t.Error("raw bytes never reach a terminal")
	}
}

// Eight bytes at once find the same as one after the other, whatever the byte
// and wherever it stands.
func TestPlainPrefix(t *testing.T) {
	for c := range 256 {
		for length := range 20 {
			for at := range length {
				b := bytes.Repeat([]byte("a"), length)
				b[at] = byte(c)
				want := length
				if !isPlain(byte(c)) {
					want = at
				}
				if got := plainPrefix(b); got != want {
					t.Fatalf("byte %#x at %d of %d: %d", c, at, length, got)
				}
			}
		}
	}
}
