// Package redsleuth holds what concerns the tree as a whole.
package redsleuth

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/redsleuth/redsleuth/"

// leaves know nothing of artefacts; any room above parse may use them.
const leaves = " finding server command script glob divergence pattern cluster"

// blobs are the packed values within a dump.
const blobs = " parse/rdb/internal/listpack parse/rdb/internal/ziplist parse/rdb/internal/intset parse/rdb/internal/zipmap parse/rdb/internal/lzf parse/rdb/internal/packed"

// rooms lists every package with those of this module that it may import;
// "x/..." is x and all below it. Imports go from the command line to the
// bytes, never back and never sideways. ARCHITECTURE.md says why.
var rooms = map[string]string{
	"cmd/redsleuth":         "filter repl cmd/internal/... parse/... value inspect diff cause/... replay/... dump ledger report collect" + leaves,
	"cmd/internal/text":     "repl cmd/internal/document cmd/internal/render parse/... inspect diff replay/... ledger report collect internal/appendjson" + leaves,
	"cmd/internal/document": "repl cmd/internal/render parse/... inspect diff replay/... ledger report internal/appendjson internal/columns internal/extsort" + leaves,
	"cmd/internal/schema":   "cmd/internal/document collect dump finding internal/columns parse/record",
	"cmd/internal/chart":    "",
	"cmd/internal/page":     "repl cmd/internal/chart cmd/internal/document cmd/internal/render parse/... diff inspect replay/... report" + leaves,
	"cmd/internal/render":   "internal/appendjson command finding",
	"collect":               "collect/pcapng collect/replica command parse/info parse/rdb",
	"collect/pcapng":        "",
	"collect/replica":       "",
	"report":                "repl diff inspect cause cause/engine replay/... parse/..." + leaves,
	"inspect":               "filter repl value/memory parse/..." + leaves,
	"cause":                 "repl diff cause/engine replay/... value parse/..." + leaves,
	"cause/engine":          "value parse/..." + leaves,
	"diff":                  "filter repl internal/hashjoin value value/memory parse/..." + leaves,
	"replay":                "repl replay/session replay/replica parse/..." + leaves,
	"replay/replica":        "replay/session parse/..." + leaves,
	"replay/session":        "repl parse/..." + leaves,
	"dump":                  "filter value value/memory internal/appendjson internal/columns parse/..." + leaves,
	"pattern":               "",
	"cluster":               "command finding",
	"filter":                "parse/rdb parse/record command glob",
	"ledger":                "parse/..." + leaves,
	"value":                 "parse/rdb parse/resp parse/crc64 parse",
	"value/memory":          "parse/rdb server",

	"parse/artefact":              "repl command parse/input parse/monitor parse/slowlog parse/capture parse/aof parse/link parse/resp parse/record parse/rdb parse/tempfile parse",
	"parse/client":                "parse/resp parse/record parse",
	"parse/capture":               "repl command parse/client parse/tcp parse/link parse/resp parse/record parse/rdb parse",
	"parse/tcp":                   "parse/tempfile parse",
	"parse/aof":                   "parse/input parse/resp parse/record parse/rdb parse",
	"parse/link":                  "parse/resp parse/record parse/rdb parse",
	"parse/resp":                  "parse",
	"parse/record":                "parse/rdb",
	"parse/rdb/annotate":          "parse/rdb parse" + blobs,
	"parse/rdb":                   "parse" + blobs,
	"parse/rdb/verify":            "parse/rdb parse/tempfile parse",
	"parse/rdb/internal/listpack": "parse/rdb/internal/packed parse",
	"parse/rdb/internal/ziplist":  "parse/rdb/internal/packed parse",
	"parse/rdb/internal/intset":   "parse/rdb/internal/packed parse",
	"parse/rdb/internal/zipmap":   "parse",
	"parse/rdb/internal/lzf":      "parse",
	"parse/rdb/internal/packed":   "",
	"parse/info":                  "parse server",
	"parse/serverlog":             "parse server",
	"parse/clitext":               "command parse/resp",
	"parse/input":                 "parse/clitext parse/dumped parse/link parse/monitor parse/slowlog parse/tcp parse/tempfile parse/rdb parse",
	"parse/dumped":                "parse parse/crc64",
	"parse/monitor":               "parse/record parse",
	"parse/slowlog":               "parse/record parse",
	"parse":                       "parse/crc64",
	"parse/crc64":                 "",
	"parse/tempfile":              "",

	"repl":       "parse/info parse/serverlog server command",
	"script":     "command",
	"divergence": "finding server command script",
	"finding":    "",
	"command":    "server",
	"server":     "",
	"glob":       "",

	"internal/appendjson": "",
	"internal/columns":    "",

	"examples/restore": "parse/rdb parse/resp value",

	"scripts/bench":      "internal/rdbgen parse/crc64",
	"scripts/makedump":   "internal/rdbgen",
	"scripts/measure":    "internal/codestats",
	"scripts/commands":   "server",
	"scripts/damage":     "internal/damage internal/mixed internal/program internal/redistest",
	"scripts/mixed":      "internal/mixed internal/program internal/redistest",
	"scripts/hunt":       "cause cause/engine diff replay parse/... finding",
	"scripts/histories":  "internal/histories internal/program",
	"internal/rdbgen":    "command parse/crc64",
	"internal/hashjoin":  "parse/tempfile",
	"internal/extsort":   "parse/tempfile",
	"internal/redistest": "",
	"internal/livetest":  "parse/...",
	"internal/pcaptest":  "",
	"internal/program":   "",
	"internal/damage":    "cause diff dump inspect replay internal/program internal/rdbgen parse/..." + leaves,
	"internal/mixed":     "internal/program internal/pcaptest internal/redistest",
	"internal/histories": "internal/program internal/pcaptest internal/rdbgen",
	"internal/codestats": "",
}

