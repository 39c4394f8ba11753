// Package ledger keeps, for every script and function library of a set of
// artefacts, where its text was seen: in the AUX fields and function records
// of dumps, and in what streams carry.
package ledger

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/script"
)

// As is the form in which a text was met.
type As string

// The forms.
const (
	AsAux             As = "rdb-aux" // AUX field "lua", 4.0.4 to 6.2
	AsFunction        As = "rdb-function"
	AsEval            As = "eval"
	AsScriptLoad      As = "script-load"
	AsFunctionLoad    As = "function-load"
	AsFunctionRestore As = "function-restore"
)

// maxSightings is how many places of one text are kept; all are counted.
const maxSightings = 64

// A Sighting is a place where a text is.
type Sighting struct {
	Path string
	As   As
	Link int // 0 outside links
	// Offset is the replication offset, Byte the place in the input (of a
	// record in a payload: from the payload's start); record.Unknown if not
	// known.
	Offset, Byte int64
}

// A Script is a text, known by the digest of its bytes.
type Script struct {
	SHA1     string
	Bytes    int64
	Analysis script.Analysis
	// Body is the text; nil where the bound on memory was reached.
	Body  []byte
	Seen  []Sighting
	Times int64
}

// Ledger collects scripts. It is filled by walking inputs with For.
type Ledger struct {
	// MaxBytes bounds the texts held, MaxScripts how many there may be.
	MaxBytes   int64
	MaxScripts int
	// Found, where set, is called with each text when it is first seen; the
	// body is borrowed.
	Found func(s *Script, body []byte) error

	scripts []*Script
	index   map[string]*Script
	held    int64
	// Left counts texts that were passed over because of MaxScripts.
	Left int64
	// Damage is what was wrong in the inputs, the first of each.
	Damage []error
}

// New makes a ledger with these bounds.
func New(maxBytes int64, maxScripts int) *Ledger {
	return &Ledger{MaxBytes: maxBytes, MaxScripts: maxScripts, index: map[string]*Script{}}
}

// Scripts returns what was found, in the order in which it was first seen.
func (l *Ledger) Scripts() []*Script { return l.scripts }

// add records a text; body is borrowed.
func (l *Ledger) add(body []byte, at Sighting) error {
	sha := script.SHA1(body)
	s := l.index[sha]
	if s == nil {
		if len(l.scripts) >= l.MaxScripts {
			l.Left++
			return nil
		}
		s = &Script{SHA1: sha, Bytes: int64(len(body)), Analysis: script.Analyse(body)}
		if l.held+s.Bytes <= l.MaxBytes {
			s.Body = bytes.Clone(body)
			l.held += s.Bytes
		}
		l.scripts, l.index[sha] = append(l.scripts, s), s
		if l.Found != nil {
			if err := l.Found(s, body); err != nil {
				return err
			}
		}
	}
	s.Times++
	if len(s.Seen) < maxSightings {
		s.Seen = append(s.Seen, at)
	}
	return nil
}

// For returns a handler that enters what the input at path holds.
func (l *Ledger) For(path string, limits parse.Limits) record.Handler {
	return &reader{l, path, limits}
}

// reader reads one input.
type reader struct {
	ledger *Ledger
	path   string
	limits parse.Limits
}

// RDB looks through the records; values are stepped over.
func (r *reader) RDB(link *record.Link, d *rdb.Decoder) error {
	for rec, err := range d.Records() {
		if err != nil {
			return r.broken(err)
		}
		at := Sighting{Path: r.path, Byte: rec.Byte, Offset: record.Unknown}
		if link != nil {
			at.Link, at.Offset = link.Number, link.StartOffset
		}
		switch {
		case rec.Kind == rdb.KindEnd && rec.Checksum.Status == rdb.ChecksumInvalid && whole(link):
			r.wrong("the checksum of the dump is wrong, so the texts may be too", rec.Byte)
			continue
		case rec.Kind == rdb.KindAux && string(rec.Name) == "lua":
			at.As = AsAux
		case rec.Kind == rdb.KindFunction:
			at.As = AsFunction
		default:
			continue
		}
		if err := r.ledger.add(rec.Value, at); err != nil {
			return err
		}
	}
	return nil
}

// broken notes damage; what came before stays. Errors of the operating
// system end the walk.
func (r *reader) broken(err error) error {
	if !parse.IsDamage(err) {
		return err
	}
	r.ledger.Damage = append(r.ledger.Damage, fmt.Errorf("%s: %w", r.path, err))
	return nil
}

// wrong notes what is wrong with a dump that could be read to its end.
func (r *reader) wrong(what string, at int64) {
	r.ledger.Damage = append(r.ledger.Damage, fmt.Errorf("%s: %s (byte %d)", r.path, what, at))
}

// whole reports whether an input is one that has to be complete: a dump or an
// AOF, and no recording.
func whole(link *record.Link) bool { return link == nil || link.AOF }

// Command looks for texts among the arguments.
func (r *reader) Command(c *record.Command) error {
	name := c.Args[0]
	if len(c.Args) < 2 || len(name) < 4 || !slices.Contains([]byte("eEsSfF"), name[0]) {
		return nil
	}
	at := Sighting{Path: r.path, Link: c.Link.Number, Offset: c.Offset, Byte: c.Byte}
	is := func(arg []byte, word string) bool { return bytes.EqualFold(arg, []byte(word)) }
	last := c.Args[len(c.Args)-1]
	switch {
	case is(name, "EVAL"), is(name, "EVAL_RO"):
		at.As = AsEval
		return r.ledger.add(c.Args[1], at)
	case is(name, "SCRIPT") && is(c.Args[1], "LOAD") && len(c.Args) == 3:
		at.As = AsScriptLoad
		return r.ledger.add(last, at)
	case is(name, "FUNCTION") && is(c.Args[1], "LOAD") && len(c.Args) >= 3:
		at.As = AsFunctionLoad
		return r.ledger.add(last, at)
	case is(name, "FUNCTION") && is(c.Args[1], "RESTORE") && len(c.Args) >= 3:
		at.As = AsFunctionRestore
		err := rdb.Functions(c.Args[2], rdb.Options{Limits: r.limits}, func(source []byte) error { return r.ledger.add(source, at) })
		if err != nil {
			return r.broken(err)
		}
	}
	return nil
}

// LinkStart has nothing to do.
func (*reader) LinkStart(*record.Link) error { return nil }

// Note keeps what is wrong with a dump or an AOF.
func (r *reader) Note(n *record.Note) error {
	switch {
	case !whole(n.Link):
		return nil
	case n.Kind == record.NoteTrailing:
		r.wrong("bytes after the end were not read", n.Byte)
		return nil
	case n.Err != nil:
		return r.broken(n.Err)
	}
	return nil
}

// LinkEnd has nothing to do.
func (*reader) LinkEnd(*record.Link) error { return nil }
