// Command mixed stages nights with several faults at once on the servers at
// hand, and holds the causes that redsleuth names against what happened; see
// internal/mixed. It prints each wrong answer with its seed, a line for each
// kind of evidence, and ends with status 1 if something wanted was missed.
// Nights with a wrong answer are kept, those without only with -keep.
//
//	go run ./scripts/mixed [-n 200] [-seed 1] [-dir DIR] [-keep] [-program PATH] [-jobs 2]
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/redsleuth/redsleuth/internal/mixed"
	"github.com/redsleuth/redsleuth/internal/program"
	"github.com/redsleuth/redsleuth/internal/redistest"
)

func main() {
	r := runner{tally: mixed.Tally{}}
	n := flag.Uint64("n", 200, "how many nights")
	seed := flag.Uint64("seed", 1, "seed of the first; the next ones follow it")
	path := flag.String("program", "", "a redsleuth that is built already")
	jobs := flag.Int("jobs", 2, "nights at once")
	flag.StringVar(&r.dir, "dir", "", "where nights are left (default: a new temporary folder)")
	flag.BoolVar(&r.keep, "keep", false, "leave every night")
	flag.Parse()
	missed, err := r.run(*path, *seed, *n, *jobs)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mixed:", err)
		os.Exit(2)
	}
	if missed {
		os.Exit(1)
	}
}

// A runner stages nights and sums up what was said of them.
type runner struct {
	dir   string
	keep  bool
	p     program.Program
	mu    sync.Mutex
	tally mixed.Tally
	wrong int
	broke []error
}

func (r *runner) run(path string, seed, n uint64, jobs int) (missed bool, err error) {
	if r.dir == "" {
		if r.dir, err = os.MkdirTemp("", "mixed-*"); err != nil {
			return false, err
		}
	} else if err := os.MkdirAll(r.dir, 0o700); err != nil {
		return false, err
	}
	r.p = program.Program{Path: path}
	if path == "" {
		if r.p, err = program.Build(r.dir); err != nil {
			return false, err
		}
	}
	seeds := make(chan uint64)
	var running sync.WaitGroup
	for range jobs {
		running.Go(func() {
			for s := range seeds {
				r.night(s)
			}
		})
	}
	for s := seed; s < seed+n; s++ {
		seeds <- s
	}
	close(seeds)
	running.Wait()
	fmt.Printf("%d nights from seed %d in %s, %d with a wrong answer, %d not staged\n", n, seed, r.dir, r.wrong, len(r.broke))
	for _, line := range r.tally.Lines() {
		fmt.Println(line)
	}
	faults := r.tally.Faults()
	for _, f := range faults {
		fmt.Println("missed:", f)
	}
	for _, err := range r.broke {
		fmt.Fprintln(os.Stderr, "mixed:", err)
	}
	return len(faults)+len(r.broke) > 0, nil
}

// night stages one and asks about it.
func (r *runner) night(seed uint64) {
	dir := filepath.Join(r.dir, "night-"+strconv.FormatUint(seed, 10))
	err := os.MkdirAll(dir, 0o700)
	var truth *mixed.Truth
	if err == nil {
		err = mixed.Alone(func(tb testing.TB) { truth = mixed.Make(tb, dir, seed, redistest.Servers(tb)) })
	}
	var misses []string
	var tally mixed.Tally
	if err == nil {
		tally, misses = truth.Check(r.p, dir)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.broke = append(r.broke, fmt.Errorf("seed %d: %w", seed, err))
		return
	}
	r.tally.Add(tally)
	for _, line := range misses {
		fmt.Println(line)
	}
	if len(misses) > 0 {
		r.wrong++
	} else if !r.keep {
		_ = os.RemoveAll(dir)
	}
}
