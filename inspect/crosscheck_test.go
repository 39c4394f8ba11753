package inspect

import (
	"path/filepath"
	"testing"

	"github.com/redsleuth/redsleuth/parse/input"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/artefact"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

// Both decoders agree on what real servers wrote, as far as the second one
// can read it.
func TestCrossCheck(t *testing.T) {
	files, err := filepath.Glob("../testdata/dumps/*.rdb")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, path := range files {
		in, err := input.Open(path, input.Options{})
		if err != nil {
			t.Fatal(err)
		}
		i := New(Options{Kind: in.Kind, CrossCheck: true, Again: in.CursorAt})
		if _, err := artefact.Walk(t.Context(), in, artefact.Options{}, i); err != nil {
			t.Fatal(err)
		}
		if err := in.Close(); err != nil {
			t.Fatal(err)
		}
		r := i.Report()
		x := r.RDB.CrossChecked
		if sum := x.Agreed + x.Differ + x.Unknown + x.TooLarge; sum != r.RDB.Keys || x.Differ > 1 || finding.HasProblems(r.Findings) {
			t.Errorf("%s: %+v of %d keys, %v", path, *x, r.RDB.Keys, codes(r))
		}
	}
}

// Each way in which the two can differ is noticed.
func TestDifferences(t *testing.T) {
	record := []byte("\x01\x01a\x02\x01x\x01y") // list a = x y
	rec := func(change func(*rdb.Record)) *rdb.Record {
		r := &rdb.Record{Key: []byte("a"), Object: rdb.ObjectList}
		change(r)
		return r
	}
	for want, c := range map[string]struct {
		rec  *rdb.Record
		ours []string
	}{
		"":                                      {rec(func(*rdb.Record) {}), []string{"x", "y"}},
		"another name":                          {rec(func(r *rdb.Record) { r.Key = []byte("b") }), []string{"x", "y"}},
		"another type":                          {rec(func(r *rdb.Record) { r.Object = rdb.ObjectSet }), []string{"x", "y"}},
		"another expiry":                        {rec(func(r *rdb.Record) { r.HasExpire = true }), []string{"x", "y"}},
		"other members":                         {rec(func(*rdb.Record) {}), []string{"y", "x"}},
		"2 members, where this program finds 1": {rec(func(*rdb.Record) {}), []string{"x"}},
	} {
		x := &crossChecker{header: rdb.Header{Magic: "REDIS", Version: 9}, ours: c.ours}
		if got, failed := x.compare(c.rec, record); got != want || failed {
			t.Errorf("%q, failed %v, want %q", got, failed, want)
		}
	}
}
