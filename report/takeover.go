package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
)

// A Takeover is what would be lost if the replica became the master now, as its dump is,
// or what is, where it has.
type Takeover struct {
	// Done: it is a master, since At; zero where no log tells, or it is none.
	Done bool
	At   time.Time
	// Bytes and Commands are those of the master's stream that the replica's dump does not
	// hold, from the offset From to To: behind where the histories part, where they do. Nil
	// where nothing tells, or, but for Bytes, there are none.
	Bytes, Commands, From, To *int64
	// Own is how many bytes of a history of its own the replica came to.
	Own *int64
	// Lagging counts keys that differ for what it was not sent yet. Lost counts others of
	// which it does not hold what its master does, LostOnly those of them that only the
	// master holds. Kept counts those of which it holds something of its own, KeptOnly
	// those of them that only it holds. Of a key that both hold both count, but where the
	// histories part and one side alone wrote it.
	Lagging, Lost, LostOnly, Kept, KeptOnly int64
	// LostLibraries counts function libraries of which the replica does not hold what its
	// master does, LostLibrariesOnly those of them that only the master holds.
	LostLibraries, LostLibrariesOnly int64
	// Since: beside all that, what the master wrote since their link broke, or the replica
	// was promoted, would be lost.
	Since bool
	// Cut are the sides whose dump could not be read to its end: keys behind that are not
	// counted. Filtered: nor are those that a filter left out.
	Cut      []Role
	Filtered bool
}

// Takeover is what a promotion of the replica would lose; nil where the two are not
// compared, or a side is several dumps.
func (a *Account) Takeover() *Takeover {
	if a.Diff == nil || a.Diff.Sharded() {
		return nil
	}
	t := a.Tally.takeover
	r := &a.Diff.Replication
	m, s := a.Diff.Master.State, a.Diff.Replica.State
	switch {
	case r.Verdict == diff.DifferentHistory:
		p := a.Parting()
		if t.Done = p.Promoted == Replica; t.Done {
			t.At = p.Time
		}
		if at := r.PartedAt; at != nil && m != nil && s != nil && m.Offset >= *at && s.Offset >= *at {
			bytes, own := m.Offset-*at, s.Offset-*at
			t.Bytes, t.Own = &bytes, &own
			if bytes > 0 {
				t.From, t.To = at, &m.Offset
			}
		}
	case r.LagBytes == nil || r.StaleOffset || m == nil || s == nil: // nothing tells
	default:
		bytes := max(*r.LagBytes, 0)
		if t.Bytes = &bytes; bytes > 0 {
			t.Commands, t.From, t.To = r.LagCommands, &s.Offset, &m.Offset
		}
	}
	if r.Verdict != diff.DifferentHistory {
		t.Done, t.At = !a.Ending.Promoted.IsZero(), a.Ending.Promoted
	}
	t.Since = a.wroteSince(t.Done)
	t.uncounted(a.Diff)
	return &t
}

// wroteSince reports whether the master may have written what neither dump shows, and the
// replica did not get: where the link was down as the files end, and the master did not
// end with it. Of a replica that is a master the two histories show it, where they part.
func (a *Account) wroteSince(done bool) bool {
	e := a.Ending
	from := e.LinkLost
	if done {
		from = e.Promoted
	}
	if done && a.Diff.Replication.Verdict == diff.DifferentHistory || !done && !e.LinkDown() {
		return false
	}
	return e.MasterEnded.IsZero() || e.MasterEnded.Sub(from) > sameMoment
}

// uncounted takes what no count of keys shows.
func (t *Takeover) uncounted(d *diff.Report) {
	for i := range d.Libraries {
		switch d.Libraries[i].Kind {
		case diff.ExtraOnReplica:
		case diff.MissingOnReplica:
			t.LostLibraries, t.LostLibrariesOnly = t.LostLibraries+1, t.LostLibrariesOnly+1
		default:
			t.LostLibraries++
		}
	}
	if !whole(d.Master) {
		t.Cut = append(t.Cut, Master)
	}
	if !whole(d.Replica) {
		t.Cut = append(t.Cut, Replica)
	}
	t.Filtered = d.Filtered
}

