package mixed

import (
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/internal/program"
	"github.com/redsleuth/redsleuth/internal/redistest"
)

// TestNights: on nights of whatever servers are at hand nothing wrong is called
// proved, and redsleuth and the servers agree which keys differ. scripts/mixed
// runs more, and holds them against more.
func TestNights(t *testing.T) {
	servers := redistest.Servers(t)
	redsleuth, err := program.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	nights := uint64(12)
	if testing.Short() {
		nights = 3
	}
	causes := map[string]int{}
	for seed := range nights {
		dir := t.TempDir()
		truth := Make(t, dir, seed, servers)
		tally, misses := truth.Check(redsleuth, dir)
		for _, way := range ways {
			if tally[way]["WRONG proved"]+tally[way]["other keys"] > 0 {
				t.Errorf("seed %d, %s:\n%s\n  (go run ./scripts/mixed -n 1 -seed %[1]d)", seed, way, strings.Join(misses, "\n"))
			}
		}
		for _, c := range truth.Causes {
			causes[c.Cause]++
		}
	}
	if testing.Short() {
		return
	}
	// A generator that makes nothing of a kind would prove nothing of it.
	for _, cause := range []string{"local-write", "not-propagated", "re-evaluated", "lag", "different-history"} {
		if causes[cause] == 0 {
			t.Errorf("no key has the cause %s among %v", cause, causes)
		}
	}
}

// TestJudge: each kind of answer is counted as what it is.
func TestJudge(t *testing.T) {
	at := place{3, "k"}
	for _, c := range []struct {
		name      string
		end, want string
		said      []difference
		way, says string
		faults    string
	}{
		{"right", "caught up", "lag", []difference{{DB: 3, Key: "k", Cause: "lag", Confidence: "proved"}}, "none", "right proved", ""},
		{"wrong and proved", "caught up", "lag", []difference{{DB: 3, Key: "k", Cause: "local-write", Confidence: "proved"}}, "none", "WRONG proved", "none: 1 wrong and called proved"},
		{"another database", "caught up", "lag", []difference{{DB: 2, Key: "k", Cause: "lag"}}, "none", "other keys", "none: 2 keys differ for one and not for the other"},
		{"unexplained, with nothing", "caught up", "lag", []difference{{DB: 3, Key: "k", Cause: "unexplained"}}, "none", "unexplained", ""},
		{"unexplained, with everything", "caught up", "lag", []difference{{DB: 3, Key: "k", Cause: "unexplained"}}, "links", "unexplained", "links: 0 wrong, 1 unexplained"},
		{"expired beside it", "caught up", "lag", []difference{{DB: 3, Key: "k", Cause: "lag", Confidence: "likely"}, {DB: 3, Key: "e", Cause: "expired"}}, "none", "right likely", ""},
		{"behind a split, likely", "split", "local-write", []difference{{DB: 3, Key: "k", Cause: "different-history", Confidence: "likely"}}, "links", "right likely", ""},
		{"behind a split, proved", "split", "local-write", []difference{{DB: 3, Key: "k", Cause: "different-history", Confidence: "proved"}}, "links", "WRONG proved", "links: 1 wrong and called proved"},
	} {
		t.Run(c.name, func(t *testing.T) {
			truth := &Truth{End: c.end, Causes: []*Cause{{place: at, Cause: c.want}}}
			tally := Tally{}
			truth.judge(tally, c.way, answer{Differences: c.said})
			if tally[c.way][c.says] == 0 {
				t.Errorf("counted as %v", tally)
			}
			if got := strings.Join(tally.Faults(), "; "); got != c.faults {
				t.Errorf("faults %q, want %q", got, c.faults)
			}
		})
	}
}

func TestWho(t *testing.T) {
	for _, c := range []struct {
		name string
		got  []written
		says string
	}{
		{"one of two", []written{{"127.0.0.1:40002"}}, "right"},
		{"nobody", nil, "missing"},
		{"another beside", []written{{"127.0.0.1:40001"}, {"127.0.0.1:40003"}}, "wrong"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := who([]int{40001, 40002}, c.got); got != c.says {
				t.Errorf("%s, want %s", got, c.says)
			}
		})
	}
}
