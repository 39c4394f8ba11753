package cause

import (
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/value"
)

// A state is a value that commands lead to.
type state struct {
	known bool
	value *value.Value // nil is no key
	// relative: its expiry counts from when a command ran, and can't be placed.
	relative bool
	// unsure: a script had a part in it that read keys which the engine was not
	// given, or no engine but a model of the commands led there.
	unsure bool
}

// is reports whether a state is what a side holds.
func (s state) is(v *value.Value) bool {
	return s.known && value.Same(s.value, v) && s.expiresAs(v) && s.fieldsExpireAs(v)
}

// agrees reports whether two runs led to the same.
func (s state) agrees(other *state) bool {
	return s.known && other.known && s.is(other.value)
}

// expiryTolerance is how far an expiry may be from the one that the commands
// lead to, in milliseconds: the clock runs while they are applied.
const expiryTolerance = 5000

// expiresAs reports whether both expire at about the same time, or neither.
func (s state) expiresAs(v *value.Value) bool {
	if s.value == nil || v == nil {
		return true
	}
	if s.value.HasExpire != v.HasExpire || !v.HasExpire || s.relative {
		return s.value.HasExpire == v.HasExpire
	}
	return max(s.value.ExpireAt, v.ExpireAt)-min(s.value.ExpireAt, v.ExpireAt) <= expiryTolerance
}

// fieldsExpireAs is expiresAs for the fields of a hash.
func (s state) fieldsExpireAs(v *value.Value) bool {
	if s.value == nil || v == nil || v.Object != rdb.ObjectHash {
		return true
	}
	at := map[string]int64{}
	for i := range s.value.Elements {
		if e := &s.value.Elements[i]; e.ExpireAt != rdb.NoExpiry {
			at[string(e.Member)] = e.ExpireAt
		}
	}
	for i := range v.Elements {
		e := &v.Elements[i]
		led, expires := at[string(e.Member)]
		if expires != (e.ExpireAt != rdb.NoExpiry) ||
			expires && !s.relative && max(led, e.ExpireAt)-min(led, e.ExpireAt) > expiryTolerance {
			return false
		}
	}
	return true
}

// prove reports whether a proof may rest on the states.
func (s *states) prove() bool { return !s.master.unsure && !s.replica.unsure }

// states are those that the commands lead a key to.
type states struct {
	master  state // at the master's offset
	healthy state // of a replica that ran everything, at the replica's offset
	replica state // at the replica's offset, of what this one ran
	// own and unsent are the replica's and the master's with what their clients
	// sent them beside the stream.
	own, unsent state
}

// A place is a key in a database.
type place struct {
	db  int
	key string
}

// values are what keys held; nil is no key.
type values map[place]*value.Value
