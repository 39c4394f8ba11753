package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/redsleuth/redsleuth/cmd/internal/document"
	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/cmd/internal/text"
	"github.com/redsleuth/redsleuth/ledger"
	"github.com/redsleuth/redsleuth/parse/artefact"
	"github.com/redsleuth/redsleuth/parse/input"
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
	flags.StringVar(&o.extract, "extract", "",
		"write each text into this `folder`, as SHA1.lua; it is created if missing")
}

func newScriptsCommand(g *globalOptions) *cobra.Command {
	o := &scriptsOptions{globalOptions: g}
	cmd := &cobra.Command{
		Use:   "scripts FILE|DIR…",
		Short: "List every script and function library, and where each was seen",
		Long: `Lists every script and function library of the artefacts by the SHA-1 of its
text, with each place where it is (AUX fields and function records of dumps;
EVAL, SCRIPT LOAD, FUNCTION LOAD and RESTORE of streams), what it may write, and
what in it can have another result on a replica. Nothing is executed.

Of a folder, every artefact in it is read; other files are left alone.

--extract writes the texts themselves, as files that only you can read. An
existing file is left alone unless --force is given. --max-memory bounds the
texts kept for JSON output; all are listed and extracted all the same.`,
		Example: `  redsleuth scripts dump.rdb capture.pcap
  redsleuth scripts evidence
  redsleuth scripts link-1.psync --extract ./scripts
  redsleuth scripts dump.rdb --output json`,
		GroupID: groupLook,
		Args:    argsRange(1, -1, "one or more FILEs or a folder"),
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
	if o.extract != "" && o.show == render.Redacted {
		return errors.New("--extract writes the texts as they are, so --show redacted can't be honoured")
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
	if err := o.read(ctx, l, paths); err != nil {
		return err
	}
	err := o.writeResult(ctx, func(w io.Writer, t text.Options) error {
		if o.format == formatText {
			return text.Scripts(w, l.Scripts(), t)
		}
		return o.writeDocument(w, document.NewScripts(l.Scripts(), t.Bytes))
	})
	if err != nil {
		return err
	}
	if l.Left > 0 {
		o.remark("%d texts beyond the limit MaxDistinct of %d were left out", l.Left, l.MaxScripts)
	}
	if len(l.Damage) > 0 {
		for _, err := range l.Damage {
			o.remark("%v", err)
		}
		return errDamaged
	}
	return nil
}

// read goes through the artefacts. Among several, a file of no known kind is left
// alone.
func (o *scriptsOptions) read(ctx context.Context, l *ledger.Ledger, paths []string) error {
	files, folder, err := listInputs(paths)
	if err != nil {
		return err
	}
	for _, f := range files {
		in, err := o.openInput(f.path)
		if errors.Is(err, input.ErrUnrecognised) && (folder || len(files) > 1) {
			continue
		}
		if err != nil {
			return err
		}
		if _, err := artefact.Walk(ctx, in, artefact.Options{}, l.For(f.name, o.limits())); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
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
