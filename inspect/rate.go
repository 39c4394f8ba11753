package inspect

import "time"

// rateSteps is how many columns a sparkline can have.
const rateSteps = 64

// A Rate is how much was written over time, in steps of one length. Commands
// that change no data have a part in From and To only.
type Rate struct {
	From time.Time // of the first command
	To   time.Time // of the last one
	Step time.Duration
	// Writes and Bytes of each step; Steps are in use.
	Writes, Bytes [rateSteps]int64
	Steps         int
}

// add counts a command. Where the steps don't reach, they are made twice as
// long.
func (r *Rate) add(at time.Time, writes bool, bytes int64) {
	if r.From.IsZero() {
		r.From, r.To, r.Step = at, at, 10*time.Millisecond
	}
	if at.After(r.To) {
		r.To = at
	}
	since := max(at.Sub(r.From), 0)
	for since >= rateSteps*r.Step && r.Step < 1<<56 {
		r.widen()
	}
	i := min(int(since/r.Step), rateSteps-1)
	r.Steps = max(r.Steps, i+1)
	if writes {
		r.Writes[i]++
		r.Bytes[i] += bytes
	}
}

func (r *Rate) widen() {
	for i := range rateSteps / 2 {
		r.Writes[i] = r.Writes[2*i] + r.Writes[2*i+1]
		r.Bytes[i] = r.Bytes[2*i] + r.Bytes[2*i+1]
	}
	clear(r.Writes[rateSteps/2:])
	clear(r.Bytes[rateSteps/2:])
	r.Step, r.Steps = 2*r.Step, (r.Steps+1)/2
}

// PerSecond is the average, in writing commands and their bytes; 0 where all came at
// one time.
func (r *Rate) PerSecond() (writes, bytes float64) {
	seconds := r.To.Sub(r.From).Seconds()
	if seconds <= 0 {
		return 0, 0
	}
	for i := range r.Steps {
		writes += float64(r.Writes[i])
		bytes += float64(r.Bytes[i])
	}
	return writes / seconds, bytes / seconds
}
