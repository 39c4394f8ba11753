package diff

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/input"
)

// strings0 are records of strings in database 0: from key to value, hex.
func strings0(values ...string) string {
	var b strings.Builder
	b.WriteString("fe 00\n")
	for i, v := range values {
		if v != "" {
			fmt.Fprintf(&b, "00 01 %02x 01 %s // key %c\n", 'a'+i, v, 'a'+i)
		}
	}
	return b.String()
}

func opened(t *testing.T, master, replica string, o Options) *Comparison {
	t.Helper()
	o.MaxMemory = max(o.MaxMemory, 1<<20)
	c, err := Open(t.Context(), one(open(t, dumpFile(t, "0011", master))), one(open(t, dumpFile(t, "0011", replica))), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// TestWhatIsSetOnASubjectCounts, and the report is known before.
func TestWhatIsSetOnASubjectCounts(t *testing.T) {
	c := opened(t, strings0("31", "32", "33", ""), strings0("31", "39", "", "34"), Options{})
	if r := c.Report(); r.Master.Keys != 3 || r.Replica.Keys != 3 || r.Suspects != 3 || r.Replication.Verdict != UnknownVerdict {
		t.Errorf("before: %+v", r)
	}
	seen := ""
	for batch, err := range c.Unexplained(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range batch {
			seen += string(s.Key)
			if (s.MasterValue == nil) != (s.Kind == ExtraOnReplica) || (s.ReplicaValue == nil) != (s.Kind == MissingOnReplica) {
				t.Errorf("%s is %s, of %v and %v", s.Key, s.Kind, s.MasterValue, s.ReplicaValue)
			}
			if s.Kind == ValueDiffers {
				s.Explain(finding.CauseLag, finding.Proved)
			}
		}
	}
	r, err := c.Finish(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) != 3 || r.Summary.Different != 3 || r.Summary.Equal != 1 {
		t.Errorf("saw %s; %+v", seen, r.Summary)
	}
	for _, d := range r.Differences {
		want := finding.CauseUnexplained
		if string(d.Key) == "b" {
			want = finding.CauseLag
		}
		if d.Cause != want || d.Cause == finding.CauseUnexplained && len(d.Evidence) != 1 {
			t.Errorf("%s: %s, %v", d.Key, d.Cause, d.Evidence)
		}
	}
}

// TestAHalfWayReportIsNone: differences that were not gone over would be
// missing from it without a word.
func TestAHalfWayReportIsNone(t *testing.T) {
	c := opened(t, strings0("31", "32"), strings0("33", "34"), Options{})
	for range c.Unexplained(t.Context()) {
		break
	}
	if r, err := c.Finish(t.Context()); err == nil {
		t.Errorf("reported %+v", r)
	}
}

// TestBatchesAreBounded: many differences come in many batches, each key once.
func TestBatchesAreBounded(t *testing.T) {
	var master, replica strings.Builder
	const keys = 5000
	for _, b := range []*strings.Builder{&master, &replica} {
		b.WriteString("fe 00\n")
	}
	for i := range keys {
		fmt.Fprintf(&master, "00 02 %04x 01 31\n", i)
		fmt.Fprintf(&replica, "00 02 %04x 01 32\n", i)
	}
	c := opened(t, master.String(), replica.String(), Options{MaxMemory: 2 << 20, Limit: 7})
	seen, batches := map[string]bool{}, 0
	for batch, err := range c.Unexplained(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		batches++
		for _, s := range batch {
			if seen[string(s.Key)] {
				t.Fatalf("%x comes twice", s.Key)
			}
			seen[string(s.Key)] = true
		}
	}
	r, err := c.Finish(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) != keys || r.Summary.Different != keys || batches < 4 {
		t.Errorf("%d keys in %d batches; %+v", len(seen), batches, r.Summary)
	}
	if len(r.Differences) != 7 || string(r.Differences[6].Key) != "\x00\x06" {
		t.Errorf("%d differences, not the first 7", len(r.Differences))
	}
}

// Who is told each difference has its changes, no fewer than without a limit, of which the
// report keeps as many differences as it is told to, without.
func TestKeep(t *testing.T) {
	var told []string
	c := opened(t, "fe 00 00 01 61 01 31 00 01 62 01 31 00 01 63 01 31", "fe 00 00 01 61 01 32 00 01 62 01 32 00 01 63 01 32",
		Options{Keep: 2, Bare: true, Each: func(d *Difference) {
			told = append(told, fmt.Sprintf("%s with %d of %d changes", d.Key, len(d.Changes), d.ChangesTotal))
		}})
	r, err := c.Finish(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(told)
	want := []string{"a with 1 of 1 changes", "b with 1 of 1 changes", "c with 1 of 1 changes"}
	if !slices.Equal(told, want) {
		t.Errorf("told %q", told)
	}
	kept := ""
	for _, d := range r.Differences {
		kept += fmt.Sprintf("%s %d ", d.Key, len(d.Changes))
	}
	if kept != "a 0 b 0 " || r.Summary.Different != 3 {
		t.Errorf("kept %s of %d", kept, r.Summary.Different)
	}
}

// TestErrorsEndTheDifferences: an input that goes away is an error, not a
// shorter list.
func TestErrorsEndTheDifferences(t *testing.T) {
	c := opened(t, strings0("31", "32"), strings0("33", "34"), Options{})
	if err := c.inputs[1][0].Close(); err != nil {
		t.Fatal(err)
	}
	var found error
	for _, err := range c.Unexplained(t.Context()) {
		found = errors.Join(found, err)
	}
	if _, err := c.Finish(t.Context()); found == nil || err == nil {
		t.Errorf("went over all: %v; reported: %v", found, err)
	}
}

// one is a side of one dump.
func one(in *input.Input) []*input.Input { return []*input.Input{in} }
