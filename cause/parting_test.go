package cause_test

import (
	"testing"
)

// Two replication ids without INFO: at least one side wrote after they parted.
func TestDifferentHistory(t *testing.T) {
	sent := []string{"SET a 1", "SET a 2"}
	rule(t, []ruling{
		{
			"nothing tells where they part",
			incident{sent: sent, local: []string{"SET a 3"}, parted: true},
			map[string]string{"0 a": "different-history, likely: different-history"},
		},
		{
			"the same id: one history",
			incident{sent: sent, local: []string{"SET a 3"}},
			map[string]string{"0 a": "local-write, likely: local-write"},
		},
	})
}
