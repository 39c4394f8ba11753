package text

import (
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/redsleuth/redsleuth/replay"
	"github.com/redsleuth/redsleuth/replay/replica"
	"github.com/redsleuth/redsleuth/server"
)

// How much text output shows before it counts the rest; JSON has it all.
const (
	scriptsShown = 20
	rangesShown  = 20
	linksShown   = 60
	touchesShown = 200

	differencesShown = 10
)

// A replayText writes the view of replay.
type replayText struct {
	*writer
	report *replay.Report
	asked  *replay.Options
	beside Beside
}

// Beside is what else is in a folder that was replayed; nothing of no folder.
type Beside struct {
	// Compare is the command that compares the dumps of both sides; "" where they are
	// not there.
	Compare string
	// Replica is where in which history the replica's dump is; nil where it is not there,
	// or tells none.
	Replica *repl.State
	// Diff is that comparison, of the keys asked for alone; nil if none were.
	Diff *diff.Report
	// Whole counts what differs, where no keys were asked for; nil where it is not known.
	Whole *diff.Summary
}

// Replay writes a report: whether this replica would run into trouble, then
// the findings, then what else was asked for.
func Replay(out io.Writer, r *replay.Report, asked *replay.Options, beside Beside, o Options) error {
	w := &replayText{newWriter(out, o), r, asked, beside}
	verdict := w.verdict()
	w.line("%s", verdict)
	w.setting()
	w.choice()
	w.states() // what was asked for comes before what else was found
	w.history()
	if len(r.Findings) > 0 {
		w.heading("Findings")
		w.findings(r.Findings)
	}
	w.restarts()
	w.versions()
	w.links()
	w.scripts()
	closed := w.closing(verdict)
	if closed {
		w.differing()
	}
	if ask := w.elsewhere(); ask != "" {
		if !closed {
			w.blank()
		}
		w.line("%s", w.Style.Command(ask+":", beside.Compare))
	}
	return w.err
}

// elsewhere says what to ask diff, which is about the dumps; "" where there is nothing
// to ask.
func (w *replayText) elsewhere() string {
	switch whole := w.beside.Whole; {
	case w.beside.Compare == "":
		return ""
	case w.beside.Diff != nil:
		return "All keys that differ, and why"
	case whole == nil:
		return "This is about the stream alone. Whether the two hold the same, and why not"
	case whole.Different > whole.ExpiredOnly:
		return "Which keys differ, and why"
	}
	return ""
}

// dumps says how many keys differ in a folder's dumps, whatever the stream says of them.
func (w *replayText) dumps() string {
	whole := w.beside.Whole
	if whole == nil {
		return ""
	}
	differ := whole.Different - whole.ExpiredOnly
	these := "The"
	if !w.report.HasProblems() {
		these = "But the"
	}
	switch {
	case differ > 0:
		return fmt.Sprintf(" %s dumps differ: %s of %s.", these, render.Count(differ),
			render.Plural(whole.Different+whole.Equal, "key", "keys"))
	case whole.ExpiredOnly > 0:
		return " The dumps of the two sides hold the same, but for " +
			render.Plural(whole.ExpiredOnly, "key", "keys") + " past their time."
	}
	return " The dumps of the two sides hold the same."
}

// verdict says what was asked: would this replica have problems? And of a folder,
// whether its dumps differ, which is no matter of the stream alone.
func (w *replayText) verdict() string {
	r := w.report
	paint, head, rest := func(text string) string { return text }, "No problems", " for "+w.who()
	switch {
	case r.Summary.Errors > 0:
		paint, head, rest = w.Style.Bad, "Problems", rest+": "+counted(r.Findings, r.Summary)
	case r.Summary.Warnings > 0:
		paint, head, rest = w.Style.Warn, "Possible problems", rest+": "+counted(r.Findings, r.Summary)
	case slices.ContainsFunc(r.Findings, func(f finding.Finding) bool { return f.Code == finding.FormatUnread }):
		paint, head, rest = w.Style.Warn, "Unknown", rest+": it could not have loaded the RDB; no other problems"
	case r.Verdict == replay.Unknown:
		paint, head, rest = w.Style.Warn, "Unknown", rest+": no problem shows, and the artefacts leave some of it open"
	case len(r.Links) == 0:
		head, rest = "No link", ", so that there is nothing to follow"
	case w.beside.Compare != "": // which may find that the two differ all the same
		head = "No problems in the stream"
	default:
		paint = w.Style.Good
	}
	return w.headed(paint, head, rest+"."+w.dumps())
}

