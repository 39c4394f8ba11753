package dump

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// TestTextIsCutForTerminalsAlone: a key and the keys of a command are whole on
// every width, and without a width so is all the rest, however large.
func TestTextIsCutForTerminalsAlone(t *testing.T) {
	key, member := strings.Repeat("k", 200), strings.Repeat("m", 300)
	for _, width := range []int{0, 40, 80} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			var out strings.Builder
			d := newDumper(t, &out, Options{Format: Text, Width: width})
			rec := &rdb.Record{Kind: rdb.KindKey, Object: rdb.ObjectSet, Key: []byte(key), Encoding: "hashtable",
				Elements: 1000, Idle: -1, Freq: -1}
			p := d.printer
			if err := p.keyStart(rec); err != nil {
				t.Fatal(err)
			}
			for range 1000 {
				err := p.element(rec, &rdb.Element{Kind: rdb.ElementBytes, Member: []byte(member)})
				if err == rdb.SkipRest {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			c := &record.Command{Args: [][]byte{[]byte("SET"), []byte(key), []byte(member)}}
			for _, err := range []error{p.keyEnd(rec, true), p.command(c), d.Close()} {
				if err != nil {
					t.Fatal(err)
				}
			}
			if n := strings.Count(out.String(), key); n != 2 {
				t.Errorf("the key is there %d times, not 2:\n%.500s", n, out.String())
			}
			want := 0
			if width == 0 {
				want = 1001
			}
			if n := strings.Count(out.String(), member); n != want {
				t.Errorf("the member is there %d times, not %d", n, want)
			}
			if lines := strings.Count(out.String(), "\n"); lines != 4 { // each under its heading
				t.Errorf("%d lines", lines)
			}
		})
	}
}

// TestTextOfClients: the heading has the day and the server; a command that is cut
// behind its client stands below it.
func TestTextOfClients(t *testing.T) {
	at := time.Date(2026, 1, 2, 23, 59, 59, 5e8, time.UTC)
	said := func(after time.Duration, to string, words ...string) *record.ClientCommand {
		c := &record.ClientCommand{Addr: "10.0.0.7:51034", To: to, Name: "web", Time: at.Add(after)}
		for _, w := range words {
			c.Args = append(c.Args, []byte(w))
		}
		return c
	}
	var out strings.Builder
	d := newDumper(t, &out, Options{Format: Text, Width: 80})
	for _, c := range []*record.ClientCommand{
		said(0, "10.0.0.1:6379", "DEL", "k"),
		said(0, "10.0.0.1:6380", "DEL", "k"),
		said(0, "10.1.0.2:6379", "GET", "k"),
		said(time.Second, "10.0.0.1:6379", "SET", "cart:17", "a value that is long, and has room"),
		said(time.Second, "10.0.0.1:6379", "SET", "cart:17", "a value that is so very long that it has none"),
	} {
		if err := d.Client(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	want := `      byte record     db 2026-01-02 UTC client (of 10.0.0.1:6379) command
         0 client     0 23:59:59.500 10.0.0.7:51034/web "DEL" "k"
         0 client     0 23:59:59.500 10.0.0.7:51034/web to :6380 "DEL" "k"
         0 client     0 23:59:59.500 10.0.0.7:51034/web to 10.1.0.2:6379
                      "GET" "k"
      byte record     db 2026-01-03 UTC client (of 10.0.0.1:6379) command
         0 client     0 00:00:00.500 10.0.0.7:51034/web
                      "SET" "cart:17" "a value that is long, and has room"
         0 client     0 00:00:00.500 10.0.0.7:51034/web
                      "SET" "cart:17" "a value that is so very lo"… (45 bytes)
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}
