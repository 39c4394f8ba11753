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
	// Done: it is a master, since At; zero where no log tells.
	Done bool
	At   time.Time
	// Bytes and Commands are those of the master's stream that the replica's dump does not
	// hold, from the offset From to To: behind where the histories part, where they do. Nil
	// where nothing tells.
	Bytes, Commands, From, To *int64
	// Own is how many bytes of a history of its own the replica came to.
	Own *int64
	// Lagging counts keys that differ for what it was not sent yet. Lost counts others of
	// which it does not hold what its master does, LostOnly those of them that only the
	// master holds. Kept counts those of which it holds something of its own, KeptOnly
	// those of them that only it holds. Of a key that both changed both count.
	Lagging, Lost, LostOnly, Kept, KeptOnly int64
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
			t.Bytes, t.Own, t.From, t.To = &bytes, &own, at, &m.Offset
		}
	case r.LagBytes == nil || r.StaleOffset || m == nil || s == nil: // nothing tells
	default:
		bytes := max(*r.LagBytes, 0)
		t.Bytes, t.Commands, t.From, t.To = &bytes, r.LagCommands, &s.Offset, &m.Offset
		if bytes == 0 {
			t.Commands = nil
		}
	}
	return &t
}

// Text is all of it in sentences, without the last stop.
func (t *Takeover) Text() string {
	lost := t.lost()
	var all []string
	switch {
	case t.Done && t.At.IsZero():
		all = append(all, "It did")
	case t.Done:
		all = append(all, "It did, at "+stamp(t.At))
	}
	switch {
	case len(lost) == 0 && t.Kept == 0 && !t.Done:
		return "Nothing that these files show would be lost"
	case len(lost) == 0:
	case t.Done:
		all = append(all, "As long as it stays the master, lost are "+strings.Join(lost, "; and "))
	default:
		all = append(all, "Lost would be "+strings.Join(lost, "; and "))
	}
	if t.Bytes == nil {
		all = append(all, "How much of its master's stream it lacks is not known")
	}
	if t.Kept > 0 {
		counts := "would count"
		if t.Done {
			counts = "counts"
		}
		all = append(all, fmt.Sprintf("Of %s, what it holds by itself %s then%s", plural(t.Kept, "key", "keys"), counts,
			alone(t.KeptOnly, t.Kept, "replica")))
	}
	return strings.Join(all, ". ")
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

// count takes a difference.
func (t *Takeover) count(d *diff.Difference) {
	lost, kept := int64(0), int64(0)
	switch d.Cause {
	case finding.CauseExpired:
		return
	case finding.CauseLag:
		t.Lagging++
		return
	case finding.CauseLocalWrite:
		kept = 1
	case finding.CauseDifferentHistory:
		lost, kept = 1, 1
		switch sideThatWrote(d) {
		case string(Master):
			kept = 0
		case string(Replica):
			lost = 0
		}
	default:
		lost = 1
	}
	t.Lost, t.Kept = t.Lost+lost, t.Kept+kept
	switch d.Kind {
	case diff.MissingOnReplica:
		t.LostOnly += lost
	case diff.ExtraOnReplica:
		t.KeptOnly += kept
	}
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
