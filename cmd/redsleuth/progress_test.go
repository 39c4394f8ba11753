package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// TestProgressLine: it names the file and the pass, and no rate before there is
// one to speak of.
func TestProgressLine(t *testing.T) {
	const mib = 1 << 20
	for _, c := range []struct {
		name  string
		r     reading
		since time.Duration
		want  string
	}{
		{"the first tick", reading{name: "a.rdb", size: 4 * mib, done: mib, pass: 1}, time.Microsecond,
			`reading "a.rdb"  [=====               ] 25%  1.0 MiB of 4.0 MiB`},
		{"later", reading{name: "a.rdb", size: 4 * mib, done: mib, pass: 1}, time.Second,
			`reading "a.rdb"  [=====               ] 25%  1.0 MiB of 4.0 MiB, 1.0 MiB/s, 3s left`},
		{"a second pass", reading{name: "a.rdb", size: 4 * mib, done: 4 * mib, pass: 2}, 2 * time.Second,
			`reading "a.rdb" again (2)  [====================] 100%  4.0 MiB of 4.0 MiB, 2.0 MiB/s, 0s left`},
		{"a pipe", reading{name: "stdin", size: -1, done: mib, pass: 1}, time.Second,
			`reading "stdin"  1.0 MiB, 1.0 MiB/s`},
		{"a hostile name", reading{name: "\x1b[2J", size: -1, done: 1, pass: 1}, 0, `reading "\x1b[2J"  1 B`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.r.line(c.since); got != c.want {
				t.Errorf("%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// TestProgressPasses: what is read beyond an input's size is another pass, and
// clear leaves an empty line behind.
func TestProgressPasses(t *testing.T) {
	var shown bytes.Buffer
	now := time.Unix(0, 0)
	p := &progress{to: &shown, width: 80, now: func() time.Time { return now }, began: now}
	r := p.of("dir/a.rdb")
	r.expect(10)
	for range 3 {
		now = now.Add(progressDelay)
		r.add(10)
	}
	p.clear()
	lines := strings.Split(shown.String(), "\r\x1b[K")
	if len(lines) != 5 || !strings.Contains(lines[2], "again (2)") || !strings.Contains(lines[3], "again (3)") || lines[4] != "" {
		t.Errorf("%q", lines)
	}
}
