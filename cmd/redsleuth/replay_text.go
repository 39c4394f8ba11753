package main

import (
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay"
)

// How much text output shows before it counts the rest; JSON has it all.
const (
	findingsShown = 40
	scriptsShown  = 20
	rangesShown   = 20
	linksShown    = 60
	touchesShown  = 200
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
	default:
		t.line("%s for %s to trip over.", t.style.Good("Nothing here"), t.who())
	}
	t.line("%s (%s) on %s.", render.Plural(r.Summary.Commands, "command", "commands"),
		render.Plural(r.Summary.Writes, "write", "writes"), render.Plural(int64(len(r.Links)), "link", "links"))
	if r.MasterVersion != "" {
		t.line("The master's version is %s.", t.quote(r.MasterVersion))
	}
}

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
	all := t.report.Findings
	if len(all) == 0 {
		return nil
	}
	t.heading("Findings")
	// What is loud comes first; within a severity, the order of the stream.
	var sorted []finding.Finding
	for _, severity := range []finding.Severity{finding.Error, finding.Warning, finding.Info} {
		for i := range all {
			if all[i].Severity == severity {
				sorted = append(sorted, all[i])
			}
		}
	}
	if err := render.Findings(t.w, t.style, t.shower, sorted[:min(len(sorted), findingsShown)]); err != nil {
		return err
	}
	t.more(len(sorted), findingsShown, "findings")
	return nil
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
		title := "State at offset " + number(s.Offset)
		if t.report.Replicas > 1 {
			title = fmt.Sprintf("State of replica %d at offset %s", s.Replica, number(s.Offset))
		}
		if !s.Reached {
			title += " (the streams end before the point)"
		}
		t.heading(title)
		t.line("process %d, link %d, replication id %s", s.Process, s.Link, t.quote(s.ReplicationID))
		t.line("database %s; the master's stream has selected %s", number(s.DB), number(s.StreamDB))
		if s.Transaction {
			t.line("a transaction is open")
		}
		t.line("scripts: %s%s", render.Count(int64(len(s.Scripts))+s.ScriptsLeftOut), unlessKnown(s.ScriptsKnown))
		t.line("libraries: %s%s", t.quote(strings.Join(s.Libraries, ", ")), unlessKnown(s.LibrariesKnown))
	}
	return nil
}

func unlessKnown(known bool) string {
	if known {
		return ""
	}
	return " that these artefacts show; there may be others"
}

func (t *replayText) history() error {
	if t.asked.Key == nil {
		return nil
	}
	t.heading("History of the keys")
	var rows [][]string
	for i := range t.report.Touches[:min(len(t.report.Touches), touchesShown)] {
		c := &t.report.Touches[i]
		what := t.quote(c.Command) + c.Type
		if c.Computed {
			what += " (may compute it)"
		}
		key := ""
		if c.Key != nil {
			key = t.shower.Text(c.Key)
		}
		when := ""
		if !c.Time.IsZero() {
			when = render.Time(c.Time)
		}
		rows = append(rows, []string{number(int64(c.Link)), number(c.Offset), when, number(c.DB), number(c.ReplicaDB), string(c.Outcome), what, key})
	}
	err := render.Table(t.w, t.style, []render.Column{
		render.Right("link"), render.Right("offset"), render.Left("time"), render.Right("db"), render.Right("replica db"),
		render.Left("outcome"), render.Left("what"), render.Left("key"),
	}, rows)
	t.more(len(t.report.Touches)+int(t.report.TouchesLeftOut), touchesShown, "touches")
	return err
}

