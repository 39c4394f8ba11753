package collect

import (
	"errors"
	"time"

	"github.com/redsleuth/redsleuth/parse/info"
)

// A request is for a part of a stream.
type request struct {
	id string
	// from is the first byte that is asked for, last the last one that is
	// sure to be there.
	from, last int64
	// misaligned: from may be within a command.
	misaligned bool
}

// Why a backlog is not asked for. Each would set off a full resync.
var (
	errNoBacklog = errors.New("the server keeps no backlog: no replica has been there since it started")
	errEmpty     = errors.New("the backlog is empty: nothing was written since it was made")
	errNoID      = errors.New("INFO doesn't tell the replication id, so that only a full sync could be asked for")
	errTooFast   = errors.New("the backlog moves too fast: what it holds now would be gone before the request is answered, and a full sync set off")
)

// leadTime is how long after the second INFO the request may be looked at, and
// leastRoom what is left free in any case, in bytes.
const (
	leadTime  = 3 * time.Second
	leastRoom = 16 << 10
)

// backlogRequest is for all that the backlog holds but for the room that what
// is written meanwhile will take; two INFOs, so long apart, tell how much.
func backlogRequest(first, second *info.Info, apart time.Duration) (request, error) {
	b := second.Backlog
	r, err := streamRequest(second)
	switch {
	case err != nil:
		return r, err
	case b.Active != nil && !*b.Active, b.FirstByte == nil, b.Length == nil:
		return r, errNoBacklog
	case *b.Length == 0:
		return r, errEmpty
	}
	written := int64(0)
	if first.MasterOffset != nil {
		written = max(0, *second.MasterOffset-*first.MasterOffset)
	}
	rate := float64(written) / max(apart.Seconds(), 1e-3)
	room := int64(rate*leadTime.Seconds()) + leastRoom
	free := int64(0)
	if b.Size != nil {
		free = max(0, *b.Size-*b.Length)
	}
	skip := max(0, room-free)
	if written == 0 && free > 0 {
		skip = 0
	}
	if skip >= *b.Length {
		return r, errTooFast
	}
	r.from = *b.FirstByte + skip
	r.misaligned = skip > 0 || free == 0
	return r, nil
}

// streamRequest is for what comes next.
func streamRequest(i *info.Info) (request, error) {
	id := i.ReplicationID
	if id == "" && i.Role == "master" {
		id = i.RunID // before 4.0
	}
	if id == "" || i.MasterOffset == nil {
		return request{}, errNoID
	}
	return request{id: id, from: *i.MasterOffset + 1, last: *i.MasterOffset}, nil
}
