package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
)

const (
	commandsShown = 12
	filesShown    = 20
	gapsShown     = 5
)

func (p *sheet) files(files []inspect.File) {
	var rows [][]string
	for _, f := range files[:min(len(files), filesShown)] {
		state := "nothing"
		if placed, ok := parse.AsDamage(f.Err); ok {
			state = placed.Err.Error()
		} else if f.Err != nil {
			state = f.Err.Error()
		}
		rows = append(rows, []string{p.sh.Text(f.Name), state})
	}
	p.table("Files", []Column{Cutting("name"), Cutting("what is wrong")}, rows)
}

// links writes a table of all links if there are several, and each of them.
func (p *sheet) links(r *inspect.Report) {
	if r.Ignored > 0 {
		p.printf("\n%s\n", p.st.Dim(Plural(r.Ignored, "connection is no replication link", "connections are no replication links")))
	}
	if len(r.Links) > 1 {
		p.timeline(r.Links)
	}
	p.several = len(r.Links) > 1
	for i, l := range r.Links {
		p.link(l)
		p.line("continues", continues(l, r.Links))
		if i == 0 || p.replica(&l.Link) != p.replica(&r.Links[i-1].Link) {
			p.line("replica", p.replica(&l.Link))
		}
		p.linkContents(l)
	}
	p.biggestCommands(r.Links)
}

func (p *sheet) timeline(links []*inspect.Link) {
	var rows [][]string
	var clock Clock
	for _, l := range links {
		rows = append(rows, []string{fmt.Sprint(l.Number), clock.Show(l.Began), syncWord(&l.Link), offsetText(l.StartOffset), offsetText(l.EndOffset), Count(l.Commands), string(l.End)})
	}
	p.table("Links", []Column{Right("link"), Right("began"), Left("sync"), Right("from"), Right("to"), Right("commands"), Left("end")}, rows)
}

func syncWord(l *record.Link) string {
	switch {
	case l.Refused != "":
		return "refused"
	case l.Resync == record.NoSync || l.Resync == "":
		return "not seen"
	}
	return string(l.Resync)
}

func offsetText(n int64) string {
	if n == record.Unknown {
		return "unknown"
	}
	return fmt.Sprint(n)
}

// link writes how a link came about and how far it went.
func (p *sheet) link(l *inspect.Link) {
	title := fmt.Sprintf("Link %d", l.Number)
	if l.AOF {
		title = "Commands"
	}
	if l.From != "" {
		title += p.st.Dim("  " + l.From + " to " + l.To)
	}
	p.printf("\n%s\n", p.st.Heading(title))
	if !l.AOF {
		p.line("sync", p.syncText(l))
		p.line("offsets", offsets(&l.Link))
	}
	p.line("stream", fmt.Sprintf("%s, %s, %s", Plural(l.Commands, "command", "commands"), Size(l.Bytes), endText(l.End)))
	if l.Payload != nil {
		p.line("payload", p.payload(l))
	}
}

// linkContents writes what travelled over a link.
func (p *sheet) linkContents(l *inspect.Link) {
	p.acks(l.Acks)
	p.rate(l.Rate)
	p.line("databases", selected(l.Databases))
	p.line("commands", p.commandNames(l.ByCommand))
	p.scripts(l.Scripts)
	p.gaps(l)
	if l.Payload != nil {
		p.printf("\n%s\n", p.st.Heading(fmt.Sprintf("Payload of link %d", l.Number)))
		p.rdb(l.Payload)
	}
}

func (p *sheet) syncText(l *inspect.Link) string {
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
		text += ", id " + p.id(l.ReplicationID)
	}
	if q := l.Requested; q != nil {
		text += fmt.Sprintf("; the replica asked for PSYNC %s %d", p.id(q.ID), q.Offset)
	}
	if l.Refused != "" {
		text += "; refused with " + p.sh.Text([]byte(l.Refused))
	}
	return text
}

// id is shown whole once in a report of several links, and shortened where it
// comes again.
func (p *sheet) id(id string) string {
	text := p.sh.OwnText(id)
	if p.several && p.ids[id] {
		return Cut(text, shaShown+1)
	}
	if p.ids == nil {
		p.ids = map[string]bool{}
	}
	p.ids[id] = true
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
		return fmt.Sprintf("link %d, where it ended", before.Number)
	case ahead < 0:
		return fmt.Sprintf("link %d, %s before it ended: these travelled twice", before.Number, Plural(-ahead, "byte", "bytes"))
	default:
		return fmt.Sprintf("link %d, %s after it ended: these are not here", before.Number, Plural(ahead, "byte", "bytes"))
	}
}

