package cause

import (
	"slices"
	"testing"

	"github.com/redsleuth/redsleuth/command"
)

// What one key holds depends on another where a command makes it from that.
func TestJoins(t *testing.T) {
	for text, want := range map[string]bool{
		"RENAME a b":            true,
		"COPY a b":              true,
		"SINTERSTORE to a b":    true,
		"LMOVE a b LEFT LEFT":   true,
		"MSETNX a 1 b 2":        true,
		"EVAL return 2 a b":     true,
		"PFMERGE to a":          true,
		"BITOP AND to a b":      true,
		"SORT a STORE to":       true,
		"MSET a 1 b 2":          false,
		"DEL a b":               false,
		"UNLINK a b":            false,
		"SET a 1":               false,
		"MGET a b":              false,
		"SINTER a b":            false,
		"EVAL return 1 a":       false,
		"no.such a b":           false,
		"ZRANGESTORE to a 0 -1": true,
		"GEOSEARCHSTORE to a FROMMEMBER m BYRADIUS 1 m": true,
	} {
		t.Run(text, func(t *testing.T) {
			keys, _ := command.Find(nil, line(text))
			if got := joins(keys); got != want {
				t.Errorf("%v", got)
			}
		})
	}
}

func TestKeysOf(t *testing.T) {
	for _, c := range []struct {
		text string
		want []namedKey
	}{
		{"SET a 1", []namedKey{{"a", true}}},
		{"SINTERSTORE to a", []namedKey{{"to", true}, {"a", false}}},
		{"mod.set a wanted wanted", []namedKey{{"wanted", true}, {"wanted", true}}},
		{"FLUSHALL", nil},
		{"EVAL return 1 a b", []namedKey{{"a", true}}},
	} {
		t.Run(c.text, func(t *testing.T) {
			args := line(c.text)
			got := keysOf(args, command.ScopeOf(args), asked("wanted"))
			if !slices.Equal(got, c.want) {
				t.Errorf("%v", got)
			}
		})
	}
}

// A script whose keys can't be told from its call may change any.
func TestReaches(t *testing.T) {
	for body, want := range map[string]bool{
		"return redis.call('set', KEYS[1], ARGV[1])": false,
		"return 1":                                                     false,
		"return redis.call('set', ARGV[1], 1)":                         true,
		"return redis.call('set', 'fixed', 1)":                         true,
		"return redis.call('set', KEYS[1]..'x', 1)":                    true,
		"return redis.call('evalsha', ARGV[1], 0)":                     true,
		"this is no Lua (":                                             true,
		"for i=1,#KEYS do redis.call('del', KEYS[i]) end":              false,
		"local k = KEYS[1] return redis.call('incr', k)":               true,
		"return redis.call('set', redis.call('get', KEYS[1]), 'made')": true,
	} {
		t.Run(body, func(t *testing.T) {
			if got := reaches([]byte(body)); got != want {
				t.Errorf("%v", got)
			}
		})
	}
}

// What a cache answers is what is true of the script, however many share its place.
func TestReachCache(t *testing.T) {
	const within, beyond = "redis.call('SET', KEYS[1], 1)", "redis.call('SET', ARGV[1], 1)"
	var c reachCache
	name := func(low, high byte) (sum [20]byte) {
		sum[0], sum[7] = low, high
		return sum
	}
	for _, x := range []struct {
		name [20]byte
		body string
	}{
		{name(2, 0), within}, {name(2, 0), within}, {name(2, 1), beyond}, {name(2, 1), beyond}, {name(2, 0), within},
		{name(5, 7), beyond}, {name(0, 0), beyond}, {name(0, 0), beyond},
	} {
		if got := c.of(x.name, []byte(x.body)); got != (x.body == beyond) {
			t.Errorf("%x, %s: %v", x.name[:8], x.body, got)
		}
	}
	if c.of(name(5, 7), []byte(within)) != true {
		t.Error("what was found out is not remembered")
	}
}

// Past the scripts that are remembered by name, the body that a command brings tells
// what it may change; a name alone does not.
func TestReachesOutPastTheBound(t *testing.T) {
	r := recorded(t)
	for i := range scriptsRecorded {
		r.scripts[[20]byte{byte(i), byte(i >> 8), byte(i >> 16), 1}] = recordedScript{}
	}
	for text, want := range map[string]bool{
		"EVAL redis.call('SET',KEYS[1],1) 1 k":                 false,
		"EVAL redis.call('SET',ARGV[1],1) 1 k":                 true,
		"EVALSHA 0123456789012345678901234567890123456789 1 k": true,
	} {
		e := ran(0, text)
		if err := r.effect(e, false); err != nil {
			t.Fatal(err)
		}
		if got := r.reachesOut(e.Command.Args); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
