package report_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/report"
)

const failover = "../testdata/incidents/failover-7.2.6"

// reported is the account of a folder, of which each file is opened as with says.
func reported(t *testing.T, dir string, with func(path string, o *input.Options)) *report.Report {
	t.Helper()
	r, err := report.Run(t.Context(), report.Options{
		Paths: []string{dir}, Limits: parse.DefaultLimits(), MaxMemory: 64 << 20,
		Now: time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC), Tell: func(string, ...any) {},
		Open: func(path string) (*input.Input, error) {
			o := input.Options{Limits: parse.DefaultLimits()}
			with(path, &o)
			in, err := input.Open(path, o)
			if err == nil {
				t.Cleanup(func() { _ = in.Close() })
			}
			return in, err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestCapturesAreReadOnce: whose each artefact is, what clients sent, what the replica
// made of the stream and who wrote what differs all come of one reading of the packets
// (and of what it takes to recognise them), compressed ones included.
func TestCapturesAreReadOnce(t *testing.T) {
	const most = 1.2
	var read, size atomic.Int64
	r := reported(t, failover, func(path string, o *input.Options) {
		if info, err := os.Stat(path); err == nil && filepath.Base(path) == "link.pcap.gz" {
			size.Store(info.Size())
			o.Progress = func(n int) { read.Add(int64(n)) }
		}
	})
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

// What is wrong within a compressed capture is shown with the bytes around it, although
// its packets are not read again.
func TestExcerptOfACompressedCapture(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(failover)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "link.pcap.gz")
	packed, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	z, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	out := gzip.NewWriter(&b)
	half := len(whole) / 2
	for _, part := range [][]byte{whole[:half], make([]byte, 4096), whole[half:]} {
		if _, err := out.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(out.Close(), os.WriteFile(path, b.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	r := reported(t, dir, func(string, *input.Options) {})
	shown := 0
	for _, a := range r.Artefacts {
		if a.Inspect == nil || a.Kind != input.KindPCAP {
			continue
		}
		for i := range a.Inspect.Findings {
			f := &a.Inspect.Findings[i]
			if e := r.Excerpt(f); f.Code == finding.ZeroFilled && e != nil && len(e.Fields) > 0 {
				shown++
			}
		}
	}
	if shown != 1 {
		t.Errorf("%d places are shown", shown)
	}
}
