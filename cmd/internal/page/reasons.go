package page

import (
	"fmt"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/divergence"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/report"
)

// reasons are why keys differ, as far as that is known of all of them.
func (b *builder) reasons() []report.Counted { return b.r.Tally.Reasons() }

// title says what a reason is, in words.
func title(why report.Reason) string {
	if row, ok := divergence.ByName(why.Way); ok {
		return row.Title
	}
	if why.Way == string(finding.CommandRefused) {
		return "the replica refused commands that its master sent, and did without them"
	}
	if e, ok := finding.Explain(string(why.Cause)); ok {
		return e.Title
	}
	return ""
}

// why names the reasons in words, and how sure they are.
func (b *builder) why() {
	if b.r.Diff == nil || b.r.Verdict.Keys == 0 {
		return
	}
	if !b.r.Verdict.Sided {
		b.answer("Why?", "Nothing tells which of the two dumps is the master's: no cause is named.")
		return
	}
	var parts []string
	all := b.reasons()
	for _, c := range all {
		name := string(c.Cause)
		if c.Way != "" {
			name += ", by way of " + c.Way
		}
		keys := render.Plural(c.Keys, "key", "keys")
		text := fmt.Sprintf("%s: %s (%s; %s)", keys, title(c.Reason), name, b.how(&c))
		if len(all) > 1 && !c.Since.IsZero() {
			text += ", first at " + render.Time(c.Since)
		}
		text += b.allowed(&c)
		parts = append(parts, text+".")
	}
	b.answer("Why?", "%s", strings.Join(parts, "\n"))
}

// allowed is what the servers say of themselves that let it come to this.
func (b *builder) allowed(c *report.Counted) string {
	switch {
	case c.Way == string(finding.CommandRefused):
		return b.whyRefused()
	case c.Cause == finding.CauseLocalWrite && b.r.Ending.Writable:
		return ". The replica's INFO has slave_read_only:0: it takes writes of clients"
	}
	return ""
}

// how sure a reason is, and of what is likely why it is no more.
func (b *builder) how(c *report.Counted) string {
	switch {
	case c.Cause == finding.CauseUnexplained:
		return "the artefacts don't tell why"
	case c.Proved == c.Keys:
		return "proved"
	case c.Proved > 0:
		return fmt.Sprintf("%s proved; likely of the others: %s", render.Count(c.Proved), b.doubt(c))
	}
	return "likely, not proved: " + b.doubt(c)
}

// doubt is what a likely reason lacks to be proved.
func (b *builder) doubt(c *report.Counted) string {
	if text := c.Doubt.Doubt(); text != "" {
		return text
	}
	switch c.Cause {
	case finding.CauseDifferentHistory:
		return "what each side wrote since is in no whole recording"
	case finding.CauseLag:
		return "how far the replica had come is not told by itself"
	case finding.CauseNotPropagated:
		return "nothing here shows for certain what changed the master"
	case finding.CauseLocalWrite:
		return "nothing here shows for certain what changed the replica"
	case finding.CauseReEvaluated:
		if c.Way != string(finding.CommandRefused) {
			return "that servers may do so is known, and not that these did"
		}
		if b.r.Ending.Refused > 0 {
			return "the log names the commands, and not each of their keys"
		}
		return "no log here says that it was refused"
	}
	return "the evidence of each key says what is open"
}

// mostWriters is how many clients the verdict names.
const mostWriters = 3

// writers names the clients whose writes are what differs, who made most first.
func (b *builder) writers() {
	t := &b.r.Tally
	if t.Named == 0 {
		return
	}
	text := b.mostOf(t.Clients())
	if t.Shared > 0 {
		text += fmt.Sprintf("; %s by several of them", render.Plural(t.Shared, "key", "keys"))
	}
	if t.BothSides > 0 {
		text += fmt.Sprintf("; %s on both sides", render.Plural(t.BothSides, "key", "keys"))
	}
	if t.OneSided > 0 {
		text += fmt.Sprintf("; %s changed on both sides, and who did on the other is not known",
			render.Plural(t.OneSided, "key", "keys"))
	}
	if left := t.Unnamed + t.Unwritten; left > 0 {
		text += fmt.Sprintf("; of %s nothing tells", render.Plural(left, "key", "keys"))
	}
	b.answer("Who wrote that?", "%s.", text)
}

// mostOf names those with most keys, and counts the others.
func (b *builder) mostOf(clients []report.Client) string {
	var names []string
	for _, c := range clients[:min(len(clients), mostWriters)] {
		names = append(names, fmt.Sprintf("%s (%s)", b.who(&c), render.Plural(c.Keys, "key", "keys")))
	}
	if more := len(clients) - len(names); more > 0 {
		names = append(names, render.Plural(int64(more), "other client", "other clients"))
	}
	return strings.Join(names, ", ")
}

// whoAll are the clients that wrote a key.
func (b *builder) whoAll(d *diff.Difference) string {
	var names []string
	for _, c := range report.ClientsOf(d) {
		names = append(names, b.who(&c))
	}
	return strings.Join(names, ", ")
}
