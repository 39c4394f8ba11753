package cause_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/internal/pcaptest"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay"
)

// both captures what was sent to two replicas of one master: to ours, all of an
// incident, and to the other one a full resync in its middle and the rest.
func (l *lab) both(i *incident, at int, ours, other int) *input.Input {
	l.Helper()
	link := func(host string, port uint16, from, acked int) []pcaptest.Frame {
		c := pcaptest.New(l)
		c.Hosts, c.Port, c.Now = [2]string{host, masterHost}, port, time.Unix(savedAt-60, 0)
		offset := firstOffset + len(stream(i.sent[:from]))
		payload := l.dump(i, i.master, historyID, offset, append(append([]string{}, i.start...), i.sent[:from]...)...)
		c.Open().Say(pcaptest.Replica, resp("REPLCONF listening-port 6379")).Say(pcaptest.Master, "+OK\r\n")
		c.Say(pcaptest.Replica, pcaptest.Command("PSYNC", "?", "-1"))
		c.Say(pcaptest.Master, fmt.Sprintf("+FULLRESYNC %s %d\r\n$%d\r\n%s", historyID, offset, len(payload), payload))
		c.Say(pcaptest.Master, stream(i.sent[from:]))
		if acked > 0 {
			c.Rest(time.Second).Ack(firstOffset + len(stream(i.sent[:acked])))
		}
		return c.Frames
	}
	frames := append(link("10.0.0.9", 40001, at, other), link(replicaHost, 40000, 0, ours)...)
	return l.open("link.pcap", pcaptest.Write(l, 0, frames...), nil)
}

// What another replica of the same master was sent tells of the master alone: a full
// resync of it mends nothing here. Where nothing tells which of them the dump is of,
// nothing is said that rests on it.
func TestLinksOfAnotherReplica(t *testing.T) {
	l := newLab(t)
	refused := func() incident {
		start := []string{"RPUSH a 1 2 3 4", "RPUSH b 5 6 7 8", "SET c 1"}
		sent := []string{"LTRIM a 1 2", "LTRIM b 0 1", "PING", "SET c 2"}
		return incident{start: start, sent: sent, ran: []string{"PING"}, behind: 1}
	}
	for _, c := range []struct {
		name        string
		ours, other int // how many commands each acknowledged
		want        map[string]string
	}{
		{"its offset tells which it is", 3, 4, map[string]string{
			"0 a": "re-evaluated, likely: command-refused", "0 b": "re-evaluated, likely: command-refused", "0 c": "lag, proved: lag applied",
		}},
		{"both were there", 3, 3, map[string]string{
			"0 a": "unexplained: replica-unknown", "0 b": "unexplained: replica-unknown", "0 c": "lag, likely: lag applied",
		}},
		{"neither acknowledged anything", 0, 0, map[string]string{
			"0 a": "unexplained: replica-unknown", "0 b": "unexplained: replica-unknown", "0 c": "lag, likely: lag applied",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := l.in(t)
			i := refused()
			master, replica, _ := l.inputs(&i)
			o := replay.Options{Offset: record.Unknown, Streams: []*input.Input{l.both(&i, 2, c.ours, c.other)}}
			check(t, causes(l.explain(&i, master, replica, o)), c.want)
		})
	}
}
