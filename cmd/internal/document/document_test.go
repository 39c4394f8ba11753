package document

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/divergence"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/server"
)

var update = flag.Bool("update", false, "rewrite the documents in testdata")

// plain shows bytes as they are.
var plain = render.NewBytesFormatter(render.Quoted, nil)

// A view writes a document of a report made by hand.
type view struct {
	name  string // of the golden in testdata
	write func(w io.Writer, f *render.BytesFormatter) error
}

// of is the view that writes one document.
func of[T any](name string, make func(f *render.BytesFormatter) T) view {
	return view{name, func(w io.Writer, f *render.BytesFormatter) error { return Write(w, make(f)) }}
}

// views are every document twice: of a report that tells all, and of one that
// tells as little as can be.
func views() []view {
	return []view{
		of("inspect.json", func(f *render.BytesFormatter) *Inspect {
			in := Input{Path: "dump.rdb.gz", Bytes: finding.At[int64](1234), Compression: "gzip"}
			return NewInspect(in, dumpReport(), f)
		}),
		of("inspect-link.json", func(f *render.BytesFormatter) *Inspect {
			return NewInspect(Input{Path: "link.pcap", Bytes: finding.At[int64](9876)}, linkReport(), f)
		}),
		of("inspect-bare.json", func(f *render.BytesFormatter) *Inspect {
			return NewInspect(Input{Path: "-"}, bareReport(), f)
		}),
		of("replay.json", func(f *render.BytesFormatter) *Replay {
			return NewReplay(replayReport(), replayContents(), replayAsked(), f)
		}),
		of("replay-bare.json", func(f *render.BytesFormatter) *Replay {
			return NewReplay(bareReplay(), nil, bareReplayAsked(), f)
		}),
		of("diff.json", func(f *render.BytesFormatter) *Diff { return NewDiff(diffReport(), f) }),
		of("diff-bare.json", func(f *render.BytesFormatter) *Diff { return NewDiff(bareDiff(), f) }),
		{"diff.ndjson", func(w io.Writer, f *render.BytesFormatter) error {
			return NewDiff(diffReport(), f).WriteLines(w, nil)
		}},
		{"diff.csv", func(w io.Writer, f *render.BytesFormatter) error {
			return WriteDiffCSV(w, diffReport(), f, nil)
		}},
		of("scripts.json", func(f *render.BytesFormatter) *Scripts { return NewScripts(someScripts(), f) }),
		of("explain.json", func(*render.BytesFormatter) *Explain {
			return NewExplain([]finding.Entry{
				{Code: "truncated", Title: "It ends early", Severity: "error", Mechanism: "It was cut.",
					Confirm: "Look.", Act: "Copy it again.", References: []string{"rdb.c"}},
				{Code: "lag", Title: "The replica lags", Severity: "cause", Behaviours: []string{"panics-on-duplicate-script"},
					Mechanism: "m", Confirm: "c", Act: "a", References: []string{}},
			}, []*divergence.Row{{
				Name: "noop", Way: divergence.Unsent, Title: "NOOP is not sent", Commands: []string{"NOOP"},
				When: "always", Differs: "nothing", Behaviours: []server.Behaviour{server.OmitsVADDUpdates},
				Seen: divergence.AtClients, Dumps: divergence.Hidden, Confirm: []string{"a", "b"}, Act: "nothing",
			}})
		}),
		of("version.json", func(*render.BytesFormatter) Version {
			return Version{
				Schema: VersionSchema, Version: "v1.2.3", Revision: "abc", Modified: finding.At(false),
				Time: "2026-01-01T00:00:00Z", Go: "go1.26",
				Platform: "linux/amd64", RDB: "1 to 15", Reads: []string{"rdb"}, Compressions: []string{"gzip"},
			}
		}),
	}
}

// TestDocuments holds every document against its golden in testdata.
func TestDocuments(t *testing.T) {
	for _, v := range views() {
		t.Run(v.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := v.write(&b, plain); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", v.name)
			if *update {
				if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), b.String()); d != "" {
				t.Errorf("the document changed (-want +got); -update rewrites it:\n%s", d)
			}
		})
	}
}

// TestRedacted: of what the reports hold of the artefacts, which is all marked
// as secret, no document shows anything under --show redacted.
func TestRedacted(t *testing.T) {
	f := render.NewBytesFormatter(render.Redacted, []byte("key"))
	for _, v := range views() {
		t.Run(v.name, func(t *testing.T) {
			var shown, redacted bytes.Buffer
			if err := v.write(&shown, plain); err != nil {
				t.Fatal(err)
			}
			if err := v.write(&redacted, f); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(redacted.String(), "secret") {
				t.Errorf("it shows a secret:\n%s", &redacted)
			}
			if hides := strings.Contains(shown.String(), "secret"); hides != strings.Contains(redacted.String(), "redacted") {
				t.Errorf("secrets in it: %v", hides)
			}
		})
	}
}

