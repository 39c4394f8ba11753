package redistest

import (
	"cmp"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A Program is a server program of this machine that tests may start.
type Program struct {
	Family  string // "redis" or "valkey"
	Version string // as "7.0.15"; whatever patch there is, so no test is fixed to one
	Path    string // of the server
}

// String is "redis 7.0.15".
func (p Program) String() string { return p.Family + " " + p.Version }

// major is the first number of the version, 0 if there is none.
func (p Program) major() int {
	n, _ := strconv.Atoi(strings.Split(p.Version, ".")[0])
	return n
}

// Tool is the path of the "cli", "check-rdb" or "check-aof" that came with the
// server; "" if that is not there.
func (p Program) Tool(name string) string {
	dir, base := filepath.Split(p.Path)
	path := filepath.Join(dir, strings.Replace(base, "-server", "-"+name, 1))
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// Servers returns the servers at hand, one a version, Redis first, the oldest
// first: those on PATH, and those that scripts/servers fetched into the user's
// cache or the folder that REDSLEUTH_SERVERS names. It says in the test's log
// which they are, and skips the test if there are none.
func Servers(tb testing.TB) []Program {
	tb.Helper()
	all := atHand()
	if len(all) == 0 {
		tb.Skip("skipped, as no redis-server and no valkey-server is at hand: scripts/servers fetches some")
	}
	tb.Logf("servers at hand: %v (scripts/servers fetches others)", all)
	return all
}

// Newest returns the newest server of a family. If there is none, it skips the
// test and says what for.
func Newest(tb testing.TB, family, purpose string) Program {
	tb.Helper()
	for _, p := range slices.Backward(atHand()) {
		if p.Family == family {
			return p
		}
	}
	tb.Skipf("skipped, as no %s is at hand: %s (scripts/servers fetches one)", family, purpose)
	return Program{}
}

// usual returns the server that a test gets which asks for none: the one on
// PATH, or else the oldest Redis from 7.0, which knows DEBUG and functions.
func usual(tb testing.TB) Program {
	tb.Helper()
	if p, ok := onPath("redis"); ok {
		return p
	}
	for _, p := range atHand() {
		if p.Family == "redis" && p.major() >= 7 {
			return p
		}
	}
	tb.Skip("skipped, as no redis-server is on PATH or fetched: scripts/servers fetches some")
	return Program{}
}

// atHand lists the programs in the order that Servers promises.
func atHand() []Program {
	found := map[string]Program{}
	for _, dir := range folders() {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue // most machines lack one or the other
		}
		for _, e := range entries {
			family, version, ok := strings.Cut(e.Name(), "-server-")
			if ok && (family == "redis" || family == "valkey") {
				p := Program{family, version, filepath.Join(dir, e.Name())}
				found[p.String()] = p
			}
		}
	}
	for _, family := range []string{"redis", "valkey"} {
		if p, ok := onPath(family); ok {
			found[p.String()] = p
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b Program) int {
		if c := cmp.Compare(a.Family, b.Family); c != 0 {
			return c
		}
		return slices.Compare(numbers(a.Version), numbers(b.Version))
	})
}

// folders is where scripts/servers may have put servers.
func folders() []string {
	if list := os.Getenv("REDSLEUTH_SERVERS"); list != "" {
		return filepath.SplitList(list)
	}
	cache := os.Getenv("XDG_CACHE_HOME")
	if cache == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil
		}
		cache = filepath.Join(home, ".cache")
	}
	return []string{filepath.Join(cache, "redsleuth", "servers")}
}

// onPath asks the server on PATH for its version: "Redis server v=7.0.15 …".
func onPath(family string) (Program, bool) {
	path, err := exec.LookPath(family + "-server")
	if err != nil {
		return Program{}, false
	}
	out, err := exec.Command(path, "--version").Output()
	m := regexp.MustCompile(`^(Redis|Valkey) server v=([0-9.]+)`).FindSubmatch(out)
	if err != nil || m == nil || !strings.EqualFold(string(m[1]), family) {
		return Program{}, false // as a redis-server that is Valkey by another name
	}
	return Program{family, string(m[2]), path}, true
}

// numbers makes 7.0.15 later than 7.0.2; what is no number counts as 0.
func numbers(version string) (all []int) {
	for part := range strings.SplitSeq(version, ".") {
		n, _ := strconv.Atoi(part)
		all = append(all, n)
	}
	return all
}
