// Command damage breaks artefacts in many ways and holds what redsleuth makes of
// them: no crash, no hang, no memory beyond its bound, no silence; see
// internal/damage. It prints each input that fails, with its seed and where it
// was kept, and counts by kind; its status is 1 if one failed.
//
//	go run ./scripts/damage [-n 100000] [-for 60s] [-seed 1] [-dir DIR]
//	    [-program PATH] [-every 500] [-only KIND] [FOLDER…]
//
// FOLDERs hold the artefacts, by default those of the repository.
package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/internal/damage"
	"github.com/redsleuth/redsleuth/internal/mixed"
	"github.com/redsleuth/redsleuth/internal/program"
	"github.com/redsleuth/redsleuth/internal/redistest"
)

func main() {
	var h damage.Holder
	n := flag.Int("n", 100_000, "how many inputs; 0 for as many as -for allows")
	long := flag.Duration("for", 0, "how long; 0 for as long as -n takes")
	seed := flag.Uint64("seed", 1, "seed of the first; the next ones follow it")
	only := flag.String("only", "", "only artefacts of this kind")
	flag.StringVar(&h.Dir, "dir", "", "where inputs that fail are kept (a new temporary folder)")
	flag.StringVar(&h.Program.Path, "program", "", "a redsleuth that is built already; - runs none")
	flag.IntVar(&h.Every, "every", 500, "each so many are given to the program, and to check-rdb")
	flag.Parse()
	err := prepare(&h, *only, flag.Args())
	failed := 0
	if err == nil {
		failed, err = run(&h, *seed, *n, *long)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "damage:", err)
		os.Exit(2)
	}
	if failed > 0 {
		os.Exit(1)
	}
}

// prepare finds what is to be broken, and what it is given to.
func prepare(h *damage.Holder, only string, folders []string) (err error) {
	if h.Dir == "" {
		h.Dir, err = os.MkdirTemp("", "damage-*")
	} else {
		err = os.MkdirAll(h.Dir, 0o700)
	}
	if err != nil {
		return err
	}
	switch h.Program.Path {
	case "-":
		h.Program.Path = ""
	case "":
		if h.Program, err = program.Build(h.Dir); err != nil {
			return err
		}
	}
	if len(folders) == 0 {
		folders = []string{"testdata", "parse/rdb/testdata"}
	}
	if h.Seeds, err = damage.Seeds(folders...); err != nil {
		return err
	}
	h.Seeds = slices.DeleteFunc(h.Seeds, func(s damage.Seed) bool {
		return only != "" && string(s.Kind) != only
	})
	if err := mixed.Alone(func(tb testing.TB) { h.Checkers = checkers(tb) }); err != nil {
		fmt.Println("no server's check-rdb is asked:", err)
	}
	return nil
}

func run(h *damage.Holder, seed uint64, n int, long time.Duration) (failed int, err error) {
	fmt.Printf("%d artefacts, in %s\n", len(h.Seeds), h.Dir)
	done, err := h.Run(seed, n, long, func(err error) {
		failed++
		fmt.Println(err)
	})
	for _, what := range slices.Sorted(maps.Keys(h.Counts)) {
		fmt.Printf("%9d %s\n", h.Counts[what], what)
	}
	fmt.Printf("%d inputs from seed %d, %d failed, at most %d MiB held\n",
		done, seed, failed, h.Peak()>>20)
	return failed, err
}

// checkers are those of the newest servers at hand.
func checkers(tb testing.TB) map[string]string {
	all := map[string]string{}
	for _, p := range redistest.Servers(tb) { // the newest last
		if path := p.Tool("check-rdb"); path != "" {
			all[map[string]string{"redis": "REDIS", "valkey": "VALKEY"}[p.Family]] = path
		}
	}
	return all
}
