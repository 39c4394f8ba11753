package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/server"
)

// tree writes the source of a server with these files.
func tree(t *testing.T, define string, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	files["src/version.h"] = define
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const (
	key1 = `"key_specs": [{"flags": ["RW", "UPDATE"], "begin_search": {"index": {"pos": 1}},
		"find_keys": {"range": {"lastkey": 0, "step": 1, "limit": 0}}}]`
	redisSet = `{"SET": {"since": "1.0.0", "command_flags": ["WRITE"], ` + key1 + `, "arguments": [
		{"name": "key", "type": "key"}, {"name": "value", "type": "string"},
		{"name": "condition", "type": "oneof", "optional": true, "arguments": [
			{"name": "nx", "type": "pure-token", "token": "NX", "since": "2.6.12"}]},
		{"name": "get", "type": "pure-token", "token": "GET", "optional": true, "since": "6.2.0"}]}}`
	valkeySet = `{"SET": {"since": "1.0.0", "command_flags": ["WRITE"], ` + key1 + `, "arguments": [
		{"name": "key", "type": "key"}, {"name": "value", "type": "string"},
		{"name": "if", "type": "oneof", "optional": "true", "arguments": [
			{"name": "nx", "type": "pure-token", "token": "NX", "since": "2.6.12"},
			{"name": "comparison", "type": "string", "token": "IFEQ", "since": "8.1.0"}]},
		{"name": "get", "type": "pure-token", "token": "GET", "optional": true}]}}`
	redisHeader  = "#define REDIS_VERSION \"8.0.6\"\n"
	valkeyHeader = "#define VALKEY_VERSION \"9.1.2\"\n#define REDIS_VERSION \"7.2.4\"\n"
)

func read(t *testing.T, dirs ...string) *table {
	t.Helper()
	all := newTable()
	for _, dir := range dirs {
		s, err := readTree(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := all.add(s); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// What two families say of a command becomes one syntax, with the first
// version of each.
func TestFamiliesMerge(t *testing.T) {
	all := read(t,
		tree(t, redisHeader, map[string]string{"src/commands/set.json": redisSet}),
		tree(t, valkeyHeader, map[string]string{"src/commands/set.json": valkeySet}))
	if want := (server.Since{Redis: 0x080006, Valkey: 0x090102}); all.read != want {
		t.Errorf("read %+v", all.read)
	}
	args := all.rows["set"].args
	if len(args) != 4 || len(args[2].args) != 2 {
		t.Fatalf("%d arguments", len(args))
	}
	for _, c := range []struct {
		name string
		a    *arg
		want server.Since
	}{
		{"NX", args[2].args[0], server.Since{Redis: 0x02060c, Valkey: 0x02060c}},
		{"IFEQ", args[2].args[1], server.Since{Valkey: 0x080100}},
		{"GET, as old as the command for one", args[3], server.Since{Redis: 0x060200, Valkey: 0x010000}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.a.since != c.want {
				t.Errorf("%s since %+v", c.a.token, c.a.since)
			}
		})
	}
}

// What is read later of the same family corrects what it says expressly.
func TestLaterCorrects(t *testing.T) {
	list := convert([]argument{{Type: "pure-token", Token: "NX"}, {Type: "pure-token", Token: "XX"}}, "valkey", 0x090000)
	list = merge(list, convert([]argument{{Type: "pure-token", Token: "NX", Since: "9.1.0"}, {Type: "pure-token", Token: "XX"}}, "valkey", 0))
	if list[0].since.Valkey != 0x090100 || list[1].since.Valkey != 0x090000 {
		t.Errorf("NX since %06x, XX since %06x", list[0].since.Valkey, list[1].since.Valkey)
	}
}

func TestRefusedSources(t *testing.T) {
	for _, c := range []struct{ name, header, file, text, why string }{
		{"no version", "", "src/commands/set.json", redisSet, "no version"},
		{"no commands", redisHeader, "src/other", "", "no src/commands"},
		{"no JSON", redisHeader, "src/commands/set.json", "{", "set.json"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := readTree(tree(t, c.header, map[string]string{c.file: c.text}))
			if err == nil || !strings.Contains(err.Error(), c.why) {
				t.Errorf("%v", err)
			}
		})
	}
	t.Run("keys that can't be found", func(t *testing.T) {
		text := strings.Replace(redisSet, `"limit": 0`, `"limit": 7`, 1)
		s, err := readTree(tree(t, redisHeader, map[string]string{"src/commands/set.json": text}))
		if err != nil {
			t.Fatal(err)
		}
		if err := newTable().add(s); err == nil {
			t.Error("a limit that the table can't say was taken")
		}
	})
}

func TestCorrections(t *testing.T) {
	for _, c := range []struct {
		name string
		c    correction
		bad  bool
	}{
		{"of what is there", correction{Commands: "SET", Class: "Quiet", Why: "w", Source: "s"}, false},
		{"without a reason", correction{Commands: "set", Class: "Quiet", Source: "s"}, true},
		{"of what no source has", correction{Commands: "sat", Class: "Quiet", Why: "w", Source: "s"}, true},
		{"of a module", correction{Commands: "x.y", Undated: true, Kind: "Read", Why: "w", Source: "s"}, false},
		{"of an option that is not there", correction{Commands: "set", Options: map[string]string{"XX": "1.0.0"}, Why: "w", Source: "s"}, true},
		{"of keys that make no sense", correction{Commands: "set", Keys: "reads", Why: "w", Source: "s"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			all := read(t, tree(t, redisHeader, map[string]string{"src/commands/set.json": redisSet}))
			if err := all.correct([]correction{c.c}); (err != nil) != c.bad {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestParseSpec(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"reads@1", "at(reads, 1)"},
		{"reads@2..-1", "rest(reads, 2)"},
		{"sets@1..-1/2", "span(sets, 1, -1, 2)"},
		{"changes@3?", "keyOr(changes, 3)"},
		{"sets#1/2", "counted(sets, 1, 2)"},
		{"changes>KEYS@6..-1", `after(changes, "KEYS", 6, -1, 0)`},
		{"changes>STREAMS@4..-1/half", `after(changes, "STREAMS", 4, -1, 2)`},
		{"computes>>STORE@2", `afterLast(computes, "STORE", "", 2)`},
		{"computes>>A|B@2", `afterLast(computes, "A", "B", 2)`},
	} {
		t.Run(c.text, func(t *testing.T) {
			s, err := parseSpec(c.text)
			if err != nil || s.code() != c.want {
				t.Errorf("%s, %v", s.code(), err)
			}
		})
	}
	for _, text := range []string{"", "reads", "reads@", "reads@x", "reads>STORE", "reads#1/x"} {
		if s, err := parseSpec(text); err == nil {
			t.Errorf("%q was taken for %s", text, s.code())
		}
	}
}
