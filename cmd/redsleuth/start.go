package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/redsleuth/redsleuth/parse/artefact"
	"github.com/redsleuth/redsleuth/parse/info"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/repl"
	"github.com/spf13/pflag"
)

// offsetFlag adds --offset, the replication offset before the first byte of a
// stream. into gets the number of that byte, one more; 0 if it is not given.
func offsetFlag(flags *pflag.FlagSet, into *int64) {
	flags.Var((*firstByte)(into), "offset",
		"the replication `offset` before the first byte of a stream that does not give it, "+
			"as dump shows it for the first command")
}

// A firstByte is the number of a stream's first byte, given by the offset before
// it; 0 is none.
type firstByte int64

func (v *firstByte) String() string {
	if *v == 0 {
		return ""
	}
	return strconv.FormatInt(int64(*v)-1, 10)
}

func (v *firstByte) Set(text string) error {
	offset, err := strconv.ParseInt(text, 10, 64)
	if err != nil || offset < 0 || offset >= repl.MaxOffset {
		return errors.New("not a replication offset")
	}
	*v = firstByte(offset + 1)
	return nil
}

func (v *firstByte) Type() string { return "offset" }

// start works out where a stream begins: from --offset, else from --info, else
// from --base. offset is what offsetFlag gives.
func (g *globalOptions) start(ctx context.Context, base, infoPath string,
	offset int64) (artefact.Options, error) {
	o := artefact.Options{Offset: offset}
	if base != "" {
		in, err := g.openBase(base)
		if err != nil {
			return o, err
		}
		if o.Base, err = artefact.ReadBase(ctx, in); err != nil {
			return o, err
		}
		if o.Base.Offset == record.Unknown {
			return o, fmt.Errorf("--base %s: no replication offset in its AUX fields", base)
		}
	}
	if infoPath != "" {
		first, err := backlogStart(infoPath)
		if err != nil {
			return o, err
		}
		if offset != 0 && first != offset {
			return o, fmt.Errorf("--offset %d and --info %s contradict each other: the backlog begins after offset %d",
				offset-1, infoPath, first-1)
		}
		o.Offset = first
	}
	if o.Base == nil || o.Offset == 0 {
		return o, nil
	}
	if o.Base.Offset != o.Offset-1 {
		return o, fmt.Errorf("--base %s is at offset %d, and the stream is said to begin after %d: "+
			"they contradict each other", base, o.Base.Offset, o.Offset-1)
	}
	o.Offset = 0 // the base says it too, and the database
	return o, nil
}

// backlogStart reads the number of the backlog's first byte out of INFO
// output.
func backlogStart(path string) (int64, error) {
	said, err := readInfo(path)
	if err != nil {
		return 0, err
	}
	if said.Backlog.FirstByte == nil || *said.Backlog.FirstByte < 1 {
		return 0, fmt.Errorf("--info %s: it has no repl_backlog_first_byte_offset", path)
	}
	return *said.Backlog.FirstByte, nil
}

// readInfo reads what --info names.
func readInfo(path string) (*info.Info, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	said, err := info.Parse(f)
	if err != nil {
		return nil, fmt.Errorf("--info %s: %w", path, err)
	}
	return said, nil
}
