package text

import (
	"encoding/hex"
	"fmt"
	"path/filepath"
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

// withoutColumn takes out a column of which no row has anything to say.
func withoutColumn(
	columns []render.Column, rows [][]string, n int, empty func(row []string) bool,
) ([]render.Column, [][]string) {
	if slices.ContainsFunc(rows, func(row []string) bool { return !empty(row) }) {
		return columns, rows
	}
	for i := range rows {
		rows[i] = slices.Delete(rows[i], n, n+1)
	}
	return slices.Delete(columns, n, n+1), rows
}

func (w *replayText) restarts() {
	if !w.asked.Restarts {
		return
	}
	w.heading("Unsafe restarts")
	if len(w.report.Restarts) == 0 {
		w.wrapped("None: a replica running this version could have restarted at any offset.")
		return
	}
	var rows [][]string
	shown := w.report.Restarts[:min(len(w.report.Restarts), w.most(rangesShown))]
	for i := range shown {
		u := &shown[i]
		rows = append(rows, []string{
			number(u.From), number(u.To), lacks(u.Behaviour), render.Count(u.Commands),
			fmt.Sprintf("%s at %d", w.Bytes.CommandText(u.Victim.Command), u.Victim.Offset),
		})
	}
	w.table([]render.Column{
		render.Right("from"), render.Right("to"), render.Left("what is lost"), render.Right("commands"),
		render.Left("first command"),
	}, rows)
	w.more(int64(len(w.report.Restarts)-len(shown)), "range", "ranges")
}

func lacks(b server.Behaviour) string {
	if b == server.RestoresDatabase {
		return "database"
	}
	return "scripts"
}

func (w *replayText) versions() {
	if len(w.report.Versions) == 0 {
		return
	}
	w.heading("By version of the replica" + w.underMaster())
	w.wrapped("this dump: a process that started from the dumps given, as they are")
	w.wrapped("its own dump: a replica that had run this version all along, and started from " +
		"what it would have saved itself")
	var rows [][]string
	for i := range w.report.Versions {
		v := &w.report.Versions[i]
		row := []string{
			v.Version.String(), render.Count(v.Summary.Errors), render.Count(v.Summary.Warnings),
			string(v.Verdict), string(v.OwnDump.Verdict),
		}
		if w.asked.Restarts {
			rows = append(rows, append(row, render.Count(len(v.Restarts))))
			continue
		}
		rows = append(rows, append(row, firstLoud(v.Findings)))
	}
	columns := []render.Column{
		render.Left("version"), render.Right("errors"), render.Right("warnings"),
		render.Left("this dump"), render.Left("its own dump"),
	}
	last := render.Left("first problem")
	if w.asked.Restarts { // there is no room for both
		last = render.Right("unsafe ranges")
	}
	w.table(append(columns, last), rows)
	w.notLoading()
	for i := range w.report.Versions {
		if v := w.report.Versions[i].Version; server.PanicsOnDuplicateScript.Of(v) == server.Yes {
			w.wrapped("%s crashes on any full resync whose RDB holds a script that it has already, "+
				"whatever happened here: not one to upgrade to.", v)
		}
	}
}

// notLoading names the versions that have no way to what was replayed on them.
func (w *replayText) notLoading() {
	var names []string
	for i := range w.report.Versions {
		v := &w.report.Versions[i]
		if slices.ContainsFunc(v.Findings, func(f finding.Finding) bool { return f.Code == finding.FormatUnread }) {
			names = append(names, v.Version.String())
		}
	}
	if len(names) > 0 {
		w.wrapped("Not to be put there: %s can't load an RDB of this version. What is said of them is "+
			"as if they could.", strings.Join(names, ", "))
	}
}

// underMaster tells the master's version, where it is known.
func (w *replayText) underMaster() string {
	if w.report.MasterVersion == "" {
		return ""
	}
	return ", under a master of " + w.versionText(w.report.MasterVersion)
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
			return string(code)
		}
	}
	return "nothing"
}

