package text

import (
	"fmt"
	"slices"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/document"
	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse/info"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/server"
)

// measured reports whether anything is known of what keys cost.
func measured(r *inspect.RDB) bool { return r.Memory != nil && len(r.Memory.Versions) > 0 }

// memoryColumn adds a column for memory where it was measured, withMemory its cell.
func (w *inspectText) memoryColumn(r *inspect.RDB, columns ...render.Column) []render.Column {
	if measured(r) {
		columns = append(columns, render.Right("memory"))
	}
	return columns
}

func (w *inspectText) withMemory(r *inspect.RDB, row []string, n int64) []string {
	if measured(r) {
		row = append(row, size(n))
	}
	return row
}

// size is blank where it is not known.
func size(n int64) string {
	if n == record.Unknown {
		return ""
	}
	return render.Size(n)
}

// memory writes what the keys cost in a server.
func (w *inspectText) memory(r *inspect.RDB) {
	m := r.Memory
	if m == nil {
		return
	}
	if len(m.Versions) == 0 {
		w.blank()
		w.label("memory", "not known: nothing tells which version would load this; --server-version can")
		return
	}
	v := &m.Versions[0]
	w.heading("Memory" + w.Style.Dim("  (of "+v.Version.String()+" after it has loaded this)"))
	text := render.Size(v.Keys)
	if m.Unmeasured > 0 {
		text += fmt.Sprintf(", without %s of modules, whose size they alone can tell",
			render.Plural(m.Unmeasured, "key", "keys"))
	}
	w.label("keys", text)
	if v.Tables > 0 {
		w.label("their tables", render.Size(v.Tables)+": the buckets of the databases, and expiries")
	}
	if m.Used != record.Unknown {
		w.label("server", render.Size(m.Used)+" in use when it saved this (used-mem)")
	}
	if m.Server == nil {
		w.notKeys(m)
	}
	w.server(m)
	w.versions(r)
	w.costly(m)
}

// notKeys says what of the memory that the server used is something else.
func (w *inspectText) notKeys(m *inspect.Memory) {
	if rest, ok := m.Rest(); ok && rest > 0 {
		w.label("not keys", render.Size(rest)+": the server itself (about 1 MiB), the backlog, buffers of "+
			"clients and replicas, scripts, and room that values had grown into; --info FILE, with "+
			"INFO of the server, tells them apart")
	} else if ok {
		w.label("not keys", "nothing: it used less than its keys will take once they are loaded, as after "+
			"a load some are laid out otherwise")
	}
}

// server writes what INFO says that the server uses memory for.
func (w *inspectText) server(m *inspect.Memory) {
	s := m.Server
	if s == nil {
		return
	}
	var rows [][]string
	for _, p := range document.MemoryParts(m) {
		rows = append(rows, []string{render.Size(p.Bytes), percent(p.Share), p.What})
	}
	w.section("Memory of the server"+w.Style.Dim("  (by INFO: "+inUse(s)+")"), []render.Column{
		render.Right("memory"), render.Right("share"), render.Left("what")}, rows)
	w.lua(s)
	if s.Resident != nil && *s.Resident > *s.Used {
		w.wrapped("%s of the system's are not in use: the program itself, and what its allocator keeps free",
			render.Size(*s.Resident-*s.Used))
	}
	if a := s.Allocator; a != "" && !strings.HasPrefix(a, "jemalloc") {
		w.wrapped("the keys are told as jemalloc gives them memory; this server has another " +
			"allocator, by which they may take more or less")
	}
	if rest, ok := m.ServerRest(); ok && rest > *s.Used/10 {
		w.wrapped("not told apart is more than a tenth: INFO taken when the dump was has less of what " +
			"came after; MEMORY STATS has the tables as they are (db.N overhead.hashtable), and " +
			"MEMORY USAGE of a large key what room it has")
	}
}

// lua says where the interpreters are, whose memory stands in no row.
func (w *inspectText) lua(s *info.Memory) {
	if s.Lua == nil {
		return
	}
	where := "within what the process had when it had started, and what is not told apart"
	if s.LuaApart {
		where = "beside what is in use, from the system itself"
	}
	w.wrapped("Lua's interpreters have %s: %s", render.Size(*s.Lua), where)
}

// inUse says how much memory a server uses in all.
func inUse(s *info.Memory) string {
	text := render.Size(*s.Used) + " in use"
	if s.Resident != nil {
		text += ", " + render.Size(*s.Resident) + " of the system's"
	}
	if s.Max != nil && *s.Max > 0 {
		text += ", maxmemory " + render.Size(*s.Max)
	}
	return text
}

