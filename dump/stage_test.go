package dump

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/redsleuth/redsleuth/filter"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/server"
)

// An outcome is all that a dump comes to.
type outcome struct {
	out                 string
	remarks             string
	damaged, incomplete bool
	seen                Seen
	err                 string
	drained             int64
}

// outcomeOf dumps an RDB that is in memory.
func outcomeOf(t *testing.T, file []byte, o Options) outcome {
	t.Helper()
	var out bytes.Buffer
	var remarks strings.Builder
	o.Remark = func(message string, key []byte) { fmt.Fprintf(&remarks, "%s %q\n", message, key) }
	o.Sums = func() ([]Sum, error) { return nil, nil }
	o.Again = func(at int64) (*parse.Cursor, error) {
		if at > int64(len(file)) {
			return nil, fmt.Errorf("place %d of %d", at, len(file))
		}
		return parse.NewCursorOnDemand(bytes.NewReader(file[at:]), at, 4<<10), nil
	}
	d := newDumper(t, &out, o)
	c := parse.NewCursor(bytes.NewReader(file), 0)
	defer c.Close()
	dec := rdb.NewDecoder(c, rdb.Options{Whole: true})
	err := d.RDB(nil, dec)
	after := dec.SkipAll()
	if closing := d.Close(); err == nil {
		err = closing
	}
	if err != nil {
		d.seen = Seen{}
	}
	text := out.String()
	if o.Format == Parquet { // how rows are cut into pages is no part of it
		text = parquetRows(t, out.Bytes())
	}
	return outcome{out: text, remarks: remarks.String(), damaged: d.Damaged(),
		incomplete: d.Incomplete(), seen: d.Seen(), err: fmt.Sprint(err, parse.IsDamage(after)),
		drained: c.Offset()}
}

var wanted = []Options{
	{Format: NDJSON},
	{Format: JSON},
	{Format: JSON, Filter: filter.Filter{MinSize: 60}},
	{Format: NDJSON, KeysOnly: true},
	{Format: NDJSON, Memory: true, Filter: filter.Filter{MinMemory: 200}},
	{Format: Parquet},
	{Format: Parquet, Memory: true, MemoryOf: mustVersion("7.2.6"), Filter: filter.Filter{MinSize: 50}},
	{Format: CSV},
	{Format: CSV, Memory: true, MemoryOf: mustVersion("7.0.15")},
	{Format: RESP},
	{Format: RESP, Replace: true, Filter: filter.Filter{MinSize: 40, DBs: []int{0, 3}}},
	{Format: Text},
	{Format: Text, Full: true},
	{Format: Text, Width: 80},
}

func mustVersion(text string) server.Version {
	v, err := server.Parse(text)
	if err != nil {
		panic(err)
	}
	return v
}

// TestSideBySide: keys that are written on several cores come out as those that
// are written one after the other do, whatever is wrong with the dump, and
// however it is cut into batches.
func TestSideBySide(t *testing.T) {
	files, err := filepath.Glob("../parse/rdb/testdata/mixed-*.rdb")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	random := rand.New(rand.NewPCG(3, 4))
	broken := 0
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			whole, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for n := range changes(t) {
				file := bytes.Clone(whole)
				switch {
				case n == 0:
				case n%4 == 0:
					file = file[:random.IntN(len(file))]
				default:
					file[random.IntN(len(file))] ^= 1 << random.IntN(8)
				}
				o := wanted[random.IntN(len(wanted))]
				if n < 3*len(wanted) {
					o = wanted[n%len(wanted)]
				}
				o.Workers = 1
				want := outcomeOf(t, file, o)
				o.Workers, o.batch = 3, []int{1, 40, 300, batchSize}[random.IntN(4)]
				got := outcomeOf(t, file, o)
				if got != want {
					path := filepath.Join(os.TempDir(), "side-by-side.rdb")
					_ = os.WriteFile(path, file, 0o600)
					t.Fatalf("%+v of %s, change %d:\n%s\nalone:\n%s", o.Format, path, n,
						excerpt(got, want), excerpt(want, got))
				}
				if want.damaged {
					broken++
				}
			}
		})
	}
	if broken < 2*len(files) {
		t.Errorf("%d of the dumps were broken", broken)
	}
}

func changes(t *testing.T) int {
	if testing.Short() {
		return 100
	}
	return 250
}

// parquetRows is a line a row.
func parquetRows(t *testing.T, file []byte) string {
	t.Helper()
	f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, g := range f.RowGroups() {
		rows := g.Rows()
		buf := make([]parquet.Row, 64)
		for {
			n, err := rows.ReadRows(buf)
			for _, r := range buf[:n] {
				fmt.Fprintf(&all, "%v\n", r)
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		rows.Close()
	}
	return all.String()
}

// excerpt is o from a little before where it is another than b.
func excerpt(o, b outcome) string {
	n := 0
	for n < min(len(o.out), len(b.out)) && o.out[n] == b.out[n] {
		n++
	}
	from := max(0, n-100)
	o.out = fmt.Sprintf("[%d bytes; %d: %q]", len(o.out), from, o.out[from:min(len(o.out), n+200)])
	return fmt.Sprintf("%+v", o)
}
