package render

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
)

// hostile has an escape sequence, DEL, a C1 control, a bidi override, a byte
// that is no UTF-8, quotes and a line break.
const hostile = "\x1b[31m\x7f\u009b\u202e\xff\"\\\n\u00e9"

func TestBytesFormatter(t *testing.T) {
	for _, c := range []struct {
		mode Mode
		want string
	}{
		{Quoted, `"\x1b[31m\x7f\u{9b}\u{202e}\xff\"\\\né"`},
		{Hex, "0x1b5b33316d7fc29be280aeff225c0ac3a9"},
		{Base64, "G1szMW1/wpvigK7/IlwKw6k="},
		{SizeOnly, "<17 bytes>"},
	} {
		if got := NewBytesFormatter(c.mode, nil).Text([]byte(hostile)); got != c.want {
			t.Errorf("%s: %s, want %s", c.mode, got, c.want)
		}
	}
}

func TestRedacted(t *testing.T) {
	s, other := NewBytesFormatter(Redacted, []byte("k")), NewBytesFormatter(Redacted, []byte("l"))
	a := s.Text([]byte("secret"))
	if strings.Contains(a, "secret") || a != s.Text([]byte("secret")) || a == s.Text([]byte("secres")) || a == other.Text([]byte("secret")) {
		t.Errorf("%s is no keyed hash", a)
	}
	for _, shown := range []string{
		s.CommandText("HUNTER2"), string(s.CommandName("HUNTER2")), s.CommandMember("HUNTER2"),
		string(s.Bytes([]byte("HUNTER2"))),
	} {
		if strings.Contains(shown, "HUNTER2") {
			t.Errorf("%s: what is no command may be a secret", shown)
		}
	}
	if s.CommandText("GET") != "GET" || s.CommandMember("GET") != "GET" {
		t.Error("the name of a command is no secret")
	}
}

func TestTableFits(t *testing.T) {
	columns := []Column{Right("bytes"), Cutting("key"), Left("type")}
	rows := [][]string{{"1", strings.Repeat("k", 200), "string"}, {"1,234", "short", "hash"}}
	var b bytes.Buffer
	if err := Table(&b, NewStyle(false, 0), columns, rows); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), rows[0][1]) {
		t.Errorf("it is cut, and goes to no terminal:\n%s", b.String())
	}
	b.Reset()
	if err := Table(&b, NewStyle(false, defaultWidth), columns, rows); err != nil {
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

func TestCSV(t *testing.T) {
	for _, c := range []struct {
		key, want, safe string
	}{
		{"user:1", "user:1", "user:1"},
		{"a,b \"c\"", "a,b \"c\"", "a,b \"c\""}, // quoting is the writer's
		{"=1+1", "=1+1", "'=1+1"},
		{"-1", "-1", "'-1"},
		{"a=1", "a=1", "a=1"},
		{"caf\u00e9\u00a0\U0001f600", "caf\u00e9\u00a0\U0001f600", "caf\u00e9\u00a0\U0001f600"},
		{"a\nb", `"a\nb"`, `"a\nb"`},
		{"a\u202eb", `"a\u202eb"`, `"a\u202eb"`},
		{"\xff=", `{"base64":"/z0="}`, `{"base64":"/z0="}`},
		{"", "", ""},
	} {
		f := NewBytesFormatter(Quoted, nil)
		if got := f.CSV([]byte(c.key)); got != c.want {
			t.Errorf("%q: %q, want %q", c.key, got, c.want)
		}
		f.SafeCSV = true
		if got := f.CSV([]byte(c.key)); got != c.safe {
			t.Errorf("%q, safe: %q, want %q", c.key, got, c.safe)
		}
	}
}
