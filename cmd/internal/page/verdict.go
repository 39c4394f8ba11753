package page

import (
	"fmt"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/report"
	"github.com/redsleuth/redsleuth/server"
)

// verdict answers what everybody asks first, for a reader who was not there.
func (b *builder) verdict() {
	v := &b.r.Verdict
	b.headline(v)
	if len(v.Crashes) > 0 {
		b.Level = "bad"
		b.answer("Did it crash?", "Yes. %s.", sentence(v.Crashes[0].Message))
	}
	b.extent()
	b.saved()
	b.since()
	b.why()
	b.writers()
	b.acts()
	b.discarded()
	b.ending()
	b.losses()
	b.takeover()
	b.safe()
	b.loads()
}

// headline is the verdict in a line.
func (b *builder) headline(v *report.Verdict) {
	switch {
	case v.Consistent == nil && len(v.Crashes) > 0:
		b.Level, b.Headline = "bad", "The replica crashed"
	case v.Consistent == nil:
		b.Level = "open"
		b.Headline = "Whether the replica holds what its master holds " +
			"can't be told from these files"
	case *v.Consistent && b.split():
		b.Level, b.Headline = "open", "Both hold the same, and are two masters by now"
	case *v.Consistent:
		b.Level, b.Headline = "good", "The replica holds what its master holds"
	case !v.Sided:
		b.Level, b.Headline = "bad", "The two dumps differ: "+render.Plural(v.Keys, "key", "keys")
	case v.Keys == 0:
		b.Level, b.Headline = "bad", "The replica is NOT consistent: function libraries differ"
	case v.Parted:
		b.Level = "bad"
		b.Headline = "NOT consistent, each side went on by itself: " + differ(v.Keys)
	case b.split():
		b.Level, b.Headline = "bad", "NOT consistent, and two masters by now: "+differ(v.Keys)
	case v.Causes[finding.CauseLag] == v.Keys:
		b.Level = "open"
		b.Headline = "The replica was behind its master: " + differ(v.Keys) + ", for that alone"
		if b.discards() {
			b.Level = "bad"
			b.Headline += "; but writes that it took were thrown away"
		}
	default:
		b.Level = "bad"
		b.Headline = "The replica is NOT consistent: " + differ(v.Keys)
	}
}

func differ(keys int64) string { return render.Plural(keys, "key differs", "keys differ") }

func (b *builder) answer(question, format string, args ...any) {
	b.Answers = append(b.Answers, Answer{question, fmt.Sprintf(format, args...)})
}

// sentence is a message as one: with a capital, and without a stop.
func sentence(message string) string {
	message = strings.TrimSuffix(message, ".")
	if message == "" {
		return ""
	}
	return strings.ToUpper(message[:1]) + message[1:]
}

// extent says how much was compared, and how much of it differs.
func (b *builder) extent() {
	if b.r.Diff == nil {
		return
	}
	s := &b.r.Diff.Summary
	text := fmt.Sprintf("%s on the master, %s on the replica: %s equal, %s",
		render.Plural(s.MasterKeys, "key", "keys"), render.Count(s.ReplicaKeys), render.Count(s.Equal),
		render.Plural(b.r.Verdict.Keys, "differs", "differ"))
	if !b.r.Verdict.Sided {
		sides := strings.NewReplacer("on the master", "in the one dump", "on the replica", "in the other")
		text = sides.Replace(text)
	} else {
		text += b.apart()
	}
	if n := s.ExpiredOnly; n > 0 {
		text += fmt.Sprintf("; %s more had run out of time on one side only, which is no fault", render.Count(n))
	}
	b.answer("How much?", "%s.", text)
}

// saved says when the two dumps were made: what was written between the two is no
// fault of anybody's.
func (b *builder) saved() {
	var master, replica report.Moment
	for _, a := range b.r.Artefacts {
		switch {
		case a.Saved.IsZero(): // INFO and logs have roles too
		case a.Role == report.Master:
			master = a.Saved
		case a.Role == report.Replica:
			replica = a.Saved
		}
	}
	if master.IsZero() || replica.IsZero() || b.r.Diff == nil || !b.r.Verdict.Sided {
		return
	}
	text := "The master's " + momentText(master) + ", the replica's " + momentText(replica)
	switch lag := b.r.Verdict.Causes[finding.CauseLag]; {
	case lag == 0:
	case replica.To.Before(master.From):
		text += ": the replica's first, so that what came in between counts as lag"
	case !master.To.Before(replica.From):
		text += ": which was first is not known, and what came in " +
			"between may be part of the lag"
	}
	b.answer("When were the dumps made?", "%s.", text)
}

// apart says how far the two dumps are from one another in the stream.
func (b *builder) apart() string {
	r := &b.r.Diff.Replication
	replica := b.r.Diff.Replica.State
	if r.LagBytes == nil || r.StaleOffset || replica == nil || !replica.Placed() {
		return ""
	}
	at := render.Offset(replica.Offset)
	switch lag := *r.LagBytes; {
	case lag > 0:
		return fmt.Sprintf(". The replica's dump is of offset %s, %s behind the master's", at,
			render.Plural(lag, "byte", "bytes"))
	case lag < 0:
		return fmt.Sprintf(". The replica's dump is of offset %s, %s ahead of the master's", at,
			render.Plural(-lag, "byte", "bytes"))
	}
	return ". Both dumps are of offset " + at
}

