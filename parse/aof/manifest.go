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

// ReadManifest reads a manifest's lines, in order. Errors are *parse.Error
// with the place of the line.
func ReadManifest(r io.Reader) ([]Entry, error) {
	var entries []Entry
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, maxManifestLine), maxManifestLine)
	at := int64(0)
	for lines.Scan() {
		line := lines.Bytes()
		here := at
		at += int64(len(line)) + 1
		if text := bytes.TrimSpace(line); len(text) == 0 || text[0] == '#' {
			continue
		}
		e, err := parseEntry(string(line))
		if err != nil {
			return entries, parse.At(here, err, "the manifest")
		}
		entries = append(entries, e)
	}
	if err := lines.Err(); err != nil {
		if err == bufio.ErrTooLong {
			err = parse.At(at, parse.Damaged(
				"a line of more than %d bytes", maxManifestLine), "the manifest")
		}
		return entries, err
	}
	if len(entries) == 0 {
		return nil, parse.At(0, parse.Damaged("it names no file"), "the manifest")
	}
	return entries, nil
}

// parseEntry reads pairs of key and value, in any order; unknown keys are
// ignored, as servers do.
func parseEntry(line string) (Entry, error) {
	e := Entry{Start: -1, End: -1}
	words, err := splitQuoted(line)
	if err != nil {
		return e, err
	}
	if len(words)%2 != 0 {
		return e, parse.Damaged("a line of %d words, which are no pairs", len(words))
	}
	for i := 0; i < len(words); i += 2 {
		switch key, value := words[i], words[i+1]; strings.ToLower(key) {
		case "file":
			e.Name = value
		case "type":
			e.Type = value
		case "seq":
			e.Seq, err = strconv.ParseInt(value, 10, 64)
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
	case e.Seq <= 0:
		return e, parse.Damaged("a line without a sequence number")
	}
	return e, nil
}

// splitQuoted splits at blanks, with names in double quotes and escapes as
// servers write them (sdscatrepr).
func splitQuoted(line string) ([]string, error) {
	var words []string
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimLeft(line, " \t") {
		if line[0] != '"' {
			word, rest, _ := strings.Cut(line, " ")
			words, line = append(words, word), rest
			continue
		}
		end := 1
		for end < len(line) && line[end] != '"' {
			if line[end] == '\\' {
				end++
			}
			end++
		}
		if end >= len(line) {
			return nil, parse.Damaged("a quote that does not end")
		}
		word, err := strconv.Unquote(line[:end+1])
		if err != nil {
			return nil, parse.Damaged("a name that is quoted wrongly")
		}
		words, line = append(words, word), line[end+1:]
	}
	return words, nil
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
