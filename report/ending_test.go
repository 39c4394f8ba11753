package report

import (
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/parse/serverlog"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/replay"
)

// logOf is a log with an event every second, from second 1 on.
func logOf(role Role, kinds ...serverlog.Kind) *Artefact {
	a := &Artefact{Kind: KindLog, Role: role, Log: &Log{Lines: len(kinds)}}
	for i, k := range kinds {
		at := time.Unix(int64(i+1), 0)
		a.Log.Events = append(a.Log.Events, serverlog.Event{
			Kind: k, Line: serverlog.Line{Time: at, HasYear: true}, Offset: -1,
		})
	}
	return a
}

// ofPeers gives the lines of a log their peers.
func ofPeers(a *Artefact, peers ...string) *Artefact {
	for i, p := range peers {
		a.Log.Events[i].Peer = p
	}
	return a
}

// What happened counts until something undoes it.
func TestEnding(t *testing.T) {
	for name, test := range map[string]struct {
		logs                  []*Artefact
		lost, promoted, ended int64 // second; 0 for none
	}{
		"the link broke": {
			[]*Artefact{logOf(Replica, serverlog.Started, serverlog.FullDone, serverlog.MasterLost)}, 3, 0, 0,
		},
		"and came back": {
			[]*Artefact{logOf(Replica, serverlog.Started, serverlog.MasterLost, serverlog.PartialDone)}, 0, 0, 0,
		},
		"the replica became a master": {
			[]*Artefact{logOf(Replica, serverlog.MasterLost, serverlog.Promoted)}, 0, 2, 0,
		},
		"and a replica again": {
			[]*Artefact{logOf(Replica, serverlog.Promoted, serverlog.Demoted)}, 0, 0, 0,
		},
		"it ended": {[]*Artefact{logOf(Replica, serverlog.Started, serverlog.Stopped)}, 0, 0, 2},
		"and started again": {
			[]*Artefact{logOf(Replica, serverlog.Stopped, serverlog.Started)}, 0, 0, 0,
		},
		"the master alone tells": {
			[]*Artefact{logOf(Master, serverlog.FullRequested, serverlog.ReplicaLost)}, 2, 0, 0,
		},
		"a replica that hangs does not notice": {
			[]*Artefact{logOf(Master, serverlog.FullRequested, serverlog.FullDone, serverlog.ReplicaLost), logOf(Replica, serverlog.FullDone)}, 3, 0, 0,
		},
		"the master's is of several replicas": {[]*Artefact{
			ofPeers(logOf(Master, serverlog.FullRequested, serverlog.ReplicaLost), "10.0.0.2:6379", "10.0.0.3:6379"),
			logOf(Replica, serverlog.FullDone)}, 0, 0, 0,
		},
		"the replica knows better": {
			[]*Artefact{logOf(Master, serverlog.ReplicaLost), logOf(Replica, serverlog.PartialDone)}, 0, 0, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := &run{}
			r.Artefacts = test.logs
			r.ending()
			for what, x := range map[string]struct {
				got  time.Time
				want int64
			}{
				"lost": {r.Ending.LinkLost, test.lost}, "promoted": {r.Ending.Promoted, test.promoted},
				"ended": {r.Ending.ReplicaEnded, test.ended},
			} {
				if x.want == 0 && !x.got.IsZero() || x.want > 0 && x.got.Unix() != x.want {
					t.Errorf("%s: %v, not second %d", what, x.got, x.want)
				}
			}
		})
	}
}

// What two INFO outputs of masters say of a link is not said of the replica's.
func TestEndingLink(t *testing.T) {
	up := true
	replica := infoOf("replica", repl.Replica, idA, "", 5, 1)
	replica.Info.LinkUp = &up
	r := &run{}
	r.Artefacts = []*Artefact{replica}
	if r.ending(); r.Ending.LinkUp == nil || !*r.Ending.LinkUp {
		t.Errorf("the link: %v", r.Ending.LinkUp)
	}
	r = &run{}
	r.Artefacts = []*Artefact{replica, replica}
	if r.ending(); r.Ending.LinkUp != nil {
		t.Error("of two replicas, nothing tells which")
	}
}

// A replica that started anew is one whose log has anything of before.
func TestEndingRestarted(t *testing.T) {
	for name, test := range map[string]struct {
		kinds []serverlog.Kind
		want  int64 // second; 0 for none
	}{
		"within a process": {[]serverlog.Kind{serverlog.Critical, serverlog.Started}, 2},
		"two of them":      {[]serverlog.Kind{serverlog.Started, serverlog.Critical, serverlog.Started}, 3},
		"one of them":      {[]serverlog.Kind{serverlog.Started, serverlog.Critical}, 0},
		"none":             {[]serverlog.Kind{serverlog.Critical}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := &run{}
			r.Artefacts = []*Artefact{logOf(Replica, test.kinds...)}
			r.ending()
			if got := r.Ending.Restarted; test.want == 0 && !got.IsZero() || test.want > 0 && got.Unix() != test.want {
				t.Errorf("%v, not second %d", got, test.want)
			}
		})
	}
}

