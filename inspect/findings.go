package inspect

import (
	"errors"
	"fmt"
	"slices"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/rdb"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/server"
)

// at is a finding on a place of the RDB.
func (r *rdbReader) at(
	code finding.Code, severity finding.Severity, place int64, format string, args ...any,
) finding.Finding {
	f := finding.Finding{
		Code: code, Severity: severity, Message: fmt.Sprintf(format, args...), Byte: finding.At(place),
	}
	if r.link != nil {
		f.Link = r.link.Number
	}
	return f
}

// broken adds a finding; the dump is damaged by it, unless it is the payload
// within a recording.
func (r *rdbReader) broken(f finding.Finding) {
	if r.in.recording() {
		r.in.find(f)
		return
	}
	r.in.broken(f)
}

// wrongBytes is what an error is called, and the end that it makes.
func wrongBytes(e *parse.Error) (finding.Code, record.End) {
	switch {
	case errors.Is(e, parse.ErrTruncated):
		return finding.Truncated, record.Truncated
	case errors.Is(e, parse.ErrVendor):
		return finding.VendorFormat, record.Unsupported
	case errors.Is(e, parse.ErrNewer):
		return finding.FormatNewer, record.Unsupported
	case errors.Is(e, parse.ErrUnsupported):
		return finding.Undecoded, record.Unsupported
	case errors.Is(e, parse.ErrZeros):
		return finding.ZeroFilled, record.Damaged
	}
	return finding.Damaged, record.Damaged
}

// damage tells of what could not be read, and, if reading went on, of what
// was lost.
func (r *rdbReader) damage(e *parse.Error, lost *rdb.Lost) {
	severity := finding.Error
	code, end := wrongBytes(e)
	if end == record.Truncated && r.in.recording() {
		severity = finding.Info
	}
	r.inValue = r.inValue || e.Key != nil || rdb.FlawOf(e) != rdb.FlawOther
	r.unread = r.unread || errors.Is(e, parse.ErrUnsupported) || errors.Is(e, parse.ErrLimit)
	if r.out.End != record.Damaged {
		r.out.End = end
	}
	f := r.at(code, severity, e.ByteOffset, "%s", message(e))
	if e.DB >= 0 {
		f.DB = finding.At(e.DB)
	}
	if e.Key != nil {
		f.Keys = [][]byte{e.Key}
	}
	if code == finding.ZeroFilled {
		r.zeros(&f, e)
		if r.in.recording() {
			f.Severity = finding.Warning
		}
	}
	if lost != nil {
		r.lost(&f, lost)
	}
	if severity == finding.Info {
		r.in.find(f)
		return
	}
	if code == finding.Damaged || code == finding.Truncated {
		r.transfer(&f)
	}
	r.broken(f)
}

// lost adds what was lost, and what --salvage found behind it. Zeros keep their own
// place.
func (r *rdbReader) lost(f *finding.Finding, lost *rdb.Lost) {
	if r.out.Lost.Ranges++; r.out.Lost.Ranges == 1 {
		r.out.Lost.Saved = -r.out.Read
	}
	r.out.Lost.Bytes += lost.Bytes
	if f.Code != finding.ZeroFilled {
		f.Byte, f.Bytes = finding.At(lost.Byte), lost.Bytes
	}
	f.Message += "; " + salvaged(lost)
}

// hole tells of a lost block within a value, which only the checksum gives away.
func (r *rdbReader) hole() {
	at := r.again()
	if at == nil {
		return
	}
	from, n, err := rdb.FindHole(at)
	if err != nil || n == 0 || slices.ContainsFunc(r.in.report.Findings, func(f finding.Finding) bool {
		return f.Code == finding.ZeroFilled
	}) {
		return
	}
	f := r.at(finding.ZeroFilled, finding.Error, from, "%d zero bytes, from byte %d to %d, within the values "+
		"there, begin and end where blocks of a disk do, and the checksum is wrong: blocks that were "+
		"never written or got lost", n, from, from+n-1)
	f.Bytes = n
	r.broken(f)
}

