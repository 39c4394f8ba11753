package render

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"unicode/utf8"

	"github.com/redsleuth/redsleuth/command"
)

// Document writes v as one JSON document, over several lines for people who
// look at it, or on one for ndjson.
func Document(w io.Writer, v any, oneLine bool) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if !oneLine {
		enc.SetIndent("", "  ")
	}
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(escapeUnprintable(b.Bytes()))
	return err
}

// escapeUnprintable does to a document what AppendString does to a string;
// the standard encoder leaves DEL, C1 controls and the like as they are.
func escapeUnprintable(document []byte) []byte {
	var out []byte
	from := 0
	for i := 0; i < len(document); {
		c := document[i]
		if c < 0x7f {
			i++
			continue
		}
		r, n := utf8.DecodeRune(document[i:])
		if n > 1 && strconv.IsPrint(r) {
			i += n
			continue
		}
		out = appendEscape(append(out, document[from:i]...), r)
		i += n
		from = i
	}
	if from == 0 {
		return document
	}
	return append(out, document[from:]...)
}

// Bytes is a byte string of an artefact within a document.
func (s *Shower) Bytes(b []byte) json.RawMessage { return s.AppendJSON(nil, b) }

// BytesList is a list of them; nil stays absent.
func (s *Shower) BytesList(list [][]byte) []json.RawMessage {
	var out []json.RawMessage
	for _, b := range list {
		out = append(out, s.Bytes(b))
	}
	return out
}

// Own is a word by which servers name things: a replication id, a version.
// Such words stay readable under Redacted, since all that joins artefacts hangs
// on them; text that is no such word is shown as any other.
func (s *Shower) Own(word string) json.RawMessage {
	if s.mode == Redacted && !isWord(word) {
		return s.Bytes([]byte(word))
	}
	return quotedOrBase64([]byte(word))
}

// OwnText is Own for people.
func (s *Shower) OwnText(word string) string {
	if isWord(word) {
		return word
	}
	return s.Text([]byte(word))
}

// command shows the name of a command. Under Redacted, what servers don't know
// for one may be anything, and is shown as any other bytes are.
func (s *Shower) command(name string) json.RawMessage {
	if s.mode == Redacted && !isCommand(name) {
		return s.Bytes([]byte(name))
	}
	return quotedOrBase64([]byte(name))
}

// commandText is command for people.
func (s *Shower) commandText(name string) string {
	if isCommand(name) || s.mode != Redacted && isWord(name) {
		return name
	}
	return s.Text([]byte(name))
}

// commandName is command where a string is needed, as the name of a member.
func (s *Shower) commandName(name string) string {
	switch {
	case isCommand(name) || s.mode != Redacted && utf8.ValidString(name):
		return name
	case s.mode == Redacted:
		return s.hash([]byte(name))
	}
	return string(AppendQuoted(nil, []byte(name)))
}

func isCommand(name string) bool { return command.Lookup([][]byte{[]byte(name)}) != nil }

func quotedOrBase64(b []byte) json.RawMessage {
	return (&Shower{mode: Quoted}).AppendJSON(nil, b)
}

// longestWord is that of a replication id with room for names of modules.
const longestWord = 48

func isWord(text string) bool {
	for i := range len(text) {
		c := text[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '.', c == '-', c == '_', c == '|', c == '?':
		default:
			return false
		}
	}
	return len(text) > 0 && len(text) <= longestWord
}
