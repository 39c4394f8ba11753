package render

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/parse/input"

	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/server"
)

// kindNames says what each kind of input is, in words.
var kindNames = map[input.Kind]string{
	input.KindRDB:      "RDB dump",
	input.KindPSYNC:    "replication link, master to replica",
	input.KindCommands: "stream of commands",
	input.KindAOF:      "append-only file",
	input.KindAOFSet:   "multi-part append-only file",
	input.KindPCAP:     "packet capture",
}

// A sheet is text in sections of labelled lines. Its first error stays.
type sheet struct {
	w   io.Writer
	st  Style
	sh  *Shower
	err error
	// several links are shown, and these ids have been.
	several bool
	ids     map[string]bool
}

func (p *sheet) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

// labelWidth is the column at which the text behind a label begins.
const labelWidth = 14

// line writes a label and text, wrapped under itself.
func (p *sheet) line(label, text string) {
	if text == "" {
		return
	}
	indent := strings.Repeat(" ", labelWidth)
	narrow := Style{width: p.st.width - labelWidth}
	wrapped := strings.ReplaceAll(narrow.Wrap(text, ""), "\n", "\n"+indent)
	p.printf("%s%s\n", p.st.Dim(fmt.Sprintf("%-*s", labelWidth, label)), wrapped)
}

func (p *sheet) table(title string, columns []Column, rows [][]string) {
	if len(rows) == 0 || p.err != nil {
		return
	}
	p.printf("\n%s\n", p.st.Heading(title))
	if p.err == nil {
		p.err = Table(p.w, p.st, columns, rows)
	}
}

// Text writes the report for people: what it is, what is wrong, and what is
// in it.
func (i *Inspection) Text(w io.Writer, st Style, sh *Shower) error {
	p := &sheet{w: w, st: st, sh: sh}
	what := kindNames[i.Report.Kind]
	if i.Bytes >= 0 {
		what += ", " + Size(i.Bytes)
	}
	if i.Compression != "" {
		what += " (" + i.Compression + ")"
	}
	path, gap := pathText(i.Path), "  "
	if twwidth.Width(path+gap+what) > st.width {
		gap = "\n  "
	}
	p.printf("%s%s%s\n", st.Bold(path), gap, what)
	if i.Report.RDB != nil {
		where := ""
		if i.Report.Kind == input.KindAOF || i.Report.Kind == input.KindAOFSet {
			where = " in its base"
		}
		p.printf("%s\n", p.verdict(i.Report.RDB, where))
	}
	if len(i.Report.Findings) > 0 {
		p.printf("\n")
		if p.err == nil {
			p.err = Findings(w, st, sh, i.Report.Findings)
		}
	}
	if i.Report.RDB != nil {
		p.printf("\n")
		p.rdb(i.Report.RDB)
	}
	p.files(i.Report.Files)
	p.links(i.Report)
	return p.err
}

// pathText shows a path as it is, or escaped if anything in it could do harm.
func pathText(path string) string {
	if quoted := string(AppendQuoted(nil, []byte(path))); quoted != `"`+path+`"` {
		return quoted
	}
	return path
}

// verdict is an RDB in one sentence; where says of what it is a part.
func (p *sheet) verdict(r *inspect.RDB, where string) string {
	text := fmt.Sprintf("%s%s, %s", Plural(r.Keys, "key", "keys"), where, p.end(r.End))
	switch r.Checksum.Status {
	case rdb.ChecksumValid:
		text += ", " + p.st.Good("checksum valid")
	case rdb.ChecksumInvalid:
		text += ", " + p.st.Bad("checksum invalid")
	case rdb.ChecksumDisabled:
		text += ", checksum disabled"
	default:
		text += ", no checksum"
	}
	return text
}

func (p *sheet) end(e record.End) string {
	switch e {
	case record.Clean:
		return p.st.Good("ends clean")
	case record.Truncated:
		return p.st.Bad("ends early")
	}
	return p.st.Bad(string(e))
}

// rdb writes all that is known of a dump.
func (p *sheet) rdb(r *inspect.RDB) {
	p.line("format", fmt.Sprintf("%s version %d", r.Magic, r.Version))
	if r.ServerVersion != "" {
		name := "redis "
		if r.Valkey {
			name = "valkey "
		}
		p.line("server", name+p.sh.OwnText(r.ServerVersion))
	}
	if !r.CreatedAt.IsZero() {
		p.line("saved", Time(r.CreatedAt))
	}
	p.replication(r)
	p.scripts(r.Scripts)
	p.libraries(r.Functions)
	p.aux(r)
	p.oddities(r)
	p.keyspace(r)
}

