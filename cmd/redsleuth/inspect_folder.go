package main

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"

	"github.com/redsleuth/redsleuth/cmd/internal/document"
	"github.com/redsleuth/redsleuth/inspect"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/report"
)

// listed is an input: where it is, and what it is called.
type listed struct{ path, name string }

// listInputs resolves folders into what is in them; folder: there was one. A
// folder that is an AOF set is one input. What can't be looked at stands for
// itself, and opening it says why.
func listInputs(paths []string) (files []listed, folder bool, err error) {
	for _, path := range paths {
		target, err := os.Stat(path)
		if path == "-" || err != nil || !target.IsDir() || input.IsAOFSet(path) {
			files = append(files, listed{path, path})
			continue
		}
		folder = true
		err = report.Walk(path, func(file, name string) error {
			files = append(files, listed{file, name})
			return nil
		})
		if err != nil {
			return nil, true, err
		}
	}
	return files, folder, nil
}

// inspectOther says what a file is that holds neither keys nor commands. Alone,
// one that is nothing to us is an error.
func (o *inspectOptions) inspectOther(file listed, unrecognised error) (*inspection, error) {
	kind := report.KindUnknown
	target, err := os.Stat(file.path)
	regular := err == nil && target.Mode().IsRegular()
	if regular {
		kind = report.KindOfText(file.path)
	}
	if kind == report.KindUnknown && !o.several {
		return nil, unrecognised
	}
	about := document.Input{Path: file.name}
	if regular {
		size := target.Size()
		about.Bytes = &size
		if about.SHA256, err = o.sumOf(file.path); err != nil {
			return nil, err
		}
	}
	return &inspection{file, about, &inspect.Report{Kind: kind}}, nil
}

// sumOf is the SHA-256 of a file; "" with --quick.
func (o *inspectOptions) sumOf(path string) (string, error) {
	if !o.sum {
		return "", nil
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), err
}
