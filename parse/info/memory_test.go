package info

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMemory: what a version does not tell is nil, and the backlog counts once.
func TestMemory(t *testing.T) {
	n := func(n int64) *int64 { return &n }
	for _, c := range []struct {
		name, text string
		want       *Memory
	}{
		{"of 8.0", "used_memory:2231816\nused_memory_rss:12771328\nused_memory_startup:876408\nmaxmemory:0\n" +
			"mem_clients_normal:89088\nmem_clients_slaves:7\nmem_replication_backlog:20508\n" +
			"mem_total_replication_buffers:20510\nmem_aof_buffer:0\nused_memory_scripts:368\n",
			&Memory{Used: n(2231816), Resident: n(12771328), Startup: n(876408), Max: n(0), Clients: n(89088),
				Replication: n(20510), AOF: n(0), Scripts: n(368)}},
		{"of 6.0", "used_memory:900\nmem_replication_backlog:100\nmem_clients_slaves:20\n",
			&Memory{Used: n(900), Replication: n(120)}},
		{"of 2.8", "used_memory:900\n", &Memory{Used: n(900)}},
		{"without the section", "role:master\n", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			i, err := Parse(strings.NewReader(c.text))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, i.Memory()); d != "" {
				t.Error(d)
			}
		})
	}
}
