package monitor

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
)

// read walks text, in blocks of so many bytes, and writes down what comes.
func read(t testing.TB, text string, block int) string {
	t.Helper()
	var b strings.Builder
	err := Walk(parse.NewCursorSize(strings.NewReader(text), 0, block), Options{
		Command: func(c *record.ClientCommand) error {
			fmt.Fprintf(&b, "%s %d %q", c.Time.Format("15:04:05.000000"), c.DB, c.Addr)
			if c.Name != "" {
				fmt.Fprintf(&b, " name %s", c.Name)
			}
			if c.Scripted {
				b.WriteString(" scripted")
			}
			fmt.Fprintf(&b, " %q\n", c.Args)
			return nil
		},
		Note: func(n *record.Note) error {
			fmt.Fprintf(&b, "%s %d+%d\n", n.Kind, n.Byte, n.Bytes)
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWalk(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"as redis-cli writes it", "OK\n1339518083.107412 [0 127.0.0.1:60866] \"keys\" \"*\"\n", `16:21:23.107412 0 "127.0.0.1:60866" ["keys" "*"]` + "\n"},
		{"as it travels", "+OK\r\n+1339518083.107412 [3 [::1]:60866] \"get\" \"k\"\r\n", `16:21:23.107412 3 "[::1]:60866" ["get" "k"]` + "\n"},
		{"a unix socket", "1339518083.000001 [0 unix:/run/redis.sock] \"ping\"\n", `16:21:23.000001 0 "unix:/run/redis.sock" ["ping"]` + "\n"},
		{"every escape", `1339518083.107412 [0 127.0.0.1:1] "set" "\n\r\t\a\b\\\"" "\x00\xff ] \"" ""` + "\n",
			`16:21:23.107412 0 "127.0.0.1:1" ["set" "\n\r\t\a\b\\\"" "\x00\xff ] \"" ""]` + "\n"},
		{"unescaped, as Valkey 8.1 prints", `1339518083.107412 [0 127.0.0.1:1] "set" "a"b" ""\q\xzz\" "c"` + "\n",
			`16:21:23.107412 0 "127.0.0.1:1" ["set" "a\"b" "\"\\q\\xzz\" \"c"]` + "\n"},
		{"a script, of the client that called it", `1339518083.000001 [2 10.0.0.1:5] "evalsha" "sha" "0"
1339518083.000002 [0 10.0.0.2:6] "get" "other"
1339518083.000003 [2 lua] "set" "k" "1"
1339518083.000004 [2 lua] "del" "l"
`, `16:21:23.000001 2 "10.0.0.1:5" ["evalsha" "sha" "0"]
16:21:23.000002 0 "10.0.0.2:6" ["get" "other"]
16:21:23.000003 2 "10.0.0.1:5" scripted ["set" "k" "1"]
16:21:23.000004 2 "10.0.0.1:5" scripted ["del" "l"]
`},
		{"a script whose call is before the text", "1339518083.000003 [2 lua] \"set\" \"k\" \"1\"\n", `16:21:23.000003 2 "" scripted ["set" "k" "1"]` + "\n"},
		{"names", `1339518083.000001 [0 10.0.0.1:5] "client" "setname" "web"
1339518083.000002 [0 10.0.0.2:6] "hello" "3" "setname" "jobs"
1339518083.000003 [0 10.0.0.1:5] "get" "k"
1339518083.000004 [0 10.0.0.2:6] "get" "k"
1339518083.000005 [0 10.0.0.1:5] "client" "setname" ""
1339518083.000006 [0 10.0.0.1:5] "get" "k"
`, `16:21:23.000001 0 "10.0.0.1:5" name web ["client" "setname" "web"]
16:21:23.000002 0 "10.0.0.2:6" name jobs ["hello" "3" "setname" "jobs"]
16:21:23.000003 0 "10.0.0.1:5" name web ["get" "k"]
16:21:23.000004 0 "10.0.0.2:6" name jobs ["get" "k"]
16:21:23.000005 0 "10.0.0.1:5" ["client" "setname" ""]
16:21:23.000006 0 "10.0.0.1:5" ["get" "k"]
`},
		{"text before, and stopped within a line", "Warning: no password\nOK\n1339518083.107412 [0 127.0.0.1:1] \"ping\"\n1339518083.2", `16:21:23.107412 0 "127.0.0.1:1" ["ping"]` + "\ntruncated 65+12\n"},
		{"no line end at the end", `1339518083.107412 [0 127.0.0.1:1] "ping"`, `16:21:23.107412 0 "127.0.0.1:1" ["ping"]` + "\n"},
		{"text between", "1339518083.107412 [0 127.0.0.1:1] \"ping\"\nfoo\nbar\n\nOK\n1339518083.107412 [0 127.0.0.1:1] \"ping\"\nbaz\n", `16:21:23.107412 0 "127.0.0.1:1" ["ping"]
damage 41+8
16:21:23.107412 0 "127.0.0.1:1" ["ping"]
damage 94+4
`},
		{"nothing", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, block := range []int{1, 7, 4096} {
				if got := read(t, c.text, block); got != c.want {
					t.Errorf("in blocks of %d:\n%s", block, got)
				}
			}
		})
	}
}

// What is no line of MONITOR is not taken for one.
func TestStrangeLines(t *testing.T) {
	const good = `1339518083.107412 [0 127.0.0.1:1] "ping" "x"`
	for _, text := range []string{
		"", "OK", "(error) NOAUTH", strings.Replace(good, ".", ",", 1), strings.Replace(good, "[0", "[x", 1),
		strings.Replace(good, "[0", "0", 1), strings.Replace(good, `"x"`, `x`, 1), strings.Replace(good, `"x"`, `"x`, 1),
		strings.Replace(good, "127.0.0.1:1", "", 1), good + " ",
		strings.Replace(good, "1339518083", "99999999999999999999", 1), strings.Replace(good, "[0", "[99999999999999999999", 1),
		`1339518083.107412 [0 127.0.0.1:1]`, `1339518083.107412 [0 127.0.0.1:1] `,
	} {
		var l line
		if l.parse([]byte(text)) {
			t.Errorf("%s: taken for %q", text, l.args)
		}
	}
	var l line
	if !l.parse([]byte(good)) || !slices.Equal(asStrings(l.args), []string{"ping", "x"}) {
		t.Errorf("%q", l.args)
	}
}

func asStrings(args [][]byte) (out []string) {
	for _, a := range args {
		out = append(out, string(a))
	}
	return out
}

func TestLimit(t *testing.T) {
	text := `1339518083.107412 [0 127.0.0.1:1] "set" "` + strings.Repeat("x", 1<<17) + "\"\n"
	nothing := func(*record.ClientCommand) error { return nil }
	err := Walk(parse.NewBytesCursor([]byte(text), 0), Options{Limits: parse.Limits{MaxElement: 1 << 10}, Command: nothing})
	if err != nil { // it lies in memory whole, and costs nothing more
		t.Error(err)
	}
	err = Walk(parse.NewCursorSize(strings.NewReader(text), 0, 4096), Options{Limits: parse.Limits{MaxElement: 1 << 10}, Command: nothing})
	if !errors.Is(err, parse.ErrLimit) {
		t.Errorf("%v", err)
	}
}

// format writes a line as servers do.
func format(at time.Time, db int, client string, args []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d.%06d [%d %s]", at.Unix(), at.Nanosecond()/1000, db, client)
	names := map[byte]string{'\\': `\\`, '"': `\"`, '\n': `\n`, '\r': `\r`, '\t': `\t`, '\a': `\a`, '\b': `\b`}
	for _, a := range args {
		b.WriteString(` "`)
		for i := range len(a) {
			switch name, printable := names[a[i]], a[i] >= ' ' && a[i] <= '~'; {
			case name != "":
				b.WriteString(name)
			case printable:
				b.WriteByte(a[i])
			default:
				fmt.Fprintf(&b, `\x%02x`, a[i])
			}
		}
		b.WriteByte('"')
	}
	return b.String() + "\n"
}

// Whatever bytes the arguments hold, they come out as they went in.
func TestAnyBytes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	at := time.Date(2026, 1, 2, 3, 4, 5, 678000, time.UTC)
	for range 2000 {
		args := make([]string, 1+r.IntN(5))
		for i := range args {
			b := make([]byte, r.IntN(40))
			for j := range b {
				b[j] = byte(r.Uint32())
			}
			args[i] = string(b)
		}
		db := r.IntN(20)
		want := fmt.Sprintf("03:04:05.000678 %d %q %q\n", db, "10.1.2.3:4", args)
		if got := read(t, format(at, db, "10.1.2.3:4", args), 1+r.IntN(64)); got != want {
			t.Fatalf("%s\nwant %s", got, want)
		}
	}
}

