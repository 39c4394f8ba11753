package command

import (
	"testing"

	"github.com/redsleuth/redsleuth/server"
)

func TestRefused(t *testing.T) {
	for _, c := range []struct {
		line, version string
		want          server.Answer
		what, since   string
	}{
		// By name, of either family.
		{"GETDEL k", "6.0.16", server.Yes, "GETDEL", "6.2.0"},
		{"GETDEL k", "6.2.0", server.No, "", ""},
		{"lmovem a b LEFT LEFT", "8.8.2", server.Yes, "LMOVEM", "8.10.0"},
		{"DELEX k IFEQ v", "8.4.0", server.No, "", ""},
		{"DELEX k IFEQ v", "valkey 9.1.2", server.Yes, "DELEX", "valkey 9.2.0"},
		{"DELIFEQ k v", "8.10.0", server.Yes, "DELIFEQ", ""},
		{"XACKDEL k g IDS 1 1-1", "valkey 9.2.0", server.Yes, "XACKDEL", ""},
		{"XACKDEL k g IDS 1 1-1", "valkey 9.9.0", server.Unknown, "XACKDEL", ""},
		{"HPEXPIREAT k 5 FIELDS 1 f", "7.2.4", server.Yes, "HPEXPIREAT", "7.4.0"},
		{"HPEXPIREAT k 5 FIELDS 1 f", "valkey 8.1.0", server.Yes, "HPEXPIREAT", "valkey 9.0.0"},
		{"ARSET k 1 v", "255.255.255", server.No, "", ""},
		{"TRIMSLOTS RANGES 1 0 5", "8.2.0", server.Yes, "TRIMSLOTS", "8.4.0"},
		{"CLUSTER SYNCSLOTS x", "8.0.2", server.Yes, "CLUSTER SYNCSLOTS", "8.4.0"},
		{"CLUSTER FLUSHSLOT 5", "valkey 9.0.0", server.No, "", ""},
		{"FUNCTION LOAD x", "6.2.16", server.Yes, "FUNCTION LOAD", "7.0.0"},
		{"REPLCONF GETACK *", "2.8.24", server.No, "", ""},

		// By option.
		{"SET k v PXAT 5", "6.0.16", server.Yes, "SET PXAT", "6.2.0"},
		{"SET k v PXAT 5", "6.2.0", server.No, "", ""},
		{"SET k PXAT", "6.0.16", server.No, "", ""},
		{"SET k v KEEPTTL", "5.0.14", server.Yes, "SET KEEPTTL", "6.0.0"},
		{"SET k v IFEQ w", "8.2.0", server.Yes, "SET IFEQ", "8.4.0"},
		{"SET k v IFEQ w", "valkey 8.1.0", server.No, "", ""},
		{"SET k v IFNE w", "valkey 9.2.0", server.Yes, "SET IFNE", ""},
		{"PEXPIREAT k 5 GT", "6.2.16", server.Yes, "PEXPIREAT GT", "7.0.0"},
		{"XADD k MAXLEN = 5 KEEPREF 1-1 f v", "8.0.6", server.Yes, "XADD KEEPREF", "8.2.0"},
		{"XADD k MAXLEN = 5 1-1 KEEPREF IDMP", "5.0.0", server.No, "", ""},
		{"XADD k IDMP p i 1-1 f v", "8.4.0", server.Yes, "XADD IDMP", "8.6.0"},
		{"RESTORE k 0 p ABSTTL", "4.0.14", server.Yes, "RESTORE ABSTTL", "5.0.0"},
		{"LPOP k 5", "6.0.16", server.Yes, "LPOP count", "6.2.0"},
		{"LPOP k", "2.6.17", server.No, "", ""},
		{"HSETEX k NX FIELDS 1 f v", "8.0.0", server.Yes, "HSETEX NX", ""},
		{"HSETEX k NX FIELDS 1 f v", "valkey 9.0.0", server.Yes, "HSETEX NX", "valkey 9.1.0"},
		{"HSETEX k FNX FIELDS 1 f v", "valkey 9.0.0", server.No, "", ""},
		{"ZUNIONSTORE d 1 a AGGREGATE COUNT", "8.6.0", server.Yes, "ZUNIONSTORE COUNT", "8.8.0"},
		{"XGROUP CREATE k g 0 ENTRIESREAD 5", "6.2.16", server.Yes, "XGROUP CREATE ENTRIESREAD", "7.0.0"},

		// What is not known.
		{"NOSUCH x", "7.0.15", server.Unknown, "NOSUCH", ""},
		{"JSON.SET k $ 1", "8.0.2", server.Unknown, "JSON.SET", ""},
		{"GETDEL k", "", server.Unknown, "GETDEL", ""},
	} {
		t.Run(c.line+" on "+c.version, func(t *testing.T) {
			r := Refused(split(c.line), version(t, c.version))
			if r.Answer != c.want || r.What != c.what || r.Since.String() != c.since {
				t.Errorf("%+v, want %d %s since %s", r, c.want, c.what, c.since)
			}
			if known := c.what != "NOSUCH" && c.what != "JSON.SET"; r.Known != known {
				t.Errorf("known: %v", r.Known)
			}
		})
	}
}

