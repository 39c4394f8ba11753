package link

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
)

// plainLink is what a naive reading, with the whole file in memory and no
// eye for damage, makes of a link.
type plainLink struct {
	resync          record.Resync
	id              string
	start, commands int64
	stream          int64 // bytes that count in the offset
	whole           bool
}

var fullLine = regexp.MustCompile(`\+FULLRESYNC ([0-9a-f]{40}) (\d+)\r\n\n*\$(\d+|EOF:.{40})\r\n`)
var partialLine = regexp.MustCompile(`\+CONTINUE ?([0-9a-f]{40})?\r\n`)
var commandHead = regexp.MustCompile(`^\*(\d+)\r\n`)
var bulkHead = regexp.MustCompile(`^\$(\d+)\r\n`)

func readPlainly(b []byte) plainLink {
	l := plainLink{resync: record.Partial, start: record.Unknown}
	if m := fullLine.FindSubmatchIndex(b); m != nil {
		l.resync, l.id = record.Full, string(b[m[2]:m[3]])
		l.start, _ = strconv.ParseInt(string(b[m[4]:m[5]]), 10, 64)
		frame := b[m[6]:m[7]]
		b = b[m[1]:]
		if mark, ok := bytes.CutPrefix(frame, []byte("EOF:")); ok {
			_, b, _ = bytes.Cut(b, mark)
		} else {
			n, _ := strconv.Atoi(string(frame))
			b = b[n:]
		}
	} else if m := partialLine.FindSubmatchIndex(b); m != nil {
		if m[2] >= 0 {
			l.id = string(b[m[2]:m[3]])
		}
		b = b[m[1]:]
	}
	for len(b) > 0 {
		if b[0] == '\n' {
			b = b[1:]
			continue
		}
		n, ok := commandLength(b)
		if !ok {
			return l
		}
		b = b[n:]
		l.commands++
		l.stream += int64(n)
	}
	l.whole = true
	return l
}

func commandLength(b []byte) (int, bool) {
	m := commandHead.FindSubmatch(b)
	if m == nil {
		return 0, false
	}
	argc, _ := strconv.Atoi(string(m[1]))
	at := len(m[0])
	for range argc {
		m := bulkHead.FindSubmatch(b[at:])
		if m == nil {
			return 0, false
		}
		n, _ := strconv.Atoi(string(m[1]))
		if at += len(m[0]) + n + 2; at > len(b) {
			return 0, false
		}
	}
	return at, true
}

// linkKeeper keeps the links of a walk.
type linkKeeper struct {
	recorder
	links []*record.Link
}

func (k *linkKeeper) LinkEnd(l *record.Link) error {
	k.links = append(k.links, l)
	return nil
}

// The recordings of staged incidents read the same by a naive reader.
func TestIncidentsReadAsByANaiveReader(t *testing.T) {
	paths, err := filepath.Glob("../../testdata/incidents/*/link-*.psync")
	if err != nil || len(paths) < 2 {
		t.Fatalf("%d recordings: %v", len(paths), err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want := readPlainly(data)
		var links linkKeeper
		if err := Walk(parse.NewBytesCursor(data, 0), Options{DB: record.Unknown}, &links); err != nil {
			t.Fatal(err)
		}
		if len(links.links) != 1 {
			t.Errorf("%s: %d links", path, len(links.links))
			continue
		}
		l := links.links[0]
		if l.Resync != want.resync || l.ReplicationID != want.id || l.StartOffset != want.start ||
			l.Commands != want.commands || l.Bytes != want.stream || (l.End == record.Clean) != want.whole {
			t.Errorf("%s: %+v, want %+v", path, l, want)
		}
	}
}
