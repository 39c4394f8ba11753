package main

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay"
	"github.com/redsleuth/redsleuth/server"
)

func (t *replayText) history() error {
	if t.asked.Key == nil {
		return nil
	}
	t.heading("History of the keys")
	all := t.report.Touches[:min(len(t.report.Touches), touchesShown)]
	offsets := slices.ContainsFunc(all, func(c replay.Touch) bool { return c.Offset != record.Unknown })
	place := "byte" // an AOF has no offsets
	if offsets {
		place = "offset"
	}
	var rows [][]string
	var clock render.Clock
	for i := range all {
		c := &all[i]
		what, key := t.touched(c)
		link, at := "", c.Byte
		if c.Link > 0 {
			link = strconv.Itoa(c.Link)
		}
		if offsets {
			at = c.Offset
		}
		rows = append(rows, []string{
			link, number(at), clock.Show(c.Time), number(c.DB), number(c.ReplicaDB), string(c.Outcome), what, key,
		})
	}
	columns := []render.Column{
		render.Right("link"), render.Right(place), render.Right("time"), render.Right("db"), render.Right("ran in"),
		render.Left("outcome"), render.Left("what"), render.Cutting("key"),
	}
	const when, db, ranIn = 2, 3, 4
	columns, rows = withoutColumn(columns, rows, ranIn, func(row []string) bool { return row[ranIn] == row[db] })
	columns, rows = withoutColumn(columns, rows, when, func(row []string) bool { return row[when] == "" })
	err := render.Table(t.w, t.style, columns, rows)
	t.more(len(t.report.Touches)+int(t.report.TouchesLeftOut), touchesShown, "touches")
	return err
}

// touched says what happened to which key.
func (t *replayText) touched(c *replay.Touch) (what, key string) {
	switch {
	case c.Key != nil:
		return t.quote(c.Command) + c.Type, t.shower.Text(c.Key)
	case c.Outcome == record.Started && c.FromDump:
		return "restart", "from " + string(render.AppendQuoted(nil, []byte(c.Path)))
	case c.Outcome == record.Started:
		return "restart", ""
	case c.Outcome == record.Loaded && t.report.Links[c.Link-1].AOF:
		return "base", ""
	case c.Outcome == record.Loaded:
		return "full resync", ""
	case c.Computed:
		return t.quote(c.Command) + " (may compute it)", ""
	}
	return t.quote(c.Command), ""
}

// withoutColumn takes out a column of which no row has anything to say.
func withoutColumn(columns []render.Column, rows [][]string, n int, empty func(row []string) bool) ([]render.Column, [][]string) {
	if slices.ContainsFunc(rows, func(row []string) bool { return !empty(row) }) {
		return columns, rows
	}
	for i := range rows {
		rows[i] = slices.Delete(rows[i], n, n+1)
	}
	return slices.Delete(columns, n, n+1), rows
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

func lacks(b server.Behaviour) string {
	if b == server.RestoresDatabase {
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

// firstLoud is the code of the first error, or else of the first warning.
func firstLoud(all []finding.Finding) string {
	for _, severity := range []finding.Severity{finding.Error, finding.Warning} {
		for i := range all {
			if all[i].Severity == severity {
				return string(all[i].Code)
			}
		}
	}
	for _, code := range []finding.Code{finding.FormatUnread, finding.ScriptUnseen} {
		if slices.ContainsFunc(all, func(f finding.Finding) bool { return f.Code == code }) {
			return "not told (" + string(code) + ")"
		}
	}
	return "nothing"
}

// links is the timeline: what began how, and how far the replica got.
func (t *replayText) links() error {
	days, shown := t.clock()
	t.heading("Links" + days)
	var rows [][]string
	for _, l := range t.report.Links[:min(len(t.report.Links), linksShown)] {
		ran := number(l.RanTo)
		if l.RanTo == record.Unknown {
			ran = "all"
		}
		rows = append(rows, []string{
			strconv.Itoa(l.Number), t.whose(l), shown(l.Began), string(l.Resync), l.Found(), number(l.StartOffset), number(l.EndOffset), ran,
			render.Count(l.Commands), string(l.End),
		})
	}
	columns := []render.Column{
		render.Right("link"), render.Cutting("of"), render.Right("began"), render.Left("resync"), render.Left("replica"),
		render.Right("from"), render.Right("to"), render.Right("ran to"), render.Right("commands"), render.Left("end"),
	}
	for _, n := range []int{2, 1} {
		columns, rows = withoutColumn(columns, rows, n, func(row []string) bool { return row[n] == "" })
	}
	err := render.Table(t.w, t.style, columns, rows)
	t.more(len(t.report.Links), linksShown, "links")
	if slices.ContainsFunc(t.report.Links, func(l *replay.Link) bool { return l.RanTo != record.Unknown && l.RanTo < l.EndOffset }) {
		t.line("%s", t.style.Dim("ran to: how far the replica kept what it ran, as what it asked for next shows"))
	}
	return err
}

// clock shows the times of links: by the hour, with the day in the heading,
// or where they span several days, with the day in place of milliseconds.
func (t *replayText) clock() (heading string, show func(time.Time) string) {
	day, layout := "", "15:04:05.000"
	for _, l := range t.report.Links {
		switch d := l.Began.UTC().Format(time.DateOnly); {
		case l.Began.IsZero(), d == day:
		case day == "":
			day, heading = d, ", "+d+" UTC"
		default:
			heading, layout = ", times in UTC", "01-02 15:04:05"
		}
	}
	return heading, func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return at.UTC().Format(layout)
	}
}

// whose names the replica of a link, where there are several.
func (t *replayText) whose(l *replay.Link) string {
	if t.report.Replicas < 2 {
		return ""
	}
	return fmt.Sprintf("replica %d", l.Replica)
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
			t.quote(strings.Join(c.Writes, ",")), t.quote(strings.Join(c.Danger, ",")), t.quote(c.Name),
		})
	}
	columns := []render.Column{
		render.Left("sha1"), render.Right("size"), render.Right("sources"), render.Right("calls"),
		render.Cutting("writes"), render.Cutting("danger"), render.Cutting("library"),
	}
	const library = 6
	columns, rows = withoutColumn(columns, rows, library, func(row []string) bool { return row[library] == "" })
	err := render.Table(t.w, t.style, columns, rows)
	t.more(len(t.report.Scripts)+int(t.report.ScriptsLeftOut), scriptsShown, "scripts")
	return err
}
