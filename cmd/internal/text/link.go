package text

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
)

const (
	commandsShown = 12
	filesShown    = 20
	gapsShown     = 5
)

func (w *inspectText) files(files []*inspect.File) {
	var rows [][]string
	shown := files[:min(len(files), w.most(filesShown))]
	for _, f := range shown {
		state := "nothing"
		if placed, ok := parse.AsDamage(f.Err); ok {
			state = placed.Err.Error()
		} else if f.Err != nil {
			state = f.Err.Error()
		} else if len(f.Findings) > 0 {
			state = fmt.Sprint(f.Findings)
			state = strings.ReplaceAll(state[1:len(state)-1], " ", ", ")
		}
		rows = append(rows, []string{w.Bytes.Text(f.Name), state})
	}
	w.section("Files", []render.Column{render.Cutting("name"), render.Cutting("what is wrong")}, rows)
	w.more(int64(len(files)-len(shown)), "file", "files")
}

// links writes a table of all links if there are several, and each of them.
func (w *inspectText) links(r *inspect.Report) {
	if r.Ignored > 0 {
		w.printf("\n%s\n", w.Style.Dim(render.Plural(r.Ignored,
			"connection is no replication link, and no client's",
			"connections are no replication links, and no clients'")))
	}
	if len(r.Links) > 1 {
		w.timeline(r.Links)
	}
	w.several = len(r.Links) > 1
	for i, l := range r.Links {
		w.link(l)
		w.label("continues", continues(l, r.Links))
		if i == 0 || w.replica(&l.Link) != w.replica(&r.Links[i-1].Link) {
			w.label("replica", w.replica(&l.Link))
		}
		w.linkContents(l)
	}
	w.biggestCommands(r.Links)
}

func (w *inspectText) timeline(links []*inspect.Link) {
	var rows [][]string
	var clock render.Clock
	for _, l := range links {
		rows = append(rows, []string{fmt.Sprint(l.Number), clock.Show(l.Began), syncWord(&l.Link),
			number(l.StartOffset), number(l.EndOffset), render.Count(l.Commands), string(l.End)})
	}
	w.section("Links", []render.Column{render.Right("link"), render.Right("began (UTC)"),
		render.Left("resync"), render.Right("from"), render.Right("to"), render.Right("commands"),
		render.Left("end")}, rows)
}

func syncWord(l *record.Link) string {
	switch {
	case l.AOF:
		return "none"
	case l.Refused != "":
		return "refused"
	case l.Resync == record.NoSync || l.Resync == "":
		return "not seen"
	}
	return string(l.Resync)
}

// link writes how a link came about and how far it went.
func (w *inspectText) link(l *inspect.Link) {
	title := fmt.Sprintf("Link %d", l.Number)
	if l.AOF {
		title = "Commands"
	}
	if l.From != "" {
		title += w.Style.Dim("  " + w.address(l.From) + " to " + w.address(l.To))
	}
	w.printf("\n%s\n", w.Style.Heading(title))
	if !l.AOF {
		w.label("sync", w.syncText(l))
		w.label("offsets", offsets(&l.Link))
	}
	w.label("stream", fmt.Sprintf("%s, %s, %s", render.Plural(l.Commands, "command", "commands"),
		render.Size(l.Bytes), endText(l.End)))
	if l.Payload != nil {
		w.label("payload", w.payload(l))
	}
}

// linkContents writes what travelled over a link.
func (w *inspectText) linkContents(l *inspect.Link) {
	w.acks(l.Acks, l.EndOffset)
	w.rate(l.Rate, l.AOF)
	w.label("databases", selected(l.Databases))
	if l.Filtered {
		w.label("filter", fmt.Sprintf("%s of %s passed", render.Count(l.Passed),
			render.Plural(l.Commands, "command", "commands")))
	}
	w.label("commands", w.commandNames(l.ByCommand))
	w.keyPatterns(l.Keys)
	w.scripts(l.Scripts)
	w.gaps(l)
	if l.Payload != nil {
		w.printf("\n%s\n", w.Style.Heading(fmt.Sprintf("Payload of link %d", l.Number)))
		w.rdb(l.Payload)
	}
}

