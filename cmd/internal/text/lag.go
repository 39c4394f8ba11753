package text

import (
	"fmt"
	"time"

	"github.com/redsleuth/redsleuth/cmd/internal/render"
	"github.com/redsleuth/redsleuth/parse/record"
)

// acks writes what a replica acknowledged, how far behind it was over time, and
// when it fell behind. end is where the link ends: what was sent after the last
// acknowledgement, none of them tells of.
func (w *inspectText) acks(a *record.Acks, end int64) {
	if a == nil {
		return
	}
	text := fmt.Sprintf("%s, offset %s to %s",
		render.Plural(a.Count, "acknowledgement", "acknowledgements"), number(a.First), number(a.Last))
	if a.LagBytesMax == record.Unknown {
		w.label("acks", text)
		return
	}
	if a.LagBytesMax == 0 && a.LagMax == 0 {
		text += ", never behind"
		if after := end - a.Last; end != record.Unknown && a.Last != record.Unknown && after > 0 {
			text += " when it sent one; " + render.Plural(after, "byte", "bytes") + " came after the last"
		}
		w.label("acks", text)
		return
	}
	w.label("acks", fmt.Sprintf("%s, lag at most %s (%s)", text, render.Size(a.LagBytesMax), took(a.LagMax)))
	for i, b := range a.Behind {
		label := "fell behind"
		if i > 0 {
			label = ""
		}
		if i == w.most(behindShown) {
			w.label("", fmt.Sprintf("and %s more", render.Plural(int64(len(a.Behind)-i), "time", "times")))
			break
		}
		w.label(label, behindText(b))
	}
	steps := lagSteps(a.Lag)
	if len(steps) < 2 || a.LagBytesMax == 0 {
		return
	}
	values := make([]float64, steps[len(steps)-1].at+1)
	for _, s := range steps {
		values[s.at] = float64(s.Bytes)
	}
	w.label("lag", render.Spark(values))
	w.label("", fmt.Sprintf("a column is %s; the highest %s", stepOf(a.Lag), render.Size(a.LagBytesMax)))
	if len(a.Behind) > 0 {
		w.lagTable(steps)
	}
}

// behindShown is how many stretches of being behind a terminal is shown.
const behindShown = 5

func behindText(b record.Behind) string {
	text := render.Time(b.From)
	if b.To.IsZero() {
		text += ", and had not caught up when the recording ended"
	} else {
		text += ", caught up " + render.Time(b.To)
	}
	return fmt.Sprintf("%s; at most %s (%s)", text, render.Size(b.Bytes), b.Longest.Round(time.Millisecond))
}

// lagColumns is how many steps the line and the table of a lag have.
const lagColumns = 24

// stepOf is how long a step is.
func stepOf(all []record.Lag) time.Duration {
	whole := all[len(all)-1].Time.Sub(all[0].Time)
	return max(whole/lagColumns, time.Second).Round(time.Millisecond)
}

// A lagStep is the worst lag of a step.
type lagStep struct {
	at int // counted from 0
	record.Lag
}

// lagSteps are steps of equal length. One without an acknowledgement is not there.
func lagSteps(all []record.Lag) []lagStep {
	var steps []lagStep
	if len(all) == 0 {
		return nil
	}
	step := stepOf(all)
	for _, l := range all {
		at := int(l.Time.Sub(all[0].Time) / step)
		if n := len(steps); n == 0 || steps[n-1].at != at {
			steps = append(steps, lagStep{at, l})
		} else if s := &steps[n-1]; l.Bytes > s.Bytes || l.Bytes == s.Bytes && l.Behind > s.Behind {
			s.Lag = l
		}
	}
	return steps
}

func (w *inspectText) lagTable(steps []lagStep) {
	var rows [][]string
	var clock render.Clock
	for _, s := range steps {
		rows = append(rows, []string{clock.Show(s.Time), render.Size(s.Bytes),
			s.Behind.Round(time.Millisecond).String()})
	}
	w.section("Lag over time, at its worst", []render.Column{render.Right("time (UTC)"),
		render.Right("not acknowledged"), render.Right("since")}, rows)
	w.blank()
}
