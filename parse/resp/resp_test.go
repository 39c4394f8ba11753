package resp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/parse"
)

// transcript reads everything and writes it down, continuing after damage.
func transcript(t testing.TB, data []byte, block int) string {
	t.Helper()
	c := parse.NewCursorSize(bytes.NewReader(data), 0, block)
	defer c.Close()
	r := NewReader(c, parse.Limits{MaxElement: 1 << 20, MaxArgs: 1 << 16})
	var b strings.Builder
	at := int64(0)
	for {
		it, err := r.Next()
		if err == nil {
			if it.Byte != at || c.Offset() != at+it.Bytes {
				t.Fatalf("an item of %d bytes at %d, expected at %d", it.Bytes, it.Byte, at)
			}
			at += it.Bytes
			fmt.Fprintf(&b, "%d+%d %s\n", it.Byte, it.Bytes, show(it))
			continue
		}
		if err == io.EOF {
			return b.String()
		}
		fmt.Fprintf(&b, "! %v\n", err)
		if errors.Is(err, parse.ErrTruncated) {
			return b.String()
		}
		skipped, err := r.Resync()
		at += skipped
		if err == io.EOF {
			fmt.Fprintf(&b, "~%d to the end\n", skipped)
			return b.String()
		}
		if err != nil || skipped == 0 {
			t.Fatalf("resync moved %d bytes: %v", skipped, err)
		}
		fmt.Fprintf(&b, "~%d\n", skipped)
	}
}

func show(it *Item) string {
	switch it.Kind {
	case Newline:
		return "newline"
	case Comment:
		return "comment " + string(it.Line)
	case Reply:
		return "reply " + string(it.Line)
	case Inline:
		return fmt.Sprintf("inline %q", it.Args)
	}
	return fmt.Sprintf("%q", it.Args)
}

const (
	ping = "*1\r\n$4\r\nPING\r\n"
	set  = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\nv\n\r\n"
)

