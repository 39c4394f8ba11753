package server

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite docs/behaviours.md")

// Each behaviour at the borders of its ranges, how its versions read, and what
// would be a fix.
func TestBehaviours(t *testing.T) {
	for b, c := range map[Behaviour]borders{
		LogsRefusedPlace: {
			"6.0.0, 7.0.15, valkey 7.2.5", "5.0.14", "replicas of 6.0 and later, and Valkey",
			"replicas before 6.0", "",
		},
		HasVectorSets: {
			"8.0.0, 8.8.0", "7.4.1, valkey 9.1.2", "replicas of 8.0 and later",
			"replicas before 8.0, and Valkey", "",
		},
		ChecksEnvelopes: {
			"6.2.0, 7.0.15, valkey 7.2.5", "6.0.16", "replicas of 6.2 and later, and Valkey",
			"replicas before 6.2", "",
		},
		ConvertsZiplists: {
			"7.0.0, valkey 7.2.5", "6.2.16", "replicas of 7.0 and later, and Valkey",
			"replicas before 7.0", "",
		},
		ChecksMembers: {
			"6.2.0, valkey 7.2.5", "6.0.16", "replicas of 6.2 and later, and Valkey",
			"replicas before 6.2", "",
		},
		ChecksStreamNames: {
			"7.0.0, valkey 7.2.5", "6.2.16", "replicas of 7.0 and later, and Valkey",
			"replicas before 7.0", "",
		},
		ChecksOwners: {
			"8.0.2, 8.0.6, valkey 8.1.1", "7.0.15, valkey 8.0.1",
			"replicas of 8.0.2 and later, and Valkey 8.1.1 and later",
			"replicas before 8.0.2, and Valkey 7.2.0 to 8.1.0", "",
		},
		ChecksValues: {
			"valkey 9.1.0, valkey 9.1.2", "8.8.0, valkey 9.0.1", "replicas of Valkey 9.1 and later",
			"replicas of Redis, and Valkey 7.2 to 9.0", "",
		},
		DropsEmptyKeys: {
			"6.2.6, 7.0.15, valkey 7.2.5", "5.0.14, 6.0.16, 6.2.5",
			"replicas of 6.2.6 and later, and Valkey", "replicas before 6.2.6", "",
		},
		ResumesAfterRestart: {
			"4.0.0, valkey 7.2.5", "3.2.13", "replicas of 4.0 and later, and Valkey",
			"replicas before 4.0", "",
		},
		RestoresDatabase: {
			"4.0.2, valkey 7.2.5", "3.2.13, 4.0.1", "replicas of 4.0.2 and later, and Valkey",
			"replicas before 4.0.2", "",
		},
		NeedsDatabase: {
			"4.0.2, valkey 7.2.5", "3.2.13, 4.0.1", "replicas of 4.0.2 and later, and Valkey",
			"replicas before 4.0.2", "",
		},
		KeepsStaleOffset: {
			"4.0.0, 4.0.1", "3.2.13, 4.0.2, valkey 7.2.5", "replicas of 4.0.0 and 4.0.1",
			"replicas before 4.0, 4.0.2 and later, and Valkey", "4.0.2",
		},
		SavesScripts: {
			"4.0.4, 6.2.16", "4.0.3, 7.0.0, valkey 7.2.5", "replicas of 4.0.4 to 6.2",
			"replicas before 4.0.4, 7.0 and later, and Valkey", "7.0",
		},
		LoadsScripts: {
			"4.0.4, 6.2.16", "4.0.3, 7.0.0, valkey 7.2.5", "replicas of 4.0.4 to 6.2",
			"replicas before 4.0.4, 7.0 and later, and Valkey", "7.0",
		},
		LosesScriptsOnRestart: {
			"4.0.0, 4.0.3, 7.0.0, 8.8.0, valkey 7.2.5", "3.2.13, 4.0.4, 6.2.16",
			"replicas of 4.0.0 to 4.0.3, 7.0 and later, and Valkey, under masters before 7.0",
			"replicas before 4.0, and 4.0.4 to 6.2", "4.0.6",
		},
		LosesDatabaseOnRestart: {
			"4.0.0, 4.0.1", "3.2.13, 4.0.2, valkey 7.2.5", "replicas of 4.0.0 and 4.0.1",
			"replicas before 4.0, 4.0.2 and later, and Valkey", "4.0.2",
		},
		PanicsOnDuplicateScript: {
			"4.0.4, 4.0.5", "4.0.3, 4.0.6, valkey 7.2.5", "replicas of 4.0.4 and 4.0.5",
			"replicas before 4.0.4, 4.0.6 and later, and Valkey", "4.0.6",
		},
		LogsErrorsToMaster: {
			"4.0.9, valkey 7.2.5", "2.8.0, 4.0.8", "replicas of 4.0.9 and later, and Valkey",
			"replicas before 4.0.9", "",
		},
		ForgetsReadOnlyEvalsha: {
			"2.8.0, 2.8.5", "2.6.17, 2.8.6, valkey 7.2.5", "masters of 2.8.0 to 2.8.5",
			"masters before 2.8, 2.8.6 and later, and Valkey", "2.8.6",
		},
		ReplicatesScripts: {
			"2.6.17, 6.2.16", "7.0.0, valkey 7.2.5", "masters before 7.0",
			"masters of 7.0 and later, and Valkey", "7.0",
		},
		UnsortedScriptReplies: {
			"7.0.0, 255.255.255, valkey 8.0.1", "6.2.16",
			"replicas of 7.0 and later, and Valkey, under masters before 7.0",
			"replicas before 7.0", "",
		},
		MeaningfulOffset: {
			"6.0.0, 6.0.3", "5.0.14, 6.0.4", "replicas of 6.0.0 to 6.0.3",
			"replicas before 6.0, 6.0.4 and later, and Valkey", "6.0.4",
		},
		HasFunctions: {
			"7.0.0, valkey 8.0.1", "6.2.16", "replicas of 7.0 and later, and Valkey",
			"replicas before 7.0", "",
		},
		HasSecondaryID: {
			"4.0.0, valkey 8.0.1", "3.2.13", "masters of 4.0 and later, and Valkey",
			"masters before 4.0", "",
		},
		ResumesAtCommand: {
			"4.0.0, valkey 8.0.1", "3.2.13", "replicas of 4.0 and later, and Valkey",
			"replicas before 4.0", "",
		},
		RelativeExpiries: {
			"2.6.17, 6.2.16", "7.0.0, valkey 7.2.5", "masters before 7.0",
			"masters of 7.0 and later, and Valkey", "7.0",
		},
		IncrByFloatDropsExpiry: {
			"2.6.17, 5.0.14", "6.0.0, valkey 7.2.5", "masters before 6.0",
			"masters of 6.0 and later, and Valkey", "6.0",
		},
		HincrByFloatDropsExpiry: {
			"7.4.0, 8.0.3, valkey 9.0.1", "7.2.6, 8.0.4, 8.2.0, valkey 8.1.0, valkey 9.0.2",
			"masters of 7.4.0 to 8.0.3, and Valkey 9.0.0 and 9.0.1",
			"masters before 7.4, 8.0.4 and later, Valkey 7.2 to 8.1, and Valkey 9.0.2 and later",
			"8.0.4, and Valkey 9.0.2",
		},
		RedecidesHashFields: {
			"valkey 9.0.0, valkey 9.0.1", "9.0.0, valkey 8.1.0, valkey 9.0.2",
			"replicas of Valkey 9.0.0 and 9.0.1",
			"replicas of Redis, Valkey 7.2 to 8.1, and Valkey 9.0.2 and later", "Valkey 9.0.2",
		},
		ResendsDuplicateXADD: {
			"8.8.0, 255.255.255", "8.6.0, valkey 9.0.0", "masters of 8.8 and later",
			"masters before 8.8, and Valkey", "",
		},
		OmitsVADDUpdates: {
			"8.0.0, 8.8.0", "7.4.1, valkey 9.0.0", "masters of 8.0 and later",
			"masters before 8.0, and Valkey", "",
		},
		OmitsPayloadChecksum: {
			"8.8.0, valkey 8.1.0", "8.6.0, valkey 8.0.1",
			"masters of 8.8 and later, and Valkey 8.1 and later",
			"masters before 8.8, and Valkey 7.2 to 8.0", "",
		},
		AnswersIntoStream: {
			"2.8.0, 4.0.10", "2.6.17, 4.0.11, 5.0.0", "masters of 2.8.0 to 4.0.10",
			"masters before 2.8, 4.0.11 and later, and Valkey", "4.0.11",
		},
		SendsStrayExec: {
			"2.6.17, 6.2.16", "7.0.0, valkey 7.2.5", "masters before 7.0",
			"masters of 7.0 and later, and Valkey", "7.0",
		},
	} {
		t.Run(b.String(), func(t *testing.T) { c.test(t, b) })
	}
}

