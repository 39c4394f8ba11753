package replay

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/internal/pcaptest"
)

// told writes down a history of keys.
func told(r *Report) string {
	var b strings.Builder
	for _, t := range r.Touches {
		fmt.Fprintf(&b, "%s %s %s", t.Outcome, t.Command, t.Key)
		if c := t.Client; c != nil {
			fmt.Fprintf(&b, " by %s to %s: %s%s", c.Addr, c.To, c.Reply, c.ReplyError)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// The history of a key has what clients asked for, between what the master sent,
// by time: of either server, with what was refused, and without what only reads
// or is about another key.
func TestHistoryHasClients(t *testing.T) {
	link := attachFull(from(t, "10.0.0.2", 40000), 6379, 0, rdbOf(state("7.0.15", idA, 0, "0")))
	client := from(t, "10.0.0.9", 50000)
	own := from(t, "10.0.0.9", 50001)
	own.Hosts[pcaptest.Master] = "10.0.0.2"
	at := func(c *pcaptest.Conversation, d time.Duration) *pcaptest.Conversation {
		c.Now = time.Date(2024, 5, 1, 12, 0, 1, 0, time.UTC).Add(d)
		return c
	}
	client.Open()
	own.Open()
	at(client, 0).Say(pcaptest.Replica, wire("SET k 1")).Say(pcaptest.Master, "+OK\r\n")
	at(link, time.Millisecond).Say(pcaptest.Master, wire("SELECT 0", "SET k 1"))
	at(client, time.Second).Say(pcaptest.Replica, wire("GET k", "SET other 1")).Say(pcaptest.Master, "$1\r\n1\r\n+OK\r\n")
	at(own, 2*time.Second).Say(pcaptest.Replica, wire("SET k 2", "INCR k")).Say(pcaptest.Master, "+OK\r\n-READONLY no\r\n")
	at(link, 3*time.Second).Say(pcaptest.Master, wire("DEL k"))
	s := scenario{
		streams: []string{captureOf(t, link, client, own)},
		options: Options{Key: func(k []byte) bool { return string(k) == "k" }},
		check: func(t *testing.T, r *Report) {
			want := `loaded  
asked SET k by 10.0.0.9:50000 to 10.0.0.1:6379: ok
applied SET k
asked SET k by 10.0.0.9:50001 to 10.0.0.2:6379: ok
refused INCR k by 10.0.0.9:50001 to 10.0.0.2:6379: errorREADONLY
applied DEL k
`
			if got := told(r); got != want {
				t.Errorf("%s", got)
			}
		},
	}
	s.test(t)
}
