package replay

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/internal/pcaptest"
	"github.com/redsleuth/redsleuth/parse/record"
)

// A promotion stands behind what the replica ran by then, and what follows it behind it;
// each offset is of the history that it names.
func TestHistoryWithPromotion(t *testing.T) {
	const at = "7:S 23 Nov 2026 17:11:08.650 * "
	stream := wire("SELECT 0", "SET a:1 x")
	shared := int64(len(stream))
	log := func(shared int64) string {
		return at + "Setting secondary replication ID to " + idA + ", valid up to offset: " + strconv.FormatInt(shared+1, 10) +
			". New replication ID is " + idB + "\n"
	}
	back := at + "REPLICAOF 10.0.0.1:6379 enabled\n" + at + "MASTER <-> REPLICA sync started\n" +
		at + "Trying a partial resynchronization (request " + idB + ":" + strconv.FormatInt(shared+31, 10) + ").\n" +
		at + "Full resync from master: " + idA + ":500\n"
	first := fullSync(idA, 0, rdbOf(), stream+wire("SET a:1 y"))
	second := fullSync(idA, 500, rdbOf(), wire("SELECT 0", "SET a:1 z"))
	empty := rdbOf(state("7.0.15", idA, 9000, "0"))
	for _, c := range []struct {
		name    string
		streams []string
		log     string
		want    string
	}{
		{"it stays a master", []string{first}, log(shared), "loaded A|SET applied A|promoted A|SET undelivered A"},
		{"and comes back", []string{first, second}, log(shared) + back,
			"loaded A|SET applied A|promoted A|SET undelivered A|demoted B|loaded A|SET applied A"},
		{"of another server", []string{first}, strings.ReplaceAll(log(shared), idA, strings.Repeat("c", 40)), "loaded A|SET applied A|SET applied A"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := scenario{streams: c.streams}
			if err := s.options.Facts.ReadLog(strings.NewReader(c.log)); err != nil {
				t.Fatal(err)
			}
			r := sidesHistory(t, &s, empty, empty)
			var got []string
			for i := range r.Touches {
				if x := &r.Touches[i]; x.Outcome != Held {
					id := map[string]string{idA: "A", idB: "B"}[x.History]
					got = append(got, strings.Join(strings.Fields(fmt.Sprint(x.Command, " ", x.Outcome, " ", id)), " "))
				}
			}
			if text := strings.Join(got, "|"); text != c.want {
				t.Errorf("%s\nwant\n%s", text, c.want)
			}
		})
	}
}

// INFO tells of a promotion without its time: it stands behind what the replica ran. It is
// none, unless a link is of that server as a replica: a master that restarted says the same.
func TestHistoryWithPromotionByInfo(t *testing.T) {
	stream := wire("SELECT 0", "SET a:1 x")
	sync := fullSync(idA, 0, rdbOf(), stream+wire("SET a:1 y"))
	link := pcaptest.New(t)
	link.Open().Say(pcaptest.Replica, pcaptest.Command("REPLCONF", "listening-port", "6380")).Say(pcaptest.Master, "+OK\r\n")
	link.Say(pcaptest.Replica, pcaptest.Command("PSYNC", "?", "-1")).Say(pcaptest.Master, sync).Close()
	capture := string(pcaptest.Write(t, 0, link.Frames...))
	for _, c := range []struct{ name, stream, port, want string }{
		{"of the replica", capture, "6380", "loaded applied promoted undelivered"},
		{"of the master", capture, "6379", "loaded applied applied"},
		{"of whom is not told", sync, "6380", "loaded applied applied"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := scenario{streams: []string{c.stream}}
			info := "# Replication\r\ntcp_port:" + c.port + "\r\nrole:master\r\nmaster_replid:" + idB +
				"\r\nmaster_replid2:" + idA + "\r\nmaster_repl_offset:900\r\nsecond_repl_offset:" +
				strconv.Itoa(len(stream)+1) + "\r\n"
			if err := s.options.Facts.ReadInfo(strings.NewReader(info)); err != nil {
				t.Fatal(err)
			}
			empty := rdbOf(state("7.0.15", idA, 9000, "0"))
			r := sidesHistory(t, &s, empty, empty)
			var got []string
			for i := range r.Touches {
				if x := &r.Touches[i]; x.Outcome != Held {
					got = append(got, string(x.Outcome))
				}
			}
			if text := strings.Join(got, " "); text != c.want {
				t.Error(text)
			}
		})
	}
}

// What clients ask for that names no key concerns those asked for where it concerns all,
// or makes them.
func TestAskedOfAllKeys(t *testing.T) {
	for _, c := range []struct{ command, want string }{
		{"SET a:1 x", "a:1"}, {"RPOPLPUSH a:1 a:1", "a:1"}, {"RENAME a:1 a:2", "a:1 a:2"}, {"SET b x", ""}, {"GET a:1", ""},
		{"FLUSHALL", "-"}, {"FLUSHDB ASYNC", "-"}, {"SWAPDB 0 1", "-"}, {"REPLICAOF NO ONE", "-"}, {"DEBUG FLUSHALL", "-"},
		{"DEBUG POPULATE 3 a", "a:0 a:1 a:2"}, {"DEBUG POPULATE 3 b", ""}, {"DEBUG SLEEP 1", ""}, {"CONFIG SET maxmemory 1", ""},
	} {
		a := asked{touches{asked: func(k []byte) bool { return strings.HasPrefix(string(k), "a:") }}}
		var args [][]byte
		for _, w := range strings.Fields(c.command) {
			args = append(args, []byte(w))
		}
		a.take("capture.pcap", &record.ClientCommand{Args: args, Addr: "10.0.0.9:5", Time: time.Unix(1, 0)})
		var got []string
		for _, x := range a.list {
			name := "-"
			if x.Key != nil {
				name = string(x.Key)
			}
			if got = append(got, name); x.Outcome != Asked || x.Client == nil {
				t.Errorf("%s: %+v", c.command, x)
			}
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%s concerns %q, not %q", c.command, text, c.want)
		}
	}
}
