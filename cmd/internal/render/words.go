package render

import (
	"encoding/json"
	"unicode/utf8"

	"github.com/redsleuth/redsleuth/command"
	"github.com/redsleuth/redsleuth/internal/appendjson"
)

// Bytes is a byte string of an artefact within a document.
func (f *BytesFormatter) Bytes(b []byte) json.RawMessage { return f.AppendJSON(nil, b) }

// BytesList is a list of them; nil stays absent.
func (f *BytesFormatter) BytesList(list [][]byte) []json.RawMessage {
	var out []json.RawMessage
	for _, b := range list {
		out = append(out, f.Bytes(b))
	}
	return out
}

// Word is a name that servers give: a replication id, a version. Such words
// stay readable under Redacted, since all that joins artefacts hangs
// on them; text that is no such word is shown as any other.
func (f *BytesFormatter) Word(word string) json.RawMessage {
	if f.mode == Redacted && !isWord(word) {
		return f.Bytes([]byte(word))
	}
	return appendjson.Bytes(nil, []byte(word))
}

// WordText is Word for people.
func (f *BytesFormatter) WordText(word string) string {
	if isWord(word) {
		return word
	}
	return f.Text([]byte(word))
}

// NameText is a name that people gave, or one of their words, for people: bare
// where it is a word, and under Redacted never.
func (f *BytesFormatter) NameText(name string) string {
	if f.mode == Redacted {
		return f.Text([]byte(name))
	}
	return f.WordText(name)
}

// CommandName shows the name of a command. Under Redacted, what servers don't know
// for one may be anything, and is shown as any other bytes are.
func (f *BytesFormatter) CommandName(name string) json.RawMessage {
	if f.mode == Redacted && !isCommand(name) {
		return f.Bytes([]byte(name))
	}
	return appendjson.Bytes(nil, []byte(name))
}

// CommandText is CommandName for people.
func (f *BytesFormatter) CommandText(name string) string {
	if isCommand(name) || f.mode != Redacted && isWord(name) {
		return name
	}
	return f.Text([]byte(name))
}

// CommandMember is CommandName where a string is needed, as the name of a
// member.
func (f *BytesFormatter) CommandMember(name string) string {
	switch {
	case isCommand(name) || f.mode != Redacted && utf8.ValidString(name):
		return name
	case f.mode == Redacted:
		return f.hash([]byte(name))
	}
	return string(AppendQuoted(nil, []byte(name)))
}

func isCommand(name string) bool { return command.Lookup([][]byte{[]byte(name)}) != nil }

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
