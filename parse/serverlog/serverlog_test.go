package serverlog

import (
	"fmt"
	"strings"
	"testing"
)

const id1, id2 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

func TestLines(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"[1234] 05 Nov 10:00:00.123 * Server started, Redis version 2.8.24", "1234  0000-11-05T10:00:00.123Z false * Server started, Redis version 2.8.24"},
		{"[1234] 05 Nov 10:00:00 # x", "1234  0000-11-05T10:00:00Z false # x"},
		{"12:M 30 Nov 10:00:00.123 # x", "12 master 0000-11-30T10:00:00.123Z false # x"},
		{"12:S 30 Nov 2017 10:00:00.123 - x", "12 replica 2017-11-30T10:00:00.123Z true - x"},
		{"12:C 2024-01-02T03:04:05.678+02:00 . x", "12 child 2024-01-02T01:04:05.678Z true . x"},
		{"12:X 1577872800123 * x", "12 sentinel 2020-01-01T10:00:00.123Z true * x"},
		{"redis-1  | 12:S 30 Nov 2017 10:00:00.123 - x", "12 replica 2017-11-30T10:00:00.123Z true - x"},
		{"Nov 30 10:00:00 host redis-server[12]: 12:M 30 Nov 2017 10:00:00.123 * x", "12 master 2017-11-30T10:00:00.123Z true * x"},
		{"2017-11-30T10:00:00.2Z [12] 30 Nov 10:00:00.123 * x", "12  0000-11-30T10:00:00.123Z false * x"},
		{`pid=7 role=RDB/AOF timestamp="x" level=notice message="a"`, `7 child 0001-01-01T00:00:00Z false * a`},
		{`pid=7 role=primary timestamp="30 Nov 2017 10:00:00.123" level=warning message="a \"b\""`, `7 master 2017-11-30T10:00:00.123Z true # a "b"`},
	} {
		l, ok := parseLine(c.text)
		got := fmt.Sprintf("%d %s %s %v %c %s", l.PID, l.Role, l.Time.Format("2006-01-02T15:04:05.999Z"), l.HasYear, l.Level, l.Text)
		if !ok || got != c.want {
			t.Errorf("%s:\n%s, want\n%s", c.text, got, c.want)
		}
	}
	for _, text := range []string{"", "                _._", "------ STACK TRACE ------", "12:M x"} {
		if _, ok := parseLine(text); ok {
			t.Errorf("%q is a line", text)
		}
	}
}

func TestEvents(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"Redis version=4.0.2, bits=64, commit=0", "started 4.0.2   -1 0 "},
		{"Valkey version=8.0.1, bits=64", "started valkey 8.0.1   -1 0 "},
		{"Server started, Redis version 3.2.13", "started 3.2.13   -1 0 "},
		{"Full resync requested by slave 10.0.0.2:6380", "full-requested    -1 0 10.0.0.2:6380"},
		{"Partial resynchronization request from 10.0.0.2:6380 accepted. Sending 77 bytes of backlog starting from offset 29.", "partial-accepted    29 77 10.0.0.2:6380"},
		{"Unable to partial resync with replica [::1]:6380 for lack of backlog (Replica request was: 500).", "partial-refused    500 0 [::1]:6380"},
		{"Partial resynchronization not accepted: Requested offset for second ID was 10, but I can reply up to 5", "partial-refused    10 0 "},
		{"Replication backlog created, my new replication IDs are '" + id1 + "' and '" + id2 + "'", "backlog-created  aaaa bbbb -1 0 "},
		{"Setting secondary replication ID to " + id2 + ", valid up to offset: 51. New replication ID is " + id1, "secondary-id  aaaa bbbb 51 0 "},
		{"MASTER <-> SLAVE sync started", "sync-started    -1 0 "},
		{"PRIMARY <-> REPLICA sync started", "sync-started    -1 0 "},
		{"Trying a partial resynchronization (request " + id1 + ":29).", "partial-tried  aaaa  29 0 "},
		{"Full resync from master: " + id1 + ":28", "full-started  aaaa  28 0 "},
		{"Successful partial resynchronization with master.", "partial-done    -1 0 "},
		{"Master replication ID changed to " + id1, "id-changed  aaaa  -1 0 "},
		{"=== ASSERTION FAILED ===", "crashed    -1 0 "},
		{"Redis 4.0.4 crashed by signal: 11", "crashed    -1 0 "},
		{"== CRITICAL == This replica is sending an error to its master: 'NOSCRIPT No matching script.'", "critical    -1 0 "},
		{"Loading RDB produced by version 7.2.6", "dump-version 7.2.6   -1 0 "},
		{"Loading RDB produced by Valkey version 9.0.0", "dump-version valkey 9.0.0   -1 0 "},
		{"MASTER MODE enabled (user request from 'id=1')", "promoted    -1 0 "},
		{"Running mode=standalone, port=6380.", "listening    -1 0 "},
		{"User requested shutdown...", "stopping    -1 0 "},
		{"Received SIGTERM scheduling shutdown...", "stopping    -1 0 "},
		{"Background saving started by pid 12", "save-started    -1 0 "},
		{"DB saved on disk", "saved    -1 0 "},
		{"Reconnecting to PRIMARY 10.0.0.1:6379", "connecting    -1 0 10.0.0.1:6379"},
		{"Error condition on socket for SYNC: Connection refused", "connect-failed    -1 0 "},
		{"REPLICAOF 10.0.0.1:6379 enabled (user request)", "demoted    -1 0 10.0.0.1:6379"},
	} {
		e, ok := EventOf(Line{Text: c.text})
		got := fmt.Sprintf("%s %s %.4s %.4s %d %d %s", e.Kind, e.Version, e.ID, e.SecondaryID, e.Offset, e.Bytes, e.Peer)
		if !ok || got != c.want {
			t.Errorf("%s:\n%q, want\n%q", c.text, got, c.want)
		}
	}
	if e, ok := EventOf(Line{Text: "Background saving terminated with success"}); ok {
		t.Errorf("%+v", e)
	}
}

