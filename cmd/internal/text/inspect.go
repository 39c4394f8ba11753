package text

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/document"
	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/parse/input"

	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/report"
	"github.com/redsleuth/redsleuth/server"
)

// kindNames says what each kind of input is, in words.
var kindNames = map[input.Kind]string{
	input.KindRDB:         "RDB dump",
	input.KindPSYNC:       "replication link, master to replica",
	input.KindCommands:    "stream of commands",
	input.KindAOF:         "append-only file",
	input.KindAOFSet:      "multi-part append-only file",
	input.KindPCAP:        "packet capture",
	input.KindMonitor:     "output of MONITOR",
	input.KindSlowlog:     "slow log",
	report.KindInfo:       "INFO output",
	report.KindLog:        "log of a server",
	report.KindCollect:    "what collect says of its work",
	report.KindUnknown:    "not recognised",
	input.KindDumpPayload: "reply of DUMP",
}

// An inspectText writes the view of inspect.
type inspectText struct {
	*writer
	// several links are shown, and these ids have been.
	several bool
	ids     map[string]bool
}

// Inspect writes the report on one input: what it is, whether it is whole, what is
// wrong with it, and what it holds.
func Inspect(out io.Writer, in document.Input, r *inspect.Report, o Options) error {
	w := &inspectText{writer: newWriter(out, o)}
	w.input(in, r)
	if v := verdictOn(r); v.text != "" {
		text := ": " + v.head + v.text
		if by := refusedBy(r); len(by) > 0 {
			text += "; does not load on " + strings.Join(by, ", ")
		}
		w.closing(w.headed(w.Style.Bold, path(in.Path), text))
	}
	return w.err
}

// input writes one of several inputs, or the one.
func (w *inspectText) input(in document.Input, r *inspect.Report) {
	what := kindNames[r.Kind]
	if in.Bytes != nil {
		what += ", " + render.Size(*in.Bytes)
	}
	if in.Compression != "" {
		what += " (" + in.Compression + ")"
	}
	name, gap := path(in.Path), "  "
	if twwidth.Width(name+gap+what) > w.Style.Width() {
		gap = "\n  "
	}
	w.line("%s%s%s", w.Style.Bold(name), gap, what)
	v := verdictOn(r)
	if v.text != "" {
		w.line("%s", w.paint(v))
	}
	if r.RDB != nil {
		w.lost(r.RDB)
		w.loads(r.RDB.Loads)
	}
	if len(r.Findings) > 0 {
		w.blank()
		w.findings(r.Findings)
	}
	if r.RDB != nil {
		w.blank()
		w.rdb(r.RDB)
	}
	w.files(r.Files)
	w.links(r)
	w.clients(r.Clients)
}

// lost says what can't be read, and what was read behind it all the same.
func (w *inspectText) lost(r *inspect.RDB) {
	if r.Lost.Ranges == 0 {
		if r.End != record.Clean && len(r.Announced) > 0 && r.Checksum.Status == rdb.ChecksumAbsent {
			w.wrapped("which databases and keys stood behind that is not known")
		}
		return
	}
	text := fmt.Sprintf("lost: %s in %s; --salvage brought back %s",
		render.Plural(r.Lost.Bytes, "byte", "bytes"), render.Plural(r.Lost.Ranges, "range", "ranges"),
		render.Plural(r.Lost.Saved, "key", "keys"))
	if missing, told := inspect.MissingKeys(r); told {
		text += fmt.Sprintf(", %s are missing still", render.Count(missing))
	}
	w.wrapped("%s", text)
}

// loads says of each version whether it would load the dump.
func (w *inspectText) loads(all []inspect.Loads) {
	for _, l := range all {
		by := "its own server"
		if v := l.Version.String(); v != "" {
			by = v
		}
		text := ""
		switch l.Answer {
		case server.Yes:
			text = w.Style.Good("loads") + " on " + by
		case server.No:
			text = w.Style.Bad("does not load") + " on " + by
		default:
			text = "not known whether it loads on " + by
		}
		if l.Why != "" {
			text += ": " + l.Why
		}
		w.wrapped("%s", text)
	}
}

// rdb writes all that is known of a dump.
func (w *inspectText) rdb(r *inspect.RDB) {
	if r.Magic != "" {
		w.label("format", fmt.Sprintf("%s version %d", r.Magic, r.Version))
	}
	if r.ServerVersion != "" {
		name := "redis "
		if r.Valkey {
			name = "valkey "
		}
		w.label("server", name+w.Bytes.WordText(r.ServerVersion))
	}
	if !r.CreatedAt.IsZero() {
		w.label("saved", render.Second(r.CreatedAt))
	}
	w.replication(r)
	w.scripts(r.Scripts)
	w.libraries(r.Functions)
	w.aux(r)
	w.oddities(r)
	w.mark(r)
	w.keyspace(r)
}

