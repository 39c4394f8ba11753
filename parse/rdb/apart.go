package rdb

import (
	"io"
	"maps"

	"github.com/redsleuth/redsleuth/parse"
)

// A Scope is what of a file its values depend on: its header and the hash
// templates before them. It doesn't change, so that it can be used elsewhere
// while its decoder continues.
type Scope struct {
	header    Header
	templates map[uint64]hashTemplate
	limits    parse.Limits
}

// Scope is that of the values up to here.
func (d *Decoder) Scope() Scope {
	d.templatesLent = true
	return Scope{d.header, d.hashTemplates, d.limits}
}

// addTemplate leaves templates that a Scope holds as they are.
func (d *Decoder) addTemplate(id uint64, t hashTemplate) {
	switch {
	case d.hashTemplates == nil:
		d.hashTemplates = map[uint64]hashTemplate{}
	case d.templatesLent:
		d.hashTemplates = maps.Clone(d.hashTemplates)
	}
	d.templatesLent = false
	d.hashTemplates[id] = t
}

// Rest is what is left of the input. Reading it leaves d without a place to
// continue at.
func (d *Decoder) Rest() io.Reader { return d.c }

// Stop has d return err from now on, which another decoder came upon in a value
// of this file.
func (d *Decoder) Stop(err error) { d.err, d.unread = err, false }

// Enter makes d read the value of rec, which another decoder returned, from c,
// whose next byte is the value's first and has the place rec.ValueByte. Of rec,
// the fields that Next sets are enough. The result is d's own record of it, as
// Next would return it.
func (d *Decoder) Enter(scope Scope, c *parse.Cursor, rec *Record) *Record {
	d.c, d.start, d.header, d.limits = c, 0, scope.header, scope.limits
	d.hashTemplates, d.templatesLent = scope.templates, true
	d.err, d.unread, d.claimed, d.rec = nil, true, 0, *rec
	return &d.rec
}
