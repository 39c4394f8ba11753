// Command histories makes random histories of masters and replicas, and holds
// what redsleuth says of them against a model of its own; see
// internal/histories. It prints each disagreement with its seed and the folder
// with the artefacts, and ends with status 1 if there was one.
//
//	go run ./scripts/histories [-n 1000] [-seed 1] [-diff 8] [-program PATH]
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/redsleuth/redsleuth/internal/histories"
	"github.com/redsleuth/redsleuth/internal/program"
)

func main() {
	n := flag.Uint64("n", 1000, "how many histories")
	seed := flag.Uint64("seed", 1, "seed of the first; the next ones follow it")
	diffs := flag.Uint64("diff", 8, "one history in so many is also given to diff; 0 for none")
	path := flag.String("program", "", "a redsleuth that is built already")
	flag.Parse()
	wrong, err := run(*path, *n, *seed, *diffs)
	if err != nil {
		fmt.Fprintln(os.Stderr, "histories:", err)
		os.Exit(2)
	}
	fmt.Printf("%d histories from seed %d, %d with a disagreement\n", *n, *seed, wrong)
	if wrong > 0 {
		os.Exit(1)
	}
}

func run(path string, n, seed, diffs uint64) (wrong int, err error) {
	dir, err := os.MkdirTemp("", "histories-*")
	if err != nil {
		return 0, err
	}
	redsleuth := program.Program{Path: path}
	if path == "" {
		if redsleuth, err = program.Build(dir); err != nil {
			return 0, err
		}
	}
	for s := seed; s < seed+n; s++ {
		lines, err := histories.Check(redsleuth, dir, s, diffs > 0 && s%diffs == 0)
		if err != nil {
			return wrong, fmt.Errorf("seed %d: %w", s, err)
		}
		for _, line := range lines {
			fmt.Println(line)
		}
		if len(lines) > 0 {
			wrong++
		}
	}
	return wrong, nil
}
