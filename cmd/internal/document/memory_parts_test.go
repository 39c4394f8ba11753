package document

import (
	"testing"

	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse/info"
)

// Parts add up to what is in use, also where INFO took some of them a moment before.
func TestMemoryParts(t *testing.T) {
	for name, clients := range map[string]int64{"less": 10, "all": 40, "more": 64} {
		t.Run(name, func(t *testing.T) {
			used, startup := int64(100), int64(60)
			m := &inspect.Memory{
				Server:   &info.Memory{Used: &used, Startup: &startup, Clients: &clients},
				Versions: []inspect.MemoryOf{{Own: true}},
			}
			sum, shares := int64(0), 0.0
			for _, p := range MemoryParts(m) {
				sum, shares = sum+p.Bytes, shares+p.Share
			}
			if sum != used || shares < 0.999 || shares > 1.001 {
				t.Errorf("%d bytes, %v of all: %+v", sum, shares, MemoryParts(m))
			}
		})
	}
}
