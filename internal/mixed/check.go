package mixed

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"path/filepath"
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/internal/program"
)

// ways are the kinds of evidence that diff is given, from whole to none.
var ways = []string{"pcap", "pcap+facts", "links", "late", "lossy", "no base", "none"}

// whole evidence explains every key.
func whole(way string) bool { return way == "pcap" || way == "pcap+facts" || way == "links" }

// A Tally counts answers of nights, by kind of evidence and what became of each
// key: "right proved", "right likely", "unexplained", "WRONG likely", "WRONG
// proved"; of the evidence "late" also "named" and "named explained", and of
// "who" whether the clients that wrote were found: "right", "missing", "wrong".
type Tally map[string]map[string]int

func (t Tally) count(way, what string) {
	if t[way] == nil {
		t[way] = map[string]int{}
	}
	t[way][what]++
}

// Add adds the counts of another.
func (t Tally) Add(other Tally) {
	for way, counts := range other {
		for what, n := range counts {
			if t[way] == nil {
				t[way] = map[string]int{}
			}
			t[way][what] += n
		}
	}
}

// Lines is a line for each kind of evidence.
func (t Tally) Lines() (lines []string) {
	for _, way := range append(slices.Clone(ways), "who") {
		var parts []string
		for _, what := range slices.Sorted(maps.Keys(t[way])) {
			parts = append(parts, fmt.Sprint(what, " ", t[way][what]))
		}
		lines = append(lines, fmt.Sprintf("%-11s %s", way, strings.Join(parts, ", ")))
	}
	return lines
}

// Faults says what is wanted and missed: nothing wrong is called proved; whole
// evidence explains every key, rightly, and names who wrote; worse evidence is
// wrong of fewer than one key in a hundred, and of those that a late capture
// names it explains four in five.
func (t Tally) Faults() (faults []string) {
	for _, way := range ways {
		n := t[way]
		wrong := n["WRONG likely"] + n["WRONG proved"]
		keys := wrong + n["unexplained"] + n["right likely"] + n["right proved"]
		switch {
		case n["WRONG proved"] > 0:
			faults = append(faults, fmt.Sprintf("%s: %d wrong and called proved", way, n["WRONG proved"]))
		case whole(way) && wrong+n["unexplained"] > 0:
			faults = append(faults, fmt.Sprintf("%s: %d wrong, %d unexplained", way, wrong, n["unexplained"]))
		case wrong*100 > keys:
			faults = append(faults, fmt.Sprintf("%s: %d of %d wrong", way, wrong, keys))
		}
		if n["failed"] > 0 {
			faults = append(faults, fmt.Sprintf("%s: %d times no answer", way, n["failed"]))
		}
		if n["other keys"] > 0 {
			faults = append(faults, fmt.Sprintf("%s: %d keys differ for one and not for the other", way, n["other keys"]))
		}
	}
	if late := t["late"]; late["named explained"]*5 < late["named"]*4 {
		faults = append(faults, fmt.Sprintf("late: of %d keys that are named, %d explained", late["named"], late["named explained"]))
	}
	if who := t["who"]; who["missing"]+who["wrong"] > 0 {
		faults = append(faults, fmt.Sprintf("who: %d missing, %d wrong", who["missing"], who["wrong"]))
	}
	return faults
}

// answer is what diff says.
type answer struct {
	Differences []difference `json:"differences"`
}

type difference struct {
	DB         int       `json:"db"`
	Key        key       `json:"key"`
	Cause      string    `json:"cause"`
	Confidence string    `json:"confidence"`
	WrittenBy  []written `json:"written_by"`
}

type written struct {
	Addr string `json:"addr"`
}

// key is a byte string of the contract.
type key string

func (k *key) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		*k = key(text)
		return nil
	}
	var coded struct{ Base64 string }
	if err := json.Unmarshal(data, &coded); err != nil {
		return err
	}
	plain, err := base64.StdEncoding.DecodeString(coded.Base64)
	*k = key(plain)
	return err
}

