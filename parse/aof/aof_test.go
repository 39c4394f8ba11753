package aof

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// recorder writes down what a walk yields.
type recorder struct{ strings.Builder }

func (r *recorder) RDB(_ *record.Link, d *rdb.Decoder) error {
	keys := 0
	for rec, err := range d.Records() {
		if err != nil {
			fmt.Fprintf(r, "rdb of %d keys: %v\n", keys, err)
			return nil
		}
		if rec.Kind == rdb.KindKey {
			keys++
		}
	}
	fmt.Fprintf(r, "rdb of %d keys\n", keys)
	return nil
}

func (r *recorder) LinkStart(*record.Link) error { return nil }

func (r *recorder) Command(c *record.Command) error {
	fmt.Fprintf(r, "@%d+%d db %d tx %d %q", c.Byte, c.Bytes, c.DB, c.Transaction, c.Args)
	if !c.Time.IsZero() {
		fmt.Fprintf(r, " at %d", c.Time.Unix())
	}
	r.WriteByte('\n')
	return nil
}

func (r *recorder) Note(n *record.Note) error {
	fmt.Fprintf(r, "%s @%d+%d", n.Kind, n.Byte, n.Bytes)
	if n.Text != nil {
		fmt.Fprintf(r, " %s", n.Text)
	}
	if n.Err != nil {
		fmt.Fprintf(r, ": %v", n.Err)
	}
	r.WriteByte('\n')
	return nil
}

func (r *recorder) LinkEnd(l *record.Link) error {
	fmt.Fprintf(r, "%s: %d commands, %d bytes\n", l.End, l.Commands, l.Bytes)
	return nil
}

const (
	rdb1    = "REDIS0009\xfe\x00\x00\x01k\x01v\xff\x00\x00\x00\x00\x00\x00\x00\x00" // 25 bytes, one key
	select3 = "*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n"                                   // 23 bytes
	multi   = "*1\r\n$5\r\nMULTI\r\n"                                               // 15 bytes
	exec    = "*1\r\n$4\r\nEXEC\r\n"                                                // 14 bytes
	incr    = "*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n"                                     // 21 bytes
)

