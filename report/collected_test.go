package report_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redsleuth/redsleuth/cause/engine"
	"github.com/redsleuth/redsleuth/collect"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/internal/redistest"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/report"
)

// A night as that of PR 4483 began: the replica is behind, and somebody writes to
// it. What collect takes of both servers while they run tells the lag, the local
// writes, and who wrote.
func TestCollectedIncident(t *testing.T) {
	for _, program := range redistest.Servers(t) {
		t.Run(program.String(), func(t *testing.T) {
			t.Parallel()
			master := redistest.StartProgram(t, program, "--slowlog-log-slower-than", "0", "--repl-diskless-sync-delay", "0")
			proxy := redistest.StartProxy(t, master.Addr)
			replica := redistest.StartProgram(t, program, "--slowlog-log-slower-than", "0")
			replica.Do("CONFIG", "SET", "slave-read-only", "no")
			replica.Do("REPLICAOF", "127.0.0.1", proxy.Port)
			inStep(t, master, replica)

			shop, cron := named(t, master, "shop"), named(t, replica, "cron")
			for n := range 20 {
				do(t, shop, "SET", fmt.Sprint("order:", n), n)
			}
			inStep(t, master, replica)
			do(t, cron, "SET", "order:3", "mine")
			do(t, cron, "SET", "job:last", "03:00")
			do(t, cron, "DEL", "order:5")
			release := proxy.Hold()
			defer release()
			for n := range 3 {
				do(t, shop, "SET", fmt.Sprint("late:", n), n)
			}

			dir := filepath.Join(t.TempDir(), "evidence")
			collectFrom(t, dir, master, replica)
			r := account(t, dir)
			for _, a := range r.Artefacts {
				if a.Kind == report.KindUnknown || a.Why != "" {
					t.Errorf("%s: kind %s %s", a.Path, a.Kind, a.Why)
				}
			}
			hosts := []report.Host{{Role: report.Master, Addr: master.Addr}, {Role: report.Replica, Addr: replica.Addr}}
			if !slices.Equal(r.Hosts, hosts) || !r.Ending.Writable {
				t.Errorf("servers %v, the replica takes writes: %v", r.Hosts, r.Ending.Writable)
			}
			for _, e := range r.Timeline {
				if strings.HasSuffix(e.Kind, "-sync") {
					t.Errorf("%s is told as a sync of the replica: %s", e.Path, e.Text)
				}
			}
			if r.Diff == nil || !r.Verdict.Sided {
				t.Fatalf("no comparison: %+v", r.Verdict)
			}
			lag := r.Diff.Replication.LagBytes
			if lag == nil || *lag <= 0 {
				t.Errorf("lag: %v", lag)
			}
			want := map[string]string{
				"late:0": "lag shop", "late:1": "lag shop", "late:2": "lag shop",
				"order:3": "local-write cron", "job:last": "local-write cron", "order:5": "local-write cron",
			}
			for i := range r.Diff.Differences {
				d := r.Diff.Differences[i]
				got := []string{string(d.Cause)}
				for _, w := range d.WrittenBy {
					got = append(got, w.Name)
				}
				if got := strings.Join(got, " "); got != want[string(d.Key)] {
					t.Errorf("%s: %q, not %q: %v", d.Key, got, want[string(d.Key)], messages(d))
				}
				if d.Cause == finding.CauseLocalWrite && d.Confidence == finding.Proved {
					t.Errorf("%s: a slow log tells neither database nor time, and proves nothing", d.Key)
				}
				delete(want, string(d.Key))
			}
			for key := range want {
				t.Errorf("%s does not differ", key)
			}
		})
	}
}

func messages(d *diff.Difference) (all []string) {
	for _, e := range d.Evidence {
		all = append(all, e.Message)
	}
	return all
}

// named is a client of a server that says what it is called.
func named(t *testing.T, s *redistest.Server, name string) *redis.Client {
	c := redis.NewClient(&redis.Options{
		Addr: s.Addr, ClientName: name, Protocol: 2, PoolSize: 1, DisableIdentity: true,
	})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func do(t *testing.T, c *redis.Client, args ...any) {
	t.Helper()
	if err := c.Do(t.Context(), args...).Err(); err != nil && err != redis.Nil {
		t.Fatalf("%v: %v", args, err)
	}
}

func inStep(t *testing.T, master, replica *redistest.Server) {
	t.Helper()
	offset := func(s *redistest.Server, name string) string {
		_, rest, _ := strings.Cut(s.Do("INFO", "replication").(string), name+":")
		value, _, _ := strings.Cut(rest, "\r")
		return value
	}
	replica.WaitFor("the replica to be in step", func() bool {
		return offset(replica, "master_link_status") == "up" &&
			offset(replica, "slave_repl_offset") == offset(master, "master_repl_offset")
	})
}

func collectFrom(t *testing.T, dir string, servers ...*redistest.Server) {
	t.Helper()
	var targets []collect.Target
	for _, s := range servers {
		targets = append(targets, collect.Target{Network: "tcp", Addr: s.Addr})
	}
	taken, err := collect.Run(t.Context(), collect.Options{
		Dir: dir, Backlog: true, RDB: true, Timeout: 10 * time.Second, Now: time.Now,
	}, targets)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range taken {
		if s.Link == nil || s.Dump == nil || *s.Link.EndOffset < *s.Dump.Offset {
			t.Errorf("%s: the stream does not reach the dump: %+v, %+v, %+v", s.Addr, s.Link, s.Dump, s.Failed)
		}
	}
}

// account is the report on a folder.
func account(t *testing.T, dir string) *report.Report {
	t.Helper()
	o := report.Options{
		Paths: []string{dir}, Open: func(path string) (*input.Input, error) { return input.Open(path, input.Options{}) },
		MaxMemory: 64 << 20, Tell: t.Logf, Engine: engine.Start,
	}
	r, err := report.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
