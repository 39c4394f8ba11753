package report

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/replay"
)

// compared is a comparison in which keys differ for these reasons.
func compared(verdict diff.Verdict, all ...*diff.Difference) *Account {
	end := &diff.Side{End: record.Clean}
	d := &diff.Report{Master: end, Replica: end, Differences: all}
	d.Replication.Verdict, d.Summary.Different = verdict, int64(len(all))
	a := &Account{Diff: d, Tally: &Tally{}, Ending: &Ending{}}
	for _, x := range all {
		a.Tally.Count(x)
	}
	return a
}

// Each thing that led there has an answer of its own, and one that rests on what is known
// of it: that memory is there again says nothing of a name that the replica lacks.
func TestGoesOn(t *testing.T) {
	at := time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)
	refusals := []Refusal{{Name: "set", Reason: "want of memory", NoMemory: true, Last: at}, {Reason: "unknown", Last: at}}
	none, some, up := int64(0), int64(2000), true
	refused := &diff.Difference{Cause: finding.CauseReEvaluated, Evidence: []finding.Evidence{{Code: finding.EvidenceCommandRefused}}}
	local, lag := &diff.Difference{Cause: finding.CauseLocalWrite}, &diff.Difference{Cause: finding.CauseLag}
	script := &diff.Difference{Cause: finding.CauseScriptMissing}
	losing := func(code finding.Code, verdict replay.Verdict, severity finding.Severity) *replay.Report {
		r := &replay.Report{ReplicaVersion: "7.0.15", Links: []*replay.Link{{Index: 1, Replica: 1}}}
		r.Links[0].Number, r.Verdict = 1, verdict
		if code != "" {
			r.Findings = []finding.Finding{{Code: code, Severity: severity, Link: 1}}
		}
		return r
	}
	for _, c := range []struct {
		name    string
		account *Account
		ending  Ending
		refused []Refusal
		replay  *replay.Report
		want    []string // "answer about", each the beginning
	}{
		{"nothing differs", compared(diff.SameOffset), Ending{}, nil, nil, nil},
		{"but clients can write", compared(diff.SameOffset), Ending{Writable: true}, nil, nil, []string{"can writes of clients"}},
		{"two masters", compared(diff.DifferentHistory, refused), Ending{Parted: true}, refusals, nil, []string{"yes two masters"}},
		{"memory is there again", compared(diff.SameOffset, refused), Ending{MaxMemory: &none}, refusals, nil,
			[]string{"no refused, as want of memory", "yes refused, as unknown"}},
		{"memory is limited still", compared(diff.SameOffset, refused), Ending{MaxMemory: &some}, refusals[:1], nil,
			[]string{"can refused, as want of memory"}},
		{"nothing tells of the memory", compared(diff.SameOffset, refused), Ending{}, refusals[:1], nil,
			[]string{"unknown refused, as want of memory"}},
		{"it was started anew", compared(diff.SameOffset, refused), Ending{Restarted: at.Add(time.Second)}, refusals[1:], nil,
			[]string{"unknown refused, as unknown"}},
		{"behind, over a link that is up", compared(diff.ReplicaBehind, lag), Ending{LinkUp: &up}, nil, losing("", replay.Safe, ""),
			[]string{"no the replica is behind"}},
		{"behind, over one that broke", compared(diff.ReplicaBehind, lag), Ending{LinkLost: at}, nil, losing("", replay.Safe, ""),
			[]string{"yes the replica is behind"}},
		{"or that is up, by INFO of no time", compared(diff.ReplicaBehind, lag), Ending{LinkUp: &up, LinkLost: at}, nil, losing("", replay.Safe, ""),
			[]string{"unknown the replica is behind"}},
		{"promoted by its log, a replica by INFO of no time", compared(diff.ReplicaBehind, lag), Ending{LinkUp: &up, Promoted: at}, nil, losing("", replay.Safe, ""),
			[]string{"unknown the replica is behind"}},
		{"behind, and nothing tells", compared(diff.ReplicaBehind, lag), Ending{}, nil, nil, []string{"unknown the replica is behind"}},
		{"it is not behind, and its link broke", compared(diff.SameOffset, local), Ending{LinkLost: at, Writable: true}, nil, nil,
			[]string{"yes the replica gets nothing", "can writes of clients"}},
		{"a script is lost still", compared(diff.SameOffset, script), Ending{}, nil, losing(finding.ScriptMissing, replay.LosesWrites, finding.Error),
			[]string{"yes scripts that the replica lacks"}},
		{"bytes are missing", compared(diff.SameOffset, script), Ending{}, nil, losing(finding.OffsetGap, replay.Unknown, finding.Warning),
			[]string{"unknown scripts that the replica lacks"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.account.Ending, c.account.Refusals, c.account.Replay = &c.ending, c.refused, c.replay
			got := c.account.GoesOn()
			matches := func(o Outlook, want string) bool {
				return strings.HasPrefix(string(o.Answer)+" "+o.About, want) && o.Text != ""
			}
			if !slices.EqualFunc(got, c.want, matches) {
				t.Errorf("%+v", got)
			}
		})
	}
}

