package main

import (
	"encoding/json"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// artefactBytes are members whose contents are those of the artefacts, where
// an empty string or -1 is what is there.
var artefactBytes = []string{"value", "args", "aux", "key", "keys", "text", "field", "member", "master", "replica"}

// unknowns lists where a document has -1 or "" for what it does not know.
func unknowns(path string, v any) (found []string) {
	switch v := v.(type) {
	case map[string]any:
		for name, x := range v {
			if !slices.Contains(artefactBytes, name) {
				found = append(found, unknowns(path+"."+name, x)...)
			}
		}
	case []any:
		for _, x := range v {
			found = append(found, unknowns(path+"[]", x)...)
		}
	case float64:
		if v < 0 {
			found = []string{path}
		}
	case string:
		if v == "" {
			found = []string{path}
		}
	}
	return found
}

// TestUnknownIsNullOrAbsent: no document stands -1 or "" for unknown.
func TestUnknownIsNullOrAbsent(t *testing.T) {
	documents := 0
	err := filepath.WalkDir("../../testdata", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		for _, command := range []string{"inspect", "dump", "replay"} {
			status, out, _ := runLine(t, command, path, "--output", "json")
			if status == exitUsage {
				continue
			}
			var doc any
			if err := json.Unmarshal([]byte(out), &doc); err != nil {
				t.Errorf("%s %s: %v", command, path, err)
				continue
			}
			documents++
			for _, place := range unknowns("", doc) {
				t.Errorf("%s %s: %s", command, path, strings.TrimPrefix(place, "."))
			}
		}
		return nil
	})
	if err != nil || documents < 40 {
		t.Errorf("%d documents, %v", documents, err)
	}
}
