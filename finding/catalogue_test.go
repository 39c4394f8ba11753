package finding

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// declaredCodes are those of codes.go.
func declaredCodes(t *testing.T) (codes []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return true
		}
		code, err := strconv.Unquote(lit.Value)
		if err != nil {
			t.Fatal(err)
		}
		codes = append(codes, code)
		return true
	})
	if len(codes) < 20 {
		t.Errorf("only %d codes found", len(codes))
	}
	return codes
}

// TestEveryCodeIsExplained: what this package declares has an entry.
func TestEveryCodeIsExplained(t *testing.T) {
	for _, code := range declaredCodes(t) {
		if _, ok := Explain(code); !ok {
			t.Errorf("%s has no entry", code)
		}
	}
}

// TestFiles: each file has a whole head and all sections, and is one that this
// version knows a use of.
func TestFiles(t *testing.T) {
	known := map[string]bool{}
	for _, c := range Causes() {
		known[string(c)] = true
	}
	for _, c := range evidenceCodes {
		known[string(c)] = true
	}
	for _, c := range declaredCodes(t) {
		known[c] = true
	}
	entries := Catalogue()
	for _, e := range entries {
		t.Run(e.Code, func(t *testing.T) {
			if !known[e.Code] {
				t.Error("nothing has this code")
			}
			if e.Title == "" || e.Mechanism == "" || e.Confirm == "" || e.Act == "" || len(e.References) == 0 {
				t.Errorf("it lacks something: %+v", e)
			}
			if !regexp.MustCompile(`^(error|warning|info|cause|evidence)\b`).MatchString(e.Severity) {
				t.Errorf("its severity is %q", e.Severity)
			}
			if m := regexp.MustCompile(`4\.0\.[45]\b`).FindString(e.Act); m != "" {
				t.Errorf("it advises %s, which crashes on scripts that it knows", m)
			}
			for line := range strings.Lines(e.Mechanism) {
				if strings.HasPrefix(line, indent) {
					t.Errorf("a command among the mechanism: %s", line)
				}
			}
		})
	}
	if len(entries) != len(known) {
		t.Errorf("%d files for %d codes", len(entries), len(known))
	}
}

func TestParseEntry(t *testing.T) {
	const head = "---\ntitle: a title: of two parts\nseverity: info\nbehaviours: [one, another]\nreferences: []\n---\n"
	const sections = "\n## Mechanism\n\nA line\nand its end.\n\nAnother.\n" +
		"\n## Confirm\n\nAsk.\n\n    redis-cli PING\n    redis-cli INFO\n\n## Act\n\nNone.\n"
	got, err := parseEntry("code", head+sections)
	want := Entry{
		Code: "code", Title: "a title: of two parts", Severity: "info", Behaviours: []string{"one", "another"},
		Mechanism: "A line and its end.\nAnother.", Confirm: "Ask.\n    redis-cli PING\n    redis-cli INFO", Act: "None.",
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	for name, text := range map[string]string{
		"no head":          sections,
		"an endless head":  "---\ntitle: a\n",
		"an unknown field": "---\nname: a\n---\n" + sections,
		"a section":        head + "\n## Cause\n\nNone.\n",
	} {
		t.Run(name, func(t *testing.T) {
			if e, err := parseEntry("code", text); err == nil {
				t.Errorf("taken for %+v", e)
			}
		})
	}
}

func TestExplainUnknown(t *testing.T) {
	for _, code := range []string{"", "xyzzy", "../catalogue/lag", "lag.md"} {
		if e, ok := Explain(code); ok {
			t.Errorf("%q is %s", code, e.Title)
		}
	}
}
