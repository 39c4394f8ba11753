package report

import (
	"strconv"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/diff"
)

// A Parting is where the histories of two servers part, and how far either went on.
type Parting struct {
	// Offset is the last that they share; nil where nothing tells it.
	Offset *int64
	Time   time.Time // zero where no log tells
	// Promoted is the side that became a master then; Unknown where nothing tells.
	Promoted Role
	// Master and Replica are how many bytes of a history of its own each wrote since, as
	// its dump has it; nil where that is not known.
	Master, Replica *int64
}

// Parting is where the histories part; nil where they are one, or not known.
func (a *Account) Parting() *Parting {
	if a.Diff == nil || a.Diff.Replication.Verdict != diff.DifferentHistory || a.Diff.Sharded() {
		return nil
	}
	r := &a.Diff.Replication
	p := &Parting{Offset: r.PartedAt, Time: r.PartedTime, Promoted: Role(r.Promoted)}
	if p.Promoted == "" {
		p.Promoted = Unknown
	}
	if at := a.Ending.Promoted; !at.IsZero() && (p.Time.IsZero() || p.Promoted == Replica && at.Sub(p.Time).Abs() <= sameMoment) {
		p.Time, p.Promoted = at, Replica // its new id is a line of the log of its own, some milliseconds before
	}
	m, s := a.Diff.Master.State, a.Diff.Replica.State
	if at := r.PartedAt; at != nil && m != nil && s != nil && m.Offset >= *at && s.Offset >= *at {
		master, replica := m.Offset-*at, s.Offset-*at
		p.Master, p.Replica = &master, &replica
	}
	return p
}

// Text says where they part, when, and how far either went on; "" where nothing of that
// is known.
func (p *Parting) Text() string {
	if p == nil {
		return ""
	}
	var all []string
	if !p.Time.IsZero() {
		who := map[Role]string{Replica: "the replica", Master: "what is the master now"}[p.Promoted]
		all = append(all, stamp(p.Time)+", when "+who+" was promoted, by its log")
	}
	if p.Offset != nil {
		all = append(all, "at offset "+strconv.FormatInt(*p.Offset, 10))
	}
	text := strings.Join(all, ", ")
	if p.Master != nil {
		text += "; since then " + plural(*p.Master, "byte", "bytes") + " of the master's history, " +
			number(*p.Replica) + " of the replica's own"
	}
	return strings.TrimPrefix(text, "; ")
}
