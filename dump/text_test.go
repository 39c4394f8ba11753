package dump

import (
	"fmt"
	"strings"
	"testing"

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
