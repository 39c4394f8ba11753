package replay

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
)

// sidesHistory is the history of a:* with the dumps of both sides in it.
func sidesHistory(t *testing.T, s *scenario, master, replica string) *Report {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{MasterSide: master, ReplicaSide: replica} {
		path := filepath.Join(dir, name+".rdb")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		s.options.Sides = append(s.options.Sides, Side{Name: name, In: openFile(t, path)})
	}
	s.options.Key = func(k []byte) bool { return strings.HasPrefix(string(k), "a:") }
	return s.run(t)
}

func rowsOf(r *Report) string {
	var got []string
	for i := range r.Touches {
		c := &r.Touches[i]
		got = append(got, strings.Join(strings.Fields(fmt.Sprintf("%s %s%s %s %s %s", c.Side, c.Type, c.Command,
			c.Key, c.Args, c.Outcome)), " "))
	}
	return strings.Join(got, "|")
}

// A dump stands before the first command that it does not hold. What is behind the
// replica's was sent, and nothing shows that it ran.
func TestHistoryWithSides(t *testing.T) {
	first, second, third := wire("SELECT 0", "SET a:1 x"), wire("APPEND a:1 y"), wire("RPUSH a:2 v")
	payload := rdbOf(state("7.0.15", idA, 0, ""))
	stream := fullSync(idA, 0, payload, first+second+third)
	replicaAt, masterAt := int64(len(first)), int64(len(first+second))
	held := func(id string, at int64, keys string) string {
		return rdbOf(state("7.0.15", id, at, "0"), "\xfe\x00"+keys)
	}
	master := held(idA, masterAt, "\x00\x03a:1\x02xy\x01\x03a:9\x02\x01p\x01q")
	replica := held(idA, replicaAt, "\x00\x03a:1\x01x")
	const lacking = "|replica none a:2 [] held|replica none a:9 [] held"
	for _, test := range []struct{ name, replica, want string }{
		{"of one history", replica, "[] loaded|SET a:1 [x] applied|replica string a:1 [x] held" + lacking +
			"|APPEND a:1 [y] sent|master string a:1 [xy] held|master none a:2 [] held|master list a:9 [p q] held|RPUSH a:2 [v] sent"},
		{"of another history", held(idB, replicaAt, "\x00\x03a:1\x01x"), "[] loaded|SET a:1 [x] applied|APPEND a:1 [y] applied" +
			"|master string a:1 [xy] held|master none a:2 [] held|master list a:9 [p q] held" +
			"|RPUSH a:2 [v] applied|replica string a:1 [x] held" + lacking},
		// What is cut off may hold the others.
		{"cut short", replica[:len(replica)-9], "[] loaded|SET a:1 [x] applied|replica string a:1 [x] held" +
			"|APPEND a:1 [y] sent|master string a:1 [xy] held|master none a:2 [] held|master list a:9 [p q] held|RPUSH a:2 [v] sent"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := scenario{streams: []string{stream}}
			if got := rowsOf(sidesHistory(t, &s, master, test.replica)); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// Of commands that may have been refused, the values tell which was.
func TestSettle(t *testing.T) {
	for _, certain := range []bool{true, false} {
		refused, applied := LikelyRefused, LikelyApplied
		if certain {
			refused, applied = Refused, Applied
		}
		at := func(offset int64, key string, o Outcome) Touch {
			return Touch{Path: "a", Link: 1, Offset: offset, Key: []byte(key), Outcome: o}
		}
		r := &Report{Links: []*Link{{Link: record.Link{Number: 1}}}, Touches: []Touch{
			at(10, "k", Doubtful), at(20, "k", Doubtful), at(30, "k", Applied), at(20, "other", Doubtful),
		}}
		r.Settle(0, []byte("k"), []finding.Place{{Path: "a", Link: 1, Offset: finding.At(int64(20))}}, certain)
		for i, want := range []Outcome{applied, refused, Applied, Doubtful} {
			if got := r.Touches[i].Outcome; got != want {
				t.Errorf("certain %v, touch %d: %s, not %s", certain, i, got, want)
			}
		}
	}
}

// A command that was refused within a transaction takes the whole of it along, and what
// is doubtful of one is of all.
func TestRefusedTransaction(t *testing.T) {
	list := func() *touches {
		at := func(link, transaction int, command string) Touch {
			return Touch{Link: link, Transaction: transaction, Command: command, Outcome: Applied}
		}
		return &touches{list: []Touch{at(1, 0, "SET"), at(1, 2, "SET"), at(1, 2, "SETRANGE"), at(1, 3, "SET"), at(2, 2, "SET")}}
	}
	outcomes := func(t *touches) (all []Outcome) {
		for i := range t.list {
			all = append(all, t.list[i].Outcome)
		}
		return all
	}
	shown := list()
	place := func(why repl.WhyRefused) *repl.RefusedPlace {
		return &repl.RefusedPlace{RefusedCommand: repl.RefusedCommand{Name: "setrange", Why: why}}
	}
	(&refusedAt{places: []refusedPlace{{RefusedPlace: place(repl.NoMemory), found: 1, link: 1, transaction: 2, touches: []int{2}}}}).finish(shown)
	if got := fmt.Sprint(outcomes(shown)); got != "[applied refused refused applied applied]" {
		t.Errorf("where the log shows it: %s", got)
	}
	alone := list()
	(&refusedAt{places: []refusedPlace{{RefusedPlace: place(repl.NoMemory), found: 1, link: 1, touches: []int{0}}}}).finish(alone)
	if got := fmt.Sprint(outcomes(alone)); got != "[refused applied applied applied applied]" {
		t.Errorf("in no transaction: %s", got)
	}
	ran := list() // it was queued, and failed as it ran: nothing else did
	(&refusedAt{places: []refusedPlace{{RefusedPlace: place(repl.UnknownOption), found: 1, link: 1, transaction: 2, touches: []int{2}}}}).finish(ran)
	if got := fmt.Sprint(outcomes(ran)); got != "[applied applied refused applied applied]" {
		t.Errorf("of an option: %s", got)
	}
	named := list()
	named.queued = []queued{{1, 2, "setrange"}}
	var none *refusedAt
	none.doubt(named, &repl.Facts{RefusedCommands: map[repl.RefusedCommand]int64{{Name: "setrange"}: 1}})
	if got := fmt.Sprint(outcomes(named)); got != "[applied applied-or-refused applied-or-refused applied applied]" {
		t.Errorf("where it does not: %s", got)
	}
}

func TestScoreText(t *testing.T) {
	for f, want := range map[float64]string{1.5: "1.5", -3: "-3", math.Inf(1): "inf", math.Inf(-1): "-inf", 1e30: "1e+30"} {
		if got := string(scoreText(f)); got != want {
			t.Errorf("%v: %s, not %s", f, got, want)
		}
	}
}
