package cause_test

import (
	"testing"

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
				"0 a": "different-history, proved: different-history wrote-after",
				"0 b": "different-history, likely: different-history",
			},
		},
		{
			"all commands on it come before",
			incident{sent: sent, local: []string{"SET a 3"}, parted: true, servers: promoted(2)},
			map[string]string{"0 a": "different-history, likely: different-history"},
		},
		{
			"the same id: one history",
			incident{sent: sent, local: []string{"SET a 3"}},
			map[string]string{"0 a": "local-write, likely: local-write"},
		},
	})
}
