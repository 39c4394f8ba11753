package cause

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/value"
)

// A model follows what masters send of strings and hashes where no engine does:
// the one at hand may be older than a command, or unable to hold a value. It
// knows the forms in which effects travel, with times that are fixed, and
// follows nothing else.

// A ranEvent is an event and the database in which it ran.
type ranEvent struct {
	*event
	in int
}

// modelled is the state that the events so far lead a key to, as the model
// follows them.
func (s *simulation) modelled(of *diff.Subject) state {
	name := string(of.Key)
	v := s.values[place{of.DB, name}]
	if v != nil && v.Large {
		return state{}
	}
	if s.byKey == nil {
		s.byKey, s.opaque = map[string][]ranEvent{}, false
		for _, e := range s.ran {
			s.opaque = s.opaque || e.wide() || e.scope == command.Scripted
			for _, k := range e.keys {
				if on := s.byKey[k.name]; k.writes && (len(on) == 0 || on[len(on)-1].event != e.event) {
					s.byKey[k.name] = append(on, e)
				}
			}
		}
	}
	m := model{key: of.Key, value: v}
	met := 0
	for _, e := range s.byKey[name] {
		if n := s.before(e.offset); n > met {
			if e.in == of.DB && anyMayName(s.holes[met:n], name) {
				m.value = s.filler.value()
			}
			met = n
		}
		switch {
		case e.in == of.DB && e.scope == command.Named:
			m.run(e.args)
		case e.in == record.Unknown || e.scope != command.Named:
			m.lost = true
		}
	}
	if m.lost || s.opaque {
		return state{}
	}
	return state{known: true, value: m.value, unsure: true}
}

// model is what the commands lead one key to.
type model struct {
	key   []byte
	value *value.Value
	// lost: a command can't be followed.
	lost bool
}

// run follows one command that names the key.
func (m *model) run(args [][]byte) {
	if m.lost {
		return
	}
	switch name := string(bytes.ToUpper(args[0])); name {
	case "DEL", "UNLINK":
		m.value = nil
	case "SET", "MSET", "MSETEX":
		m.set(args)
	case "PEXPIREAT", "EXPIREAT":
		m.expireAt(args)
	case "PERSIST":
		m.expire(0, false)
	case "HSET", "HMSET", "HDEL", "HPERSIST", "HPEXPIREAT", "HEXPIREAT", "HSETEX":
		m.hash(name, args)
	default:
		m.lost = true
	}
}

// set follows what sets strings: SET key value, MSET key value …, and MSETEX
// count key value …, with a fixed time, KEEPTTL or none.
func (m *model) set(args [][]byte) {
	if command.Has(args, "NX", "XX", "EX", "PX", "GET", "IFEQ", "IFNE", "IFDEQ", "IFDNE") {
		m.lost = true
		return
	}
	first, end := 1, len(args)
	switch {
	case command.Is(args, "SET"):
		end = 3
	case command.Is(args, "MSETEX"):
		if n, err := strconv.Atoi(string(args[1])); err == nil && n > 0 && n < len(args) {
			first, end = 2, 2+2*n
		}
	}
	if end > len(args) {
		m.lost = true
		return
	}
	var text []byte
	for i := first; i+1 < end; i += 2 {
		if bytes.Equal(args[i], m.key) {
			text = args[i+1]
		}
	}
	v := &value.Value{Object: rdb.ObjectString, Count: 1, Elements: []rdb.Element{
		{Kind: rdb.ElementBytes, Member: text, ExpireAt: rdb.NoExpiry},
	}}
	if command.Has(args, "KEEPTTL") && m.value != nil {
		v.HasExpire, v.ExpireAt = m.value.HasExpire, m.value.ExpireAt
	}
	m.value = v
	if at, ok := fixedTime(args); ok {
		m.expire(at, true)
	}
}

