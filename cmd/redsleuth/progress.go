package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
)

// progress shows on stderr what is being read and how far, if that is a terminal.
type progress struct {
	mu    sync.Mutex
	to    io.Writer // nil where nothing is shown
	width int
	now   func() time.Time
	began time.Time
	shown time.Time // when the line was last written; zero if it is not there
}

const (
	progressDelay = 500 * time.Millisecond // keeps quick runs quiet
	progressEvery = 100 * time.Millisecond
	// rateAfter is how long bytes are counted before they make a rate.
	rateAfter = 300 * time.Millisecond
	barWidth  = 20
)

func newProgress(g *globalOptions) *progress {
	p := &progress{now: g.env.now, began: g.env.now()}
	if p.width = g.env.width(g.env.stderr); !g.quiet && p.width > 0 {
		p.to = g.env.stderr
	}
	return p
}

// A reading is how far an input has been read. Inputs may be read more than once.
type reading struct {
	name     string
	size     int64 // as stored; -1 where not known
	done     int64 // of this pass
	pass     int
	began    time.Time // this pass
	progress *progress
}

// of is the reading of one input.
func (p *progress) of(path string) *reading {
	name := filepath.Base(path)
	if path == "-" {
		name = "stdin"
	}
	return &reading{name: name, size: -1, pass: 1, progress: p}
}

// expect says how large the input is, as stored; -1 where that is not known.
func (r *reading) expect(size int64) {
	r.progress.mu.Lock()
	defer r.progress.mu.Unlock()
	r.size = size
}

// add counts bytes that were read, and shows them now and then.
func (r *reading) add(n int) {
	p := r.progress
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.to == nil {
		return
	}
	now := p.now()
	if r.size > 0 && r.done >= r.size {
		r.done, r.began = 0, time.Time{}
		r.pass++
	}
	if r.began.IsZero() {
		r.began = now
	}
	r.done += int64(n)
	if now.Sub(p.began) < progressDelay || now.Sub(p.shown) < progressEvery {
		return
	}
	p.shown = now
	fmt.Fprint(p.to, "\r\x1b[K", render.Cut(r.line(now.Sub(r.began)), p.width-1))
}

// line is what is shown after reading for so long.
func (r *reading) line(since time.Duration) string {
	text := "reading " + string(render.AppendQuoted(nil, []byte(r.name)))
	if r.pass > 1 {
		text += fmt.Sprintf(" again (%d)", r.pass)
	}
	rate := ""
	perSecond := float64(r.done) / since.Seconds()
	if since >= rateAfter {
		rate = ", " + render.Size(int64(perSecond)) + "/s"
	}
	if r.size <= 0 {
		return text + "  " + render.Size(r.done) + rate
	}
	done := min(r.done, r.size)
	filled := int(done * barWidth / r.size)
	text += fmt.Sprintf("  [%s%s] %d%%  %s of %s", strings.Repeat("=", filled),
		strings.Repeat(" ", barWidth-filled), done*100/r.size, render.Size(done), render.Size(r.size))
	if rate != "" && perSecond > 0 {
		left := time.Duration(float64(r.size-done) / perSecond * float64(time.Second))
		rate += fmt.Sprintf(", %s left", left.Round(time.Second))
	}
	return text + rate
}

// clear takes the line away before something else is written.
func (p *progress) clear() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.to != nil && !p.shown.IsZero() {
		fmt.Fprint(p.to, "\r\x1b[K")
		p.shown = time.Time{}
	}
}

// finish clears it for good.
func (p *progress) finish() {
	if p == nil {
		return
	}
	p.clear()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.to = nil
}
