package slowlog_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/parse/slowlog"
)

// shown is what redis-cli shows of eleven entries: numbers are aligned on the
// right.
const shown = ` 1) 1) (integer) 607
    2) (integer) 1795663481
    3) (integer) 2
    4) 1) "set"
       2) "a\xff\"\n"
       3) "5) \"x\""
    5) "10.0.0.7:51034"
    6) "web"
 2) 1) (integer) 606
    2) (integer) 1795663480
    3) (integer) 49
    4) 1) "PING"
    5) "unix:/run/redis.sock"
    6) ""
`

// old is that of a server before 4.0, which tells no client.
const old = `1) 1) (integer) 1
   2) (integer) 1795663480
   3) (integer) 49
   4) 1) "DEL"
      2) "k"
2) 1) (integer) 0
   2) (integer) 1795663479
   3) (integer) 3
   4) 1) "FLUSHALL"
`

const written = `[
  {"id": 9, "time": "2026-11-25T03:16:19.000Z", "duration_us": 8,
   "args": ["set", {"base64": "/wA="}, "mine"], "addr": "10.0.0.9:40112", "name": "cron"},
  {"id": 8, "time": "2026-11-25T03:16:18.000Z", "duration_us": 6, "args": ["GET", "k"]}
]`

func read(text string, pieces int) (commands []string, notes []string, err error) {
	c := parse.NewCursorSize(strings.NewReader(text), 0, pieces)
	defer c.Close()
	err = slowlog.Walk(c, slowlog.Options{
		Command: func(c *record.ClientCommand) error {
			commands = append(commands, fmt.Sprintf("%s %s %q %q %s cut=%v", c.Time.Format(time.TimeOnly), c.Addr, c.Name,
				c.Args, c.Latency, c.Cut))
			if c.DB != record.Unknown || c.Within != time.Second || c.Bytes <= 0 {
				commands = append(commands, fmt.Sprintf("db %d, within %s, %d bytes", c.DB, c.Within, c.Bytes))
			}
			if !strings.Contains(text[c.Byte:c.Byte+c.Bytes], string(c.Args[0])) {
				commands = append(commands, "its place is another")
			}
			return nil
		},
		Note: func(n *record.Note) error {
			notes = append(notes, fmt.Sprintf("%s %d", n.Kind, n.Byte))
			return nil
		},
	})
	return commands, notes, err
}