// Check asks a program about the night in a folder, with whole and with worse
// evidence. misses says of each answer that is wrong what it should be.
func (t *Truth) Check(p program.Program, dir string) (tally Tally, misses []string) {
	tally = Tally{}
	for _, way := range ways {
		var got answer
		args := append([]string{"diff", filepath.Join(dir, "master.rdb"), filepath.Join(dir, "replica.rdb"), "--limit", "0"}, evidence(dir, way)...)
		if _, err := p.JSON(&got, args...); err != nil {
			tally.count(way, "failed")
			misses = append(misses, fmt.Sprintf("seed %d, %s, %s: %v", t.Seed, t.Server, way, err))
			continue
		}
		misses = append(misses, t.judge(tally, way, got)...)
	}
	return tally, misses
}

// evidence is the arguments of a kind of evidence.
func evidence(dir, way string) (args []string) {
	add := func(flag, pattern string) {
		paths, _ := filepath.Glob(filepath.Join(dir, pattern)) // the pattern is sound
		slices.Sort(paths)
		for _, path := range paths {
			args = append(args, flag, path)
		}
	}
	switch way {
	case "pcap", "no base":
		add("--stream", "link.pcap")
	case "pcap+facts":
		add("--stream", "link.pcap")
		add("--info", "*.info.txt")
		add("--log", "*.log")
	case "links":
		add("--stream", "link-*.psync")
	case "late", "lossy":
		add("--stream", way+".pcap")
	}
	if way != "none" && way != "no base" {
		add("--replica-before", "replica-before-*.rdb")
	}
	return args
}

func (t *Truth) judge(tally Tally, way string, got answer) (misses []string) {
	miss := func(at place, format string, args ...any) {
		what := fmt.Sprintf("seed %d, %s, %s, %s, %v: ", t.Seed, t.Server, t.End, way, at)
		misses = append(misses, what+fmt.Sprintf(format, args...))
	}
	said := map[place]difference{}
	for _, d := range got.Differences {
		if d.Cause != "expired" {
			said[place{d.DB, string(d.Key)}] = d
		}
	}
	for _, want := range t.Causes {
		d, ok := said[want.place]
		delete(said, want.place)
		if !ok {
			tally.count(way, "other keys")
			miss(want.place, "is %s (%s), and is not told", want.Cause, want.Fault)
			continue
		}
		verdict := t.verdict(want, d)
		tally.count(way, verdict)
		if strings.HasPrefix(verdict, "WRONG") || verdict == "unexplained" && whole(way) {
			miss(want.place, "%s %s, is %s (%s)", d.Cause, d.Confidence, want.Cause, want.Fault)
		}
		if way == "late" && slices.Contains(t.Named, want.String()) {
			tally.count(way, "named")
			if d.Cause != "unexplained" {
				tally.count(way, "named explained")
			}
		}
		if way == "pcap" && len(want.Writers) > 0 && t.sawWriter(want) {
			found := who(want.Writers, d.WrittenBy)
			tally.count("who", found)
			if found != "right" {
				miss(want.place, "written by %v, is %v (%s, %s)", d.WrittenBy, want.Writers, want.Cause, want.Fault)
			}
		}
	}
	for at, d := range said {
		tally.count(way, "other keys")
		miss(at, "%s, and no difference", d.Cause)
	}
	return misses
}

// sawWriter: the capture holds who wrote.
func (t *Truth) sawWriter(c *Cause) bool {
	return t.Captured == "master and replica" || slices.Contains([]string{"lag", "re-evaluated", "not-propagated"}, c.Cause)
}

// verdict: behind a split nothing but its time tells a local write from one of
// the new history, so that likely is honest there.
func (t *Truth) verdict(want *Cause, d difference) string {
	split := t.End == "split" && d.Cause == "different-history" && d.Confidence == "likely" &&
		(want.Cause == "local-write" || want.Cause == "not-propagated")
	switch {
	case d.Cause == "unexplained":
		return "unexplained"
	case d.Cause == want.Cause || split:
		return "right " + d.Confidence
	}
	return "WRONG " + d.Confidence
}

// who: every client named did write, and at least one is named.
func who(want []int, got []written) string {
	if len(got) == 0 {
		return "missing"
	}
	for _, w := range got {
		_, port, _ := net.SplitHostPort(w.Addr)
		if !slices.ContainsFunc(want, func(p int) bool { return fmt.Sprint(p) == port }) {
			return "wrong"
		}
	}
	return "right"
}
