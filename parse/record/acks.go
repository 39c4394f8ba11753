package record

import "time"

// Acks sums up the replica's REPLCONF ACK.
type Acks struct {
	First, Last int64
	Count       int64
	LagBytesMax int64 // Unknown where the master's offset was not known at any of them
	LagMax      time.Duration
	// Lag is what each ACK tells, or of several the worst: at most mostLags.
	Lag []Lag
	// Behind are the stretches in which the replica did not keep up; the first
	// maxBehind of them.
	Behind []Behind
	merged int // ACKs that one of Lag stands for, but the last, which has seen
	seen   int
}

// Lag is how far behind a replica was at a time.
type Lag struct {
	Time  time.Time
	Bytes int64 // sent and not acknowledged
	// Behind is how long ago the oldest command was sent that is not acknowledged.
	Behind time.Duration
}

// Behind is a stretch of time in which a replica did not keep up: a command that
// the master had sent was not acknowledged BehindFrom later.
type Behind struct {
	From    time.Time // when that command was sent
	To      time.Time // when an ACK had caught up; zero if the recording has none
	Bytes   int64     // the most that was not acknowledged
	Longest time.Duration
}

// BehindFrom is how long a command may wait for its ACK. Replicas send one each
// second, so that two say nothing yet.
const BehindFrom = 2500 * time.Millisecond

const (
	mostLags  = 1 << 10
	maxBehind = 100
)

// AddLag takes in what an ACK tells.
func (a *Acks) AddLag(l Lag) {
	a.LagBytesMax, a.LagMax = max(a.LagBytesMax, l.Bytes), max(a.LagMax, l.Behind)
	if a.seen++; a.seen <= a.merged && len(a.Lag) > 0 {
		last := &a.Lag[len(a.Lag)-1]
		*last = worse(*last, l)
		return
	}
	if len(a.Lag) == mostLags {
		for i := range a.Lag[:mostLags/2] {
			a.Lag[i] = worse(a.Lag[2*i], a.Lag[2*i+1])
		}
		a.Lag, a.merged = a.Lag[:mostLags/2], max(1, a.merged)*2
	}
	a.Lag, a.seen = append(a.Lag, l), 1
}

func worse(a, b Lag) Lag {
	if b.Behind > a.Behind || b.Behind == a.Behind && b.Bytes > a.Bytes {
		return b
	}
	return a
}

// AddBehind adds a stretch that begins.
func (a *Acks) AddBehind(b Behind) {
	if len(a.Behind) == maxBehind {
		a.Behind = a.Behind[:maxBehind-1]
	}
	a.Behind = append(a.Behind, b)
}
