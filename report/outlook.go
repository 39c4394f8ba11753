package report

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/divergence"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/replay"
)

// An Account is what a comparison, the streams and the servers' own words come to
// together: what report and diff both say.
type Account struct {
	Diff   *diff.Report // nil for none
	Tally  *Tally
	Ending *Ending
	Replay *replay.Report // nil for none
	// Refusals are what the replica refused, by its log.
	Refusals []Refusal
}

// Account is that of the whole report.
func (r *Report) Account() *Account {
	return &Account{Diff: r.Diff, Tally: &r.Tally, Ending: &r.Ending, Replay: r.Replay, Refusals: r.Refusals}
}

// An Answer says whether something goes on.
type Answer string

// The answers.
const (
	Yes    Answer = "yes"
	Can    Answer = "can"     // nothing keeps it from that
	No     Answer = "no"      // nothing shows that it goes on
	Unsure Answer = "unknown" // Outlook.Text says what would tell
)

// An Outlook is whether one of the things that led to differences goes on. The texts hold
// no bytes of the artefacts.
type Outlook struct {
	About  string
	Answer Answer
	Text   string
	// Commands are those that it is about, by name; none of most. Untrusted.
	Commands []string
}

// Says is the answer in words.
func (o *Outlook) Says() string {
	return map[Answer]string{Yes: "yes", Can: "it can", No: "nothing shows that it goes on", Unsure: "not known"}[o.Answer]
}

// stamp is a time as everywhere.
func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

// GoesOn says whether the two go on to differ, for each way in which they came to; nothing
// of two that are equal and stay so, and where no stream is there to tell.
func (a *Account) GoesOn() (all []Outlook) {
	e, equal := a.Ending, consistent(a.Diff)
	if e.TwoMasters() {
		since := ""
		if !e.Parted && !e.Promoted.IsZero() { // where they part, that is told with it
			since = "the replica became one itself at " + stamp(e.Promoted) + "; "
		}
		return []Outlook{{About: "two masters", Answer: Yes, Text: since + "until one of the two is the other's replica " +
			"again: what either takes makes them differ more, and a full sync throws the writes of one away"}}
	}
	losses := lossesOf(a.Replay, equal)
	switch {
	case equal != nil && *equal && (losses.losing == nil || !*losses.losing):
		if !e.LinkLost.IsZero() && e.MasterEnded.IsZero() && e.ReplicaEnded.IsZero() {
			all = a.behind()
		}
		if e.Writable {
			all = append(all, a.localWrites())
		}
		return all
	case a.Diff == nil && a.Replay == nil:
		return nil
	}
	all = append(all, a.behind()...)
	all = append(all, a.refused()...)
	for _, c := range a.Tally.Reasons() {
		if o := a.outlook(&c, losses); o.About != "" && !slices.ContainsFunc(all, func(x Outlook) bool { return x.About == o.About }) {
			all = append(all, o)
		}
	}
	if e.Writable && !slices.ContainsFunc(all, func(o Outlook) bool { return o.About == aboutLocal }) {
		all = append(all, a.localWrites())
	}
	if len(all) == 0 || losses.otherwise && !slices.ContainsFunc(all, func(o Outlook) bool { return o.Answer == Yes }) {
		all = append(all, a.lost("writes of its master that the replica loses", losses))
	}
	return all
}

// What outlooks are about that several places name.
const (
	AboutLag   = "the replica is behind its master"
	aboutLink  = "the replica gets nothing of what its master writes"
	aboutLocal = "writes of clients to the replica"
)

// outlook is that of a reason; none of those that are told otherwise.
func (a *Account) outlook(c *Counted, found losses) Outlook {
	_, row := divergence.ByName(c.Way)
	switch {
	case c.Way == string(finding.CommandRefused):
		if len(a.Refusals) > 0 {
			return Outlook{}
		}
		return a.lost("commands that the replica refuses", found)
	case c.Cause == finding.CauseNotPropagated:
		return Outlook{About: "writes that the master does not send", Answer: Can,
			Text: "with the next one of that kind; no setting of the replica keeps it from that"}
	case row, c.Cause == finding.CauseReEvaluated:
		return Outlook{About: "commands that the replica decides otherwise", Answer: Can,
			Text: "with the next one of that kind that the master sends"}
	}
	switch c.Cause {
	case finding.CauseLocalWrite:
		return a.localWrites()
	case finding.CauseScriptMissing:
		return a.lost("scripts that the replica lacks", found)
	case finding.CauseWrongDatabase:
		return a.lost("commands in the wrong database", found)
	case finding.CauseUnexplained:
		return Outlook{About: "keys of which no cause is known", Answer: Unsure,
			Text: "without one nothing tells whether more follow"}
	}
	return Outlook{}
}

// localWrites is whether clients can write to the replica.
func (a *Account) localWrites() Outlook {
	if a.Ending.Writable {
		return Outlook{About: aboutLocal, Answer: Can, Text: "at any time: by its INFO (slave_read_only:0) it takes them, and " +
			"each makes the two differ"}
	}
	return Outlook{About: aboutLocal, Answer: Unsure, Text: "CONFIG GET replica-read-only there tells whether it takes them"}
}

