// Package serverlog reads the logs of Redis and Valkey servers, for what they
// say about replication and about the life of the process.
//
//	2.4, 2.6   [pid] 01 Jan 10:00:00 * text
//	2.8        [pid] 01 Jan 10:00:00.000 * text
//	3.0 on     pid:M 01 Jan 10:00:00.000 * text       M, S, C or X: the role
//	5.0 on     pid:M 01 Jan 2020 10:00:00.000 * text
//	Valkey 8.1 pid:M 2020-01-01T10:00:00.000+00:00 * text    log-timestamp-format iso8601
//	           pid:M 1577872800000 * text                    milliseconds
//	           pid=1 role=primary timestamp="…" level=notice message="text"   log-format logfmt
//
// What a container's or a service manager's log puts before a line is passed
// over. Times without a zone are the server's local time, taken here for UTC; times
// without a year have none. Source: redis and valkey src/server.c
// (serverLogRaw), and the messages of src/replication.c.
package serverlog

import (
	"bufio"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/parse"
)

// maxLine bounds a line. Servers cut theirs at 1024 bytes.
const maxLine = 64 << 10

// A Line is a line of a log, taken apart.
type Line struct {
	Number int // from 1
	PID    int
	// Role is "master", "replica", "child", "sentinel" or "".
	Role string
	// Time is zero where not told. HasYear: it says of which year.
	Time    time.Time
	HasYear bool
	Level   Level
	// Text is the message. Untrusted.
	Text string
}

// Level is the mark of a line.
type Level byte

// The levels.
const (
	Debug   Level = '.'
	Verbose Level = '-'
	Notice  Level = '*'
	Warning Level = '#'
)

var (
	bracketed = regexp.MustCompile(`(?:^|[ |])\[(\d+)\] (\d{1,2} \w{3} \d\d:\d\d:\d\d(?:\.\d+)?) ([-.*#]) (.*)$`)
	prefixed  = regexp.MustCompile(`(?:^|[ |])(\d+):([MSCX]) (\d{1,2} \w{3}(?: \d{4})? \d\d:\d\d:\d\d(?:\.\d+)?|\d{4}-\d\d-\d\dT[0-9:.+\-Z]+|\d{13}) ([-.*#]) (.*)$`)
	logfmt    = regexp.MustCompile(`(?:^|[ |])pid=(\d+) role=(\S+) timestamp="([^"]*)" level=(\w+) message="(.*)"$`)
)

// Read calls each for every line that is one of a log, and for nothing else.
// An error says that there was none, or is that of reading.
func Read(r io.Reader, each func(Line)) error {
	lines := bufio.NewReaderSize(r, maxLine)
	found := false
	for n := 1; ; n++ {
		text, err := lines.ReadSlice('\n')
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		if l, ok := parseLine(strings.TrimRight(string(text), "\r\n")); ok {
			found = true
			l.Number = n
			each(l)
		}
		if errors.Is(err, io.EOF) {
			break
		}
	}
	if !found {
		return parse.At(0, parse.Damaged("no server log: no line has a time, a level and a message"))
	}
	return nil
}

func parseLine(text string) (l Line, ok bool) {
	when := ""
	switch m := prefixed.FindStringSubmatch(text); {
	case m != nil:
		l.Role, l.Level, l.Text, when = roleOf(m[2]), Level(m[4][0]), m[5], m[3]
		l.PID, _ = strconv.Atoi(m[1]) // the pattern has digits alone
	default:
		if m = bracketed.FindStringSubmatch(text); m != nil {
			l.Level, l.Text, when = Level(m[3][0]), m[4], m[2]
			l.PID, _ = strconv.Atoi(m[1])
			break
		}
		if m = logfmt.FindStringSubmatch(text); m == nil {
			return l, false
		}
		l.Role, l.Level, when = m[2], levelOf(m[4]), m[3]
		l.Text = strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(m[5])
		l.PID, _ = strconv.Atoi(m[1])
	}
	switch l.Role {
	case "primary":
		l.Role = "master"
	case "RDB/AOF":
		l.Role = "child"
	}
	l.Time, l.HasYear = parseTime(when)
	return l, true
}

func roleOf(letter string) string {
	switch letter {
	case "M":
		return "master"
	case "S":
		return "replica"
	case "C":
		return "child"
	}
	return "sentinel"
}

func levelOf(word string) Level {
	switch word {
	case "debug":
		return Debug
	case "verbose", "info":
		return Verbose
	case "warning":
		return Warning
	}
	return Notice
}

func parseTime(text string) (t time.Time, hasYear bool) {
	for _, layout := range []string{"2 Jan 2006 15:04:05.000", "2 Jan 2006 15:04:05", time.RFC3339Nano, "2006-01-02T15:04:05.000-0700", "2006-01-02T15:04:05.000"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), true
		}
	}
	for _, layout := range []string{"2 Jan 15:04:05.000", "2 Jan 15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), false
		}
	}
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.UnixMilli(ms).UTC(), true
	}
	return time.Time{}, false
}
