package text

import (
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/report"
)

func at(clock string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, "2026-11-26T"+clock+"Z")
	if err != nil {
		panic(err)
	}
	return t
}

// A dump tells the second in which it was saved, so that of a lag there may be no more
// than bounds; and of two dumps of different moments the one lacks commands without any
// replica having been behind.
func TestBehind(t *testing.T) {
	up, down := true, false
	for _, test := range []struct {
		name                string
		first, saved, other string // of the commands, the replica's dump, the master's; "" for unknown
		ending              *report.Ending
		since, still        string
	}{
		{"within that second", "09:22:30.958", "09:22:30", "09:22:30", nil,
			"behind since: at the earliest 2026-11-26T09:22:30.958Z", "still behind: not known; slave_repl_offset"},
		{"saved before", "09:22:32.1", "09:22:30", "09:22:33", nil, "behind since: not shown: its dump was saved between 2026-11-26T09:22:30.000Z and 2026-11-26T09:22:30.999Z", ""},
		{"saved behind", "09:22:30.958", "09:22:33", "09:22:33", nil, "by 2.042s or more when the dump was saved", ""},
		{"no time of saving", "09:22:30.958", "", "", nil, "when it was saved, the dump does not tell", ""},
		{"no stream", "", "09:22:33", "09:22:30", nil, "behind since: at the latest 2026-11-26T09:22:30.999Z, when the master's", ""},
		{"no stream, one second", "", "09:22:30", "09:22:30", nil, "behind since: not known: no stream here tells", ""},
		{"the link is lost", "09:22:30.958", "", "", &report.Ending{LinkLost: at("09:22:31")}, "", "still behind: yes; the link broke at 2026-11-26T09:22:31.000Z"},
		{"or not", "09:22:30.958", "", "", &report.Ending{LinkLost: at("09:22:31"), LinkUp: &up}, "", "still behind: not known; the link broke at 2026-11-26T09:22:31.000Z"},
		{"the link is up", "09:22:30.958", "", "", &report.Ending{LinkUp: &up}, "", "still behind: nothing shows that it goes on; the link was up"},
		{"the link is down", "09:22:30.958", "", "", &report.Ending{LinkUp: &down}, "", "the link was down, by its INFO"},
		{"promoted", "09:22:30.958", "", "", &report.Ending{Promoted: at("09:22:31")}, "", "the replica became one itself"},
		{"ended", "09:22:30.958", "", "", &report.Ending{ReplicaEnded: at("09:22:31"), LinkUp: &up}, "", "its process ended"},
	} {
		t.Run(test.name, func(t *testing.T) {
			side := func(saved string) *diff.Side {
				s := &diff.Side{Origin: repl.NewOrigin()}
				if saved != "" {
					s.Created = at(saved)
				}
				return s
			}
			lag := int64(40)
			r := &diff.Report{Master: side(test.other), Replica: side(test.saved), Replication: diff.Replication{
				Verdict: diff.ReplicaBehind, LagBytes: &lag}}
			if test.first != "" {
				r.Replication.LagFrom = at(test.first)
				r.Replication.LagTo = r.Replication.LagFrom.Add(time.Millisecond)
			}
			text := diffOf(t, r, test.ending)
			for _, want := range []string{test.since, test.still} {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in\n%s", want, text)
				}
			}
		})
	}
}

// accountOf is a comparison of which nothing else is known.
func accountOf(r *diff.Report) *report.Account {
	return &report.Account{Diff: r, Tally: &report.Tally{}, Ending: &report.Ending{}}
}

