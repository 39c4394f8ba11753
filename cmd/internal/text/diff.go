package text

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/report"
)

// A diffText writes the view of diff.
type diffText struct {
	*writer
	report  *diff.Report
	account *report.Account
	folder  bool          // it is of a folder of evidence
	saved   report.Moment // when the replica's dump was
}

// Diff writes a report: whether the states are consistent, how they relate to each
// other, the causes, then the keys. account is what else is known; of is the folder of
// evidence that they are in; nil of none.
func Diff(out io.Writer, account *report.Account, of *report.Sides, o Options) error {
	r := account.Diff
	w := &diffText{writer: newWriter(out, o), report: r, account: account, saved: report.SecondOf(r.Replica.Created)}
	if of != nil {
		w.folder = true
		if !of.Saved.IsZero() {
			w.saved = of.Saved
		}
	}
	verdict := w.verdict()
	w.line("%s", verdict)
	w.passed()
	w.relation()
	w.counts()
	groups := w.groups()
	w.causes(groups)
	w.sides()
	w.extras()
	shown := w.differences(groups)
	w.more(r.Summary.Different-shown, "key", "keys")
	if w.closing(verdict) {
		w.sinceWhen()
	}
	return w.err
}

// passed says how many keys a filter let be compared.
func (w *diffText) passed() {
	if p := w.report.Passed(); p != nil {
		w.wrapped("%s passed the filter and %s compared, of %s on the master and %s on the replica",
			render.Plural(p.Compared, "key", "keys"), was(p.Compared), render.Count(p.Master),
			render.Count(p.Replica))
	}
}

func was(n int64) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

// verdict says whether the two states are consistent, and why not.
func (w *diffText) verdict() string {
	s := &w.report.Summary
	libraries := int64(len(w.report.Libraries))
	switch {
	case s.Different > s.ExpiredOnly:
		return w.headed(w.Style.Bad, "NOT consistent", ": "+w.differ())
	case libraries > 0:
		return w.headed(w.Style.Bad, "NOT consistent", ": no key differs, but "+
			render.Plural(libraries, "function library does", "function libraries do"))
	}
	return w.noDifference()
}

// differ counts the keys that differ, by cause.
func (w *diffText) differ() string {
	s := &w.report.Summary
	differ := s.Different - s.ExpiredOnly
	var causes []string
	only := finding.Cause("")
	for _, c := range finding.Causes() {
		if n := s.ByCause[c]; n > 0 && c != finding.CauseExpired {
			causes = append(causes, string(c)+" "+render.Count(n))
			only = c
		}
	}
	text := fmt.Sprintf("%s of %s", render.Count(differ), render.Plural(s.Equal+s.Different, "key", "keys"))
	if differ == 1 {
		return text + " differs: " + string(only)
	}
	text += " differ"
	if len(causes) == 1 {
		return text + ", all " + string(only)
	}
	return text + ": " + strings.Join(causes, ", ")
}

// noDifference is the verdict where no key differs, or by expiry alone.
func (w *diffText) noDifference() string {
	s := &w.report.Summary
	broken := w.report.Master.Broken + w.report.Replica.Broken
	text := render.Plural(s.MasterKeys, "key", "keys") + " on both sides"
	if s.MasterKeys != s.ReplicaKeys || s.Unread > 0 || broken > 0 {
		text = render.Plural(s.MasterKeys, "key", "keys") + " on the master, " +
			render.Count(s.ReplicaKeys) + " on the replica"
	}
	if compared := s.Equal + s.Different; compared < min(s.MasterKeys, s.ReplicaKeys) { // by filters
		text += fmt.Sprintf("; %s compared", render.Count(compared))
	}
	if s.ExpiredOnly > 0 {
		text = render.Plural(s.ExpiredOnly, "key differs", "keys differ") + " by expiry alone; " + text
	} else {
		text = "no difference, " + text
	}
	switch {
	case broken > 0:
		text += "; " + render.Plural(broken, "value is", "values are") + " broken"
		return w.headed(w.Style.Bad, "Nothing known to differ", ": "+text)
	case s.Unread > 0 || w.report.Master.End != record.Clean || w.report.Replica.End != record.Clean:
		return w.headed(w.Style.Warn, "Nothing known to differ", ": "+text+"; not all could be read")
	}
	return w.headed(w.Style.Good, "Consistent", ": "+text)
}

