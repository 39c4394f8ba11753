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
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay"
)

// How much text output shows before it counts the rest; JSON has it all.
const (
	scriptsShown = 20
	rangesShown  = 20
	linksShown   = 60
	touchesShown = 200
)

// A replayText writes the view of replay.
type replayText struct {
	*writer
	report *replay.Report
	asked  *replay.Options
}

// Replay writes a report: whether this replica would run into trouble, then
// the findings, then what else was asked for.
func Replay(out io.Writer, r *replay.Report, asked *replay.Options, o Options) error {
	w := &replayText{newWriter(out, o), r, asked}
	w.answer()
	if len(r.Findings) > 0 {
		w.heading("Findings")
		w.findings(r.Findings)
	}
	w.states()
	w.history()
	w.restarts()
	w.versions()
	w.links()
	w.scripts()
	return w.err
}

// answer says first what was asked: would this replica trip over it?
func (w *replayText) answer() {
	r := w.report
	switch {
	case r.Summary.Errors > 0:
		w.wrapped("%s: %s and %s for %s.", w.Style.Bad("This replica trips"),
			render.Plural(r.Summary.Errors, "error", "errors"), render.Plural(r.Summary.Warnings, "warning", "warnings"), w.who())
	case r.Summary.Warnings > 0:
		w.wrapped("%s: %s for %s.", w.Style.Warn("This replica may trip"), render.Plural(r.Summary.Warnings, "warning", "warnings"), w.who())
	case slices.ContainsFunc(r.Findings, func(f finding.Finding) bool { return f.Code == finding.FormatUnread }):
		w.wrapped("%s: %s could not have loaded the RDB; nothing else here for it to trip over.", w.Style.Warn("Not told"), w.who())
	default:
		w.wrapped("%s for %s to trip over.", w.Style.Good("Nothing here"), w.who())
	}
	w.wrapped("%s (%s) on %s.", render.Plural(r.Summary.Commands, "command", "commands"),
		render.Plural(r.Summary.Writes, "write", "writes"), render.Plural(int64(len(r.Links)), "link", "links"))
	switch r.MasterVersion {
	case "":
	case unreleased:
		w.wrapped("The master is an unreleased build (%s).", unreleased)
	default:
		w.wrapped("The master's version is %s.", w.quote(r.MasterVersion))
	}
}

// unreleased is what builds of Redis between releases call themselves.
const unreleased = "255.255.255"

// quote shows what an artefact wrote, without quotes where it is plain.
func (w *replayText) quote(s string) string {
	quoted := string(render.AppendQuoted(nil, []byte(s)))
	return strings.Trim(quoted, `"`)
}

func (w *replayText) who() string {
	r := w.report
	switch r.VersionSource {
	case replay.VersionFlag:
		return "a replica of version " + r.ReplicaVersion + " (as you said)"
	case replay.VersionBase:
		return "a replica of version " + r.ReplicaVersion + " (as its dump says)"
	case replay.VersionLog:
		return "a replica of version " + r.ReplicaVersion + " (as its INFO or log says)"
	case replay.VersionAssumed:
		return "a replica of version " + r.ReplicaVersion + " (assumed to be its master's)"
	}
	return "a replica of unknown version"
}

// number shows an offset or a database, or a dash.
func number[T int | int64](n T) string {
	if n == record.Unknown {
		return "-"
	}
	return strconv.FormatInt(int64(n), 10)
}

func (w *replayText) states() {
	for i := range w.report.States {
		s := &w.report.States[i]
		w.heading(w.stateTitle(s))
		w.wrapped("process %d, link %d, replication id %s", s.Process, s.Link, orWord(w.quote(s.ReplicationID), "unknown"))
		w.wrapped("database %s; the master's stream has selected %s", number(s.DB), number(s.StreamDB))
		if s.Transaction {
			w.wrapped("a transaction is open")
		}
		w.wrapped("scripts: %s%s", w.scriptsHeld(s), unlessKnown(s.ScriptsKnown))
		w.wrapped("libraries: %s%s", orWord(w.quote(strings.Join(s.Libraries, ", ")), "none"), unlessKnown(s.LibrariesKnown))
	}
	return
}

// scriptsHeld counts the scripts and names the first.
func (w *replayText) scriptsHeld(s *replay.State) string {
	held := int64(len(s.Scripts)) + s.ScriptsLeftOut
	if held == 0 {
		return "0"
	}
	var names []string
	for i := range s.Scripts[:min(len(s.Scripts), scriptsShown)] {
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
		return fmt.Sprintf("%s at offset %s, where the streams begin after the point", title, number(s.Offset))
	case s.Offset == record.Unknown && !s.Reached:
		if !w.asked.At.Time.IsZero() {
			return title + " at the end, since no command bears a later time"
		}
		return title + " at the end, since nothing tells offsets"
	case !s.Reached && !w.asked.At.Time.IsZero():
		return fmt.Sprintf("%s at offset %d, the end, since no command bears a later time", title, s.Offset)
	case !s.Reached:
		return fmt.Sprintf("%s at offset %d, where the streams end before the point", title, s.Offset)
	case asked > s.Offset:
		return fmt.Sprintf("%s at offset %d, the last end of a command before %d", title, s.Offset, asked)
	}
	return title + " at offset " + number(s.Offset)
}

// began is when the first link of a replica did; zero if nothing tells.
func (w *replayText) began(replica int) time.Time {
	for _, l := range w.report.Links {
		if l.Replica == replica {
			return l.Began
		}
	}
	return time.Time{}
}

func orWord(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func unlessKnown(known bool) string {
	if known {
		return ""
	}
	return " that these artefacts show; there may be others"
}
