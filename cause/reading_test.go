package cause_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redsleuth/redsleuth/cause"
	"github.com/redsleuth/redsleuth/cause/engine"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/internal/pcaptest"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay"
)

// How often the bytes of a stream may be read: once to plan, once to follow, and what
// it takes to recognise it; of a capture, what the plan was made of is kept.
const (
	mostRead        = 2.2
	mostReadCapture = 1.2
)

// capture is what was sent after a full resync, in segments of some size.
func capture(t *testing.T, payload []byte, commands string) []byte {
	c := pcaptest.New(t).Open()
	c.Say(pcaptest.Replica, resp("PSYNC ? -1"))
	sent := fmt.Sprintf("+FULLRESYNC %s %d\r\n$%d\r\n%s%s", historyID, firstOffset, len(payload), payload, commands)
	const segment = 1400
	for len(sent) > segment {
		c.Say(pcaptest.Master, sent[:segment])
		sent = sent[segment:]
	}
	c.Say(pcaptest.Master, sent)
	return pcaptest.Write(t, 0, c.Close().Frames...)
}

// TestStreamsAreReadAtMostTwice: whatever there is to explain, in several batches,
// with keys that are made from others.
func TestStreamsAreReadAtMostTwice(t *testing.T) {
	const keys = 3000
	var sent, local []string
	for i := range keys {
		sent = append(sent, fmt.Sprintf("SET k%d %s", i, strings.Repeat("v", 500)))
		local = append(local, fmt.Sprintf("SET k%d w", i))
	}
	for i := range 8 { // each the name of the next, against the direction of reading
		sent = append(sent, fmt.Sprintf("COPY chain%d chain%d", 7-i, 8-i))
	}
	start := []string{"SET chain0 1", "SET payload " + strings.Repeat("x", 1<<16)}
	l := newLab(t)
	i := &incident{start: start, sent: sent, local: append(local, "SET chain8 2", "SET payload 2")}
	master, replica, _ := l.inputs(i)
	payload := l.dump(i, "", historyID, firstOffset, start...)
	for name, stream := range map[string]struct {
		data []byte
		most float64
	}{
		"link.pcap": {capture(t, payload, stream(sent)), mostReadCapture},
		"link.psync": {fmt.Appendf(nil, "+FULLRESYNC %s %d\r\n$%d\r\n%s%s", historyID, firstOffset, len(payload), payload,
			stream(sent)), mostRead},
	} {
		t.Run(name, func(t *testing.T) {
			l := l.in(t)
			var read atomic.Int64
			in := l.open(name, stream.data, func(n int) { read.Add(int64(n)) })
			x := cause.New(cause.Options{
				Replay:   replay.Options{Streams: []*input.Input{in}, Offset: record.Unknown},
				MaxBytes: 64 << 20, Tell: func(string, ...any) {},
				Engine: func(ctx context.Context, databases int) (*engine.Engine, error) { return engine.Start(ctx, databases) },
			})
			report, err := x.Compare(t.Context(), master, replica, diff.Options{
				MaxMemory: 2 << 20, TTLSkew: time.Second, Limit: 10,
			})
			if closed := x.Close(); err != nil || closed != nil {
				t.Fatal(err, closed)
			}
			if n := report.Summary.ByCause["local-write"]; n != keys+2 {
				t.Errorf("%v by cause, want %d local writes", report.Summary.ByCause, keys+2)
			}
			if times := float64(read.Load()) / float64(len(stream.data)); times > stream.most {
				t.Errorf("%d bytes were read %.2f times", len(stream.data), times)
			}
		})
	}
}
