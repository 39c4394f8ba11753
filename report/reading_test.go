package report_test

import (
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/report"
)

// TestCapturesAreReadOnce: whose each artefact is, what clients sent, what the replica
// made of the stream and who wrote what differs all come of one reading of the packets
// (and of what it takes to recognise them), compressed ones included.
func TestCapturesAreReadOnce(t *testing.T) {
	const most = 1.2
	var read, size atomic.Int64
	r, err := report.Run(t.Context(), report.Options{
		Paths: []string{"../testdata/incidents/failover-7.2.6"}, Limits: parse.DefaultLimits(), MaxMemory: 64 << 20,
		Now: time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC), Tell: func(string, ...any) {},
		Open: func(path string) (*input.Input, error) {
			o := input.Options{Limits: parse.DefaultLimits()}
			if filepath.Base(path) == "link.pcap.gz" {
				o.Progress = func(n int) { read.Add(int64(n)) }
			}
			in, err := input.Open(path, o)
			if err == nil {
				t.Cleanup(func() { _ = in.Close() })
				if o.Progress != nil {
					size.Store(in.Size)
				}
			}
			return in, err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if times := float64(read.Load()) / float64(size.Load()); times > most {
		t.Errorf("%d bytes were read %.2f times", size.Load(), times)
	}
	if n := r.Diff.Summary.ByCause[finding.CauseDifferentHistory]; n == 0 {
		t.Errorf("%v by cause", r.Diff.Summary.ByCause)
	}
	written := 0
	for i := range r.Diff.Differences {
		written += len(r.Diff.Differences[i].WrittenBy)
	}
	if written == 0 {
		t.Error("nobody is named who wrote what differs")
	}
}
