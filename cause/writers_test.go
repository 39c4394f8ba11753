package cause_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/internal/pcaptest"
	"github.com/redsleuth/redsleuth/parse/input"
)

// An act is a moment of an incident: a client says something to one of the
// servers, and the master may send something for it.
type act struct {
	client uint16 // its port
	to     string // "master" or "replica"
	say    string // words, as in an incident
	reply  string
	sent   string // what the master sent; "" for nothing
}

const (
	masterHost  = "10.0.0.1" // both listen on port 6379
	replicaHost = "10.0.0.2"
	clientHost  = "10.0.0.9"
)

// capture makes the packets of an incident: the full resync, then the acts, a
// hundred milliseconds apart.
func (l *lab) capture(i *incident, acts []act) *input.Input {
	l.Helper()
	sync, rest := l.packets(i, acts)
	return l.open("link.pcap", pcaptest.Write(l, 0, append(sync, rest...)...), nil)
}

// late is a capture that begins after the full resync.
func (l *lab) late(i *incident, acts []act) *input.Input {
	l.Helper()
	_, rest := l.packets(i, acts)
	return l.open("late.pcap", pcaptest.Write(l, 0, rest...), nil)
}

func (l *lab) packets(i *incident, acts []act) (sync, frames []pcaptest.Frame) {
	l.Helper()
	link := pcaptest.New(l)
	link.Hosts, link.Now = [2]string{replicaHost, masterHost}, time.Unix(savedAt-60, 0)
	payload := l.dump(i, i.master, historyID, firstOffset, i.start...)
	link.Open().Say(pcaptest.Replica, pcaptest.Command("REPLCONF", "listening-port", "6379")).Say(pcaptest.Master, "+OK\r\n")
	link.Say(pcaptest.Replica, pcaptest.Command("PSYNC", "?", "-1"))
	link.Say(pcaptest.Master, fmt.Sprintf("+FULLRESYNC %s %d\r\n$%d\r\n%s", historyID, firstOffset, len(payload), payload))
	clients := map[string]*pcaptest.Conversation{}
	sync = link.Frames
	for _, a := range acts {
		link.Frames = nil
		link.Rest(100 * time.Millisecond)
		c := clients[fmt.Sprint(a.client, a.to)]
		if c == nil && a.to != "" {
			c = pcaptest.New(l)
			c.Hosts, c.Port, c.Now = [2]string{clientHost, map[string]string{"master": masterHost, "replica": replicaHost}[a.to]}, a.client, link.Now
			clients[fmt.Sprint(a.client, a.to)] = c.Open()
		}
		if c != nil {
			c.Now = link.Now
			c.Say(pcaptest.Replica, resp(a.say))
		}
		if a.sent != "" {
			link.Rest(2*time.Millisecond).Say(pcaptest.Master, resp(a.sent))
		}
		if c != nil {
			c.Rest(3 * time.Millisecond)
			if a.reply != "" {
				c.Say(pcaptest.Master, a.reply)
			}
			frames, c.Frames = append(frames, c.Frames...), nil
		}
		frames = append(frames, link.Frames...)
	}
	return sync, frames
}

// monitor writes the acts down as MONITOR of one side prints them.
func monitor(acts []act, of string) []byte {
	var b bytes.Buffer
	b.WriteString("OK\n")
	at := time.Unix(savedAt-60, 0)
	for _, a := range acts {
		at = at.Add(100 * time.Millisecond)
		line := func(addr, words string) {
			fmt.Fprintf(&b, "%d.%06d [0 %s]", at.Unix(), at.Nanosecond()/1000, addr)
			for _, w := range strings.Fields(words) {
				fmt.Fprintf(&b, " %q", w)
			}
			b.WriteByte('\n')
		}
		if a.to == of && !strings.HasPrefix(a.reply, "-") {
			line(fmt.Sprintf("%s:%d", clientHost, a.client), a.say)
		}
		if of == "replica" && a.sent != "" {
			line(masterHost+":6379", a.sent)
		}
	}
	return b.Bytes()
}

// writersOf are the causes of a report with who wrote, as "side port command".
func writersOf(r *diff.Report) map[string]string {
	all := causes(r)
	for _, d := range r.Differences {
		said := ""
		for _, w := range d.WrittenBy {
			_, port, _ := strings.Cut(w.Addr, ":")
			said += fmt.Sprintf("; %s %s %s%s", w.Side, port, w.Command, w.Name)
		}
		all[fmt.Sprintf("%d %s", d.DB, d.Key)] += said
	}
	return all
}

const okReply = "+OK\r\n"