// Both views are read, oldest first, however the bytes come.
func TestWalk(t *testing.T) {
	kept := strings.Repeat("v", 128)
	many := `"RPUSH", ` + strings.Repeat(`"x", `, 30) + `"... (7 more arguments)"`
	for name, test := range map[string]struct {
		text  string
		want  []string
		notes []string
	}{
		"redis-cli": {shown, []string{
			`03:24:40 unix:/run/redis.sock "" ["PING"] 49µs cut=false`,
			`03:24:41 10.0.0.7:51034 "web" ["set" "a\xff\"\n" "5) \"x\""] 2µs cut=false`,
		}, nil},
		"before 4.0": {old, []string{
			`03:24:39  "" ["FLUSHALL"] 3µs cut=false`, `03:24:40  "" ["DEL" "k"] 49µs cut=false`,
		}, nil},
		"collect": {written, []string{
			`03:16:18  "" ["GET" "k"] 6µs cut=false`,
			`03:16:19 10.0.0.9:40112 "cron" ["set" "\xff\x00" "mine"] 8µs cut=false`,
		}, nil},
		"what servers leave out": {
			`[{"id":1,"time":"2026-11-25T03:16:19.000Z","duration_us":8,"args":["SET","k","` + kept + `... (9 more bytes)"]}]`,
			[]string{`03:16:19  "" ["SET" "k" "` + kept + `"] 8µs cut=true`}, nil,
		},
		"more arguments than servers keep": {
			`[{"id":1,"time":"2026-11-25T03:16:19.000Z","duration_us":8,"args":[` + many + `]}]`,
			[]string{`03:16:19  "" ["RPUSH"` + strings.Repeat(` "x"`, 30) + `] 8µs cut=true`}, nil,
		},
		"words that only look so": {
			`[{"id":1,"time":"2026-11-25T03:16:19.000Z","duration_us":8,"args":["SET","... (9 more bytes)","... (7 more arguments)"]}]`,
			[]string{`03:16:19  "" ["SET" "... (9 more bytes)" "... (7 more arguments)"] 8µs cut=false`}, nil,
		},
		"cut off":        {written[:len(written)-60], []string{`03:16:19 10.0.0.9:40112 "cron" ["set" "\xff\x00" "mine"] 8µs cut=false`}, []string{"damage 158"}},
		"something else": {shown[:strings.Index(shown, " 2) 1)")] + "bye\n", []string{`03:24:41 10.0.0.7:51034 "web" ["set" "a\xff\"\n" "5) \"x\""] 2µs cut=false`}, []string{"damage 164"}},
		"two lists": {written + "\n" + written, []string{
			`03:16:18  "" ["GET" "k"] 6µs cut=false`,
			`03:16:19 10.0.0.9:40112 "cron" ["set" "\xff\x00" "mine"] 8µs cut=false`,
		}, []string{"damage 248"}},
		"cut off within arguments": {shown[:strings.Index(shown, `    5) "unix`)], []string{
			`03:24:40  "" ["PING"] 49µs cut=true`,
			`03:24:41 10.0.0.7:51034 "web" ["set" "a\xff\"\n" "5) \"x\""] 2µs cut=false`,
		}, []string{"damage 250"}},
		"cut off before the command": {old[:strings.Index(old, `   4) 1) "FLUSHALL"`)], []string{
			`03:24:40  "" ["DEL" "k"] 49µs cut=false`,
		}, []string{"damage 155"}},
		"no commands":       {`[]`, nil, nil},
		"arguments of none": {`[{"id":1,"time":"2026-11-25T03:16:19.000Z","duration_us":8,"args":[]}]`, nil, []string{"damage 69"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, pieces := range []int{1, 7, 1 << 16} {
				got, notes, err := read(test.text, pieces)
				if err != nil {
					t.Fatal(err)
				}
				if strings.Join(got, "\n") != strings.Join(test.want, "\n") {
					t.Errorf("in pieces of %d:\n%s\nnot\n%s", pieces, strings.Join(got, "\n"), strings.Join(test.want, "\n"))
				}
				if fmt.Sprint(notes) != fmt.Sprint(test.notes) {
					t.Errorf("in pieces of %d: notes %v, not %v", pieces, notes, test.notes)
				}
			}
		})
	}
}

func TestBegins(t *testing.T) {
	for text, want := range map[string]bool{
		shown: true, old: true, written: true, "\n" + written: true,
		"[]": false, `[{"id": 1}]`: false, "1) 1) (integer) 5\n   2) \"x\"\n": false, "1) \"a\"\n2) \"b\"\n": false,
	} {
		if slowlog.Begins([]byte(text)) != want {
			t.Errorf("%.40q: %v", text, !want)
		}
	}
}

// Whatever the text, it is read to its end, and what comes out is in it.
func FuzzWalk(f *testing.F) {
	for _, text := range []string{shown, old, written, "[]", "1) 1) (integer) 1\n 1) \"x"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		err := slowlog.Walk(parse.NewBytesCursor(text, 0), slowlog.Options{
			Command: func(c *record.ClientCommand) error {
				if len(c.Args) == 0 || c.Byte < 0 || c.Bytes <= 0 || c.Byte+c.Bytes > int64(len(text)) {
					t.Errorf("%d arguments at %d, %d bytes of %d", len(c.Args), c.Byte, c.Bytes, len(text))
				}
				return nil
			},
			Note: func(n *record.Note) error {
				if n.Byte < 0 || n.Byte > int64(len(text)) {
					t.Errorf("a note at %d of %d", n.Byte, len(text))
				}
				return nil
			},
		})
		if err != nil {
			t.Error(err)
		}
	})
}
