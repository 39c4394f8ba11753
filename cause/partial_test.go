package cause_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/internal/pcaptest"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/replay"
)

// seen captures what was sent in an incident, a command a packet: from one of them
// on, without what was before, and without those that were lost.
func (l *lab) seen(i *incident, from int, lost ...int) *input.Input {
	l.Helper()
	link := pcaptest.New(l)
	link.Hosts, link.Now = [2]string{replicaHost, masterHost}, time.Unix(savedAt-60, 0)
	if from == 0 {
		payload := l.dump(i, i.master, historyID, firstOffset, i.start...)
		link.Open().Say(pcaptest.Replica, pcaptest.Command("PSYNC", "?", "-1"))
		link.Say(pcaptest.Master, fmt.Sprintf("+FULLRESYNC %s %d\r\n$%d\r\n%s", historyID, firstOffset, len(payload), payload))
	}
	for n, line := range i.sent[from:] {
		before := len(link.Frames)
		if link.Say(pcaptest.Master, resp(line)); slices.Contains(lost, n+from) {
			link.Frames = link.Frames[:before]
		}
	}
	link.Rest(time.Second).Ack(firstOffset + len(stream(i.sent)))
	return l.open("link.pcap", pcaptest.Write(l, 0, link.Frames...), nil)
}

// Of a capture that begins late, or lacks packets, what commands set outright is
// known all the same; and of the rest nothing that a hole may have changed.
func TestPartialStreams(t *testing.T) {
	const lag, noStart, hole = "lag, likely: lag", "unexplained: no-start", "unexplained: incomplete-stream"
	const local, unsent = "local-write, likely: local-write", "not-propagated, likely: not-propagated"
	const timed = `EVAL "return redis.call('SET', KEYS[1], redis.call('TIME')[1])" 1 a`
	start := []string{"SET a 1", "RPUSH l x", "SET b 1"}
	for _, test := range []struct {
		name string
		incident
		from int
		lost []int
		want map[string]string
	}{
		{
			name:     "late: what was set outright, and not since",
			incident: incident{sent: []string{"PING", "SELECT 0", "SET a 2", "RPUSH l y"}, local: []string{"SET a 3", "RPUSH l z", "SET mine 1"}},
			from:     1, want: map[string]string{"0 a": local, "0 l": noStart, "0 mine": noStart},
		},
		{
			name:     "late: a write on the master that was not sent",
			incident: incident{sent: []string{"PING", "SELECT 0", "SET a 2", "RPUSH l y"}, unsent: []string{"SET a 3", "RPUSH l z"}},
			from:     1, want: map[string]string{"0 a": unsent, "0 l": noStart},
		},
		{
			name:     "late: a condition leaves what was there before",
			incident: incident{sent: []string{"PING", "SELECT 0", "SET a 2 XX", "PERSIST b"}, local: []string{"SET a 3", "SET b 3"}},
			from:     1, want: map[string]string{"0 a": noStart, "0 b": noStart},
		},
		{
			name:     "late: a flush settles every key of its database",
			incident: incident{sent: []string{"PING", "SELECT 0", "FLUSHDB", "RPUSH l y"}, local: []string{"RPUSH l z", "SET mine 1"}},
			from:     1, want: map[string]string{"0 l": local, "0 mine": local},
		},
		{
			name:     "late: behind, proved where both values are known",
			incident: incident{sent: []string{"PING", "SELECT 0", "SET a 2", "SET a 3", "RPUSH l y"}, behind: 2},
			from:     1, want: map[string]string{"0 a": "lag, proved: lag applied", "0 l": lag},
		},
		{
			name:     "a lost packet costs what it may hold",
			incident: incident{sent: []string{"SET a 2", "SET b 2", "SELECT 0", "RPUSH l y", "SET b 3"}, local: []string{"SET a 9", "RPUSH l z", "SET b 9"}},
			lost:     []int{1}, want: map[string]string{"0 a": hole, "0 l": hole, "0 b": local},
		},
		{
			name: "what was refused behind it, where it held nothing of the key",
			incident: incident{sent: []string{"SET a some-value", "SET b 2", "SELECT 0", "SET a another-value"},
				ran: []string{"SET a some-value", "SET b 2", "SELECT 0"}},
			lost: []int{1}, want: map[string]string{"0 a": "re-evaluated, likely: command-refused"},
		},
		{
			name:     "nothing tells the database behind it",
			incident: incident{sent: []string{"SET a 2", "SET b 2", "SET b 3"}, local: []string{"SET b 9"}},
			lost:     []int{1}, want: map[string]string{"0 b": hole},
		},
		{
			name:     "a script that each side decides",
			incident: incident{sent: []string{timed, "SET b 2", "PING"}, local: []string{"SET a 9"}},
			want:     map[string]string{"0 a": "re-evaluated, likely: re-evaluated"},
		},
		{
			name:     "it may not have been the last on the key",
			incident: incident{sent: []string{timed, "SET b 2", "PING"}, local: []string{"SET a 9"}},
			lost:     []int{1}, want: map[string]string{"0 a": hole},
		},
		{
			name: "and no more: a name that it has no room for",
			incident: incident{sent: []string{"SET a 2", "SET b 2", "SELECT 0", "SET a-name-of-some-length 2"},
				local: []string{"SET a 9", "SET a-name-of-some-length 9", "SET another-that-no-packet-held 9"}},
			lost: []int{1}, want: map[string]string{
				"0 a": hole, "0 a-name-of-some-length": local, "0 another-that-no-packet-held": local,
			},
		},
		{
			name:     "what only the master ran was lost",
			incident: incident{sent: []string{"SET a 2", "SET b 2", "SET a 3"}, behind: 2, local: []string{"RPUSH l z"}},
			lost:     []int{1, 2}, want: map[string]string{"0 a": lag, "0 b": lag, "0 l": local},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := newLab(t)
			test.start = start
			master, replica, _ := l.inputs(&test.incident)
			o := replay.Options{Offset: record.Unknown, Streams: []*input.Input{l.seen(&test.incident, test.from, test.lost...)}}
			check(t, causes(l.explain(&test.incident, master, replica, o)), test.want)
		})
	}
}

