package dump

import (
	"errors"

	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/server"
	"github.com/redsleuth/redsleuth/value/memory"
)

// A measure tells what keys cost in the memory of a server that loads the dump.
type measure struct {
	wanted bool
	asked  server.Version // zero for the version that wrote the dump
	model  *memory.Model  // nil while no version is known
	of     server.Version // of the model
	// bytes is what the key cost that was read last; meaningful if known.
	bytes int64
	known bool
	told  bool // that no version is known
}

// errNoVersion: a filter by memory that can't be applied.
var errNoVersion = errors.New("--min-memory: nothing tells which version would load this; " +
	"--server-version can")

const noVersion = "no memory can be told: nothing tells which version would load this; " +
	"--server-version can"

// start forgets what the last RDB said.
func (m *measure) start() {
	m.model = nil
	m.use(m.asked)
}

// use takes the model of servers of version v, if there is one.
func (m *measure) use(v server.Version) {
	if !m.wanted || v.IsZero() {
		return
	}
	if model, ok := memory.For(v, v.Allocator()); ok {
		m.model, m.of = model, v
	}
}

// follow measures as other does, with a model of its own.
func (m *measure) follow(other *measure) {
	switch {
	case other.model == nil:
		m.model = nil
	case m.model == nil || m.of != other.of:
		m.use(other.of)
	}
}

// aux takes the version that wrote the dump.
func (m *measure) aux(rec *rdb.Record) {
	name := string(rec.Name)
	if m.wanted && m.asked.IsZero() && (name == "redis-ver" || name == "valkey-ver") {
		m.use(server.ParseAux(name, string(rec.Value)))
	}
}

// key reads the value of a key, and measures it. visit is nil where nobody wants
// to see the elements.
func (m *measure) key(dec *rdb.Decoder, rec *rdb.Record, visit func(*rdb.Element) error) (err error) {
	m.bytes, m.known = 0, false
	switch {
	case m.model != nil:
		m.bytes, m.known, err = m.model.Key(dec, rec, visit)
		return err
	case visit == nil:
		return dec.Skip()
	}
	return dec.Value(visit)
}

// lacksModel: keys are to be measured, and nothing tells how. With a filter by
// memory that is an error; else it is said once.
func (d *Dumper) lacksModel() error {
	m := &d.measure
	if !m.wanted || m.model != nil {
		return nil
	}
	if d.options.Filter.MinMemory > 0 {
		return errNoVersion
	}
	if !m.told && d.options.Remark != nil {
		d.options.Remark(noVersion, nil)
	}
	m.told = true
	return nil
}