// relation says how the states relate in a replication history.
func (w *diffText) relation() {
	v := &w.report.Replication
	if w.report.Sharded() {
		w.shardRelation()
		return
	}
	bytes := func(n int64) string { return render.Plural(n, "byte", "bytes") }
	switch v.Verdict {
	case diff.SameOffset:
		w.wrapped("comparable: same replication history, same offset")
	case diff.ReplicaBehind:
		text := fmt.Sprintf("comparable: same replication history, the replica is %s%s behind",
			bytes(*v.LagBytes), lagDetail(v))
		if v.StaleOffset {
			text += " by the offset that it reports, which is that of its restart: it may be less"
		}
		w.wrapped("%s", text)
	case diff.ReplicaAhead:
		w.wrapped("comparable: same replication history, the replica's dump is %s%s later",
			bytes(-*v.LagBytes), lagDetail(v))
	case diff.DifferentHistory:
		w.wrapped("not comparable by offset: different replication histories%s", parting(v))
	default:
		w.wrapped("not known whether these are states of one replication history")
	}
	if s := &w.report.Summary; v.Verdict == diff.SameOffset && s.Different > s.ExpiredOnly {
		w.wrapped("partial resync: would send nothing, as the offsets are the same, and repair none " +
			"of these keys; a full resync would")
	} else {
		w.wrapped("partial resync: %s%s", possible(v.Resync.Possible), v.Resync.Why)
	}
	for _, note := range v.Notes {
		w.wrapped("%s", note)
	}
	w.sinceWhen()
}

// shardRelation is relation where a side is several dumps.
func (w *diffText) shardRelation() {
	v := &w.report.Replication
	bytes := func(n int64) string { return render.Plural(n, "byte", "bytes") }
	switch v.Verdict {
	case diff.SameOffset:
		w.wrapped("comparable: each shard has a replica's dump of its history, at the same offset")
	case diff.ReplicaBehind:
		w.wrapped("comparable: each shard has a replica's dump of its history; together they are %s behind",
			bytes(*v.LagBytes))
	case diff.ReplicaAhead:
		w.wrapped("comparable: each shard has a replica's dump of its history; together they are %s later",
			bytes(-*v.LagBytes))
	default:
		w.wrapped("not known of every shard, or not alike, how its dumps relate in a replication history")
	}
	for _, note := range v.Notes {
		w.wrapped("%s", note)
	}
}

func possible(known *bool) string {
	switch {
	case known == nil:
		return "not known; "
	case *known:
		return "possible; "
	}
	return "not possible; "
}

// lagDetail is a lag in commands. That they were sent within a moment is no lag in time.
func lagDetail(v *diff.Replication) string {
	if v.LagCommands == nil {
		return ""
	}
	text := render.Plural(*v.LagCommands, "command", "commands")
	if v.LagTime != nil {
		text += ", sent within " + v.LagTime.Round(time.Millisecond).String()
	}
	return " (" + text + ")"
}

func parting(v *diff.Replication) string {
	switch {
	case v.PartedAt != nil:
		return fmt.Sprintf(", which part at offset %d", *v.PartedAt)
	case v.PartedBetween != nil:
		return fmt.Sprintf(", which part between offsets %d and %d", v.PartedBetween[0],
			v.PartedBetween[1])
	}
	return ""
}

// counts says what was let pass, and what applied the commands.
func (w *diffText) counts() {
	s := &w.report.Summary
	w.wrapped("%s equal; %s on the master, %s on the replica",
		render.Plural(s.Equal, "key is", "keys are"), render.Count(s.MasterKeys),
		render.Count(s.ReplicaKeys))
	if s.ExpiredOnly > 0 && s.ExpiredOnly < s.Different {
		w.wrapped("%s by expiry alone, which is nothing to report",
			render.Plural(s.ExpiredOnly, "more key differs", "more keys differ"))
	}
	if s.SkewedKeys > 0 {
		w.wrapped("the expiry of %s differs by up to %s, which --ttl-skew allows",
			render.Plural(s.SkewedKeys, "equal key", "equal keys"), time.Duration(s.SkewMax)*time.Millisecond)
	}
	w.appliedBy()
}

func (w *diffText) sides() {
	r := w.report
	w.blank()
	for _, x := range []struct {
		name string
		*diff.Side
	}{{"master", r.Master}, {"replica", r.Replica}} {
		parts := []string{quotedPath(x.Path), string(x.Kind)}
		if x.Shards != nil {
			parts = []string{render.Plural(int64(len(x.Shards)), "dump", "dumps"),
				render.Plural(x.Keys, "key", "keys")}
		}
		if x.Written != "" {
			parts = append(parts, w.serverText(x.Named()))
		}
		if !x.Created.IsZero() {
			parts = append(parts, "saved "+render.Second(x.Created))
		}
		w.line("%s  %s", w.Style.Dim(fmt.Sprintf("%-7s", x.name)),
			w.Style.Wrap(strings.Join(parts, ", "), "         "))
		if x.State != nil {
			w.line("         id %s, offset %d", w.Bytes.WordText(x.State.ID), x.State.Offset)
		}
	}
	w.shards("Shards of the master", r.Master.Shards)
	w.shards("Shards of the replica", r.Replica.Shards)
	if r.Sharded() {
		w.pairs()
	}
}

func (w *diffText) extras() {
	r := w.report
	for _, l := range r.Libraries {
		w.line("library %s: %s (%s)", w.Bytes.Text(l.Name), l.Kind, l.Cause)
	}
	for _, s := range r.Scripts {
		w.line("script %s: only in the %s's dump", s.SHA1, s.OnlyOn)
	}
	if len(r.Findings) > 0 {
		w.blank()
		w.findings(r.Findings)
	}
}