// A name that the log says was refused is the cause where the replica came past the
// command, and nothing where what it lacks may as well be something that was not recorded.
func TestRefusedOrBehind(t *testing.T) {
	for _, test := range []struct {
		name string
		lost []int
		want string
	}{
		{"all that it lacks was recorded", nil, refused},
		{"what it lacks may name the key", []int{3}, "unexplained: no-start"},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := newLab(t)
			i := incident{
				start: []string{"RPUSH l x"}, local: []string{"RPUSH l z"}, behind: 1,
				sent: []string{"PING", "SELECT 0", "RPUSH l y", "SET b 2"},
			}
			master, replica, _ := l.inputs(&i)
			o := replay.Options{Offset: record.Unknown, Streams: []*input.Input{l.seen(&i, 1, test.lost...)}}
			o.Facts.RefusedCommands = map[repl.RefusedCommand]int64{{Name: "rpush", Why: repl.UnknownName}: 1}
			if got := causes(l.explain(&i, master, replica, o))["0 l"]; got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

// A link of which a recording lacks the end, and that lags: what the replica holds
// is held against the part that it ran.
func TestRecordedToTheReplicasOffset(t *testing.T) {
	l := newLab(t)
	i := incident{sent: []string{"SET a 1", "SET b 1", "SET b 2"}, behind: 1, local: []string{"SET a 9"},
		unsent: []string{"SET probe:1 value:1"}}
	master, replica, _ := l.inputs(&i)
	cut := i
	cut.sent = i.sent[:2]
	cut.behind = 0
	_, _, o := l.inputs(&cut)
	check(t, causes(l.explain(&i, master, replica, o)), map[string]string{
		"0 a": "local-write, likely: local-write", "0 b": "lag, likely: lag",
		"0 probe:1": "not-propagated, likely: not-propagated",
	})
}

// The replica's own dump tells nothing of what the master held at its offset: a
// difference may be older, unless a command has set the key since.
func TestOlderThanTheReplicasDump(t *testing.T) {
	l := newLab(t)
	i := incident{sent: []string{"SET b 1", "SET c 1", "SET b 2"}, local: []string{"SET a 9"}, unsent: []string{"SET b 9"}}
	master, replica, _ := l.inputs(&i)
	before := l.dump(&i, "", historyID, firstOffset+len(stream(i.sent[:2])), "SET a 9", "SET b 1", "SET c 1")
	link := l.open("link-2.psync", []byte("+CONTINUE\r\n"+stream(i.sent[2:])), nil)
	o := replay.Options{Offset: record.Unknown, Streams: []*input.Input{link},
		Bases: []*input.Input{l.open("before.rdb", before, nil)}}
	check(t, causes(l.explain(&i, master, replica, o)), map[string]string{
		"0 a": "unexplained: no-start", "0 b": "not-propagated, likely: not-propagated",
	})
}
