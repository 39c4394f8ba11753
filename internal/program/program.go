// Package program builds and runs redsleuth for tests that look at it from
// outside, as a script does: arguments in, a document and an exit status out.
package program

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// A Program is a redsleuth that was built.
type Program struct{ Path string }

// Build builds the program of this module into a folder.
func Build(dir string) (Program, error) {
	path := filepath.Join(dir, "redsleuth")
	out, err := exec.Command("go", "build", "-o", path, "github.com/redsleuth/redsleuth/cmd/redsleuth").CombinedOutput()
	if err != nil {
		return Program{}, fmt.Errorf("go build: %w\n%s", err, out)
	}
	return Program{path}, nil
}

// Run runs the program and returns its standard output and exit status. A
// status that is no answer (2, or a crash) is an error with what it said.
func (p Program) Run(args ...string) (stdout []byte, status int, err error) {
	var out, complaint bytes.Buffer
	cmd := exec.Command(p.Path, args...)
	cmd.Stdout, cmd.Stderr = &out, &complaint
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && (exit.ExitCode() == 1 || exit.ExitCode() == 3) {
		return out.Bytes(), exit.ExitCode(), nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("redsleuth %s: %w\n%s", strings.Join(args, " "), err, complaint.Bytes())
	}
	return out.Bytes(), 0, nil
}

// JSON runs the program with --output json and reads its document.
func (p Program) JSON(into any, args ...string) (status int, err error) {
	out, status, err := p.Run(append(args, "--output", "json")...)
	if err != nil {
		return 0, err
	}
	return status, json.Unmarshal(out, into)
}
