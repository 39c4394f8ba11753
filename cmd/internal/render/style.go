package render

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/fatih/color"
	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"github.com/redsleuth/redsleuth/finding"
)

// defaultWidth is the width of text that goes to no terminal.
const defaultWidth = 80

// Style is how text looks on one stream.
type Style struct {
	coloured bool
	width    int
	whole    bool // nothing is cut
}

// NewStyle is the style of a stream that is width columns wide; 0 means that
// it is no terminal: then nothing is cut, and sentences are wrapped all the same.
func NewStyle(coloured bool, width int) Style {
	if width == 0 {
		return Style{coloured, defaultWidth, true}
	}
	return Style{coloured, width, false}
}

// Width is how many columns a line may have.
func (s Style) Width() int { return s.width }

// Room is how many columns a line that is cut may have; 0 where none is cut.
func (s Style) Room() int {
	if s.whole {
		return 0
	}
	return s.width
}

// Cut shortens text to width columns where anything is cut.
func (s Style) Cut(text string, width int) string {
	if s.whole {
		return text
	}
	return Cut(text, width)
}

// Plain is the style without colours.
func (s Style) Plain() Style { return Style{false, s.width, s.whole} }

func (s Style) paint(text string, attributes ...color.Attribute) string {
	if !s.coloured || text == "" {
		return text
	}
	c := color.New(attributes...)
	c.EnableColor() // the library's own guess looks at stdout alone
	return c.Sprint(text)
}

// Bold is for what answers the question that was asked.
func (s Style) Bold(text string) string { return s.paint(text, color.Bold) }

// Dim is for what is there to be looked up.
func (s Style) Dim(text string) string { return s.paint(text, color.Faint) }

// Good, Bad and Warn say how a thing is.
func (s Style) Good(text string) string { return s.paint(text, color.FgGreen) }

// Bad is for errors and damage.
func (s Style) Bad(text string) string { return s.paint(text, color.FgRed, color.Bold) }

// Warn is for warnings. Yellow can't be read on a light ground.
func (s Style) Warn(text string) string { return s.paint(text, color.FgMagenta) }

// Change shows an edit behind its sign, which alone is painted: values keep the
// terminal's own colour.
func (s Style) Change(sign, text string) string {
	switch sign {
	case "+":
		sign = s.paint(sign, color.FgGreen, color.Bold)
	case "-":
		sign = s.paint(sign, color.FgRed, color.Bold)
	default:
		sign = s.paint(sign, color.FgMagenta, color.Bold)
	}
	return sign + " " + text
}

// Severity shows one in its colour.
func (s Style) Severity(v finding.Severity) string {
	switch v {
	case finding.Error:
		return s.Bad(string(v))
	case finding.Warning:
		return s.Warn(string(v))
	}
	return s.Dim(string(v))
}

// Severe shows text in the colour of a severity; "" for none.
func (s Style) Severe(v finding.Severity, text string) string {
	switch v {
	case finding.Error:
		return s.Bad(text)
	case finding.Warning:
		return s.Warn(text)
	}
	return text
}

// Heading begins a section.
func (s Style) Heading(text string) string { return s.Bold(text) }

// Command is a command behind what it is for, or below it where the line has no room for
// both: one that is broken can't be pasted.
func (s Style) Command(what, command string) string {
	if twwidth.Width(what)+1+twwidth.Width(command) <= s.width {
		return what + " " + command
	}
	return s.Wrap(what, "  ") + "\n  " + command
}

// Wrap breaks text at spaces so that no line is longer than the style's
// width, as far as words allow. Lines after the first begin with indent, and
// whoever writes the first one puts it there too.
func (s Style) Wrap(text, indent string) string {
	var b strings.Builder
	column := len(indent)
	for i, word := range strings.Split(text, " ") { // keys may hold several in a row
		n := twwidth.Width(word)
		switch {
		case i == 0:
		case n > 0 && column+1+n > s.width:
			b.WriteString("\n" + indent)
			column = len(indent)
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	return b.String()
}

// Count shows a number in groups of three: 1,234,567.
func Count[T ~int | ~int64 | ~uint64](n T) string {
	text := fmt.Sprint(n)
	sign := ""
	if text[0] == '-' {
		sign, text = "-", text[1:]
	}
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return sign + text
}

// Offset shows a replication offset as INFO has it, and as flags take it: without groups.
func Offset(n int64) string { return strconv.FormatInt(n, 10) }

// Size shows a number of bytes: 512 B, 1.5 KiB, 3.2 GiB.
func Size(n int64) string {
	if n < 0 {
		return "-" + Size(-n)
	}
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	value, unit := float64(n), -1
	for value >= 1024 && unit < 4 {
		value /= 1024
		unit++
	}
	return fmt.Sprintf("%.1f %ciB", value, "KMGTP"[unit])
}

// Plural is "1 key" or "3 keys".
func Plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Count(n) + " " + many
}

// timeFormat is RFC 3339 in UTC with milliseconds.
const timeFormat = "2006-01-02T15:04:05.000Z07:00"

// Time shows a time as the documents do.
func Time(t time.Time) string { return t.UTC().Format(timeFormat) }

// Second shows a time that is known to the second alone, as those of dumps are.
func Second(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// A Clock shows times one below the other: the day only where it changes.
type Clock struct{ day string }

// Show is t in UTC; "" for no time.
func (c *Clock) Show(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.UTC()
	at, day := t.Format("15:04:05.000"), t.Format(time.DateOnly)
	if day != c.day {
		at, c.day = day+" "+at, day
	}
	return at
}

// Millis shows a time given in Unix milliseconds.
func Millis(ms int64) string { return Time(time.UnixMilli(ms)) }

// Spark draws values as a line of bars, one a column; the highest bar is the
// greatest value.
func Spark(values []float64) string {
	const bars = " ▁▂▃▄▅▆▇█"
	most := 0.0
	for _, v := range values {
		most = max(most, v)
	}
	var b strings.Builder
	steps := []rune(bars)
	for _, v := range values {
		i := 0
		if most > 0 && v > 0 {
			i = 1 + int(v/most*float64(len(steps)-2)+0.5)
		}
		b.WriteRune(steps[min(i, len(steps)-1)])
	}
	return b.String()
}