// costly writes the keys that cost most.
func (w *inspectText) costly(m *inspect.Memory) {
	var rows [][]string
	for i := range m.Biggest {
		k := &m.Biggest[i]
		rows = append(rows, []string{render.Size(k.Memory), render.Size(k.Bytes), k.Object.String(),
			elements(k.Elements), dbText(k.DB), w.Bytes.Text(k.Name)})
	}
	w.section("Largest keys"+w.Style.Dim("  (bytes: in the dump, which compresses long strings)"),
		[]render.Column{render.Right("memory"), render.Right("bytes"), render.Left("type"), render.Right("elements"), render.Right("db"), render.Left("key")}, rows)
}

// versions says what other versions would need, those that load the dump.
func (w *inspectText) versions(r *inspect.RDB) {
	m := r.Memory
	first := m.Versions[0].Keys + m.Versions[0].Tables
	assumed := ""
	var rows [][]string
	for _, v := range m.Versions[1:] {
		all := v.Keys + v.Tables
		name := v.Version.String()
		if refuses(r.Loads, v.Version) {
			rows = append(rows, []string{name, "", "", "does not load"})
			continue
		}
		if why := v.Version.MemoryAssumed(); why != "" {
			name, assumed = name+" (assumed)", why
		}
		rows = append(rows, []string{name, render.Size(v.Keys), render.Size(v.Tables), against(first, all)})
	}
	w.section("On other versions", []render.Column{render.Left("version"), render.Right("keys"),
		render.Right("tables"), render.Left("than on " + m.Versions[0].Version.String())}, rows)
	if assumed != "" {
		w.wrapped("assumed: %s", assumed)
	}
}

// against says how much more or less than first another number of bytes is.
func against(first, other int64) string {
	share := 100 * float64(other-first) / float64(max(first, 1))
	switch {
	case other > first:
		return fmt.Sprintf("%s more, %.1f%%", render.Size(other-first), share)
	case other < first:
		return fmt.Sprintf("%s less, %.1f%%", render.Size(first-other), -share)
	}
	return "as much"
}

// refuses reports whether a version is known not to load the dump.
func refuses(all []inspect.Loads, v server.Version) bool {
	return slices.ContainsFunc(all, func(l inspect.Loads) bool {
		return l.Answer == server.No && l.Version == v
	})
}

// patterns writes how keys are named.
func (w *inspectText) patterns(x *inspect.Patterns) {
	if x == nil {
		return
	}
	idle := false
	for i := range x.List {
		idle = idle || x.List[i].Idle != record.Unknown
	}
	var rows [][]string
	for i := range x.List {
		rows = append(rows, patternRow(&x.List[i], x.ByMemory, idle, w.Bytes.Text(x.List[i].Glob)))
	}
	if x.OtherCount > 0 {
		rows = append(rows, patternRow(&x.Others, x.ByMemory, idle, w.others(x.OtherCount)))
	}
	var columns []render.Column
	if x.ByMemory {
		columns = append(columns, render.Right("memory"))
	}
	columns = append(columns, render.Right("bytes"), render.Right("share"), render.Right("keys"),
		render.Right("no ttl"), render.Right("in a day"))
	if idle {
		columns = append(columns, render.Right("idle"))
	}
	w.section("Prefixes"+w.Style.Dim("  (* is a part that varies; each key is counted in one row)"),
		append(columns, render.Left("pattern")), rows)
}

// patternRow is the row of a pattern; memory and idle time have columns where any of
// them tells these.
func patternRow(p *inspect.Pattern, memory, idle bool, name string) []string {
	var cells []string
	if memory {
		cells = append(cells, size(p.Memory))
	}
	cells = append(cells, render.Size(p.Bytes), percent(p.Share), render.Count(p.Keys),
		render.Count(p.NoTTL), elements(p.Soon))
	if idle {
		since := ""
		if p.Idle != record.Unknown {
			since = span(p.Idle)
		}
		cells = append(cells, since)
	}
	return append(cells, name)
}

// keyPatterns writes how the keys that commands name are named.
func (w *inspectText) keyPatterns(x *inspect.KeyPatterns) {
	if x == nil {
		return
	}
	row := func(p *inspect.KeyPattern, name string) []string {
		return []string{render.Size(p.Bytes), percent(p.Share), render.Count(p.Commands),
			render.Count(p.Writes), name}
	}
	var rows [][]string
	for i := range x.List {
		rows = append(rows, row(&x.List[i], w.Bytes.Text(x.List[i].Glob)))
	}
	if x.OtherCount > 0 {
		rows = append(rows, row(&x.Others, w.others(x.OtherCount)))
	}
	if len(rows) > 0 {
		w.blank()
		w.table([]render.Column{render.Right("bytes"), render.Right("share"), render.Right("commands"),
			render.Right("writes"), render.Left("keys")}, rows)
	}
}

// others names what a table of patterns left out.
func (w *inspectText) others(n int) string {
	return w.Style.Dim(fmt.Sprintf("(%s)", render.Plural(int64(n), "other pattern", "other patterns")))
}

func percent(share float64) string { return fmt.Sprintf("%.1f%%", 100*share) }