func (p *sheet) replication(r *inspect.RDB) {
	rep := r.Replication
	if rep == nil {
		p.line("replication", "nothing about it in the dump")
		return
	}
	db := "selected database not told"
	if rep.StreamDB >= 0 {
		db = fmt.Sprintf("database %d selected", rep.StreamDB)
	}
	p.line("replication", fmt.Sprintf("id %s, offset %d, %s", p.sh.OwnText(rep.ID), rep.Offset, db))
	p.line("on restart", restartText(rep.Restored, r.Server))
}

// restartText says what a replica does when it is started from the dump.
func restartText(r server.Restart, v server.Version) string {
	switch r.Position {
	case server.Unknown:
		return "what of it a replica would take up again is not known: the dump does not tell the version"
	case server.No:
		return "a replica of this version would take nothing of it up again, and ask for a full resync"
	}
	text := "a replica of this version would go on from that offset"
	if r.Database == server.Yes {
		text += " in that database"
	} else {
		text += ", but in database 0 whatever was selected"
	}
	switch {
	case r.Scripts == server.Yes:
		return text + ", with the scripts below"
	case server.ReplicatesScripts.Of(v) == server.Yes: // others are not sent any
		return text + ", without any script"
	}
	return text
}

const scriptsShown = 5

func (p *sheet) scripts(scripts []*inspect.Script) {
	if len(scripts) == 0 {
		return
	}
	total := int64(0)
	var shown []string
	for _, s := range scripts {
		total += s.Bytes
		if len(shown) < scriptsShown {
			text := s.SHA1
			if p.several {
				text = Cut(text, shaShown+1)
			}
			if s.Count > 1 {
				text += fmt.Sprintf(" (%d times)", s.Count)
			}
			shown = append(shown, text)
		}
	}
	text := fmt.Sprintf("%s, %s: %s", Plural(int64(len(scripts)), "script", "scripts"), Size(total), strings.Join(shown, ", "))
	if more := len(scripts) - len(shown); more > 0 {
		text += fmt.Sprintf(" and %s more", Count(more))
	}
	p.line("scripts", text)
}

func (p *sheet) libraries(libraries []*inspect.Library) {
	for _, l := range libraries {
		name := "a library with no name"
		if l.Name != "" {
			name = p.sh.Text([]byte(l.Name))
		}
		text := fmt.Sprintf("%s, %s of %s", name, Size(l.Bytes), p.sh.OwnText(l.Engine))
		var names []string
		for _, f := range l.Functions {
			names = append(names, p.sh.Text([]byte(f)))
		}
		switch {
		case len(names) > 0 && l.Partial:
			text += "; registers " + strings.Join(names, ", ") + " and maybe more"
		case len(names) > 0:
			text += "; registers " + strings.Join(names, ", ")
		default:
			text += "; what it registers its text does not show"
		}
		p.line("library", text)
	}
}

// auxShown are the fields that stand elsewhere in the report.
var auxShown = []string{"redis-ver", "valkey-ver", "ctime", "repl-id", "repl-offset", "repl-stream-db"}

func (p *sheet) aux(r *inspect.RDB) {
	var fields []string
	for _, a := range r.Aux {
		if !slices.Contains(auxShown, string(a.Name)) {
			fields = append(fields, p.plain(a.Name)+" "+p.plain(a.Value))
		}
	}
	p.line("other fields", strings.Join(fields, ", "))
}

// plain shows a word without quotes where --show asks for quoted bytes.
func (p *sheet) plain(b []byte) string {
	if p.sh.mode == Quoted {
		return p.sh.OwnText(string(b))
	}
	return p.sh.Text(b)
}

// oddities are what few dumps have.
func (p *sheet) oddities(r *inspect.RDB) {
	for _, o := range []struct {
		n         int64
		one, many string
	}{
		{int64(len(r.ModuleAux)), "record of module data", "records of module data"},
		{r.Slots, "slot of a cluster", "slots of a cluster"},
		{r.SlotImports, "slot import that is not finished", "slot imports that are not finished"},
		{r.HashTemplates, "hash template", "hash templates"},
		{r.Updates, "command among the keys", "commands among the keys"},
		{r.AuxLeftOut, "field left out", "fields left out"},
	} {
		if o.n > 0 {
			p.line("also", Plural(o.n, o.one, o.many))
		}
	}
	if x := r.CrossChecked; x != nil {
		text := fmt.Sprintf("hdt3213/rdb agrees on %s, differs on %s", Plural(x.Agreed, "key", "keys"), Count(x.Differ))
		if x.Unknown > 0 {
			text += fmt.Sprintf("; of %s it does not know the type", Count(x.Unknown))
		}
		if x.TooLarge > 0 {
			text += fmt.Sprintf("; %s are too large for it", Count(x.TooLarge))
		}
		p.line("cross-check", text)
	}
	if r.DuplicatesUntil > 0 {
		p.line("not checked", fmt.Sprintf("whether a key comes twice, beyond the first %s keys: --max-memory allows for more", Count(r.DuplicatesUntil)))
	}
}