func (w *inspectText) replication(r *inspect.RDB) {
	rep := r.Replication
	if rep == nil {
		w.label("replication", "none in the dump")
		return
	}
	db := "selected database unknown"
	if rep.StreamDB >= 0 {
		db = fmt.Sprintf("database %d selected", rep.StreamDB)
	}
	w.label("replication",
		fmt.Sprintf("id %s, offset %d, %s", w.Bytes.WordText(rep.ID), rep.Offset, db))
	w.label("on restart", restartText(rep.Restored, r.Server))
}

// restartText says what a replica does when it is started from the dump.
func restartText(r server.Restart, v server.Version) string {
	switch r.Position {
	case server.Unknown:
		return "unknown: the dump does not name its server's version"
	case server.No:
		return "a replica running this version would ask for a full resync"
	}
	text := "a replica running this version would resume at that offset"
	if r.Database == server.Yes {
		text += ", in that database"
	} else {
		text += ", but in database 0"
	}
	switch {
	case r.Scripts == server.Yes:
		return text + ", with the scripts below"
	case server.ReplicatesScripts.Of(v) == server.Yes: // others are not sent any
		return text + ", without scripts"
	}
	return text
}

const scriptsNamed = 5

func (w *inspectText) scripts(scripts []*inspect.Script) {
	if len(scripts) == 0 {
		return
	}
	total := int64(0)
	var shown []string
	for _, s := range scripts {
		total += s.Bytes
		if len(shown) < scriptsNamed {
			text := s.SHA1
			if w.several {
				text = render.Cut(text, shaShown+1)
			}
			if s.Count > 1 {
				text += fmt.Sprintf(" (%d times)", s.Count)
			}
			shown = append(shown, text)
		}
	}
	text := fmt.Sprintf("%s, %s: %s", render.Plural(int64(len(scripts)), "script", "scripts"),
		render.Size(total), strings.Join(shown, ", "))
	if more := len(scripts) - len(shown); more > 0 {
		text += fmt.Sprintf(" and %s more", render.Count(more))
	}
	w.label("scripts", text)
}

func (w *inspectText) libraries(libraries []*inspect.Library) {
	for _, l := range libraries {
		name := "a library with no name"
		if l.Name != "" {
			name = w.Bytes.Text([]byte(l.Name))
		}
		text := fmt.Sprintf("%s, %s of %s", name, render.Size(l.Bytes), w.Bytes.WordText(l.Engine))
		var names []string
		for _, f := range l.Functions {
			names = append(names, w.Bytes.Text([]byte(f)))
		}
		switch {
		case len(names) > 0 && l.Partial:
			text += "; registers " + strings.Join(names, ", ") + " and perhaps more"
		case len(names) > 0:
			text += "; registers " + strings.Join(names, ", ")
		default:
			text += "; which functions it registers is not evident from its text"
		}
		w.label("library", text)
	}
}

// fieldsShown is how many fields are shown that no other line tells of.
const fieldsShown = 24

// auxShown are the fields that are shown elsewhere in the report.
var auxShown = []string{
	"redis-ver", "valkey-ver", "ctime", "repl-id", "repl-offset", "repl-stream-db",
}

func (w *inspectText) aux(r *inspect.RDB) {
	var fields []string
	for _, a := range r.Aux {
		if !slices.Contains(auxShown, string(a.Name)) {
			text := w.plain(a.Name) + " " + w.plain(a.Value)
			if a.Count > 1 {
				text += " (and " + render.Count(a.Count-1) + " more of that name)"
			}
			fields = append(fields, text)
		}
	}
	if n := len(fields) - fieldsShown; n > 0 {
		fields = append(fields[:fieldsShown], render.Count(int64(n))+" more")
	}
	w.label("other fields", strings.Join(fields, ", "))
}

// plain shows a word without quotes where --show asks for quoted bytes.
func (w *inspectText) plain(b []byte) string {
	if w.Bytes.Mode() == render.Quoted {
		return w.Bytes.WordText(string(b))
	}
	return w.Bytes.Text(b)
}

// mark says that the mark of a diskless sync is behind the dump.
func (w *inspectText) mark(r *inspect.RDB) {
	if r.EOFMark {
		w.label("behind it", "the 40 bytes of the mark that ends a diskless sync")
	}
}

// oddities are what few dumps have.
func (w *inspectText) oddities(r *inspect.RDB) {
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
			w.label("also", render.Plural(o.n, o.one, o.many))
		}
	}
	if x := r.CrossChecked; x != nil {
		text := fmt.Sprintf("hdt3213/rdb agrees on %s, differs on %s",
			render.Plural(x.Agreed, "key", "keys"), render.Count(x.Differ))
		if x.Unknown > 0 {
			text += fmt.Sprintf("; of %s it does not know the type", render.Count(x.Unknown))
		}
		if x.TooLarge > 0 {
			text += fmt.Sprintf("; %s are too large for it", render.Count(x.TooLarge))
		}
		w.label("cross-check", text)
	}
	if r.DuplicatesUntil > 0 {
		w.label("not checked", fmt.Sprintf("duplicates beyond the first %s keys; --max-memory raises that",
			render.Count(r.DuplicatesUntil)))
	}
}
