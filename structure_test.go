package redsleuth

import (
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/internal/codestats"
)

// The bounds: a struct that acts stays small enough to keep in mind, and a page
// of code can be read without scrolling either way.
const (
	mostFields   = 19    // of a struct with methods
	mostMethods  = 39    // of one struct
	mostLong     = 0.015 // of a package's lines are over codestats.Columns …
	fewLong      = 3     // … but so many may be in a small package
	mostP90      = 28    // lines, which nine of ten functions of a package don't exceed
	fewFunctions = 10    // fewer say nothing of nine in ten
)

// engines are the rooms whose structs are machines with a state. Decoders and
// printers have a method a thing that they read or write, documents a field a
// thing that they tell; these may have many.
var engines = []string{"cause", "diff", "inspect", "ledger", "replay"}

// longer are packages that were over a bound before it was one, and may not get
// worse: their share of long lines and p90 of function lengths.
var longer = map[string]struct {
	long float64
	p90  int
}{
	"parse/serverlog": {0.050, 0},
	"script":          {0, 30},
	"scripts/bench":   {0.020, 0},
}

func TestStructure(t *testing.T) {
	packages, err := codestats.Measure(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range packages {
		for _, s := range p.Structs {
			if why := tooLarge(p.Dir, s); why != "" {
				t.Errorf("%s has %d fields and %d methods: %s", s.Name, s.Fields, s.Methods, why)
			}
		}
		may := longer[p.Dir]
		if p.Long > fewLong && p.LongShare() > max(mostLong, may.long) {
			t.Errorf("%s: %d of %d lines are over %d columns", p.Dir, p.Long, p.Code, codestats.Columns)
		}
		if len(p.Functions) > fewFunctions && p.P90() > max(mostP90, may.p90) {
			t.Errorf("%s: one function in ten has %d lines or more", p.Dir, p.P90())
		}
	}
	if len(packages) < 30 {
		t.Errorf("only %d packages were measured", len(packages))
	}
}

// tooLarge says what is wrong with the size of a struct; "" if nothing is.
func tooLarge(dir string, s codestats.Struct) string {
	room, _, _ := strings.Cut(dir, "/")
	for _, engine := range engines {
		if room == engine && (s.Fields > mostFields || s.Methods > mostMethods) {
			return "give the parts that belong together a type of their own"
		}
	}
	return ""
}

// TestStructureBites: what is too large is told.
func TestStructureBites(t *testing.T) {
	for _, c := range []struct {
		dir             string
		fields, methods int
		fine            bool
	}{
		{"replay/replica", 19, 39, true},
		{"replay/replica", 20, 1, false},
		{"cause", 1, 40, false},
		{"parse/rdb", 1, 147, true},
	} {
		s := codestats.Struct{Fields: c.fields, Methods: c.methods}
		if why := tooLarge(c.dir, s); (why == "") != c.fine {
			t.Errorf("%s with %d fields, %d methods: %q", c.dir, c.fields, c.methods, why)
		}
	}
}