// counted counts errors and warnings, and names their codes.
func counted(all []finding.Finding, summary replay.Summary) string {
	var parts []string
	totals := map[finding.Severity]int64{finding.Error: summary.Errors, finding.Warning: summary.Warnings}
	for _, severity := range []finding.Severity{finding.Error, finding.Warning} {
		total, codes := totals[severity], []string(nil)
		by := map[finding.Code]int64{}
		for i := range all {
			f := &all[i]
			if f.Severity != severity {
				continue
			}
			if by[f.Code]++; by[f.Code] == 1 {
				codes = append(codes, string(f.Code))
			}
		}
		for i, code := range codes {
			if len(codes) > 1 {
				codes[i] += " " + render.Count(by[finding.Code(code)])
			}
		}
		if total > 0 {
			parts = append(parts, render.Plural(total, string(severity), string(severity)+"s")+
				" ("+strings.Join(codes, ", ")+")")
		}
	}
	return strings.Join(parts, ", ")
}

// setting says what was followed, and under which master.
func (w *replayText) setting() {
	r := w.report
	w.wrapped("%s (%s) on %s.", render.Plural(r.Summary.Commands, "command", "commands"),
		render.Plural(r.Summary.Writes, "write", "writes"),
		render.Plural(int64(len(r.Links)), "link", "links"))
	switch {
	case r.MasterVersion == "":
	case strings.HasSuffix(r.MasterVersion, unreleased):
		w.wrapped("The master is an unreleased build (%s).", w.versionText(r.MasterVersion))
	default:
		w.wrapped("The master runs %s.", w.versionText(r.MasterVersion))
	}
}

// choice says of the versions that were asked about which are to be run, by what
// a replica would have met that had run them all along.
func (w *replayText) choice() {
	by := map[replay.Verdict][]string{}
	for i := range w.report.Versions {
		v := &w.report.Versions[i]
		by[v.OwnDump.Verdict] = append(by[v.OwnDump.Verdict], v.Version.String())
	}
	if len(by) == 0 {
		return
	}
	safe := "Upgrade: safe on"
	switch ran := w.asked.Facts.Replica.String(); {
	case len(by[replay.Safe]) == 0 && len(everywhere(w.report.Versions)) > 0:
		w.wrapped("Upgrade: no help. What was found is so on all versions: %s.",
			strings.Join(everywhere(w.report.Versions), ", "))
		return
	case len(by[replay.Safe]) == 0:
		w.wrapped("Upgrade: none of these versions is known to be safe.")
	case slices.Contains(by[replay.Safe], ran):
		w.wrapped("Upgrade: nothing in these streams asks for one. The replica ran %s, which meets no problem "+
			"in them; that says nothing of what led to differences otherwise.", ran)
		safe = "No problem in them either on"
		by[replay.Safe] = slices.DeleteFunc(by[replay.Safe], func(v string) bool { return v == ran })
	case len(by[replay.Safe]) == len(w.report.Versions):
		w.wrapped("This is about what is in the streams. With the version that ran%s in the list too, it tells "+
			"whether another would have helped.", orNot(ran))
		safe = "No problem in them on"
	default:
		w.wrapped("This is about what is in the streams, and not about what led to differences otherwise.")
	}
	for _, x := range []struct {
		verdict replay.Verdict
		words   string
	}{
		{replay.Safe, safe}, {replay.LosesWrites, "Loses writes on"},
		{replay.Crashes, "Crashes on"}, {replay.Unknown, "Not known of"},
	} {
		if versions := by[x.verdict]; len(versions) > 0 {
			w.wrapped("%s %s.", x.words, strings.Join(versions, ", "))
		}
	}
}

// orNot is a version in brackets, where it is known.
func orNot(version string) string {
	if version == "" {
		return ""
	}
	return " (" + version + ")"
}

// everywhere names the divergences that are all that was found of some versions, if there
// is no version without them.
func everywhere(versions []replay.Result) (names []string) {
	for i := range versions {
		for _, f := range versions[i].Findings {
			switch {
			case f.Severity == finding.Info:
			case !strings.Contains(f.Affects, server.AllVersions):
				return nil
			case !slices.Contains(names, f.Divergence):
				names = append(names, f.Divergence)
			}
		}
	}
	return names
}

