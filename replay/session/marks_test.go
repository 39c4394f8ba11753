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

// Bytes that come again are found by the commands that two streams share, if
// these can't be alike by chance.
func TestRepeats(t *testing.T) {
	m := func(sums ...uint64) *marks {
		all := &marks{keep: marksOfCapture}
		for _, sum := range sums {
			all.add(sum, 10, sum == 9)
		}
		return all
	}
	for _, c := range []struct {
		name        string
		before, now *marks
		bytes       int64
		sure        bool
	}{
		{"nothing", m(1, 2, 3), m(4, 5), 0, true},
		{"the last two", m(1, 2, 3), m(2, 3, 4), 20, true},
		{"one that may be chance", m(1, 2, 3), m(3, 4), 10, false},
		{"PINGs, which are all alike", m(1, 9, 9), m(9, 9, 4), 20, false},
		{"either of two", m(1, 2, 1, 2), m(1, 2, 1, 2, 5), 0, false},
		{"all of it", m(1, 2), m(1, 2), 20, true},
		{"an empty stream", m(), m(1), 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if bytes, sure := c.now.repeats(c.before); bytes != c.bytes || sure != c.sure {
				t.Errorf("%d bytes, sure %v", bytes, sure)
			}
		})
	}
}

// Of a long stream the ends are remembered.
func TestMarksOfALongStream(t *testing.T) {
	m := &marks{keep: 4}
	for i := range 10 {
		m.add(uint64(i), 10, false)
	}
	if m.bytes() != 100 || len(m.head) != 4 || len(m.last()) != 4 || m.last()[0].sum != 6 || m.last()[3].end != 100 {
		t.Errorf("%+v, in order %+v", m, m.last())
	}
	for bytes, want := range map[int64]int{0: 4, 10: 3, 40: 0, 70: 3, 100: 0} {
		if got := m.after(bytes); got == nil || len(got) != want {
			t.Errorf("after %d bytes: %v", bytes, got)
		}
	}
	for _, bytes := range []int64{5, 50, 110} {
		if got := m.after(bytes); got != nil {
			t.Errorf("after %d bytes: %v", bytes, got)
		}
	}
}
