package info

import "strings"

// Memory is what a server uses memory for, in bytes, as its section of that name
// tells; nil is not told, by older versions. Source: redis src/object.c,
// getMemoryOverheadData.
type Memory struct {
	// Used is all that was allocated, Resident what the system gave for it, Max
	// the limit; 0 is none.
	Used, Resident, Max *int64
	// Startup is what the process used before it held anything.
	Startup *int64
	// Clients are buffers of ordinary clients, Backlog is that of replication,
	// Replicas are the buffers of replicas, and FullSync what a full sync has brought
	// that is yet to be applied; Cluster are links of the cluster, and slots that move;
	// AOF is the buffer of the append-only file, Scripts the cache of scripts and
	// libraries, and Rehashing tables of databases that others are taking over from.
	Clients, Backlog, Replicas, FullSync, Cluster, AOF, Scripts, Rehashing *int64
	// Histograms are the latencies of each command that was ever run, from 7.0 on, and
	// Commands how many there are: no field tells their size, which is fixed.
	Histograms *int64
	Commands   int64
	// Lua is what the interpreters take; LuaApart: it is not in Used.
	Lua      *int64
	LuaApart bool
	// Allocator is the name of what allocates, as "jemalloc-5.3.0" or "libc".
	Allocator string
}

// histogramSize is what one takes: hdr_init of 1 to 1,000,000,000 with two digits makes
// 24*128 counts of 8 bytes, and the struct, of 104, is given 112 by jemalloc (redis 7.0
// to 8.0 and valkey, src/server.h, LATENCY_HISTOGRAM_*; deps/hdr_histogram).
const histogramSize = 24*128*8 + 112

// Memory is nil where the section is not there.
func (i *Info) Memory() *Memory {
	if i.UsedMemory == nil {
		return nil
	}
	at := func(name string) *int64 { return number(i.Fields[name], 0) }
	m := &Memory{Used: i.UsedMemory, Resident: at("used_memory_rss"), Max: at("maxmemory"),
		Startup: at("used_memory_startup"), Clients: at("mem_clients_normal"),
		Backlog: at("mem_replication_backlog"), Replicas: at("mem_clients_slaves"),
		FullSync: at("mem_replica_full_sync_buffer"), AOF: at("mem_aof_buffer"),
		Cluster: sum(at("mem_cluster_links"), at("mem_cluster_slot_import"),
			at("mem_cluster_slot_export")),
		Scripts: at("used_memory_scripts"), Rehashing: at("mem_overhead_db_hashtable_rehashing"),
		Lua: at("used_memory_vm_total"), LuaApart: !i.Version.CountsLua(),
		Allocator: i.Fields["mem_allocator"]}
	if m.Lua == nil { // before 7.0
		m.Lua = at("used_memory_lua")
	}
	for name := range i.Fields {
		if strings.HasPrefix(name, "latency_percentiles_usec_") {
			m.Commands++
		}
	}
	if m.Commands > 0 {
		size := m.Commands * histogramSize
		m.Histograms = &size
	}
	return m
}

// Parts are what of Used is told apart, but for the interpreters, which had begun when
// the process had started.
func (m *Memory) Parts() []*int64 {
	return []*int64{m.Startup, m.Clients, m.Backlog, m.Replicas, m.FullSync, m.Cluster, m.AOF,
		m.Scripts, m.Rehashing, m.Histograms}
}

// Replication is the backlog and the buffers of replicas; nil where neither is told.
func (m *Memory) Replication() *int64 { return sum(m.Backlog, m.Replicas) }

// sum is nil where nothing is told.
func sum(all ...*int64) *int64 {
	var total *int64
	for _, n := range all {
		switch {
		case n == nil:
		case total == nil:
			first := *n
			total = &first
		default:
			*total += *n
		}
	}
	return total
}
