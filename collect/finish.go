package collect

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// A finisher decides when a link has been read for long enough: once all of the
// backlog is here, the time to follow is over, and, where a dump is wanted, the
// stream has come as far as the dump: what leads up to a state is worth nothing
// with a hole before it.
type finisher struct {
	// last is the last byte of the backlog; caught is closed when it has come.
	last   int64
	caught chan struct{}
	once   sync.Once
	// reached is how far the stream has come.
	reached atomic.Int64
	// over is closed when the link has ended by itself.
	over chan struct{}
	// enough ends the link.
	enough context.CancelCauseFunc
}

// errEnough ends what was read for long enough.
var errEnough = errors.New("enough")

func newFinisher(last int64, enough context.CancelCauseFunc) *finisher {
	return &finisher{last: last, caught: make(chan struct{}), over: make(chan struct{}), enough: enough}
}

// came takes how far the stream has come, and reports whether the backlog is
// all there.
func (f *finisher) came(received int64) bool {
	f.reached.Store(received)
	if received < f.last {
		return false
	}
	f.once.Do(func() { close(f.caught) })
	return true
}

// wait waits until the backlog is here and for d, and has the dump taken, whose
// offset dump returns; then until the stream has come that far.
func (f *finisher) wait(ctx context.Context, d time.Duration, dump func() (offset int64)) {
	defer f.enough(errEnough)
	if d > 0 {
		f.pause(ctx, d)
	} else {
		select {
		case <-f.caught:
		case <-f.over:
		case <-ctx.Done():
		}
	}
	if dump == nil || ctx.Err() != nil {
		return
	}
	to := dump()
	for until := time.Now().Add(longestCatchUp); f.reached.Load() < to && time.Now().Before(until); {
		if !f.pause(ctx, betweenLooks) {
			return
		}
	}
}

// pause is false where the link, or everything, ended meanwhile.
func (f *finisher) pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-f.over:
	case <-ctx.Done():
	}
	return false
}

// How long the stream may take to come as far as the dump, and how often that is
// looked at.
const (
	longestCatchUp = 30 * time.Second
	betweenLooks   = 20 * time.Millisecond
)
