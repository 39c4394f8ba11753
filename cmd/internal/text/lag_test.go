package text

import (
	"bytes"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/parse/record"
)

// TestLag: how far behind over time, as a line and a table, and when it fell behind.
// One that kept up has one line.
func TestLag(t *testing.T) {
	start := time.Date(2026, 11, 30, 18, 9, 30, 0, time.UTC)
	at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
	for _, c := range []struct {
		name string
		acks *record.Acks
		end  int64
		want string
	}{
		{"kept up", &record.Acks{First: 1, Last: 900, Count: 3, Lag: []record.Lag{{Time: at(0)}, {Time: at(1)}}}, 900,
			"acks          3 acknowledgements, offset 1 to 900, never behind\n"},
		{"kept up, and the end is open", &record.Acks{First: 1, Last: 900, Count: 3}, 3352,
			"acks          3 acknowledgements, offset 1 to 900, never behind when it sent\n" +
				"              one; 2,452 bytes came after the last\n"},
		{"an end that is not known", &record.Acks{First: 1, Last: 900, Count: 3}, record.Unknown,
			"acks          3 acknowledgements, offset 1 to 900, never behind\n"},
		{"fell behind twice", &record.Acks{First: 1, Last: 900, Count: 4, LagBytesMax: 2048, LagMax: 4 * time.Second,
			Lag: []record.Lag{{Time: at(0)}, {Time: at(1)}, {Time: at(6), Bytes: 2048, Behind: 4 * time.Second},
				{Time: at(7), Bytes: 1024, Behind: time.Second}, {Time: at(8)}},
			Behind: []record.Behind{{From: at(2), To: at(8), Bytes: 2048, Longest: 4 * time.Second},
				{From: at(20), Bytes: 10, Longest: 3 * time.Second}}}, 900,
			`acks          4 acknowledgements, offset 1 to 900, lag at most 2.0 KiB (4s)
fell behind   2026-11-30T18:09:32.000Z, caught up 2026-11-30T18:09:38.000Z; at
              most 2.0 KiB (4s)
              2026-11-30T18:09:50.000Z, and had not caught up when the recording
              ended; at most 10 B (3s)
lag                 █▅ 
              a column is 1s; the highest 2.0 KiB

Lag over time, at its worst
             time (UTC)  not acknowledged  since
2026-11-30 18:09:30.000               0 B     0s
           18:09:31.000               0 B     0s
           18:09:36.000           2.0 KiB     4s
           18:09:37.000           1.0 KiB     1s
           18:09:38.000               0 B     0s

`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			w := &inspectText{writer: newWriter(&b, Options{Style: render.NewStyle(false, 0),
				Bytes: render.NewBytesFormatter(render.Quoted, nil)})}
			w.acks(c.acks, c.end)
			if b.String() != c.want || w.err != nil {
				t.Errorf("%s\nwant\n%s%v", &b, c.want, w.err)
			}
		})
	}
}
