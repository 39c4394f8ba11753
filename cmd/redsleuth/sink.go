package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// A sink takes a command's result: stdout, or a new file that appears only
// when it is complete.
type sink struct {
	*bufio.Writer
	terminal io.Writer // what colours and width are judged by; nil for a file
	file     *os.File
	device   *os.File // instead of a new file
	path     string
	force    bool
	pager    *pager // or nil
}

const sinkBuffer = 256 << 10

func (g *globalOptions) openSink() (*sink, error) {
	if g.out == "" || g.out == "-" {
		if p := g.startPager(); p != nil {
			return &sink{Writer: bufio.NewWriterSize(p, sinkBuffer), terminal: g.env.stdout, pager: p}, nil
		}
		return &sink{Writer: bufio.NewWriterSize(g.env.stdout, sinkBuffer), terminal: g.env.stdout}, nil
	}
	target, err := os.Stat(g.out)
	if err == nil && target.Mode()&(os.ModeDevice|os.ModeNamedPipe) != 0 {
		// /dev/null and the like are written to, and never replaced.
		file, err := os.OpenFile(g.out, os.O_WRONLY, 0)
		if err != nil {
			return nil, err
		}
		return &sink{Writer: bufio.NewWriterSize(file, sinkBuffer), device: file}, nil
	}
	if err == nil {
		if err := g.mayReplace(target); err != nil {
			return nil, err
		}
	}
	file, err := os.CreateTemp(filepath.Dir(g.out), ".redsleuth-*") // mode 0600
	if err != nil {
		return nil, err
	}
	return &sink{Writer: bufio.NewWriterSize(file, sinkBuffer), file: file, path: g.out,
		force: g.force}, nil
}

// mayReplace says why an existing file may not be replaced; nil if it may.
func (g *globalOptions) mayReplace(target os.FileInfo) error {
	for _, in := range g.opened {
		if info, err := os.Stat(in.Path); err == nil && os.SameFile(info, target) {
			return fmt.Errorf("--out %s is an input, which is never changed", g.out)
		}
	}
	if !g.force {
		return fmt.Errorf("--out %s exists; --force replaces it", g.out)
	}
	return nil
}

// finish flushes and, after a run that came to its end, puts the file in its
// place. Findings and damage are ends; other errors leave no file.
func (s *sink) finish(result error) error {
	err := s.Flush()
	if s.pager != nil {
		return s.pager.finish(errors.Join(result, err))
	}
	if s.device != nil {
		return errors.Join(result, err, s.device.Close())
	}
	if s.file == nil {
		return errors.Join(result, err)
	}
	err = errors.Join(err, s.file.Close())
	complete := result == nil || errors.Is(result, errFindings) || errors.Is(result, errDamaged)
	if err != nil || !complete {
		return errors.Join(result, err, os.Remove(s.file.Name()))
	}
	return errors.Join(result, s.publish())
}

func (s *sink) publish() error {
	if s.force {
		return os.Rename(s.file.Name(), s.path)
	}
	// Unlike a rename, a link fails if the file has appeared meanwhile.
	if err := os.Link(s.file.Name(), s.path); err != nil {
		return errors.Join(err, os.Remove(s.file.Name()))
	}
	return os.Remove(s.file.Name())
}

// refuseTerminal: bytes don't go onto a terminal.
func (g *globalOptions) refuseTerminal(s *sink) error {
	binary := g.format == formatRaw || g.format == formatParquet
	if !binary || s.terminal == nil || g.env.width(s.terminal) == 0 {
		return nil
	}
	return fmt.Errorf("--output %s is bytes: not onto a terminal (--out FILE)", g.format)
}
