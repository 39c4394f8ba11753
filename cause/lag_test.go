package cause_test

import "testing"

// What is in the stream after the replica's offset is on its way.
func TestLag(t *testing.T) {
	sent := []string{"SET a 1", "SET b 1", "RPUSH l x", "SET a 2", "DEL b"}
	rule(t, []ruling{
		{
			"commands after the replica's offset",
			incident{start: []string{"SET b 0"}, sent: sent, behind: 2},
			map[string]string{"0 a": "lag, proved: lag applied", "0 b": "lag, proved: lag applied"},
		},
		{
			"without an engine they only point to it",
			incident{start: []string{"SET b 0"}, sent: sent, behind: 2, noEngine: true},
			map[string]string{"0 a": "lag, likely: lag", "0 b": "lag, likely: lag"},
		},
		{
			"FLUSHALL names no key, and concerns each",
			incident{start: []string{"SET k 1"}, sent: []string{"PING", "FLUSHALL"}, behind: 1},
			map[string]string{"0 k": "lag, proved: lag applied"},
		},
		{
			"what the key is made from decides as well",
			incident{
				start: []string{"SET src 1"}, sent: []string{"APPEND src 2", "RENAME src mid", "RENAME mid to"}, behind: 1,
			},
			map[string]string{"0 mid": "lag, proved: lag applied", "0 to": "lag, proved: lag applied"},
		},
		{
			"behind, and written to locally: the command does not lead from the one value to the other",
			incident{sent: sent, behind: 2, local: []string{"SET a 9", "SET l2 1"}},
			map[string]string{
				"0 a":  "local-write, likely: local-write",
				"0 b":  "lag, proved: lag applied",
				"0 l2": "local-write, likely: local-write",
			},
		},
		{
			"no command after it concerns the key",
			incident{sent: sent, behind: 1, local: []string{"RPUSH l y"}},
			map[string]string{"0 b": "lag, proved: lag applied", "0 l": "local-write, likely: local-write"},
		},
	})
}

// A key lives longer on a replica that ran a relative expiry later.
func TestRelativeExpiry(t *testing.T) {
	const later = "PEXPIREAT k 1900000009000"
	rule(t, []ruling{
		{
			"within what a replica may be late",
			incident{
				master: "6.2.6", replica: "6.2.6", format: 9, sent: []string{"SET k 1", "PEXPIREAT k 1900000000000"},
				ran: []string{"SET k 1", later}, noStart: true,
			},
			map[string]string{"0 k": "expired, likely: relative-expiry"},
		},
		{
			"absolute times leave no room for it",
			incident{
				sent: []string{"SET k 1", "PEXPIREAT k 1900000000000"}, ran: []string{"SET k 1", later},
			},
			map[string]string{"0 k": "local-write, likely: local-write"},
		},
		{
			"it would be too late",
			incident{
				master: "6.2.6", replica: "6.2.6", format: 9, noStart: true,
				sent: []string{"SET k 1", "PEXPIREAT k 1900000000000"}, ran: []string{"SET k 1", "PEXPIREAT k 1900000900000"},
			},
			map[string]string{"0 k": "unexplained: no-start"},
		},
	})
}

// A dump without a replication state stands where its keys say.
func TestInferredOffset(t *testing.T) {
	sent := []string{"SET a 1", "SET b 1", "SET c 1", "SET a 2", "SET b 2", "SET c 2", "SET d 2"}
	rule(t, []ruling{
		{
			"the replica's dump is of an earlier moment",
			incident{sent: sent, behind: 3, noState: true},
			map[string]string{
				"0 b": "lag, likely: lag",
				"0 c": "lag, likely: lag",
				"0 d": "lag, likely: lag",
			},
		},
		{
			"it is of no moment of the stream",
			incident{sent: sent, local: []string{"SET a 9", "SET b 9"}, noState: true},
			map[string]string{"0 a": "local-write, likely: local-write", "0 b": "local-write, likely: local-write"},
		},
		{
			"the master alone departs: its dump may be later than the stream",
			incident{sent: sent, unsent: []string{"SET a 9"}, noState: true},
			map[string]string{"0 a": "unexplained: end-unknown"},
		},
		{
			"both depart: each wrote on",
			incident{sent: sent, unsent: []string{"SET a 9"}, local: []string{"SET b 9"}, noState: true},
			map[string]string{
				"0 a": "different-history, likely: both-wrote",
				"0 b": "different-history, likely: both-wrote",
			},
		},
	})
}

// A replica of 4.0.1 that started from a dump tells that dump's offset for
// ever: one later offset that all keys fit is where it stands, and what is
// behind that is no write of somebody else.
func TestStaleOffsetIsInferred(t *testing.T) {
	sent := []string{"SET a 1", "SET b 1", "SET a 2", "SET c 1", "RPUSH l x", "SET b 2", "SET d 1", "DEL c"}
	stale := incident{
		master: "4.0.1", replica: "4.0.1", format: 9, sent: sent, resumed: 2, based: true, stale: true,
	}
	behind, caughtUp, written := stale, stale, stale
	behind.behind = 3
	caughtUp.local = []string{"SET mine 1"}
	written.behind, written.local = 3, []string{"RPUSH l y"}
	lag := "lag, likely: lag"
	rule(t, []ruling{
		{"it lags", behind, map[string]string{"0 b": lag, "0 c": lag, "0 d": lag}},
		{"it has run everything", caughtUp, map[string]string{"0 mine": outside}},
		{
			"it lags, and was written to before",
			written,
			map[string]string{"0 b": lag, "0 c": lag, "0 d": lag, "0 l": outside},
		},
	})
}
