package redsleuth

import (
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/redsleuth/redsleuth/"

// rooms lists each part of the tree with what it may import, itself aside. A
// part is the longest prefix that a package's path has. Imports go from the
// command line to the bytes, never back and never sideways.
var rooms = map[string][]string{
	"cmd":            {"parse", "inspect", "diff", "replay", "dump", "ledger", "finding", "server", "command", "script", "glob"},
	"inspect":        {"parse", "finding", "server", "command", "script", "glob"},
	"diff":           {"parse", "finding", "server", "command", "script", "glob"},
	"replay":         {"parse", "finding", "server", "command", "script", "glob"},
	"dump":           {"parse", "finding", "server", "command", "script", "glob"},
	"ledger":         {"parse", "script"},
	"scripts":        {"parse", "internal"},
	"parse/artefact": {"parse"},
	"parse/capture":  {"parse", "command"},
	"parse/link":     {"parse"},
	"parse/aof":      {"parse"},
	"parse":          {"server"},
	"finding":        {"server"},
	"script":         {"command"},
	"command":        {},
	"server":         {},
	"glob":           {},
	"internal":       {"parse"},
}

// formats are the floors within parse: each may import those before it.
var formats = []string{"parse/crc64", "parse", "parse/rdb", "parse/record", "parse/resp", "parse/link", "parse/aof", "parse/capture", "parse/artefact"}

func TestImportArrows(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "./...").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		from, ok := strings.CutPrefix(fields[0], module)
		if !ok {
			continue
		}
		seen++
		for _, path := range fields[1:] {
			if to, ok := strings.CutPrefix(path, module); ok && !allowed(from, to) {
				t.Errorf("%s imports %s: against the arrows of ARCHITECTURE.md", from, to)
			}
		}
	}
	if seen < 10 {
		t.Errorf("only %d packages looked at", seen)
	}
}

func allowed(from, to string) bool {
	room, target := part(from), part(to)
	if floor(from) >= 0 && floor(to) >= 0 && floor(from) < floor(to) {
		return false
	}
	if room == target || strings.HasPrefix(target, room+"/") {
		return true
	}
	for _, p := range rooms[room] {
		if target == p || strings.HasPrefix(target, p+"/") {
			return true
		}
	}
	return false
}

// part is the room that a package belongs to.
func part(path string) string {
	best := ""
	for room := range rooms {
		if (path == room || strings.HasPrefix(path, room+"/")) && len(room) > len(best) {
			best = room
		}
	}
	return best
}

// floor is the package's place among the formats; -1 if it has none.
func floor(path string) int {
	best := -1
	for i, f := range formats {
		if (path == f || strings.HasPrefix(path, f+"/") && f != "parse") && (best < 0 || len(f) > len(formats[best])) {
			best = i
		}
	}
	return best
}
