package replay

import (
	"slices"
	"time"

	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/replay/session"
)

// Promoted and Demoted are the outcomes of what is no command: the replica became a
// master, or a replica again, as its log has it. Args of the first are the id of the
// history that it began.
const (
	Promoted Outcome = "promoted"
	Demoted  Outcome = "demoted"
)

// addLife puts into the history of the keys when the replica was promoted, and when it was
// made a replica again.
func (r *runner) addLife(report *Report) {
	if r.options.Key == nil {
		return
	}
	terms := r.options.Facts.Promotions()
	for i := range terms {
		t := &terms[i]
		c := r.promotedBehind(t)
		if c == nil && t.Restarted {
			continue
		}
		if c == nil && !slices.ContainsFunc(r.sides, func(d *sideDump) bool { return d.ID == t.ID || d.ID == t.From }) {
			continue // of other servers
		}
		link := 0
		if c != nil {
			link = r.links[c].Index
		}
		row := Touch{Offset: t.Shared, Byte: record.Unknown, Time: t.Began, DB: record.Unknown, ReplicaDB: record.Unknown,
			History: t.From, Outcome: Promoted, Args: [][]byte{[]byte(t.ID)}}
		report.insert(row, link)
		if !t.Ended.IsZero() {
			row.Offset, row.Time, row.History, row.Outcome, row.Args = t.Reached, t.Ended, t.ID, Demoted, nil
			report.insert(row, link)
		}
	}
}

// promotedBehind is the connection on or after which a time as a master began; nil where
// that is none of the plan.
func (r *runner) promotedBehind(t *repl.Term) *session.Connection {
	for _, rep := range r.plan.Replicas {
		for _, c := range rep.Connections {
			if c.Until != nil && c.Until.ID == t.ID && c.Until.Shared == t.Shared {
				return c
			}
		}
	}
	return nil
}

// insert puts a row that belongs to no link before what came later: on other links than
// the one of that index, behind its offset there, or by the clock.
func (r *Report) insert(row Touch, link int) {
	later := func(t Touch) bool {
		switch {
		case t.Client != nil:
			return !row.Time.IsZero() && !t.Time.Before(row.Time)
		case t.Outcome == Promoted || t.Outcome == Demoted: // the log has them in order
			return t.Time.After(row.Time)
		case t.Link == 0 || link == 0:
			return link == 0 && behind(r, &t, row.Time)
		case t.Link == link:
			return row.Outcome == Promoted && known(t.Offset) && known(row.Offset) && t.Outcome != Loaded &&
				t.Outcome != Started && t.Offset >= row.Offset
		}
		return t.Link > link
	}
	at := slices.IndexFunc(r.Touches, later)
	if row.Time.IsZero() && link > 0 { // nothing tells what of the clients' came before
		at = 1 + lastIndex(r.Touches, func(t Touch) bool {
			return t.Link > 0 && (t.Link < link || t.Link == link && !later(t))
		})
	}
	if at < 0 {
		at = len(r.Touches)
	}
	r.Touches = slices.Insert(r.Touches, at, row)
}

// lastIndex is that of the last row that is so; negative for none.
func lastIndex(all []Touch, is func(Touch) bool) int {
	for i := len(all) - 1; i >= 0; i-- {
		if is(all[i]) {
			return i
		}
	}
	return -1
}

// behind reports whether what came over a link is of after a time.
func behind(r *Report, t *Touch, at time.Time) bool {
	when := t.Time
	if when.IsZero() && t.Link > 0 {
		when = r.Links[t.Link-1].Began
	}
	return !when.IsZero() && !at.IsZero() && !when.Before(at)
}