// borders are the versions at the ends of a behaviour's ranges.
type borders struct {
	yes, no         string
	affects, lacked string
	fixed           string // for a version that is not known
}

func (c borders) test(t *testing.T, b Behaviour) {
	for want, versions := range map[Answer]string{Yes: c.yes, No: c.no} {
		for v := range strings.SplitSeq(versions, ", ") {
			if v == "" {
				continue
			}
			if got := b.Of(parse(t, v)); got != want {
				t.Errorf("of %s: %v", v, got)
			}
		}
	}
	if got := b.Of(Version{}); got != Unknown {
		t.Errorf("of no version: %v", got)
	}
	if got := b.Affects(); got != c.affects {
		t.Errorf("affects %q, want %q", got, c.affects)
	}
	if got := b.Lacking(); got != c.lacked {
		t.Errorf("lacked by %q, want %q", got, c.lacked)
	}
	if got := b.FixedIn(Version{}); got != c.fixed {
		t.Errorf("fixed in %q, want %q", got, c.fixed)
	}
}

// Every row is whole, and found by its name.
func TestRows(t *testing.T) {
	for i, row := range Behaviours {
		if row.Does == "" || row.Source == "" || row.Role == "" || len(row.Ranges) == 0 {
			t.Errorf("row %d is not whole: %+v", i, row)
		}
		if b, ok := ByName(row.Name); !ok || b != Behaviour(i) {
			t.Errorf("%q is found as %v, %v", row.Name, b, ok)
		}
	}
	if _, ok := ByName("dies-of-old-age"); ok {
		t.Error("a behaviour that is not there was found")
	}
}