func TestImportArrows(t *testing.T) {
	seen := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		from := filepath.ToSlash(filepath.Dir(path))
		seen[from] = true
		for _, to := range imports(t, path) {
			if why := objection(from, to); why != "" {
				t.Errorf("%s imports %s: %s", path, to, why)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for from := range seen {
		if _, ok := rooms[from]; !ok {
			t.Errorf("%s has no place in this test and in ARCHITECTURE.md", from)
		}
	}
	for from := range rooms {
		if !seen[from] {
			t.Errorf("a rule for %s, which is not there", from)
		}
	}
}

// imports gives the packages of this module that a file imports.
func imports(t *testing.T, path string) (all []string) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range file.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if to, ok := strings.CutPrefix(name, module); ok {
			all = append(all, to)
		}
	}
	return all
}

// library lists the packages that are made for other programs, with how many
// of this module each brings along, itself included.
var library = map[string]int{
	"parse/rdb":  9,
	"parse/resp": 3,
	"parse/link": 12,
	"value":      11,
}

// libraryOthers are the packages of others that the library may bring: a hash.
const libraryOthers = " github.com/zeebo/xxh3 github.com/klauspost/cpuid/v2 "

// TestLibraryIsLight: who imports a decoder links no compression library, no
// reading of packets, and nothing else of third parties.
func TestLibraryIsLight(t *testing.T) {
	for name, want := range library {
		t.Run(name, func(t *testing.T) {
			out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./"+name).Output()
			if err != nil {
				t.Fatal(err)
			}
			ours := 0
			for path := range strings.FieldsSeq(string(out)) {
				switch {
				case strings.HasPrefix(path, module):
					ours++
				case !strings.Contains(libraryOthers, " "+path+" "):
					t.Errorf("it brings %s", path)
				}
			}
			if ours != want {
				t.Errorf("it brings %d packages, want %d:\n%s", ours, want, out)
			}
		})
	}
}

// TestArrowsBite: what is against the arrows is told.
func TestArrowsBite(t *testing.T) {
	for _, c := range []struct {
		from, to string
		fine     bool
	}{
		{"cmd/redsleuth", "parse/rdb", true},
		{"cause", "cause/engine", true},
		{"cause", "parse/crc64", true},
		{"parse/rdb", "parse/rdb/internal/listpack", true},
		{"parse/rdb/internal/listpack", "parse/rdb", false},
		{"parse", "parse/rdb", false},
		{"parse/record", "parse/link", false},
		{"parse/link", "parse/capture", false},
		{"parse/rdb", "parse/record", false},
		{"parse/info", "parse/rdb", false},
		{"diff", "cause", false},
		{"value", "diff", false},
		{"cause/engine", "diff", false},
		{"cause/engine", "cause", false},
		{"parse/somewhere", "parse", false},
		{"inspect", "replay", false},
		{"diff", "cmd/internal/render", false},
		{"parse/artefact", "repl", true},
		{"repl", "parse/artefact", false},
		{"repl", "replay", false},
		{"finding", "parse", false},
		{"parse", "finding", false},
		{"cmd/internal/render", "diff", false},
		{"cmd/internal/document", "cmd/internal/text", false},
		{"cmd/internal/text", "cause", false},
		{"dump", "internal/redistest", false},
	} {
		if why := objection(c.from, c.to); (why == "") != c.fine {
			t.Errorf("%s importing %s: %q", c.from, c.to, why)
		}
	}
}

// objection says what is wrong with an import; "" if nothing is.
func objection(from, to string) string {
	for rule := range strings.FieldsSeq(rooms[from]) {
		tree, whole := strings.CutSuffix(rule, "/...")
		if to == tree || whole && strings.HasPrefix(to, tree+"/") {
			return ""
		}
	}
	return "against the arrows of ARCHITECTURE.md"
}
