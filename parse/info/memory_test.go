package info

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMemory: what a version does not tell is nil.
func TestMemory(t *testing.T) {
	n := func(n int64) *int64 { return &n }
	for _, c := range []struct {
		name, text string
		want       *Memory
	}{
		{"of 8.0", "redis_version:8.0.6\nused_memory:2231816\nused_memory_rss:12771328\nused_memory_startup:876408\nmaxmemory:0\n" +
			"mem_clients_normal:89088\nmem_clients_slaves:7\nmem_replication_backlog:20508\n" +
			"mem_total_replication_buffers:20510\nmem_aof_buffer:0\nused_memory_scripts:368\n" +
			"mem_replica_full_sync_buffer:5\nmem_cluster_links:6\nused_memory_lua:32768\n" +
			"used_memory_vm_total:66560\nmem_overhead_db_hashtable_rehashing:8\n",
			&Memory{Used: n(2231816), Resident: n(12771328), Startup: n(876408), Max: n(0), Clients: n(89088),
				Backlog: n(20508), Replicas: n(7), FullSync: n(5), Cluster: n(6), AOF: n(0),
				Scripts: n(368), Rehashing: n(8), Lua: n(66560)}},
		{"of Valkey 9.1", "redis_version:7.2.4\nvalkey_version:9.1.2\nused_memory:900\n" +
			"mem_cluster_links:1\nmem_cluster_slot_import:2\nmem_cluster_slot_export:3\n" +
			"used_memory_vm_total:69632\n",
			&Memory{Used: n(900), Cluster: n(6), Lua: n(69632), LuaApart: true}},
		{"of 6.0", "redis_version:6.0.16\nused_memory:900\nmem_replication_backlog:100\n" +
			"mem_clients_slaves:20\nused_memory_lua:37888\nmem_allocator:libc\n",
			&Memory{Used: n(900), Backlog: n(100), Replicas: n(20), Lua: n(37888), LuaApart: true,
				Allocator: "libc"}},
		// A histogram is 24*128*8+112 bytes, whatever is in it. A subcommand has its own.
		{"that keeps latencies", "redis_version:7.0.15\nused_memory:900\n" +
			"latency_percentiles_usec_set:p50=1.003,p99=7\nlatency_percentiles_usec_config|get:p50=1,p99=7\n",
			&Memory{Used: n(900), LuaApart: true, Commands: 2, Histograms: n(49376)}},
		{"of 2.8", "used_memory:900\n", &Memory{Used: n(900), LuaApart: true}},
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