// Text is all of it in sentences, without the last stop.
func (t *Takeover) Text() string {
	would, wins, is := "would be", "would win", "are"
	if t.Done {
		would, wins = "is", "wins"
	}
	var all []string
	switch {
	case t.Done && t.At.IsZero():
		all = append(all, "It did")
	case t.Done:
		all = append(all, "It did, at "+stamp(t.At))
	}
	switch lost := t.lost(); {
	case len(lost) == 0 && t.Kept == 0:
		all = append(all, "Nothing that these files show "+would+" lost")
	case len(lost) == 0:
	case t.Done:
		if len(lost) == 1 && strings.HasPrefix(lost[0], "what ") {
			is = "is"
		}
		all = append(all, "While it stays the master, "+strings.Join(lost, " and ")+" "+is+" lost")
	default:
		all = append(all, "Lost would be "+strings.Join(lost, "; and "))
	}
	if t.Bytes == nil {
		all = append(all, "How much of its master's stream it lacks is not known")
	}
	if t.Kept > 0 {
		all = append(all, fmt.Sprintf("For %s the replica's own value %s%s", plural(t.Kept, "key", "keys"), wins,
			alone(t.KeptOnly, t.Kept, "replica")))
	}
	return strings.Join(append(all, t.limits(would)...), ". ")
}

// limits say what the counts leave out.
func (t *Takeover) limits(would string) (all []string) {
	for _, side := range t.Cut {
		all = append(all, "The "+string(side)+"'s dump is not whole: keys behind where it ends are not counted")
	}
	if t.Filtered {
		all = append(all, "Keys that a filter left out are not counted")
	}
	switch {
	case t.Since && t.Done:
		all = append(all, "That is as of the dumps: what its master wrote since the promotion is lost too")
	case t.Since:
		all = append(all, "That is as of the dumps: what its master wrote since the link broke "+would+" lost too")
	}
	return all
}

// lost are the parts of what is lost with the master.
func (t *Takeover) lost() (parts []string) {
	if t.Bytes != nil && *t.Bytes > 0 {
		bytes := plural(*t.Bytes, "byte", "bytes") + " of its master's stream"
		where := "offsets " + strconv.FormatInt(*t.From, 10) + " to " + strconv.FormatInt(*t.To, 10)
		if t.Lagging > 0 {
			where += "; " + plural(t.Lagging, "key", "keys")
		}
		switch {
		case t.Done:
			parts = append(parts, bytes+" ("+where+")")
		case t.Commands != nil:
			parts = append(parts, fmt.Sprintf("%s that its dump lacks (%s, %s)", plural(*t.Commands, "command", "commands"),
				bytes, where))
		default:
			parts = append(parts, bytes+" that its dump lacks ("+where+")")
		}
	} else if t.Lagging > 0 {
		parts = append(parts, "what it was not sent yet of "+plural(t.Lagging, "key", "keys"))
	}
	if t.Lost > 0 {
		keys := plural(t.Lost, "key", "keys")
		if len(parts) > 0 && !t.Done {
			keys = plural(t.Lost, "more key", "more keys")
		}
		parts = append(parts, "what the master holds of "+keys+alone(t.LostOnly, t.Lost, "master"))
	}
	if n := t.LostLibraries; n > 0 {
		parts = append(parts, "what the master holds of "+plural(n, "function library", "function libraries")+
			alone(t.LostLibrariesOnly, n, "master"))
	}
	return parts
}

// alone says how many of some keys one side alone holds; "" where it is none.
func alone(n, of int64, side string) string {
	switch n {
	case 0:
		return ""
	case of:
		return " (on the " + side + " alone)"
	}
	return fmt.Sprintf(" (%s on the %s alone)", number(n), side)
}

// number is one with separators between its thousands.
func number(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

// count takes a difference: what the master holds of a key goes with it, and what the
// replica holds stays, whatever the cause. Of what both hold of histories that part, it is
// the side that wrote it that has something of its own.
func (t *Takeover) count(d *diff.Difference) {
	lost, kept := int64(1), int64(1)
	switch {
	case d.Cause == finding.CauseExpired:
		return
	case d.Cause == finding.CauseLag:
		t.Lagging++
		return
	case d.Kind == diff.MissingOnReplica:
		kept = 0
		t.LostOnly++
	case d.Kind == diff.ExtraOnReplica:
		lost = 0
		t.KeptOnly++
	case d.Cause == finding.CauseDifferentHistory:
		switch sideThatWrote(d) {
		case string(Master):
			kept = 0
		case string(Replica):
			lost = 0
		}
	}
	t.Lost, t.Kept = t.Lost+lost, t.Kept+kept
}

// sideThatWrote is the one that changed a key after the histories parted; "" where both
// did, or nothing tells.
func sideThatWrote(d *diff.Difference) string {
	for i := range d.Evidence {
		if e := &d.Evidence[i]; e.Code == finding.EvidenceSideWrote {
			return e.Side
		}
	}
	return ""
}