// TestUnknown: what nothing tells is null or absent in every document.
func TestUnknown(t *testing.T) {
	for _, v := range views() {
		if !strings.HasSuffix(v.name, ".json") {
			continue
		}
		t.Run(v.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := v.write(&b, plain); err != nil {
				t.Fatal(err)
			}
			var document any
			if err := json.Unmarshal(b.Bytes(), &document); err != nil {
				t.Fatal(err)
			}
			eachValue("", document, func(path string, value any) {
				asked := strings.HasSuffix(path, ".requested.offset") // PSYNC ? -1 is what was sent
				if (value == "" || value == -1.0) && !asked {
					t.Errorf("%s is %#v", path, value)
				}
			})
		})
	}
}

// eachValue calls see with everything in a document that is no list or object.
func eachValue(path string, document any, see func(path string, value any)) {
	switch v := document.(type) {
	case map[string]any:
		for name, x := range v {
			eachValue(path+"."+name, x, see)
		}
	case []any:
		for _, x := range v {
			eachValue(path, x, see)
		}
	default:
		see(path, v)
	}
}

// TestWrite: a document is escaped and ends with a line end, of which NDJSON
// has no other.
func TestWrite(t *testing.T) {
	document := map[string]any{"a": "<\u009b>", "b": []int{}}
	for name, c := range map[string]struct {
		write func(io.Writer, any) error
		want  string
	}{
		"lines":    {Write, "{\n  \"a\": \"<\\u009b>\",\n  \"b\": []\n}\n"},
		"one line": {WriteLine, "{\"a\":\"<\\u009b>\",\"b\":[]}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := c.write(&b, document); err != nil || b.String() != c.want {
				t.Errorf("%q, %v; want %q", &b, err, c.want)
			}
		})
	}
	if err := Write(io.Discard, func() {}); err == nil {
		t.Error("what is no document is written")
	}
}

func TestWriteInspects(t *testing.T) {
	one := &Inspect{Schema: "s", Findings: []Finding{}}
	document := func(w io.Writer, all []*Inspect) error { return WriteInspects(w, all, false) }
	array := func(w io.Writer, all []*Inspect) error { return WriteInspects(w, all, true) }
	for name, c := range map[string]struct {
		write func(io.Writer, []*Inspect) error
		all   []*Inspect
		want  string // its first line
	}{
		"one":      {document, []*Inspect{one}, "{"},
		"a folder": {array, []*Inspect{one}, "["},
		"nothing":  {array, nil, "[]"},
		"several":  {array, []*Inspect{one, one}, "["},
		"lines":    {WriteInspectLines, []*Inspect{one, one}, `{"schema":"s","record":"inspect",`},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := c.write(&b, c.all); err != nil || !strings.HasPrefix(b.String(), c.want) {
				t.Errorf("%s, %v", &b, err)
			}
			if name == "lines" && strings.Count(b.String(), "\n") != 2 {
				t.Errorf("not a line an input:\n%s", &b)
			}
		})
	}
}

// A finding names its input, or the part of a set as a path that can be
// opened.
func TestFile(t *testing.T) {
	for _, c := range []struct{ name, path, part, want string }{
		{"the one input", "", "", ""},
		{"one of several", "a/link.psync", "", `"a/link.psync"`},
		{"a part of the one set", "", "aof.1.base.rdb", `"aof.1.base.rdb"`},
		{"a part of a folder", "aof", "aof.1.base.rdb", `"aof/aof.1.base.rdb"`},
		{"a part of a manifest", "aof/aof.manifest", "aof.1.base.rdb", `"aof/aof.1.base.rdb"`},
		{"no UTF-8", "", "\xff", `{"base64":"/w=="}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := string(file(c.path, []byte(c.part), plain)); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestFindings(t *testing.T) {
	known := finding.Finding{ExpectedDB: finding.At(0)}
	asked := finding.Finding{ExpectedDBUnknown: true}
	for name, c := range map[string]struct {
		in   finding.Finding
		want string // of expected_db
	}{
		"database 0": {known, "0"}, "not known": {asked, "null"}, "not asked": {finding.Finding{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := string(Findings([]finding.Finding{c.in}, plain)[0].ExpectedDB); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
	if Findings(nil, plain) == nil {
		t.Error("no findings are null, not []")
	}
}
