package replay

import (
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay/replica"
	"github.com/redsleuth/redsleuth/replay/session"
)

func TestWhyRefused(t *testing.T) {
	const log = "1:M 23 Nov 2026 17:11:08.650 * "
	connect := func(asked string, asks, start int64) *session.Connection {
		request := &record.Request{ID: asked, Offset: asks + 1}
		return &session.Connection{
			Link:  record.Link{Resync: record.Full, ReplicationID: idB, Requested: request},
			Asked: asks, Start: start,
		}
	}
	info := func(more string) string { return "role:master\nmaster_replid:" + idB + "\n" + more }
	for _, test := range []struct {
		name, info, log string
		c               *session.Connection
		want            string
	}{
		{name: "nothing tells", c: connect(idB, 100, 900), want: "800 bytes were not in"},
		{name: "the log tells of the backlog", c: connect(idB, 100, 900), want: "in its backlog",
			log: log + "Unable to partial resync with replica 127.0.0.1:6380 for lack of backlog (Replica request was: 101).\n"},
		{name: "the log tells of another request", c: connect(idB, 100, 900), want: "800 bytes were not in",
			log: log + "Unable to partial resync with replica 127.0.0.1:6380 for lack of backlog (Replica request was: 102).\n"},
		{name: "the log tells of the limit", c: connect(idA, 100, 900), want: "former history only up to",
			log: log + "Partial resynchronization not accepted: Requested offset for second ID was 101, but I can reply up to 50\n"},
		{name: "the log tells of the history", c: connect(idA, 100, 900), want: "its log says that the master is of another history",
			log: log + "Partial resynchronization not accepted: Replication ID mismatch (Replica asked for 'x', my replication IDs are 'y' and 'z')\n"},
		{name: "INFO tells of the limit", c: connect(idA, 100, 900), want: "up to offset 50 only", info: info("master_replid2:" + idA + "\nsecond_repl_offset:51\n")},
		{name: "INFO tells of another former history", c: connect(strings.Repeat("c", 40), 100, 900), want: "neither", info: info("master_replid2:" + idA + "\nsecond_repl_offset:51\n")},
		{name: "INFO tells of a short backlog", c: connect(idB, 100, 900), want: "a backlog of 500",
			info: info("repl_backlog_active:1\nrepl_backlog_size:500\nrepl_backlog_first_byte_offset:400\nrepl_backlog_histlen:500\n")},
		{name: "INFO tells of a later backlog", c: connect(idB, 800, 900), want: "begins at 901",
			info: info("repl_backlog_active:1\nrepl_backlog_size:500\nrepl_backlog_first_byte_offset:901\nrepl_backlog_histlen:5\n")},
		{name: "ahead of the master", c: connect(idB, 1000, 900), want: "at offset 900, before"},
		{name: "another history", c: connect(idA, 100, 900), want: "of another history than"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var o Options
			if err := o.Facts.ReadInfo(strings.NewReader(test.info)); test.info != "" && err != nil {
				t.Fatal(err)
			}
			if err := o.Facts.ReadLog(strings.NewReader(test.log)); test.log != "" && err != nil {
				t.Fatal(err)
			}
			f := sentences{facts: &o.Facts}.resyncRefused(&replica.ResyncRefused{Connection: test.c})
			if f.Code != finding.ResyncRefused || f.Severity != finding.Info || *f.Offset != test.c.Asked {
				t.Errorf("%+v", f)
			}
			if got := f.Message; !strings.Contains(got, test.want) {
				t.Errorf("%s; want %q", got, test.want)
			}
		})
	}
}
