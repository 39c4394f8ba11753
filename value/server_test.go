package value

import (
	"errors"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/redsleuth/redsleuth/internal/redistest"
	"github.com/redsleuth/redsleuth/parse/rdb"
)

// TestServersTakeAndGiveBack: every value of every fixture that a server's
// version has, given by RESTORE or by commands, comes back from DUMP equal.
func TestServersTakeAndGiveBack(t *testing.T) {
	for _, program := range redistest.Servers(t) {
		t.Run(program.String(), func(t *testing.T) {
			s := redistest.StartProgram(t, program)
			version := formatOf(t, s)
			restored, built := 0, 0
			for name, dump := range fixtures(t) {
				for key, v := range readAll(t, dump, readStored) {
					if v.Object == rdb.ObjectModule || v.Count == 0 && v.Object != rdb.ObjectStream {
						continue // no such module there; a key without elements is none
					}
					v = lasting(v)
					if takesPayload(t, s, v, version) {
						restored++
						comesBack(t, s, name+", by RESTORE: "+key, v)
					}
					if takesCommands(t, s, v, version) {
						built++
						comesBack(t, s, name+", by commands: "+key, v)
					}
				}
			}
			if restored < 100 || built < 100 {
				t.Errorf("%d restored and %d built, which is nearly none", restored, built)
			}
		})
	}
}

// formatOf is the RDB version of what the server dumps.
func formatOf(t *testing.T, s *redistest.Server) int {
	t.Helper()
	s.Do("SET", "k", "v")
	return dumpOf(t, s).Header.Version
}

func dumpOf(t *testing.T, s *redistest.Server) *Value {
	t.Helper()
	payload, err := s.Client.Dump(t.Context(), "k").Result()
	if err != nil {
		t.Fatal(err)
	}
	v, err := FromDump([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// lasting is the value as it would be if nothing in it expired before 2200.
func lasting(v *Value) *Value {
	const year2200 = 7258118400000
	v.HasExpire = false
	for i := range v.Elements {
		if e := &v.Elements[i]; e.Kind == rdb.ElementField && e.ExpireAt != rdb.NoExpiry {
			e.ExpireAt += year2200
			v.Stored = nil // which says otherwise
		}
	}
	return v
}

func takesPayload(t *testing.T, s *redistest.Server, v *Value, version int) bool {
	t.Helper()
	payload, err := v.RestorePayload(version)
	if errors.Is(err, ErrNoPayload) {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	s.Do("FLUSHALL")
	s.Do("RESTORE", "k", 0, payload)
	return true
}

// takesCommands reports false where the server has no such command yet.
func takesCommands(t *testing.T, s *redistest.Server, v *Value, version int) bool {
	t.Helper()
	commands, loss := v.Commands([]byte("k"), version)
	if loss == LosesContent {
		return false
	}
	s.Do("FLUSHALL")
	for _, args := range commands {
		words := make([]any, len(args))
		for i := range args {
			words[i] = args[i]
		}
		_, err := s.Client.Do(t.Context(), words...).Result()
		if err != nil && strings.Contains(err.Error(), "unknown") {
			return false
		}
		if err != nil && !errors.Is(err, redis.Nil) {
			t.Fatalf("%s: %v", args[0], err)
		}
	}
	return true
}

func comesBack(t *testing.T, s *redistest.Server, how string, v *Value) {
	t.Helper()
	if got := dumpOf(t, s); digestOf(t, got) != digestOf(t, v) {
		t.Errorf("%q of type %d came back as %d", how, v.Type, got.Type)
	}
}