func TestFixedIn(t *testing.T) {
	for _, c := range []struct {
		b             Behaviour
		version, want string
	}{
		{LosesScriptsOnRestart, "4.0.2", "4.0.6"}, // 4.0.4 and 4.0.5 crash
		{LosesScriptsOnRestart, "7.2.4", ""},
		{LosesScriptsOnRestart, "valkey 8.0.1", ""},
		{HincrByFloatDropsExpiry, "7.4.0", "8.0.4"},
		{HincrByFloatDropsExpiry, "valkey 9.0.0", "Valkey 9.0.2"},
		{PanicsOnDuplicateScript, "6.2.16", "4.0.6"}, // it does not show it
	} {
		if got := c.b.FixedIn(parse(t, c.version)); got != c.want {
			t.Errorf("%s of %s is fixed in %q, want %q", c.b, c.version, got, c.want)
		}
	}
	if got := HasFunctions.Since(); got != "7.0" {
		t.Errorf("functions are there since %q", got)
	}
	if got := RelativeExpiries.Since(); got != "" {
		t.Errorf("relative expiries are there since %q", got)
	}
}

// Two rows follow from others.
func TestDerivedRows(t *testing.T) {
	for _, text := range []string{
		"2.6.17", "2.8.24", "3.2.13", "4.0.0", "4.0.1", "4.0.2", "4.0.3", "4.0.4", "4.0.14",
		"5.0.14", "6.2.16", "7.0.0", "8.8.0", "valkey 7.2.5", "valkey 9.0.0",
	} {
		v := parse(t, text)
		resumes := ResumesAfterRestart.Of(v)
		keeps := SavesScripts.Of(v).And(LoadsScripts.Of(v))
		if got, want := LosesScriptsOnRestart.Of(v), resumes.And(keeps.not()); got != want {
			t.Errorf("%s loses scripts: %v, want %v", v, got, want)
		}
		if got, want := LosesDatabaseOnRestart.Of(v), resumes.And(RestoresDatabase.Of(v).not()); got != want {
			t.Errorf("%s loses the database: %v, want %v", v, got, want)
		}
	}
}

func TestAnd(t *testing.T) {
	for _, c := range []struct{ a, b, want Answer }{
		{Yes, Yes, Yes}, {Yes, No, No}, {Yes, Unknown, Unknown}, {No, Unknown, No},
		{Unknown, Unknown, Unknown},
	} {
		if got := c.a.And(c.b); got != c.want {
			t.Errorf("%v and %v: %v", c.a, c.b, got)
		}
		if got := c.b.And(c.a); got != c.want {
			t.Errorf("%v and %v: %v", c.b, c.a, got)
		}
	}
}

