package replica

import (
	"strings"
	"testing"
)

func TestBoundary(t *testing.T) {
	const set = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nva\r\nl\r\n" // the value holds a line end
	const ping = "*1\r\n$4\r\nPING\r\n"
	for name, test := range map[string]struct {
		search bool
		stream string
		whole  int // bytes; -1 for an error
	}{
		"nothing":                      {false, "", 0},
		"whole commands":               {false, set + ping, len(set + ping)},
		"within a value":               {false, ping + set[:24], len(ping)},
		"within a length":              {false, ping + set[:5], len(ping)},
		"between \\r and \\n":          {false, ping + ping[:len(ping)-1], len(ping)},
		"heartbeats":                   {false, ping + "\n\n", len(ping) + 2},
		"an inline command":            {false, "PING\r\n", 6},
		"no arguments":                 {false, "*0\r\n" + ping, 4 + len(ping)},
		"a negative length":            {false, "*1\r\n$-1\r\n", -1},
		"more arguments than any":      {false, "*1048577\r\n", -1},
		"a number without an end":      {false, "*99999999999999999999", -1},
		"no length":                    {false, "*1\r\n:4\r\n", -1},
		"from the middle":              {true, set[9:] + ping + ping + ping + set[:8], len(set[9:]) + 3*len(ping)},
		"from the middle, too few yet": {true, set[9:] + ping + ping, 0},
		// What looks like a command within the value is none, which shows behind it.
		"a command within a value": {
			true, "*2\r\n$9\r\nab\r\n*x\r\n" + ping + ping + ping, len("*2\r\n$9\r\nab\r\n*x\r\n") + 3*len(ping),
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, step := range []int{1, 2, 7, len(test.stream) + 1} {
				var b boundary
				if test.search {
					b.search()
				}
				var err error
				for rest := test.stream; rest != "" && err == nil; {
					n := min(step, len(rest))
					err = b.take([]byte(rest[:n]))
					rest = rest[n:]
				}
				if (err != nil) != (test.whole < 0) {
					t.Fatalf("in pieces of %d: %v", step, err)
				}
				if err == nil && b.whole != int64(test.whole) {
					t.Errorf("in pieces of %d: %d bytes are whole, not %d", step, b.whole, test.whole)
				}
			}
		})
	}
}

// However a stream is cut, commands end at the same places.
func FuzzBoundary(f *testing.F) {
	f.Add([]byte("*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"), 3, false)
	f.Add([]byte("$3\r\nGET\r\n$1\r\nk\r\n*1\r\n$4\r\nPING\r\n"), 1, true)
	f.Add([]byte(strings.Repeat("*1\r\n$0\r\n\r\n", 5)), 2, true)
	f.Fuzz(func(t *testing.T, stream []byte, cut int, search bool) {
		run := func(cut int) (int64, bool) {
			var b boundary
			if search {
				b.search()
			}
			for rest := stream; len(rest) > 0; {
				n := min(max(cut, 1), len(rest))
				if b.take(rest[:n]) != nil {
					return 0, false
				}
				rest = rest[n:]
			}
			if b.whole > b.seen || b.seen != int64(len(stream)) {
				t.Fatalf("%d of %d bytes whole, of %d", b.whole, b.seen, len(stream))
			}
			return b.whole, true
		}
		whole, ok := run(len(stream))
		if w, o := run(cut % 64); w != whole || o != ok {
			t.Fatalf("%d %v in one piece, %d %v in pieces", whole, ok, w, o)
		}
	})
}
