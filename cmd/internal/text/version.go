package text

import (
	"io"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/document"
)

// Version writes which build this is and what it reads.
func Version(out io.Writer, v *document.Version, o Options) error {
	w := newWriter(out, o)
	w.line("redsleuth %s", v.Version)
	if v.Revision != "" {
		modified := ""
		if v.Modified != nil && *v.Modified {
			modified = ", with changes that were not committed"
		}
		w.line("revision  %s of %s%s", v.Revision, v.Time, modified)
	}
	w.line("built by  %s for %s", v.Go, v.Platform)
	half := (len(v.Reads) + 1) / 2
	w.line("reads     %s,", strings.Join(v.Reads[:half], ", "))
	w.line("          %s", strings.Join(v.Reads[half:], ", "))
	w.line("          plain or in %s", strings.Join(v.Compressions, ", "))
	w.line("          RDB versions %s", v.RDB)
	return w.err
}
