package main

import (
	"sync"
	"time"

	"github.com/redsleuth/redsleuth/parse/input"

	"github.com/schollz/progressbar/v3"
)

// progress shows on stderr how much has been read, if that is a terminal.
type progress struct {
	mu    sync.Mutex
	bar   *progressbar.ProgressBar // nil where nothing is shown
	total int64                    // -1 once an input's size is not known
}

// progressDelay keeps quick runs quiet.
const progressDelay = 500 * time.Millisecond

func newProgress(g *globalOptions) *progress {
	p := &progress{}
	width := g.env.width(g.env.stderr)
	if g.quiet || width == 0 {
		return p
	}
	p.bar = progressbar.NewOptions64(-1,
		progressbar.OptionSetWriter(g.env.stderr),
		progressbar.OptionShowBytes(true),
		progressbar.OptionSetWidth(min(30, width/3)),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetRenderBlankState(false),
		progressbar.OptionSetVisibility(false),
	)
	time.AfterFunc(progressDelay, func() {
		p.with(func(b *progressbar.ProgressBar) { progressbar.OptionSetVisibility(true)(b) })
	})
	return p
}

// with does something to the bar, where there is one.
func (p *progress) with(do func(*progressbar.ProgressBar)) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		do(p.bar)
	}
}

// expect adds the size of an input to what is to be read.
func (p *progress) expect(in *input.Input) {
	p.with(func(b *progressbar.ProgressBar) {
		if in.Size < 0 || p.total < 0 {
			p.total = -1
		} else {
			p.total += in.Size
		}
		b.ChangeMax64(p.total)
	})
}

func (p *progress) add(n int) {
	p.with(func(b *progressbar.ProgressBar) { _ = b.Add(n) }) // a bar that can't be drawn is no error
}

// clear takes the bar away before something else is written.
func (p *progress) clear() {
	p.with(func(b *progressbar.ProgressBar) { _ = b.Clear() })
}

func (p *progress) finish() {
	p.with(func(b *progressbar.ProgressBar) {
		_ = b.Clear()
		p.bar = nil
	})
}
