package text

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/document"
	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/server"
)

// A verdict is what an input comes to, in a sentence. head is its first words,
// which answer whether it is whole; "" where that is not asked.
type verdict struct {
	head, text string
	severity   finding.Severity // "" where nothing is wrong
}

// paint shows a verdict, its head in the colour of what it says.
func (w *writer) paint(v verdict) string {
	paint := w.Style.Good
	switch v.severity {
	case finding.Error:
		paint = w.Style.Bad
	case finding.Warning:
		paint = w.Style.Warn
	}
	return w.headed(paint, v.head, v.text)
}

// verdictOn is the verdict on an input; that of a file that is nothing to inspect
// has no text.
func verdictOn(r *inspect.Report) verdict {
	var parts []string
	v := verdict{}
	if r.RDB != nil {
		where := ""
		if r.Kind == input.KindAOF || r.Kind == input.KindAOFSet {
			where = " in its base"
		}
		v.head, v.severity = wholeness(r)
		parts = append(parts, dumpText(r.RDB, where))
	}
	if text := linksText(r); text != "" {
		parts = append(parts, text)
	}
	if c := r.Clients; c != nil {
		text := render.Plural(c.Commands, "command", "commands")
		if c.Connections == record.Unknown {
			text += " of clients that are not told"
		} else {
			text = render.Plural(c.Connections, "client", "clients") + " with " + text
		}
		parts = append(parts, text)
	}
	if len(parts) == 0 && len(r.Findings) == 0 {
		return verdict{}
	}
	wrong, severity := problems(r.Findings)
	switch {
	case v.severity == "":
		v.severity = severity
	case severity == "":
		wrong = "nothing else wrong"
	}
	v.text = strings.Join(append(parts, wrong), ", ")
	if v.head != "" {
		v.text = ": " + v.text
	}
	return v
}

// wholeness says whether a dump, or an AOF with one at its head, is whole.
func wholeness(r *inspect.Report) (head string, severity finding.Severity) {
	missing, _ := inspect.MissingKeys(r.RDB)
	x := r.RDB
	sound := x.End == record.Clean && x.Checksum.Status != rdb.ChecksumInvalid
	switch {
	case sound && x.Values.Broken > 0:
		return "NOT sound", finding.Error
	case !sound || r.Damaged:
		return "NOT whole", finding.Error
	case missing > 0: // what is announced is a hint to servers, and no more
		return "perhaps NOT whole", finding.Warning
	case x.Values.Quick || x.Values.Unread > 0:
		return "whole as far as checked", ""
	}
	return "whole", ""
}

// dumpText is an RDB in one sentence; where says of what it is a part.
func dumpText(r *inspect.RDB, where string) string {
	keys := render.Plural(r.Keys, "key", "keys")
	if r.Filtered {
		keys = fmt.Sprintf("%s of %s passed the filter", render.Count(r.Keys),
			render.Plural(r.Read, "key", "keys"))
	}
	text := fmt.Sprintf("%s%s, %s", keys, where, endOf(r.End))
	switch r.Checksum.Status {
	case rdb.ChecksumValid:
		text += ", checksum valid"
	case rdb.ChecksumInvalid:
		text += ", checksum invalid"
	case rdb.ChecksumDisabled:
		text += ", checksum disabled"
	default:
		text += ", no checksum"
	}
	text += ", " + valuesText(r.Values)
	if missing, _ := inspect.MissingKeys(r); missing > 0 {
		text += ", " + render.Plural(missing, "key", "keys") + " fewer than it announces"
	}
	return text
}

// valuesText says whether values were opened, and what came of it.
func valuesText(v inspect.Values) string {
	switch {
	case v.Broken > 0:
		return render.Plural(v.Broken, "value broken", "values broken")
	case v.Quick:
		return "values not opened"
	case v.Unread > 0:
		return render.Plural(v.Unread, "value", "values") + " not checked"
	}
	return "values sound"
}

func endOf(e record.End) string {
	switch e {
	case record.Clean:
		return "ends clean"
	case record.Truncated:
		return "ends early"
	}
	return string(e)
}

