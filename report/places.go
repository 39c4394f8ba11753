package report

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/artefact"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/rdb/annotate"
	"github.com/redsleuth/redsleuth/parse/record"
)

// An Excerpt is the bytes at the place of a finding, field by field. All of it is
// untrusted but for the labels.
type Excerpt struct {
	// Byte is the place of the first byte that is shown; At is the place of the
	// finding.
	Byte, At int64
	Fields   []annotate.Field
}

// A place is where in an artefact a finding or a piece of evidence is.
type place struct {
	path   string
	link   int
	offset int64 // or record.Unknown
	byte   int64 // or record.Unknown
}

func placeOf(f *finding.Finding) place {
	p := place{f.Path, f.Link, record.Unknown, record.Unknown}
	if f.Offset != nil {
		p.offset = *f.Offset
	}
	if f.Byte != nil {
		p.byte = *f.Byte
	}
	return p
}

// Excerpt is the bytes at a finding's place; nil where there are none to show.
func (r *Report) Excerpt(f *finding.Finding) *Excerpt { return r.excerpts[placeOf(f)] }

// Body is the source of a script that findings are about, by its SHA-1 in
// hexadecimal; nil where no artefact holds it.
func (r *Report) Body(sha1 string) []byte { return r.bodies[sha1] }

// Bounds of what is looked up.
const (
	mostPlaces   = 10_000 // places whose times are
	mostExcerpts = 3      // of a code
	mostBodies   = 50
	mostBody     = 16 << 10 // bytes of a script
	mostArgs     = 8        // arguments of a command
	mostArg      = 48       // bytes of one
	around       = 48       // bytes before and after a place in which no record is
)

// A finder goes over artefacts once more, for the times and the bytes of the
// places that findings and evidence name, and for the bodies of scripts.
type finder struct {
	*run
	artefact *Artefact
	// want are places by path and offset, and by path and byte; left counts
	// those of the artefact that were not come by.
	want map[place][]place
	left map[place]bool
	shas map[string]bool
}