var files = []struct{ name, bytes, want string }{
	{"commands", select3 + incr, `
@0+23 db -1 tx 0 ["SELECT" "3"]
@23+21 db 3 tx 0 ["INCR" "n"]
clean: 2 commands, 44 bytes
`},
	{"nothing", "", `
clean: 0 commands, 0 bytes
`},
	{"a preamble", rdb1 + select3, `
rdb of 1 keys
@25+23 db -1 tx 0 ["SELECT" "3"]
clean: 1 commands, 23 bytes
`},
	{"a damaged preamble", strings.Replace(rdb1, "\x00\x01k", "\x08\x01k", 1) + select3, `
rdb of 0 keys: byte 8 is neither a type nor an opcode at byte 12
damage @12+13: the RDB at the head of the file is damaged: no server loads the commands after it at byte 12
@25+23 db -1 tx 0 ["SELECT" "3"]
damaged: 1 commands, 23 bytes
`},
	{"a preamble that is cut", rdb1[:14], `
rdb of 1 keys: the file ends early while reading the value in database 0 at byte 14
damaged: 0 commands, 0 bytes
`},
	{"a length that swallows the rest", "*2\r\n$4\r\nINCR\r\n$1000\r\nn\r\n" + incr + incr + incr, `
damage @0+24: an argument that is longer than what is left, and that commands follow within; the file is good up to byte 0 while reading a command at byte 21
@24+21 db -1 tx 0 ["INCR" "n"]
@45+21 db -1 tx 0 ["INCR" "n"]
@66+21 db -1 tx 0 ["INCR" "n"]
damaged: 3 commands, 63 bytes
`},
	{"an empty line", incr + "\n" + incr, `
@0+21 db -1 tx 0 ["INCR" "n"]
damage @21+1 : an empty line where a command belongs, as an editor leaves it: servers refuse the file (Bad file format); the file is good up to byte 21 at byte 21
@22+21 db -1 tx 0 ["INCR" "n"]
damaged: 2 commands, 42 bytes
`},
	{"a line of text is never run", incr + "FLUSHALL\r\n" + incr, `
@0+21 db -1 tx 0 ["INCR" "n"]
damage @21+10 FLUSHALL: a line of text where a command belongs: servers refuse the file (Bad file format) and never run such a line; the file is good up to byte 21 at byte 21
@31+21 db -1 tx 0 ["INCR" "n"]
damaged: 2 commands, 42 bytes
`},
	{"a tail of zeros", incr + strings.Repeat("\x00", 12), `
@0+21 db -1 tx 0 ["INCR" "n"]
damage @21+12: 12 zero bytes, from byte 21 to 32, where commands belong: blocks that were never written or got lost; 12 bytes can't be read with them; the file is good up to byte 21 at byte 21
damaged: 1 commands, 21 bytes
`},
	{"a hole from an argument to the next command", incr + incr[:18] + strings.Repeat("\x00", 10) + incr[7:] + incr + incr + incr, `
@0+21 db -1 tx 0 ["INCR" "n"]
damage @21+42: 10 zero bytes, from byte 39 to 48, where commands belong: blocks that were never written or got lost; 42 bytes can't be read with them; the file is good up to byte 21 at byte 39
@63+21 db -1 tx 0 ["INCR" "n"]
@84+21 db -1 tx 0 ["INCR" "n"]
@105+21 db -1 tx 0 ["INCR" "n"]
damaged: 4 commands, 84 bytes
`},
	{"zeros in a value", "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$8\r\n\x00\x00\x00\x00\x00\x00\x00\x00\r\n", `
@0+34 db -1 tx 0 ["SET" "k" "\x00\x00\x00\x00\x00\x00\x00\x00"]
clean: 1 commands, 34 bytes
`},
	{"text without a line end", incr + "root@host:~# ", `
@0+21 db -1 tx 0 ["INCR" "n"]
damage @21+13: a line of text where a command belongs: servers refuse the file (Bad file format) and never run such a line; the file is good up to byte 21 at byte 21
damaged: 1 commands, 21 bytes
`},
	{"LF for CR LF", strings.ReplaceAll(incr, "\r\n", "\n"), `
damage @0+16: LF where CR LF belongs: its line ends were converted, by an editor or a transfer in text mode; the file is good up to byte 0 at byte 0
damaged: 0 commands, 0 bytes
`},
	{"zeros from a number on", incr + incr[:5] + strings.Repeat("\x00", 20) + incr + incr + incr, `
@0+21 db -1 tx 0 ["INCR" "n"]
damage @21+25: 20 zero bytes, from byte 26 to 45, where commands belong: blocks that were never written or got lost; 25 bytes can't be read with them; the file is good up to byte 21 at byte 26
@46+21 db -1 tx 0 ["INCR" "n"]
@67+21 db -1 tx 0 ["INCR" "n"]
@88+21 db -1 tx 0 ["INCR" "n"]
damaged: 4 commands, 84 bytes
`},
	{"a comment without a line end", incr + "# by hand", `
@0+21 db -1 tx 0 ["INCR" "n"]
clean: 1 commands, 21 bytes
`},
	{"times", incr + "#TS:1511222400\r\n" + incr + "#HDR:x\r\n" + incr, `
@0+21 db -1 tx 0 ["INCR" "n"]
@37+21 db -1 tx 0 ["INCR" "n"] at 1511222400
@66+21 db -1 tx 0 ["INCR" "n"] at 1511222400
clean: 3 commands, 63 bytes
`},
	{"a transaction", multi + incr + exec, `
@0+15 db -1 tx 1 ["MULTI"]
@15+21 db -1 tx 1 ["INCR" "n"]
@36+14 db -1 tx 1 ["EXEC"]
clean: 3 commands, 50 bytes
`},
	{"a transaction without EXEC", incr + multi + incr, `
@0+21 db -1 tx 0 ["INCR" "n"]
@21+15 db -1 tx 1 ["MULTI"]
@36+21 db -1 tx 1 ["INCR" "n"]
transaction-open @21+36: a transaction without EXEC; the file is good up to byte 21 at byte 21
truncated: 3 commands, 57 bytes
`},
	{"a cut tail", incr + incr[:9], `
@0+21 db -1 tx 0 ["INCR" "n"]
truncated @21+9: the input ends within a command; the file is good up to byte 21 at byte 21
truncated: 1 commands, 21 bytes
`},
	{"a cut tail within a transaction", multi + incr[:9], `
@0+15 db -1 tx 1 ["MULTI"]
truncated @15+9: the input ends within a command; the file is good up to byte 0 at byte 15
transaction-open @0+15: a transaction without EXEC; the file is good up to byte 0 at byte 0
truncated: 1 commands, 15 bytes
`},
	{"damage", incr + "\x00\x00" + incr + incr, `
@0+21 db -1 tx 0 ["INCR" "n"]
damage @21+2: byte 0x00 where a command belongs; the file is good up to byte 21 while reading a command at byte 21
@23+21 db -1 tx 0 ["INCR" "n"]
@44+21 db -1 tx 0 ["INCR" "n"]
damaged: 3 commands, 63 bytes
`},
}

