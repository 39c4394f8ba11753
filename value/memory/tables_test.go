package memory

import (
	"testing"

	"github.com/redsleuth/redsleuth/server"
)

// TestTables: of 100 keys, 10 of which expire, there are 128 and 16 buckets, and an
// entry of 24 bytes for each expiry. Where keys have their values in them, those that
// share a bucket with another have one of 16: 30.4 and 2.4 of them, as expected.
func TestTables(t *testing.T) {
	for name, want := range map[string]int64{
		"7.0.15":       8*128 + 8*16 + 24*10,
		"8.0.6":        8*128 + 8*16 + 24*10,
		"8.2.1":        8*128 + 486 + 8*16 + 38,
		"valkey 8.0.1": 8*128 + 8*16 + 24*10,
	} {
		t.Run(name, func(t *testing.T) {
			v, err := server.Parse(name)
			if err != nil {
				t.Fatal(err)
			}
			m, ok := For(v, v.Allocator())
			if got := m.Tables(100, 10); !ok || got != want {
				t.Errorf("%d bytes, want %d", got, want)
			}
			if got := m.Tables(0, 0); got != 0 {
				t.Errorf("%d bytes of no keys", got)
			}
		})
	}
}
