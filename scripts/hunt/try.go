package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/cause"
	"github.com/redsleuth/redsleuth/cause/engine"
	"github.com/redsleuth/redsleuth/diff"
	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay"
)

// A verdict is what diff says after a round.
type verdict struct {
	rows      map[string]bool // of the catalogue
	open      []string        // differences that no row accounts for
	different []string        // all, in words
}

func (v *verdict) differs() bool { return len(v.different) > 0 }

// named reports whether rows account for every difference.
func (v *verdict) named() bool { return len(v.open) == 0 }

// name is that of the rows.
func (v *verdict) name() string { return strings.Join(slices.Sorted(maps.Keys(v.rows)), " ") }

func (v *verdict) text() string { return strings.Join(v.different, "; ") }

// try runs a script on an empty pair and compares the two.
func (p *pair) try(ctx context.Context, s script) (verdict, error) {
	if err := p.master.client.FlushAll(ctx).Err(); err != nil {
		return verdict{}, err
	}
	p.master.client.Do(ctx, "DEBUG", "SET-ACTIVE-EXPIRE", "1")
	if err := p.begin(ctx); err != nil {
		return verdict{}, err
	}
	stalled := false
	for _, st := range s {
		if err := p.step(ctx, st, &stalled); err != nil {
			_ = p.pause(false) // it may have crashed
			return verdict{}, err
		}
	}
	if err := p.resume(&stalled, 25*time.Millisecond); err != nil {
		return verdict{}, err
	}
	if err := p.settle(ctx); err != nil {
		return verdict{}, err
	}
	return p.compare(ctx)
}

// step does one.
func (p *pair) step(ctx context.Context, st step, stalled *bool) error {
	switch st.do {
	case "exec":
		return errors.Join(p.run(ctx, []string{"MULTI"}), p.run(ctx, st.args), p.run(ctx, []string{"EXEC"}))
	case "sleep":
		time.Sleep(millis(st.args[0]))
		return nil
	case "stall":
		*stalled = true
		return p.pause(true)
	case "resync":
		return errors.Join(p.resume(stalled, 0), p.resync(ctx))
	}
	return p.run(ctx, st.args)
}

// roundsEach is how many rounds are recorded from one full resync: a resync takes
// some servers seconds.
const roundsEach = 20

// begin has the replica begin a round as empty as its master.
func (p *pair) begin(ctx context.Context) error {
	now := p.tap.connections()
	if p.rounds++; p.rounds%roundsEach != 0 && p.first > 0 && now < p.first+10 {
		return p.settle(ctx)
	}
	if err := p.resync(ctx); err != nil {
		return err
	}
	p.first = now + 1
	return nil
}

// resume has a replica that was stalled go on.
func (p *pair) resume(stalled *bool, after time.Duration) error {
	if !*stalled {
		return nil
	}
	time.Sleep(after)
	*stalled = false
	return p.pause(false)
}

func millis(text string) time.Duration {
	n, _ := strconv.Atoi(text)
	return time.Duration(n) * time.Millisecond
}

// run gives the master a command; that it refuses it is no error.
func (p *pair) run(ctx context.Context, args []string) error {
	words := make([]any, len(args))
	for i, a := range args {
		words[i] = timed(a)
	}
	err := p.master.client.Do(ctx, words...).Err()
	if err != nil && !isReply(err) {
		return err
	}
	return nil
}

func isReply(err error) bool {
	type reply interface{ RedisError() }
	var r reply
	return errors.As(err, &r)
}

// open dumps both sides and opens the dumps, and the streams behind them.
func (p *pair) open(ctx context.Context) (inputs []*input.Input, err error) {
	var paths []string
	for _, n := range []*node{p.master, p.replica} {
		path, err := n.save(ctx)
		if err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	for n := p.first; n <= p.tap.connections(); n++ {
		paths = append(paths, p.tap.recording(n))
	}
	for _, path := range paths {
		in, err := input.Open(path, input.Options{})
		if err != nil {
			return inputs, err
		}
		inputs = append(inputs, in)
	}
	return inputs, nil
}

// compare has diff say what differs, and why.
func (p *pair) compare(ctx context.Context) (v verdict, err error) {
	inputs, err := p.open(ctx)
	defer func() {
		for _, in := range inputs {
			err = errors.Join(err, in.Close())
		}
	}()
	if err != nil {
		return v, err
	}
	o := diff.Options{MaxMemory: 64 << 20, TTLSkew: 2 * time.Second}
	quick, err := diff.Compare(ctx, inputs[:1], inputs[1:2], o)
	if err != nil || len(notExpired(quick)) == 0 {
		return v, err
	}
	x := cause.New(cause.Options{
		Replay:   replay.Options{Streams: inputs[2:], Offset: record.Unknown},
		Engine:   func(ctx context.Context, n int) (*engine.Engine, error) { return engine.Start(ctx, n) },
		MaxBytes: 64 << 20, Tell: func(string, ...any) {},
	})
	report, err := x.Compare(ctx, inputs[0], inputs[1], o)
	if err = errors.Join(err, x.Close()); err != nil {
		return v, err
	}
	return judge(report), nil
}

func notExpired(r *diff.Report) (all []*diff.Difference) {
	for _, d := range r.Differences {
		if d.Cause != finding.CauseExpired {
			all = append(all, d)
		}
	}
	return all
}

// judge sums up what a report says of the keys that differ.
func judge(r *diff.Report) verdict {
	v := verdict{rows: map[string]bool{}}
	for _, d := range notExpired(r) {
		text := fmt.Sprintf("%s %s, %s", d.Key, d.Kind, d.Cause)
		row := ""
		for _, e := range d.Evidence {
			if e.Divergence != "" {
				row = e.Divergence
				v.rows[row] = true
			}
		}
		if row == "" {
			v.open = append(v.open, text)
			for _, e := range d.Evidence {
				text += " (" + e.Message + ")"
			}
		} else {
			text += " by " + row
		}
		v.different = append(v.different, text)
	}
	return v
}

// reduceTries bounds how often a script is run again to make it smaller.
const reduceTries = 200

// reduce leaves out steps for as long as the two still differ, and where rows did
// not account for all, for as long as they don't.
func (p *pair) reduce(ctx context.Context, s script, v verdict) (script, verdict) {
	tries := 0
	still := func(t script) bool {
		for range 3 {
			if tries++; tries > reduceTries || ctx.Err() != nil {
				return false
			}
			got, err := p.try(ctx, t)
			if err != nil {
				return false
			}
			if got.differs() && got.named() == v.named() {
				v = got
				return true
			}
		}
		return false
	}
	for size := len(s) / 2; size > 0; size /= 2 {
		for at := 0; at < len(s); {
			t := slices.Concat(s[:at], s[min(at+size, len(s)):])
			if still(t) {
				s = t
			} else {
				at += size
			}
		}
	}
	return s, v
}