func walk(t testing.TB, data string, block int) string {
	t.Helper()
	c := parse.NewCursorSize(strings.NewReader(data), 0, block)
	defer c.Close()
	var r recorder
	if err := Walk(c, parse.Limits{}, &r); err != nil {
		t.Fatal(err)
	}
	return "\n" + r.String()
}

func TestFiles(t *testing.T) {
	for _, f := range files {
		t.Run(f.name, func(t *testing.T) {
			for _, block := range []int{1, 3, 64, 1 << 18} {
				if got := walk(t, f.bytes, block); got != f.want {
					t.Errorf("blocks of %d:%s\nwant:%s", block, got, f.want)
					break
				}
			}
		})
	}
}

func TestSets(t *testing.T) {
	const manifest = "file a.1.base.rdb seq 1 type b\nfile a.1.incr.aof seq 1 type i\nfile \"a.2.incr.aof\" seq 2 type i startoffset 44\n"
	for _, s := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"a whole one", map[string]string{
			"a.manifest": manifest, "a.1.base.rdb": rdb1, "a.1.incr.aof": select3, "a.2.incr.aof": incr, "notes.txt": "x",
		}, `
file @0+-1 a.1.base.rdb
rdb of 1 keys
file @0+-1 a.1.incr.aof
@0+23 db 0 tx 0 ["SELECT" "3"]
file @0+-1 a.2.incr.aof
@0+21 db 0 tx 0 ["INCR" "n"]
clean: 2 commands, 44 bytes
`},
		{"history is not loaded, the last file may be short", map[string]string{
			"a.manifest":   "# comment\nfile a.2.incr.aof seq 2 type i\nfile a.1.incr.aof seq 1 type h\nfile a.2.base.aof seq 2 type b\n",
			"a.2.base.aof": select3, "a.1.incr.aof": incr, "a.2.incr.aof": incr + incr[:5],
		}, `
file @0+-1 a.2.base.aof
@0+23 db 0 tx 0 ["SELECT" "3"]
file @0+-1 a.2.incr.aof
@0+21 db 0 tx 0 ["INCR" "n"]
truncated @21+5: the input ends within a command; the file is good up to byte 21 at byte 21
truncated: 2 commands, 44 bytes
`},
		{"a file before the last is short", map[string]string{
			"a.manifest": manifest, "a.1.base.rdb": rdb1, "a.1.incr.aof": select3[:9], "a.2.incr.aof": "",
		}, `
file @0+-1 a.1.base.rdb
rdb of 1 keys
file @0+-1 a.1.incr.aof
damage @0+9: a file that others follow ends within a command; no server loads such a set at byte 0
file @0+-1 a.2.incr.aof
damaged: 0 commands, 0 bytes
`},
		{"a file before the last ends within a transaction", map[string]string{
			"a.manifest": manifest, "a.1.base.rdb": rdb1, "a.1.incr.aof": "*1\r\n$5\r\nMULTI\r\n" + incr, "a.2.incr.aof": incr,
		}, `
file @0+-1 a.1.base.rdb
rdb of 1 keys
file @0+-1 a.1.incr.aof
@0+15 db 0 tx 1 ["MULTI"]
@15+21 db 0 tx 1 ["INCR" "n"]
damage @0+36: a file that others follow ends within a transaction; no server loads such a set at byte 0
file @0+-1 a.2.incr.aof
@0+21 db 0 tx 0 ["INCR" "n"]
damaged: 3 commands, 57 bytes
`},
		{"missing, extra and out of order", map[string]string{
			"a.manifest":   "file a.2.incr.aof seq 2 type i\nfile a.1.incr.aof seq 1 type i\n",
			"a.1.incr.aof": incr, "a.3.incr.aof": incr, "temp-rewriteaof-12.aof": "",
		}, `
file @0+-1 a.manifest: the incremental files of the manifest are out of order: 1 comes after 2 at byte 0
file @0+-1 a.3.incr.aof: a file that the manifest does not name; a server does not load it
file @0+-1 temp-rewriteaof-12.aof: a file that the manifest does not name; a server does not load it
file @0+-1 a.2.incr.aof: the manifest names a file that is missing; no server loads such a set at byte 0
file @0+-1 a.1.incr.aof
@0+21 db 0 tx 0 ["INCR" "n"]
damaged: 1 commands, 21 bytes
`},
	} {
		t.Run(s.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, data := range s.files {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for _, path := range []string{dir, filepath.Join(dir, "a.manifest")} {
				in, err := input.Open(path, input.Options{})
				if err != nil {
					t.Fatal(err)
				}
				var r recorder
				if err := WalkSet(in, &r); err != nil {
					t.Fatal(err)
				}
				if got := "\n" + r.String(); got != s.want {
					t.Errorf("%s\nwant:%s", got, s.want)
				}
				if err := in.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestManifestLines(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"type i seq 3 file x future y", "[x (i 3)]"},
		{`file "a b\x01\"" seq 1 type b`, `[a b` + "\x01" + `" (b 1)]`},
		{"file x seq 1 type i", "[x (i 1)]"},
	} {
		t.Run(fmt.Sprintf("%q", c.text), func(t *testing.T) {
			got, err := ReadManifest(strings.NewReader(c.text + "\n"))
			if err != nil || fmt.Sprint(got) != c.want {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
	for _, text := range []string{
		"", "# nothing\n", "file x seq 1\n", "file x seq 0 type i\n", "file x seq a type i\n", "file ../x seq 1 type i\n",
		"file x seq 1 type z\n", "file \"x seq 1 type i\n", "file x seq 1 type i odd\n", strings.Repeat("x", 2000),
	} {
		t.Run(fmt.Sprintf("%.40q", text), func(t *testing.T) {
			if got, err := ReadManifest(strings.NewReader(text)); err == nil {
				t.Errorf("%v", got)
			}
		})
	}
}

// FuzzWalk: however the bytes arrive, the events are the same.
func FuzzWalk(f *testing.F) {
	for _, c := range files {
		f.Add(c.bytes, uint8(5))
	}
	f.Fuzz(func(t *testing.T, data string, block uint8) {
		whole := walk(t, data, 1<<18)
		if got := walk(t, data, int(block)+1); got != whole {
			t.Errorf("blocks of %d:%s\nwhole:%s", int(block)+1, got, whole)
		}
	})
}
