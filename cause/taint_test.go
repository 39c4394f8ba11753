package cause_test

import "testing"

// A replica of 4.0.0 or 4.0.1 that restarts from its dump goes on in database
// 0, where its master had selected another.
func TestWrongDatabase(t *testing.T) {
	sent := []string{"SELECT 7", "SET k 1", "SET k 2", "APPEND only 7"}
	rule(t, []ruling{
		{
			"the restart is known by its dump",
			incident{
				master: "4.0.1", replica: "4.0.1", start: []string{"SET other x"}, sent: sent,
				ran: []string{"SELECT 7", "SET k 1", "SELECT 0", "SET k 2", "APPEND only 7"}, resumed: 2, based: true,
			},
			map[string]string{
				"0 k":    "wrong-database, proved: wrong-database applied",
				"7 k":    "wrong-database, proved: wrong-database applied",
				"0 only": "wrong-database, proved: wrong-database applied",
				"7 only": "wrong-database, proved: wrong-database applied",
			},
		},
		{
			"a key made from a misplaced one",
			incident{
				master: "4.0.1", replica: "4.0.1", start: []string{"SET from 0"},
				sent:    []string{"SELECT 7", "SET from 7", "RENAME from to"},
				ran:     []string{"SELECT 7", "SET from 7", "SELECT 0", "RENAME from to"},
				resumed: 2, based: true,
			},
			map[string]string{
				"0 from": "wrong-database, proved: wrong-database applied",
				"7 from": "wrong-database, proved: wrong-database applied",
				"0 to":   "wrong-database, proved: wrong-database applied",
				"7 to":   "wrong-database, proved: wrong-database applied",
			},
		},
		{
			"without an engine it is likely",
			incident{
				master: "4.0.1", replica: "4.0.1", sent: sent, noEngine: true,
				ran: []string{"SELECT 7", "SET k 1", "SELECT 0", "SET k 2", "APPEND only 7"}, resumed: 2, based: true,
			},
			map[string]string{
				"0 k":    "wrong-database, likely: wrong-database",
				"7 k":    "wrong-database, likely: wrong-database",
				"0 only": "wrong-database, likely: wrong-database",
				"7 only": "wrong-database, likely: wrong-database",
			},
		},
		{
			"a later version restores the database: it is something else",
			incident{
				master: "4.0.1", replica: "4.0.6", sent: sent,
				ran: []string{"SELECT 7", "SET k 1", "SET k 2"}, resumed: 2, based: true,
			},
			map[string]string{"7 only": "local-write, likely: local-write"},
		},
		{
			"what was put right since is no difference",
			incident{
				master: "4.0.1", replica: "4.0.1",
				sent: []string{"SELECT 7", "SET k 1", "SET gone 2", "SELECT 0", "DEL gone", "SELECT 7", "SET gone 3"},
				ran:  []string{"SELECT 7", "SET k 1", "SELECT 0", "SET gone 2", "DEL gone", "SELECT 7", "SET gone 3", "SET k x"}, resumed: 2, based: true,
			},
			map[string]string{"7 k": "local-write, likely: local-write"},
		},
	})
}

const (
	append1 = `"return redis.call('append', KEYS[1], ARGV[1])"`
)

// A replica of 4.0.0 to 4.0.3 that restarts from its dump has no scripts.
func TestScriptMissing(t *testing.T) {
	sha := shaOf(append1)
	sent := []string{"EVAL " + append1 + " 1 k a", "PING", "EVALSHA " + sha + " 1 k b", "EVALSHA " + sha + " 1 new c"}
	lost := []string{"EVAL " + append1 + " 1 k a"}
	both := map[string]string{
		"0 k":   "script-missing, proved: script-missing applied",
		"0 new": "script-missing, proved: script-missing applied",
	}
	rule(t, []ruling{
		{
			"the restart is known by its dump",
			incident{master: "4.0.2", replica: "4.0.2", sent: sent, ran: lost, resumed: 2, based: true},
			both,
		},
		{
			"a script may change keys that it does not name",
			incident{
				master: "4.0.2", replica: "4.0.2", resumed: 2, based: true,
				sent: []string{`EVAL "return redis.call('set', ARGV[1]..'er', 1)" 0 a`, "PING", "EVALSHA " + shaOf(`"return redis.call('set', ARGV[1]..'er', 1)"`) + " 0 oth"},
				ran:  []string{"SET aer 1"},
			},
			map[string]string{"0 other": "script-missing, proved: script-missing applied"},
		},
		{
			"it is the first that counts, and what it made is tainted",
			incident{
				master: "4.0.2", replica: "4.0.2", sent: append(sent[:3:3], "RENAME k to"),
				ran: []string{"SET to a"}, resumed: 2, based: true,
			},
			map[string]string{"0 to": "script-missing, proved: script-missing applied"},
		},
		{
			"4.0.6 has them: the replica departs for another reason",
			incident{master: "4.0.2", replica: "4.0.6", sent: sent, ran: lost, resumed: 2},
			map[string]string{
				"0 k":   "local-write, likely: local-write",
				"0 new": "local-write, likely: local-write",
			},
		},
		{
			"no dump tells of a restart: nothing is said of the replica",
			incident{master: "4.0.2", replica: "4.0.2", sent: sent, ran: lost, resumed: 2},
			map[string]string{
				"0 k":   "unexplained: restart-unseen",
				"0 new": "unexplained: restart-unseen",
			},
		},
	})
}
