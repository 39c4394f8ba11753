package replay

import (
	"errors"
	"fmt"

	"github.com/redsleuth/redsleuth/finding"
	"github.com/redsleuth/redsleuth/parse"
	"github.com/redsleuth/redsleuth/parse/record"
	"github.com/redsleuth/redsleuth/replay/replica"
)

// Note records what is missing or wrong in a stream.
func (r *runner) Note(n *record.Note) error {
	if n.Link == nil || n.Kind == record.NoteFile {
		r.noteInput(n)
	}
	if n.Link != nil {
		for _, f := range r.current {
			f.note(n)
		}
	}
	return nil
}

// noteInput records what is about an input and not about one link of it.
func (r *runner) noteInput(n *record.Note) {
	if n.Err == nil && n.Kind != record.NoteCut || len(r.inputs) >= maxPerCode {
		return
	}
	var f finding.Finding
	switch n.Kind {
	case record.NoteCut:
		f = r.cut(n)
	case record.NoteTrailing:
		f = noted(n, finding.TrailingData, finding.Error, cause(n.Err))
	case record.NoteTruncated:
		f = noted(n, finding.Truncated, finding.Info, "the recording stops early: "+cause(n.Err))
	case record.NoteFile:
		f = noted(n, finding.AOFFile, finding.Error, "a file of the set is not as the manifest "+
			"says: "+cause(n.Err))
		if errors.Is(n.Err, parse.ErrUnsupported) {
			f.Severity = finding.Info // which servers don't load
		}
		if errors.Is(n.Err, parse.ErrTruncated) {
			f.Severity = finding.Warning // which they load as nothing
		}
		f.File = clone(n.Text)
	case record.NoteEncrypted:
		f = noted(n, finding.CaptureEncrypted, finding.Warning, cause(n.Err))
	case record.NoteZeros:
		f = noted(n, finding.ZeroFilled, finding.Warning, cause(n.Err))
	case record.NoteJoined:
		f = noted(n, finding.CaptureJoined, finding.Info, cause(n.Err))
	default:
		f = noted(n, finding.CaptureGap, finding.Warning, "part of the capture could not be read: "+
			""+cause(n.Err))
	}
	f.Path = r.stream.Path
	r.inputs = append(r.inputs, f)
}

// cut: the compressed data around an input ends early, or is broken.
func (r *runner) cut(n *record.Note) finding.Finding {
	if n.Err != nil {
		return noted(n, finding.Damaged, finding.Error, cause(n.Err))
	}
	return noted(n, finding.Truncated, finding.Info, "the compressed data ends early: the file was not "+
		"copied whole; what was in it may have been")
}

// noteHead records what is wrong with the RDB at the head of an AOF.
func (r *runner) noteHead(d *replica.Dump) {
	if f, wrong := brokenDump(d); wrong {
		r.report.Damaged = true
		f.Path = r.stream.Path
		if len(r.current) > 0 {
			f.File = r.current[0].file
		}
		r.inputs = append(r.inputs, f)
	}
}

// note is what a note on a stream comes to; false for one that is no finding.
func (s sentences) note(n *record.Note) (f finding.Finding, is bool) {
	switch n.Kind {
	case record.NoteGap:
		return s.captureGap(n), true
	case record.NoteTransactionOpen:
		return s.transactionOpen(n), true
	case record.NoteTruncated:
		return s.truncated(n), true
	case record.NoteDamage:
		what := "bytes that are no command: "
		if s.conn.Link.AOF { // or good ones, in a file that ends early
			what = ""
		}
		f = noted(n, finding.Damaged, finding.Error, what+cause(n.Err))
		if errors.Is(n.Err, parse.ErrZeros) {
			f.Code = finding.ZeroFilled
			if placed, ok := parse.AsDamage(n.Err); ok {
				f.Byte, f.Bytes = finding.At(placed.ByteOffset), placed.Bytes
			}
			if !s.conn.Link.AOF {
				f.Severity = finding.Warning
			}
		}
		return f, true
	case record.NoteLeading:
		return noted(n, finding.LeadingData, finding.Warning, cause(n.Err)), true
	case record.NoteMisaligned:
		return noted(n, finding.StreamMisaligned, finding.Warning, cause(n.Err)), true
	case record.NoteReply:
		return noted(n, finding.StreamText, finding.Warning, cause(n.Err)), true
	}
	return f, false
}

