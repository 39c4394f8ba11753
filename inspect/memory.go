package inspect

import (
	"bytes"
	"errors"
	"strconv"

	"github.com/redsleuth/redsleuth/parse/info"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/rdb/verify"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/server"
	"github.com/redsleuth/redsleuth/value/memory"
)

// Memory is what the keys cost in a server that loads the dump.
type Memory struct {
	// Versions are what servers of each version need: that which wrote the dump
	// first, where it is known, then those asked about. It is empty where no
	// version is known.
	Versions []MemoryOf
	// Measured counts the keys whose cost is known, Unmeasured the others, of
	// modules.
	Measured, Unmeasured int64
	// Used is what the server that wrote the dump used in all, as it said;
	// record.Unknown where it did not.
	Used int64
	// Server is what INFO says of the same; nil where it was not given.
	Server *info.Memory
	// Partial: keys were left out by a filter, or could not be read.
	Partial bool
	// Biggest has the keys that cost most in the first version.
	Biggest []Key
}

// MemoryOf is what the keys cost in a server of a version, in bytes.
type MemoryOf struct {
	Version server.Version
	// Own: it wrote the dump.
	Own  bool
	Keys int64
	// Tables are those of the databases, of keys and of expiries, beside the keys.
	Tables int64
	model  *memory.Model
}

// errNoVersion: a filter by memory that can't be applied.
var errNoVersion = errors.New("--min-memory: nothing tells which version would load this; " +
	"--server-version can")

// A measure adds up what keys cost.
type measure struct {
	out     *Memory // nil where nothing is asked
	begun   bool
	biggest *top[Key]
}

func newMeasure(o *Options) measure {
	if !o.measures() {
		return measure{}
	}
	return measure{out: &Memory{Used: record.Unknown, Server: o.Server},
		biggest: newTop(o.Top, func(k *Key) int64 { return k.Memory })}
}

// measures reports whether anything asks for what keys cost.
func (o *Options) measures() bool { return o.Measure || o.Filter.MinMemory > 0 }

// meter makes what measures the values of a batch. The first time, all that comes
// before the keys has been read.
func (r *rdbReader) meter() verify.Meter {
	m := &r.memory
	if !m.begun {
		m.begun = true
		m.add(r.origin.Version, true)
		for _, v := range r.in.options.Versions {
			m.add(v, false)
		}
	}
	var models []*memory.Model
	for i := range m.out.Versions {
		v := m.out.Versions[i].Version
		model, _ := memory.For(v, v.Allocator())
		models = append(models, model)
	}
	return memory.NewMeter(models...)
}

// add has the keys measured for a version whose layout is known.
func (m *measure) add(v server.Version, own bool) {
	for i := range m.out.Versions {
		if m.out.Versions[i].Version == v {
			return
		}
	}
	if model, ok := memory.For(v, v.Allocator()); ok {
		m.out.Versions = append(m.out.Versions, MemoryOf{Version: v, Own: own, model: model})
	}
}

// aux takes what the server said that it uses.
func (m *measure) aux(rec *rdb.Record) {
	if m.out == nil || string(rec.Name) != "used-mem" {
		return
	}
	if n, err := strconv.ParseInt(string(rec.Value), 10, 64); err == nil && n > 0 {
		m.out.Used = n
	}
}

// key adds what a key costs in each version; none where that is not known.
func (m *measure) key(rec *rdb.Record, costs []int64) {
	if m.out == nil || len(m.out.Versions) == 0 {
		return
	}
	if len(costs) == 0 {
		m.out.Unmeasured++
		return
	}
	m.out.Measured++
	for i, n := range costs {
		m.out.Versions[i].Keys += n
	}
	if m.biggest.wants(costs[0]) {
		k := keyOf(rec)
		k.Memory = costs[0]
		m.biggest.add(k)
	}
}

// finish adds the tables of the databases.
//
// Those of a part of the keys would say nothing.
func (m *measure) finish(databases []*Database, partial bool) *Memory {
	if m.out == nil {
		return nil
	}
	m.out.Partial = partial
	for i := range m.out.Versions {
		v := &m.out.Versions[i]
		for _, d := range databases {
			if partial {
				break
			}
			v.Tables += v.model.Tables(d.Keys, d.Expires)
		}
	}
	m.out.Biggest = m.biggest.list()
	return m.out
}

// measured takes in a key whose value the verifier has measured.
func (r *rdbReader) measured(rec *rdb.Record, costs []int64) error {
	if r.in.options.Filter.MinMemory > 0 && len(r.memory.out.Versions) == 0 {
		return errNoVersion
	}
	r.key(rec, costs)
	return nil
}

// keyOf is what is kept of a large key.
func keyOf(rec *rdb.Record) Key {
	return Key{
		DB: rec.DB, Name: bytes.Clone(rec.Key), Object: rec.Object, Encoding: encodingName(rec),
		Elements: rec.Elements, Byte: rec.Byte, Bytes: rec.Bytes,
		ExpireAt: rec.ExpireAt, HasExpire: rec.HasExpire,
	}
}

// ServerRest is what of the memory that INFO tells is neither told apart by it nor
// the keys and their tables; false where that is not known.
func (m *Memory) ServerRest() (int64, bool) {
	if m.Server == nil || m.Unmeasured > 0 || len(m.Versions) == 0 || !m.Versions[0].Own || m.Partial {
		return 0, false
	}
	rest := *m.Server.Used - m.Versions[0].Keys - m.Versions[0].Tables
	for _, part := range m.Server.Parts() {
		if part != nil {
			rest -= *part
		}
	}
	return max(rest, 0), true
}

// Rest is what of the memory that the server used is neither keys nor their tables;
// false where that is not known: what it used, or what a key costs, is not told, or
// a filter left keys out.
func (m *Memory) Rest() (int64, bool) {
	if m.Used == record.Unknown || m.Unmeasured > 0 || len(m.Versions) == 0 || !m.Versions[0].Own ||
		m.Partial {
		return 0, false
	}
	return m.Used - m.Versions[0].Keys - m.Versions[0].Tables, true
}
