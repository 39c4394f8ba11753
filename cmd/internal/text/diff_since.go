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

// sinceWhen says since when the two are apart, whether it goes on, and what a promotion of
// the replica would lose, as far as streams, dumps, logs and INFO tell.
func (w *diffText) sinceWhen() {
	if w.report.Sharded() {
		return
	}
	v := &w.report.Replication
	if v.Verdict == diff.ReplicaBehind && !v.StaleOffset {
		w.wrapped("behind since: %s", w.behindSince(v))
	}
	if p := w.account.Parting().Text(); p != "" {
		w.wrapped("parted since: %s", p)
	}
	outlooks := w.account.GoesOn()
	if len(outlooks) > 0 && outlooks[0].About == report.AboutLag && !v.StaleOffset {
		w.wrapped("still behind: %s; %s", outlooks[0].Says(), outlooks[0].Text)
		outlooks = outlooks[1:]
	}
	if w.folder {
		w.goesOn(outlooks)
		w.takeover()
	}
}

// goesOn says of each of what led there whether it goes on.
func (w *diffText) goesOn(all []report.Outlook) {
	if len(all) > 0 {
		w.line("does it go on?")
	}
	for _, o := range all {
		w.wrapped("- %s%s: %s; %s", o.About, w.commands(o.Commands), o.Says(), o.Text)
	}
}

// takeover says what a promotion of the replica would lose, or has lost.
func (w *diffText) takeover() {
	switch t := w.account.Takeover(); {
	case t == nil:
	case t.Done:
		w.wrapped("and the replica that took over? %s", t.Text())
	default:
		w.wrapped("and if the replica took over now? %s", t.Text())
	}
}

// commands names some in brackets; "" for none.
func (w *diffText) commands(all []string) string {
	if len(all) == 0 {
		return ""
	}
	var names []string
	for _, c := range all {
		names = append(names, w.Bytes.CommandText(c))
	}
	return " (" + strings.Join(names, ", ") + ")"
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
	sent := first + ", when the first command was sent that its dump lacks"
	if !v.LagTo.IsZero() {
		sent += " (the last: " + render.Time(v.LagTo) + ")"
	}
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
