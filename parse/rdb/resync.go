package rdb

import (
	"errors"
	"io"
	"unicode/utf8"

	"github.com/redsleuth/redsleuth/parse"
)

const (
	// enoughRecords in a row make a place plausible. Bytes within a value
	// look like one record often, like two rarely.
	enoughRecords = 8
	// enoughAtCut do where the input itself ends after them.
	enoughAtCut = 3
	// probeWindow bounds how far a place is tried. A larger record is not
	// found.
	probeWindow = 1 << 20
	// probeBudget is how many bytes may be decoded for each byte of a lost
	// range; who spends it with crafted bytes gets probes of shortProbe.
	probeBudget = 256
	shortProbe  = 1 << 10
	// longestKey bounds what is taken for the length of a key.
	longestKey = 64 << 10
	// sampledKeys are how many of a file's first keys tell whether its keys
	// are text. Where they are, a place with other keys is not plausible.
	sampledKeys = 64
	// unknownMembers stands for the number of members of a broken hash.
	unknownMembers = 1 << 16
)

// Lost is a range of bytes that could not be decoded, with reading continuing
// after it. That it continued at the right place is plausible, never certain:
// Records and ToEnd say how plausible.
type Lost struct {
	// Byte and Bytes are the range, counted from the start of the RDB.
	Byte, Bytes int64
	// Err is what was wrong where the range begins.
	Err error
	// Records is how many records decoded in a row after the range when it
	// was tried; 8 are enough.
	Records int
	// ToEnd: they led to the end-of-file opcode and the end of the input.
	ToEnd bool
}

// Resume continues after the damage that d ended with: it looks for the next
// place from which records decode plausibly and returns a decoder that begins
// there, with the database unknown (-1) until a record selects one, and no
// checksum. at opens the input again at a place of it; where it is nil, the
// search begins where d stopped, and records that a wrong length led past are
// lost too. The error is io.EOF where nothing plausible comes any more; Lost
// then ends with the input.
func Resume(d *Decoder, damage error, at parse.Opener) (*Decoder, Lost, error) {
	lost := Lost{Byte: d.rec.Byte, Err: damage}
	c := d.c
	if d.header.Version == 0 { // the head of the file is gone, and its version with it
		d.header = assumedHeader
	}
	p := newProber(d)
	if at != nil {
		var err error
		if c, err = at(d.start + d.rec.Byte); err != nil {
			return nil, lost, err
		}
		d.c.Close()
	}
	err := p.resume(c, at != nil)
	lost.Bytes = c.Offset() - d.start - lost.Byte
	lost.Records, lost.ToEnd = p.records, p.toEnd
	if err != nil {
		c.Close()
		return nil, lost, err
	}
	next := NewDecoderAt(c, Options{Limits: d.limits}, d.header, d.start, -1)
	next.hashTemplates, next.templatesLent, next.keys = d.hashTemplates, true, d.keys
	next.resumed, next.whole = true, d.whole
	return next, lost, nil
}

// behindEnd is what comes after the end that a decoder of Resume came to: that of
// the input, commands, or bytes that are damage too, in which records may follow.
func (d *Decoder) behindEnd() error {
	w, err := d.c.Fill(1)
	switch {
	case errors.Is(err, io.EOF):
		return io.EOF
	case err != nil:
		return err
	case !d.whole && (w[0] == '*' || w[0] == '#'): // an AOF's: a command, or an annotation
		return io.EOF
	}
	return d.fail(parse.Damaged("more bytes follow the end-of-file opcode"))
}

// A prober tries whether records begin at a place.
type prober struct {
	d      *Decoder
	budget int
	text   bool // keys must be text
	// members is how many of the broken value may still come. Those of a hash
	// with field expiry look like keys with a string.
	members uint64
	records int
	first   int  // length of the first
	bare    int  // how many of them look like such members
	isBare  bool // the first does
	toEnd   bool
}

func newProber(d *Decoder) *prober {
	p := &prober{budget: probeWindow, text: d.keys.seen > 0 && !d.keys.binary, members: d.claimed}
	if d.rec.Kind == 0 && (d.rec.Type == TypeHashTTL || d.rec.Type == TypeHashTTLPreGA) {
		p.members = unknownMembers
	}
	p.d = NewDecoderAt(parse.NewBytesCursor(nil, 0), Options{Limits: d.limits}, d.header, 0, 0)
	p.d.hashTemplates, p.d.templatesLent = d.hashTemplates, true
	return p
}