// Errors hold quotes of their own.
func TestErrorsToTheMaster(t *testing.T) {
	const said = "== CRITICAL == This replica is sending an error to its master: "
	for _, c := range []struct{ text, reason, command string }{
		{said + "'NOSCRIPT No matching script.'", "NOSCRIPT No matching script.", ""},
		{said + "'ERR DB index is out of range' after processing the command 'select'", "ERR DB index is out of range", "select"},
		{said + "'ERR unknown command 'foo', with args' after processing the command 'foo'", "ERR unknown command 'foo', with args", "foo"},
		{"== CRITICAL == something else", "", ""},
	} {
		if e, ok := EventOf(Line{Text: c.text}); !ok || e.Kind != Critical || e.Reason != c.reason || e.Command != c.command {
			t.Errorf("%s: %+v", c.text, e)
		}
	}
}

// Who asked is told as far as the line shows it, also of one that is cut.
func TestAsked(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"MASTER MODE enabled (user request from 'id=3 addr=10.0.0.9:4 laddr=x name=app user=ops cmd=slaveof lib-name=')",
			"10.0.0.9:4 app ops slaveof"},
		{"PRIMARY MODE enabled (user request from 'id=3 addr=10.0.0.9:4 name=*redacted* user=*redacted* age=0", "10.0.0.9:4   "},
		{"User requested shutdown... (user request from 'id=3 addr=10.0.0.9:4 name= cmd=shutdown')", "10.0.0.9:4   shutdown"},
		{"User requested shutdown...", "   "},
	} {
		e, ok := EventOf(Line{Text: c.text})
		addr, name, user, command := e.Asked()
		if got := strings.Join([]string{addr, name, user, command}, " "); !ok || got != c.want {
			t.Errorf("%s: %q, not %q", c.text, got, c.want)
		}
	}
}

func TestRead(t *testing.T) {
	text := "                _._\n\n12:M 30 Nov 2017 10:00:00.123 * a\n" + strings.Repeat("x", 2*maxLine) + "\n12:M 30 Nov 2017 10:00:00.124 * b"
	var got []string
	if err := Read(strings.NewReader(text), func(l Line) { got = append(got, l.Text) }); err != nil || fmt.Sprint(got) != "[a b]" {
		t.Errorf("%v, %v", got, err)
	}
	if err := Read(strings.NewReader("role:master\nredis_version:4.0.2\n"), func(Line) {}); err == nil {
		t.Error("no error")
	}
}

// FuzzRead: no text makes it panic.
func FuzzRead(f *testing.F) {
	f.Add("12:M 30 Nov 2017 10:00:00.123 * Full resync from master: " + id1 + ":28")
	f.Add(`pid=7 role=primary timestamp="1" level=warning message="a"`)
	f.Fuzz(func(t *testing.T, text string) {
		_ = Read(strings.NewReader(text), func(l Line) { EventOf(l) }) // an error is an answer
	})
}
