package dump

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redsleuth/redsleuth/internal/redistest"
)

// With Replace, what is there of a key is gone, whatever it was; without it lists and the
// like are added to, which is what one who restores a key does not want.
func TestReplaceOntoWhatIsThere(t *testing.T) {
	s := redistest.Start(t)
	these := [][]any{
		{"SET", "str", "v"}, {"SET", "ttl", "v", "PX", "86400000"}, {"RPUSH", "list", "a", "b"},
		{"SADD", "set", "a", "b"}, {"HSET", "hash", "f", "v"}, {"ZADD", "zset", "1", "a"},
		{"XADD", "stream", "5-0", "f", "v"}, {"XGROUP", "CREATE", "stream", "g", "0"},
	}
	other := [][]any{
		{"SET", "str", "old"}, {"SET", "ttl", "old"}, {"RPUSH", "list", "old"}, {"SADD", "set", "old"},
		{"HSET", "hash", "old", "1"}, {"ZADD", "zset", "9", "old"}, {"XADD", "stream", "9-0", "old", "1"},
	}
	all := func(commands [][]any) {
		for _, c := range commands {
			s.Do(c...)
		}
	}
	all(these)
	file, want := s.Save("kept.rdb"), digests(t, s)
	begin := func() {
		s.Do("SELECT", "0") // digests leaves the connection in the last
		s.Do("FLUSHALL")
	}
	keys := []string{"str", "ttl", "list", "set", "hash", "zset", "stream"}
	for _, c := range []struct {
		name  string
		there func()
	}{
		{"the same type", func() { all(other) }},
		{"a string that expires", func() {
			for _, k := range keys {
				s.Do("SET", k, "old", "EX", "50000")
			}
		}},
		{"a list", func() {
			for _, k := range keys {
				s.Do("RPUSH", k, "old")
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, plain := walk(t, file, Options{Format: RESP})
			_, replacing := walk(t, file, Options{Format: RESP, Replace: true})
			begin()
			c.there()
			_ = feed(t, s, plain) // errors are what comes of it
			if cmp.Equal(want, digests(t, s)) {
				t.Error("without Replace the keys are as in the dump: nothing is shown")
			}
			begin()
			c.there()
			if errs := feed(t, s, replacing); len(errs) > 0 {
				t.Fatalf("%q", errs)
			}
			if d := cmp.Diff(want, digests(t, s)); d != "" {
				t.Error(d)
			}
		})
	}
}
