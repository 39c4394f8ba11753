package link

import (
	"bytes"
	"regexp"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
)

// firstReply is where a link begins behind lines of text, as exactly as servers
// write it.
var firstReply = regexp.MustCompile(`\n(?:\+FULLRESYNC [0-9a-f]{40} \d{1,19}\r\n|\+CONTINUE(?: [0-9a-f]{40})?\r\n|` +
	`\$EOF:[0-9a-f]{40}\r\n|\$\d{1,19}\r\n(?:REDIS\d{4}|VALKEY\d{3}))`)

// leadingSize is how far a link is looked for behind text.
const leadingSize = 4096

// Leading returns how many bytes of text stand before the first reply of a link,
// such as those of a terminal or of a tool that was used to ask for it; 0 where
// head is not of that kind.
func Leading(head []byte) int {
	head = head[:min(len(head), leadingSize)]
	at := firstReply.FindIndex(head)
	if at == nil || len(bytes.Trim(head[:at[0]], "\r\n")) == 0 { // heartbeats are no text
		return 0
	}
	for _, c := range head[:at[0]] {
		if c < ' ' && c != '\t' && c != '\r' && c != '\n' && c != 0x1b {
			return 0
		}
	}
	return at[0] + 1
}

// overLeading steps over text before the first reply.
func (w *walker) overLeading() {
	head, _ := w.c.Fill(leadingSize) // an error comes again to who reads on
	n := 0
	if len(head) > 0 && !bytes.ContainsRune([]byte("*+-$"), rune(head[0])) {
		n = Leading(head)
	}
	if n == 0 {
		return
	}
	note := w.note(record.NoteLeading, w.c.Offset(), int64(n))
	note.Err = parse.At(note.Byte, parse.Damaged("text before the first reply of the link, which is read"))
	w.held = append(w.held, note)
	w.c.Advance(n)
}
