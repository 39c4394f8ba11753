package cause_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/cause"
	"github.com/redsleuth/redsleuth/cause/engine"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay"
)

// TestWithoutStreams: two dumps tell that keys differ, and not why.
func TestWithoutStreams(t *testing.T) {
	l := newLab(t)
	for _, c := range []struct {
		name string
		incident
		want map[string]string
	}{
		{"nothing tells", incident{local: []string{"SET k 1"}}, map[string]string{"0 k": "unexplained: no-stream"}},
		{
			"but for keys past their time",
			incident{unsent: []string{"SET k 1"}, local: []string{"SET k 1", "PEXPIREAT k 1600000000000", "DEL k"}},
			map[string]string{"0 k": "unexplained: no-stream"},
		},
		{
			"and relative expiries",
			incident{
				master: "6.2.6", replica: "6.2.6", format: 9, start: []string{"SET k 1"},
				unsent: []string{"PEXPIREAT k 1900000000000"}, local: []string{"PEXPIREAT k 1900000009000"},
			},
			map[string]string{"0 k": "expired, likely: relative-expiry"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := l.in(t)
			master, replica, _ := l.inputs(&c.incident)
			got := causes(l.explain(&c.incident, master, replica, replay.Options{Offset: record.Unknown}))
			if len(got) != len(c.want) {
				t.Errorf("%v", got)
			}
			for key, want := range c.want {
				if got[key] != want {
					t.Errorf("%s: %s, want %s", key, got[key], want)
				}
			}
		})
	}
}

// TestEvidenceHasItsPlace: a command is named with where it is.
func TestEvidenceHasItsPlace(t *testing.T) {
	l := newLab(t)
	sent := []string{"SET a 1", "SELECT 3", "SET a 2"}
	i := &incident{sent: sent, behind: 1, local: []string{"SET mine 1"}}
	report := l.compare(i)
	at := firstOffset + int64(len(stream(sent[:2])))
	for _, d := range report.Differences {
		e := d.Evidence[0]
		if e.Link != 1 || !strings.HasSuffix(e.Path, "link-1.psync") || e.Offset == nil {
			t.Errorf("%s: %+v", d.Key, e)
			continue
		}
		switch {
		case string(d.Key) == "a" && (*e.Offset != at || string(e.Command) != "SET"):
			t.Errorf("the command is at %d, not %d: %+v", at, *e.Offset, e)
		case string(d.Key) == "mine" && (*e.Offset != firstOffset || e.Command != nil):
			t.Errorf("the stream begins at %d, not %d: %+v", firstOffset, *e.Offset, e)
		}
	}
	if n := len(report.Differences); n != 2 {
		t.Errorf("%d differences", n)
	}
	if !strings.HasPrefix(report.Engine, "redis-server ") && !strings.HasPrefix(report.Engine, "valkey-server ") {
		t.Errorf("replayed with %q", report.Engine)
	}
}

// TestWhatIsSaid: the sentences that most differences get.
func TestWhatIsSaid(t *testing.T) {
	l := newLab(t)
	for _, c := range []struct {
		name string
		incident
		key  string
		want []string // what the sentences hold, in order
	}{
		{
			"another database", incident{
				master: "4.0.1", replica: "4.0.1", sent: []string{"SELECT 7", "SET k 1", "SET k 2"},
				ran: []string{"SELECT 7", "SET k 1", "SELECT 0", "SET k 2"}, resumed: 2, based: true,
			},
			"7 k", []string{
				"the master ran it in database 7, the replica in database 0; the key differs in database 0 too",
				"replaying the stream with redis-server",
			},
		},
		{
			"made from a key that was wrong", incident{
				master: "4.0.1", replica: "4.0.1", start: []string{"SET from 0"},
				sent:    []string{"SELECT 7", "SET from 7", "SET from 8", "RENAME from to"},
				ran:     []string{"SELECT 7", "SET from 7", "SELECT 0", "SET from 8", "RENAME from to"},
				resumed: 2, based: true,
			},
			"0 to", []string{"in database 0", "reproduces both values"},
		},
		{
			"behind", incident{sent: []string{"SET k 1"}, behind: 1}, "0 k",
			[]string{"after the replica's offset", "reproduces both values"},
		},
		{
			"a local write", incident{sent: []string{"SET k 1"}, local: []string{"SET k 2"}}, "0 k",
			[]string{"the stream, complete from a full resync, leads to what the master holds"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			report := l.in(t).compare(&c.incident)
			for _, d := range report.Differences {
				if fmt.Sprintf("%d %s", d.DB, d.Key) != c.key {
					continue
				}
				if len(d.Evidence) != len(c.want) {
					t.Fatalf("%+v", d.Evidence)
				}
				for i, want := range c.want {
					if !strings.Contains(d.Evidence[i].Message, want) {
						t.Errorf("%q does not say %q", d.Evidence[i].Message, want)
					}
				}
				return
			}
			t.Errorf("%s is no difference", c.key)
		})
	}
}

// TestEngineThatDoesNotStart: it is done without, and said; or not at all,
// where one was asked for.
func TestEngineThatDoesNotStart(t *testing.T) {
	l := newLab(t)
	broken := errors.New("no such program")
	for name, insist := range map[string]bool{"one of ours": false, "one that was asked for": true} {
		t.Run(name, func(t *testing.T) {
			master, replica, o := l.in(t).inputs(&incident{sent: []string{"APPEND k 1"}, local: []string{"SET k 2"}})
			said, started := "", 0
			x := cause.New(cause.Options{
				Replay: o, MaxBytes: 1 << 20, Insist: insist,
				Tell: func(format string, args ...any) { said += fmt.Sprintf(format, args...) },
				Engine: func(context.Context, int) (*engine.Engine, error) {
					started++
					return nil, broken
				},
			})
			report, err := x.Compare(t.Context(), master, replica, diff.Options{MaxMemory: 64 << 20, Limit: 10})
			if closed := x.Close(); closed != nil {
				t.Error(closed)
			}
			if insist {
				if !errors.Is(err, broken) {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil || !strings.Contains(said, broken.Error()) || started != 1 {
				t.Fatalf("%v, said %q, tried %d times", err, said, started)
			}
			if got := causes(report)["0 k"]; got != "unexplained: "+string(finding.EvidenceNoEngine) {
				t.Error(got)
			}
		})
	}
}

// TestInterrupted: the work ends with its context.
func TestInterrupted(t *testing.T) {
	l := newLab(t)
	master, replica, o := l.inputs(&incident{sent: []string{"SET k 1"}, local: []string{"SET k 2"}})
	ctx, cancel := context.WithCancel(t.Context())
	x := cause.New(cause.Options{
		Replay: o, MaxBytes: 1 << 20, Tell: func(string, ...any) {},
		Engine: func(ctx context.Context, _ int) (*engine.Engine, error) {
			cancel()
			return nil, ctx.Err()
		},
	})
	if _, err := x.Compare(ctx, master, replica, diff.Options{MaxMemory: 64 << 20, Limit: 10}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if err := x.Close(); err != nil {
		t.Error(err)
	}
}
