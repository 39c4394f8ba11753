package cause_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/cause"
	"github.com/redsleuth/redsleuth/cause/engine"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/divergence"
	"github.com/redsleuth/redsleuth/internal/redistest"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay"
)

// TestSameAnswer: divergences that were staged on servers of many versions have
// the cause that is known, and the same files have the same answer in every run.
func TestSameAnswer(t *testing.T) {
	redistest.Start(t) // an engine is asked for
	const local, again, unsent = "local-write", "re-evaluated", "not-propagated"
	for folder, want := range map[string]struct{ cause, row string }{
		"bitfield-fail-7.0.15":           {unsent, divergence.BitfieldOverflowFail},
		"hpersist-expired-valkey-9.0.0":  {again, divergence.RevivedFields},
		"hsetex-past-valkey-9.0.0":       {unsent, divergence.HSetEXPast},
		"lag-hpexpire-hpersist-7.4.1":    {again, divergence.LateHPersist},
		"local-hash-ttl-7.4.1":           {local, ""},
		"local-msetex-8.8dev":            {local, ""},
		"lua-spop-4.0.6":                 {again, divergence.ScriptSPop},
		"pfcount-tx-6.2.16":              {},
		"restore-ttl-overflow-7.4.1":     {},
		"sort-by-alpha-small-7.0.15":     {again, divergence.SortTies},
		"vadd-attr-update-8.8dev":        {unsent, divergence.VAddExisting},
		"xclaim-consumer-7.4.1":          {unsent, divergence.XClaimConsumer},
		"xreadgroup-entries-read-7.0.15": {unsent, divergence.EntriesRead},
		"xreadgroup-history-count-7.4.1": {unsent, divergence.XReadGroupHistory},
		"xtrim-approx-acked-8.8dev":      {unsent, divergence.XTrimMinIDAcked},
		"zremrangebylex-resync-7.2.6":    {again, divergence.LexRangeScores},
	} {
		t.Run(folder, func(t *testing.T) {
			runs := 10
			if testing.Short() {
				runs = 2
			}
			first := ""
			for range runs {
				answer := answerOf(t, folder, want.cause, want.row)
				if first == "" {
					first = answer
				}
				if answer != first {
					t.Fatalf("two answers:\n%s\n%s", first, answer)
				}
			}
			if (first == "") != (want.cause == "") {
				t.Errorf("%q", first)
			}
		})
	}
}

// answerOf is all that diff says of the differences, which all have one cause, and
// a row among their evidence where one is wanted.
func answerOf(t *testing.T, folder, why, row string) string {
	t.Helper()
	dir := filepath.Join("..", "testdata", "divergences", folder)
	links, err := filepath.Glob(filepath.Join(dir, "*.psync"))
	if err != nil || len(links) == 0 {
		t.Fatal("no links", err)
	}
	var inputs []*input.Input
	for _, path := range append([]string{filepath.Join(dir, "master.rdb"), filepath.Join(dir, "replica.rdb")}, links...) {
		in, err := input.Open(path, input.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		inputs = append(inputs, in)
	}
	x := cause.New(cause.Options{
		Replay: replay.Options{Streams: inputs[2:], Offset: record.Unknown},
		Engine: engine.Start, MaxBytes: 64 << 20, Tell: t.Logf,
	})
	report, err := x.Compare(t.Context(), inputs[0], inputs[1], diff.Options{MaxMemory: 64 << 20, TTLSkew: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Close(); err != nil {
		t.Error(err)
	}
	var text strings.Builder
	for _, d := range report.Differences {
		named := row == ""
		for _, e := range d.Evidence {
			named = named || e.Divergence == row
		}
		if string(d.Cause) != why || !named {
			t.Errorf("%s: %s %s, %+v", d.Key, d.Cause, d.Confidence, d.Evidence)
		}
		fmt.Fprintf(&text, "%s %s %s %s", d.Key, d.Kind, d.Cause, d.Confidence)
		for _, e := range d.Evidence {
			fmt.Fprintf(&text, " (%s %s %s %s)", e.Code, e.Command, e.Divergence, e.Message)
		}
		text.WriteString("\n")
	}
	return text.String()
}