// fixedTime is the time in an option, in Unix milliseconds.
func fixedTime(args [][]byte) (int64, bool) {
	for token, unit := range map[string]int64{"PXAT": 1, "EXAT": 1000} {
		if i, ok := command.Option(args, token); ok && i+1 < len(args) {
			n, err := strconv.ParseInt(string(args[i+1]), 10, 64)
			return n * unit, err == nil
		}
	}
	return 0, false
}

func (m *model) expireAt(args [][]byte) {
	n, err := strconv.ParseInt(string(args[min(2, len(args)-1)]), 10, 64)
	if err != nil || len(args) != 3 { // with a condition
		m.lost = true
		return
	}
	if command.Is(args, "EXPIREAT") {
		n *= 1000
	}
	m.expire(n, true)
}

// expire gives the key a time, or takes it away.
func (m *model) expire(at int64, has bool) {
	if m.value != nil {
		m.value = new(*m.value)
		m.value.HasExpire, m.value.ExpireAt = has, at
	}
}

// hash follows a command on fields: HSET key field value …, HSETEX key … FIELDS
// count field value …, and key … FIELDS count field ….
func (m *model) hash(name string, args [][]byte) {
	if m.value != nil && m.value.Object != rdb.ObjectHash || len(args) < 3 {
		m.lost = true
		return
	}
	fields, step := args[2:], 1
	at, has := fixedTime(args)
	switch name {
	case "HSET", "HMSET":
		step = 2
	case "HSETEX":
		step = 2
		fields = fieldsOf(args)
		if !has && !command.Has(args, "KEEPTTL") || command.Has(args, "FNX", "FXX") {
			m.lost = true
			return
		}
	case "HPEXPIREAT", "HEXPIREAT", "HPERSIST":
		fields = fieldsOf(args)
		if name != "HPERSIST" {
			m.lost = m.lost || command.Has(args, "NX", "XX", "GT", "LT")
			at, has = unixTime(args[2], name == "HEXPIREAT")
			m.lost = m.lost || !has
		}
	}
	if m.lost || len(fields) == 0 || len(fields)%step != 0 {
		m.lost = true
		return
	}
	keep := name == "HSETEX" && !has
	for i := 0; i < len(fields); i += step {
		m.field(name, fields[i:i+step], at, has, keep)
	}
}

func unixTime(text []byte, seconds bool) (int64, bool) {
	n, err := strconv.ParseInt(string(text), 10, 64)
	if seconds {
		n *= 1000
	}
	return n, err == nil
}

// fieldsOf are the arguments after FIELDS and their number.
func fieldsOf(args [][]byte) [][]byte {
	for i := 2; i+2 < len(args); i++ {
		if command.Is(args[i:], "FIELDS") {
			return args[i+2:]
		}
	}
	return nil
}

// field changes one field.
func (m *model) field(name string, f [][]byte, at int64, has, keep bool) {
	v := &value.Value{Object: rdb.ObjectHash}
	if m.value != nil {
		v = new(*m.value)
		v.Elements, v.Stored = slices.Clone(v.Elements), nil
	}
	i := slices.IndexFunc(v.Elements, func(e rdb.Element) bool { return bytes.Equal(e.Member, f[0]) })
	switch {
	case name == "HDEL":
		if i >= 0 {
			v.Elements = slices.Delete(v.Elements, i, i+1)
		}
	case len(f) == 2:
		e := rdb.Element{Kind: rdb.ElementField, Member: f[0], Value: f[1], ExpireAt: rdb.NoExpiry}
		if has {
			e.ExpireAt = at
		}
		switch {
		case i < 0:
			v.Elements = append(v.Elements, e)
		case keep:
			v.Elements[i].Value = f[1]
		default:
			v.Elements[i] = e
		}
	case i >= 0 && has:
		v.Elements[i].ExpireAt = at
	case i >= 0:
		v.Elements[i].ExpireAt = rdb.NoExpiry
	}
	if v.Count = int64(len(v.Elements)); v.Count == 0 {
		v = nil
	}
	m.value = v
}
