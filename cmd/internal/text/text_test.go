package text

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/cmd/internal/document"
	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/divergence"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/ledger"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay"
	"github.com/redsleuth/redsleuth/replay/replica"
)

// views are all of them, of small reports.
var views = map[string]func(w io.Writer, o Options) error{
	"inspect": func(w io.Writer, o Options) error {
		r := &inspect.RDB{
			Magic: "REDIS", Version: 9, Keys: 1, Databases: []*inspect.Database{{Keys: 1}}, End: record.Clean,
			Biggest: []inspect.Key{{Name: []byte("secret"), Object: rdb.ObjectHash, Elements: 2}},
		}
		return Inspect(w, document.Input{Path: "dump.rdb"}, &inspect.Report{Kind: input.KindRDB, RDB: r}, o)
	},
	"replay": func(w io.Writer, o Options) error {
		link := &replay.Link{Link: record.Link{Number: 1, EndOffset: 9}}
		touches := []replay.Touch{{Link: 1, Key: []byte("secret"), Command: "SECRET-COMMAND"}}
		return Replay(w, &replay.Report{
			Links: []*replay.Link{link}, Touches: touches,
			States: []replay.State{{Link: 1, State: replica.State{Libraries: []string{"secretlib"}}, Reached: true}},
		}, &replay.Options{At: &replay.Point{Offset: 5}, Key: func([]byte) bool { return true }}, Beside{}, o)
	},
	"diff": func(w io.Writer, o Options) error {
		side := &diff.Side{Path: "a.rdb", Kind: input.KindRDB}
		change := diff.Change{Op: diff.Add, Field: []byte("secret"), Master: &diff.Datum{Bytes: []byte("secret")}}
		return Diff(w, accountOf(&diff.Report{
			Master: side, Replica: side, Replication: diff.Replication{Verdict: diff.UnknownVerdict},
			Summary: diff.Summary{Different: 1, ByCause: map[finding.Cause]int64{finding.CauseLag: 1}},
			Differences: []*diff.Difference{{
				Key: []byte("secret"), Kind: diff.ValueDiffers, Cause: finding.CauseLag, Confidence: finding.Proved,
				Changes: []diff.Change{change},
			}},
		}), nil, o)
	},
	"scripts": func(w io.Writer, o Options) error {
		return Scripts(w, []*ledger.Script{{SHA1: strings.Repeat("ab", 20), Times: 1}}, o)
	},
	"explain": func(w io.Writer, o Options) error {
		return Explain(w, []document.Entry{{Code: "lag", Title: "It lags"}}, o)
	},
	"codes": func(w io.Writer, o Options) error {
		return Codes(w, document.NewExplain(finding.Catalogue(), divergence.All()), o)
	},
	"version": func(w io.Writer, o Options) error {
		return Version(w, &document.Version{Version: "v1", Revision: "abc", Modified: finding.At(true)}, o)
	},
}

func options(mode render.Mode) Options {
	return Options{Style: render.NewStyle(false, 0), Bytes: render.NewBytesFormatter(mode, []byte("key"))}
}

var errFull = errors.New("no space left")

// full takes n writes and no more.
type full struct{ n int }

func (f *full) Write(b []byte) (int, error) {
	if f.n--; f.n < 0 {
		return 0, errFull
	}
	return len(b), nil
}

// TestFirstError: whenever writing fails, a view says so, and it stops.
func TestFirstError(t *testing.T) {
	for name, view := range views {
		t.Run(name, func(t *testing.T) {
			writes := 0
			for ; writes < 1000; writes++ {
				w := &full{writes}
				err := view(w, options(render.Quoted))
				if err == nil {
					break
				}
				if !errors.Is(err, errFull) || w.n < -1 {
					t.Fatalf("after %d writes: %v, and %d more", writes, err, -w.n-1)
				}
			}
			if writes == 0 || writes == 1000 {
				t.Errorf("it made %d writes", writes)
			}
		})
	}
}

// TestRedacted: no view shows anything of the artefacts under --show redacted.
func TestRedacted(t *testing.T) {
	for name, view := range views {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			if err := view(&b, options(render.Redacted)); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(strings.ToLower(b.String()), "secret") {
				t.Errorf("it shows a secret:\n%s", &b)
			}
		})
	}
}

// TestFirstLine: it answers the first question that one asks.
func TestFirstLine(t *testing.T) {
	for name, want := range map[string]string{
		"inspect": "dump.rdb  RDB dump",
		"replay":  "No problems for a replica of unknown version.",
		"diff":    "NOT consistent: 1 of 1 key differs: lag",
		"scripts": "1 script, 0 function libraries",
		"explain": "lag",
		"codes":   "redsleuth explain CODE tells what happens, how to make sure and what to do.",
		"version": "redsleuth v1",
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			if err := views[name](&b, options(render.Quoted)); err != nil {
				t.Fatal(err)
			}
			if first, _, _ := strings.Cut(b.String(), "\n"); first != want {
				t.Errorf("%q, want %q", first, want)
			}
		})
	}
}