func TestRestartFrom(t *testing.T) {
	for _, c := range []struct {
		version  string
		database bool // the dump tells it
		want     Restart
	}{
		{"3.2.13", true, Restart{No, No, No}},
		{"4.0.1", false, Restart{Yes, No, No}}, // whatever the database
		{"4.0.1", true, Restart{Yes, No, No}},
		{"4.0.2", false, Restart{No, No, No}},
		{"4.0.3", true, Restart{Yes, Yes, No}},
		{"4.0.4", true, Restart{Yes, Yes, Yes}},
		{"6.2.16", true, Restart{Yes, Yes, Yes}},
		{"6.2.16", false, Restart{No, No, No}},
		{"7.0.0", true, Restart{Yes, Yes, No}},
		{"valkey 8.0.1", true, Restart{Yes, Yes, No}},
		{"valkey 8.0.1", false, Restart{No, No, No}},
	} {
		if got := RestartFrom(parse(t, c.version), c.database); got != c.want {
			t.Errorf("%s, database %v: %v, want %v", c.version, c.database, got, c.want)
		}
	}
	for _, database := range []bool{false, true} {
		if got := RestartFrom(Version{}, database); got != (Restart{}) {
			t.Errorf("of no version: %v", got)
		}
	}
}

func TestOfFormat(t *testing.T) {
	for _, c := range []struct {
		b       Behaviour
		magic   string
		version int
		want    Answer
	}{
		{RelativeExpiries, "REDIS", 2, Yes},
		{RelativeExpiries, "REDIS", 9, Yes},
		{RelativeExpiries, "REDIS", 10, No},
		{RelativeExpiries, "REDIS", 11, No},
		{RelativeExpiries, "VALKEY", 80, No},
		{RelativeExpiries, "REDIS", 80, Unknown}, // which nobody writes
		{RelativeExpiries, "REDIS", 99, Unknown},
		{LosesScriptsOnRestart, "REDIS", 8, Unknown}, // 4.0.3 or 4.0.4
		{LosesScriptsOnRestart, "REDIS", 7, No},
		{UnsortedScriptReplies, "REDIS", 15, Yes},
		{OmitsVADDUpdates, "REDIS", 12, Unknown}, // 7.4 or 8.0
		{OmitsVADDUpdates, "REDIS", 11, No},
	} {
		if got := c.b.OfFormat(c.magic, c.version); got != c.want {
			t.Errorf("%s of %s %d: %v, want %v", c.b, c.magic, c.version, got, c.want)
		}
	}
}

func TestNewestFormat(t *testing.T) {
	for _, c := range []struct {
		version, magic string
		want           int
	}{
		{"2.4.0", "REDIS", 2},
		{"4.0.14", "REDIS", 8},
		{"6.2.16", "REDIS", 9},
		{"255.255.255", "REDIS", 15},
		{"valkey 8.1.0", "REDIS", 11},
		{"valkey 9.0.0", "REDIS", 11},
		{"valkey 9.0.0", "VALKEY", 80},
	} {
		if got := NewestFormat(parse(t, c.version), c.magic); got != c.want {
			t.Errorf("%s, %s: %d, want %d", c.version, c.magic, got, c.want)
		}
	}
}

// The table in the documentation is that of the code.
func TestDocumentation(t *testing.T) {
	const path = "../docs/behaviours.md"
	want := documentation()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s is not what go test ./server -update would write (-want +got):\n%s", path, diff)
	}
}

func documentation() string {
	var b strings.Builder
	b.WriteString(`# What servers do, by version

Whether a replica holds what its master holds depends on what servers of their
versions do. This is all that redsleuth knows of that; every answer that depends
on a version comes from this table (package server). It is generated from the
code: go test ./server -update.

| behaviour | who | what they do | first without it | source |
| --- | --- | --- | --- | --- |
`)
	for i, row := range Behaviours {
		behaviour := Behaviour(i)
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n",
			row.Name, behaviour.Affects(), row.Does, behaviour.FixedIn(Version{}), row.Source)
	}
	b.WriteString(`
The column "first without it" never names a version that crashes on duplicate
scripts (4.0.4 and 4.0.5): upgrading to it would be no remedy.

## RDB versions

The newest RDB version that servers load, which they also write.

| from | RDB version |
| --- | --- |
`)
	for _, f := range formats {
		name := short(f.from)
		if f.from.family == redisFamily {
			name = "Redis " + name
		}
		fmt.Fprintf(&b, "| %s | %d |\n", name, f.newest)
	}
	return b.String()
}