func (t *replayText) restarts() error {
	if !t.asked.Restarts {
		return nil
	}
	t.heading("Restarts that would do harm")
	if len(t.report.Restarts) == 0 {
		t.line("None: a replica of this version could have restarted anywhere.")
		return nil
	}
	var rows [][]string
	for i := range t.report.Restarts[:min(len(t.report.Restarts), rangesShown)] {
		u := &t.report.Restarts[i]
		rows = append(rows, []string{
			number(u.From), number(u.To), lacks(u.Behaviour), render.Count(u.Commands),
			fmt.Sprintf("%s at %d", t.quote(u.Victim.Command), u.Victim.Offset),
		})
	}
	err := render.Table(t.w, t.style, []render.Column{
		render.Right("from"), render.Right("to"), render.Left("what is lost"), render.Right("commands"), render.Left("first victim"),
	}, rows)
	t.more(len(t.report.Restarts), rangesShown, "ranges")
	return err
}

func lacks(b replay.Behaviour) string {
	if b == replay.RestoresDatabase {
		return "database"
	}
	return "scripts"
}

func (t *replayText) versions() error {
	if len(t.report.Versions) == 0 {
		return nil
	}
	t.heading("By version of the replica")
	var rows [][]string
	for i := range t.report.Versions {
		v := &t.report.Versions[i]
		row := []string{v.Version.String(), render.Count(v.Summary.Errors), render.Count(v.Summary.Warnings)}
		if t.asked.Restarts {
			row = append(row, render.Count(len(v.Restarts)))
		}
		rows = append(rows, append(row, firstLoud(v.Findings)))
	}
	columns := []render.Column{render.Left("version"), render.Right("errors"), render.Right("warnings")}
	if t.asked.Restarts {
		columns = append(columns, render.Right("unsafe ranges"))
	}
	if slices.ContainsFunc(t.report.Versions, func(o replay.Outcome) bool { return o.Supposed }) {
		t.line("A dump that another version wrote stands for what each of these would have saved at its offset.")
	}
	return render.Table(t.w, t.style, append(columns, render.Left("first")), rows)
}

func firstLoud(all []finding.Finding) string {
	untold := false
	for i := range all {
		if all[i].Severity != finding.Info {
			return string(all[i].Code)
		}
		untold = untold || all[i].Code == finding.ScriptUnseen
	}
	if untold {
		return "not told (" + string(finding.ScriptUnseen) + ")"
	}
	return "nothing"
}

// links is the timeline: what began how, and how far the replica got.
func (t *replayText) links() error {
	t.heading("Links")
	var rows [][]string
	for _, l := range t.report.Links[:min(len(t.report.Links), linksShown)] {
		ran := number(l.RanTo)
		if l.RanTo == record.Unknown {
			ran = "all"
		}
		when := ""
		if !l.Began.IsZero() {
			when = l.Began.UTC().Format("15:04:05.000")
		}
		rows = append(rows, []string{
			strconv.Itoa(l.Number), when, string(l.Resync), string(l.Entry), number(l.StartOffset), number(l.EndOffset), ran,
			render.Count(l.Commands), string(l.End),
		})
	}
	err := render.Table(t.w, t.style, []render.Column{
		render.Right("link"), render.Left("began"), render.Left("resync"), render.Left("replica"), render.Right("from"), render.Right("to"),
		render.Right("ran to"), render.Right("commands"), render.Left("end"),
	}, rows)
	t.more(len(t.report.Links), linksShown, "links")
	return err
}

func (t *replayText) scripts() error {
	if len(t.report.Scripts) == 0 {
		return nil
	}
	t.heading("Scripts and libraries")
	var rows [][]string
	for i := range t.report.Scripts[:min(len(t.report.Scripts), scriptsShown)] {
		c := &t.report.Scripts[i]
		rows = append(rows, []string{
			hex.EncodeToString(c.SHA1[:])[:12], render.Size(c.Bytes), render.Count(c.Seen), render.Count(c.Calls),
			t.quote(strings.Join(c.Writes, ",")), t.quote(strings.Join(c.Danger, ",")),
		})
	}
	err := render.Table(t.w, t.style, []render.Column{
		render.Left("sha1"), render.Right("size"), render.Right("sources"), render.Right("calls"), render.Left("writes"), render.Left("danger"),
	}, rows)
	t.more(len(t.report.Scripts)+int(t.report.ScriptsLeftOut), scriptsShown, "scripts")
	return err
}
