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
	programs := redistest.Servers(t)
	all := lastingFixtures(t)
	for _, program := range programs {
		t.Run(program.String(), func(t *testing.T) {
			t.Parallel()
			s := redistest.StartProgram(t, program)
			version := formatOf(t, s)
			restored, built := 0, 0
			for name, values := range all {
				for key, v := range values {
					if takesPayload(t, s, name, v, version) {
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

// lastingFixtures are the values of all fixtures, but for those of modules,
// which the servers lack, and keys without elements, which are none there.
func lastingFixtures(t *testing.T) map[string]map[string]*Value {
	t.Helper()
	all := map[string]map[string]*Value{}
	for name, dump := range fixtures(t) {
		all[name] = readAll(t, dump, readStored)
		for key, v := range all[name] {
			if !ByCommands(v.Object) || v.Count == 0 && v.Object != rdb.ObjectStream {
				delete(all[name], key)
				continue
			}
			outlive(v)
		}
	}
	return all
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

// outlive makes the value one of which nothing expires before 2200.
func outlive(v *Value) {
	const year2200 = 7258118400000
	v.HasExpire = false
	for i := range v.Elements {
		if e := &v.Elements[i]; e.Kind == rdb.ElementField && e.ExpireAt != rdb.NoExpiry {
			e.ExpireAt += year2200
			v.Stored = nil // which says otherwise
		}
	}
}

// refused are fixtures with values that some servers don't load, and why.
var refused = map[string]string{
	"zipmap_big_len.rdb":     "a zipmap that says 255 entries for unknown, where servers mean 254",
	"stream_listpacks_1.rdb": "a development version of 5.0 counted other entries than there are, which Valkey 9.1 minds",
}

func takesPayload(t *testing.T, s *redistest.Server, name string, v *Value, version int) bool {
	t.Helper()
	payload, err := v.RestorePayload(version)
	if errors.Is(err, ErrNoPayload) {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	err = s.Client.RestoreReplace(t.Context(), "k", 0, string(payload)).Err()
	if err != nil && refused[name] != "" {
		return false
	}
	if err != nil {
		t.Errorf("%s: RESTORE of a value of type %d, %d bytes: %v", name, v.Type, len(payload), err)
		return false
	}
	return true
}

// takesCommands reports false where the server has no such command yet.
func takesCommands(t *testing.T, s *redistest.Server, v *Value, version int) bool {
	t.Helper()
	commands, loss := v.Commands([]byte("k"), version)
	if loss == LosesContent {
		return false
	}
	s.Do("DEL", "k")
	for _, args := range commands {
		words := make([]any, len(args))
		for i := range args {
			words[i] = args[i]
		}
		_, err := s.Client.Do(t.Context(), words...).Result()
		if err != nil && strings.Contains(strings.ToLower(err.Error()), "unknown") {
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
	got := dumpOf(t, s)
	same := digestOf(t, got) == digestOf(t, v)
	if v.Object == rdb.ObjectStream && min(v.Type, got.Type) < rdb.TypeStream2 { // lacks counts
		same = Same(got, v)
	}
	if !same {
		t.Errorf("%q of type %d came back as %d", how, v.Type, got.Type)
	}
}
