package ledger

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/link"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

func command(args ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, a := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(a), a)
	}
	return b.String()
}

func fill(t *testing.T, l *Ledger, stream string) {
	t.Helper()
	o := link.Options{Link: link.NewLink(1), DB: record.Unknown}
	if err := link.Walk(parse.NewBytesCursor([]byte(stream), 0), o, l.For("s", parse.Limits{})); err != nil {
		t.Fatal(err)
	}
}

func TestStreams(t *testing.T) {
	l := New(1<<20, 100)
	restore := "\xf5\x0c#!lua name=b\x0a\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	fill(t, l, command("EVAL", "return 1", "0")+command("script", "load", "return 1")+command("SCRIPT", "FLUSH")+
		command("EVALSHA", "return 3", "0")+command("FUNCTION", "LOAD", "REPLACE", "#!lua name=a")+command("FUNCTION", "RESTORE", restore)+
		command("FUNCTION", "RESTORE", "x")+command("SET", "eval", "return 4"))
	var got []string
	for _, s := range l.Scripts() {
		line := fmt.Sprintf("%s %d", s.Body, s.Times)
		for _, at := range s.Seen {
			line += fmt.Sprintf(" %s@%d", at.As, at.Byte)
		}
		got = append(got, line)
	}
	want := []string{"return 1 2 eval@0 script-load@35", "#!lua name=a 1 function-load@140", "#!lua name=b 1 function-restore@200"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(l.Damage) != 1 {
		t.Errorf("damage: %v", l.Damage)
	}
}

func TestDump(t *testing.T) {
	data := "REDIS0010\xfa\x03lua\x08return 1\xf5\x0c#!lua name=a\xfe\x00\x00\x01k\x01v\xfa\x03lua\x08return 1\xff\x00\x00\x00\x00\x00\x00\x00\x00"
	l := New(1<<20, 100)
	if err := l.For("d", parse.Limits{}).RDB(nil, rdb.NewDecoder(parse.NewBytesCursor([]byte(data), 0), rdb.Options{})); err != nil {
		t.Fatal(err)
	}
	if s := l.Scripts(); len(s) != 2 || s[0].Times != 2 || s[0].Seen[1].Byte != 44 || s[1].Analysis.Library == nil {
		t.Errorf("%+v", s)
	}
}

// A dump that can be read to its end may be wrong all the same: the texts in
// it are listed, and the reader is told.
func TestWrongDump(t *testing.T) {
	const dump = "REDIS0009\xfa\x03lua\x08return 1\xff"
	recording := link.NewLink(1)
	tests := map[string]struct {
		checksum string
		link     *record.Link
		note     *record.Note
		damage   int
	}{
		"no checksum":                {"\x00\x00\x00\x00\x00\x00\x00\x00", nil, nil, 0},
		"a wrong checksum":           {"\x01\x02\x03\x04\x05\x06\x07\x08", nil, nil, 1},
		"a wrong one in a recording": {"\x01\x02\x03\x04\x05\x06\x07\x08", recording, nil, 0},
		"bytes behind the end":       {"\x00\x00\x00\x00\x00\x00\x00\x00", nil, &record.Note{Kind: record.NoteTrailing, Byte: 31}, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			l := New(1<<20, 100)
			r := l.For("d", parse.Limits{})
			if err := r.RDB(tt.link, rdb.NewDecoder(parse.NewBytesCursor([]byte(dump+tt.checksum), 0), rdb.Options{})); err != nil {
				t.Fatal(err)
			}
			if tt.note != nil {
				if err := r.Note(tt.note); err != nil {
					t.Fatal(err)
				}
			}
			if len(l.Damage) != tt.damage || len(l.Scripts()) != 1 {
				t.Errorf("damage %v, %d scripts", l.Damage, len(l.Scripts()))
			}
		})
	}
}

func TestBounds(t *testing.T) {
	l := New(10, 2)
	for i := range 4 {
		fill(t, l, command("EVAL", fmt.Sprintf("return %d", i), "0"))
	}
	if len(l.Scripts()) != 2 || l.Left != 2 || l.Scripts()[0].Body == nil || l.Scripts()[1].Body != nil {
		t.Errorf("%+v, %d left", l.Scripts(), l.Left)
	}
}