func (w *inspectText) syncText(l *inspect.Link) string {
	var text string
	switch l.Resync {
	case record.Full:
		text = "full resync"
	case record.Partial:
		text = "partial resync"
	default:
		text = "beginning not seen"
	}
	if l.ReplicationID != "" {
		text += ", id " + w.id(l.ReplicationID)
	}
	if q := l.Requested; q != nil {
		text += fmt.Sprintf("; the replica asked for PSYNC %s %d", w.id(q.ID), q.Offset)
	}
	if l.Refused != "" {
		text += "; refused with " + w.Bytes.Text([]byte(l.Refused))
	}
	return text
}

// id is shown whole once in a report of several links, and shortened where it
// comes again.
func (w *inspectText) id(id string) string {
	text := w.Bytes.WordText(id)
	if w.several && w.ids[id] {
		return render.Cut(text, shaShown+1)
	}
	if w.ids == nil {
		w.ids = map[string]bool{}
	}
	w.ids[id] = true
	return text
}

// continues says how a link ties in with the one before.
func continues(l *inspect.Link, links []*inspect.Link) string {
	i := slices.IndexFunc(links, func(o *inspect.Link) bool { return o.Number == l.Continues })
	if i < 0 {
		return ""
	}
	before := links[i]
	switch ahead := l.StartOffset - before.EndOffset; {
	case ahead == 0:
		return fmt.Sprintf("link %d, at the offset where it ended", before.Number)
	case ahead < 0:
		return fmt.Sprintf("link %d, %s before it ended, which were sent twice", before.Number,
			render.Plural(-ahead, "byte", "bytes"))
	default:
		return fmt.Sprintf("link %d, %s after it ended, which are missing", before.Number,
			render.Plural(ahead, "byte", "bytes"))
	}
}

func offsets(l *record.Link) string {
	if l.StartOffset == record.Unknown {
		return "unknown; --offset, --base or --info gives them"
	}
	return fmt.Sprintf("%d to %d, known from %s", l.StartOffset, l.EndOffset, l.Anchor)
}

func endText(e record.End) string {
	switch e {
	case record.Truncated:
		return "ends within a command or payload"
	case record.Damaged:
		return "damaged"
	}
	return "ends clean"
}

func (w *inspectText) payload(l *inspect.Link) string {
	text := dumpText(l.Payload, "")
	if l.Link.Payload != nil {
		text = fmt.Sprintf("framed by %s, ", l.Link.Payload.Framing) + text
		if l.Link.Payload.Bytes >= 0 {
			text = render.Size(l.Link.Payload.Bytes) + " " + text
		}
	}
	return text
}

func (w *inspectText) replica(l *record.Link) string {
	var parts []string
	if l.Replica.Version != "" {
		parts = append(parts, "version "+w.Bytes.WordText(l.Replica.Version))
	}
	if l.Replica.ListeningPort != 0 {
		parts = append(parts, fmt.Sprintf("listening on port %d", l.Replica.ListeningPort))
	}
	for _, c := range l.Replica.Capabilities {
		parts = append(parts, "capa "+w.Bytes.WordText(c))
	}
	return strings.Join(parts, ", ")
}

// rate writes when commands came and how many; seconds: times are known no better, as
// those of an AOF.
func (w *inspectText) rate(r *inspect.Rate, seconds bool) {
	if r == nil {
		return
	}
	w.label("time", period(r.From, r.To, seconds))
	writes, bytes := r.PerSecond()
	if writes == 0 {
		return
	}
	text := fmt.Sprintf("%s writes and %s a second on average", perSecond(writes), render.Size(int64(bytes)))
	if span := r.To.Sub(r.From); span < time.Second { // a rate would be of what was not seen
		text = fmt.Sprintf("%s and %s in %s", render.Plural(int64(math.Round(writes*span.Seconds())), "write", "writes"),
			render.Size(int64(math.Round(bytes*span.Seconds()))), took(span))
	}
	if r.Steps == 1 {
		w.label("writing", text)
		return
	}
	var values []float64
	for _, n := range r.Bytes[:r.Steps] {
		values = append(values, float64(n))
	}
	w.label("writing", render.Spark(values))
	w.label("", fmt.Sprintf("a column is %s; %s", r.Step, text))
}

