package document

import (
	"encoding/json"
	"math"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/inspect"
)

// Passed is how many keys or commands passed a filter, and of how many.
type Passed struct {
	Passed int64 `json:"passed"`
	Of     int64 `json:"of"`
}

// Memory is what the keys cost in a server that loads the dump, in bytes:
// ServerVersion wrote it, or is the first that was asked about where nothing tells
// which did; null where none is known. Bytes are as MEMORY USAGE tells them, without
// the Unmeasured, whose cost nothing tells; Tables those of the databases beside
// the keys. UsedMemory is what the server said that it used when it saved, and Rest
// what of it is neither keys nor tables.
type Memory struct {
	ServerVersion *string         `json:"server_version"`
	Bytes         *int64          `json:"bytes"`
	Measured      int64           `json:"measured_keys"`
	Unmeasured    int64           `json:"unmeasured_keys"`
	Tables        *int64          `json:"tables,omitempty"`
	UsedMemory    *int64          `json:"used_memory,omitempty"`
	Rest          *int64          `json:"rest,omitempty"`
	Server        *ServerMemory   `json:"server,omitempty"` // with --info
	Biggest       []Key           `json:"biggest,omitempty"`
	Versions      []VersionMemory `json:"versions,omitempty"`
}

// ServerMemory is what INFO says that the server uses memory for, in bytes. Replication
// is Backlog and Replicas. Lua is in Used of servers of which LuaApart is false, and
// begins within Startup. Rest is what of Used is neither any of these nor keys with their
// tables.
type ServerMemory struct {
	Used        *int64 `json:"used"`
	Resident    *int64 `json:"resident,omitempty"`
	Max         *int64 `json:"max,omitempty"`
	Startup     *int64 `json:"startup,omitempty"`
	Clients     *int64 `json:"clients,omitempty"`
	Replication *int64 `json:"replication,omitempty"`
	Backlog     *int64 `json:"backlog,omitempty"`
	Replicas    *int64 `json:"replicas,omitempty"`
	FullSync    *int64 `json:"full_sync,omitempty"`
	Cluster     *int64 `json:"cluster,omitempty"`
	AOF         *int64 `json:"aof,omitempty"`
	Scripts     *int64 `json:"scripts,omitempty"`
	Rehashing   *int64 `json:"rehashing,omitempty"`
	Histograms  *int64 `json:"histograms,omitempty"` // of the commands' latencies
	Lua         *int64 `json:"lua,omitempty"`
	LuaApart    *bool  `json:"lua_apart,omitempty"` // with lua
	Rest        *int64 `json:"rest,omitempty"`
}

func newServerMemory(m *inspect.Memory) *ServerMemory {
	s := m.Server
	if s == nil {
		return nil
	}
	d := &ServerMemory{Used: s.Used, Resident: s.Resident, Max: s.Max, Startup: s.Startup,
		Clients: s.Clients, Replication: s.Replication(), Backlog: s.Backlog, Replicas: s.Replicas,
		FullSync: s.FullSync, Cluster: s.Cluster, AOF: s.AOF, Scripts: s.Scripts,
		Rehashing: s.Rehashing, Histograms: s.Histograms, Lua: s.Lua}
	if s.Lua != nil {
		d.LuaApart = &s.LuaApart
	}
	if rest, ok := m.ServerRest(); ok {
		d.Rest = &rest
	}
	return d
}

// VersionMemory is what another version would need, and how much less that is.
type VersionMemory struct {
	ServerVersion string `json:"server_version"`
	Bytes         int64  `json:"bytes"`
	Tables        *int64 `json:"tables,omitempty"`
	Saves         int64  `json:"saves"`
	Assumed       string `json:"assumed,omitempty"`
}

func newMemory(m *inspect.Memory, f *render.BytesFormatter) *Memory {
	if m == nil {
		return nil
	}
	d := &Memory{Measured: m.Measured, Unmeasured: m.Unmeasured, UsedMemory: known(m.Used),
		Server: newServerMemory(m)}
	for i := range m.Biggest {
		k := newKey(&m.Biggest[i], f)
		k.Memory = &m.Biggest[i].Memory
		d.Biggest = append(d.Biggest, k)
	}
	if len(m.Versions) == 0 {
		return d
	}
	first := &m.Versions[0]
	name := first.Version.String()
	d.ServerVersion, d.Bytes = &name, &first.Keys
	if first.Tables > 0 {
		d.Tables = &first.Tables
	}
	if rest, ok := m.Rest(); ok {
		d.Rest = &rest
	}
	d.addVersions(m.Versions)
	return d
}

