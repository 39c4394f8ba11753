package finding

import (
	"strings"
	"testing"
)

func TestAddress(t *testing.T) {
	const unstable = "https://github.com/redis/redis/blob/unstable/"
	for reference, want := range map[string]string{
		"redis#4483":                        "https://github.com/redis/redis/issues/4483",
		"valkey#3500 (closed)":              "https://github.com/valkey-io/valkey/issues/3500 (closed)",
		"redis src/rdb.h":                   unstable + "src/rdb.h",
		"redis src/rdb.c rdbLoadRio":        unstable + "src/rdb.c (rdbLoadRio)",
		"redis src/commands/*.json (since)": unstable + "src/commands (since)",
		"redis src/server.c processCommand (rejectCommand)": unstable +
			"src/server.c (processCommand (rejectCommand))",
		"t_hash.c hsetexCommand":                      unstable + "src/t_hash.c (hsetexCommand)",
		"redis modules/vector-sets/vset.c":            unstable + "modules/vector-sets/vset.c",
		"modules/vector-sets vset.c VectorSetRdbLoad": unstable + "modules/vector-sets/vset.c (VectorSetRdbLoad)",
		"KeyDB src/rdb.h":                             "https://github.com/Snapchat/KeyDB/blob/main/src/rdb.h",
		"tcpdump(8)":                                  "https://www.tcpdump.org/manpages/tcpdump.1.html",
		"no public report found":                      "no public report found",
		"seen on 8.0 to 8.8":                          "seen on 8.0 to 8.8",
		"redis#14218, valkey#3060": "https://github.com/redis/redis/issues/14218, " +
			"https://github.com/valkey-io/valkey/issues/3060",
	} {
		if got := Address(reference); got != want {
			t.Errorf("%s: %s, want %s", reference, got, want)
		}
	}
}

// TestReferencesHaveAddresses: each reference of the catalogue is one that can be
// followed.
func TestReferencesHaveAddresses(t *testing.T) {
	for _, e := range Catalogue() {
		for _, r := range e.References {
			if !strings.HasPrefix(Address(r), "https://") {
				t.Errorf("%s: %q has no address", e.Code, r)
			}
		}
	}
}

// TestLoudFindingsHaveCommands: whoever is told of an error or a warning, or of a
// cause, is given a command to make sure or to act.
func TestLoudFindingsHaveCommands(t *testing.T) {
	for _, e := range Catalogue() {
		loud := strings.HasPrefix(e.Severity, "error") || strings.HasPrefix(e.Severity, "cause")
		if loud && !strings.Contains("\n"+e.Confirm+"\n"+e.Act, "\n"+indent) {
			t.Errorf("%s: neither confirm nor act has a command", e.Code)
		}
	}
}