// Of the replica's log and its INFO the later holds; where nothing tells which that is,
// both are kept, and it is not two masters.
func TestEndingSettled(t *testing.T) {
	const early, late = "500000", "9000000" // the log ends at second 1
	for name, test := range map[string]struct {
		kind                           serverlog.Kind
		up                             bool
		now                            string // by INFO's clock; "" for none
		promoted, lost, told, twoHeads bool
	}{
		"broke, and came back":              {serverlog.MasterLost, true, late, false, false, true, false},
		"broke later":                       {serverlog.MasterLost, true, early, false, true, false, false},
		"broke, or is up":                   {serverlog.MasterLost, true, "", false, true, true, false},
		"broke, and is down":                {serverlog.MasterLost, false, late, false, true, true, false},
		"promoted, and a replica again":     {serverlog.Promoted, true, late, false, false, true, false},
		"promoted later":                    {serverlog.Promoted, true, early, true, false, false, true},
		"promoted, or a replica":            {serverlog.Promoted, true, "", true, false, true, false},
		"promoted later, with no link then": {serverlog.Promoted, false, early, true, false, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			a := infoOf("replica", repl.Replica, idA, "", 5, 1)
			a.Role, a.Info.LinkUp, a.Info.Fields, a.Info.LastSave = Replica, &test.up, map[string]string{"server_time_usec": test.now}, nil
			r := &run{}
			r.Artefacts = []*Artefact{logOf(Replica, test.kind), a}
			r.ending()
			e := &r.Ending
			if e.Promoted.IsZero() == test.promoted || e.LinkLost.IsZero() == test.lost || (e.LinkUp != nil) != test.told ||
				e.TwoMasters() != test.twoHeads {
				t.Errorf("%+v", e)
			}
		})
	}
}