// addVersions adds those behind the first, which they are held against.
func (d *Memory) addVersions(all []inspect.MemoryOf) {
	first := &all[0]
	for i := range all[1:] {
		v := &all[1+i]
		x := VersionMemory{ServerVersion: v.Version.String(), Bytes: v.Keys,
			Saves: first.Keys + first.Tables - v.Keys - v.Tables, Assumed: v.Version.MemoryAssumed()}
		if v.Tables > 0 {
			x.Tables = &v.Tables
		}
		d.Versions = append(d.Versions, x)
	}
}

// Prefixes are how keys are named, by memory with --memory, else by bytes; each key
// is in one of them or in Others.
type Prefixes struct {
	List   []Prefix      `json:"list"`
	Others *OtherPattern `json:"others,omitempty"`
}

// OtherPattern sums so many patterns that are not listed.
type OtherPattern struct {
	Patterns int `json:"patterns"`
	PatternCounts
}

// A Prefix counts the keys whose names are of a pattern, a glob.
type Prefix struct {
	Pattern json.RawMessage `json:"pattern"`
	PatternCounts
}

// PatternCounts are of one pattern: Share is of the memory or the bytes of all keys, 0
// to 1; ExpiringSoon counts keys that expire within a day of judged_at, IdleSeconds
// is the mean where the dump tells idle times.
type PatternCounts struct {
	Keys         int64   `json:"keys"`
	Bytes        int64   `json:"bytes"`
	Memory       *int64  `json:"memory,omitempty"`
	Share        float64 `json:"share"`
	NoTTL        int64   `json:"no_ttl"`
	ExpiringSoon *int64  `json:"expiring_soon"`
	IdleSeconds  *int64  `json:"idle_seconds,omitempty"`
}

func newPrefixes(p *inspect.Patterns, f *render.BytesFormatter) *Prefixes {
	if p == nil {
		return nil
	}
	counts := func(x *inspect.Pattern) PatternCounts {
		c := PatternCounts{Keys: x.Keys, Bytes: x.Bytes, Share: share(x.Share), NoTTL: x.NoTTL,
			ExpiringSoon: known(x.Soon), IdleSeconds: known(x.Idle)}
		if p.ByMemory {
			c.Memory = known(x.Memory)
		}
		return c
	}
	d := &Prefixes{List: []Prefix{}}
	for i := range p.List {
		d.List = append(d.List, Prefix{f.Bytes(p.List[i].Glob), counts(&p.List[i])})
	}
	if p.OtherCount > 0 {
		d.Others = &OtherPattern{p.OtherCount, counts(&p.Others)}
	}
	return d
}

// share is a part of a whole to four digits.
func share(x float64) float64 { return math.Round(x*10_000) / 10_000 }

// KeyPrefixes are how the keys that commands name are named, by bytes.
type KeyPrefixes struct {
	List   []KeyPrefix     `json:"list"`
	Others *OtherKeyPrefix `json:"others,omitempty"`
}

// OtherKeyPrefix sums so many patterns that are not listed.
type OtherKeyPrefix struct {
	Patterns int `json:"patterns"`
	KeyPrefixCounts
}

// A KeyPrefix counts the commands with keys of a pattern, a glob.
type KeyPrefix struct {
	Pattern json.RawMessage `json:"pattern"`
	KeyPrefixCounts
}

// KeyPrefixCounts are of one pattern: a command counts once for each of its keys, and
// its bytes are shared out among them.
type KeyPrefixCounts struct {
	Commands int64   `json:"commands"`
	Writes   int64   `json:"writes"`
	Bytes    int64   `json:"bytes"`
	Share    float64 `json:"share"`
}

func newKeyPrefixes(p *inspect.KeyPatterns, f *render.BytesFormatter) *KeyPrefixes {
	if p == nil {
		return nil
	}
	counts := func(x *inspect.KeyPattern) KeyPrefixCounts {
		return KeyPrefixCounts{x.Commands, x.Writes, x.Bytes, share(x.Share)}
	}
	d := &KeyPrefixes{List: []KeyPrefix{}}
	for i := range p.List {
		d.List = append(d.List, KeyPrefix{f.Bytes(p.List[i].Glob), counts(&p.List[i])})
	}
	if p.OtherCount > 0 {
		d.Others = &OtherKeyPrefix{p.OtherCount, counts(&p.Others)}
	}
	return d
}
