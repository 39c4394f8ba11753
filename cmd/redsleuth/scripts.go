package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/ledger"
	"github.com/redsleuth/redsleuth/parse/artefact"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/script"
)

// textsHeld is how many bytes of script texts are held unless --max-memory
// says otherwise.
const textsHeld = 32 << 20

// scriptsOptions are the flags of scripts.
type scriptsOptions struct {
	*globalOptions
	extract string
}

func (o *scriptsOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.extract, "extract", "", "write each text into this `folder`, as SHA1.lua; it is made if it is not there")
}

func newScriptsCommand(g *globalOptions) *cobra.Command {
	o := &scriptsOptions{globalOptions: g}
	cmd := &cobra.Command{
		Use:   "scripts FILE…",
		Short: "List every script and function library, and where each was seen",
		Long: `Lists every script and function library of the artefacts by the SHA-1 of its
text, with each place where it stands (AUX fields and function records of dumps;
EVAL, SCRIPT LOAD, FUNCTION LOAD and RESTORE of streams), what it may write, and
what in it can end otherwise on a replica. Nothing is executed.

--extract writes the texts themselves, as files that only you can read. An
existing file is left alone unless --force is given. --max-memory bounds the
texts held for JSON output; all are listed and extracted whatever it is.` + exitHelp,
		Example: `  redsleuth scripts dump.rdb capture.pcap
  redsleuth scripts link-1.psync --extract ./scripts
  redsleuth scripts dump.rdb --output json`,
		GroupID: groupLook,
		Args:    takes(1, -1, "one or more FILEs"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runScripts(cmd.Context(), args, o)
		},
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func runScripts(ctx context.Context, paths []string, o *scriptsOptions) error {
	if err := o.validate(formatText, formatJSON, formatNDJSON); err != nil {
		return err
	}
	shower, err := o.shower()
	if err != nil {
		return err
	}
	if o.extract != "" && shower.Mode() == render.Redacted {
		return errors.New("--extract writes the texts as they are, which --show redacted forbids")
	}
	held := int64(textsHeld)
	if o.maxMemory > 0 {
		held = int64(o.maxMemory)
	}
	l := ledger.New(held, o.limits().MaxDistinct)
	if o.extract != "" {
		if err := os.MkdirAll(o.extract, 0o700); err != nil {
			return err
		}
		l.Found = o.write
	}
	for _, path := range paths {
		in, err := o.openInput(path)
		if err != nil {
			return err
		}
		if _, err := artefact.Walk(ctx, in, artefact.Options{}, l.For(path, o.limits())); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	err = o.document(ctx, func(w io.Writer, style render.Style) error {
		if o.format == formatText {
			return writeScripts(w, style, l)
		}
		return render.Document(w, scriptsDocumentOf(l, shower), o.format == formatNDJSON)
	})
	if err != nil {
		return err
	}
	if l.Left > 0 {
		o.remark("%d texts more than the limit MaxDistinct of %d were passed over", l.Left, l.MaxScripts)
	}
	if len(l.Damage) > 0 {
		for _, err := range l.Damage {
			o.remark("%v", err)
		}
		return errDamaged
	}
	return nil
}

// write puts a text into the folder of --extract. Its name is made of the
// digest alone.
func (o *scriptsOptions) write(s *ledger.Script, body []byte) (err error) {
	path := filepath.Join(o.extract, s.SHA1+".lua")
	if o.force {
		// Removed first, so that a link of this name is not written through.
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return hintError{fmt.Errorf("%s exists", path), "--force replaces it"}
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = f.Write(body)
	return err
}

// scriptsDocument is the document of scripts --output json.
type scriptsDocument struct {
	Schema  string       `json:"schema"`
	Scripts []scriptJSON `json:"scripts"`
}

type scriptJSON struct {
	SHA1   string          `json:"sha1"`
	Bytes  int64           `json:"bytes"`
	Kind   string          `json:"kind"`
	Name   json.RawMessage `json:"name,omitempty"`
	Seen   []sightingJSON  `json:"seen"`
	Times  int64           `json:"times"`
	Writes []string        `json:"writes"`
	Danger []string        `json:"danger"`
	Body   json.RawMessage `json:"body,omitempty"`
}

type sightingJSON struct {
	Path   string    `json:"path"`
	Link   int       `json:"link,omitempty"`
	Offset *int64    `json:"offset,omitempty"`
	Byte   *int64    `json:"byte,omitempty"`
	As     ledger.As `json:"as"`
}

func scriptsDocumentOf(l *ledger.Ledger, sh *render.Shower) scriptsDocument {
	doc := scriptsDocument{Schema: "redsleuth/scripts/1", Scripts: []scriptJSON{}}
	for _, s := range l.Scripts() {
		j := scriptJSON{SHA1: s.SHA1, Bytes: s.Bytes, Kind: "script", Times: s.Times,
			Writes: s.Analysis.Writes, Danger: append([]string{}, s.Analysis.Danger...)}
		if j.Writes == nil && s.Analysis.Certain() {
			j.Writes = []string{} // unknown is null
		}
		if lib := s.Analysis.Library; lib != nil {
			j.Kind, j.Name = "library", sh.Bytes([]byte(lib.Name))
		}
		if s.Body != nil {
			j.Body = sh.Bytes(s.Body)
		}
		for _, at := range s.Seen {
			j.Seen = append(j.Seen, sightingJSON{at.Path, at.Link, known(at.Offset), known(at.Byte), at.As})
		}
		doc.Scripts = append(doc.Scripts, j)
	}
	return doc
}

// known is a pointer to a number, nil where it is record.Unknown.
func known(n int64) *int64 {
	if n == record.Unknown {
		return nil
	}
	return &n
}

func writeScripts(w io.Writer, style render.Style, l *ledger.Ledger) error {
	if len(l.Scripts()) == 0 {
		_, err := fmt.Fprintln(w, "no scripts and no libraries")
		return err
	}
	for i, s := range l.Scripts() {
		if i > 0 {
			fmt.Fprintln(w)
		}
		what := "script"
		if lib := s.Analysis.Library; lib != nil {
			what = "library " + string(render.AppendQuoted(nil, []byte(lib.Name)))
		}
		fmt.Fprintf(w, "%s  %s, %s, seen %s\n", style.Bold(s.SHA1), what, render.Size(s.Bytes), render.Plural(s.Times, "time", "times"))
		fmt.Fprintf(w, "  may write  %s\n", style.Wrap(string(printable(mayWrite(&s.Analysis))), "             "))
		if len(s.Analysis.Danger) > 0 {
			fmt.Fprintf(w, "  danger     %s\n", style.Warn(strings.Join(s.Analysis.Danger, ", ")))
		}
		for k, at := range s.Seen[:min(len(s.Seen), sightingsShown)] {
			label := "  seen in    "
			if k > 0 {
				label = "             "
			}
			fmt.Fprintf(w, "%s%s\n", label, style.Wrap(sighting(at), "             "))
		}
		if more := s.Times - int64(min(len(s.Seen), sightingsShown)); more > 0 {
			fmt.Fprintf(w, "             %s\n", style.Dim(fmt.Sprintf("and %s more", render.Count(more))))
		}
	}
	return nil
}

// mayWrite names the commands of a script that write.
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
	return named + ", and what the text does not show"
}

// sightingsShown is how many places of a text are written out.
const sightingsShown = 4

func sighting(at ledger.Sighting) string {
	text := string(render.AppendQuoted(nil, []byte(at.Path))) + " as " + string(at.As)
	if at.Link > 0 {
		text += fmt.Sprintf(", link %d", at.Link)
	}
	if at.Offset != record.Unknown {
		text += fmt.Sprintf(", offset %d", at.Offset)
	}
	return text + fmt.Sprintf(", byte %d", at.Byte)
}

// printable keeps what is printable of a name out of an artefact.
func printable(s string) []byte {
	quoted := render.AppendQuoted(nil, []byte(s))
	return quoted[1 : len(quoted)-1]
}
