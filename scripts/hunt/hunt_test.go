package main

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/internal/redistest"
)

// newest is a server that tells the syntax of its commands.
func newest(t *testing.T) string {
	t.Helper()
	s := redistest.Start(t)
	if !s.Knows("FUNCTION") { // as old as COMMAND DOCS
		t.Skip("skipped, as the server has no COMMAND DOCS")
	}
	return s.Path
}

// A script depends on its seed alone.
func TestScriptOfASeed(t *testing.T) {
	commands := []syntax{
		{"set", "string", []argument{{name: "key", kind: "key"}, {name: "value", kind: "string"}}},
		{"hpexpireat", "hash", []argument{
			{name: "key", kind: "key"}, {name: "unix-time-milliseconds", kind: "unix-time"},
			{name: "fields", kind: "block", token: "FIELDS", args: []argument{
				{name: "numfields", kind: "integer"}, {name: "field", kind: "string", multiple: true},
			}},
		}},
	}
	of := func(seed uint64) string {
		return fmt.Sprint(newMaker(rand.New(rand.NewPCG(seed, 0)), commands).script())
	}
	if first, again := of(1), of(1); first != again {
		t.Error("a seed makes two scripts")
	}
	if of(1) == of(2) {
		t.Error("two seeds make one script")
	}
	// As many fields as are announced.
	m := newMaker(rand.New(rand.NewPCG(1, 0)), commands[1:])
	for range 20 {
		c := m.command()
		n, err := strconv.Atoi(c[4])
		if err != nil || c[0] != "HPEXPIREAT" || c[3] != "FIELDS" || len(c) != 5+n {
			t.Errorf("%q", c)
		}
	}
}

func TestTimed(t *testing.T) {
	now := time.Now().UnixMilli()
	for word, want := range map[string]int64{"@ms5000": now + 5000, "@ms-1000000": now - 1_000_000} {
		got, err := strconv.ParseInt(timed(word), 10, 64)
		if err != nil || got < want || got > want+10_000 {
			t.Errorf("%s: %d, %v", word, got, err)
		}
	}
	if got, err := strconv.ParseInt(timed("@s1000000"), 10, 64); err != nil || got < now/1000+999 {
		t.Errorf("in seconds: %d, %v", got, err)
	}
	for _, word := range []string{"a", "@s", "@msx", ""} {
		if got := timed(word); got != word {
			t.Errorf("%q became %q", word, got)
		}
	}
}

// What is known is found, reduced to what it takes, and named; a healthy script is
// not.
func TestPair(t *testing.T) {
	path := newest(t)
	p, err := startPair(t.Context(), t.TempDir(), path, path)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	command := func(line string) step { return step{args: strings.Fields(line)} }
	healthy := script{command("SET s1 a"), command("RPUSH l1 a b"), {do: "resync"}, command("LPOP l1")}
	v, err := p.try(t.Context(), healthy)
	if err != nil || v.differs() {
		t.Fatalf("%+v, %v", v, err)
	}
	found := append(healthy, command("BITFIELD s2 OVERFLOW FAIL SET u8 0 300"), command("SADD S1 a"))
	if v, err = p.try(t.Context(), found); err != nil || !v.differs() {
		t.Fatalf("%+v, %v", v, err)
	}
	least, v := p.reduce(t.Context(), found, v)
	if len(least) != 1 || least.names() != "BITFIELD" || !v.named() || v.name() != "bitfield-overflow-fail" {
		t.Errorf("%v, %+v", least.lines(), v)
	}
}

func TestHunt(t *testing.T) {
	path := newest(t)
	var out strings.Builder
	if _, err := hunt(t.Context(), options{master: path, replica: path, docs: path, time: time.Minute, seed: 1, rounds: 2}, &out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "\n2 rounds, 0 given up, ") {
		t.Error(out.String())
	}
}