func TestBegins(t *testing.T) {
	const one = "1339518083.107412 [0 127.0.0.1:60866] \"keys\" \"*\"\n"
	for _, c := range []struct {
		text string
		want bool
	}{
		{one, true}, {"OK\n" + one, true}, {"+OK\r\n+" + one, true},
		{"Warning: Using a password may not be safe.\nOK\n" + one, true},
		{"OK\n", false}, {"", false}, {strings.TrimSpace(one), false},
		{strings.Repeat("a\n", sniffed) + one, false},
		{"+FULLRESYNC x 0\r\n$9\r\n\x00\x01\n" + one, false},
	} {
		if got := Begins([]byte(c.text)); got != c.want {
			t.Errorf("%q: %t", c.text, got)
		}
	}
}

func FuzzWalk(f *testing.F) {
	f.Add("OK\n1339518083.107412 [0 127.0.0.1:60866] \"keys\" \"\\x00\\n\"\n", 16)
	f.Add("+1339518083.107412 [0 lua] \"set\" \"k\"\r\nx\n1339518083.107412 [0 unix:/a] \"x", 1)
	f.Fuzz(func(t *testing.T, text string, block int) {
		whole := read(t, text, 1<<20)
		if got := read(t, text, 1+max(0, block%64)); got != whole {
			t.Errorf("cut: %s\nwhole: %s", got, whole)
		}
	})
}
