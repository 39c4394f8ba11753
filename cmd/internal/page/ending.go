package page

import (
	"fmt"
	"slices"
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

// goesOn says whether the two go on to differ; "" where no stream is there to tell.
func (b *builder) goesOn() string {
	e, losing := &b.r.Ending, b.r.Verdict.LosingWrites
	limit := e.Refused > 0 && e.OutOfMemory && !e.UnknownName && !e.Denied && e.MaxMemory != nil &&
		!b.losesOtherwise()
	same := b.r.Verdict.Consistent
	quiet := same != nil && *same && (losing == nil || !*losing)
	switch {
	case e.Parted || e.BothMasters:
		return "It goes on until one of the two is the other's " +
			"replica again: what either takes " +
			"makes them differ more, and a full sync throws the writes of one away"
	case quiet && e.Writable:
		return "Nothing differs; but by its INFO (slave_read_only:0) the " +
			"replica takes writes of clients, each of which " +
			"makes the two differ"
	case quiet:
		return ""
	case (losing == nil || *losing) && limit && *e.MaxMemory == 0:
		return "Nothing shows that it does: the replica's last refusal in its log is of " + render.Time(e.RefusedAt) +
			", and its INFO of later says maxmemory:0, which is no limit" + b.takesWrites()
	case (losing == nil || *losing) && limit:
		return fmt.Sprintf("It may: the replica's last refusal in its log is of "+
			"%s, and by its INFO of later it has a "+
			"limit still, maxmemory:%d", render.Time(e.RefusedAt), *e.MaxMemory)
	case losing == nil && e.Refused > 0:
		return "Not known: the replica's log has refusals up to " + render.Time(e.RefusedAt) +
			". Its log of later tells whether more came" + b.room()
	case losing == nil && b.r.Replay != nil:
		return "Not known: the files don't hold all that the " +
			"replica was sent, or what it held as it " +
			"came back; what would tell is below" + b.takesWrites()
	case losing == nil:
		return ""
	case *losing && e.Refused > 0:
		return "Nothing shows that it stopped: the last refusal in its log is of " +
			render.Time(e.RefusedAt)
	case *losing:
		return "Yes: the replica was still losing writes when the recording ended"
	case !e.LinkLost.IsZero():
		return "Nothing shows that the replica loses writes; but while its " +
			"link is down it gets none of its master's"
	case e.Writable:
		return "It can at any time: by its INFO (slave_read_only:0) the " +
			"replica takes writes of clients, each of " +
			"which makes the two differ. Nothing shows that it loses its master's"
	}
	return "Nothing shows that it does"
}

// losesOtherwise reports whether writes were lost for anything but a command that the
// replica refused.
func (b *builder) losesOtherwise() bool {
	return b.r.Replay != nil && slices.ContainsFunc(b.r.Replay.Findings, func(f finding.Finding) bool {
		lost := f.Code == finding.ScriptMissing || f.Code == finding.SelectLost || f.Code == finding.FunctionMissing
		return lost && f.Severity == finding.Error
	})
}

// takesWrites adds that clients can write to the replica.
func (b *builder) takesWrites() string {
	if !b.r.Ending.Writable {
		return ""
	}
	return ". But by its INFO (slave_read_only:0) it takes writes of clients"
}

// room adds how to see whether a replica that lacked memory has it.
func (b *builder) room() string {
	if !b.r.Ending.OutOfMemory {
		return ""
	}
	return ", CONFIG GET maxmemory there whether it has room"
}