// perSecond has a decimal only where that tells something.
func perSecond(rate float64) string {
	if rate < 100 {
		return strconv.FormatFloat(rate, 'f', 1, 64)
	}
	return render.Count(int64(math.Round(rate)))
}

// took is a length of time in milliseconds.
func took(span time.Duration) string {
	if span < time.Millisecond {
		return "less than 1ms"
	}
	return span.Round(time.Millisecond).String()
}

// period shows a stretch of time, with the day once if it is one.
func period(from, to time.Time, seconds bool) string {
	from, to = from.UTC(), to.UTC()
	show, clock := render.Time, "15:04:05.000"
	if seconds {
		show, clock = render.Second, time.TimeOnly
	}
	switch {
	case from.Equal(to):
		return show(from)
	case from.Truncate(24 * time.Hour).Equal(to.Truncate(24 * time.Hour)):
		return fmt.Sprintf("%s to %s, %s", show(from), to.Format(clock), took(to.Sub(from)))
	}
	return fmt.Sprintf("%s to %s", show(from), show(to))
}

func selected(databases []inspect.Selected) string {
	var parts []string
	for i, d := range databases {
		text := render.Count(d.Commands)
		if i == 0 {
			text = render.Plural(d.Commands, "command", "commands")
		}
		parts = append(parts, fmt.Sprintf("%d (%s)", d.DB, text))
	}
	return strings.Join(parts, ", ")
}

func (w *inspectText) commandNames(names []inspect.CommandCount) string {
	var parts []string
	for _, n := range names[:min(len(names), w.most(commandsShown))] {
		parts = append(parts, w.Bytes.CommandText(n.Name)+" "+render.Count(n.Commands))
	}
	if more := len(names) - w.most(commandsShown); more > 0 {
		parts = append(parts, fmt.Sprintf("and %s more", render.Plural(int64(more), "name", "names")))
	}
	return strings.Join(parts, ", ")
}

func (w *inspectText) gaps(l *inspect.Link) {
	for _, g := range l.Gaps[:min(len(l.Gaps), w.most(gapsShown))] {
		text := fmt.Sprintf("at byte %d", g.Byte)
		if g.Bytes >= 0 {
			text = render.Size(g.Bytes) + " " + text
		}
		if g.Offset >= 0 {
			text += ", offset " + fmt.Sprint(g.Offset)
		}
		if !g.From.IsZero() {
			text += ", " + render.Time(g.From)
		}
		w.label("gap", text)
	}
	if more := len(l.Gaps) - w.most(gapsShown); more > 0 {
		w.label("", fmt.Sprintf("and %s more, %s in all", render.Plural(int64(more), "gap", "gaps"),
			render.Size(l.GapBytes)))
	}
}

// biggestShown is how many of the largest commands text output names.
const biggestShown = 5

// biggestCommands writes one table for all links.
func (w *inspectText) biggestCommands(links []*inspect.Link) {
	type command struct {
		link int
		*inspect.Command
	}
	var all []command
	for _, l := range links {
		for i := range l.Biggest {
			all = append(all, command{l.Number, &l.Biggest[i]})
		}
	}
	slices.SortStableFunc(all, func(a, b command) int { return cmp.Compare(b.Bytes, a.Bytes) })
	columns := []render.Column{render.Right("bytes"), render.Left("command"),
		render.Right("arguments"), render.Right("db"), render.Right("offset"),
		render.Left("first key")}
	if w.several {
		columns = slices.Insert(columns, 0, render.Right("link"))
	}
	var rows [][]string
	for _, c := range all[:min(len(all), biggestShown)] {
		key := ""
		if c.Key != nil {
			key = w.Bytes.Text(c.Key)
		}
		row := []string{render.Size(c.Bytes), w.Bytes.CommandText(c.Name), render.Count(c.Args - 1),
			dbText(c.DB), number(c.Offset), key}
		if w.several {
			row = slices.Insert(row, 0, fmt.Sprint(c.link))
		}
		rows = append(rows, row)
	}
	w.section("Largest commands", columns, rows)
}