// sentBy is what a client of the master says, and what the master sends of it.
func sentBy(client uint16, say string) act {
	return act{client, "master", say, okReply, say}
}

// TestWriters: who wrote is named where its command had a part in it, and where
// the command alone leads to what the side holds, that proves the cause.
func TestWriters(t *testing.T) {
	l := newLab(t)
	for _, c := range []struct {
		name string
		incident
		acts []act
		want map[string]string
	}{
		{
			"a local write, and one that was refused",
			incident{sent: []string{"SET a 1"}, local: []string{"SET k mine"}},
			[]act{sentBy(40001, "SET a 1"), {40002, "replica", "SET k mine", okReply, ""}, {40003, "replica", "SET k no", "-READONLY no\r\n", ""}},
			map[string]string{"0 k": "local-write, proved: local-write client-wrote; replica 40002 SET"},
		},
		{
			"a local write that undoes one of the master's: it was seen, a refusal was not",
			incident{start: []string{"RPUSH l a b"}, sent: []string{"RPUSH l c"}, local: []string{"RPOP l"}},
			[]act{sentBy(40001, "RPUSH l c"), {40002, "replica", "RPOP l", "$1\r\nc\r\n", ""}},
			map[string]string{"0 l": "local-write, proved: client-wrote; replica 40002 RPOP"},
		},
		{
			"a refusal, and a client of the replica whose command leads elsewhere",
			incident{start: []string{"RPUSH l a b"}, sent: []string{"RPUSH l c"}, ran: []string{"PING"}},
			[]act{sentBy(40001, "RPUSH l c"), {40002, "replica", "LPOP l", "$1\r\na\r\n", ""}},
			map[string]string{"0 l": "re-evaluated, likely: command-refused; master 40001 RPUSH"},
		},
		{
			"after what the master sent",
			incident{sent: []string{"SET k 1"}, local: []string{"SET k 2"}},
			[]act{sentBy(40001, "SET k 1"), {40002, "replica", "SET k 2", okReply, ""}},
			map[string]string{"0 k": "local-write, proved: local-write client-wrote; replica 40002 SET"},
		},
		{
			"a write that does not lead to what the replica holds",
			incident{sent: []string{"SET k 1"}, local: []string{"SET k other"}},
			[]act{sentBy(40001, "SET k 1"), {40002, "replica", "APPEND k x", ":2\r\n", ""}},
			map[string]string{"0 k": "local-write, likely: local-write; replica 40002 APPEND"},
		},
		{
			"the local write came before the master's: order counts",
			incident{sent: []string{"RPUSH l a"}, ran: []string{"RPUSH l b", "RPUSH l a"}},
			[]act{{40002, "replica", "RPUSH l b", ":1\r\n", ""}, sentBy(40001, "RPUSH l a")},
			map[string]string{"0 l": "local-write, proved: local-write client-wrote; replica 40002 RPUSH"},
		},
		{
			"nobody was seen",
			incident{sent: []string{"SET a 1"}, local: []string{"SET k mine"}},
			[]act{sentBy(40001, "SET a 1"), {40002, "replica", "GET k", "$-1\r\n", ""}},
			map[string]string{"0 k": "local-write, likely: local-write"},
		},
		{
			"in another database",
			incident{sent: []string{"SET a 1"}, local: []string{"SET k mine"}},
			[]act{sentBy(40001, "SET a 1"), {40002, "replica", "SELECT 3", okReply, ""}, {40002, "replica", "SET k mine", okReply, ""}},
			map[string]string{"0 k": "local-write, likely: local-write"},
		},
		{
			"not sent by the master, though a client wrote it there",
			incident{sent: []string{"SET a 1"}, unsent: []string{"SET k 1"}},
			[]act{sentBy(40001, "SET a 1"), {40002, "master", "SET k 1", okReply, ""}},
			map[string]string{"0 k": "not-propagated, proved: not-propagated client-wrote; master 40002 SET"},
		},
		{
			"a command that found nothing to change is not sent, and no reason",
			incident{sent: []string{"SET a 1"}, unsent: []string{"SET k 1"}},
			[]act{sentBy(40001, "SET a 1"), {40002, "master", "SET k 1 XX", "$-1\r\n", ""}},
			map[string]string{"0 k": "not-propagated, likely: not-propagated"},
		},
		{
			"nor is one whose reply says that nothing was there",
			incident{sent: []string{"SET a 1"}, unsent: []string{"SADD k 1"}},
			[]act{sentBy(40001, "SET a 1"), {40002, "master", "SREM k 2", ":0\r\n", ""}, {40003, "master", "SADD k 1", ":1\r\n", ""}},
			map[string]string{"0 k": "not-propagated, proved: not-propagated client-wrote; master 40003 SADD"},
		},
		{
			"made by DEBUG POPULATE",
			incident{sent: []string{"SET a 1"}, unsent: []string{"SET job:1 value:1"}},
			[]act{sentBy(40001, "SET a 1"), {40002, "master", "DEBUG POPULATE 2 job", okReply, ""}},
			map[string]string{"0 job:1": "not-propagated, proved: not-propagated not-propagated client-wrote; master 40002 DEBUG"},
		},
		{
			"behind: the clients of what is missing, and not of what is there",
			incident{sent: []string{"SET k 1", "SET k 2", "SET k 3"}, behind: 2},
			[]act{sentBy(40001, "SET k 1"), sentBy(40002, "SET k 2"), sentBy(40003, "SET k 3")},
			map[string]string{"0 k": "lag, proved: lag applied; master 40003 SET"},
		},
		{
			"behind, and what is missing was not recorded: nobody, and not who wrote before",
			incident{sent: []string{"SET k 1", "SET k 2"}, behind: 1},
			[]act{sentBy(40001, "SET k 1")},
			map[string]string{"0 k": "lag, likely: lag"},
		},
		{
			"the same by two clients: each at its time",
			incident{sent: []string{"INCR n", "INCR n"}, behind: 1},
			[]act{{40001, "master", "INCR n", ":1\r\n", "INCR n"}, {40002, "master", "INCR n", ":2\r\n", "INCR n"}},
			map[string]string{"0 n": "lag, proved: lag applied; master 40002 INCR"},
		},
		{
			"sent otherwise than it was asked, and by a script",
			incident{sent: []string{"SET k 1", "SADD s a", "SREM s a", "SET m 1"}, behind: 2},
			[]act{sentBy(40001, "SET k 1"), sentBy(40001, "SADD s a"), {40002, "master", "SPOP s", "$1\r\na\r\n", "SREM s a"},
				{40003, "master", `EVAL "return redis.call('SET',KEYS[1],1)" 1 m`, okReply, "SET m 1"}},
			map[string]string{"0 s": "lag, proved: lag applied; master 40002 SPOP", "0 m": "lag, proved: lag applied; master 40003 EVAL"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := l.in(t)
			master, replica, o := l.inputs(&c.incident)
			o.Streams = []*input.Input{l.capture(&c.incident, c.acts)}
			check(t, writersOf(l.explain(&c.incident, master, replica, o)), c.want)
		})
	}
}