// diffOf is the text of a comparison on a wide terminal, with how the logs and INFO of a
// folder say it ended; nil is none.
func diffOf(t *testing.T, r *diff.Report, ending *report.Ending) string {
	t.Helper()
	var b strings.Builder
	var of *report.Sides
	account := accountOf(r)
	if ending != nil {
		of = &report.Sides{Ending: *ending}
		account.Ending = ending
	}
	err := Diff(&b, account, of, Options{
		Style: render.NewStyle(false, 1000), Bytes: render.NewBytesFormatter(render.Quoted, nil),
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Of histories that part it is told how far each went on, and since when, where the log
// of the one that was promoted is there.
func TestParted(t *testing.T) {
	parted := int64(5472)
	side := func(id string, offset int64) *diff.Side {
		return &diff.Side{Origin: repl.NewOrigin(), State: &repl.State{ID: id, Offset: offset}}
	}
	r := &diff.Report{Master: side("a", 5869), Replica: side("b", 6092),
		Replication: diff.Replication{Verdict: diff.DifferentHistory, PartedAt: &parted}}
	for _, test := range []struct {
		ending *report.Ending
		want   string
		not    string
	}{
		{nil, "parted since: at offset 5472; since then 397 bytes of the master's history, 620 of the replica's own", "by its log"},
		{&report.Ending{Promoted: at("10:45:40.7")}, "parted since: 2026-11-26T10:45:40.700Z, when the replica was promoted, by its log", "behind since"},
		{&report.Ending{Promoted: at("10:45:40.7"), Parted: true}, "two masters: yes; until one of the two", "nothing shows"},
	} {
		text := diffOf(t, r, test.ending)
		if !strings.Contains(text, test.want) || strings.Contains(text, test.not) {
			t.Errorf("want %q, not %q, in\n%s", test.want, test.not, text)
		}
	}
}

// The first command that led to a difference is the earliest that is evidence of it; a
// client that wrote later tells no time of its own.
func TestSince(t *testing.T) {
	evidence := func(clock, command string) finding.Evidence {
		return finding.Evidence{Time: at(clock), Command: []byte(command)}
	}
	for _, test := range []struct {
		name string
		d    diff.Difference
		want time.Time
	}{
		{"evidence", diff.Difference{Evidence: []finding.Evidence{evidence("09:00:02", "SET"), evidence("09:00:01", "SET")},
			WrittenBy: []diff.Writer{{Time: at("09:00:00")}}}, at("09:00:01")},
		{"a writer alone", diff.Difference{WrittenBy: []diff.Writer{{Time: at("09:00:03")}}}, at("09:00:03")},
		{"where histories part", diff.Difference{Cause: finding.CauseDifferentHistory,
			Evidence: []finding.Evidence{{Time: at("09:00:04")}}}, at("09:00:04")},
		{"who wrote before histories part", diff.Difference{Cause: finding.CauseDifferentHistory,
			WrittenBy: []diff.Writer{{Time: at("09:00:03")}}}, time.Time{}},
		{"a command of before histories part", diff.Difference{Cause: finding.CauseDifferentHistory,
			Evidence: []finding.Evidence{evidence("09:00:01", "SET"), {Time: at("09:00:04")}}}, at("09:00:04")},
		{"a time of no command", diff.Difference{Evidence: []finding.Evidence{{Time: at("09:00:04")}}}, time.Time{}},
	} {
		if got := since(&test.d); !got.Equal(test.want) {
			t.Errorf("%s: %v, not %v", test.name, got, test.want)
		}
	}
}

// Where --limit leaves keys out, nothing that was counted of the others is said of all.
func TestCausesOfAPart(t *testing.T) {
	r := manyDiffer()
	all := len(r.Differences)
	r.Differences = r.Differences[:4]
	var b strings.Builder
	if err := Diff(&b, accountOf(r), nil, Options{Style: render.NewStyle(false, 1000),
		Bytes: render.NewBytesFormatter(render.Quoted, nil)}); err != nil {
		t.Fatal(err)
	}
	if want := "are of the 4 keys listed; --limit 0 lists all"; all <= 4 || !strings.Contains(b.String(), want) {
		t.Errorf("of %d keys: no %q in\n%s", all, want, &b)
	}
}