// find looks up what the report tells of places.
func (r *run) find(ctx context.Context) error {
	r.times, r.excerpts, r.bodies = map[place]time.Time{}, map[place]*Excerpt{}, map[string][]byte{}
	f := &finder{run: r, want: map[place][]place{}, shas: map[string]bool{}}
	f.wanted()
	for _, a := range r.Artefacts {
		if err := f.search(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// wanted puts down what is to be found.
func (f *finder) wanted() {
	for _, a := range f.Artefacts {
		if a.Inspect != nil {
			f.wantAll(a.Inspect.Findings)
		}
	}
	if f.Replay != nil {
		f.wantAll(f.Replay.Findings)
		for i := range f.Replay.Scripts {
			s := &f.Replay.Scripts[i]
			if sum := hex.EncodeToString(s.SHA1[:]); f.shas[sum] && len(s.Sources) > 0 {
				for _, at := range s.Sources[:1] {
					if at.Link > 0 && at.Link <= len(f.Replay.Links) && at.Offset != record.Unknown {
						l := f.Replay.Links[at.Link-1]
						f.add(place{l.Path, l.Number, at.Offset, record.Unknown})
					}
				}
			}
		}
	}
}

func (f *finder) wantAll(findings []finding.Finding) {
	shown := map[finding.Code]int{}
	for i := range findings {
		x := &findings[i]
		if x.SHA1 != "" && len(f.shas) < mostBodies {
			f.shas[x.SHA1] = true
		}
		if x.Severity == finding.Info && x.Code != finding.ScriptFlush || len(f.want) > mostPlaces {
			continue
		}
		p := placeOf(x)
		if shown[x.Code]++; shown[x.Code] <= mostExcerpts && p.byte != record.Unknown {
			f.excerpts[p] = nil // to be filled
			f.add(p)
		} else if p.link > 0 {
			f.add(p)
		}
	}
}

// add wants a place, by the byte where that is known and else by the offset.
func (f *finder) add(p place) {
	by := place{path: p.path, link: p.link, offset: p.offset, byte: record.Unknown}
	if p.byte != record.Unknown {
		by.offset, by.byte = record.Unknown, p.byte
	}
	if by.offset != record.Unknown || by.byte != record.Unknown {
		f.want[by] = append(f.want[by], p)
	}
}

// errFound ends a walk.
var errFound = errors.New("found")

// search goes over one artefact, as far as there is something to be found in it.
func (f *finder) search(ctx context.Context, a *Artefact) error {
	if a.Inspect == nil {
		return nil
	}
	f.artefact, f.left = a, map[place]bool{}
	for p := range f.want {
		if p.path == a.Input.Path {
			f.left[p] = true
		}
	}
	if len(f.left) > 0 {
		_, err := artefact.Walk(ctx, a.Input, artefact.Options{Kept: f.kept}, f)
		if err != nil && !errors.Is(err, errFound) {
			return err
		}
	}
	for p := range f.left {
		if p.byte != record.Unknown && p.link == 0 {
			f.window(p)
		}
	}
	return nil
}

// RDB implements record.Handler: it takes the records apart in which places are,
// and finds scripts.
func (f *finder) RDB(l *record.Link, d *rdb.Decoder) error {
	var at []place
	for p := range f.left {
		if l == nil && p.byte != record.Unknown && p.link == 0 {
			at = append(at, p)
		}
	}
	slices.SortFunc(at, func(a, b place) int { return cmp.Compare(a.byte, b.byte) })
	for {
		rec, err := d.Next()
		if err == nil && rec.Kind == rdb.KindKey {
			err = d.Skip()
		}
		if err != nil {
			if _, damaged := parse.AsDamage(err); damaged || errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if rec.Kind == rdb.KindAux && string(rec.Name) == "lua" {
			f.body(rec.Value)
		}
		for len(at) > 0 && at[0].byte < rec.Byte+rec.Bytes {
			if at[0].byte >= rec.Byte {
				f.takeApart(at[0], d, rec)
			}
			at = at[1:]
		}
		if len(f.left) == 0 {
			return errFound
		}
	}
}

// takeApart keeps the fields of a record.
func (f *finder) takeApart(p place, d *rdb.Decoder, rec *rdb.Record) {
	if f.artefact.Input.Folder() || !f.artefact.Input.Rereadable() {
		return
	}
	c, err := f.artefact.Input.CursorAt(d.Start() + rec.Byte)
	if err != nil {
		return
	}
	defer c.Close()
	e := &Excerpt{Byte: rec.Byte, At: p.byte}
	// What can't be read ends the excerpt, and is a finding of its own.
	_ = annotate.Record(c, d.Header(), rec, func(field *annotate.Field) error {
		if len(e.Fields) < 4*mostArgs {
			e.Fields = append(e.Fields, keep(field))
		}
		return nil
	})
	f.show(p, e)
}

// keep is a field of one's own.
func keep(field *annotate.Field) annotate.Field {
	own := *field
	own.Bytes = bytes.Clone(field.Bytes[:min(len(field.Bytes), mostArg)])
	own.Text = bytes.Clone(field.Text[:min(len(field.Text), mostArg)])
	return own
}

// window shows the bytes around a place in which no record was found.
func (f *finder) window(p place) {
	in := f.artefact.Input
	if f.kept.Holds(in) && in.Spool() != nil { // else it was, where it had to be
		return
	}
	if in.Folder() || !in.Rereadable() || p.byte < 0 {
		return
	}
	from := max(0, p.byte-around)
	c, err := in.CursorAt(from)
	if err != nil {
		return
	}
	defer c.Close()
	_, _ = c.Fill(int(p.byte-from) + around) // the end may come before
	w := c.Window()
	w = w[:min(len(w), int(p.byte-from)+around)]
	e := &Excerpt{Byte: from, At: p.byte}
	before := min(int(p.byte-from), len(w))
	for _, part := range []struct {
		bytes []byte
		label string
	}{{w[:before], "before"}, {w[before:], "from here on"}} {
		if len(part.bytes) > 0 {
			e.Fields = append(e.Fields, annotate.Field{
				Byte: from, Bytes: bytes.Clone(part.bytes), Size: int64(len(part.bytes)), Label: part.label,
			})
			from += int64(len(part.bytes))
		}
	}
	f.show(p, e)
}

// show keeps an excerpt for all that want it, and the place is found.
func (f *finder) show(by place, e *Excerpt) {
	for _, p := range f.want[by] {
		if _, asked := f.excerpts[p]; asked {
			f.excerpts[p] = e
		}
	}
	delete(f.left, by)
}

// LinkStart implements record.Handler.
func (*finder) LinkStart(*record.Link) error { return nil }

// LinkEnd implements record.Handler.
func (*finder) LinkEnd(*record.Link) error { return nil }

// Note implements record.Handler.
func (*finder) Note(*record.Note) error { return nil }

// Command implements record.Handler.
func (f *finder) Command(c *record.Command) error {
	path := f.artefact.Input.Path
	for _, by := range []place{
		{path, c.Link.Number, record.Unknown, c.Byte}, {path, c.Link.Number, c.Offset, record.Unknown},
	} {
		if !f.left[by] {
			continue
		}
		for _, arg := range c.Args {
			f.body(arg)
		}
		for _, p := range f.want[by] {
			f.times[p] = c.Time
		}
		f.show(by, excerptOf(c))
	}
	if len(f.left) == 0 {
		return errFound
	}
	return nil
}

// excerptOf shows the arguments of a command.
func excerptOf(c *record.Command) *Excerpt {
	e := &Excerpt{Byte: c.Byte, At: c.Byte}
	for i, arg := range c.Args[:min(len(c.Args), mostArgs)] {
		label := "argument"
		if i == 0 {
			label = "command"
		}
		shown := bytes.Clone(arg[:min(len(arg), mostArg)])
		e.Fields = append(e.Fields, annotate.Field{
			Byte: record.Unknown, Bytes: shown, Size: int64(len(arg)), Label: label, Text: shown,
		})
	}
	return e
}

// body keeps what is the source of a script that is asked for.
func (f *finder) body(text []byte) {
	if len(f.shas) == 0 || len(text) < 2 {
		return
	}
	sum := sha1.Sum(text)
	if name := hex.EncodeToString(sum[:]); f.shas[name] && f.bodies[name] == nil {
		f.bodies[name] = bytes.Clone(text[:min(len(text), mostBody)])
	}
}
