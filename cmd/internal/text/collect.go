package text

import (
	"io"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/collect"
)

// Collect writes what was taken of each server, and what could not be.
func Collect(out io.Writer, dir string, servers []*collect.Server, o Options) error {
	w := newWriter(out, o)
	taken, failed := int64(0), 0
	for _, s := range servers {
		if s.Folder != "" {
			taken++
		}
		failed += len(s.Failed)
	}
	w.wrapped("Evidence of %s in %s; %s", render.Plural(taken, "server", "servers"), dir, missing(int64(failed)))
	for _, s := range servers {
		w.blank()
		w.collected(s)
	}
	if taken > 0 {
		w.blank()
		w.line("%s", w.Style.Command("next:", "redsleuth report "+dir+" -o report.html"))
	}
	return w.err
}

func missing(failed int64) string {
	if failed == 0 {
		return "nothing is missing"
	}
	return render.Plural(failed, "thing", "things") + " could not be taken"
}

func (w *writer) collected(s *collect.Server) {
	what := s.Role
	if s.Version != "" {
		what += " " + s.Version
	}
	if s.SameAs != "" {
		what = "the same server as " + s.SameAs
	}
	w.line("%s  %s", w.Style.Bold(s.Addr), what)
	var names []string
	for _, f := range s.Files {
		names = append(names, f.Name+" ("+render.Size(f.Bytes)+")")
	}
	w.label("  files", strings.Join(names, ", "))
	if l := s.Link; l != nil && l.StartOffset != nil && l.EndOffset != nil {
		w.label("  stream", "offsets "+render.Count(*l.StartOffset)+" to "+render.Count(*l.EndOffset)+
			", over "+render.Plural(int64(l.Connections), "connection", "connections"))
	}
	if d := s.Dump; d != nil && d.Whole {
		at := ""
		if d.Offset != nil {
			at = " at offset " + render.Count(*d.Offset)
		}
		w.label("  dump", render.Plural(d.Keys, "key", "keys")+at+", checksum "+d.Checksum)
	}
	if len(s.NotKnown) > 0 {
		w.label("  not known", strings.Join(s.NotKnown, ", "))
	}
	for _, f := range s.Failed {
		w.label("  not taken", f.What+": "+f.Why)
	}
}
