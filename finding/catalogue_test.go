package finding

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"
)

// Every code that this package declares has an entry, and every entry says
// all that a reader needs.
func TestEveryCodeIsExplained(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	ast.Inspect(file, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return true
		}
		code, err := strconv.Unquote(lit.Value)
		if err != nil {
			t.Fatal(err)
		}
		found++
		if _, ok := Explain(code); !ok {
			t.Errorf("%s has no entry", code)
		}
		return true
	})
	if found < 20 {
		t.Errorf("only %d codes found", found)
	}
}

func TestEntriesAreWholeAndUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range Catalogue() {
		if seen[e.Code] {
			t.Errorf("%s stands twice", e.Code)
		}
		seen[e.Code] = true
		if e.Title == "" || e.Mechanism == "" || e.Confirm == "" || e.Act == "" || len(e.References) == 0 {
			t.Errorf("%s lacks something: %+v", e.Code, e)
		}
		if e.FixedIn != "" && e.Affects == "" {
			t.Errorf("%s is fixed and affects nothing", e.Code)
		}
	}
	for _, cause := range []string{"expired", "different-history", "wrong-database", "script-missing", "lag", "re-evaluated", "not-propagated", "local-write", "unexplained"} {
		if !seen[cause] {
			t.Errorf("the cause %s has no entry", cause)
		}
	}
}