// since says when it began.
func (b *builder) since() {
	v := &b.r.Verdict
	switch {
	case v.Consistent == nil || *v.Consistent:
	case v.Parted && !v.Since.IsZero():
		b.answer("Since when?", "The histories part: %s%s.", v.Parting.Text(), b.undated())
	case v.Parted:
		b.answer("Since when?", "The histories part: %s. No artefact tells the time.", v.Parting.Text())
	case v.Outside:
		b.answer("Since when?", "%s: the first write that led to it, by a client, beside the stream%s%s.",
			render.Time(v.Since), b.parting(), b.undated())
	case v.SinceOffset != nil && !v.Since.IsZero():
		b.answer("Since when?", "%s, replication offset %s: the first command that led to it%s%s.",
			render.Time(v.Since), render.Offset(*v.SinceOffset), b.parting(), b.undated())
	case v.SinceOffset != nil:
		b.answer("Since when?", "Replication offset %s: the first command that led to it. No artefact tells "+
			"its time.", render.Offset(*v.SinceOffset))
	case !v.Since.IsZero():
		b.answer("Since when?", "%s: the first write that led to it.", render.Time(v.Since))
	case !v.Within.IsZero():
		b.answer("Since when?", "Not known more exactly: after %s, when a full sync made the two alike, "+
			"and before %s, by when both dumps were made.", render.Time(v.Within.From), render.Time(v.Within.To))
	default:
		b.answer("Since when?", "Not known: nothing in these files is known to have led to it.")
	}
}

// parting adds where the histories part, which is not where it all began.
func (b *builder) parting() string {
	p := b.r.Verdict.Parting
	if p == nil || p.Text() == "" {
		return ""
	}
	return ". The histories part: " + p.Text()
}

// undated adds of how many keys nothing tells when they began to differ, and what bounds
// it.
func (b *builder) undated() string {
	n, within := b.r.Tally.Undated, b.r.Verdict.Within
	if n == 0 || n >= b.r.Verdict.Keys {
		return ""
	}
	keys := render.Plural(n, "key", "keys")
	if within.IsZero() {
		return fmt.Sprintf("; of %s nothing tells since when, and it may be longer", keys)
	}
	return fmt.Sprintf("; of %s it is known only that it was between %s, a full sync, and %s, by when both "+
		"dumps were made", keys, render.Time(within.From), render.Time(within.To))
}

// safe names the releases that would not have lost anything.
func (b *builder) safe() {
	v := &b.r.Verdict
	if b.r.Replay == nil || len(b.r.Versions) == 0 || len(v.Crashes) == 0 && !b.lost() {
		return
	}
	const question = "Which version would not have?"
	if len(v.Safe) == 0 {
		text := "None of those that were asked, see below"
		if b.refusedNewer() {
			text = "None for all of it. Of what was refused, " + b.ofRefused()
		}
		b.answer(question, "%s.", text)
		return
	}
	b.answer(question, "%s, had the replica run it all along.", strings.Join(v.Safe, ", "))
}

// lost reports whether writes were lost in a way that versions differ in.
func (b *builder) lost() bool {
	v := &b.r.Verdict
	return len(v.Healed) > 0 || v.Causes[finding.CauseScriptMissing] > 0 ||
		v.Causes[finding.CauseWrongDatabase] > 0 || b.refusedNewer()
}

// loads says whether a server would start from the dumps.
func (b *builder) loads() {
	var good, bad []string
	for _, a := range b.r.Artefacts {
		if a.Inspect == nil || a.Inspect.RDB == nil || a.Inspect.RDB.Link != 0 {
			continue
		}
		for _, l := range a.Inspect.RDB.Loads[:min(len(a.Inspect.RDB.Loads), 1)] {
			switch {
			case a.Inspect.Damaged && l.Answer == server.Yes:
				bad = append(bad, b.path(a.Path)+" yes, though it is damaged")
			case l.Answer == server.Yes:
				good = append(good, b.path(a.Path))
			case l.Answer == server.No:
				bad = append(bad, fmt.Sprintf("%s no: %s", b.path(a.Path), l.Why))
			default:
				bad = append(bad, fmt.Sprintf("%s not known: %s", b.path(a.Path), l.Why))
			}
		}
	}
	if len(good)+len(bad) == 0 {
		return
	}
	if len(bad) == 0 {
		all := map[int]string{1: "Yes", 2: "Yes, both"}[len(good)]
		if all == "" {
			all = fmt.Sprintf("Yes, all %d", len(good))
		}
		b.answer("Will the dumps load?", "%s, on the version that wrote them.", all)
		return
	}
	if len(good) > 0 {
		bad = append(bad, fmt.Sprintf("the other %d yes", len(good)))
	}
	b.answer("Will the dumps load?", "%s.", strings.Join(bad, "; "))
}
