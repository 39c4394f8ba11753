package main

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/redsleuth/redsleuth/cmd/internal/document"
	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/diff"
)

// allDifferences are those of a report, told as they are found to what lists them all:
// the CSV beside a page, or JSON. Where neither is wanted, there is nothing.
type allDifferences struct {
	beside *besideFile
	listed *document.Differences
}

// openAll begins the lists that are wanted.
func (o *reportOptions) openAll(f *render.BytesFormatter) (all *allDifferences, err error) {
	all = &allDifferences{}
	if o.format == formatJSON && o.limit == 0 {
		all.listed = document.NewDifferences(document.InReport, f, false)
	}
	all.beside, err = o.openBeside(f)
	return all, err
}

// each takes a difference; nil where nothing lists them all.
func (a *allDifferences) each() func(*diff.Difference) {
	switch {
	case a.listed != nil:
		return a.listed.Add
	case a.beside != nil:
		return a.beside.rows.Add
	}
	return nil
}

// close forgets what was not kept.
func (a *allDifferences) close() error { return errors.Join(a.beside.discard(), a.listed.Close()) }

// A besideFile is the CSV beside a page: all keys that differ, written as they are found.
// It gets its name only where the page has no room for them. Nil is none.
type besideFile struct {
	*sink
	rows *document.DiffCSV
}

// openBeside begins the CSV of a page that goes to a file.
func (o *reportOptions) openBeside(f *render.BytesFormatter) (*besideFile, error) {
	if o.format != formatHTML || o.out == "" || o.out == "-" {
		return nil, nil
	}
	target, err := os.Stat(o.out)
	if err == nil && !target.Mode().IsRegular() {
		return nil, nil
	}
	file, err := os.CreateTemp(filepath.Dir(o.out), ".redsleuth-*") // mode 0600
	if err != nil {
		return nil, err
	}
	s := &sink{Writer: bufio.NewWriterSize(file, sinkBuffer), file: file, force: o.force,
		path: strings.TrimSuffix(o.out, filepath.Ext(o.out)) + ".csv"}
	return &besideFile{s, document.NewDiffCSV(s, f, false)}, nil
}

// name is what the file is called, to who reads the page; "" for none.
func (b *besideFile) name() string {
	if b == nil {
		return ""
	}
	return filepath.Base(b.path)
}

// keep gives the file its name.
func (b *besideFile) keep(g globalOptions) error {
	g.out = b.path
	err := b.rows.Close()
	if target, e := os.Stat(b.path); e == nil && err == nil {
		err = g.mayReplace(target)
	}
	err = b.finish(err)
	b.file = nil // finish removes one that is not kept
	return err
}

// discard removes a file that was not kept.
func (b *besideFile) discard() error {
	if b == nil || b.file == nil {
		return nil
	}
	return errors.Join(b.file.Close(), os.Remove(b.file.Name()))
}