var streams = []struct{ name, stream, want string }{
	{"commands", ping + set, "0+14 [\"PING\"]\n14+28 [\"SET\" \"k\" \"v\\n\"]\n"},
	{"an empty argument", "*2\r\n$3\r\nGET\r\n$0\r\n\r\n", "0+19 [\"GET\" \"\"]\n"},
	{"heartbeats", "\n" + ping + "\r\n", "0+1 newline\n1+14 [\"PING\"]\n15+2 newline\n"},
	{"annotations", "#TS:1\r\n" + ping, "0+7 comment TS:1\n7+14 [\"PING\"]\n"},
	{"replies", "-ERR no\r\n+OK\r\n:1\r\n", "0+9 reply -ERR no\n9+5 reply +OK\n14+4 reply :1\n"},
	{"inline", "SYNC\r\nreplconf  listening-port\t1\nSET \"a b\" 'c'\r\n", "0+6 inline [\"SYNC\"]\n6+27 inline [\"replconf\" \"listening-port\" \"1\"]\n33+15 inline [\"SET\" \"a b\" \"c\"]\n"},
	{"cut in the count", ping + "*1", "0+14 [\"PING\"]\n! the input ends within a command at byte 14\n"},
	{"cut in a length", ping + "*1\r\n$", "0+14 [\"PING\"]\n! the input ends within a command at byte 14\n"},
	{"cut between CR and LF", "*1\r", "! the input ends within a command at byte 0\n"},
	{"cut in an argument", "*1\r\n$4\r\nPIN", "! the input ends within a command at byte 0\n"},
	{"cut before its CRLF", "*1\r\n$4\r\nPING\r", "! the input ends within a command at byte 0\n"},
	{"cut in a line", "-ER", "! the input ends within a command at byte 0\n"},
	{"a wrong length", "*1\r\n$3\r\nPING\r\n" + ping, "! no line ends where an argument of 3 bytes does while reading a command at byte 11\n~14\n14+14 [\"PING\"]\n"},
	{"no number", "*x\r\n" + ping, "! no number after '*' while reading a command at byte 0\n~4\n4+14 [\"PING\"]\n"},
	{"a number without end", "*11111111111111111111111111111111111111\r\n" + ping, "! no number after '*' while reading a command at byte 0\n~41\n41+14 [\"PING\"]\n"},
	{"a count that begins with zeros", "*01\r\n$4\r\nPING\r\n" + ping, "! a number that begins with 0, which no server writes or takes while reading a command at byte 0\n~15\n15+14 [\"PING\"]\n"},
	{"a length that begins with zeros", "*1\r\n$04\r\nPING\r\n" + ping, "! a number that begins with 0, which no server writes or takes while reading a command at byte 4\n~15\n15+14 [\"PING\"]\n"},
	{"no arguments", "*0\r\n" + ping, "! a command without arguments while reading a command at byte 0\n~4\n4+14 [\"PING\"]\n"},
	{"a negative length", "*1\r\n$-1\r\n" + ping, "! no number after '$' while reading a command at byte 4\n~9\n9+14 [\"PING\"]\n"},
	{"something else where a bulk belongs", "*1\r\n:1\r\n" + ping, "! byte 0x3a where '$' belongs while reading a command at byte 4\n~8\n8+14 [\"PING\"]\n"},
	{"two thousand million arguments", "*2147483647\r\n$4\r\nPING\r\n" + ping, "! a command of 2147483647 arguments, more than the limit MaxArgs of 65536 at byte 0\n~23\n23+14 [\"PING\"]\n"},
	{"an argument of gigabytes", "*1\r\n$9999999999\r\n" + ping, "! an argument of 9999999999 bytes, more than the limit MaxElement of 1048576 at byte 4\n~17\n17+14 [\"PING\"]\n"},
	{"a length that swallows the rest", "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2000\r\nv\n\r\n" + ping + ping + "\n" + ping + ping[:9], "! an argument that is longer than what is left, and that commands follow within while reading a command at byte 27\n" +
		"~31\n31+14 [\"PING\"]\n45+14 [\"PING\"]\n59+1 newline\n60+14 [\"PING\"]\n! the input ends within a command at byte 74\n"},
	{"a length that swallows annotated commands", "*1\r\n$40000\r\nPING\r\n#TS:1\r\n" + ping + "#TS:2\r\n" + ping + "#TS:3\r\n" + ping, "! an argument that is longer than what is left, and that commands follow within while reading a command at byte 12\n" +
		"~25\n25+14 [\"PING\"]\n39+7 comment TS:2\n46+14 [\"PING\"]\n60+7 comment TS:3\n67+14 [\"PING\"]\n"},
	{"a cut value that holds commands", "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2000\r\n" + strings.Repeat(ping, 7), "! the input ends within a command at byte 0\n"},
	{"a cut value that ends in two commands", "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2000\r\nv\r\n" + ping + ping + ping[:8], "! the input ends within a command at byte 0\n"},
	{"noise", "\x00\x01" + ping + ping, "! byte 0x00 where a command belongs while reading a command at byte 0\n~2\n2+14 [\"PING\"]\n16+14 [\"PING\"]\n"},
	{"noise to the end", "\x00\x01*", "! byte 0x00 where a command belongs while reading a command at byte 0\n~3 to the end\n"},
	{"a line that is no command", "lue\x00\r\n" + ping, "! a line that is no command while reading a command at byte 0\n~6\n6+14 [\"PING\"]\n"},
}

func TestStreams(t *testing.T) {
	for _, s := range streams {
		t.Run(s.name, func(t *testing.T) {
			for _, block := range []int{1, 2, 3, 7, 64, 1 << 18} {
				if got := transcript(t, []byte(s.stream), block); got != s.want {
					t.Errorf("blocks of %d:\n%s\nwant:\n%s", block, got, s.want)
				}
			}
		})
	}
}

// TestOfAOF: what atoi reads, and string2ll refuses.
func TestOfAOF(t *testing.T) {
	for _, command := range []string{"*01\r\n$4\r\nPING\r\n", "*1\r\n$0004\r\nPING\r\n", "*2\r\n$3\r\nGET\r\n$00\r\n\r\n"} {
		r := NewReader(parse.NewBytesCursor([]byte(command), 0), parse.Limits{}).OfAOF()
		if it, err := r.Next(); err != nil || it.Bytes != int64(len(command)) {
			t.Errorf("%q: %v, %v", command, it, err)
		}
	}
}

