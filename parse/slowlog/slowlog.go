package slowlog

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
)

// Options of Walk.
type Options struct {
	Limits parse.Limits
	// Command is given each command, oldest first; its error ends the walk.
	Command func(*record.ClientCommand) error
	// Note is told of what is wrong.
	Note func(*record.Note) error
}

// Begins reports whether text begins as a slow log does.
func Begins(text []byte) bool {
	text = bytes.TrimLeft(text, " \r\n\t")
	if rest, ok := bytes.CutPrefix(text, []byte("[")); ok {
		return bytes.HasPrefix(bytes.TrimLeft(rest, " \r\n\t"), []byte("{")) &&
			bytes.Contains(rest, []byte(`"duration_us"`))
	}
	rest, ok := bytes.CutPrefix(text, []byte("1) 1) (integer) "))
	return ok && bytes.Contains(rest[:min(len(rest), sniffed)], []byte(" 3) (integer) "))
}

// sniffed is where the third field of the first entry is.
const sniffed = 200

// mostBytes is more than a server keeps: a million entries as they usually are.
const mostBytes = 1 << 28

// Walk reads text to its end. Errors are those of reading and of the functions
// in o.
func Walk(c *parse.Cursor, o Options) error {
	most := min(mostBytes, o.Limits.OrDefault().MaxElement)
	at := c.Offset()
	var text bytes.Buffer
	for {
		w, err := c.Fill(1)
		if len(w) == 0 {
			if err != nil && !isEOF(err) {
				return err
			}
			break
		}
		if int64(text.Len()+len(w)) > most {
			return parse.At(at, parse.TooLarge("a slow log of more than %d bytes, the limit MaxElement", most))
		}
		text.Write(w)
		c.Advance(len(w))
	}
	entries, bad := read(text.Bytes())
	for _, e := range slices.Backward(entries) {
		e.Byte += at
		if err := o.Command(&e.ClientCommand); err != nil {
			return err
		}
	}
	if bad == nil {
		return nil
	}
	return o.Note(&record.Note{Kind: record.NoteDamage, Byte: at + bad.at, Bytes: int64(text.Len()) - bad.at,
		Offset: record.Unknown, EndOffset: record.Unknown, Err: parse.Damaged("%s", bad.what)})
}

// A fault is where what is read stops to be a slow log.
type fault struct {
	at   int64
	what string
}

// An entry is one of the log, whose time tells the second.
type entry struct{ record.ClientCommand }

func read(text []byte) ([]entry, *fault) {
	if bytes.HasPrefix(bytes.TrimLeft(text, " \r\n\t"), []byte("[")) {
		return readJSON(text)
	}
	return readCLI(text)
}

// newEntry is an entry of its fields.
func newEntry(at time.Time, micros int64, args [][]byte, addr, name string) entry {
	args, cut := uncut(args)
	return entry{record.ClientCommand{
		Addr: addr, Name: name, DB: record.Unknown, Time: at.UTC(), Within: time.Second, Args: args, Cut: cut,
		Latency: time.Duration(micros) * time.Microsecond,
	}}
}

// uncut takes off what a server put in the place of what it left out.
func uncut(args [][]byte) (kept [][]byte, cut bool) {
	if n := len(args); n == keptArgs && leftOut(args[n-1], "... (", " more arguments)") == 0 {
		args, cut = args[:n-1], true
	}
	for i, a := range args {
		if at := leftOut(a, "... (", " more bytes)"); at == keptBytes {
			args[i], cut = a[:at], true
		}
	}
	return args, cut
}

// What servers keep: SLOWLOG_ENTRY_MAX_ARGC and SLOWLOG_ENTRY_MAX_STRING.
const (
	keptArgs  = 32
	keptBytes = 128
)

// leftOut is where a note about a number of things begins, which ends a; -1
// without one.
func leftOut(a []byte, before, after string) int {
	rest, ok := bytes.CutSuffix(a, []byte(after))
	at := bytes.LastIndex(rest, []byte(before))
	if !ok || at < 0 {
		return -1
	}
	if _, err := strconv.ParseUint(string(rest[at+len(before):]), 10, 63); err != nil {
		return -1
	}
	return at
}

