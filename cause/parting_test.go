package cause_test

import (
	"testing"

	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/repl"
)

// Two replication ids without INFO: at least one side wrote after they parted.
func TestDifferentHistory(t *testing.T) {
	sent := []string{"SET a 1", "SET a 2"}
	// promoted is what INFO of a replica says that was promoted after so many
	// of the commands.
	promoted := func(after int) []repl.Server {
		return []repl.Server{{
			Role: repl.Master, ID: otherID, SecondaryID: historyID, SecondaryKnown: true,
			SecondaryOffset: firstOffset + int64(len(stream(sent[:after]))) + 1,
		}}
	}
	rule(t, []ruling{
		{
			"nothing tells where they part",
			incident{sent: sent, local: []string{"SET a 3"}, parted: true},
			map[string]string{"0 a": "different-history, likely: different-history"},
		},
		{
			"a command on the key comes after",
			incident{sent: sent, ran: sent[:1], local: []string{"SET b 3"}, parted: true, servers: promoted(1)},
			map[string]string{
				"0 a": "different-history, proved: different-history wrote-after side-wrote",
				"0 b": "different-history, likely: different-history side-wrote",
			},
		},
		{
			"all commands on it come before",
			incident{sent: sent, local: []string{"SET a 3"}, parted: true, servers: promoted(2)},
			map[string]string{"0 a": "different-history, likely: different-history side-wrote"},
		},
		{
			"the same id: one history",
			incident{sent: sent, local: []string{"SET a 3"}},
			map[string]string{"0 a": "local-write, likely: local-write"},
		},
	})
}

// What a key held where the histories part is not known of a capture begun late.
// That somebody wrote it since is likely, unless the clients of both sides were
// heard and nobody did.
func TestNobodyWroteAfterParting(t *testing.T) {
	l := newLab(t)
	refused := incident{sent: []string{"SET a 1", "RPUSH l x"}, ran: []string{"SET a 1"}, parted: true}
	before := []act{sentBy(40001, "SET a 1"), sentBy(40001, "RPUSH l x")}
	own := act{40002, "replica", "SET b 2", okReply, ""}
	with := func(local, unsent []string) incident {
		i := refused
		i.local, i.unsent = local, unsent
		return i
	}
	for _, c := range []struct {
		name string
		incident
		acts []act
		want map[string]string
	}{
		{
			"both sides' clients were heard, and one wrote the other key",
			with([]string{"SET b 2"}, nil),
			append(before, own),
			map[string]string{
				"0 l": "unexplained: no-start different-history",
				"0 b": "different-history, likely: different-history",
			},
		},
		{
			"the replica's were not, and it had run commands on one of the keys",
			with([]string{"SET b 2"}, nil),
			before,
			map[string]string{
				"0 l": "unexplained: no-start different-history",
				"0 b": "different-history, likely: different-history",
			},
		},
		{
			"one of the master's wrote it",
			with([]string{"SET b 2"}, []string{"RPUSH l y"}),
			append(before, own, act{40003, "master", "RPUSH l y", ":2\r\n", ""}),
			map[string]string{
				"0 l": "different-history, likely: different-history; master 40003 RPUSH",
				"0 b": "different-history, likely: different-history",
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := l.in(t)
			master, replica, o := l.inputs(&c.incident)
			o.Streams = []*input.Input{l.late(&c.incident, c.acts)}
			check(t, writersOf(l.explain(&c.incident, master, replica, o)), c.want)
		})
	}
}

// What a client was seen to write on the replica before the histories parted, and no one
// since, differed before they did.
func TestWroteBeforeParting(t *testing.T) {
	l := newLab(t)
	own := act{40002, "replica", "SET k mine", okReply, ""}
	unsent := act{40004, "master", "SET k theirs", okReply, ""}
	mine, theirs := []string{"SET k mine"}, []string{"SET k theirs"}
	a, z := sentBy(40001, "SET a 1"), sentBy(40001, "SET z 1")
	for _, c := range []struct {
		name          string
		local, unsent []string
		acts          []act
		want          string
	}{
		{"before", mine, nil, []act{a, own, z}, "local-write, proved: client-wrote; replica 40002 SET"},
		{"after", mine, nil, []act{a, z, own}, "different-history, likely: different-history; replica 40002 SET"},
		{
			"before and after", mine, nil, []act{a, own, z, {40003, "replica", "SET k mine", okReply, ""}},
			"different-history, likely: different-history; replica 40003 SET",
		},
		{
			"before, and the master's changed since", mine, theirs, []act{a, own, z},
			"different-history, likely: different-history both-wrote; replica 40002 SET",
		},
		{"on the master, and not sent", nil, theirs, []act{a, unsent, z}, "not-propagated, likely: client-wrote; master 40004 SET"},
		{
			"on the master, and not sent, and the replica's changed since", mine, theirs, []act{a, unsent, z},
			"different-history, likely: different-history both-wrote; master 40004 SET",
		},
		{"on the master after", nil, theirs, []act{a, z, unsent}, "different-history, likely: different-history; master 40004 SET"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := l.in(t)
			i := incident{sent: []string{"SET a 1", "SET z 1"}, local: c.local, unsent: c.unsent, parted: true}
			master, replica, o := l.inputs(&i)
			o.Streams = []*input.Input{l.capture(&i, c.acts)}
			check(t, writersOf(l.explain(&i, master, replica, o)), map[string]string{"0 k": c.want})
		})
	}
}
