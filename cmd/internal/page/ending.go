package page

import (
	"fmt"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/finding"
)

// ending says how things stood where the files end.
func (b *builder) ending() {
	e := &b.r.Ending
	var parts []string
	say := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	switch {
	case e.Parted && !e.Promoted.IsZero():
		say("Two masters: the replica was made one at %s, and stayed one", render.Time(e.Promoted))
	case e.Parted:
		say("Two masters, as the ids of their histories tell")
	case e.BothMasters:
		say("Both servers are masters by their INFO")
	case e.Unsettled() && !e.Promoted.IsZero():
		say("By its log the replica was made a master at %s, by its INFO it is a replica, and nothing here tells which "+
			"is the later", render.Time(e.Promoted))
	case e.Unsettled():
		say("The link between the two broke at %s by the log, was up by the replica's INFO, and nothing here tells "+
			"which is the later", render.Time(e.LinkLost))
	case !e.Promoted.IsZero():
		say("The replica was made a master at %s, and stayed one", render.Time(e.Promoted))
	case !e.LinkLost.IsZero() && e.LinkError != "":
		say("The link between the two broke at %s, and the replica "+
			"could not reach its master again: %s, at %s",
			render.Time(e.LinkLost), b.f.Text([]byte(e.LinkError)), render.Time(e.LinkErrorAt))
	case !e.LinkLost.IsZero():
		say("The link between the two broke at %s, and nothing here shows that it came back",
			render.Time(e.LinkLost))
	case e.LinkUp != nil && *e.LinkUp:
		say("The replica's INFO says that its link was up")
	case e.LinkUp != nil:
		say("The replica's INFO says that its link was down")
	}
	if !e.MasterEnded.IsZero() {
		say("The master's process ended at %s", render.Time(e.MasterEnded))
	}
	if !e.ReplicaEnded.IsZero() {
		say("The replica's process ended at %s", render.Time(e.ReplicaEnded))
	}
	if len(parts) > 0 {
		b.answer("How did it end?", "%s.", strings.Join(parts, ". "))
	}
}

// discarded says what a replica had that a full resync took away, unseen.
func (b *builder) discarded() {
	if b.r.Replay == nil {
		return
	}
	var bytes int64
	var known []string
	for i := range b.r.Replay.Findings {
		f := &b.r.Replay.Findings[i]
		if f.Code == finding.WritesDiscarded {
			known = append(known, sentence(f.Message)+b.keysOf(f))
		}
		if f.Code == finding.OffsetGap && f.Severity == finding.Info && f.Bytes > 0 && b.resynced(f) {
			bytes += f.Bytes
		}
	}
	switch {
	case len(known) > 0:
		b.answer("Was anything thrown away?", "Yes. %s.", strings.Join(known, ". "))
	case bytes > 0:
		b.answer("Was anything thrown away?", "Perhaps: the replica had %s of a stream of its own that no file "+
			"here holds and no backlog has now, and a full sync replaced whatever they changed.",
			render.Plural(bytes, "byte", "bytes"))
	}
}

// keysOf names the first keys of a finding; "" for none.
func (b *builder) keysOf(f *finding.Finding) string {
	var names []string
	for _, k := range f.Keys[:min(len(f.Keys), mostPlaces)] {
		names = append(names, b.cut(k))
	}
	if len(names) == 0 {
		return ""
	}
	if more := len(f.Keys) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return ": " + strings.Join(names, ", ")
}

// resynced reports whether the link of a finding began with a full sync.
func (b *builder) resynced(f *finding.Finding) bool {
	for _, l := range b.r.Replay.Links {
		if l.Number == f.Link && (f.Path == "" || l.Path == f.Path) {
			return l.Found() == "full"
		}
	}
	return false
}

// losses says what was lost and made good, and whether it goes on.
func (b *builder) losses() {
	if n := int64(len(b.r.Verdict.Healed)); n > 0 {
		b.answer("Was anything lost and made good?", "Yes: %s, and a full sync or what the master "+
			"wrote since made it good.", render.Plural(n, "write was lost", "writes were lost"))
	}
	if text := b.goesOn(); text != "" {
		b.answer("Does it go on?", "%s.", text)
	}
}

// goesOn says of each of what led there whether it goes on, a line each; "" where there is
// nothing to say.
func (b *builder) goesOn() string {
	var lines []string
	for _, o := range b.r.Account().GoesOn() {
		about := o.About
		if len(o.Commands) > 0 {
			var names []string
			for _, c := range o.Commands {
				names = append(names, b.f.CommandText(c))
			}
			about = strings.Join(names, ", ") + ", " + about
		}
		lines = append(lines, sentence(about)+": "+o.Says()+"; "+o.Text)
	}
	return strings.Join(lines, ".\n")
}

// takeover says what a promotion of the replica would lose, or has lost.
func (b *builder) takeover() {
	t := b.r.Account().Takeover()
	if t == nil || !b.r.Verdict.Sided {
		return
	}
	question := "And if the replica took over now?"
	if t.Done {
		question = "And the replica that took over?"
	}
	b.answer(question, "%s.", t.Text())
}
