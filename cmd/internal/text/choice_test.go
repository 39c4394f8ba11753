package text

import (
	"bytes"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/replay"
	"github.com/redsleuth/redsleuth/server"
)

// TestChoice: a version is advised only where it would have helped.
func TestChoice(t *testing.T) {
	ran, other := server.ParseAux("redis-ver", "7.0.15"), server.ParseAux("redis-ver", "8.0.6")
	result := func(v server.Version, verdict replay.Verdict, found ...finding.Finding) replay.Result {
		return replay.Result{Version: v, Findings: found, OwnDump: &replay.OwnDump{Verdict: verdict}}
	}
	everywhere := finding.Finding{Code: finding.DivergentCommand, Severity: finding.Warning,
		Divergence: "sort-by-alpha-store", Affects: "masters of " + server.AllVersions}
	some := finding.Finding{Code: finding.DivergentCommand, Severity: finding.Error,
		Divergence: "getex-persist", Affects: "masters before 7.0"}
	info := finding.Finding{Code: finding.DuplicateLink, Severity: finding.Info}
	for _, c := range []struct {
		name     string
		versions []replay.Result
		want     string
	}{
		{"what ran is safe", []replay.Result{result(ran, replay.Safe), result(other, replay.Safe)},
			"Upgrade: nothing in these streams asks for one. The replica ran 7.0.15, which"},
		{"the others are told apart from it", []replay.Result{result(ran, replay.Safe), result(other, replay.Safe)},
			"\nNo problem in them either on 8.0.6.\n"},
		{"one helps", []replay.Result{result(ran, replay.LosesWrites, some), result(other, replay.Safe)},
			"\nUpgrade: safe on 8.0.6.\nLoses writes on 7.0.15.\n"},
		{"what ran is not asked about", []replay.Result{result(other, replay.Safe)},
			"With the version that ran (7.0.15) in\n  the list too"},
		{"one is no cure that none needs", []replay.Result{result(other, replay.Safe)}, "\nNo problem in them on 8.0.6.\n"},
		{"it is so everywhere", []replay.Result{result(ran, replay.Unknown, everywhere, info), result(other, replay.Unknown, everywhere)},
			"Upgrade: no help. What was found is so on all versions: sort-by-alpha-store.\n"},
		{"one of two is so everywhere", []replay.Result{result(ran, replay.Unknown, everywhere), result(other, replay.LosesWrites, some, everywhere)},
			"Upgrade: none of these versions is known to be safe.\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			w := &replayText{newWriter(&b, Options{Style: render.NewStyle(false, 0),
				Bytes: render.NewBytesFormatter(render.Quoted, nil)}),
				&replay.Report{Versions: c.versions}, &replay.Options{Facts: repl.Facts{Replica: ran}}, Beside{}}
			w.choice()
			if !strings.Contains(b.String(), c.want) {
				t.Errorf("no %q in %s", c.want, &b)
			}
		})
	}
}
