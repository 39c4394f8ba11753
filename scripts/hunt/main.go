// Command hunt looks for divergences between master and replica: it gives random
// commands of the servers' own command tables to a pair of real servers, compares
// their dumps as diff does, reduces what makes them differ to the least commands
// that still do, and names it by the catalogue of divergences, or "unknown".
//
//	go run ./scripts/hunt [-for 10m] [-seed 1] [-docs SERVER] MASTER [REPLICA]
//
// MASTER and REPLICA are paths of redis-server or valkey-server; REPLICA is MASTER
// unless given. DOCS is a server whose COMMAND DOCS say how commands are written,
// for a master that has none (before 7.0). A round of commands depends on the seed
// alone; what servers do with it may depend on the clock. It prints what was found,
// a line a kind, and ends with status 1 if something is unknown.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"
)

func main() {
	o := options{}
	flag.DurationVar(&o.time, "for", 10*time.Minute, "how long")
	flag.Uint64Var(&o.seed, "seed", 1, "seed of the first round; the next ones follow it")
	flag.Uint64Var(&o.rounds, "rounds", 0, "end after so many rounds; 0 is no end but -for")
	flag.StringVar(&o.docs, "docs", "redis-server", "a server that has COMMAND DOCS")
	flag.Parse()
	if flag.NArg() < 1 || flag.NArg() > 2 {
		flag.Usage()
		os.Exit(2)
	}
	o.master, o.replica = flag.Arg(0), cmp.Or(flag.Arg(1), flag.Arg(0))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	unknown, err := hunt(ctx, o, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "hunt:", err)
		os.Exit(2)
	}
	if unknown > 0 {
		os.Exit(1)
	}
}

type options struct {
	master, replica, docs string
	time                  time.Duration
	seed, rounds          uint64
}

// A kind is what was found, by the rows that name it or by the commands of its
// least example.
type kind struct {
	name    string
	named   bool
	times   int
	seed    uint64
	example script
	verdict verdict
}

// A hunter runs rounds on a pair and keeps what it found.
type hunter struct {
	*pair
	commands []syntax
	kinds    map[string]*kind
	rounds   uint64
	givenUp  int
}

// mostGivenUp is how many rounds may end with an error in a row of a hunt.
const mostGivenUp = 50

// hunt runs rounds until the time is over, and tells what it found.
func hunt(ctx context.Context, o options, out io.Writer) (unknown int, err error) {
	dir, err := os.MkdirTemp("", "hunt-*")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	h := &hunter{kinds: map[string]*kind{}}
	if h.pair, err = startPair(ctx, dir, o.master, o.replica); err != nil {
		return 0, err
	}
	defer h.close()
	if h.commands, err = commandsOf(ctx, h.master, dir, o.docs); err != nil {
		return 0, err
	}
	fmt.Fprintf(out, "%s: %d commands\n", h.pair, len(h.commands))
	for end := time.Now().Add(o.time); time.Now().Before(end) && ctx.Err() == nil; {
		if o.rounds > 0 && h.rounds == o.rounds {
			break
		}
		if err := h.round(ctx, o.seed+h.rounds); err != nil {
			return 0, err
		}
		h.rounds++
	}
	return h.report(out), ctx.Err()
}

// round runs one script. Its errors are those that nothing more can be done after.
func (h *hunter) round(ctx context.Context, seed uint64) error {
	s := newMaker(rand.New(rand.NewPCG(seed, 0)), h.commands).script()
	v, err := h.try(ctx, s)
	if err != nil {
		if h.givenUp++; h.givenUp > mostGivenUp {
			return err
		}
		return h.restart(ctx) // a server may have crashed
	}
	if !v.differs() {
		return nil
	}
	if k := h.kinds[v.name()]; k != nil && k.named && v.named() {
		k.times++
		return nil
	}
	s, v = h.reduce(ctx, s, v)
	name, named := v.name(), v.named()
	if !named {
		name = s.names()
	}
	if k := h.kinds[name]; k != nil {
		k.times++
		return nil
	}
	h.kinds[name] = &kind{name, named, 1, seed, s, v}
	return nil
}

// report tells the kinds, what is unknown first.
func (h *hunter) report(out io.Writer) (unknown int) {
	all := make([]*kind, 0, len(h.kinds))
	for _, k := range h.kinds {
		all = append(all, k)
		if !k.named {
			unknown++
		}
	}
	slices.SortFunc(all, func(a, b *kind) int {
		if a.named != b.named {
			return map[bool]int{true: 1, false: -1}[a.named]
		}
		return cmp.Or(b.times-a.times, strings.Compare(a.name, b.name))
	})
	fmt.Fprintf(out, "%d rounds, %d given up, %d kinds of difference, %d unknown\n",
		h.rounds, h.givenUp, len(all), unknown)
	for _, k := range all {
		word := "unknown"
		if k.named {
			word = "known"
		}
		fmt.Fprintf(out, "%s %s, %d times, first at seed %d: %s\n", word, k.name, k.times, k.seed, k.verdict.text())
		for _, line := range k.example.lines() {
			fmt.Fprintf(out, "    %s\n", line)
		}
	}
	return unknown
}