// resume moves c to the next plausible place. atRecord: c is where the
// broken record begins, and not after what was read of it.
func (p *prober) resume(c *parse.Cursor, atRecord bool) error {
	if !atRecord {
		return p.search(c)
	}
	w, err := c.Fill(probeWindow)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if n, ok := p.framed(w, err != nil); ok {
		c.Advance(n)
		return nil
	}
	c.Advance(min(1, len(w)))
	return p.search(c)
}

// framed steps over the broken record by its lengths, which may well hold
// where the damage lies within what they enclose.
func (p *prober) framed(w []byte, whole bool) (size int, ok bool) {
	p.d.restart(w)
	rec, err := p.d.Next()
	if err != nil || rec.Kind != KindKey || p.d.Skip() != nil {
		return 0, false
	}
	size = int(p.d.place())
	return size, p.plausible(w[size:], whole)
}

// search moves c to the next plausible place that is no member of the broken
// value.
func (p *prober) search(c *parse.Cursor) error {
	for {
		w, err := c.Fill(probeWindow)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		whole := err != nil // nothing comes after the window
		last := len(w) - probeWindow/2
		if whole {
			last = len(w)
		}
		i := 0
		for i < last {
			p.budget += probeBudget
			switch {
			case !p.worthTrying(w[i:]) || !p.plausible(w[i:], whole):
				i++
			case p.members > 0 && (p.isBare || p.bare > p.records/2):
				p.members--
				i += p.first
			default:
				c.Advance(i)
				return nil
			}
		}
		c.Advance(i)
		if whole {
			p.records, p.toEnd = 0, false
			return io.EOF
		}
	}
}

// worthTrying turns most places down by their first bytes.
func (p *prober) worthTrying(w []byte) bool {
	if len(w) < 2 {
		return false
	}
	switch op := w[0]; {
	case op == opSelectDB, op == opExpireTime, op == opExpireTimeMs, op == opFunction, op == opEOF,
		op == opAux:
		return true
	case op >= firstOpcode:
		return false // rare, and always followed by something better
	}
	if _, ok := p.d.typeOf(w[0]); !ok {
		return false
	}
	h, ok := p.d.peekString(w[1:min(len(w), 1+peekMax)])
	return ok && h.packed > 0 && h.packed <= longestKey && len(w) > 1+h.head+h.packed
}

// plausible decodes from the front of w. whole: the input ends with w.
func (p *prober) plausible(w []byte, whole bool) bool {
	p.records, p.bare, p.toEnd, p.first, p.isBare = 0, 0, false, 0, false
	if p.budget < len(w) && len(w) > shortProbe {
		w, whole = w[:shortProbe], false
	}
	d := p.d
	d.restart(w)
	defer func() { p.budget -= int(d.place()) }()
	for p.records < enoughRecords {
		rec, err := d.Next()
		if err == nil && rec.Kind == KindKey {
			if !p.credible(rec) {
				return false
			}
			err = d.Value(func(*Element) error { return nil })
		}
		switch {
		case errors.Is(err, parse.ErrTruncated):
			return whole && p.records >= enoughAtCut
		case err != nil:
			return false
		case rec.Kind == KindEnd:
			p.records++
			p.toEnd = whole && len(d.c.Window()) == 0
			return p.toEnd || p.records > enoughAtCut
		}
		isBare := rec.Kind == KindKey && rec.Type == TypeString && !rec.HasExpire
		if isBare {
			p.bare++
		}
		if p.records++; p.records == 1 {
			p.first, p.isBare = int(rec.Bytes), isBare
		}
	}
	return true
}

// credible turns down keys that no client is likely to have set. Zeros look
// like empty strings under empty keys.
func (p *prober) credible(rec *Record) bool {
	if rec.HasExpire && (rec.ExpireAt < 0 || rec.ExpireAt > farFuture) {
		return false
	}
	return len(rec.Key) > 0 && (!p.text || isText(rec.Key))
}

// keySample is what the first keys of a file were like.
type keySample struct {
	seen   int
	binary bool // one of them at least is not text
}

func (s *keySample) add(key []byte) {
	if s.seen < sampledKeys {
		s.seen++
		s.binary = s.binary || !isText(key)
	}
}

// isText: valid UTF-8 without control characters.
func isText(key []byte) bool {
	for _, c := range key {
		if c < ' ' || c == 0x7f {
			return false
		}
	}
	return utf8.Valid(key)
}

// restart makes d read other bytes, with nothing known but the header.
func (d *Decoder) restart(b []byte) {
	d.c.Reset(b, 0)
	d.err, d.unread, d.rec = nil, false, Record{}
	d.clearPrefix()
}
