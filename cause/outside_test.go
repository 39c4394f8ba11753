package cause_test

import (
	"strings"
	"testing"

	"github.com/redsleuth/redsleuth/repl"
)

// What the stream explains of one side alone was changed on the other; and
// nothing here shows by whom.
func TestOutsideTheStream(t *testing.T) {
	sent := []string{"SET a 1", "HSET h f 1 g 2", "INCR a"}
	rule(t, []ruling{
		{
			"a write on the replica",
			incident{sent: sent, local: []string{"SET a 5", "SET mine 1", "HDEL h g"}},
			map[string]string{
				"0 a":    "local-write, likely: local-write",
				"0 mine": "local-write, likely: local-write",
				"0 h":    "local-write, likely: local-write",
			},
		},
		{
			"a write on the master that was not sent",
			incident{sent: sent, unsent: []string{"SET a 5", "SET mine 1"}},
			map[string]string{
				"0 a":    "not-propagated, likely: not-propagated",
				"0 mine": "not-propagated, likely: not-propagated",
			},
		},
		{
			"both sides: the commands lead to neither",
			incident{sent: sent, unsent: []string{"SET a 5"}, local: []string{"SET a 6"}},
			map[string]string{"0 a": "unexplained: not-applicable"},
		},
		{
			"without an engine a key that no command names tells",
			incident{sent: sent, local: []string{"SET a 5", "SET mine 1"}, noEngine: true},
			map[string]string{
				"0 a":    "unexplained: no-engine",
				"0 mine": "local-write, likely: local-write",
			},
		},
		{
			"bytes are missing from the stream",
			incident{sent: sent, local: []string{"SET a 5"}, resumed: 2, skipped: 9},
			map[string]string{"0 a": "unexplained: incomplete-stream"},
		},
		{
			"nothing tells what the key held before",
			incident{sent: sent, local: []string{"SET a 5"}, noStart: true},
			map[string]string{"0 a": "unexplained: no-start"},
		},
		{
			"more commands than memory allows",
			incident{sent: sent, local: []string{"SET a 5"}, maxBytes: 400},
			map[string]string{"0 a": "unexplained: too-many-commands"},
		},
	})
}

// A replica that says it answered its master with errors may have refused what
// is missing.
func TestReplicaErrors(t *testing.T) {
	var facts repl.Facts
	const logged = "1:S 14 Nov 2023 22:13:20.000 # == CRITICAL == This replica is sending an error to its master: " +
		"'-OOM command not allowed when used memory > 'maxmemory'.' after processing the command 'set'\n"
	if err := facts.ReadLog(strings.NewReader(logged)); err != nil {
		t.Fatal(err)
	}
	rule(t, []ruling{{
		"the log is evidence against a local write",
		incident{sent: []string{"SET a 1", "SET a 2"}, local: []string{"SET a 3"}, facts: facts},
		map[string]string{"0 a": "local-write, likely: local-write replica-error"},
	}, {
		"it says which command was refused",
		incident{sent: []string{"SET a 1", "SET a 2"}, ran: []string{"SET a 1"}, facts: facts},
		map[string]string{"0 a": refused},
	}})
}

// What the master held at a dump of its replica nothing tells: a key may have
// differed then.
func TestMasterAssumed(t *testing.T) {
	start := []string{"SET k before"}
	sent := []string{"SET a 1", "SET b 1"}
	since := incident{start: start, sent: sent, unsent: []string{"SET k mine"}, resumed: 1, based: true}
	begun, set := since, since
	begun.noStart, set.noStart = true, true
	set.sent = []string{"SET a 1", "SET k sent"}
	rule(t, []ruling{
		{"from the dump on", begun, map[string]string{"0 k": "unexplained: no-start"}},
		{"the stream sets it since", set, map[string]string{"0 k": "not-propagated, likely: not-propagated"}},
		{"from a full resync on", since, map[string]string{"0 k": "not-propagated, likely: not-propagated"}},
	})
}

// A continued connection may hide a restart: where the version loses something
// in one that the commands need, nothing is said of the replica.
func TestRestartUnseen(t *testing.T) {
	sent := []string{"SELECT 3", "SET a 1", "SET a 2"}
	scripted := []string{"EVAL " + append1 + " 1 k a", "PING", "EVALSHA " + shaOf(append1) + " 1 k b"}
	rule(t, []ruling{
		{
			"4.0.1 loses the selected database",
			incident{master: "4.0.1", replica: "4.0.1", sent: sent, ran: sent[:2], resumed: 2},
			map[string]string{"3 a": "unexplained: restart-unseen"},
		},
		{
			"4.0.6 loses nothing",
			incident{master: "4.0.1", replica: "4.0.6", sent: sent, ran: sent[:2], resumed: 2},
			map[string]string{"3 a": "local-write, likely: local-write"},
		},
		{
			"one connection: there was no restart",
			incident{master: "4.0.1", replica: "4.0.1", sent: sent, ran: sent[:2]},
			map[string]string{"3 a": "local-write, likely: local-write"},
		},
		{
			"7.0 loses scripts",
			incident{master: "4.0.6", replica: "7.0.15", sent: scripted, ran: scripted[:1], resumed: 2},
			map[string]string{"0 k": "unexplained: restart-unseen"},
		},
		{
			"as Valkey does",
			incident{master: "4.0.6", replica: "valkey-8.0.1", sent: scripted, ran: scripted[:1], resumed: 2},
			map[string]string{"0 k": "unexplained: restart-unseen"},
		},
		{
			"a plain command needs no script",
			incident{master: "6.2.6", replica: "7.0.15", sent: sent, ran: sent[:2], resumed: 2},
			map[string]string{"3 a": "local-write, likely: local-write"},
		},
	})
}
