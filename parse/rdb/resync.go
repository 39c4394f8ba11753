package rdb

import (
	"errors"
	"io"

	"github.com/redsleuth/redsleuth/parse"
)

const (
	// enoughRecords in a row make a place plausible. Bytes within a value
	// look like one record often, like two rarely.
	enoughRecords = 8
	// enoughAtCut do where the input itself ends behind them.
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
)

// Lost is a range of bytes that could not be decoded, with reading going on
// behind it. That it went on at the right place is plausible, never certain:
// Records and ToEnd say how plausible.
type Lost struct {
	// Byte and Bytes are the range, counted from the start of the RDB.
	Byte, Bytes int64
	// Err is what was wrong where the range begins.
	Err error
	// Records is how many records decoded in a row behind the range when it
	// was tried; 8 are enough.
	Records int
	// ToEnd: they led to the end-of-file opcode and the end of the input.
	ToEnd bool
}

// Resume goes on behind the damage that d ended with: it looks for the next
// place from which records decode plausibly and returns a decoder that begins
// there, with the database unknown (-1) until a record selects one, and no
// checksum. at opens the input again at a place of it; where it is nil, the
// search begins where d stopped, and records that a wrong length led past are
// lost too. The error is io.EOF where nothing plausible comes any more; Lost
// then ends with the input.
func Resume(d *Decoder, damage error, at func(offset int64) (*parse.Cursor, error)) (*Decoder, Lost, error) {
	lost := Lost{Byte: d.rec.Byte, Err: damage}
	c := d.c
	if at != nil {
		var err error
		if c, err = at(d.start + d.rec.Byte + 1); err != nil {
			return nil, lost, err
		}
		d.c.Close()
	}
	p := newProber(d)
	err := p.search(c)
	lost.Bytes = c.Offset() - d.start - lost.Byte
	lost.Records, lost.ToEnd = p.records, p.toEnd
	if err != nil {
		c.Close()
		return nil, lost, err
	}
	next := NewDecoderAt(c, Options{Limits: d.limits}, d.header, d.start, -1)
	next.hashTemplates = d.hashTemplates
	return next, lost, nil
}

// A prober tries whether records begin at a place.
type prober struct {
	d       *Decoder
	budget  int
	records int
	toEnd   bool
}

func newProber(d *Decoder) *prober {
	p := &prober{budget: probeWindow}
	p.d = NewDecoderAt(parse.NewBytesCursor(nil, 0), Options{Limits: d.limits}, d.header, 0, 0)
	p.d.hashTemplates = d.hashTemplates
	return p
}

// search moves c to the next plausible place.
func (p *prober) search(c *parse.Cursor) error {
	for {
		w, err := c.Fill(probeWindow)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		whole := err != nil // nothing comes behind the window
		last := len(w) - probeWindow/2
		if whole {
			last = len(w)
		}
		for i := range last {
			p.budget += probeBudget
			if p.worthTrying(w[i:]) && p.plausible(w[i:], whole) {
				c.Advance(i)
				return nil
			}
		}
		c.Advance(last)
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
	case op == opSelectDB, op == opExpireTime, op == opExpireTimeMs, op == opFunction, op == opEOF, op == opAux:
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
	p.records, p.toEnd = 0, false
	if p.budget < len(w) && len(w) > shortProbe {
		w, whole = w[:shortProbe], false
	}
	d := p.d
	d.restart(w)
	defer func() { p.budget -= int(d.place()) }()
	for p.records < enoughRecords {
		rec, err := d.Next()
		if err == nil && rec.Kind == KindKey {
			if len(rec.Key) == 0 {
				return false // zeros look like empty strings under empty keys
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
			return p.toEnd
		}
		p.records++
	}
	return true
}

// restart makes d read other bytes, with nothing known but the header.
func (d *Decoder) restart(b []byte) {
	d.c.Reset(b, 0)
	d.err, d.unread, d.rec = nil, false, Record{}
	d.clearPrefix()
}