// Commands are judged by their names, once; only some are looked at.
func TestFilter(t *testing.T) {
	for _, c := range []struct {
		line, version string
		options       bool // of its name matter
		passes        bool
	}{
		{"SET k v", "6.0", true, false},
		{"SET k v PXAT 5", "6.0", true, true},
		{"SET k pxat", "6.0", true, true}, // which reads like one
		{"SET k v KEEPTTL", "6.0", true, false},
		{"SET k v PXAT 5", "8.10", false, false},
		{"LPOP k", "6.0", true, true},
		{"LPOP k", "6.2", false, false},
		{"BITOP DIFF d a", "8.0", true, true},
		{"BITOP AND d a", "8.0", true, false},
		{"XGROUP CREATE k g $ ENTRIESREAD 5", "6.2", true, true},
		{"XGROUP DESTROY k ENTRIESREAD", "6.2", false, false},
		{"HSET k f v", "2.6", false, false},
		{"GETDEL k", "2.6", false, false},
		{"NOSUCH k", "2.6", false, false},
		{"SET k v PXAT 5", "", false, false},
	} {
		t.Run(c.line+" on "+c.version, func(t *testing.T) {
			_, f := FilterOf(split(c.line), version(t, c.version))
			if (f != nil) != c.options {
				t.Fatalf("options matter: %v", f != nil)
			}
			if f != nil && f.Passes(split(c.line)) != c.passes {
				t.Errorf("passes: %v", !c.passes)
			}
		})
	}
}

// What Refused refuses passes the filter.
func FuzzFilter(f *testing.F) {
	f.Add("SET k v PXAT 5", "6.0")
	f.Add("XADD k MAXLEN = 5 KEEPREF 1-1 f v", "8.0")
	f.Add("LPOP k 5", "6.0")
	f.Fuzz(func(t *testing.T, line, text string) {
		v, err := server.Parse(text)
		if err != nil {
			return
		}
		args := split(line)
		byName, filter := FilterOf(args, v)
		passes := byName.Answer != server.No || filter != nil && filter.Passes(args)
		if r := Refused(args, v); r.Answer == server.Yes && !passes || byName.Answer != server.No && r != byName {
			t.Fatalf("%+v, by name %+v", r, byName)
		}
	})
}

func BenchmarkRefused(b *testing.B) {
	args := split("SET k v PXAT 1700000000000")
	v := version(b, "7.0")
	for b.Loop() {
		Refused(args, v)
	}
}

// version is none for "".
func version(tb testing.TB, text string) (v server.Version) {
	tb.Helper()
	if text == "" {
		return v
	}
	v, err := server.Parse(text)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func BenchmarkFilter(b *testing.B) {
	args := split("XADD k MAXLEN = 1000 1700000000000-0 f v")
	_, f := FilterOf(args, version(b, "7.0"))
	for b.Loop() {
		f.Passes(args)
	}
}
