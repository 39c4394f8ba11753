package text

import (
	"fmt"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/report"
)

// since is the time of the first command that led to a difference: of what is evidence
// of it, or else of who wrote it; zero where neither tells. Of histories that part it is
// when they did: a command that is named, or a client, may be of before, on both sides.
func since(d *diff.Difference) (first time.Time) {
	earlier := func(at time.Time) {
		if !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	for i := range d.Evidence {
		if e := &d.Evidence[i]; (e.Command == nil) == (d.Cause == finding.CauseDifferentHistory) {
			earlier(e.Time)
		}
	}
	for i := range d.WrittenBy {
		if d.Cause != finding.CauseDifferentHistory && (first.IsZero() || d.Cause == finding.CauseLocalWrite) {
			earlier(d.WrittenBy[i].Time)
		}
	}
	return first
}

// sinceWhen says since when the two are apart, and whether they still are, as far as
// streams, dumps, logs and INFO tell.
func (w *diffText) sinceWhen() {
	w.behind()
	w.parted()
}

// parted is sinceWhen of two histories that part, where that is known.
func (w *diffText) parted() {
	v, e := &w.report.Replication, w.ending
	if v.Verdict != diff.DifferentHistory || w.report.Sharded() {
		return
	}
	if at := v.PartedAt; at != nil {
		m, r := w.report.Master.State, w.report.Replica.State
		if m != nil && r != nil && m.Offset >= *at && r.Offset >= *at {
			w.wrapped("since they part: %s of the master's history, %s of the replica's",
				render.Plural(m.Offset-*at, "byte", "bytes"), render.Plural(r.Offset-*at, "byte", "bytes"))
		}
	}
	if e == nil || e.Promoted.IsZero() {
		return
	}
	w.wrapped("parted since: %s, when the replica became a master, by its log; nothing shows that it "+
		"is a replica again, and what either takes makes them differ more", render.Time(e.Promoted))
}

// behind says of a replica that is behind since when, and whether it still is, as far as
// streams, dumps, logs and INFO tell.
func (w *diffText) behind() {
	v := &w.report.Replication
	if v.Verdict == diff.ReplicaBehind && !w.report.Sharded() && !v.StaleOffset {
		w.wrapped("behind since: %s", w.behindSince(v))
		w.wrapped("still behind: %s", w.still())
	}
}

// behindSince is when the replica fell behind, with what the time of its dump leaves
// open.
func (w *diffText) behindSince(v *diff.Replication) string {
	saved := w.saved
	if v.LagFrom.IsZero() {
		text := "no stream here tells when the commands were sent that its dump lacks"
		if then := report.SecondOf(w.report.Master.Created); !then.IsZero() && saved.From.After(then.To) {
			// The master had them when it was saved, and the replica, saved later, had not.
			return "at the latest " + render.Time(then.To) + ", when the master's dump had them all; " + text
		}
		return "not known: " + text
	}
	first := render.Time(v.LagFrom)
	sent := first + ", when the first command was sent that its dump lacks (the last: " + render.Time(v.LagTo) + ")"
	between := "between " + render.Time(saved.From) + " and " + render.Time(saved.To)
	switch {
	case saved.IsZero():
		return sent + "; when it was saved, the dump does not tell"
	case saved.To.Before(v.LagFrom):
		return "not shown: its dump was saved " + between + ", and the first command that it lacks was sent " +
			"later, " + first
	case saved.From.After(v.LagFrom):
		return fmt.Sprintf("%s; by %s or more when the dump was saved", sent,
			saved.From.Sub(v.LagFrom).Round(time.Millisecond))
	}
	return "at the earliest " + sent + "; it was saved " + between
}

// still says whether the replica was still behind where the artefacts end.
func (w *diffText) still() string {
	const unknown = "not known; slave_repl_offset and master_repl_offset in INFO of both tell"
	e := w.ending
	switch {
	case e == nil:
		return unknown
	case !e.Promoted.IsZero():
		return "yes, it became a master itself " + render.Time(e.Promoted)
	case !e.ReplicaEnded.IsZero():
		return "its process ended " + render.Time(e.ReplicaEnded) + ", and is not seen to start again"
	case !e.LinkLost.IsZero():
		return "yes, as far as these files go: the link broke " + render.Time(e.LinkLost) +
			", and nothing shows that it came back"
	case e.LinkUp != nil && *e.LinkUp:
		return "the link was up, by its INFO: what it lacks comes by itself"
	case e.LinkUp != nil:
		return "yes, as far as these files go: the link was down, by its INFO"
	}
	return unknown
}

// appliedBy says what applied the commands, and where that is another server than those
// of the artefacts.
func (w *diffText) appliedBy() {
	r := w.report
	if r.Engine == "" {
		return
	}
	text := "commands of the stream were applied by " + r.Engine
	if named := r.Master.Named(); named != "" && !sameServer(r.Engine, named) {
		text += ", not by " + w.serverText(named) + ": proved means that the same values came out there; " +
			"--engine URL takes another server"
	}
	w.wrapped("%s", text)
}

// sameServer reports whether an engine, "redis-server 7.0.15", is of a version, "7.0.15"
// or "valkey 8.0.1".
func sameServer(engine, version string) bool {
	number, valkey := strings.CutPrefix(version, "valkey ")
	return strings.HasSuffix(engine, " "+number) && strings.HasPrefix(engine, "valkey") == valkey
}