// lost is whether the replica still loses writes, as far as replay tells.
func (a *Account) lost(about string, found losses) Outlook {
	switch {
	case a.Replay == nil:
		return Outlook{About: about, Answer: Unsure, Text: "no stream is here to tell"}
	case found.losing == nil:
		return Outlook{About: about, Answer: Unsure, Text: whyOpen(a.Replay)}
	case *found.losing:
		return Outlook{About: about, Answer: Yes, Text: "it still lost them when the recording ended"}
	}
	return Outlook{About: about, Answer: No, Text: "as the recording ended it lost none"}
}

// whyOpen is why replay leaves open whether writes are lost.
func whyOpen(r *replay.Report) string {
	failed := false
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Severity == finding.Info {
			continue
		}
		switch f.Code {
		case finding.ReplicaError:
			failed = true
		case finding.OffsetGap, finding.CaptureGap, finding.StreamMisaligned, finding.Truncated, finding.Damaged,
			finding.RestartRefused, finding.SelectMissing, finding.ScriptUnseen, finding.ScriptAtRisk, finding.HistoryChanged:
			return "these files don't hold all that the replica was sent, or what it held as it came back"
		}
	}
	switch {
	case r.ReplicaVersion == "":
		return "which version the replica runs, nothing tells"
	case failed:
		return "by its log the replica failed commands of its master, and the stream does not show which"
	}
	return "what replay found leaves it open"
}

// behind is whether a replica that is behind, or has lost its link, stays so.
func (a *Account) behind() []Outlook {
	e := a.Ending
	about := aboutLink
	behind := a.Diff != nil && a.Diff.Replication.Verdict == diff.ReplicaBehind && !a.Diff.Sharded()
	if behind {
		about = AboutLag
	}
	say := func(answer Answer, text string) []Outlook {
		return []Outlook{{About: about, Answer: answer, Text: text}}
	}
	switch {
	case e.Unsettled() && !e.Promoted.IsZero():
		return say(Unsure, "by its log it became a master itself at "+stamp(e.Promoted)+", by its INFO it is a replica, and "+
			"nothing tells which is the later: ROLE there does")
	case !e.Promoted.IsZero():
		return say(Yes, "it became a master itself at "+stamp(e.Promoted))
	case !e.ReplicaEnded.IsZero():
		return say(Yes, "its process ended at "+stamp(e.ReplicaEnded)+", and nothing here shows that it started again")
	case e.Unsettled():
		return say(Unsure, "the link broke at "+stamp(e.LinkLost)+" by the log, was up by its INFO, and nothing tells which "+
			"is the later: master_link_status in INFO there does")
	case !e.LinkLost.IsZero():
		return say(Yes, "the link broke at "+stamp(e.LinkLost)+", and nothing here shows that it came back")
	case e.LinkUp != nil && !*e.LinkUp:
		return say(Yes, "the link was down, by its INFO")
	case !behind:
		return nil
	case e.LinkUp != nil:
		return say(No, "the link was up, by its INFO: what it lacks comes by itself")
	}
	return say(Unsure, "slave_repl_offset and master_repl_offset in INFO of both tell")
}

// refused is whether the replica goes on to refuse commands, for each reason.
func (a *Account) refused() (all []Outlook) {
	var last []time.Time // of each
	for i := range a.Refusals {
		r := &a.Refusals[i]
		about := "refused, as " + r.Reason
		at := slices.IndexFunc(all, func(o Outlook) bool { return o.About == about })
		if at < 0 {
			at, all, last = len(all), append(all, Outlook{About: about}), append(last, time.Time{})
		}
		if r.Name != "" {
			all[at].Commands = append(all[at].Commands, strings.ToUpper(r.Name))
		}
		if r.Last.After(last[at]) {
			last[at] = r.Last
		}
		all[at].Answer, all[at].Text = a.Ending.refuses(r, last[at])
	}
	return all
}

// refuses says whether what was refused last at a time is refused still.
func (e *Ending) refuses(r *Refusal, at time.Time) (Answer, string) {
	last := "the last in its log is of " + stamp(at)
	switch {
	case at.IsZero():
		return Yes, "with the next one that its master sends"
	case r.NoMemory && e.MaxMemory == nil:
		return Unsure, last + "; CONFIG GET maxmemory there tells whether it has room"
	case r.NoMemory && *e.MaxMemory == 0:
		return No, last + ", and its INFO of later says maxmemory:0, which is no limit"
	case r.NoMemory:
		return Can, last + ", and by its INFO of later it has a limit still, maxmemory:" + strconv.FormatInt(*e.MaxMemory, 10)
	case e.Restarted.After(at):
		return Unsure, last + ", and it was started anew since: COMMAND INFO there tells whether it knows them now"
	}
	return Yes, "with the next one that its master sends; " + last
}
