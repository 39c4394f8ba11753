package finding

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// declared are the constants of cause.go whose names begin with a prefix, by
// name, with what is said of each.
func declared(t *testing.T, prefix string) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "cause.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(spec.Names[0].Name, prefix) {
			said[spec.Names[0].Name] = spec.Doc.Text()
		}
		return true
	})
	return said
}

func TestEachCauseAndEvidenceSaysWhatItMeans(t *testing.T) {
	for _, prefix := range []string{"Cause", "Evidence"} {
		said := declared(t, prefix)
		if len(said) < len(Causes()) {
			t.Errorf("only %d constants named %s…", len(said), prefix)
		}
		for name, doc := range said {
			if !strings.HasPrefix(doc, name+": ") {
				t.Errorf("%s says %q of itself", name, doc)
			}
		}
	}
}

// evidenceCodes are all there are; a constant that is missing here is found by
// its number.
var evidenceCodes = []EvidenceCode{
	EvidenceDifferentHistory, EvidenceWrongDatabase, EvidenceScriptMissing, EvidenceLag, EvidenceReEvaluated,
	EvidenceCommandRefused,
	EvidenceNotPropagated, EvidenceLocalWrite,
	EvidenceApplied, EvidenceWroteAfter, EvidenceClientWrote, EvidenceBothWrote, EvidenceSideWrote, EvidenceExpiredAt, EvidenceRelativeExpiry,
	EvidenceReplicaError, EvidenceNoStream, EvidenceNoStart, EvidenceNoEngine, EvidenceIncompleteStream,
	EvidenceTooManyCommands, EvidenceNotApplicable, EvidenceRestartUnseen, EvidenceReplicaUnknown, EvidenceEndUnknown, EvidenceExpiryUnplaced,
}

func TestEachCauseAndEvidenceIsExplained(t *testing.T) {
	if n := len(declared(t, "Evidence")); n != len(evidenceCodes) {
		t.Errorf("%d codes of evidence are declared, %d are in the list", n, len(evidenceCodes))
	}
	for _, c := range Causes() {
		if _, ok := Explain(string(c)); !ok {
			t.Errorf("the cause %s has no entry", c)
		}
	}
	for _, c := range evidenceCodes {
		if _, ok := Explain(string(c)); !ok {
			t.Errorf("the evidence %s has no entry", c)
		}
	}
}

// TestCodesAreNotWrittenOut: who gives a cause or evidence uses the constant,
// which says what it means.
func TestCodesAreNotWrittenOut(t *testing.T) {
	codes := map[string]bool{}
	for _, c := range evidenceCodes {
		codes[string(c)] = true
	}
	for _, c := range Causes() {
		codes[string(c)] = true
	}
	var files []string
	for _, dir := range []string{"../cause/*.go", "../diff/*.go"} {
		found, err := filepath.Glob(dir)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %d files, %v", dir, len(found), err)
		}
		files = append(files, found...)
	}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			if code, _ := strconv.Unquote(lit.Value); codes[code] && !isVerdict(code) {
				t.Errorf("%s writes %s out", set.Position(lit.Pos()), lit.Value)
			}
			return true
		})
	}
}

// isVerdict: diff has a verdict of this name.
func isVerdict(code string) bool { return code == string(CauseDifferentHistory) }