// unreleased is what builds of Redis between releases call themselves.
const unreleased = "255.255.255"

// who names the replica by its version, and says where that is known from.
func (w *replayText) who() string {
	source := map[replica.VersionSource]string{
		replica.VersionFlag:    "from --server-version",
		replica.VersionBase:    "from its dump",
		replica.VersionLog:     "from its INFO or log",
		replica.VersionAssumed: "assumed to be its master's",
	}[w.report.VersionSource]
	if source == "" {
		return "a replica of unknown version"
	}
	return fmt.Sprintf("a replica running %s (%s)", w.versionText(w.report.ReplicaVersion), source)
}

// number shows an offset or a database.
func number[T int | int64](n T) string {
	if n == record.Unknown {
		return "unknown"
	}
	return strconv.FormatInt(int64(n), 10)
}

func (w *replayText) states() {
	for i := range w.report.States {
		s := &w.report.States[i]
		w.heading(w.stateTitle(s))
		id := "unknown"
		if s.ReplicationID != "" {
			id = w.Bytes.WordText(s.ReplicationID)
		}
		w.wrapped("process %d, %s, replication id %s", s.Process, w.report.LinkName(s.Link), id)
		w.wrapped("selected database: %s on the replica, %s in the master's stream",
			number(s.DB), number(s.StreamDB))
		if s.Transaction {
			w.wrapped("a transaction is open")
		}
		w.wrapped("scripts: %s%s", w.scriptsHeld(s), unlessKnown(s.ScriptsKnown))
		w.wrapped("libraries: %s%s", w.librariesHeld(s), unlessKnown(s.LibrariesKnown))
	}
}

func (w *replayText) librariesHeld(s *replay.State) string {
	if len(s.Libraries) == 0 {
		return "none"
	}
	var names []string
	for _, name := range s.Libraries {
		names = append(names, w.Bytes.Text([]byte(name)))
	}
	return strings.Join(names, ", ")
}

// scriptsHeld counts the scripts and names the first.
func (w *replayText) scriptsHeld(s *replay.State) string {
	held := int64(len(s.Scripts)) + s.ScriptsLeftOut
	if held == 0 {
		return "0"
	}
	var names []string
	for i := range s.Scripts[:min(len(s.Scripts), w.most(scriptsShown))] {
		names = append(names, hex.EncodeToString(s.Scripts[i][:])[:12])
	}
	if int64(len(names)) < held {
		names = append(names, "…")
	}
	return fmt.Sprintf("%s (%s)", render.Count(held), strings.Join(names, ", "))
}

// stateTitle says where a state is, and how that relates to what was asked.
func (w *replayText) stateTitle(s *replay.State) string {
	title := "State"
	if w.report.Replicas > 1 {
		title = fmt.Sprintf("State of replica %d", s.Replica)
	}
	switch asked := w.asked.At.Offset; {
	case s.Offset == record.Unknown && s.Reached:
		return title + " at " + render.Time(w.asked.At.Time)
	case !w.asked.At.Time.IsZero() && w.began(s.Replica).After(w.asked.At.Time):
		return fmt.Sprintf("%s at offset %s, where the streams begin, after the point",
			title, number(s.Offset))
	case s.Offset == record.Unknown && !s.Reached:
		if !w.asked.At.Time.IsZero() {
			return title + " at the end, as no command has a later time"
		}
		return title + " at the end, as offsets are not known"
	case !s.Reached && !w.asked.At.Time.IsZero():
		return fmt.Sprintf("%s at offset %d, the end, as no command has a later time", title, s.Offset)
	case !s.Reached:
		return fmt.Sprintf("%s at offset %d, where the streams end, before the point", title, s.Offset)
	case asked > s.Offset:
		return fmt.Sprintf("%s at offset %d, the end of the last command before %d",
			title, s.Offset, asked)
	}
	return title + " at offset " + number(s.Offset)
}

// began is when the first link of a replica did; zero if not known.
func (w *replayText) began(replica int) time.Time {
	for _, l := range w.report.Links {
		if l.Replica == replica {
			return l.Began
		}
	}
	return time.Time{}
}

func unlessKnown(known bool) string {
	if known {
		return ""
	}
	return " in these artefacts; there may be others"
}
