package text

import (
	"fmt"
	"io"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/ledger"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/script"
)

// sightingsShown is how many places of a text are written out.
const sightingsShown = 4

// scriptIndent is the column at which what is said of a script begins.
const scriptIndent = "             "

// Scripts writes of each script and library what it may do and where
// it was seen.
func Scripts(out io.Writer, scripts []*ledger.Script, o Options) error {
	w := newWriter(out, o)
	libraries := int64(0)
	for _, s := range scripts {
		if s.Analysis.Library != nil {
			libraries++
		}
	}
	w.line("%s, %s", render.Plural(int64(len(scripts))-libraries, "script", "scripts"),
		render.Plural(libraries, "function library", "function libraries"))
	for _, s := range scripts {
		w.blank()
		w.script(s)
	}
	return w.err
}

func (w *writer) script(s *ledger.Script) {
	what := "script"
	if lib := s.Analysis.Library; lib != nil {
		what = "library " + w.Bytes.Text([]byte(lib.Name))
	}
	w.line("%s  %s, %s, seen %s", w.Style.Bold(s.SHA1), what, render.Size(s.Bytes),
		render.Plural(s.Times, "time", "times"))
	w.line("  may write  %s", w.Style.Wrap(mayWrite(&s.Analysis), scriptIndent))
	if len(s.Analysis.Danger) > 0 {
		w.line("  danger     %s", w.Style.Warn(strings.Join(s.Analysis.Danger, ", ")))
	}
	for k, at := range s.Seen[:min(len(s.Seen), w.most(sightingsShown))] {
		label := "  seen in    "
		if k > 0 {
			label = scriptIndent
		}
		w.line("%s%s", label, w.Style.Wrap(sighting(at), scriptIndent))
	}
	if more := s.Times - int64(min(len(s.Seen), w.most(sightingsShown))); more > 0 {
		w.line("%s%s", scriptIndent, w.Style.Dim(fmt.Sprintf("and %s more", render.Count(more))))
	}
}

// mayWrite names the commands of a script that write: names that the command
// table knows.
func mayWrite(a *script.Analysis) string {
	named := strings.Join(a.Writes, ", ")
	switch {
	case a.Certain() && named == "":
		return "nothing"
	case a.Certain():
		return named
	case named == "":
		return "unknown"
	}
	return named + ", and others that the text does not show"
}

func sighting(at ledger.Sighting) string {
	text := quotedPath(at.Path) + " as " + string(at.As)
	if at.Link > 0 {
		text += fmt.Sprintf(", link %d", at.Link)
	}
	if at.Offset != record.Unknown {
		text += fmt.Sprintf(", offset %d", at.Offset)
	}
	return text + fmt.Sprintf(", byte %d", at.Byte)
}