func offsets(l *record.Link) string {
	if l.StartOffset == record.Unknown {
		return "unknown: nothing ties the stream to one (--offset, --base, --info)"
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

func (p *sheet) payload(l *inspect.Link) string {
	text := p.verdict(l.Payload, "")
	if l.Link.Payload != nil {
		text = fmt.Sprintf("framed by %s, ", l.Link.Payload.Framing) + text
		if l.Link.Payload.Bytes >= 0 {
			text = Size(l.Link.Payload.Bytes) + " " + text
		}
	}
	return text
}

func (p *sheet) replica(l *record.Link) string {
	var parts []string
	if l.Replica.Version != "" {
		parts = append(parts, "version "+p.sh.OwnText(l.Replica.Version))
	}
	if l.Replica.ListeningPort != 0 {
		parts = append(parts, fmt.Sprintf("listening on port %d", l.Replica.ListeningPort))
	}
	for _, c := range l.Replica.Capabilities {
		parts = append(parts, "capa "+p.sh.OwnText(c))
	}
	return strings.Join(parts, ", ")
}

func (p *sheet) acks(a *record.Acks) {
	if a == nil {
		return
	}
	text := fmt.Sprintf("%s, offset %d to %d", Plural(a.Count, "acknowledgement", "acknowledgements"), a.First, a.Last)
	if a.LagBytesMax != record.Unknown {
		text += fmt.Sprintf(", at most %s behind", Size(a.LagBytesMax))
		if a.LagMax > 0 {
			text += fmt.Sprintf(" (%s)", a.LagMax.Round(time.Millisecond))
		}
	}
	p.line("acks", text)
}

func (p *sheet) rate(r *inspect.Rate) {
	if r == nil {
		return
	}
	p.line("time", period(r.From, r.To))
	writes, bytes := r.PerSecond()
	if writes == 0 {
		return
	}
	text := fmt.Sprintf("%.1f writes and %s a second on average", writes, Size(int64(bytes)))
	if r.Steps == 1 {
		p.line("writing", text)
		return
	}
	var values []float64
	for _, n := range r.Bytes[:r.Steps] {
		values = append(values, float64(n))
	}
	p.printf("%s%s\n", p.st.Dim(fmt.Sprintf("%-*s", labelWidth, "writing")), Spark(values))
	p.line("", fmt.Sprintf("a column is %s; %s", r.Step, text))
}

// period shows a stretch of time, with the day once if it is one.
func period(from, to time.Time) string {
	from, to = from.UTC(), to.UTC()
	switch {
	case from.Equal(to):
		return Time(from)
	case from.Truncate(24 * time.Hour).Equal(to.Truncate(24 * time.Hour)):
		return fmt.Sprintf("%s to %s, %s", Time(from), to.Format("15:04:05.000"), to.Sub(from).Round(time.Millisecond))
	}
	return fmt.Sprintf("%s to %s", Time(from), Time(to))
}

func selected(databases []inspect.Selected) string {
	var parts []string
	for i, d := range databases {
		text := Count(d.Commands)
		if i == 0 {
			text = Plural(d.Commands, "command", "commands")
		}
		parts = append(parts, fmt.Sprintf("%d (%s)", d.DB, text))
	}
	return strings.Join(parts, ", ")
}

func (p *sheet) commandNames(names []inspect.CommandCount) string {
	var parts []string
	for _, n := range names[:min(len(names), commandsShown)] {
		parts = append(parts, p.sh.commandText(n.Name)+" "+Count(n.Commands))
	}
	if more := len(names) - commandsShown; more > 0 {
		parts = append(parts, fmt.Sprintf("and %s more", Plural(int64(more), "name", "names")))
	}
	return strings.Join(parts, ", ")
}

func (p *sheet) gaps(l *inspect.Link) {
	for _, g := range l.Gaps[:min(len(l.Gaps), gapsShown)] {
		text := fmt.Sprintf("at byte %d", g.Byte)
		if g.Bytes >= 0 {
			text = Size(g.Bytes) + " " + text
		}
		if g.Offset >= 0 {
			text += ", offset " + fmt.Sprint(g.Offset)
		}
		if !g.From.IsZero() {
			text += ", " + Time(g.From)
		}
		p.line("gap", text)
	}
	if more := len(l.Gaps) - gapsShown; more > 0 {
		p.line("", fmt.Sprintf("and %s more, %s in all", Plural(int64(more), "gap", "gaps"), Size(l.GapBytes)))
	}
}

// biggestShown is how many of the largest commands text output names.
const biggestShown = 5

// biggestCommands writes one table for all links.
func (p *sheet) biggestCommands(links []*inspect.Link) {
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
	columns := []Column{Right("bytes"), Left("command"), Right("arguments"), Right("db"), Right("offset"), Cutting("first key")}
	if p.several {
		columns = slices.Insert(columns, 0, Right("link"))
	}
	var rows [][]string
	for _, c := range all[:min(len(all), biggestShown)] {
		key := ""
		if c.Key != nil {
			key = p.sh.Text(c.Key)
		}
		row := []string{Size(c.Bytes), p.sh.commandText(c.Name), Count(c.Args - 1), dbText(c.DB), offsetText(c.Offset), key}
		if p.several {
			row = slices.Insert(row, 0, fmt.Sprint(c.link))
		}
		rows = append(rows, row)
	}
	p.table("Largest commands", columns, rows)
}
