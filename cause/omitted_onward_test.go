package cause_test

import (
	"testing"

	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay"
)

// Of a key of which nothing tells what it held before, the replica's own value is a
// state to go on from: a command that leads from there to the master's was refused,
// where it adds something that nobody takes away by chance.
func TestOnwardFromTheReplica(t *testing.T) {
	const noStart, refused = "unexplained: no-start", "re-evaluated, likely: command-refused"
	start := []string{"RPUSH l x", "SET n 5", "HSET h f 1", "SADD s a", "SET text some", "ZADD z 1 m"}
	sent := func(more ...string) []string { return append([]string{"PING", "SELECT 0"}, more...) }
	for _, test := range []struct {
		name string
		incident
		want map[string]string
	}{
		{
			"an element that the replica lacks",
			incident{sent: sent("RPUSH l y", "SADD s b"), ran: sent()},
			map[string]string{"0 l": refused, "0 s": refused},
		},
		{
			"an amount, and what is appended",
			incident{sent: sent("INCRBY n 7", "ZINCRBY z 2 m", "APPEND text thing"), ran: sent()},
			map[string]string{"0 n": refused, "0 z": refused, "0 text": refused},
		},
		{
			"the last of several",
			incident{sent: sent("RPUSH l y", "RPUSH l z", "INCRBY n 1", "INCRBY n 7"), ran: sent("RPUSH l y", "INCRBY n 1")},
			map[string]string{"0 l": refused, "0 n": refused},
		},
		{
			"one before others, where their order makes no difference",
			incident{sent: sent("SADD s b", "SADD s c", "INCRBY n 1", "INCRBY n 7"), ran: sent("SADD s c", "INCRBY n 7")},
			map[string]string{"0 s": refused, "0 n": refused},
		},
		{
			"a key that was made meanwhile, with those beside it",
			incident{sent: sent("RPUSH l y", "SET made 1", "SADD s b"), ran: sent()},
			map[string]string{"0 l": refused, "0 s": refused, "0 made": refused},
		},
		{
			"a key that is missing alone",
			incident{sent: sent("SET made 1"), ran: sent()},
			map[string]string{"0 made": "local-write, likely: local-write"},
		},
		{
			"a field that somebody else may have written over",
			incident{sent: sent("HSET h f 2", "ZADD z 5 m"), local: []string{"HSET h f 3", "ZADD z 7 m"}},
			map[string]string{"0 h": noStart, "0 z": noStart},
		},
		{
			"what was taken away, and somebody else may have put there",
			incident{sent: sent("SREM s b", "LTRIM l 0 0"), local: []string{"SADD s b", "RPUSH l y"}},
			map[string]string{"0 s": noStart, "0 l": noStart},
		},
		{
			"a write of somebody else that the command does not lead away from",
			incident{sent: sent("RPUSH l y", "INCRBY n 7"), local: []string{"RPUSH l z", "INCRBY n 1"}},
			map[string]string{"0 l": noStart, "0 n": noStart},
		},
		{
			"an element of a list, which a worker may have taken",
			incident{sent: sent("RPUSH l y", "RPUSH l z"), local: []string{"RPOP l"}},
			map[string]string{"0 l": noStart},
		},
		{
			"what only the master has run",
			incident{sent: sent("RPUSH l y"), behind: 1},
			map[string]string{"0 l": "lag, likely: lag"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := newLab(t)
			test.start = start
			master, replica, _ := l.inputs(&test.incident)
			o := replay.Options{Offset: record.Unknown, Streams: []*input.Input{l.seen(&test.incident, 1)}}
			check(t, causes(l.explain(&test.incident, master, replica, o)), test.want)
		})
	}
}