// linksText counts links and their commands.
func linksText(r *inspect.Report) string {
	commands, bytes := int64(0), int64(0)
	aof := false
	for _, l := range r.Links {
		commands, bytes, aof = commands+l.Link.Commands, bytes+l.Link.Bytes, aof || l.AOF
	}
	text := render.Plural(commands, "command", "commands") + " (" + render.Size(bytes) + ")"
	switch {
	case len(r.Links) == 0 && r.Kind == input.KindPCAP:
		return "no replication link"
	case len(r.Links) == 0:
		return ""
	case aof || r.Kind == input.KindCommands:
		return text
	}
	return render.Plural(int64(len(r.Links)), "replication link", "replication links") + " with " + text
}

// problems counts errors and warnings.
func problems(all []finding.Finding) (string, finding.Severity) {
	count := map[finding.Severity]int64{}
	for i := range all {
		count[all[i].Severity]++
	}
	var parts []string
	worst := finding.Severity("")
	for _, s := range []finding.Severity{finding.Warning, finding.Error} {
		if n := count[s]; n > 0 {
			parts = append([]string{render.Plural(n, string(s), string(s)+"s")}, parts...)
			worst = s
		}
	}
	if len(parts) == 0 {
		return "nothing wrong", ""
	}
	return strings.Join(parts, ", "), worst
}

// An Inspected is one of several inputs, with the report on it.
type Inspected struct {
	Input  document.Input
	Report *inspect.Report
}

// Inspects writes the reports on several inputs, with an overview of them first,
// and last which of them have problems.
func Inspects(out io.Writer, all []Inspected, o Options) error {
	w := newWriter(out, o)
	var rows [][]string
	var bad []string
	refused := map[string]int{} // how many dumps, by version
	for _, one := range all {
		v := verdictOn(one.Report)
		size := "unknown"
		if one.Input.Bytes != nil {
			size = render.Size(*one.Input.Bytes)
		}
		text, _ := problems(one.Report.Findings)
		switch {
		case v.text == "":
			text = ""
		case v.head != "":
			text = v.head + ", " + text
		}
		if v.severity != "" {
			bad = append(bad, path(one.Input.Path))
		}
		for _, by := range refusedBy(one.Report) {
			text += "; does not load on " + by
			refused[by]++
		}
		rows = append(rows, []string{string(one.Report.Kind), size, w.Style.Severe(v.severity, text),
			path(one.Input.Path)})
	}
	closing := w.verdictOnAll(len(all), bad, refused)
	w.line("%s", closing)
	w.blank()
	w.table([]render.Column{render.Left("kind"), render.Right("size"), render.Left("problems"),
		render.Cutting("input")}, rows)
	w.inspectedShards(all)
	for _, one := range all {
		w.blank()
		(&inspectText{writer: w}).input(one.Input, one.Report)
	}
	w.closing(closing)
	return w.err
}

// verdictOnAll is the one line on so many inputs: those with problems, and how many dumps
// a version does not load.
func (w *writer) verdictOnAll(inputs int, bad []string, refused map[string]int) string {
	head, rest := render.Plural(int64(inputs), "input", "inputs")+": ", ""
	for _, by := range slices.Sorted(maps.Keys(refused)) {
		rest += fmt.Sprintf("; %s not load on %s", render.Plural(int64(refused[by]), "dump does", "dumps do"), by)
	}
	switch {
	case len(bad) > 0:
		return w.headed(w.Style.Bad, head+fmt.Sprintf("%s with problems", render.Count(len(bad))),
			": "+strings.Join(bad, ", ")+rest)
	case rest != "":
		return w.headed(w.Style.Warn, head+"nothing wrong", rest)
	}
	return w.headed(w.Style.Good, head+"nothing wrong", "")
}

// refusedBy names the versions that are known not to load a dump.
func refusedBy(r *inspect.Report) (all []string) {
	if r.RDB == nil {
		return nil
	}
	for _, l := range r.RDB.Loads {
		if v := l.Version.String(); l.Answer == server.No && v != "" {
			all = append(all, v)
		}
	}
	return all
}
