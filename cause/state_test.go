package cause

import (
	"errors"
	"testing"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/value"
)

// str is a string that expires at a time; 0 is never.
func str(s string, at int64) *value.Value {
	return &value.Value{
		Object: rdb.ObjectString, HasExpire: at > 0, ExpireAt: at,
		Elements: []rdb.Element{{Kind: rdb.ElementBytes, Member: []byte(s), ExpireAt: rdb.NoExpiry}},
	}
}

func TestStateIs(t *testing.T) {
	const at = 1700000000000
	for _, c := range []struct {
		name  string
		state state
		held  *value.Value
		want  bool
	}{
		{"equal", state{known: true, value: str("a", 0)}, str("a", 0), true},
		{"another value", state{known: true, value: str("a", 0)}, str("b", 0), false},
		{"unknown is like nothing", state{value: str("a", 0)}, str("a", 0), false},
		{"no key", state{known: true}, nil, true},
		{"a key where there is to be none", state{known: true}, str("a", 0), false},
		{"none where there is to be one", state{known: true, value: str("a", 0)}, nil, false},
		{"about the same time", state{known: true, value: str("a", at)}, str("a", at+expiryTolerance), true},
		{"another time", state{known: true, value: str("a", at)}, str("a", at+expiryTolerance+1), false},
		{"a time that can't be placed", state{known: true, value: str("a", at), relative: true}, str("a", at+1e9), true},
		{"but it has one", state{known: true, value: str("a", at), relative: true}, str("a", 0), false},
		{"no time", state{known: true, value: str("a", 0)}, str("a", at), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.state.is(c.held); got != c.want {
				t.Error(got)
			}
		})
	}
}

func TestUnsupported(t *testing.T) {
	for text, want := range map[string]bool{
		"ERR unknown command 'vadd', with args beginning with: ":                 true,
		"ERR Unknown subcommand or wrong number of arguments for 'x'. Try HELP.": true,
		"ERR syntax error": true,
		"WRONGTYPE Operation against a key holding the wrong kind of value": false,
		"ERR no such key": false,
		"NOSCRIPT No matching script. Please use EVAL.": false,
	} {
		t.Run(text, func(t *testing.T) {
			if got := unsupported(errors.New(text)); got != want {
				t.Error(got)
			}
		})
	}
}

// An engine is given what writes data and stays within it.
func TestRunnable(t *testing.T) {
	const body = "return 1"
	s := &simulation{attribution: &attribution{history: &history{bodies: map[string][]byte{"ab": []byte(body)}}}}
	for given, want := range map[string]string{
		"SET k v":                "SET k v",
		"EVALSHA ab 1 k":         "EVAL return 1 1 k",
		"EVALSHA AB 1 k":         "EVAL return 1 1 k",
		"EVALSHA cd 1 k":         "",
		"EVAL x 1 k":             "EVAL x 1 k",
		"FLUSHALL":               "FLUSHALL",
		"MIGRATE h 1 k 0 100":    "",
		"no.such k":              "",
		"GET k":                  "",
		"REPLICAOF NO ONE":       "",
		"FCALL f 1 k":            "",
		"COPY a b DB 3":          "COPY a b DB 3",
		"RESTORE k 0 x REPLACE":  "RESTORE k 0 x REPLACE",
		"CONFIG SET dir /secret": "",
	} {
		t.Run(given, func(t *testing.T) {
			args := line(given)
			got := texts([]*event{{args: s.runnable(&event{args: args, scope: command.ScopeOf(args)})}})[0]
			if got != want {
				t.Errorf("%q", got)
			}
		})
	}
}

func TestEventsTouch(t *testing.T) {
	for _, c := range []struct {
		name, line    string
		db, replicaDB int
		want          bool // key k of database 3
	}{
		{"in its database", "SET k 1", 3, 3, true},
		{"in another", "SET k 1", 2, 2, false},
		{"in the replica's alone", "SET k 1", 2, 3, true},
		{"in one that nothing tells", "SET k 1", record.Unknown, record.Unknown, true},
		{"another key", "SET j 1", 3, 3, false},
		{"it reads it", "SINTERSTORE j k", 3, 3, false},
		{"it writes it", "SINTERSTORE k j", 3, 3, true},
		{"every key of the database", "FLUSHDB", 3, 3, true},
		{"of another one", "FLUSHDB", 2, 2, false},
		{"every key", "FLUSHALL", 2, 2, true},
		{"a key of two databases", "MOVE k 3", 2, 2, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := line(c.line)
			scope := command.ScopeOf(args)
			e := &event{args: args, scope: scope, keys: keysOf(args, scope, nil), db: c.db, replicaDB: c.replicaDB}
			if got := e.touches(3, "k"); got != c.want {
				t.Error(got)
			}
		})
	}
}

func TestScoring(t *testing.T) {
	for _, c := range []struct {
		name    string
		against []int64 // offsets after which equal keys are not written any more
		fits    map[int64]int
		want    int64
	}{
		{"the most fit", nil, map[int64]int{10: 1, 20: 3, 30: 2}, 20},
		{"of equals the last", nil, map[int64]int{10: 2, 20: 2, 30: 1}, 20},
		{"equal keys written later speak against it", []int64{25, 26, 27, 28}, map[int64]int{10: 2, 20: 2, 30: 1}, 30},
		{"less than differing ones speak for it", []int64{25, 26}, map[int64]int{10: 0, 20: 2, 30: 1}, 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := scoring{alike: make([]bool, 8), against: c.against, best: -1 << 30}
			for _, offset := range []int64{10, 20, 30} {
				for i := range s.alike {
					s.set(i, i < c.fits[offset])
				}
				if s.fitting != c.fits[offset] {
					t.Fatalf("%d fit at %d", s.fitting, offset)
				}
				s.score(offset)
			}
			if s.at != c.want {
				t.Errorf("at %d", s.at)
			}
		})
	}
}
