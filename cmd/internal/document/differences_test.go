package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/report"
)

// someReport is one of n differences, sorted, with all that is hard to write in some.
func someReport(n int) *report.Report {
	d := diffReport()
	full := d.Differences[0]
	d.Differences = nil
	for i := range n {
		x := *full
		x.DB, x.Key = i*3/n, fmt.Appendf(nil, "key:%06d", i)
		switch i % 5 {
		case 1:
			x = diff.Difference{DB: x.DB, Key: x.Key, Kind: diff.ValueDiffers, Cause: finding.CauseUnexplained,
				ChangesTotal: 1, Note: "<&>\u2028\x7f\"differences\": []",
				Changes: []diff.Change{{Op: diff.Add, Field: []byte(InReport.empty() + InDiff.empty())}}}
		case 2:
			x.Changes, x.ChangesTotal = nil, -1
		case 3:
			x.Key = append(x.Key, 0xff, '\n', 0)
		}
		d.Differences = append(d.Differences, &x)
	}
	d.Summary.Different = int64(n)
	return &report.Report{Diff: d, Lacking: []string{InReport.empty()}}
}

// What is written of differences that come in any order, of which the report holds the
// first alone, is what is written of a report that holds all, byte for byte and in every
// shape: of none, of some, and of more than memory is to hold.
func TestAllDifferences(t *testing.T) {
	for name, shape := range map[string]struct {
		Shape
		write func(w io.Writer, r *report.Report, f *render.BytesFormatter, all *Differences) error
	}{
		"report": {InReport, func(w io.Writer, r *report.Report, f *render.BytesFormatter, all *Differences) error {
			return WriteReport(w, NewReport(r, f), all)
		}},
		"diff": {InDiff, func(w io.Writer, r *report.Report, f *render.BytesFormatter, all *Differences) error {
			return WriteDiff(w, NewDiff(r.Diff, f), all)
		}},
		"lines": {InLines, func(w io.Writer, r *report.Report, f *render.BytesFormatter, all *Differences) error {
			return NewDiff(r.Diff, f).WriteLines(w, all)
		}},
		"csv": {InCSV, func(w io.Writer, r *report.Report, f *render.BytesFormatter, all *Differences) error {
			return WriteDiffCSV(w, r.Diff, f, all)
		}},
	} {
		for _, n := range []int{0, 1, 7, 12_000} {
			for _, sharded := range []bool{false, true} {
				for mode, f := range map[string]*render.BytesFormatter{
					"quoted": plain, "redacted": render.NewBytesFormatter(render.Redacted, []byte("key")),
				} {
					t.Run(fmt.Sprint(name, n, sharded, mode), func(t *testing.T) {
						r := someReport(n)
						if sharded {
							r.Diff.Master.Shards = make([]*diff.Shard, 2)
							for i := range r.Diff.Master.Shards {
								r.Diff.Master.Shards[i] = &diff.Shard{Side: r.Diff.Replica}
							}
						}
						var want, got bytes.Buffer
						if err := shape.write(&want, r, f, nil); err != nil {
							t.Fatal(err)
						}
						all := NewDifferences(shape.Shape, f, sharded)
						for _, i := range rand.New(rand.NewPCG(1, 2)).Perm(n) {
							all.Add(r.Diff.Differences[i])
						}
						r.Diff.Differences = r.Diff.Differences[:min(n, 3)]
						err := errors.Join(shape.write(&got, r, f, all), all.Close())
						if err != nil || !bytes.Equal(got.Bytes(), want.Bytes()) {
							t.Errorf("%d bytes, want %d: %v", got.Len(), want.Len(), err)
						}
						if spilled := got.Len() > differencesMemory; name == "report" && spilled != (n > 10_000) {
							t.Errorf("%d bytes: that not all fit into memory is %v", got.Len(), spilled)
						}
					})
				}
			}
		}
	}
}

// A report without two states has no differences to write.
func TestWriteReportWithoutDiff(t *testing.T) {
	var want, got bytes.Buffer
	doc := NewReport(&report.Report{}, plain)
	err := errors.Join(Write(&want, doc), WriteReport(&got, doc, NewDifferences(InReport, plain, false)))
	if err != nil || got.String() != want.String() {
		t.Errorf("%v: %s", err, &got)
	}
}
