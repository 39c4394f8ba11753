package session

import (
	"testing"

	"github.com/redsleuth/redsleuth/parse/record"
)

const idA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

// marksOf are those of a stream that holds these commands and, unless it is
// whole, others between them.
func marksOf(list ...mark) marks { return marks{head: list, tail: list, keep: marksOfLink} }

// A replica comes back at an offset before two PINGs, and gets something else
// in their place.
func TestTrimmedPings(t *testing.T) {
	for _, c := range []struct {
		name      string
		sent      marks
		end       int64
		asked     int64
		onlyPings bool
	}{
		{"two PINGs", marksOf(mark{1, 27, false}, mark{2, 41, true}, mark{2, 55, true}), 55, 27, true},
		{"a write after the PING", marksOf(mark{1, 27, false}, mark{2, 41, true}, mark{3, 55, false}), 55, 27, false},
		// What is compared must reach to the end of what was sent: of a long
		// link only the ends are remembered.
		{"the middle is not remembered", marks{
			head: []mark{{1, 27, false}, {2, 41, true}}, tail: []mark{{9, 90_000, false}, {10, 100_000, false}},
		}, 100_000, 27, false},
		{"nothing after it is remembered", marks{
			head: []mark{{1, 27, false}, {2, 41, true}}, tail: []mark{{9, 90_000, false}, {10, 100_000, false}},
		}, 100_000, 41, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := newConnection(0, &record.Link{Resync: record.Full, ReplicationID: idA, EndOffset: c.end, Commands: 5000})
			before.Start, before.marks = 0, c.sent
			now := newConnection(0, &record.Link{Resync: record.Partial, ReplicationID: idA, StartOffset: c.asked})
			now.Start, now.Asked, now.marks = c.asked, c.asked, marksOf(mark{7, 30, false})
			now.ranSame(before)
			if now.Join.OnlyPings != c.onlyPings {
				t.Errorf("only PINGs: %v", now.Join.OnlyPings)
			}
			if c.end == 55 && (!now.Join.Differs || now.Join.Repeated != 28) {
				t.Errorf("%+v", now.Join)
			}
		})
	}
}