// That files are lacking is said only where they are.
func TestWhyOpen(t *testing.T) {
	for _, c := range []struct {
		code    finding.Code
		version string
		want    string
	}{
		{finding.CaptureGap, "7.0.15", "these files don't hold"},
		{finding.DivergentCommand, "7.0.15", "what replay found"}, // it alone leaves nothing open
		{finding.ReplicaError, "7.0.15", "by its log the replica failed commands"},
		{finding.DuplicateLink, "", "which version"},
	} {
		r := &replay.Report{ReplicaVersion: c.version}
		r.Findings = []finding.Finding{{Code: c.code, Severity: finding.Warning}}
		if got := whyOpen(r); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %s", c.code, got)
		}
	}
}

// What a promotion would lose is what the dump lacks, and what the master holds of other
// keys; of a key that the replica alone has it holds nothing.
func TestTakeover(t *testing.T) {
	side := func(id string, offset int64) *diff.Side {
		return &diff.Side{State: &repl.State{ID: id, Offset: offset}, End: record.Clean}
	}
	wrote := func(s string) []finding.Evidence {
		return []finding.Evidence{{Code: finding.EvidenceSideWrote, Side: s}}
	}
	commands, lag, parted := int64(3), int64(120), int64(1000)
	for _, c := range []struct {
		name   string
		adjust func(*Account)
		keys   []*diff.Difference
		want   string
	}{
		{"behind", func(a *Account) {
			a.Diff.Master, a.Diff.Replica = side("a", 2120), side("a", 2000)
			a.Diff.Replication = diff.Replication{Verdict: diff.ReplicaBehind, LagBytes: &lag, LagCommands: &commands}
		}, []*diff.Difference{
			{Cause: finding.CauseLag, Kind: diff.MissingOnReplica}, {Cause: finding.CauseReEvaluated, Kind: diff.MissingOnReplica},
			{Cause: finding.CauseLocalWrite, Kind: diff.ValueDiffers},
		}, "Lost would be 3 commands that its dump lacks (120 bytes of its master's stream, offsets 2000 to 2120; 1 key); " +
			"and what the master holds of 2 more keys (1 on the master alone). For 1 key the replica's own value would win"},
		{"equal", func(a *Account) {
			a.Diff.Master, a.Diff.Replica = side("a", 2000), side("a", 2000)
			a.Diff.Replication = diff.Replication{Verdict: diff.SameOffset, LagBytes: new(int64)}
		}, nil, "Nothing that these files show would be lost"},
		{"no offsets", func(a *Account) { a.Diff.Replication.Verdict = diff.UnknownVerdict },
			[]*diff.Difference{{Cause: finding.CauseUnexplained, Kind: diff.ExtraOnReplica}},
			"How much of its master's stream it lacks is not known. For 1 key the replica's own value would win (on the replica alone)"},
		{"no offsets, and no keys", func(a *Account) { a.Diff.Replication.Verdict = diff.UnknownVerdict }, nil,
			"Nothing that these files show would be lost. How much of its master's stream it lacks is not known"},
		{"clients wrote to the replica", func(a *Account) {
			a.Diff.Master, a.Diff.Replica = side("a", 2000), side("a", 2000)
			a.Diff.Replication = diff.Replication{Verdict: diff.SameOffset, LagBytes: new(int64)}
		}, []*diff.Difference{
			{Cause: finding.CauseLocalWrite, Kind: diff.MissingOnReplica}, {Cause: finding.CauseLocalWrite, Kind: diff.ValueDiffers},
			{Cause: finding.CauseLocalWrite, Kind: diff.ExtraOnReplica},
		}, "Lost would be what the master holds of 2 keys (1 on the master alone). For 2 keys the replica's own value would win " +
			"(1 on the replica alone)"},
		{"libraries", func(a *Account) {
			a.Diff.Master, a.Diff.Replica = side("a", 2000), side("a", 2000)
			a.Diff.Replication = diff.Replication{Verdict: diff.SameOffset, LagBytes: new(int64)}
			a.Diff.Libraries = []diff.LibraryDifference{{Kind: diff.MissingOnReplica}, {Kind: diff.ExtraOnReplica}, {Kind: diff.ValueDiffers}}
		}, nil, "Lost would be what the master holds of 2 function libraries (1 on the master alone)"},
		{"one that the replica alone has", func(a *Account) {
			a.Diff.Replication = diff.Replication{Verdict: diff.SameOffset, LagBytes: new(int64)}
			a.Diff.Master, a.Diff.Replica = side("a", 2000), side("a", 2000)
			a.Diff.Libraries = []diff.LibraryDifference{{Kind: diff.ExtraOnReplica}}
		}, nil, "Nothing that these files show would be lost"},
		{"a dump that is cut", func(a *Account) {
			a.Diff.Replication = diff.Replication{Verdict: diff.SameOffset, LagBytes: new(int64)}
			a.Diff.Master, a.Diff.Replica = side("a", 2000), side("a", 2000)
			a.Diff.Master.End = record.Truncated
		}, nil, "Nothing that these files show would be lost. The master's dump is not whole: keys behind where it ends are not counted"},
		{"the replica is ahead", func(a *Account) {
			a.Diff.Master, a.Diff.Replica = side("a", 1990), side("a", 2000)
			a.Diff.Replication = diff.Replication{Verdict: diff.ReplicaAhead, LagBytes: finding.At(int64(-10))}
		}, nil, "Nothing that these files show would be lost"},
		{"the link broke", func(a *Account) {
			a.Diff.Master, a.Diff.Replica = side("a", 2000), side("a", 2000)
			a.Diff.Replication = diff.Replication{Verdict: diff.SameOffset, LagBytes: new(int64)}
			a.Ending.LinkLost = time.Unix(1_700_000_000, 0)
		}, nil, "Nothing that these files show would be lost. That is as of the dumps: what its master wrote since the link broke would be lost too"},
		{"it broke as its master ended", func(a *Account) {
			a.Diff.Master, a.Diff.Replica = side("a", 2000), side("a", 2000)
			a.Diff.Replication = diff.Replication{Verdict: diff.SameOffset, LagBytes: new(int64)}
			a.Ending.LinkLost, a.Ending.MasterEnded = time.Unix(1_700_000_000, 0), time.Unix(1_700_000_000, 0)
		}, nil, "Nothing that these files show would be lost"},
		{"it did, and wrote nothing of its own", func(a *Account) {
			a.Diff.Master, a.Diff.Replica = side("a", 2000), side("a", 2000)
			a.Diff.Replication = diff.Replication{Verdict: diff.SameOffset, LagBytes: new(int64)}
			a.Ending.Promoted = time.Unix(1_700_000_000, 0)
		}, nil, "It did, at 2023-11-14T22:13:20.000Z. Nothing that these files show is lost. " +
			"That is as of the dumps: what its master wrote since the promotion is lost too"},
		{"it did", func(a *Account) {
			a.Diff.Master, a.Diff.Replica = side("a", 1120), side("b", 1030)
			a.Diff.Replication = diff.Replication{Verdict: diff.DifferentHistory, PartedAt: &parted, Promoted: "replica"}
		}, []*diff.Difference{
			{Cause: finding.CauseDifferentHistory, Kind: diff.MissingOnReplica, Evidence: wrote("master")},
			{Cause: finding.CauseDifferentHistory, Kind: diff.ExtraOnReplica, Evidence: wrote("replica")},
			{Cause: finding.CauseDifferentHistory, Kind: diff.ValueDiffers},
		}, "It did. While it stays the master, 120 bytes of its master's stream (offsets 1000 to 1120) and what the master holds of " +
			"2 keys (1 on the master alone) are lost. For 2 keys the replica's own value wins (1 on the replica alone)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := compared(diff.UnknownVerdict, c.keys...)
			c.adjust(a)
			got := a.Takeover()
			if text := got.Text(); text != c.want {
				t.Errorf("%s\nwant\n%s", text, c.want)
			}
			if none := got.Bytes == nil || *got.Bytes == 0; none != (got.From == nil) || none != (got.To == nil) {
				t.Errorf("%+v", got)
			}
		})
	}
}

