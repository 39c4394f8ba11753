// Command measure prints what the shape of the tree is held to: the largest
// state machines, and for each package its lines of test for a line of code, the
// share of long lines, how long nine of ten functions are, and its examples.
//
//	go run ./scripts/measure [FOLDER]
package main

import (
	"cmp"
	"fmt"
	"os"
	"slices"

	"github.com/redsleuth/redsleuth/internal/codestats"
)

func main() {
	root := "."
	if len(os.Args) > 1 {
		root = os.Args[1]
	}
	packages, err := codestats.Measure(root)
	if err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
	show(packages)
}

func show(packages []*codestats.Package) {
	var structs []codestats.Struct
	total := codestats.Package{Dir: "all"}
	fmt.Printf("%-26s %6s %6s %6s %7s %5s %9s\n",
		"package", "code", "test", "ratio", ">100", "p90", "examples")
	for _, p := range packages {
		structs = append(structs, p.Structs...)
		total.Code += p.Code
		total.Test += p.Test
		total.Long += p.Long
		total.Functions = append(total.Functions, p.Functions...)
		total.Examples += p.Examples
		line(p)
	}
	slices.Sort(total.Functions)
	line(&total)
	for _, by := range []struct {
		name string
		of   func(codestats.Struct) int
	}{
		{"fields", func(s codestats.Struct) int { return s.Fields }},
		{"methods", func(s codestats.Struct) int { return s.Methods }},
	} {
		slices.SortFunc(structs, func(a, b codestats.Struct) int {
			return cmp.Compare(by.of(b), by.of(a))
		})
		fmt.Printf("\nmost %s of a struct with methods\n", by.name)
		for _, s := range structs[:min(len(structs), 8)] {
			fmt.Printf("%4d  %s\n", by.of(s), s.Name)
		}
	}
}

func line(p *codestats.Package) {
	fmt.Printf("%-26s %6d %6d %6.2f %6.1f%% %5d %9d\n",
		p.Dir, p.Code, p.Test, p.TestShare(), 100*p.LongShare(), p.P90(), p.Examples)
}
