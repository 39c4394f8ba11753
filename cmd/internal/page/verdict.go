package page

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/report"
)

// verdict is the answer in sentences, for a reader who was not there.
func (b *builder) verdict() {
	v := &b.r.Verdict
	switch {
	case v.Consistent == nil:
		b.Level = "open"
		b.Headline = "Whether the replica holds what its master holds can't be told from these files"
	case *v.Consistent:
		b.Level, b.Headline = "good", "The replica holds what its master holds"
		b.say("%s were compared, and none differs.", render.Plural(b.r.Diff.Summary.Equal, "key", "keys"))
	default:
		b.Level = "bad"
		b.Headline = "The replica is NOT consistent: " + render.Plural(v.Keys, "key differs", "keys differ")
		if v.Keys == 0 {
			b.Headline = "The replica is NOT consistent: function libraries differ"
		}
		b.differences()
	}
	b.writers()
	b.crashes()
	b.losses()
	b.damaged()
	if b.r.Diff != nil && !v.Sided {
		b.say("Nothing tells which of the two dumps is the master's, so that no cause is named.")
	}
}

func (b *builder) say(format string, args ...any) {
	b.Sentences = append(b.Sentences, fmt.Sprintf(format, args...))
}

func (b *builder) differences() {
	v := &b.r.Verdict
	s := &b.r.Diff.Summary
	b.say("Of %s on the master and %s on the replica, %d differ.",
		render.Plural(s.MasterKeys, "key", "keys"), render.Plural(s.ReplicaKeys, "key", "keys"), v.Keys)
	if v.SinceOffset == nil {
		return
	}
	when := "offset " + render.Count(*v.SinceOffset)
	if !v.Since.IsZero() {
		when = render.Time(v.Since) + " (" + when + ")"
	}
	b.say("The first command behind it is at %s.", when)
}

// writers names the clients that made the differences, who made most first.
func (b *builder) writers() {
	if b.r.Diff == nil {
		return
	}
	keys := map[string]int{}
	for _, d := range b.r.Diff.Differences {
		seen := map[string]bool{}
		for i := range d.WrittenBy {
			if who := b.who(&d.WrittenBy[i]); !seen[who] && len(keys) < MostRows {
				seen[who] = true
				keys[who]++
			}
		}
	}
	names := slices.SortedFunc(maps.Keys(keys), func(x, y string) int {
		return cmp.Or(keys[y]-keys[x], strings.Compare(x, y))
	})
	for i, who := range names[:min(len(names), fewOfACode)] {
		names[i] = fmt.Sprintf("%s (%s)", who, render.Plural(int64(keys[who]), "key", "keys"))
	}
	if len(names) > 0 {
		b.say("Written by %s.", strings.Join(names[:min(len(names), fewOfACode)], ", "))
	}
}

func (b *builder) crashes() {
	v := &b.r.Verdict
	if len(v.Crashes) == 0 {
		return
	}
	b.Level = "bad"
	if v.Consistent == nil {
		b.Headline = "The replica crashed"
	}
	b.say("The replica's process died: %s.", strings.TrimSuffix(v.Crashes[0].Message, "."))
}

func (b *builder) losses() {
	v := &b.r.Verdict
	if n := int64(len(v.Healed)); n > 0 {
		b.say("%s of lost writes later healed: a full sync, or what the master wrote since, made them"+
			" good.", render.Plural(n, "finding", "findings"))
	}
	switch {
	case v.LosingWrites == nil:
	case *v.LosingWrites:
		b.say("The replica was still losing writes when the recording ended.")
	case v.Consistent != nil && !*v.Consistent:
		b.say("Nothing shows that it still loses writes.")
	}
}

// damaged names dumps that are not whole.
func (b *builder) damaged() {
	for _, a := range b.r.Artefacts {
		if a.Inspect != nil && a.Inspect.Damaged {
			b.say("%s is damaged, or ends early: what is said of it holds for what could be read.",
				b.path(a.Path))
		}
	}
}

// next is what to do now.
func (b *builder) next() {
	seen := map[string]bool{}
	act := func(code string) {
		e, ok := finding.Explain(code)
		if !ok || seen[code] || e.Act == "" {
			return
		}
		seen[code] = true
		b.Next = append(b.Next, Step{What: code + ": " + strings.TrimSpace(e.Act)})
	}
	for _, f := range b.r.Verdict.Crashes {
		act(string(f.Code))
	}
	for _, c := range b.Causes {
		act(c.Name)
	}
	if b.r.Diff != nil && b.r.Verdict.Sided {
		all := "redsleuth diff " + b.diffArgs()
		b.Next = append(b.Next, Step{"See every key, element by element:", all})
	}
	b.Next = append(b.Next, Step{
		"Next time, take the evidence while the servers run:",
		"redsleuth collect MASTER:6379 --follow-topology -o evidence",
	})
}

// diffArgs are the arguments of the diff that this report made.
func (b *builder) diffArgs() string {
	var master, replica string
	var rest []string
	for _, a := range b.r.Artefacts {
		switch {
		case a.Role == report.Master && a.Inspect != nil:
			master = b.path(a.Path)
		case a.Role == report.Replica && a.Inspect != nil:
			replica = b.path(a.Path)
		case a.Role == report.ReplicaBefore:
			rest = append(rest, "--replica-before "+b.path(a.Path))
		case a.Role == report.Link && a.Inspect != nil && len(a.Inspect.Links) > 0:
			rest = append(rest, "--stream "+b.path(a.Path))
		case a.Kind == report.KindInfo:
			rest = append(rest, "--info "+b.path(a.Path))
		case a.Kind == report.KindLog:
			rest = append(rest, "--log "+b.path(a.Path))
		}
	}
	return strings.Join(append([]string{master, replica}, rest...), " ")
}