// Each artefact that is not there is named, and no other.
func TestLacking(t *testing.T) {
	whole := func() *run {
		r := &run{}
		master, replica := dumpOf("m", idA, 500, 1), dumpOf("r", idA, 500, 1)
		master.Role, replica.Role = Master, Replica
		link := linkOf("link", idA, nil)
		link.Role = Link
		r.Artefacts = []*Artefact{master, replica, link,
			infoOf("i", repl.Master, idA, "", 500, 1), infoOf("j", repl.Replica, idA, "", 500, 1),
			logOf(Master, serverlog.Started), logOf(Replica, serverlog.Started)}
		r.Artefacts[3].Role, r.Artefacts[4].Role = Master, Replica
		r.Replay = &replay.Report{ReplicaVersion: "7.0.15", Links: []*replay.Link{
			{Link: record.Link{Resync: record.Full, StartOffset: 0}},
		}}
		r.Diff = &diff.Report{}
		return r
	}
	drop := func(i int) func(*run) {
		return func(r *run) { r.Artefacts = append(r.Artefacts[:i:i], r.Artefacts[i+1:]...) }
	}
	for name, test := range map[string]struct {
		change func(*run)
		want   string // how the only sentence begins; "" for none
	}{
		"all is there": {func(*run) {}, ""},
		"no dump of the replica": {
			func(r *run) { drop(1)(r); r.Diff = nil }, "Whether the two sides are equal: a dump of the replica",
		},
		"no dump of the master": {
			func(r *run) { drop(0)(r); r.Diff = nil }, "Whether the two sides are equal: a dump of the master",
		},
		"whose is not known":     {func(r *run) { r.Artefacts[0].Role = Unknown }, "Which dump is whose"},
		"no stream":              {drop(2), "What travelled from master to replica"},
		"no INFO of the master":  {drop(3), "Which replicas the master has"},
		"no INFO of the replica": {drop(4), "Whether the replica's link is up"},
		"no log of the master":   {drop(5), "Why syncs were full"},
		"no log of the replica":  {drop(6), "Which commands the replica refused"},
		"a hole": {
			func(r *run) { r.Chain = []History{{Holes: []Range{{5, 9}}}} },
			"What the stream held at offsets 5 to 9, which nobody recorded: a recording",
		},
		"a hole that the backlog still holds": {
			func(r *run) {
				r.Chain = []History{{Holes: []Range{{5, 9}}, Spans: []Span{{What: "backlog", From: 3, To: 20}}}}
			},
			"What the stream held at offsets 5 to 9, which nobody recorded: by its INFO",
		},
		"a hole that reaches beyond the backlog": {
			func(r *run) {
				r.Chain = []History{{Holes: []Range{{5, 9}}, Spans: []Span{{What: "backlog", From: 3, To: 8}}}}
			},
			"What the stream held at offsets 5 to 9, which nobody recorded: a recording",
		},
		"what a promoted replica wrote": {
			func(r *run) {
				r.Verdict.Parting = &Parting{Offset: finding.At(int64(400))}
				r.Artefacts[1].State.ID = idB
				r.Chain = []History{{ID: idA, Spans: []Span{{What: "link"}}},
					{ID: idB, Spans: []Span{{Path: "r2", What: "backlog", From: 3, To: 500}}}}
			},
			"What the replica wrote of its own, at offsets 400 to 500, which nobody recorded: by its INFO the backlog of",
		},
		"a hole that both backlogs still hold, from before the two part": {
			func(r *run) {
				r.Verdict.Parting = &Parting{Offset: finding.At(int64(500))}
				r.Artefacts[1].State.ID, r.Artefacts[4].Info.ReplicationID = idB, idB
				r.Chain = []History{{ID: idA, Holes: []Range{{5, 9}}, Spans: []Span{{Path: "i", What: "backlog", From: 3, To: 500}}},
					{ID: idB, Spans: []Span{{Path: "j", What: "backlog", From: 3, To: 500}}}}
			},
			"What the stream held at offsets 5 to 9, which nobody recorded: by their INFO the backlogs of the master and of the replica",
		},
		"a hole that only the master's holds, from behind that": {
			func(r *run) {
				r.Verdict.Parting = &Parting{Offset: finding.At(int64(500))}
				r.Artefacts[1].State.ID = idB
				r.Chain = []History{{ID: idA, Holes: []Range{{5, 509}}, Spans: []Span{{Path: "i", What: "backlog", From: 3, To: 510}}},
					{ID: idB, Spans: []Span{{Path: "j", What: "backlog", From: 3, To: 600}}}}
			},
			"What the stream held at offsets 5 to 509, which nobody recorded: by its INFO the backlog of the master still",
		},
		"TLS": {
			func(r *run) {
				r.Artefacts[2].Inspect = &inspect.Report{Links: []*inspect.Link{{}},
					Findings: []finding.Finding{{Code: finding.CaptureEncrypted}}}
			}, "What travelled within TLS",
		},
		"a late capture": {
			func(r *run) { r.Replay.Links[0].Link = record.Link{Resync: record.NoSync, StartOffset: record.Unknown} },
			"What the replica was sent before",
		},
		"no version": {func(r *run) { r.Replay.ReplicaVersion = "" }, "Which version the replica runs"},
		"a file that can't be read": {
			func(r *run) { r.Artefacts[3].Why = "no permission" }, "What is in 1 of the files",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := whole()
			test.change(r)
			r.lacking()
			switch got := r.Lacking; {
			case test.want == "" && len(got) == 0:
			case len(got) != 1 || test.want == "" || !strings.HasPrefix(got[0], test.want):
				t.Errorf("%q, not %q", got, test.want)
			}
		})
	}
}

// Each hole has an answer of its own: that a backlog holds the first says nothing of the
// next.
func TestHoles(t *testing.T) {
	r := &run{}
	h := History{Holes: []Range{{5, 9}, {20, 30}, {40, 50}, {60, 70}, {80, 90}}, Spans: []Span{{What: "backlog", From: 3, To: 10}}}
	r.Chain = []History{h}
	got := r.holeTexts(&h)
	for i, want := range []string{
		"What the stream held at offsets 5 to 9, which nobody recorded: by its INFO the backlog",
		"What the stream held at offsets 20 to 30, 40 to 50, 60 to 70, 1 more, which nobody recorded: a recording",
	} {
		if len(got) != 2 || !strings.HasPrefix(got[i], want) {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

// Of a replica without a configuration file its INFO says so; one that names none of its
// fields says nothing.
func TestEndingConfigFile(t *testing.T) {
	for name, test := range map[string]struct {
		fields map[string]string
		want   bool
	}{
		"none":     {map[string]string{"config_file": ""}, true},
		"one":      {map[string]string{"config_file": "/etc/redis.conf"}, false},
		"not told": {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			a := infoOf("replica", repl.Replica, idA, "", 5, 1)
			a.Role, a.Info.Fields = Replica, test.fields
			r := &run{}
			r.Artefacts = []*Artefact{a}
			if r.ending(); r.Ending.NoConfigFile != test.want {
				t.Errorf("%v", r.Ending.NoConfigFile)
			}
		})
	}
}
