package document

import (
	"cmp"
	"slices"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/inspect"
)

// A MemoryPart is what a server uses some of its memory for, in bytes and as a share of
// what it uses in all.
type MemoryPart struct {
	Bytes int64
	Share float64
	What  string
}

// MemoryParts are what a server uses its memory for, the largest first and what is not
// told apart last: keys by its dump, the rest by its INFO. There are none without INFO.
func MemoryParts(m *inspect.Memory) (parts []MemoryPart) {
	s := m.Server
	if s == nil {
		return nil
	}
	add := func(n *int64, what string) {
		if n != nil && *n > 0 {
			parts = append(parts, MemoryPart{*n, float64(*n) / float64(max(*s.Used, 1)), what})
		}
	}
	if v := &m.Versions[0]; v.Own && !m.Partial {
		all := v.Keys + v.Tables
		add(&all, "the keys of the dump, and their tables")
	}
	add(s.Startup, "the process when it had started")
	add(s.Clients, "buffers of clients")
	add(s.Backlog, "the replication backlog")
	add(s.Replicas, "buffers of replicas")
	add(s.FullSync, "what a full sync has brought, yet to be applied")
	add(s.Cluster, "links of the cluster, and slots that move")
	add(s.AOF, "the buffer of the append-only file")
	add(s.Scripts, "scripts and libraries")
	add(s.Rehashing, "tables of databases while they grow")
	add(s.Histograms, "latencies of "+render.Plural(s.Commands, "command", "commands")+
		", 24.1 KiB each (latency-tracking)")
	slices.SortStableFunc(parts, func(x, y MemoryPart) int { return cmp.Compare(y.Bytes, x.Bytes) })
	if rest, ok := m.ServerRest(); ok {
		add(&rest, "not told apart: spare room, later writes; see MEMORY STATS")
	}
	sum := int64(0)
	for _, p := range parts {
		sum += p.Bytes
	}
	if over := sum - *s.Used; over > 0 {
		parts = append(parts, MemoryPart{
			-over, -float64(over) / float64(max(*s.Used, 1)), "too much: these are not all of one moment",
		})
	}
	return parts
}