func TestResyncEntersInMidCommand(t *testing.T) {
	value := strings.Repeat("*3\r\n$3\r\nfoo\r\n", 3) // looks like commands, and is none
	one := fmt.Sprintf("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n%s\r\n", len(value), value)
	stream := one + set + set + set + set
	for cut := 1; cut < len(one); cut++ {
		c := parse.NewBytesCursor([]byte(stream[cut:]), int64(cut))
		r := NewReader(c, parse.Limits{})
		if _, err := r.Resync(); err != nil || c.Offset() != int64(len(one)) {
			t.Errorf("entered at byte %d: commands from %d on, want %d: %v", cut, c.Offset(), len(one), err)
		}
	}
}

func TestLargeCommand(t *testing.T) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "*%d\r\n$4\r\nMSET\r\n", 200_001)
	for i := range 200_000 {
		s := fmt.Sprint(i)
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(s), s)
	}
	r := NewReader(parse.NewCursorSize(&b, 0, 4096), parse.Limits{})
	it, err := r.Next()
	if err != nil || len(it.Args) != 200_001 || string(it.Args[200_000]) != "199999" {
		t.Fatalf("%v", err)
	}
}

// Commands within the arguments of one another, damaged at the end, cost no
// more than their length.
func TestNestedCommandsAreReadInTime(t *testing.T) {
	stream := "*9999999\r\n" + strings.Repeat("$20\r\n*9999999\r\n$3\r\nGET\r\n", 200_000) + "x\r\n"
	c := parse.NewBytesCursor([]byte(stream), 0)
	r := NewReader(c, parse.Limits{})
	for tries := 0; ; tries++ {
		if _, err := r.Next(); !errors.Is(err, parse.ErrDamaged) {
			t.Fatal(err)
		}
		if _, err := r.Resync(); err == io.EOF {
			break
		}
		if tries > 100_000 {
			t.Fatal("places are tried without end")
		}
	}
}

// A cut argument that is full of commands within one another, none of which
// comes to an end, is looked through once.
func TestSwallowedCommandsAreLookedForInTime(t *testing.T) {
	nested := strings.Repeat("*9999999\r\n$20\r\n", 400_000)
	r := NewReader(parse.NewBytesCursor([]byte("*1\r\n$999999999\r\n"+nested), 0), parse.Limits{})
	began := time.Now()
	if _, err := r.Next(); !errors.Is(err, parse.ErrTruncated) || time.Since(began) > 10*time.Second {
		t.Errorf("%v, after %v", err, time.Since(began))
	}
}

// FuzzReader: the way in which bytes arrive changes nothing.
func FuzzReader(f *testing.F) {
	for _, s := range streams {
		f.Add([]byte(s.stream), uint8(3))
	}
	f.Fuzz(func(t *testing.T, data []byte, block uint8) {
		whole := transcript(t, data, 1<<18)
		if got := transcript(t, data, int(block)+1); got != whole {
			t.Errorf("blocks of %d:\n%s\nwhole:\n%s", int(block)+1, got, whole)
		}
	})
}

func benchStream() []byte {
	var b bytes.Buffer
	for i := range 100_000 {
		key := fmt.Sprintf("key:%d", i)
		value := strings.Repeat("x", i%60+20)
		fmt.Fprintf(&b, "*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n", len(key), key, len(value), value)
	}
	return b.Bytes()
}

func BenchmarkReader(b *testing.B) {
	data := benchStream()
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		r := NewReader(parse.NewBytesCursor(data, 0), parse.Limits{})
		for {
			if _, err := r.Next(); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkMemchr looks at every byte once, for the end of lines.
func BenchmarkMemchr(b *testing.B) {
	data := benchStream()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		for rest := data; ; {
			i := bytes.IndexByte(rest, '\n')
			if i < 0 {
				break
			}
			rest = rest[i+1:]
		}
	}
}