// readCLI reads what redis-cli shows.
func readCLI(text []byte) (entries []entry, bad *fault) {
	r := &cliReader{}
	at := int64(0)
	for line := range bytes.Lines(text) {
		if what := r.line(string(bytes.TrimRight(line, "\r\n")), at); what != "" {
			r.end(at)
			return r.entries, &fault{at, what}
		}
		at += int64(len(line))
	}
	if what := r.end(at); what != "" {
		return r.entries, &fault{at, what}
	}
	return r.entries, nil
}

// A cliReader goes over lines, each of which has a value behind the numbers of
// the lists within which it is the first, or the next.
type cliReader struct {
	entries []entry
	begun   bool
	start   int64
	field   int // number of the one that is being read
	column  int // where the numbers of fields end
	numbers []int64
	args    [][]byte
	client  []string
	clients bool // earlier entries have one
}

// line reads one, at a place; it says what is wrong with it.
func (r *cliReader) line(text string, at int64) string {
	if strings.TrimSpace(text) == "" {
		return ""
	}
	numbers, columns, value := indexes(text)
	n := len(numbers)
	if n == 0 {
		return "a line without the number of an element"
	}
	switch {
	case n >= 2 && numbers[1] == 1 && strings.HasPrefix(value, "(integer)"):
		if what := r.end(at); what != "" {
			return what
		}
		r.begun, r.start, r.field, r.column = true, at, 1, columns[1]
	case !r.begun:
		return "it begins within an entry"
	case columns[0] == r.column:
		r.field = numbers[0]
	case r.field != 4: // only the arguments are a list
		return "a list in the place of a value"
	}
	return r.value(value)
}

func (r *cliReader) value(value string) string {
	if number, ok := strings.CutPrefix(value, "(integer) "); ok && r.field <= 3 {
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil || len(r.numbers) != r.field-1 {
			return "a number that is none"
		}
		r.numbers = append(r.numbers, n)
		return ""
	}
	text, err := strconv.Unquote(value)
	switch {
	case err != nil:
		return "a value without quotes"
	case r.field == 4:
		r.args = append(r.args, []byte(text))
	case r.field > 4:
		r.client = append(r.client, text)
	default:
		return "text in the place of a number"
	}
	return ""
}

// end takes the entry that was read up to a place; it says what of it is not
// there. Before 4.0 entries end with the arguments, and none has a client.
func (r *cliReader) end(at int64) (lacks string) {
	switch whole := len(r.numbers) == 3 && len(r.args) > 0; {
	case whole:
		client := append(r.client, "", "")
		e := newEntry(time.Unix(r.numbers[1], 0), r.numbers[2], r.args, client[0], client[1])
		e.Byte, e.Bytes = r.start, at-r.start
		if r.clients && len(r.client) == 0 {
			e.Cut, lacks = true, "an entry ends before its client"
		}
		r.entries = append(r.entries, e)
	case r.begun:
		lacks = "an entry ends before its command"
	}
	*r = cliReader{entries: r.entries, clients: r.clients || len(r.client) > 0}
	return lacks
}

// indexes are the numbers in front of a value, and the columns in which they
// end.
func indexes(line string) (numbers, columns []int, value string) {
	at := 0
	for {
		rest := strings.TrimLeft(line[at:], " ")
		digits := strings.IndexFunc(rest, func(c rune) bool { return c < '0' || c > '9' })
		if digits < 1 || !strings.HasPrefix(rest[digits:], ") ") {
			return numbers, columns, rest
		}
		n, err := strconv.Atoi(rest[:digits])
		if err != nil {
			return numbers, columns, rest
		}
		at = len(line) - len(rest) + digits + len(") ")
		numbers, columns = append(numbers, n), append(columns, at)
	}
}
