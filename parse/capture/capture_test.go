package capture

import (
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/link"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// recorder writes down what a walk yields: with offsets, commands as they
// come from a capture and from the raw bytes of the same link look the same.
type recorder struct {
	strings.Builder
	links []record.Link
	notes map[record.NoteKind]int
	times int
	// quiet: commands are only counted.
	quiet bool
}

func (r *recorder) RDB(l *record.Link, d *rdb.Decoder) error {
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

func (r *recorder) LinkStart(l *record.Link) error {
	fmt.Fprintf(r, "%s %s\n", l.Resync, l.ReplicationID)
	return nil
}

func (r *recorder) Command(c *record.Command) error {
	if !c.Time.IsZero() {
		r.times++
	}
	if !r.quiet {
		fmt.Fprintf(r, "%d-%d db %d tx %d %q\n", c.Offset, c.EndOffset, c.DB, c.Transaction, c.Args)
	}
	return nil
}

func (r *recorder) Note(n *record.Note) error {
	if r.notes == nil {
		r.notes = map[record.NoteKind]int{}
	}
	r.notes[n.Kind]++
	return nil
}

func (r *recorder) LinkEnd(l *record.Link) error {
	fmt.Fprintf(r, "%d commands, %d bytes, to %d\n", l.Commands, l.Bytes, l.EndOffset)
	r.links = append(r.links, *l)
	return nil
}

func walkFile(t testing.TB, path string, r *recorder) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	c := parse.NewCursor(plain, 0)
	defer c.Close()
	if err := Walk(t.Context(), c, Options{}, r); err != nil {
		t.Fatal(err)
	}
}

// raw walks the bytes of a link as the proxy wrote them, with the request that
// the capture shows.
func raw(t testing.TB, path string, l record.Link, r *recorder) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	plain := link.NewLink(1)
	plain.Requested = l.Requested
	if err := link.Walk(parse.NewBytesCursor(data, 0), link.Options{Link: plain, DB: record.Unknown}, r); err != nil {
		t.Fatal(err)
	}
}

// The capture and the raw bytes of the same links give the same commands at
// the same offsets.
func TestCaptureAndRawBytesAgree(t *testing.T) {
	dir := filepath.Join("..", "..", "testdata", "incidents", "evalsha-4.0.2")
	got := &recorder{}
	walkFile(t, filepath.Join(dir, "link.pcap.gz"), got)
	if len(got.links) != 2 {
		t.Fatalf("%d links", len(got.links))
	}
	want := &recorder{}
	for i, l := range got.links {
		raw(t, filepath.Join(dir, fmt.Sprintf("link-%d.psync", i+1)), l, want)
	}
	if got.String() != want.String() {
		t.Errorf("from the capture:\n%s\nfrom the bytes:\n%s", got.String(), want.String())
	}
	if commands := got.links[0].Commands + got.links[1].Commands; int64(got.times) != commands {
		t.Errorf("%d commands, %d of them with a time", commands, got.times)
	}
	if l := got.links[1]; l.Anchor != record.AnchorPSYNC || got.notes[record.NoteIgnored] == 0 {
		t.Errorf("%+v, %v", l, got.notes)
	}
}