// Where histories part is told with how far each went on, and it bounds since when a key
// differs.
func TestParting(t *testing.T) {
	at, parted := time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC), int64(1000)
	a := compared(diff.DifferentHistory, &diff.Difference{Cause: finding.CauseDifferentHistory})
	a.Diff.Replication.PartedAt = &parted
	a.Diff.Master, a.Diff.Replica = &diff.Side{State: &repl.State{Offset: 1120}}, &diff.Side{State: &repl.State{Offset: 3030}}
	if got := a.Parting().Text(); got != "at offset 1000; since then 120 bytes of the master's history, 2,030 of the replica's own" {
		t.Error(got)
	}
	a.Diff.Replication.PartedTime, a.Diff.Replication.Promoted = at, "replica"
	if got := a.Parting().Text(); !strings.HasPrefix(got, "2026-11-26T10:00:00.000Z, when the replica was promoted, by its log, at offset 1000;") {
		t.Error(got)
	}
	a.Ending.Promoted = at.Add(time.Millisecond) // the line behind that of its new id
	if p, took := a.Parting(), a.Takeover(); !p.Time.Equal(a.Ending.Promoted) || !took.At.Equal(p.Time) {
		t.Errorf("two times of one promotion: %v, %v", p.Time, took.At)
	}
	a.Ending.Promoted = at.Add(time.Hour) // another one
	if p := a.Parting(); !p.Time.Equal(at) {
		t.Error(p.Time)
	}
	a.Ending.Promoted = time.Time{}
	a.Diff.Replication.Promoted = "master" // as after a failover
	if got := a.Parting().Text(); !strings.Contains(got, "when what is the master now was promoted") {
		t.Error(got)
	}
	if a.Takeover().Done {
		t.Error("the replica took nothing over")
	}
	if a.Tally.Undated != 0 {
		t.Error("it can't be longer than since they part")
	}
	if p := compared(diff.SameOffset).Parting(); p != nil {
		t.Errorf("of one history: %+v", p)
	}
}

// Two that are equal don't stay so where their link broke and both go on; of servers that
// ended nothing goes on.
func TestGoesOnEqual(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	for name, test := range map[string]struct {
		ending Ending
		want   int
	}{
		"the link broke":     {Ending{LinkLost: at}, 1},
		"with its master":    {Ending{LinkLost: at, MasterEnded: at}, 0},
		"and it is writable": {Ending{LinkLost: at, Writable: true}, 2},
		"the link is up":     {Ending{}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			side := &diff.Side{End: record.Clean}
			a := &Account{Diff: &diff.Report{Master: side, Replica: side}, Tally: &Tally{}, Ending: &test.ending}
			if all := a.GoesOn(); len(all) != test.want || test.want > 0 && all[0].Answer != Yes {
				t.Errorf("%+v", all)
			}
		})
	}
}
