package report

import (
	"time"

	"github.com/redsleuth/redsleuth/parse/record"
)

// Samples are places of links with their times, in the order of the recording.
type Samples struct{ thinned }

// A Sample is how far the stream of a history had come at a time.
type Sample struct {
	Time   time.Time
	Offset int64
	ID     string
}

// mostSamples is twice what a chart has room for.
const mostSamples = 512

// thinned keeps samples evenly apart, no more than mostSamples.
type thinned struct {
	List []Sample
	// every is one in how many that is kept, seen how many there were.
	every, seen int64
}

func (t *thinned) add(s Sample) {
	if t.every == 0 {
		t.every = 1
	}
	if t.seen++; t.seen%t.every != 0 {
		return
	}
	if len(t.List) == mostSamples {
		for i := range mostSamples / 2 {
			t.List[i] = t.List[2*i+1]
		}
		t.List, t.every = t.List[:mostSamples/2], 2*t.every
		if t.seen%t.every != 0 {
			return
		}
	}
	t.List = append(t.List, s)
}

// at is about when the stream of a history had come to an offset: the time of the
// first sample that is not before it; zero where there is none.
func (s *Samples) at(offset int64, id string) time.Time {
	for _, x := range s.List {
		if x.ID == id && x.Offset >= offset {
			return x.Time
		}
	}
	return time.Time{}
}

// A sampler takes samples of what an inspector reads.
type sampler struct {
	record.Handler
	samples *Samples
}

// Command implements record.Handler.
func (s sampler) Command(c *record.Command) error {
	if !c.Time.IsZero() && c.Offset != record.Unknown {
		s.samples.add(Sample{c.Time, c.EndOffset, c.Link.ReplicationID})
	}
	return s.Handler.Command(c)
}
