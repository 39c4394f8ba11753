package page

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/divergence"
	"github.com/redsleuth/redsleuth/finding"
)

// A reason is a cause, and the way in which it came about where its evidence names
// one: a row of the catalogue of divergences, or a finding.
type reason struct {
	cause finding.Cause
	way   string // "" for none
}

// A counted reason is one with the keys that differ for it.
type counted struct {
	reason
	keys, proved int64
	since        time.Time // of the first command that led to it; zero where none tells
}

func reasonOf(d *diff.Difference) reason {
	for i := range d.Evidence {
		switch e := &d.Evidence[i]; {
		case e.Divergence != "":
			return reason{d.Cause, e.Divergence}
		case e.Code == finding.EvidenceCommandRefused:
			return reason{d.Cause, string(e.Code)}
		}
	}
	return reason{d.Cause, ""}
}

// reasons are why keys differ, most keys first; what differs by expiry alone is no
// fault, and left out. What is not listed is counted by its cause.
func (b *builder) reasons() []counted {
	counts := map[reason]*counted{}
	left := maps.Clone(b.r.Verdict.Causes)
	for _, d := range b.r.Diff.Differences {
		why := reasonOf(d)
		c := counts[why]
		if c == nil {
			c = &counted{reason: why}
			counts[why] = c
		}
		c.keys++
		left[d.Cause]--
		c.first(d)
		if d.Confidence == finding.Proved {
			c.proved++
		}
	}
	for cause, n := range left {
		if n > 0 {
			why := reason{cause: cause}
			if counts[why] == nil {
				counts[why] = &counted{reason: why}
			}
			counts[why].keys += n
		}
	}
	delete(counts, reason{cause: finding.CauseExpired})
	all := make([]counted, 0, len(counts))
	for _, c := range counts {
		all = append(all, *c)
	}
	slices.SortFunc(all, func(x, y counted) int {
		return cmp.Or(cmp.Compare(y.keys, x.keys), strings.Compare(string(x.cause), string(y.cause)),
			strings.Compare(x.way, y.way))
	})
	return all
}

// first moves the time back to that of the first command behind a difference.
func (c *counted) first(d *diff.Difference) {
	for i := range d.Evidence {
		e := &d.Evidence[i]
		tells := e.Command != nil || c.cause == finding.CauseDifferentHistory
		if tells && !e.Time.IsZero() && (c.since.IsZero() || e.Time.Before(c.since)) {
			c.since = e.Time
		}
	}
}

// title says what a reason is, in words.
func (why reason) title() string {
	if row, ok := divergence.ByName(why.way); ok {
		return row.Title
	}
	if why.way == string(finding.CommandRefused) {
		return "the replica refused commands that its master sent, and did without them"
	}
	if e, ok := finding.Explain(string(why.cause)); ok {
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
		name := string(c.cause)
		if c.way != "" {
			name += ", " + c.way
		}
		keys := render.Plural(c.keys, "key", "keys")
		text := fmt.Sprintf("%s: %s (%s; %s)", keys, c.title(), name, c.how())
		if len(all) > 1 && !c.since.IsZero() {
			text += ", first at " + render.Time(c.since)
		}
		text += b.allowed(&c)
		parts = append(parts, text)
	}
	b.answer("Why?", "%s.", strings.Join(parts, ". "))
}

// allowed is what the servers say of themselves that let it come to this.
func (b *builder) allowed(c *counted) string {
	switch {
	case c.way == string(finding.CommandRefused) && b.r.Ending.OutOfMemory:
		return ". The replica's log says that its memory was at the limit, maxmemory (OOM)"
	case c.cause == finding.CauseLocalWrite && b.r.Ending.Writable:
		return ". The replica's INFO has slave_read_only:0: it takes writes of clients"
	}
	return ""
}

// how sure a reason is.
func (c *counted) how() string {
	switch {
	case c.cause == finding.CauseUnexplained:
		return "the artefacts don't tell why"
	case c.proved == c.keys:
		return "proved"
	case c.proved > 0:
		return fmt.Sprintf("%s proved, the others likely", render.Count(c.proved))
	}
	return "likely, not proved"
}

// mostWriters is how many clients the verdict names.
const mostWriters = 3

// writers names the clients whose writes are what differs, who made most first.
func (b *builder) writers() {
	if b.r.Diff == nil {
		return
	}
	keys, all, shared := map[string]int{}, int64(0), int64(0)
	for _, d := range b.r.Diff.Differences {
		names := b.whoAll(d)
		for _, who := range names {
			if _, known := keys[who]; known || len(keys) < MostRows {
				keys[who]++
			}
		}
		all += int64(min(len(names), 1))
		shared += int64(min(len(names), 2) / 2)
	}
	if len(keys) == 0 {
		return
	}
	text := mostOf(keys)
	if shared > 0 {
		text += fmt.Sprintf("; %s by several of them", render.Plural(shared, "key", "keys"))
	}
	total := b.r.Verdict.Keys
	if left := total - all; left > 0 && int64(len(b.r.Diff.Differences)) >= total {
		text += fmt.Sprintf("; of %s nothing tells", render.Plural(left, "key", "keys"))
	}
	b.answer("Who wrote that?", "%s.", text)
}

// mostOf names those with most keys, and counts the others.
func mostOf(keys map[string]int) string {
	names := slices.SortedFunc(maps.Keys(keys), func(x, y string) int {
		return cmp.Or(keys[y]-keys[x], strings.Compare(x, y))
	})
	more := len(names) - mostWriters
	names = names[:min(len(names), mostWriters)]
	for i, who := range names {
		names[i] = fmt.Sprintf("%s (%s)", who, render.Plural(int64(keys[who]), "key", "keys"))
	}
	if more > 0 {
		names = append(names, render.Plural(int64(more), "other client", "other clients"))
	}
	return strings.Join(names, ", ")
}

// whoAll are the clients that wrote a key, each once.
func (b *builder) whoAll(d *diff.Difference) (names []string) {
	for i := range d.WrittenBy {
		if who := b.who(&d.WrittenBy[i]); !slices.Contains(names, who) {
			names = append(names, who)
		}
	}
	return names
}
