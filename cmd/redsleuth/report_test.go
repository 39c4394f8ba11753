package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// shownSecrets are the texts of a plain document that come from artefacts: keys
// and what they hold, names, addresses, paths, lines of logs.
func shownSecrets(name string, v any, add func(string)) {
	switch v := v.(type) {
	case map[string]any:
		for name, x := range v {
			shownSecrets(name, x, add)
		}
	case []any:
		for _, x := range v {
			shownSecrets(name, x, add)
		}
	case string:
		switch name {
		case "key", "keys", "value", "member", "field", "master", "replica", "path", "file", "addr", "from", "to",
			"detail", "user", "prefix", "base":
			add(v)
		}
	}
}

// secretsOf are the texts of a folder that redaction has to hide.
func secretsOf(t *testing.T, dir string) map[string]bool {
	t.Helper()
	secrets := map[string]bool{}
	// Times, ids and versions tie artefacts together, and stay; master.rdb and
	// replica.rdb are what the catalogue's own lines call a user's dumps, and default is
	// the user whom nobody named.
	stays := regexp.MustCompile(`^((master|replica)(\.rdb)?|default|[0-9a-f]{40}|\d{4}-\d\d-\d\dT[0-9:.]+Z|\d+\.\d+\.\d+)$`)
	add := func(s string) {
		const telling = 6 // shorter ones are in words of our own
		if len(s) >= telling && !stays.MatchString(s) {
			secrets[s] = true
		}
	}
	var files []string
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		add(e.Name())
		if strings.HasSuffix(e.Name(), ".rdb") {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	plain := &terminal{}
	plain.run(t.Context(), "report", dir, "--output", "json")
	var document any
	if err := json.Unmarshal(plain.stdout.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	shownSecrets("", document, add)
	for _, file := range files {
		dump := &terminal{}
		dump.run(t.Context(), "dump", file, "--output", "json")
		var records []map[string]any
		if err := json.Unmarshal(dump.stdout.Bytes(), &records); err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			if r["record"] == "key" {
				delete(r, "type")
				delete(r, "encoding")
				shownSecrets("value", r, add)
			}
		}
	}
	return secrets
}

var folders = []string{incident, failover, lost, fixtures + "incidents/lag-7.2.6/", fixtures + "incidents/writable-replica-6.2.16/"}

// Under redaction nothing of the artefacts is left in any format, whatever it
// is: not a key, a name, an address, a path or a line of a log.
func TestReportRedacted(t *testing.T) {
	for _, dir := range folders {
		secrets := secretsOf(t, dir)
		if len(secrets) < 20 {
			t.Fatalf("%s: %d secrets", dir, len(secrets))
		}
		for _, format := range []string{"html", "markdown", "json"} {
			term := &terminal{}
			term.run(t.Context(), "report", dir, "--output", format, "--show", "redacted")
			for s := range secrets {
				if bytes.Contains(term.stdout.Bytes(), []byte(s)) {
					t.Errorf("%s, %s: %q is left", dir, format, s)
				}
			}
		}
	}
}

// With a time and a key that are given, two reports are the same to the byte.
func TestReportReproducible(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("a key that is kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"html", "markdown", "json"} {
		for _, show := range [][]string{{"--show", "quoted"}, {"--show", "redacted", "--redact-key", key}} {
			var first []byte
			for range 3 {
				term := &terminal{}
				args := append([]string{"report", failover, "--output", format, "--now", "2026-11-24T00:00:00Z"}, show...)
				term.run(t.Context(), args...)
				if first == nil {
					first = term.stdout.Bytes()
				}
				if len(first) == 0 || !bytes.Equal(first, term.stdout.Bytes()) {
					t.Errorf("%s, %s: %d bytes, and another time %d others", format, show, len(first), term.stdout.Len())
				}
			}
		}
	}
}
