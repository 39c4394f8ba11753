package report

import (
	"time"

	"github.com/redsleuth/redsleuth/parse/record"
)

// Samples are places of links with their times, in the order of the recording,
// no more than mostSamples and evenly apart.
type Samples struct {
	List []Sample
	// every is one command in how many that is kept, seen how many there were.
	every, seen int64
}

// A Sample is the place and the time of a command.
type Sample struct {
	Time   time.Time
	Offset int64
	ID     string // of the history
}

// mostSamples is twice what a chart has room for.
const mostSamples = 512

// add takes a command in, if it is one in every so many.
func (s *Samples) add(c *record.Command) {
	if s.every == 0 {
		s.every = 1
	}
	if s.seen++; s.seen%s.every != 0 {
		return
	}
	if len(s.List) == mostSamples {
		for i := range mostSamples / 2 {
			s.List[i] = s.List[2*i+1]
		}
		s.List, s.every = s.List[:mostSamples/2], 2*s.every
		if s.seen%s.every != 0 {
			return
		}
	}
	s.List = append(s.List, Sample{c.Time, c.Offset, c.Link.ReplicationID})
}

// at is about when a place of a history was reached: the time of the first sample
// that is not before it; zero where there is none.
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
		s.samples.add(c)
	}
	return s.Handler.Command(c)
}
