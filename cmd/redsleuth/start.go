package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/redsleuth/redsleuth/parse/artefact"
	"github.com/redsleuth/redsleuth/parse/info"
	"github.com/redsleuth/redsleuth/parse/record"
)

// start works out where a stream begins: from --offset, else from --info, else
// from --base.
func (g *globalOptions) start(ctx context.Context, base, infoPath string,
	offset int64) (artefact.Options, error) {
	o := artefact.Options{Offset: offset}
	if offset < 0 {
		return o, errors.New("--offset: the first byte of a stream is number 1")
	}
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
	if infoPath != "" && offset == 0 {
		first, err := backlogStart(infoPath)
		if err != nil {
			return o, err
		}
		o.Offset = first
	}
	return o, nil
}

// backlogStart reads the number of the backlog's first byte out of INFO
// output.
func backlogStart(path string) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	said, err := info.Parse(f)
	if err != nil {
		return 0, fmt.Errorf("--info %s: %w", path, err)
	}
	if said.Backlog.FirstByte == nil || *said.Backlog.FirstByte < 1 {
		return 0, fmt.Errorf("--info %s: it has no repl_backlog_first_byte_offset", path)
	}
	return *said.Backlog.FirstByte, nil
}
