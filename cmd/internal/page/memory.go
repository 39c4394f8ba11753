package page

import (
	"fmt"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/document"
	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/report"
)

// Memory is what takes the memory of a server.
type Memory struct {
	Of, Note string
	Rows     []MemoryRow
}

// A MemoryRow is a part of it.
type MemoryRow struct{ Size, Part, What string }

// memory shows what takes the memory of each server: keys by its dump, the rest by its
// INFO.
func (b *builder) memory() {
	for _, role := range []report.Role{report.Master, report.Replica} {
		for _, a := range b.r.Artefacts {
			if a.Role != role || a.Inspect == nil || a.Inspect.RDB == nil {
				continue
			}
			shown := Memory{Of: "the " + string(role)}
			switch m := a.Inspect.RDB.Memory; {
			case m == nil && a.Bytes > report.MostMeasured:
				shown.Note = "Not measured, as its dump has more than " + render.Size(int64(report.MostMeasured)) +
					": redsleuth inspect --memory " + b.file(a) + " does it."
			case m == nil || len(m.Versions) == 0:
				continue
			default:
				shown.parts(m)
			}
			b.Memory = append(b.Memory, shown)
		}
	}
}

// parts are the rows, and what else is known.
func (s *Memory) parts(m *inspect.Memory) {
	v, in := &m.Versions[0], m.Server
	keys := v.Keys + v.Tables
	if in == nil {
		s.Note = fmt.Sprintf("Its keys take %s in %s, their tables among it. "+
			"What else it uses INFO of the same "+
			"server would tell.", render.Size(keys), v.Version)
		return
	}
	for _, p := range document.MemoryParts(m) {
		s.Rows = append(s.Rows, MemoryRow{render.Size(p.Bytes), fmt.Sprintf("%.1f%%", 100*p.Share), p.What})
	}
	var notes []string
	if in.Used != nil {
		notes = append(notes, render.Size(*in.Used)+" in use by its INFO")
	}
	if in.Resident != nil {
		notes = append(notes, render.Size(*in.Resident)+" of the system's")
	}
	if in.Lua != nil && in.LuaApart {
		notes = append(notes, render.Size(*in.Lua)+" of Lua beside it")
	}
	if in.Max != nil && *in.Max > 0 {
		notes = append(notes, "maxmemory "+render.Size(*in.Max))
	} else if in.Max != nil {
		notes = append(notes, "no maxmemory")
	}
	s.Note = strings.Join(notes, ", ") + "."
}
