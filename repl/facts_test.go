package repl

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/redsleuth/redsleuth/server"
)

const (
	idA = "0123456789012345678901234567890123456789"
	idB = "abcdefabcdefabcdefabcdefabcdefabcdefabcd"
)

func version(t *testing.T, text string) server.Version {
	t.Helper()
	v, err := server.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func noBacklog() Backlog { return Backlog{First: Unknown} }

func TestReadInfo(t *testing.T) {
	for _, c := range []struct {
		name, info string
		want       Facts
	}{
		{
			"a replica that never was a master",
			"# Server\r\nredis_version:4.0.2\r\nrole:slave\r\nmaster_replid:" + idA + "\r\n" +
				"master_replid2:" + strings.Repeat("0", 40) + "\r\nsecond_repl_offset:-1\r\nrepl_backlog_active:0\r\n",
			Facts{Replica: version(t, "4.0.2"), Servers: []Server{
				{Replica, 0, idA, "", Unknown, true, Backlog{Active: server.No, First: Unknown}},
			}},
		},
		{
			"a promoted master",
			"redis_version:7.2.4\nvalkey_version:8.0.1\ntcp_port:6380\nrole:master\nmaster_replid:" + idB + "\nmaster_replid2:" + idA +
				"\nsecond_repl_offset:42\nrepl_backlog_active:1\nrepl_backlog_size:500\nrepl_backlog_first_byte_offset:7\n",
			Facts{Master: version(t, "valkey 8.0.1"), Servers: []Server{
				{Master, 6380, idB, idA, 42, true, Backlog{server.Yes, 7, 500}},
			}},
		},
		{
			"before 4.0, and in part",
			"redis_version:3.2.13\nrole:master\nrepl_backlog_active:1\n",
			Facts{Master: version(t, "3.2.13"), Servers: []Server{
				{Master, 0, "", "", Unknown, false, Backlog{Active: server.Yes, First: Unknown}},
			}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got Facts
			if err := got.ReadInfo(strings.NewReader(c.info)); err != nil {
				t.Fatal(err)
			}
			compare(t, got, c.want)
		})
	}
}

func compare(t *testing.T, got, want Facts) {
	t.Helper()
	if d := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Facts{}), cmp.Comparer(func(v, w server.Version) bool { return v == w })); d != "" {
		t.Errorf("facts (-want +got):\n%s", d)
	}
}

func TestReadLog(t *testing.T) {
	const at = "1:S 23 Nov 2026 17:11:08.650 * "
	then := time.Date(2026, 11, 23, 17, 11, 8, 650e6, time.UTC)
	lines := func(all ...string) string { return at + strings.Join(all, "\n"+at) + "\n" }
	for _, c := range []struct {
		name, log string
		want      Facts
	}{
		{
			"4.0, a replica",
			"15197:C 23 Nov 17:10:43.590 # Redis version=4.0.2, bits=64, pid=15197\n" +
				"15197:S 23 Nov 17:10:43.600 * MASTER <-> SLAVE sync started\n",
			Facts{Replica: version(t, "4.0.2")},
		},
		{
			"3.2", "15386:M 23 Nov 17:11:09.999 # Server started, Redis version 3.2.13\n",
			Facts{Master: version(t, "3.2.13")},
		},
		{
			"2.8", "[15386] 23 Nov 17:11:09.999 # Server started, Redis version 2.8.24\n",
			Facts{Master: version(t, "2.8.24")},
		},
		{
			"the writer of an RDB is another server", lines("Loading RDB produced by Valkey version 8.0.1"),
			Facts{},
		},
		{
			"a promotion",
			lines("Setting secondary replication ID to " + idA + ", valid up to offset: 9385. New replication ID is " + idB),
			Facts{Servers: []Server{{"", 0, idB, idA, 9385, true, noBacklog()}},
				Terms: []Term{{ID: idB, From: idA, Shared: 9384, Began: then, Reached: Unknown}}},
		},
		{
			"a request that was granted, under a new id",
			lines("Trying a partial resynchronization (request "+idA+":101)", "Successful partial resynchronization with master.",
				"Master replication ID changed to "+idB),
			Facts{Resyncs: []LoggedResync{{ID: idA, Offset: 101, NewID: idB}}},
		},
		{
			"a request that was refused, and the full one in its place",
			lines("Trying a partial resynchronization (request "+idA+":101)", "Full resync from master: "+idB+":900"),
			Facts{Resyncs: []LoggedResync{{ID: idB, Offset: 900, Full: true}}},
		},
		{
			"a request that was granted, and a full one of another process",
			lines("Trying a partial resynchronization (request "+idA+":101)", "Server started, Redis version 7.2.4",
				"Full resync from master: "+idB+":900"),
			Facts{Master: version(t, "7.2.4"), Resyncs: []LoggedResync{
				{ID: idA, Offset: 101}, {ID: idB, Offset: 900, Full: true, Process: 1},
			}},
		},
		{
			"refusals",
			lines("Unable to partial resync with replica 127.0.0.1:6380 for lack of backlog (Replica request was: 101).",
				"Partial resynchronization not accepted: Requested offset for second ID was 102, but I can reply up to 50",
				"Partial resynchronization not accepted: Replication ID mismatch (Replica asked for 'x', my replication IDs are 'y' and 'z')"),
			Facts{Refusals: []Refusal{{101, BeforeBacklog}, {102, PastSecondary}, {Unknown, OtherHistory}}},
		},
		{
			"errors",
			lines("== CRITICAL == This replica is sending an error to its master: 'x' after processing the command 'evalsha'",
				"== CRITICAL == This replica is sending an error to its master: 'x' after processing the command 'evalsha'"),
			Facts{Errors: map[string]int64{"evalsha": 2}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got Facts
			if err := got.ReadLog(strings.NewReader(c.log)); err != nil {
				t.Fatal(err)
			}
			compare(t, got, c.want)
			if n := got.ErrorCount(); n != c.want.Errors["evalsha"] {
				t.Errorf("%d errors", n)
			}
		})
	}
}

// A process that began in one file of a log goes on in the next.
func TestReadLogInParts(t *testing.T) {
	const at = "1:S 23 Nov 2026 17:11:08.650 * "
	var f Facts
	for _, part := range []string{
		"Server started, Redis version 7.2.4\n" + at + "Full resync from master: " + idA + ":0",
		"Full resync from master: " + idA + ":10",
		"Server started, Redis version 7.2.4\n" + at + "Full resync from master: " + idA + ":20",
	} {
		if err := f.ReadLog(strings.NewReader(at + part + "\n")); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []int{1, 1, 2} {
		if got := f.Resyncs[i].Process; got != want {
			t.Errorf("resync %d is of process %d, want %d", i, got, want)
		}
	}
}
