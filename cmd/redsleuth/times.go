package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/filter"
	"github.com/redsleuth/redsleuth/parse/artefact"
	"github.com/redsleuth/redsleuth/parse/input"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
)

// A moment is a place in a stream as people type it.
type moment struct {
	text   string
	offset int64     // or record.Unknown
	time   time.Time // zero for those below
	zoned  bool      // the zone was said
	// ofDay is a time of day, beforeEnd how long before the end; record.Unknown for
	// neither. Which time they are depends on the stream.
	ofDay, beforeEnd time.Duration
}

// dated are the layouts without a zone that are taken for UTC; with a fraction of
// a second they parse too.
var dated = []string{
	"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly,
}

var timesOfDay = []string{time.TimeOnly, "15:04"}

// parseTime reads a time with a date; zoned reports whether its zone was said.
func parseTime(text string) (t time.Time, zoned, ok bool) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, true, true
	}
	for _, layout := range dated {
		if t, err := time.Parse(layout, text); err == nil {
			return t, false, true
		}
	}
	return t, false, false
}

// parseMoment reads what a flag such as --from says.
func parseMoment(flag, text string) (moment, error) {
	text = strings.TrimSpace(text)
	m := moment{text: flag + " " + text, offset: record.Unknown, ofDay: record.Unknown, beforeEnd: record.Unknown}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= 0 {
		m.offset = n
		return m, nil
	}
	ok := false
	if m.time, m.zoned, ok = parseTime(text); ok {
		return m, nil
	}
	for _, layout := range timesOfDay {
		if t, err := time.Parse(layout, text); err == nil {
			m.ofDay = t.Sub(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC))
			return m, nil
		}
	}
	if before, ok := strings.CutPrefix(text, "-"); ok {
		if m.beforeEnd, ok = parseSpan(before); ok {
			return m, nil
		}
	}
	return m, fmt.Errorf("%s: neither an offset nor a time such as 2026-11-30T18:09:30Z, 18:09:30 or -10m",
		m.text)
}

// parseSpan reads a length of time, in days too: "10m", "1d12h".
func parseSpan(text string) (time.Duration, bool) {
	days, rest, ok := strings.Cut(text, "d")
	if !ok {
		days, rest = "0", text
	}
	n, err := strconv.ParseUint(days, 10, 16)
	if err != nil {
		return record.Unknown, false
	}
	whole := time.Duration(n) * 24 * time.Hour
	if ok && rest == "" {
		return whole, true
	}
	part, err := time.ParseDuration(rest)
	if err != nil || part < 0 {
		return record.Unknown, false
	}
	return whole + part, true
}

// ofStream reports whether the stream decides which time it is.
func (m *moment) ofStream() bool { return m.ofDay >= 0 || m.beforeEnd >= 0 }

// A span is when a stream begins and ends, by its commands.
type span struct{ first, last time.Time }

func (s *span) add(t time.Time) {
	if t.IsZero() {
		return
	}
	if s.first.IsZero() || t.Before(s.first) {
		s.first = t
	}
	if t.After(s.last) {
		s.last = t
	}
}

// position is the moment in a stream of that span, from on where it is not zero.
// A time of day is that of the day on which the stream begins, or of the first
// day after it that the stream reaches.
func (m *moment) position(s span, from time.Time) (filter.Position, error) {
	switch {
	case m.offset != record.Unknown:
		return filter.Position{Offset: m.offset}, nil
	case !m.ofStream():
		return filter.Position{Time: m.time}, nil
	case s.first.IsZero():
		return filter.Position{}, fmt.Errorf("%s: nothing tells the times of this stream", m.text)
	case m.beforeEnd >= 0:
		return filter.Position{Time: s.last.Add(-m.beforeEnd)}, nil
	}
	const day = 24 * time.Hour
	least := s.first
	if from.After(least) {
		least = from
	}
	t := s.first.UTC().Truncate(day).Add(m.ofDay)
	for t.Before(least) && !t.Add(day).After(s.last) {
		t = t.Add(day)
	}
	return filter.Position{Time: t}, nil
}

// A spanReader sees when commands are. It is a record.Handler. Those of ordinary
// clients count where there is no stream.
type spanReader struct{ span, clients span }

func (*spanReader) RDB(*record.Link, *rdb.Decoder) error { return nil }
func (*spanReader) LinkStart(*record.Link) error         { return nil }
func (*spanReader) Note(*record.Note) error              { return nil }
func (*spanReader) LinkEnd(*record.Link) error           { return nil }

func (r *spanReader) Command(c *record.Command) error {
	r.span.add(c.Time)
	return nil
}

func (r *spanReader) client(c *record.ClientCommand) error {
	r.clients.add(c.Time)
	return nil
}

// spanOf reads inputs once, for when they begin and end. They can be read again
// afterwards.
func spanOf(ctx context.Context, inputs ...*input.Input) (span, error) {
	var r spanReader
	for _, in := range inputs {
		if !in.Rereadable() && !in.Folder() {
			if err := in.Spool(); err != nil {
				return r.span, err
			}
		}
		if _, err := artefact.Walk(ctx, in, artefact.Options{Clients: r.client}, &r); err != nil {
			return r.span, fmt.Errorf("%s: %w", in.Path, err)
		}
	}
	if r.span.first.IsZero() {
		return r.clients, nil
	}
	return r.span, nil
}

// moments reads flags that say places in a stream; inputs are read for that where
// they decide which times are meant. What was made of a time without a zone is
// said on stderr.
func (g *globalOptions) moments(
	ctx context.Context, flags [][2]string, inputs ...*input.Input,
) ([]*filter.Position, error) {
	all := make([]*filter.Position, len(flags))
	var times span
	var from time.Time
	for i, f := range flags {
		if f[1] == "" {
			continue
		}
		m, err := parseMoment(f[0], f[1])
		if err == nil && m.ofStream() && times.first.IsZero() {
			times, err = spanOf(ctx, inputs...)
		}
		if err != nil {
			return nil, err
		}
		p, err := m.position(times, from)
		if err != nil {
			return nil, err
		}
		if m.offset == record.Unknown && !m.zoned {
			g.remark("%s is %s (UTC)", m.text, render.Time(p.Time))
		}
		all[i], from = &p, p.Time
	}
	return all, nil
}

// window is the stretch of an input that --from and --to say, for the filter.
func (g *globalOptions) window(ctx context.Context, o *filterOptions, in *input.Input) (filter.Filter, error) {
	f, err := o.undated().filter()
	if err != nil {
		return f, err
	}
	ends, err := g.moments(ctx, [][2]string{{"--from", o.from}, {"--to", o.to}}, in)
	if err != nil {
		return f, err
	}
	f.From, f.To = ends[0], ends[1]
	if f.From != nil && f.To != nil && !f.From.Time.IsZero() && f.To.Time.Before(f.From.Time) && !f.To.Time.IsZero() {
		return f, errors.New("--to is before --from")
	}
	return f, nil
}