// links is the timeline: what began how, and how far the replica got.
func (w *replayText) links() {
	days, shown := w.clock()
	of := ""
	if only := w.onlyInput(); only != "" {
		of = " of " + path(filepath.Base(only))
	}
	w.heading("Links" + of + days)
	var rows [][]string
	links := w.report.Links[:min(len(w.report.Links), w.most(linksShown))]
	for _, l := range links {
		ran, _ := w.ranTo(l)
		rows = append(rows, []string{
			w.input(l), strconv.Itoa(l.Number), w.whose(l), shown(l.Began), syncWord(&l.Link), l.Found(),
			number(l.StartOffset), number(l.EndOffset), ran, render.Count(l.Commands), string(l.End),
		})
	}
	columns := []render.Column{
		render.Cutting("input"), render.Right("link"), render.Cutting("of"), render.Right("began"), render.Left("resync"),
		render.Left("replica"), render.Right("from"), render.Right("to"), render.Right("ran to"),
		render.Right("commands"), render.Left("end"),
	}
	if w.Style.Room() > 0 { // the common end, where there is little room
		columns, rows = withoutColumn(columns, rows, 10, func(row []string) bool { return row[10] == "clean" })
	}
	for _, n := range []int{3, 2, 0} {
		columns, rows = withoutColumn(columns, rows, n, func(row []string) bool { return row[n] == "" })
	}
	w.table(columns, rows)
	w.more(int64(len(w.report.Links)-len(links)), "link", "links")
	w.ranToMeans()
}

// ranTo is how far the replica ran of a link, as the table has it, and what that rests on;
// "" where the next request is at the link's end.
func (w *replayText) ranTo(l *replay.Link) (ran, from string) {
	switch d := w.beside.Replica; {
	case l.RanTo != record.Unknown && l.RanTo < l.EndOffset:
		return number(l.RanTo), "ran to: as far as the replica came at least, by its next request or what it acknowledged"
	case l.RanTo != record.Unknown:
		return number(l.RanTo), ""
	case d == nil || l.ReplicationID != d.ID || l.StartOffset > d.Offset || d.Offset > l.EndOffset:
		return "all", "all: nothing in the stream shows where it stopped"
	case d.Offset == l.EndOffset:
		return "all", "all: its dump is of there"
	default:
		ran = number(d.Offset) + "+"
		return ran, ran + ": its dump is of there, and nothing shows that it ran more"
	}
}

// ranToMeans says what is in that column, unless the replica ran all as far as the links
// show.
func (w *replayText) ranToMeans() {
	var means []string
	short := false
	for _, l := range w.report.Links {
		ran, from := w.ranTo(l)
		if from != "" && !slices.Contains(means, from) {
			means = append(means, from)
			short = short || ran != "all"
		}
	}
	if short {
		w.wrapped("%s", w.Style.Dim(strings.Join(means, "; ")))
	}
}

// clock shows the times of links: by the hour, with the day in the heading,
// or where they span several days, with the day in place of milliseconds.
func (w *replayText) clock() (heading string, show func(time.Time) string) {
	day, layout := "", "15:04:05.000"
	for _, l := range w.report.Links {
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

// input is a link's input, by its number and name, where there are several.
func (w *replayText) input(l *replay.Link) string {
	if w.onlyInput() != "" {
		return ""
	}
	return fmt.Sprintf("%d %s", l.Stream+1, path(filepath.Base(l.Path)))
}

// onlyInput is the input of all links; "" where there are several, or no link.
func (w *replayText) onlyInput() (only string) {
	for i, l := range w.report.Links {
		if i > 0 && l.Stream != w.report.Links[0].Stream {
			return ""
		}
		only = l.Path
	}
	return only
}

// whose names the replica of a link, where there are several.
func (w *replayText) whose(l *replay.Link) string {
	if w.report.Replicas < 2 {
		return ""
	}
	return fmt.Sprintf("replica %d", l.Replica)
}

func (w *replayText) scripts() {
	if len(w.report.Scripts) == 0 {
		return
	}
	w.heading("Scripts and libraries")
	var rows [][]string
	all := w.report.Scripts[:min(len(w.report.Scripts), w.most(scriptsShown))]
	for i := range all {
		c := &all[i]
		name := ""
		if c.Name != "" {
			name = w.Bytes.Text([]byte(c.Name))
		}
		rows = append(rows, []string{
			hex.EncodeToString(c.SHA1[:])[:12], render.Size(c.Bytes), render.Count(c.Seen),
			render.Count(c.Calls), strings.Join(c.Writes, ","), strings.Join(c.Danger, ","), name,
		})
	}
	columns := []render.Column{
		render.Left("sha1"), render.Right("size"), render.Right("sources"), render.Right("calls"),
		render.Cutting("writes"), render.Cutting("danger"), render.Cutting("library"),
	}
	const library = 6
	columns, rows = withoutColumn(columns, rows, library,
		func(row []string) bool { return row[library] == "" })
	w.table(columns, rows)
	w.more(int64(len(w.report.Scripts)-len(all))+w.report.ScriptsLeftOut, "script", "scripts")
}