// noted is a finding about a place that a note tells.
func noted(n *record.Note, code finding.Code, severity finding.Severity, message string) finding.Finding {
	g := finding.Finding{Code: code, Severity: severity, Message: message}
	if known(n.Byte) {
		g.Byte = finding.At(n.Byte)
	}
	if known(n.Offset) {
		g.Offset = finding.At(n.Offset)
	}
	if n.Bytes > 0 {
		g.Bytes = n.Bytes
	}
	return g
}

// cause is what is wrong, without the place.
func cause(err error) string {
	if e, ok := parse.AsDamage(err); ok {
		return e.Err.Error()
	}
	if err == nil {
		return "damaged"
	}
	return err.Error()
}

// resolved: nothing of the stream from this offset on matters, since it was
// sent again or replaced.
func (s sentences) resolved(offset int64) bool {
	return known(s.conn.RanTo) && known(offset) && offset >= s.conn.RanTo
}

func (s sentences) captureGap(n *record.Note) finding.Finding {
	g := noted(n, finding.CaptureGap, finding.Warning,
		"the recording lacks bytes of the stream that the replica received: what they changed is "+
			"not known")
	switch {
	case s.resolved(n.Offset):
		g.Severity, g.Message = finding.Info, "the recording lacks bytes of the stream, which "+
			"were sent again later"
	case n.Link != nil && n.Link.Commands == 0 && n.Link.Resync == record.NoSync:
		g.Severity, g.Message = finding.Info, "the recording begins within a command or a payload"
	}
	return g
}

func (s sentences) transactionOpen(n *record.Note) finding.Finding {
	g := noted(n, finding.TransactionOpen, finding.Warning,
		"the stream ends within a transaction: its commands were queued and never ran")
	if s.conn.Link.AOF {
		g.Severity = finding.Error
		g.Message = "the AOF ends within a transaction: a server cuts it back to where the " +
			"transaction began"
	}
	switch {
	case !s.conn.Last || s.resolved(n.Offset):
		g.Severity = finding.Info
		g.Message = "the link ends within a transaction, which the next connection sends again or " +
			"replaces"
	case n.Link.End == record.Truncated && !s.conn.Link.AOF:
		g.Message = "the recording stops within a transaction: whether the rest of it arrived, " +
			"and it ran, is not known"
	}
	return g
}

func (s sentences) truncated(n *record.Note) finding.Finding {
	if s.conn.Link.AOF {
		return noted(n, finding.Truncated, finding.Error, "the AOF ends within a command: "+cause(n.Err))
	}
	return noted(n, finding.Truncated, finding.Info,
		"the recording stops within a command or payload: "+cause(n.Err))
}

// brokenDump says what is wrong with an RDB that was read to its end; false
// where nothing is.
func brokenDump(d *replica.Dump) (f finding.Finding, wrong bool) {
	if !d.IsWrong() {
		return f, false
	}
	f.Severity = finding.Error
	if damage, ok := parse.AsDamage(d.Err); ok {
		f.Code, f.Byte = finding.Damaged, finding.At(damage.ByteOffset)
		if d.End == record.Truncated {
			f.Code = finding.Truncated
		}
		f.Message = "a server stops loading this RDB here: " + cause(d.Err)
		return f, true
	}
	f.Code, f.Byte = finding.ChecksumInvalid, finding.At(d.EndByte)
	f.Message = fmt.Sprintf("the checksum of the RDB is %016x and its bytes sum to %016x: a "+
		"server refuses it",
		d.Checksum.Stored, d.Checksum.Computed)
	return f, true
}
