package page

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/report"
)

// A full sync comes after what it would take away was saved, and after clients were kept
// from writing; of what nobody else has, where nothing says that there is any, nothing is
// said. Where consumers are all that differs it may be left.
func TestBeforeFullSync(t *testing.T) {
	consumer := []diff.Change{{Part: "consumer"}}
	entry := []diff.Change{{Part: "consumer"}, {Part: "pending"}}
	for _, c := range []struct {
		name     string
		d        diff.Difference
		writable bool
		want     []string // in this order
		lack     []string
	}{
		{"a write of the replica's clients", diff.Difference{Cause: finding.CauseLocalWrite}, false,
			[]string{"replica-read-only yes", "CONFIG REWRITE", "evidence/10.0.0.2-6380/dump.rdb --db DB", "-h 10.0.0.1 -p 6379 --pipe", "NO ONE"},
			[]string{"slave_read_only:0", "can be left"}},
		{"a replica that takes writes, whatever differs", diff.Difference{Cause: finding.CauseScriptMissing}, true,
			[]string{"slave_read_only:0", "replica-read-only yes", "NO ONE"}, []string{"the replica alone holds"}},
		{"a script", diff.Difference{Cause: finding.CauseScriptMissing}, false,
			[]string{"NO ONE"}, []string{"replica-read-only", "the replica alone holds", "can be left"}},
		{"nothing tells why", diff.Difference{Cause: finding.CauseUnexplained}, false,
			[]string{"diff"}, []string{"replica-read-only", "NO ONE"}},
		{"consumers", diff.Difference{Cause: finding.CauseNotPropagated, Changes: consumer, ChangesTotal: 1}, false,
			[]string{"This can be left", "a full sync, once", "NO ONE"}, nil},
		{"consumers, of which not all is shown", diff.Difference{Cause: finding.CauseNotPropagated, Changes: consumer, ChangesTotal: 2},
			false, []string{"NO ONE"}, []string{"can be left"}},
		{"consumers, and what one has to do", diff.Difference{Cause: finding.CauseNotPropagated, Changes: entry, ChangesTotal: 2},
			false, []string{"NO ONE"}, []string{"can be left"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := reportWith(1, []byte("k"))
			c.d.Key = []byte("k")
			r.Diff.Differences = []*diff.Difference{&c.d}
			r.Verdict.Causes = map[finding.Cause]int64{c.d.Cause: 1}
			r.Hosts = []report.Host{{Role: report.Master, Addr: "10.0.0.1:6379"}, {Role: report.Replica, Addr: "10.0.0.2:6380"}}
			r.Ending.Writable = c.writable
			text, at := fmt.Sprint(made(r, formatter(), "", "").Next), 0
			for _, want := range c.want {
				i := strings.Index(text[at:], want)
				if i < 0 {
					t.Fatalf("%q is not there, or too early:\n%s", want, text)
				}
				at += i
			}
			for _, lack := range c.lack {
				if strings.Contains(text, lack) {
					t.Errorf("%q is in\n%s", lack, text)
				}
			}
		})
	}
}

// Where the one that was promoted stays, what it had refused before is with the master
// of before alone, which loses it as it is made a replica.
func TestSaveRefused(t *testing.T) {
	for name, test := range map[string]struct {
		cause finding.Cause
		want  bool
	}{
		"refused":           {finding.CauseReEvaluated, true},
		"lag":               {finding.CauseLag, true},
		"its own write":     {finding.CauseLocalWrite, false},
		"since they parted": {finding.CauseDifferentHistory, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := reportWith(1, []byte("k"))
			r.Diff.Differences[0].Cause = test.cause
			r.Hosts = []report.Host{{Role: report.Master, Addr: "10.0.0.1:6379"}, {Role: report.Replica, Addr: "10.0.0.2:6380"}}
			r.Ending.Parted = true
			text := fmt.Sprint(made(r, formatter(), "", "").Next)
			saved := strings.Index(text, "dump evidence/10.0.0.1-6379/dump.rdb")
			if (saved >= 0) != test.want || saved > strings.Index(text, "REPLICAOF") {
				t.Errorf("%s", text)
			}
		})
	}
}

// Keys that are few are named in the commands, a dump a database, where neither a shell
// nor a glob finds anything special in them; what is gone from the one is deleted from the
// other.
func TestCopyKeys(t *testing.T) {
	difference := func(db int, key string, kind diff.Kind) *diff.Difference {
		return &diff.Difference{DB: db, Key: []byte(key), Kind: kind, Cause: finding.CauseReEvaluated}
	}
	const placeholders = "redsleuth dump evidence/10.0.0.1-6379/dump.rdb --db DB --match KEY --output resp --replace > key.resp"
	for _, c := range []struct {
		name string
		keys []*diff.Difference
		want []string
	}{
		{"of two databases", []*diff.Difference{difference(7, "a:1", diff.ValueDiffers), difference(0, "b", diff.MissingOnReplica),
			difference(7, "c", diff.ValueDiffers)}, []string{
			"redsleuth dump evidence/10.0.0.1-6379/dump.rdb --db 0 --match b --output resp --replace > keys.resp",
			"redsleuth dump evidence/10.0.0.1-6379/dump.rdb --db 7 --match a:1 --match c --output resp --replace >> keys.resp",
			"redis-cli -h 10.0.0.2 -p 6380 --pipe < keys.resp"}},
		{"gone from the master", []*diff.Difference{difference(3, "a", diff.ExtraOnReplica)},
			[]string{"# these the other one does not hold: look at each before it goes", "redis-cli -h 10.0.0.2 -p 6380 -n 3 DEL a"}},
		{"a glob", []*diff.Difference{difference(0, "a*", diff.ValueDiffers)}, []string{placeholders, "redis-cli -h 10.0.0.2 -p 6380 --pipe < key.resp"}},
		{"a shell's", []*diff.Difference{difference(0, "$(x)", diff.ValueDiffers)}, []string{placeholders, "redis-cli -h 10.0.0.2 -p 6380 --pipe < key.resp"}},
		{"an option", []*diff.Difference{difference(0, "--x", diff.ValueDiffers)}, []string{placeholders, "redis-cli -h 10.0.0.2 -p 6380 --pipe < key.resp"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := reportWith(len(c.keys), []byte("k"))
			r.Diff.Differences = c.keys
			r.Hosts = []report.Host{{Role: report.Master, Addr: "10.0.0.1:6379"}, {Role: report.Replica, Addr: "10.0.0.2:6380"}}
			b := &builder{Page: &Page{}, r: r, f: formatter()}
			got := b.copyKeys(report.Master, report.Replica, func(finding.Cause) bool { return true })
			if !slices.Equal(got, c.want) {
				t.Errorf("%q", got)
			}
		})
	}
}

// What had ended where the files end is started before anything is asked of it, and its
// files are copied before that.
func TestStartEnded(t *testing.T) {
	at := time.Date(2026, 11, 23, 17, 10, 58, 0, time.UTC)
	for name, test := range map[string]struct {
		ending report.Ending
		want   string
	}{
		"both run": {report.Ending{}, "Take the evidence"},
		"one":      {report.Ending{ReplicaEnded: at}, "See that what had ended where these files end runs again, with clients kept away: by its log the replica's process at 2026"},
		"both":     {report.Ending{MasterEnded: at, ReplicaEnded: at}, "See that what had ended"},
	} {
		t.Run(name, func(t *testing.T) {
			r := reportWith(1, []byte("k"))
			r.Ending = test.ending
			if first := made(r, formatter(), "", "").Next[0].What; !strings.HasPrefix(first, test.want) {
				t.Error(first)
			}
		})
	}
}
