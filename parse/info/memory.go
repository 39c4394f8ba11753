package info

// Memory is what a server uses memory for, in bytes, as its section of that name
// tells; nil is not told, by older versions. Source: redis src/object.c,
// getMemoryOverheadData.
type Memory struct {
	// Used is all that was allocated, Resident what the system gave for it, Max
	// the limit; 0 is none.
	Used, Resident, Max *int64
	// Startup is what the process used before it held anything.
	Startup *int64
	// Clients are buffers of ordinary clients, Replication the backlog and the
	// buffers of replicas, AOF that of the append-only file, Scripts the cache of
	// scripts and libraries.
	Clients, Replication, AOF, Scripts *int64
}

// Memory is nil where the section is not there.
func (i *Info) Memory() *Memory {
	if i.UsedMemory == nil {
		return nil
	}
	at := func(name string) *int64 { return number(i.Fields[name], 0) }
	m := &Memory{Used: i.UsedMemory, Resident: at("used_memory_rss"), Max: at("maxmemory"),
		Startup: at("used_memory_startup"), Clients: at("mem_clients_normal"),
		Replication: at("mem_total_replication_buffers"), AOF: at("mem_aof_buffer"),
		Scripts: at("used_memory_scripts")}
	if m.Replication == nil { // before 7.0 the backlog is apart from the replicas
		m.Replication = sum(at("mem_replication_backlog"), at("mem_clients_slaves"))
	}
	return m
}

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
