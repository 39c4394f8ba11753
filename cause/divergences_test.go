package cause

import (
	"strings"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/diff"
)

// What replicas decide otherwise; and beside each the same command and another
// difference.
func TestDecidedOtherwise(t *testing.T) {
	saved := time.Unix(1_700_000_000, 0)
	const past, future = " 1600000000000", " 1900000000000"
	for _, c := range []struct {
		name, version, sent string
		subject             *diff.Subject
		want                string // the row; "" for none
	}{
		{"a lexical range over scores", "7.2.6", "ZREMRANGEBYLEX k [a [e", pair(nil, zset("a 0,1 2,-7 10")), "zremrangebylex-scores"},
		{"of equal scores", "7.2.6", "ZREMRANGEBYLEX k [a [e", pair(nil, zset("a 0,b 0")), ""},
		{"members above it", "7.2.6", "ZREMRANGEBYLEX k [a [e", pair(zset("b 1"), zset("b 1,z 2")), ""},
		{"other scores", "7.2.6", "ZREMRANGEBYLEX k [a [e", pair(zset("b 1,c 3"), zset("b 1,c 2")), ""},
		{"by score", "7.2.6", "ZREMRANGEBYSCORE k 1 2", pair(nil, zset("a 0,b 1")), ""},

		{"ties in another order", "7.0.15", "SORT s BY w* ALPHA STORE k", pair(list("a b c"), list("b a c")), "sort-by-alpha-store"},
		{"other elements", "7.0.15", "SORT s BY w* ALPHA STORE k", pair(list("a b c"), list("b a x")), ""},
		{"cut off by LIMIT", "7.0.15", "SORT s BY w* ALPHA LIMIT 0 3 STORE k", pair(list("a b c"), list("b a x")), "sort-by-alpha-store"},
		{"numbers", "7.0.15", "SORT s BY w* STORE k", pair(list("a b c"), list("b a c")), ""},

		{"a late HPERSIST", "7.4.1", "HPERSIST k FIELDS 1 f", pair(hash("f v,g w"), hash("g w")), "late-hpersist"},
		{"that found it past its time", "7.4.1", "HPERSIST k FIELDS 1 f", pair(hash("f v"), hash("f v"+past)), "late-hpersist"},
		{"that found it alive", "7.4.1", "HPERSIST k FIELDS 1 f", pair(hash("f v"), hash("f v"+future)), ""},
		{"of another field", "7.4.1", "HPERSIST k FIELDS 1 g", pair(hash("f v,g w"), hash("g w")), ""},
		{"another value", "7.4.1", "HPERSIST k FIELDS 1 f", pair(hash("f v"), hash("f w")), ""},
		{"Valkey makes an exception", "valkey 9.1.2", "HPERSIST k FIELDS 1 f", pair(hash("f v,g w"), hash("g w")), ""},

		{"HPERSIST of what is gone", "valkey 9.1.2", "HPERSIST k FIELDS 2 f g", pair(hash("g w"), hash("f v,g w")), "hpersist-expired-field"},
		{"or not reclaimed", "valkey 9.1.2", "HPERSIST k FIELDS 2 f g", pair(hash("f v"+past+",g w"), hash("f v,g w")), "hpersist-expired-field"},
		{"HPEXPIREAT of it", "valkey 9.0.0", "HPEXPIREAT k 1900000000000 FIELDS 2 f g", pair(hash("g w"), hash("f v"+future+",g w")), "hpersist-expired-field"},
		{"of one that lives", "valkey 9.1.2", "HPERSIST k FIELDS 2 f g", pair(hash("f v"+future+",g w"), hash("f v,g w")), ""},
		{"Redis sends the deletion first", "8.0.2", "HPERSIST k FIELDS 2 f g", pair(hash("g w"), hash("f v,g w")), ""},

		{"HSETNX of what is gone", "valkey 9.0.0", "HSETNX k f new", pair(hash("f new"), hash("f old"+past)), "hsetnx-expired-field"},
		{"mended in 9.0.2", "valkey 9.0.2", "HSETNX k f new", pair(hash("f new"), hash("f old"+past)), ""},
		{"another field", "valkey 9.0.0", "HSETNX k f new", pair(hash("f new,g 1"), hash("f new,g 2")), ""},

		{"COPY with expired fields", "valkey 9.1.2", "COPY src k", pair(hash("g w"), hash("f v"+past+",g w")), "copy-expired-fields"},
		{"to another key", "valkey 9.1.2", "COPY k dst", pair(hash("g w"), hash("f v"+past+",g w")), ""},
		{"SORT that reads a field", "valkey 9.1.2", "SORT l BY nosort GET *->f STORE k", pair(list(""), list("v")), "sort-expired-field"},
		{"SORT that reads strings", "valkey 9.1.2", "SORT l BY nosort GET w* STORE k", pair(list(""), list("v")), ""},

		{"RESTORE with a time that overflowed", "7.4.1", "RESTORE k -9223370000 x REPLACE ABSTTL", pair(nil, text("1")), "restore-ttl-overflow"},
		{"RESTORE", "7.4.1", "RESTORE k 0 x REPLACE", pair(text("2"), text("1")), ""},

		{"a script that pops", "4.0.6", "EVAL return^redis.call('spop',KEYS[1]) 1 k", pair(list("a b"), list("a c")), "script-spop"},
		{"which its text names", "4.0.6", "EVAL return^redis.call('spop','k') 0", pair(list("a b"), list("a c")), "script-spop"},
		{"which it puts together", "4.0.6", "EVAL return^redis.call('spop',ARGV[1]) 0 k", pair(list("a b"), list("a c")), "script-spop"},
		{"another one", "4.0.6", "EVAL return^redis.call('spop','other') 0", pair(list("a b"), list("a c")), ""},
		{"before the key was made anew", "7.2.6", "ZREMRANGEBYLEX k [a [e;DEL k;ZADD k 0 a", pair(nil, zset("a 0,1 2,-7 10")), ""},
		{"before all were removed", "7.2.6", "ZREMRANGEBYLEX k [a [e;FLUSHALL;ZADD k 0 a", pair(nil, zset("a 0,1 2,-7 10")), ""},
		{"after that", "7.2.6", "FLUSHALL;ZREMRANGEBYLEX k [a [e", pair(nil, zset("a 0,1 2,-7 10")), "zremrangebylex-scores"},
		{"a script that adds", "4.0.6", "EVAL return^redis.call('sadd',KEYS[1],1) 1 k", pair(list("a b"), list("a c")), ""},
		{"7.0 sends no scripts", "7.0.15", "EVAL return^redis.call('spop',KEYS[1]) 1 k", pair(list("a b"), list("a c")), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := sentBy(c.version, splitCommands(c.sent)...)
			a.report.Master.Created, a.report.Replica.Created = saved, saved
			row, _ := signs{a}.decidedOtherwise(c.subject)
			got := ""
			if row != nil {
				got = row.Name
			}
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// A model follows what masters send of strings and hashes.
func TestModel(t *testing.T) {
	for _, c := range []struct {
		name, sent string
		held, want string // fields as hash takes them; "lost"
	}{
		{"fields with a time", "HSET k f 1 g 2;HPEXPIREAT k 9000 FIELDS 1 f", "", "f 1 9000,g 2"},
		{"in seconds", "HEXPIREAT k 9 FIELDS 1 f", "f 1", "f 1 9000"},
		{"HSET takes it away", "HSET k f 2", "f 1 9000", "f 2"},
		{"HPERSIST too", "HPERSIST k FIELDS 1 f", "f 1 9000", "f 1"},
		{"HSETEX gives one", "HSETEX k PXAT 9000 FIELDS 1 f 2", "f 1", "f 2 9000"},
		{"or keeps it", "HSETEX k KEEPTTL FIELDS 2 f 2 g 3", "f 1 9000", "f 2 9000,g 3"},
		{"HDEL of the last", "HDEL k f", "f 1", ""},
		{"DEL", "HSET k g 1;DEL k;HSET k f 1", "", "f 1"},
		{"a condition", "HPEXPIREAT k 9000 NX FIELDS 1 f", "f 1", "lost"},
		{"a relative time", "HPEXPIRE k 9000 FIELDS 1 f", "f 1", "lost"},
		{"what it does not know", "HINCRBY k f 1", "f 1", "lost"},
		{"what came before that", "HINCRBY k f 1;DEL k;HSET k f 1", "f 1", "lost"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, want := modelOf(c.held, c.sent), c.want
			if got.lost != (want == "lost") {
				t.Fatalf("lost: %v", got.lost)
			}
			if got.lost {
				return
			}
			s := state{known: true, value: got.value}
			expected := hash(want)
			if want == "" {
				expected = nil
			}
			if !s.is(expected) {
				t.Errorf("%+v", got.value)
			}
		})
	}
}

func TestModelOfStrings(t *testing.T) {
	for sent, want := range map[string]struct {
		text string
		at   int64
	}{
		"SET k v":                                 {"v", 0},
		"SET k PXAT":                              {"PXAT", 0},
		"SET k v PXAT 9000":                       {"v", 9000},
		"MSETEX 2 j w k v EXAT 9":                 {"v", 9000},
		"MSET j w k v":                            {"v", 0},
		"SET k v PXAT 9000;SET k w KEEPTTL":       {"w", 9000},
		"SET k v;PEXPIREAT k 9000":                {"v", 9000},
		"SET k v PXAT 9000;PERSIST k":             {"v", 0},
		"SET k v PXAT 9000;SET k w":               {"w", 0},
		"SET k v;SET k w PXAT 9000;EXPIREAT k 10": {"w", 10000},
	} {
		t.Run(sent, func(t *testing.T) {
			m := modelOf("", sent)
			if m.lost || m.value == nil {
				t.Fatalf("%+v", m)
			}
			v := text(want.text)
			v.HasExpire, v.ExpireAt = want.at != 0, want.at
			if s := (state{known: true, value: m.value}); !s.is(v) || m.value.ExpireAt != want.at {
				t.Errorf("%+v", m.value)
			}
		})
	}
	for _, sent := range []string{"SET k v NX", "SET k v PX 10", "APPEND k v", "SET k v GET"} {
		if m := modelOf("", sent); !m.lost {
			t.Errorf("%s is followed to %+v", sent, m.value)
		}
	}
}

func splitCommands(s string) []string { return strings.Split(s, ";") }

// modelOf runs commands on a hash.
func modelOf(held, sent string) model {
	m := model{key: []byte("k")}
	if held != "" {
		m.value = hash(held)
	}
	for _, e := range sentBy("7.4.1", splitCommands(sent)...).onReplica.events {
		m.run(e.args)
	}
	return m
}

// How far what an engine made of a key can be trusted.
func TestTrust(t *testing.T) {
	for _, c := range []struct {
		name, sent string
		want       trust
	}{
		{"a plain command", "INCR k", followed},
		{"SPOP", "SPOP k", unfollowed},
		{"of another key", "SPOP other", followed},
		{"from which it was made", "SPOP other;SUNIONSTORE k other x", unfollowed},
		{"and set outright since", "SPOP k;SET k 1", followed},
		{"not by a condition", "SPOP k;SET k 1 NX", unfollowed},
		{"an id that each server makes up", "XADD k * f v", unfollowed},
		{"an id that was sent", "XADD k 1-1 f v", followed},
		{"SORT by keys that nobody named", "SORT s BY w* STORE k", unfollowed},
		{"SORT", "SORT s ALPHA STORE k", followed},
		{"a script that pops", "EVAL return^redis.call('spop',KEYS[1]) 1 k", unfollowed},
		{"that reads the clock", "EVAL return^redis.call('set',KEYS[1],redis.call('time')[1]) 1 k", unfollowed},
		{"that sets a time", "EVAL return^redis.call('expireat',KEYS[1],1) 1 k", unfollowed},
		{"that pops another", "EVAL return^redis.call('spop','x') 0;INCR k", followed},
		{"that pops any", "EVAL return^redis.call('spop','x'..ARGV[1]) 0 a;INCR k", unfollowed},
		{"that reads a key of its text", "EVAL redis.call('set',KEYS[1],redis.call('get','x')) 1 k", unsure},
		{"a healthy script", "EVAL return^redis.call('incr',KEYS[1]) 1 k", followed},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := sentBy("6.2.16", splitCommands(c.sent)...)
			s := newSimulation(a, nil, crossing{})
			for _, e := range a.onReplica.events {
				s.follow(e, s.trustIn(e), a.history.analysis(e.args))
			}
			if got := s.key("k", true); got != c.want {
				t.Errorf("%d, want %d", got, c.want)
			}
		})
	}
}

// No proof rests on fields whose expiry nobody looked at.
func TestFieldExpiries(t *testing.T) {
	led := func(fields string) state { return state{known: true, value: hash(fields)} }
	for _, c := range []struct {
		name      string
		led, held string
		relative  bool
		want      bool
	}{
		{"the same", "f 1 90000", "f 1 90000", false, true},
		{"a little apart", "f 1 90000", "f 1 91000", false, true},
		{"far apart", "f 1 90000", "f 1 190000", false, false},
		{"which counts from when it ran", "f 1 90000", "f 1 190000", true, true},
		{"none on one side", "f 1 90000", "f 1", true, false},
		{"none on the other", "f 1", "f 1 90000", false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := led(c.led)
			s.relative = c.relative
			if got := s.is(hash(c.held)); got != c.want {
				t.Errorf("%v", got)
			}
		})
	}
}