// transfer adds by what transfer the file was changed, if its bytes show it, to the
// first finding that it may explain.
func (r *rdbReader) transfer(f *finding.Finding) {
	at := r.again()
	if at == nil || slices.ContainsFunc(r.in.report.Findings, func(f finding.Finding) bool {
		return f.Code == finding.Damaged || f.Code == finding.Truncated || f.Code == finding.ChecksumInvalid
	}) {
		return
	}
	if what := transferred(at); what != "" {
		f.Message += "; " + what
	}
}

// zeros gives a finding the whole stretch of zeros, which may begin in the record
// before.
func (r *rdbReader) zeros(f *finding.Finding, e *parse.Error) {
	f.Bytes, f.Message = e.Bytes, e.Err.Error()
	before := int64(0)
	if at := r.again(); at != nil {
		before, _ = rdb.ZerosBefore(at, e.ByteOffset) // without, the stretch is told from the record on
	}
	if before > 0 {
		from, all := e.ByteOffset-before, e.Bytes+before
		f.Byte, f.Bytes = finding.At(from), all
		f.Message = fmt.Sprintf("%d zero bytes, from byte %d to %d, where records belong: blocks that were "+
			"never written or got lost; the first %d end the record before, whose value may have been another",
			all, from, from+all-1, before)
	}
}

// message is the error without the place, which is beside it.
func message(e *parse.Error) string {
	bare := parse.Error{ByteOffset: e.ByteOffset, Path: e.Path, DB: -1, Err: e.Err}
	return bare.Error()
}

func salvaged(lost *rdb.Lost) string {
	switch {
	case lost.Records == 0:
		return fmt.Sprintf("%d bytes are lost, up to the end: nothing after them can be decoded", lost.Bytes)
	case lost.ToEnd:
		return fmt.Sprintf("%d bytes are lost; %d records after them decode, up to the end of the file, "+
			"so reading very likely continues in the right place", lost.Bytes, lost.Records)
	}
	return fmt.Sprintf("%d bytes are lost; %d records in a row decode after them, so reading likely "+
		"continues in the right place; the database is not known until one is selected",
		lost.Bytes, lost.Records)
}

// checksum judges the end of a file.
func (r *rdbReader) checksum(rec *rdb.Record) {
	switch rec.Checksum.Status {
	case rdb.ChecksumInvalid:
		r.out.End = record.Damaged
		f := r.at(finding.ChecksumInvalid, finding.Error, rec.Byte,
			"the checksum is %016x and the bytes sum to %016x: something in the file is not what was written",
			rec.Checksum.Stored, rec.Checksum.Computed)
		r.transfer(&f)
		r.broken(f)
		r.hole()
	case rdb.ChecksumDisabled:
		why := "the server had rdbchecksum no, so wrong bytes can't be noticed"
		if r.link != nil && !r.link.AOF {
			why = server.OmitsPayloadChecksum.Affects() +
				" send none if the replica asks for none, nor does any with rdbchecksum no"
		}
		r.in.find(r.at(finding.ChecksumDisabled, finding.Info, rec.Byte, "the checksum is zero: %s", why))
	}
}

// duplicateScript tells of a body that is there twice, which no server
// writes.
func (r *rdbReader) duplicateScript(sha string, place int64) {
	const panics = server.PanicsOnDuplicateScript
	f := r.at(finding.ScriptDuplicate, finding.Info, place,
		"the same script is in the file twice, which no server writes: the file was edited or merged; "+
			"%s crash on loading it", panics.Versions())
	if panics.Of(r.origin.Version) == server.Yes {
		f.Severity = finding.Error
	}
	f.SHA1, f.Affects, f.FixedIn = sha, panics.Affects(), panics.FixedIn(server.Version{})
	r.in.find(f)
}

// remarks are findings on the whole of it.
func (r *rdbReader) remarks() {
	rep := r.out.Replication
	v := r.out.Server
	const loses = server.LosesScriptsOnRestart
	if rep != nil && rep.Restored.Position == server.Yes &&
		loses.Of(v) == server.Yes && server.ReplicatesScripts.Of(v) == server.Yes {
		f := r.at(finding.ScriptAtRisk, finding.Info, 0,
			"this version keeps no scripts in its dumps: a replica restarted from this one continues with "+
				"the stream without them, and loses what EVALSHA would have done")
		f.Affects, f.FixedIn = loses.Affects(), loses.FixedIn(v)
		r.in.find(f)
	}
}
