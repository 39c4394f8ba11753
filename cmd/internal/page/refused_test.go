package page

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/replay"
	"github.com/redsleuth/redsleuth/report"
	"github.com/redsleuth/redsleuth/server"
)

// Of what a replica refused the advice is on why it did, and no longer on a
// limit that its INFO says is gone; the full sync leads where the replica looks for its
// master, and makes good what lags.
func TestNextRefused(t *testing.T) {
	none := int64(0)
	refused := []finding.Evidence{{Code: finding.EvidenceCommandRefused, Command: []byte("SET")}}
	memory := report.Refusal{Name: "set", Reason: "no memory", NoMemory: true}
	renamed := report.Refusal{Name: "hincrby", Reason: "renamed", Renamed: true}
	newer := report.Refusal{Name: "hsetex", Reason: "newer", Newer: true, Since: version(t, "valkey 9.0.0")}
	for name, test := range map[string]struct {
		refused    []report.Refusal
		ending     report.Ending
		want, lack []string
	}{
		"out of memory": {[]report.Refusal{memory}, report.Ending{},
			[]string{"CONFIG SET replica-ignore-maxmemory yes"}, []string{"rename-command", "ACL", "newer version"}},
		"the limit is gone": {[]report.Refusal{memory}, report.Ending{MaxMemory: &none},
			[]string{"maxmemory:0", "where replica-ignore-maxmemory is no"}, []string{"rename-command"}},
		"renamed": {[]report.Refusal{renamed}, report.Ending{},
			[]string{"rename-command", "COMMAND INFO HINCRBY"}, []string{"replica-ignore-maxmemory", "ACL", "newer version"}},
		"newer": {[]report.Refusal{newer}, report.Ending{},
			[]string{"HSETEX came with valkey 9.0.0"}, []string{"rename-command", "replica-ignore-maxmemory"}},
		"newer and renamed": {[]report.Refusal{newer, renamed}, report.Ending{},
			[]string{"HSETEX came with valkey 9.0.0", "COMMAND INFO HINCRBY"}, []string{"replica-ignore-maxmemory"}},
		"nothing tells why": {nil, report.Ending{}, []string{"replica-ignore-maxmemory", "rename-command"}, nil},
		"a proxy": {[]report.Refusal{renamed}, report.Ending{Upstream: "10.0.0.7:7000"},
			[]string{"REPLICAOF 10.0.0.7 7000", "proxy"}, []string{"REPLICAOF 10.0.0.1 6379"}},
		"no address": {[]report.Refusal{renamed}, report.Ending{Upstream: "$(x):1"},
			[]string{"REPLICAOF 10.0.0.1 6379"}, []string{"$(x)"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := reportWith(2, []byte("k"))
			r.Hosts = []report.Host{{Role: report.Master, Addr: "10.0.0.1:6379"}, {Role: report.Replica, Addr: "10.0.0.2:6380"}}
			r.Diff.Differences = []*diff.Difference{
				{Key: []byte("k"), Cause: finding.CauseReEvaluated, Evidence: refused},
				{Key: []byte("l"), Cause: finding.CauseLag},
			}
			r.Ending, r.Refusals = test.ending, test.refused
			text := fmt.Sprint(made(r, formatter(), "", "").Next)
			for _, want := range test.want {
				if !strings.Contains(text, want) {
					t.Errorf("%q is not in %s", want, text)
				}
			}
			for _, lack := range append(test.lack, "as long as the replica catches up") {
				if strings.Contains(text, lack) {
					t.Errorf("%q is in %s", lack, text)
				}
			}
		})
	}
}

func version(t *testing.T, text string) server.Version {
	t.Helper()
	v, err := server.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Each command that was refused is told with its own reason, in one count.
func TestWhyRefused(t *testing.T) {
	memory := []report.Refusal{{Name: "set", Reason: "no memory", Count: 2}, {Name: "hset", Reason: "no memory", Count: 1}}
	for _, c := range []struct {
		name    string
		refused []report.Refusal
		aborted int64
		logged  int
		want    string
	}{
		{"nothing", nil, 0, 0, ""},
		{"one reason", memory, 0, 3, ". By its log it refused 3 commands, SET and HSET, as no memory"},
		{"two, and a transaction", append(memory, report.Refusal{Name: "ltrim", Reason: "renamed", Count: 1}), 1, 5,
			". By its log it refused 4 commands: SET and HSET (3 times), as no memory; LTRIM (1 time), as renamed; " +
				"1 transaction went with that"},
		{"by the stream alone", memory[:1], 0, 0, ". By its version it refuses 2 commands, SET, as no memory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &builder{r: &report.Report{Refusals: c.refused, Aborted: c.aborted}, f: formatter()}
			b.r.Ending.Refused = c.logged
			if got := b.whyRefused(); got != c.want {
				t.Errorf("%q", got)
			}
		})
	}
}

// A version is half a remedy where one command is newer and another one renamed: neither
// is said of both.
func TestOfRefused(t *testing.T) {
	newer := report.Refusal{Name: "hsetex", Reason: "newer", Newer: true}
	renamed := report.Refusal{Name: "append", Reason: "renamed", Renamed: true}
	memory := report.Refusal{Name: "set", Reason: "no memory", NoMemory: true}
	for _, c := range []struct {
		name    string
		refused []report.Refusal
		want    string
	}{
		{"nothing", nil, ""},
		{"newer", []report.Refusal{newer}, "HSETEX would have run on valkey 9.0.7"},
		{"renamed, and memory", []report.Refusal{renamed, memory},
			"APPEND and SET would have been refused by every version, for that was its configuration"},
		{"both", []report.Refusal{renamed, newer}, "HSETEX would have run on valkey 9.0.7; " +
			"APPEND would have been refused by every version, for that was its configuration"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &builder{r: &report.Report{Refusals: c.refused}, f: formatter()}
			for _, v := range []string{"valkey 8.1.1", "valkey 9.0.7"} {
				b.r.Versions = append(b.r.Versions, replay.Result{Version: version(t, v)})
			}
			if got := b.ofRefused(); got != c.want {
				t.Errorf("%q", got)
			}
		})
	}
}

// Why nothing is said of other versions is no hole in the files where none is known.
func TestWhyOpen(t *testing.T) {
	for name, test := range map[string]struct {
		found []finding.Finding
		want  string
	}{
		"a hole": {[]finding.Finding{{Code: finding.DivergentCommand, Severity: finding.Warning}, {Code: finding.OffsetGap, Severity: finding.Warning}}, "do not hold all"},
		"beside a command": {[]finding.Finding{{Code: finding.DivergentCommand, Severity: finding.Warning},
			{Code: finding.ReplicaError, Severity: finding.Warning}}, "commands failed"},
		"its errors": {[]finding.Finding{{Code: finding.ReplicaError, Severity: finding.Warning}, {Code: finding.OffsetGap, Severity: finding.Info}}, "commands failed"},
		"nothing":    {nil, "do not hold all"},
	} {
		t.Run(name, func(t *testing.T) {
			b := &builder{r: &report.Report{Replay: &replay.Report{Result: replay.Result{Findings: test.found}}}}
			if got := b.whyOpen(); !strings.Contains(got, test.want) {
				t.Error(got)
			}
		})
	}
}