func check(t *testing.T, got, want map[string]string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%v", got)
	}
	for key, w := range want {
		if got[key] != w {
			t.Errorf("%s: %s\nwant %s", key, got[key], w)
		}
	}
}

// TestWritersOfMonitor: the output of MONITOR tells the same beside the bytes of
// a link; which side it is of is told by what is in it.
func TestWritersOfMonitor(t *testing.T) {
	l := newLab(t)
	i := &incident{sent: []string{"SET a 1", "SET k 1"}, behind: 1, local: []string{"SET mine 1"}, unsent: []string{"SET yours 1"}}
	acts := []act{sentBy(40001, "SET a 1"), {40002, "replica", "SET mine 1", okReply, ""}, sentBy(40003, "SET k 1"), {40004, "master", "SET yours 1", okReply, ""}}
	for _, c := range []struct {
		of   []string
		want map[string]string
	}{
		{nil, map[string]string{"0 k": "lag, proved: lag applied", "0 mine": "local-write, likely: local-write", "0 yours": "not-propagated, likely: not-propagated"}},
		{[]string{"replica"}, map[string]string{"0 k": "lag, proved: lag applied", "0 mine": "local-write, proved: local-write client-wrote; replica 40002 SET",
			"0 yours": "not-propagated, likely: not-propagated"}},
		{[]string{"master", "replica"}, map[string]string{"0 k": "lag, proved: lag applied; master 40003 SET",
			"0 mine": "local-write, proved: local-write client-wrote; replica 40002 SET", "0 yours": "not-propagated, proved: not-propagated client-wrote; master 40004 SET"}},
	} {
		t.Run(strings.Join(c.of, " and "), func(t *testing.T) {
			l := l.in(t)
			master, replica, o := l.inputs(i)
			for _, of := range c.of {
				o.Streams = append(o.Streams, l.open(of+".txt", monitor(acts, of), nil))
			}
			check(t, writersOf(l.explain(i, master, replica, o)), c.want)
		})
	}
}
