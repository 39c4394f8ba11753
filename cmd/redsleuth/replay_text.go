package main

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

// replayText writes a report for people.
type replayText struct {
	w      io.Writer
	style  render.Style
	shower *render.Shower
	report *replay.Report
	asked  *replay.Options
}

func writeReplay(w io.Writer, style render.Style, shower *render.Shower, r *replay.Report, o *replay.Options) error {
	t := &replayText{w, style, shower, r, o}
	t.answer()
	for _, section := range []func() error{
		t.findings, t.states, t.history, t.restarts, t.versions, t.links, t.scripts,
	} {
		if err := section(); err != nil {
			return err
		}
	}
	return nil
}

func (t *replayText) line(format string, args ...any) {
	fmt.Fprintln(t.w, t.style.Wrap(fmt.Sprintf(format, args...), "  "))
}

func (t *replayText) heading(text string) {
	fmt.Fprintf(t.w, "\n%s\n", t.style.Heading(text))
}

// answer says first what was asked: would this replica trip over it?
func (t *replayText) answer() {
	r := t.report
	switch {
	case r.Summary.Errors > 0:
		t.line("%s: %s and %s for %s.", t.style.Bad("This replica trips"),
			render.Plural(r.Summary.Errors, "error", "errors"), render.Plural(r.Summary.Warnings, "warning", "warnings"), t.who())
	case r.Summary.Warnings > 0:
		t.line("%s: %s for %s.", t.style.Warn("This replica may trip"), render.Plural(r.Summary.Warnings, "warning", "warnings"), t.who())
	case slices.ContainsFunc(r.Findings, func(f finding.Finding) bool { return f.Code == finding.FormatUnread }):
		t.line("%s: %s could not have loaded the RDB; nothing else here for it to trip over.", t.style.Warn("Not told"), t.who())
	default:
		t.line("%s for %s to trip over.", t.style.Good("Nothing here"), t.who())
	}
	t.line("%s (%s) on %s.", render.Plural(r.Summary.Commands, "command", "commands"),
		render.Plural(r.Summary.Writes, "write", "writes"), render.Plural(int64(len(r.Links)), "link", "links"))
	switch r.MasterVersion {
	case "":
	case unreleased:
		t.line("The master is an unreleased build (%s).", unreleased)
	default:
		t.line("The master's version is %s.", t.quote(r.MasterVersion))
	}
}

// unreleased is what builds of Redis between releases call themselves.
const unreleased = "255.255.255"

// quote shows what an artefact wrote, without quotes where it is plain.
func (t *replayText) quote(s string) string {
	quoted := string(render.AppendQuoted(nil, []byte(s)))
	return strings.Trim(quoted, `"`)
}

func (t *replayText) who() string {
	r := t.report
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

func (t *replayText) findings() error {
	if len(t.report.Findings) == 0 {
		return nil
	}
	t.heading("Findings")
	return render.Findings(t.w, t.style, t.shower, t.report.Findings)
}

func (t *replayText) more(have, shown int, what string) {
	if have > shown {
		t.line("… and %s more %s; --output json has them all.", render.Count(have-shown), what)
	}
}

// number shows an offset or a database, or a dash.
func number[T int | int64](n T) string {
	if n == record.Unknown {
		return "-"
	}
	return strconv.FormatInt(int64(n), 10)
}

func (t *replayText) states() error {
	for i := range t.report.States {
		s := &t.report.States[i]
		t.heading(t.stateTitle(s))
		t.line("process %d, link %d, replication id %s", s.Process, s.Link, orWord(t.quote(s.ReplicationID), "unknown"))
		t.line("database %s; the master's stream has selected %s", number(s.DB), number(s.StreamDB))
		if s.Transaction {
			t.line("a transaction is open")
		}
		t.line("scripts: %s%s", t.scriptsHeld(s), unlessKnown(s.ScriptsKnown))
		t.line("libraries: %s%s", orWord(t.quote(strings.Join(s.Libraries, ", ")), "none"), unlessKnown(s.LibrariesKnown))
	}
	return nil
}

// scriptsHeld counts the scripts and names the first.
func (t *replayText) scriptsHeld(s *replay.State) string {
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
func (t *replayText) stateTitle(s *replay.State) string {
	title := "State"
	if t.report.Replicas > 1 {
		title = fmt.Sprintf("State of replica %d", s.Replica)
	}
	switch asked := t.asked.At.Offset; {
	case s.Offset == record.Unknown && s.Reached:
		return title + " at " + render.Time(t.asked.At.Time)
	case !t.asked.At.Time.IsZero() && t.began(s.Replica).After(t.asked.At.Time):
		return fmt.Sprintf("%s at offset %s, where the streams begin after the point", title, number(s.Offset))
	case s.Offset == record.Unknown && !s.Reached:
		if !t.asked.At.Time.IsZero() {
			return title + " at the end, since no command bears a later time"
		}
		return title + " at the end, since nothing tells offsets"
	case !s.Reached && !t.asked.At.Time.IsZero():
		return fmt.Sprintf("%s at offset %d, the end, since no command bears a later time", title, s.Offset)
	case !s.Reached:
		return fmt.Sprintf("%s at offset %d, where the streams end before the point", title, s.Offset)
	case asked > s.Offset:
		return fmt.Sprintf("%s at offset %d, the last end of a command before %d", title, s.Offset, asked)
	}
	return title + " at offset " + number(s.Offset)
}

// began is when the first link of a replica did; zero if nothing tells.
func (t *replayText) began(replica int) time.Time {
	for _, l := range t.report.Links {
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
