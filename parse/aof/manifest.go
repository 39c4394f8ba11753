package aof

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/redsleuth/redsleuth/parse"
)

// The types of file in a set.
const (
	typeBase    = "b"
	typeHistory = "h" // to be deleted, and not loaded
	typeIncr    = "i"
)

// maxManifestLine is that of the server (MANIFEST_MAX_LINE).
const maxManifestLine = 1024

// Entry is a line of a manifest.
type Entry struct {
	Name string
	Seq  int64
	Type string
	// Start and End are the replication offsets that Redis 8 keeps; -1 where
	// absent.
	Start, End int64
}

// ReadManifest reads a manifest's lines, in order. The error is the first reason
// why servers refuse it, a *parse.Error with the place of the line; the entries
// are those of all lines that can be read, refused or not.
func ReadManifest(r io.Reader) ([]Entry, error) {
	var entries []Entry
	var refused error
	lines := bufio.NewReaderSize(r, maxManifestLine)
	for at := int64(0); ; {
		line, err := lines.ReadSlice('\n')
		if err != nil && err != io.EOF && err != bufio.ErrBufferFull {
			return entries, err
		}
		if len(line) == 0 {
			break
		}
		e, wrong := parseLine(line)
		if wrong != nil && refused == nil {
			refused = parse.At(at, wrong, "the manifest")
		}
		if e.Name != "" {
			entries = append(entries, e)
		}
		at += int64(len(line))
	}
	if len(entries) == 0 && refused == nil {
		refused = parse.At(0, parse.Damaged("it names no file"), "the manifest")
	}
	return entries, refused
}

// parseLine reads a line with its end, as servers do: each is of pairs or a
// comment, and has a line end.
func parseLine(line []byte) (e Entry, err error) {
	switch text := bytes.Trim(line, " \t\r\n"); {
	case line[0] == '#':
		return e, nil
	case line[0] == 0:
		return e, parse.Zeros("zeros where a line begins")
	case len(text) == 0:
		return e, parse.Damaged("an empty line, which servers refuse")
	default:
		e, err = parseEntry(string(text))
	}
	switch {
	case err != nil:
		return Entry{}, err
	case line[len(line)-1] != '\n' && len(line) >= maxManifestLine:
		return Entry{}, parse.Damaged("a line of more than %d bytes", maxManifestLine)
	case line[len(line)-1] != '\n':
		return e, parse.Damaged("its last line has no line end, so servers call it too long: " +
			"add the newline that an editor or a copy took away")
	}
	return e, nil
}

// parseEntry reads pairs of key and value, in any order; unknown keys are
// ignored, as servers do.
func parseEntry(line string) (Entry, error) {
	e := Entry{Start: -1, End: -1}
	words, err := splitQuoted(line)
	if err != nil {
		return e, err
	}
	if len(words)%2 != 0 || len(words) < 6 {
		return e, parse.Damaged("a line of %d words, which are no pairs", len(words))
	}
	for i := 0; i < len(words); i += 2 {
		switch key, value := words[i], words[i+1]; strings.ToLower(key) {
		case "file":
			e.Name = value
		case "type":
			e.Type = value[:min(1, len(value))] // all that servers look at
		case "seq":
			e.Seq = leadingNumber(value)
		case "startoffset":
			e.Start, err = strconv.ParseInt(value, 10, 64)
		case "endoffset":
			e.End, err = strconv.ParseInt(value, 10, 64)
		}
		if err != nil {
			return e, parse.Damaged("a value that is not a number")
		}
	}
	switch {
	case e.Name == "" || strings.ContainsAny(e.Name, "/\\"):
		return e, parse.Damaged("a line without the name of a file beside it")
	case e.Type != typeBase && e.Type != typeHistory && e.Type != typeIncr:
		return e, parse.Damaged("a type other than b, h and i")
	case e.Seq == 0:
		return e, parse.Damaged("a line without a sequence number")
	}
	return e, nil
}

// leadingNumber is what servers' atoll makes of text: the number at its front, 0
// without one.
func leadingNumber(text string) int64 {
	end := 0
	for end < len(text) && (text[end] >= '0' && text[end] <= '9' || end == 0 && text[end] == '-') {
		end++
	}
	n, err := strconv.ParseInt(text[:end], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// splitQuoted splits at blanks, with names in double quotes and escapes as
// servers write them (sdscatrepr).
func splitQuoted(line string) ([]string, error) {
	var words []string
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimLeft(line, " \t") {
		if line[0] != '"' {
			end := strings.IndexAny(line, " \t")
			if end < 0 {
				end = len(line)
			}
			words, line = append(words, line[:end]), line[end:]
			continue
		}
		word, size, err := quotedWord(line)
		if err != nil {
			return nil, err
		}
		words, line = append(words, word), line[size:]
	}
	return words, nil
}

// quotedWord reads the word in quotes at the front of a line.
func quotedWord(line string) (word string, size int, err error) {
	end := 1
	for end < len(line) && line[end] != '"' {
		if line[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(line) {
		return "", 0, parse.Damaged("a quote that does not end")
	}
	if word, err = strconv.Unquote(line[:end+1]); err != nil {
		return "", 0, parse.Damaged("a name that is quoted wrongly")
	}
	return word, end + 1, nil
}

// checkOrder says what is wrong with the files of a manifest as a set.
func checkOrder(entries []Entry) []error {
	var errs []error
	bases, lastIncr := 0, int64(0)
	for i, e := range entries {
		switch e.Type {
		case typeBase:
			if bases++; bases > 1 {
				errs = append(errs, parse.Damaged("the manifest names a second base file, in line %d", i+1))
			}
		case typeIncr:
			if e.Seq <= lastIncr {
				errs = append(errs, parse.Damaged(
					"the incremental files of the manifest are out of order: %d comes after %d", e.Seq, lastIncr))
			}
			lastIncr = e.Seq
		}
	}
	return errs
}

func (e Entry) String() string { return fmt.Sprintf("%s (%s %d)", e.Name, e.Type, e.Seq) }
